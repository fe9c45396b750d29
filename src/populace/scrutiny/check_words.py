"""Checks in plain words: what each is called on a page, what its number is, and what it aims at.

A check that does not stand here is shown all the same, by its name and with its own words.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from populace.scrutiny.report import number
from populace.scrutiny.tolerances import MARGINS
from populace.scrutiny.wording import percent, ratio, signed


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
    "pair_tvd": CheckWords(
        "Cells of a table of two questions that would have to change",
        "Share of people in another cell, noise removed.",
        percent,
    ),
    "triple_tvd": CheckWords(
        "Cells of a table of three questions that would have to change", "The same of three questions.", percent
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
    "n_star_groups": CheckWords(
        "Worth how many people of a group", "The same within a typical group: people of that group.", count
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
    "routing": CheckWords("Skip rules broken", "", percent),
    "multi_options": CheckWords("Error of the share that ticks an option", "", ratio),
    "ticks": CheckWords("How many options a person ticks", "", percent),
    "co_ticking": CheckWords("Options ticked together", "", ratio),
    "energy": CheckWords("Distance of amounts and counts", "", ratio),
    "heaping": CheckWords("Round numbers", "", percent),
    "item_order": CheckWords("Order of the items of a battery", "", ratio),
    "person_means": CheckWords("Spread of persons' means", "", ratio),
    "answer_patterns": CheckWords("Variety of answer patterns", "", ratio),
    "unusual_persons": CheckWords("How unusual persons are", "", percent),
    "polychoric_rmse": CheckWords("Error of a polychoric correlation", "", ratio),
    "polychoric_slope": CheckWords("Strength of relations, polychoric", "", ratio),
    "polychoric_pattern": CheckWords("Pattern of polychoric correlations", "", ratio),
    "contradictions": CheckWords("Answers that contradict each other", "", ratio),
    "metric_cfi": CheckWords("Same loadings: fit lost (CFI)", ""),
    "metric_rmsea": CheckWords("Same loadings: error gained (RMSEA)", ""),
    "metric_srmr": CheckWords("Same loadings: residual gained (SRMR)", ""),
    "scalar_cfi": CheckWords("Same intercepts: fit lost (CFI)", ""),
    "scalar_rmsea": CheckWords("Same intercepts: error gained (RMSEA)", ""),
    "scalar_srmr": CheckWords("Same intercepts: residual gained (SRMR)", ""),
    "shifted_items": CheckWords("Items that measure otherwise", "", percent),
    "dif_items": CheckWords(
        "Items that function otherwise", "Share of items answered otherwise at the same trait (DIF).", percent
    ),
    "person_fit": CheckWords(
        "Persons whose answers go together as people's", "Distance of the mean person fit l_z.", ratio
    ),
    "stated_derived": CheckWords("Stated against derived importance", "", ratio),
    "importance_gaps": CheckWords("Gaps between stated and derived importance", "", ratio),
    "importance_quadrants": CheckWords("Key, hidden, expected and low drivers", "", ratio),
    "synonyms": CheckWords("Like answers to like questions", "", ratio),
    "even_odd": CheckWords("Consistency of a person (even-odd)", "", ratio),
    "dont_know_habit": CheckWords("Habit of don't know", "", percent),
    "coefficient_coverage": CheckWords("Coefficients within people's intervals", "", percent),
    "interval_overlap": CheckWords("Overlap of the intervals of coefficients", "", percent),
    "spline_gain": CheckWords("What a curve adds to a line", "", ratio),
    "curve_error": CheckWords("Error of the bend of a driver", "", ratio),
    "curvature_signs": CheckWords("Drivers that bend the same way", "", percent),
    "penalty_reward": CheckWords("Error of reward less penalty", "", ratio),
    "transfer": CheckWords("Models learned from the panel, on people", "", ratio),
    "transfer_trees": CheckWords("Models learned from the panel, on people (trees)", "", ratio),
    "part_worths": CheckWords("Part-worths the same", "", ratio),
    "choice_scale": CheckWords("Consistency of choices (scale ratio)", "", ratio),
    "choice_importance": CheckWords("Importance of attributes", "", percent),
    "choice_likelihood": CheckWords("What new people's choices lose in likelihood", ""),
    "rlh": CheckWords("How well persons' own utilities fit (RLH)", "", percent),
    "reference_copies": CheckWords("Copies of the people compared with", "", percent),
}

GROUP_WORDS: dict[str, str] = {
    "margins": "Single questions",
    "variance": "Spread",
    "association": "Relations",
    "triples": "Tables",
    "scales": "Scales",
    "regressions": "Drivers",
    "segmentation": "Segments",
    "subgroups": "Groups",
    "worth": "Single groups",
    "style": "Style of answering",
    "detection": "Detection",
    "choice": "Choices",
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
AROUND_PEOPLE = (
    "c2st", "c2st_copies", "straight_line", "extreme_stability", "dont_know", "mean_error", "heaping", "stated_derived",
    "spline_gain",
)  # fmt: skip

#: checks of which more is better
AGREEMENTS = (
    "ks", "coverage", "congruence", "driver_ranks", "segments_ari", "segments_ami", "item_order", "importance_gaps",
    "importance_quadrants", "coefficient_coverage", "interval_overlap", "curvature_signs", "transfer",
    "transfer_trees", "part_worths",
)  # fmt: skip


def words_for(check: str) -> CheckWords:
    """Words of a check; one this page does not know is called by its name."""
    known = CHECK_WORDS | FURTHER_WORDS
    return known.get(check) or CheckWords(check.replace("_", " ").capitalize(), "")


def group_label(group: str) -> str:
    """Heading of a family of checks."""
    return GROUP_WORDS.get(group, group.replace("_", " ").capitalize())
