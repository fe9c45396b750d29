"""What the project set out to reach, figure by figure, so that the page says of each whether it was."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from populace.app.benchmark.figures import Figure, Gap
from populace.app.benchmark.shares import OURS


@dataclass(frozen=True)
class Target:
    """A range that a figure is to lie in."""

    #: regime of the figure
    regime: str
    #: study of the figure
    study: str
    #: measure of the figure
    measure: str
    #: least value, None = no limit
    low: float | None = None
    #: greatest value, None = no limit
    high: float | None = None
    #: whose figure
    system: str = OURS

    @property
    def words(self) -> str:
        """The range as people write it."""
        if self.low is None:
            return f"<= {self.high:g}"
        return f">= {self.low:g}" if self.high is None else f"{self.low:g} to {self.high:g}"

    def met(self, figure: Figure) -> bool:
        """Does the estimate lie in the range?"""
        return (self.low is None or figure.value >= self.low) and (self.high is None or figure.value <= self.high)


#: the survey on whose people R1 is judged against its targets
HOME = "gss_2006_2018"
#: in the order of the page
TARGETS = (
    Target("R1", HOME, "NLL against the margin (%), +50 answers", high=-17),
    Target("R1", f"{HOME}, panel", "correlation slope", 0.93, 1.07),
    Target("R1", f"{HOME}, panel", "PC1 ratio", 0.93, 1.07),
    Target("R1", f"{HOME}, panel", "SD ratio", 0.98, 1.02),
    Target("R1", f"{HOME}, panel", "background R2 ratio", 0.9, 1.1),
    Target("R1", "all panels", "checks passed, share of people", low=0.95),
    Target("R2", "all", "TVD", high=0.235),
    Target("R2", "all", "skill", low=34),
    Target("R2", "all, new and new", "r of correlations", low=0.55),
    Target("R2", "all, new and known", "r of correlations", low=0.55),
    Target("R2", "all, new and new", "slope of correlations", 0.9, 1.1),
    Target("R2", "all, new and known", "slope of correlations", 0.9, 1.1),
    Target("R2", "all", "AUC given backgrounds and 40 answers", low=0.70),
    Target("synthbench", "all", "TVD", high=0.195),
    Target("synthbench", "all", "n*", low=8),
    Target("synthbench", "all", "TVD", high=0.165, system="populace + one"),
    Target("synthbench", "all", "TVD", high=0.150, system="populace + several"),
    Target("panels", "all", "correlation slope", 0.8, 1.2),
    Target("panels", "all", "checks passed", low=0.60),
    Target("twins", "all", "individual r, minus LLM twins", low=0, system="populace, other answers"),
    Target("twins", "all", "individual r, within versions, minus LLM twins", low=0, system="populace, other answers"),
    Target("twins", "all", "SD ratio", 0.95, 1.05, system="populace, other answers"),
    Target("twins", "all", "structure slope", 0.9, 1.1, system="populace, other answers"),
    Target("pilots", "all", "n* over the pilot's, groups, pilot of 100", low=1.3),
    Target("pilots", "all", "n* over the pilot's, totals, pilot of 100", low=1.1),
    Target("pilots", "all", "n* over the pilot's, correlations, pilot of 100", low=2),
    *(Target("uncertainty", regime, "coverage of 90 % intervals", 87, 93) for regime in ("R2", "R3", "synthbench")),
    *(
        Target("uncertainty", f"{regime}, {kind}", "coverage of 90 % intervals", 83, 97)
        for regime in ("R2", "R3")
        for kind in ("two options", "scale", "list", "number")
    ),
)


def judged(figures: Iterable[Figure | Gap]) -> list[tuple[Target, Figure | Gap | None]]:
    """Every target with its figure, the reason why there is none, or None where it was not measured."""
    found = {(one.regime, one.study, one.system, one.measure): one for one in figures}
    return [(t, found.get((t.regime, t.study, t.system, t.measure))) for t in TARGETS]
