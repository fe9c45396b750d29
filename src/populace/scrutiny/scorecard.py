"""Verdicts in words and the checks of all panels side by side, ready to be laid out.

Knows the checks by name only to say in plain words what they mean; a check it does not know is shown all the same,
with its own words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from populace.scrutiny.ceiling import MARGINS, UNRELATED
from populace.scrutiny.exhibits import interval_text, percent, ratio, signed
from populace.scrutiny.report import number
from populace.scrutiny.summary import worst

if TYPE_CHECKING:
    from populace.scrutiny.report import Check, Report

__all__ = [
    "Cell",
    "CheckWords",
    "conclusions",
    "headline",
    "Headline",
    "Row",
    "scorecard",
    "Scorecard",
    "tally",
    "VERDICT_WORDS",
]


@dataclass(frozen=True)
class VerdictWords:
    """A verdict for readers."""

    #: a sign beside the word, so that colour is never the only difference
    sign: str
    #: what it means, one sentence
    meaning: str
    #: what to do with numbers that got it
    advice: str


VERDICT_WORDS = {
    "INDISTINGUISHABLE": VerdictWords(
        "●",
        "As close to the people as a second sample of people would be, within the margin fixed beforehand.",
        "Use as if it were a second human sample of this size, for this question or statistic.",
    ),
    "USABLE": VerdictWords(
        "◐",
        "Not as close as a second sample of people, but surely better than every baseline and inside the tolerance.",
        "Use for direction and rough size; leave room for an error of the size shown.",
    ),
    "UNDERPOWERED": VerdictWords(
        "?",
        "The interval is too wide, or noise too large, to say: there are too few people or too few questions.",
        "Treat as unknown. More people, not more synthetic respondents, would settle it.",
    ),
    "FAIL": VerdictWords(
        "✕",
        "Outside the tolerance, or no better than a baseline that needs no model.",
        "Do not use these numbers.",
    ),
    "UNVERIFIED": VerdictWords(
        "!",
        "Nothing was compared: no people answered this, or the check could not be made. The error is unknown.",
        "A hypothesis to be tested with people, not a result.",
    ),
}


def count(value: float | None) -> str:
    """A number of people."""
    return "–" if value is None or not np.isfinite(value) else signed(value, 0)


def decimal(value: float | None) -> str:
    """A number as in the report, with a true minus sign."""
    return number(value).replace("-", "−")


@dataclass(frozen=True)
class CheckWords:
    """A check for readers."""

    #: name in the first column
    label: str
    #: one line: what the number is and which way is good
    plain: str
    #: number -> text
    put: Callable[[float | None], str] = decimal


def points(value: float | None) -> str:
    """A number of percentage points."""
    return "–" if value is None or not np.isfinite(value) else f"{signed(value, 1)} pts"


#: the checks worth a place on the scorecard, in order; all others are listed below it
CHECK_WORDS: dict[str, CheckWords] = {
    "tvd": CheckWords("Answers that would have to change", "Mean TVD over the questions; less is better.", percent),
    "n_star": CheckWords("Worth how many people", "Random sample of people with the same error (n*).", count),
    "dont_know": CheckWords("Don't know", "Share of don't know and refusal above that of people.", percent),
    "unused_options": CheckWords(
        "Options nobody chose", "Share of the options in use among people that the panel never chose.", percent
    ),
    "sd_ratio": CheckWords("Spread", "SD over that of people; below 1: respondents too much alike.", ratio),
    "too_narrow": CheckWords(
        "Questions surely too narrow", "Share of questions with far less spread than people.", percent
    ),
    "slope": CheckWords("Strength of relations", "Correlations against those of people; above 1: too strong.", ratio),
    "correlation_rmse": CheckWords("Error of a correlation", "Typical error of one correlation, noise removed.", ratio),
    "pc1_ratio": CheckWords(
        "One underlying opinion", "First component over that of people; above 1: too uniform.", ratio
    ),
    "dimensions": CheckWords(
        "Number of dimensions", "How many more or fewer lie behind the answers than among people.", ratio
    ),
    "congruence": CheckWords(
        "Factors the same", "Congruence of the worst factor (Tucker's φ); 1: the same factor.", ratio
    ),
    "alpha_difference": CheckWords(
        "Reliability of scales", "Largest difference in Cronbach's α of a battery; less is better.", ratio
    ),
    "driver_shares": CheckWords(
        "Importance of drivers", "Share of the importance that lies with other drivers than among people.", percent
    ),
    "r2_ratio": CheckWords(
        "How predictable answers are", "R² of drivers over that among people; above 1: too predictable.", ratio
    ),
    "coefficients": CheckWords(
        "Coefficients that differ", "Share of regression coefficients surely other than those of people.", percent
    ),
    "segments_ari": CheckWords(
        "The same segments", "Agreement of clusters on who belongs together (adjusted Rand); 1: the same.", ratio
    ),
    "class_likelihood": CheckWords(
        "Kinds of people", "What new people's answers lose in likelihood under the panel's classes; 0: nothing."
    ),
    "difference_slope": CheckWords(
        "Differences between groups", "Against those among people; below 1: flattened, above: caricature.", ratio
    ),
    "background_r2": CheckWords(
        "What background explains", "Determination by age, sex … over that of people; above 1: stereotype.", ratio
    ),
    "within_cell_sd": CheckWords(
        "Spread within groups",
        "SD among people of one background over that of people; below 1: one persona each.",
        ratio,
    ),
    "straight_line": CheckWords("Straight-lining", "Rate of equal answers down a whole grid.", percent),
    "extreme_answers": CheckWords(
        "Habit of extreme answers",
        "How far the shares of extreme answers, person by person, lie from people's.",
        percent,
    ),
    "extreme_stability": CheckWords(
        "Habits go through a person", "Correlation of extreme answers across topics, less that of people.", ratio
    ),
    "c2st": CheckWords("Told apart by a classifier", "Area under the curve; 0.50: cannot be told apart.", ratio),
    "propensity_pairs": CheckWords(
        "Told apart by relations", "Share of who is who that answers and pairs of answers tell; 0: nothing.", percent
    ),
    "exact_copies": CheckWords(
        "Copies of training people", "Respondents who repeat a person of the training data.", percent
    ),
}

#: how further checks are written
FURTHER_WORDS: dict[str, CheckWords] = {
    "rmse_pp": CheckWords("Error of one option's share (RMSE)", "", points),
    "w1": CheckWords("Distance moved along the scale (W1)", "", percent),
    "mean_error": CheckWords("Error of a mean, in standard deviations", "", ratio),
    "d2": CheckWords("Squared error of shares (D²)", ""),
    "cvm": CheckWords("Squared error of cumulative shares (CvM)", ""),
    "ks": CheckWords("KS similarity", "", ratio),
    "jsd": CheckWords("Jensen–Shannon distance", "", ratio),
    "coverage": CheckWords("Shares within people's intervals", "", percent),
    "entropy_ratio": CheckWords("Variety of answers (entropy ratio)", "", ratio),
    "correlation_of_correlations": CheckWords("Pattern of correlations", "", ratio),
    "effective_dependence": CheckWords("Effective dependence", "", ratio),
    "n_star_structure": CheckWords("Worth how many people, for relations", "", count),
    "driver_ranks": CheckWords("Order of drivers (rank correlation)", "", ratio),
    "sign_flips": CheckWords("Coefficients with the other sign", "", percent),
    "segments_ami": CheckWords("The same segments, shared information", "", ratio),
    "cramers_v_rmse": CheckWords("Error of associations of nominal questions", "", ratio),
    "upper_answers": CheckWords("Habit of agreeing (upper half of scales)", "", percent),
    "middle_answers": CheckWords("Habit of middle answers", "", percent),
    "long_strings": CheckWords("Runs of equal answers", "", percent),
    "person_spread": CheckWords("Variety of a person's own answers", "", percent),
    "c2st_copies": CheckWords("Told apart, copies on both sides", "", ratio),
    "propensity": CheckWords("Told apart by means (S_pMSE)", "", percent),
    "reference_copies": CheckWords("Copies of the people compared with", "", percent),
}

GROUP_WORDS: dict[str, str] = {
    "margins": "Single questions",
    "variance": "Spread",
    "association": "Relations",
    "scales": "Scales",
    "regressions": "Drivers",
    "segmentation": "Segments",
    "subgroups": "Groups",
    "style": "Style of answering",
    "detection": "Detection",
    "privacy": "Copying",
}


def aim_of(check: str, scope: str = "all") -> str:
    """The range that counts as no difference, from the margins that gave the verdict; empty for unknown checks."""
    margin = MARGINS.get((check, scope))
    if margin is None:
        return ""
    if check.startswith("n_star"):
        return f"{1 / margin.delta:.0f} or more"
    if margin.scale == "log":
        return f"{np.exp(-margin.delta):.2f} to {np.exp(margin.delta):.2f}"
    if margin.sided == "both" and check not in AROUND_PEOPLE:
        return f"{1 - margin.delta:.2f} to {1 + margin.delta:.2f}"
    put = words_for(check).put
    size = put(100 * margin.delta if put is points else margin.delta)
    if margin.sided == "both":
        return f"people ± {size}"
    return f"people − {size}" if check in AGREEMENTS else f"people + {size}"


#: two-sided differences whose aim is the people's own value, not 1
AROUND_PEOPLE = ("c2st", "c2st_copies", "straight_line", "extreme_stability", "dont_know", "mean_error")

#: checks of which more is better
AGREEMENTS = ("ks", "coverage", "congruence", "driver_ranks", "segments_ari", "segments_ami")


@dataclass(frozen=True)
class Cell:
    """One check of one panel."""

    #: the value as text
    value: str
    #: its 95 % interval as text, empty when there is none
    interval: str
    #: verdict
    verdict: str
    #: the check's own sentence
    words: str


@dataclass(frozen=True)
class Row:
    """One check of all panels."""

    #: name of the check
    label: str
    #: what it means
    plain: str
    #: value to aim at
    aim: str
    #: panel -> its cell; a panel that was not checked is absent
    cells: Mapping[str, Cell]
    #: people against people
    ceiling: str
    #: what chance alone would give
    floor: str
    #: baseline -> value
    baselines: Mapping[str, str]


@dataclass(frozen=True)
class Scorecard:
    """All checks of a scope wider than one question, by family."""

    #: heading of the family -> its rows
    groups: Mapping[str, tuple[Row, ...]]
    #: the same for checks that say little more than those above
    further: Mapping[str, tuple[Row, ...]]
    #: names of the baselines, in order
    baselines: tuple[str, ...]


def scorecard(checks: Mapping[str, Sequence[Check]]) -> Scorecard:
    """Survey-wide checks, panels side by side: the telling ones in their order, then the others as they come."""
    rows: dict[str, dict[str, Check]] = {}
    for panel, own in checks.items():
        for check in own:
            if check.scope == "all":
                rows.setdefault(check.check, {})[panel] = check
    telling = [rows[name] for name in CHECK_WORDS if name in rows]
    others = [found for name, found in rows.items() if name not in CHECK_WORDS]
    names = dict.fromkeys(name for found in rows.values() for check in found.values() for name in check.baselines)
    # it stands in the sentences of the few checks that have it; a column would be all but empty
    columns = tuple(name for name in names if name != UNRELATED)
    return Scorecard(_grouped(telling), _grouped(others), columns)


def _grouped(found: Sequence[Mapping[str, Check]]) -> dict[str, tuple[Row, ...]]:
    groups: dict[str, tuple[Row, ...]] = {}
    for panels in found:
        label = group_label(next(iter(panels.values())).group)
        groups[label] = (*groups.get(label, ()), _row(panels))
    return groups


def _row(found: Mapping[str, Check]) -> Row:
    first = next(iter(found.values()))
    words = words_for(first.check)
    return Row(
        label=words.label,
        plain=words.plain,
        aim=aim_of(first.check),
        cells={panel: _cell(check, words) for panel, check in found.items()},
        ceiling=_first(found, "ceiling", words),
        floor=_first(found, "floor", words),
        baselines={name: words.put(value) for check in found.values() for name, value in check.baselines.items()},
    )


def _cell(check: Check, words: CheckWords) -> Cell:
    if check.value is not None and np.isinf(check.value):  # no error left after the noise is taken out
        value = f"over {words.put(check.low)}" if check.low is not None else "no limit"
        return Cell(value, "", check.verdict, check.words)
    return Cell(words.put(check.value), interval_text(check.low, check.high, words.put), check.verdict, check.words)


def _first(found: Mapping[str, Check], name: str, words: CheckWords) -> str:
    values = [getattr(check, name) for check in found.values() if getattr(check, name) is not None]
    return words.put(values[0]) if values else ""


def words_for(check: str) -> CheckWords:
    """Words of a check; one this page does not know is called by its name."""
    known = CHECK_WORDS | FURTHER_WORDS
    return known.get(check) or CheckWords(check.replace("_", " ").capitalize(), "")


def group_label(group: str) -> str:
    """Heading of a family of checks."""
    return GROUP_WORDS.get(group, group.replace("_", " ").capitalize())


@dataclass(frozen=True)
class Headline:
    """A panel's result in a few words."""

    #: name of the panel
    panel: str
    #: the worst verdict of all survey-wide checks
    verdict: str
    #: number of checks by verdict, best first, zeros left out
    counts: Mapping[str, int]
    #: family of checks -> the worst verdict in it
    families: Mapping[str, str]
    #: one sentence
    sentence: str

    @property
    def verified(self) -> bool:
        """Was anything compared with people?"""
        return any(verdict != "UNVERIFIED" for verdict in self.counts)


def headline(panel: str, report: Report) -> Headline:
    """The report's verdict, its verdict on every family, and how many checks got which."""
    whole = [check for check in report.checks if check.scope == "all"]
    groups = report.summary.get("groups") or {
        group: worst([c for c in whole if c.group == group]) for group in GROUP_WORDS
    }
    families = {group_label(group): str(found) for group, found in groups.items()}
    verdict = str(report.summary.get("verdict") or worst(whole or report.checks))
    counts = {name: n for name, n in tally(report.checks).items() if n}
    return Headline(panel, verdict, counts, families, _sentence(families, counts))


def tally(checks: Sequence[Check]) -> dict[str, int]:
    """How many checks got each verdict; all five are listed."""
    counts = dict.fromkeys(VERDICT_WORDS, 0)
    for check in checks:
        counts[check.verdict] = counts.get(check.verdict, 0) + 1
    return counts


def _sentence(families: Mapping[str, str], counts: Mapping[str, int]) -> str:
    if set(counts) <= {"UNVERIFIED"}:
        return "Nothing here was compared with people: the error of every number is unknown."
    if families.get(GROUP_WORDS["privacy"]) == "FAIL":
        return "People were copied, so no other score counts."
    kinds = {
        "Does not hold for {}": ("FAIL",),
        "too few people to say of {}": ("UNDERPOWERED",),
        "holds for {}": ("INDISTINGUISHABLE", "USABLE"),
        "not looked at: {}": ("UNVERIFIED",),
    }
    named = {words: [_lower(label) for label, v in families.items() if v in own] for words, own in kinds.items()}
    text = "; ".join(words.format(_listed(names)) for words, names in named.items() if names)
    return (text[0].upper() + text[1:] + ".") if text else ""


def _lower(label: str) -> str:
    return label[:1].lower() + label[1:]


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]


def conclusions(report: Report) -> dict[str, tuple[str, ...]]:
    """Uses that the report's summary calls supported, not_supported and undecided, each as a line of its own."""
    found = {key: report.summary.get(key) or () for key in ("supported", "not_supported", "undecided")}
    return {key: tuple(line[:1].upper() + line[1:] for line in map(str, lines)) for key, lines in found.items()}
