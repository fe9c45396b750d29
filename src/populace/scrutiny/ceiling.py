"""Humans against humans: the ceiling of every check, and the verdict on how far a panel is from it.

With T the error of the synthetic panel and C that of people against people at the same size, a verdict looks at the
95 % interval of T − C, never at a test of "no difference": with enough synthetic answers every such test rejects.
"""

from __future__ import annotations

from populace.scrutiny.tolerances import Margin
from populace.scrutiny.verdicts import FAIL, INDISTINGUISHABLE, UNDERPOWERED, USABLE

#: name of a baseline that anybody can make: people's own answers, each given by somebody else
UNRELATED = "unrelated answers"
#: fewer effective answers than this on either side decide nothing
LEAST_N = 30
#: how the panel stands to the baselines: surely better than all, about as good as one, surely worse than one
AHEAD, LEVEL, BEHIND = "ahead", "level", "behind"


def judge(
    low: float, high: float, margin: Margin, standing: str, n: float, unit: float = 1.0, noise: float | None = None,
    hidden: float | None = None,
) -> str:  # fmt: skip
    """Verdict on the 95 % interval [low, high] of T − C (both on the margin's scale).

    INDISTINGUISHABLE: the interval lies within delta. USABLE: it lies within the tolerance and the panel is AHEAD of
    every baseline. FAIL: it lies wholly outside the tolerance, or outside delta with the panel BEHIND a baseline.
    UNDERPOWERED: none of these can be said, fewer than `LEAST_N` answered, or the measure is mostly noise. `hidden`:
    the largest real error that the noise of an uncorrected measure may hide; beyond the tolerance nothing passes.
    A wider interval around the same numbers never gets a better verdict: passing takes an interval within limits.
    Reference: docs/scrutiny.md; equivalence by interval inclusion (Schuirmann 1987).
    Example: delta .02, tolerance .05, AHEAD: [.00, .01] INDISTINGUISHABLE, [.03, .04] USABLE, [.06, .09] FAIL,
    [.01, .08] UNDERPOWERED; LEVEL: [.03, .04] UNDERPOWERED; BEHIND: [.03, .04] FAIL.
    """
    delta, tolerance = margin.limits(unit)
    if n < LEAST_N:
        return UNDERPOWERED
    below = tolerance if margin.below is None else margin.below
    above, below = (delta, delta) if standing == BEHIND else (tolerance, below)
    if low > above or (margin.sided == "both" and high < -below):
        return FAIL
    if noise is not None and noise > margin.most_noise:
        return UNDERPOWERED
    if hidden is not None and hidden > tolerance:
        return UNDERPOWERED
    one_sided = margin.sided == "upper"
    if high <= delta and (one_sided or low >= -delta):
        return INDISTINGUISHABLE
    usable = standing == AHEAD and high <= above and (one_sided or low >= -below)
    return USABLE if usable else UNDERPOWERED
