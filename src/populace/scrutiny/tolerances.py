"""Equivalence margins: how far from the ceiling each measure may lie, and why. The one place where thresholds stand."""

from __future__ import annotations

from dataclasses import dataclass
from math import log


@dataclass(frozen=True)
class Margin:
    """How far from the ceiling a measure may lie. All numbers are on the scale that `scale` names."""

    #: family of the measure
    group: str
    #: what the measure is, in words
    what: str
    #: largest distance from the ceiling that still counts as none
    delta: float
    #: largest distance of a panel that is usable though not indistinguishable
    tolerance: float
    #: does only "worse than the ceiling" count ("upper"), or both directions ("both")?
    sided: str
    #: "difference"; "log": margins on ln of a ratio; "square": margins on a root, intervals on its square
    scale: str
    #: why these numbers
    reason: str
    #: tolerance below the ceiling where it is another than above; None for the same
    below: float | None = None
    #: noise floor above which nothing is decided: errors add to noise in squares, so much noise hides much error
    most_noise: float = float("inf")

    def limits(self, unit: float = 1.0) -> tuple[float, float]:
        """delta and tolerance on the scale where intervals are computed."""
        if self.scale == "square":
            return self.delta**2 * unit, self.tolerance**2 * unit
        return self.delta * unit, self.tolerance * unit


#: reasons that several margins share
_TABLE = "5 points is how an ordinary survey table (n about 400) is read"
_ONE = "one question is known less well than their mean: at n = 400 two points could not be shown"
_DOUBLE = "no published tolerance: twice the margin"
_AS_SD = "as for sd_ratio"


def _margin(group: str, numbers: tuple[float, float], kind: str, what: str, *reasons: str, **limits: float) -> Margin:
    sided, scale = kind.split()
    return Margin(group, what, *numbers, sided, scale, "; ".join(reasons), **limits)


#: (check, scope) -> margin
MARGINS: dict[tuple[str, str], Margin] = {
    ("exact_copies", "all"): _margin(
        "privacy", (0.002, 0.002), "upper difference",
        "share of training people reproduced, above the share of people never seen",
        "excess of at most .2 points, set beforehand",
    ),
    ("reference_copies", "all"): _margin(
        "privacy", (0.002, 0.002), "upper difference",
        "share of the reference people reproduced, above what fresh people would",
        "as for exact_copies",
    ),
    ("tvd", "all"): _margin(
        "margins", (0.02, 0.05), "upper difference",
        "mean share of people who would have to answer otherwise",
        "T − C ≤ .02, set beforehand", f"tolerance: {_TABLE}",
        most_noise=0.10,
    ),
    ("tvd", "question"): _margin(
        "margins", (0.05, 0.10), "upper difference",
        "share of people who would have to answer otherwise",
        _TABLE, _ONE, _DOUBLE,
        most_noise=0.10,
    ),
    ("rmse_pp", "all"): _margin(
        "margins", (0.015, 0.035), "upper square",
        "noise-corrected error of an option's share in percentage points",
        "1.5 points: error of a sample of about 500 people, six options",
        "tolerance 3.5: of about 100 (public aim n* ≥ 100)",
    ),
    ("d2", "all"): _margin(
        "margins", (0.015, 0.035), "upper square",
        "mean noise-corrected squared error of the shares",
        "as for rmse_pp, times the number of options",
    ),
    ("d2", "question"): _margin(
        "margins", (0.04, 0.07), "upper square",
        "noise-corrected squared error of the shares",
        "4 points an option; tolerance twice that of rmse_pp", _ONE,
    ),
    ("n_star", "all"): _margin(
        "margins", (1 / 500, 1 / 100), "upper difference",
        "size of the random sample of people with the same error",
        "on 1/n*: error beyond that of as many fresh people is worth 500 people or more",
        "tolerance: 100 (public aim)",
    ),
    ("cvm", "all"): _margin(
        "margins", (0.015, 0.035), "upper square",
        "mean noise-corrected squared error of the cumulative shares",
        "as for rmse_pp, cuts of the scale in place of options",
    ),
    ("cvm", "question"): _margin(
        "margins", (0.04, 0.07), "upper square",
        "noise-corrected squared error of the cumulative shares",
        "4 points a cut of the scale, as for d2", _ONE,
    ),
    ("w1", "all"): _margin(
        "margins", (0.02, 0.05), "upper difference",
        "mean distance moved along the scales",
        "T − C ≤ .02, set beforehand", "tolerance as for tvd",
        most_noise=0.04,
    ),
    ("w1", "question"): _margin(
        "margins", (0.05, 0.10), "upper difference",
        "distance moved along the scale",
        "as for tvd", _ONE,
        most_noise=0.04,
    ),
    ("mean_error", "all"): _margin(
        "margins", (0.10, 0.20), "upper square",
        "noise-corrected error of a mean in human standard deviations",
        "equivalence margin of .10, set beforehand", "tolerance: Cohen's small effect",
    ),
    ("mean_error", "question"): _margin(
        "margins", (0.20, 0.40), "both difference",
        "error of the mean in human standard deviations",
        "Cohen's small effect; .10 would take about 2,200 people a side to show for one question",
        _DOUBLE,
    ),
    ("ks", "all"): _margin(
        "margins", (0.02, 0.05), "upper difference",
        "mean KS similarity, 1 less the largest gap between cumulative shares",
        "as for tvd: the largest gap is at most the TVD",
        most_noise=0.10,
    ),
    ("jsd", "all"): _margin(
        "margins", (0.04, 0.09), "upper square",
        "Jensen–Shannon distance of the shares",
        "what rmse_pp of 1.5 points comes to with six even options", "tolerance: of 3.5 points",
    ),
    ("coverage", "all"): _margin(
        "margins", (0.10, 0.20), "upper difference",
        "share of shares that people's 95 % intervals hold",
        "≥ .85 where .95 is expected, set beforehand", _DOUBLE,
    ),
    ("unused_options", "all"): _margin(
        "margins", (0.01, 0.05), "upper difference",
        "share of options in use among people that the panel never chose",
        "one option in a hundred; none should be", "tolerance: one in twenty",
    ),
    ("dont_know", "all"): _margin(
        "margins", (0.03, 0.06), "both difference",
        "mean share of don't know and refusal above that of people",
        "as for straight_line",
    ),
    ("routing", "all"): _margin(
        "margins", (0.005, 0.005), "upper difference",
        "share of skip rules that are broken",
        "none is expected", "one of two hundred surely broken is too many",
    ),
    ("routing", "question"): _margin(
        "margins", (0.03, 0.06), "upper difference",
        "share of those whom the skip rule concerns that break it, above people's share",
        "none is expected", "as for straight_line: less could not be shown of a hundred people",
    ),
    ("multi_options", "all"): _margin(
        "margins", (0.015, 0.035), "upper square",
        "noise-corrected error of the share that ticks an option",
        "as for rmse_pp",
    ),
    ("ticks", "all"): _margin(
        "margins", (0.03, 0.06), "upper difference",
        "share of the options that a person ticks, distance of its distribution over persons",
        "three options of a hundred ticked more or less", _DOUBLE,
    ),
    ("energy", "all"): _margin(
        "margins", (0.05, 0.10), "upper square",
        "noise-corrected distance of the distributions of numbers (energy)",
        "what a mean off by .10 standard deviations comes to for normal numbers", "tolerance: off by .20",
    ),
    ("heaping", "all"): _margin(
        "margins", (0.05, 0.10), "both difference",
        "mean share of round numbers above that of people",
        "as for tvd of one question: the rest would have to be other numbers", _DOUBLE,
    ),
    ("item_order", "all"): _margin(
        "margins", (0.05, 0.10), "upper difference",
        "rank correlation of the means of a battery's items",
        "on 1 − ρ: attainment of .90, set beforehand, is the tolerance", "margin: half of it",
    ),
    ("sd_ratio", "all"): _margin(
        "variance", (0.10, 0.20), "both log",
        "geometric mean of the spread against the human spread",
        "ln SD ratio within ±.10, set beforehand", _DOUBLE,
    ),
    ("sd_ratio", "question"): _margin(
        "variance", (0.15, 0.30), "both log",
        "spread of the answers against the human spread",
        ".10 is asked of the mean over questions", _ONE, _DOUBLE,
    ),
    ("too_narrow", "all"): _margin(
        "variance", (0.10, 0.20), "upper difference",
        "share of questions whose spread is too narrow",
        "at most 10 %, set beforehand", _DOUBLE,
    ),
    ("entropy_ratio", "all"): _margin(
        "variance", (0.10, 0.20), "both log",
        "geometric mean of the variety against the human variety",
        _AS_SD,
    ),
    ("entropy_ratio", "question"): _margin(
        "variance", (0.15, 0.30), "both log",
        "variety of the answers against the human variety",
        _AS_SD,
    ),
    ("person_means", "all"): _margin(
        "variance", (0.10, 0.20), "both log",
        "spread of persons' means of a battery against the human spread",
        _AS_SD,
    ),
    ("answer_patterns", "all"): _margin(
        "variance", (log(1.25), log(1.5)), "both log",
        "effective number of answer patterns of neighbouring questions against the human number",
        "what a spread 5 % too narrow or wide comes to in four questions", "tolerance: 10 %",
    ),
    ("unusual_persons", "all"): _margin(
        "variance", (0.05, 0.10), "upper difference",
        "how unusual persons are (Mahalanobis), distance of its distribution over persons",
        "distances are near 1: a twentieth nearer or farther", _DOUBLE,
    ),
    ("correlation_rmse", "all"): _margin(
        "association", (0.05, 0.10), "upper square",
        "noise-corrected error of a correlation",
        ".05: error of a sample of about 400 people", "tolerance .10: of about 100",
    ),
    ("slope", "all"): _margin(
        "association", (0.10, 0.20), "both difference",
        "slope of the synthetic on the human correlations",
        ".9–1.1, set beforehand", _DOUBLE,
    ),
    ("correlation_of_correlations", "all"): _margin(
        "association", (0.05, 0.10), "both difference",
        "correlation of synthetic and human correlations, noise removed",
        "tolerance: attainment of .90", "margin: half of it",
    ),
    ("pc1_ratio", "all"): _margin(
        "association", (0.10, 0.20), "both difference",
        "share of the first principal component against the human share",
        ".9–1.1, set beforehand", _DOUBLE,
    ),
    ("effective_dependence", "all"): _margin(
        "association", (0.10, 0.20), "both difference",
        "effective dependence against the human one",
        "as for pc1_ratio",
    ),
    ("n_star_structure", "all"): _margin(
        "association", (1 / 500, 1 / 100), "upper difference",
        "size of the random sample of people with the same error of correlations",
        "as for n_star",
    ),
    ("polychoric_rmse", "all"): _margin(
        "association", (0.05, 0.10), "upper square",
        "noise-corrected error of a polychoric correlation",
        "as for correlation_rmse",
    ),
    ("polychoric_slope", "all"): _margin(
        "association", (0.10, 0.20), "both difference",
        "slope of the synthetic on the human polychoric correlations",
        ".9–1.1, set beforehand", _DOUBLE,
    ),
    ("polychoric_pattern", "all"): _margin(
        "association", (0.05, 0.10), "both difference",
        "correlation of synthetic and human polychoric correlations, noise removed",
        "as for correlation_of_correlations",
    ),
    ("pair_tvd", "all"): _margin(
        "triples", (0.035, 0.07), "upper square",
        "share of people in another cell of a table of two questions, margins alike, noise taken out",
        "a third of what unrelated answers would have on psych::bfi (.10)", "two thirds of it",
    ),
    ("triple_tvd", "all"): _margin(
        "triples", (0.05, 0.10), "upper square",
        "share of people in another cell of a table of three questions, margins alike, noise taken out",
        "a third of what unrelated answers would have on psych::bfi (.16)", "two thirds of it",
    ),
    ("cramers_v_rmse", "all"): _margin(
        "association", (0.05, 0.10), "upper square",
        "noise-corrected error of the association of nominal questions",
        "as for correlation_rmse",
    ),
    ("contradictions", "all"): _margin(
        "association", (log(1.25), log(1.5)), "both log",
        "answers that contradict each other against those of people",
        "a quarter more or a fifth less than people", "tolerance: half as many more, or a third less",
    ),
    ("co_ticking", "all"): _margin(
        "association", (0.05, 0.10), "upper square",
        "difference in the correlation of two options of a multiple choice",
        "as for correlation_rmse",
    ),
    ("dimensions", "all"): _margin(
        "scales", (0.5, 1.0), "upper difference",
        "mean difference in the number of dimensions (parallel analysis)",
        "half a dimension: the same number in most parts", "tolerance: one dimension",
    ),
    ("congruence", "all"): _margin(
        "scales", (0.05, 0.15), "upper difference",
        "congruence of the worst factor (Tucker's φ)",
        "on 1 − φ: from .95 factors are equal (Lorenzo-Seva & ten Berge 2006)", "tolerance: from .85 they are alike",
    ),
    ("alpha_difference", "all"): _margin(
        "scales", (0.05, 0.10), "upper difference",
        "largest difference in the reliability of a battery (Cronbach's α)",
        "Δα ≤ .05, set beforehand; too reliable is as wrong as too little", _DOUBLE,
    ),
    ("metric_cfi", "all"): _margin(
        "scales", (0.010, 0.020), "upper difference",
        "fit (CFI) lost when panel and people have to have the same loadings",
        "ΔCFI ≥ −.010 (Cheung & Rensvold 2002)", _DOUBLE,
    ),
    ("metric_rmsea", "all"): _margin(
        "scales", (0.015, 0.030), "upper difference",
        "error of approximation (RMSEA) gained by the same loadings",
        "ΔRMSEA ≤ .015 (Chen 2007)", _DOUBLE,
    ),
    ("metric_srmr", "all"): _margin(
        "scales", (0.030, 0.060), "upper difference",
        "residual (SRMR) gained by the same loadings",
        "ΔSRMR ≤ .030 for loadings (Chen 2007)", _DOUBLE,
    ),
    ("scalar_cfi", "all"): _margin(
        "scales", (0.010, 0.020), "upper difference",
        "fit (CFI) lost when they have to have the same intercepts as well",
        "as for metric_cfi",
    ),
    ("scalar_rmsea", "all"): _margin(
        "scales", (0.015, 0.030), "upper difference",
        "error of approximation (RMSEA) gained by the same intercepts",
        "as for metric_rmsea",
    ),
    ("scalar_srmr", "all"): _margin(
        "scales", (0.010, 0.020), "upper difference",
        "residual (SRMR) gained by the same intercepts",
        "ΔSRMR ≤ .010 for intercepts (Chen 2007)", _DOUBLE,
    ),
    ("shifted_items", "all"): _margin(
        "scales", (0.10, 0.20), "upper difference",
        "share of items answered higher or lower than people of the same position on the scale",
        "one in ten beyond chance", _DOUBLE,
    ),
    ("dif_items", "all"): _margin(
        "scales", (0.05, 0.10), "upper difference",
        "share of items that panel and people with the same trait answer otherwise",
        "at most 5 % of items with large DIF, set beforehand", _DOUBLE,
    ),
    ("person_fit", "all"): _margin(
        "scales", (0.10, 0.15), "upper difference",
        "distance of the mean person fit l_z under the people's graded model",
        "a tenth of the spread l_z has among people", "tolerance: half as much again; unrelated answers are .18 away",
    ),
    ("driver_shares", "all"): _margin(
        "regressions", (0.10, 0.20), "upper difference",
        "share of the importance of drivers (LMG) that lies with other drivers",
        "a tenth moved: no driver of an average fifth is halved or doubled", _DOUBLE,
    ),
    ("driver_ranks", "all"): _margin(
        "regressions", (0.15, 0.30), "upper difference",
        "rank correlation of the importance of drivers",
        "on 1 − ρ: two of eight neighbours swapped is .02, the extremes swapped .58", _DOUBLE,
    ),
    ("r2_ratio", "all"): _margin(
        "regressions", (0.10, 0.20), "both log",
        "how predictable outcomes are, R² against that among people",
        "as for pc1_ratio: .9–1.1",
    ),
    ("sign_flips", "all"): _margin(
        "regressions", (0.10, 0.20), "upper difference",
        "share of coefficients with the other sign",
        "one in ten beyond those that turn among people", _DOUBLE,
    ),
    ("coefficients", "all"): _margin(
        "regressions", (0.10, 0.20), "upper difference",
        "share of coefficients that differ (|z| > 1.96 after Benjamini–Hochberg)",
        "one in ten beyond chance; 48 % is a published failure (Bisbee et al. 2024)", _DOUBLE,
    ),
    ("stated_derived", "all"): _margin(
        "regressions", (0.30, 0.40), "both difference",
        "correlation of stated and derived importance less that among people",
        "Cohen's medium effect: over eight drivers, less could not be shown of 1,000 people",
        "tolerance: halfway to a large one",
    ),
    ("importance_gaps", "all"): _margin(
        "regressions", (0.10, 0.20), "upper difference",
        "correlation with people's gaps between stated and derived importance",
        "on 1 − r: .90 of what people's own halves share", _DOUBLE,
    ),
    ("importance_quadrants", "all"): _margin(
        "regressions", (0.20, 0.40), "upper difference",
        "agreement on key, hidden, expected and low drivers (Cohen's κ)",
        "on 1 − κ: one of eight drivers elsewhere is about .17", _DOUBLE,
    ),
    ("coefficient_coverage", "all"): _margin(
        "regressions", (0.15, 0.30), "upper difference",
        "share of coefficients that people's 95 % intervals hold",
        "six of forty coefficients beyond chance: fewer could not be shown at n = 1,200", _DOUBLE,
    ),
    ("interval_overlap", "all"): _margin(
        "regressions", (0.10, 0.20), "upper difference",
        "overlap of the intervals of coefficients (Karr)",
        "a tenth of an interval beyond what people's own lack", _DOUBLE,
    ),
    ("spline_gain", "all"): _margin(
        "regressions", (0.01, 0.02), "both difference",
        "what a curve explains beyond a line (adjusted R²), less that among people",
        "Cohen's small effect is an R² of .02", "margin: half of it",
    ),
    ("curve_error", "all"): _margin(
        "regressions", (0.05, 0.10), "upper square",
        "noise-corrected error of the bend of a driver (part correlation of its square)",
        "as for correlation_rmse",
    ),
    ("curvature_signs", "all"): _margin(
        "regressions", (0.10, 0.20), "upper difference",
        "share of drivers that bend the way they surely do among people",
        "one in ten beyond those that turn among people", _DOUBLE,
    ),
    ("penalty_reward", "all"): _margin(
        "regressions", (0.10, 0.20), "both difference",
        "reward of good less penalty of bad ratings, standard deviations of the outcome, less that among people",
        "as for mean_error", _DOUBLE,
    ),
    ("transfer", "all"): _margin(
        "regressions", (0.05, 0.20), "upper difference",
        "how well models learned from the panel predict people, against models learned from people (logistic)",
        "lower limit ≥ .95 where the questions were seen, set beforehand", "≥ .80 where they were not",
    ),
    ("transfer_trees", "all"): _margin(
        "regressions", (0.05, 0.20), "upper difference",
        "how well models learned from the panel predict people, against models learned from people (boosted trees)",
        "as for transfer",
    ),
    ("segments_ari", "all"): _margin(
        "segmentation", (0.10, 0.20), "upper difference",
        "agreement of clusters, who is together with whom (adjusted Rand index)",
        "on 1 − index: people's own halves agree at about .6, nine tenths of it are .06 less", _DOUBLE,
    ),
    ("segments_ami", "all"): _margin(
        "segmentation", (0.10, 0.20), "upper difference",
        "agreement of clusters, information in common (adjusted)",
        "as for segments_ari",
    ),
    ("class_likelihood", "all"): _margin(
        "segmentation", (0.01, 0.03), "upper difference",
        "log-likelihood that an answer of people loses under classes fitted on the panel",
        "errors of 2.3 points in each of six even shares lose .01", "of 4.1 points .03",
    ),
    ("background_r2", "all"): _margin(
        "subgroups", (log(1.5), log(1.5)), "both log",
        "how far background explains answers, against people",
        ".67–1.5, set beforehand", "wide as it is, it is the tolerance too",
    ),
    ("difference_slope", "all"): _margin(
        "subgroups", (0.20, 0.40), "both difference",
        "slope of synthetic on human differences between groups",
        "a slope of .82–1.22 is an R² ratio of .67–1.5", _DOUBLE,
    ),
    ("within_cell_sd", "all"): _margin(
        "subgroups", (0.10, 0.20), "both log",
        "spread of people of one background, against people",
        "SD ratio .9–1.1, set beforehand", _DOUBLE,
    ),
    ("n_star_groups", "all"): _margin(
        "worth", (1 / 200, 1 / 50), "upper difference",
        "size of the random sample of a group's own people with the same error, in a typical group",
        "on 1/n*: error beyond that of as many fresh people of the group is worth 200 of them or more",
        "tolerance: 50, the least that a column of a table is read from",
    ),
    ("n_star_groups", "group"): _margin(
        "worth", (1 / 200, 1 / 50), "upper difference",
        "size of the random sample of the group's own people with the same error",
        "as for a typical group",
    ),
    ("straight_line", "all"): _margin(
        "style", (0.03, 0.06), "both difference",
        "mean rate of straight-lining above the human rate",
        "±.03, set beforehand", _DOUBLE,
    ),
    ("straight_line", "battery"): _margin(
        "style", (0.03, 0.06), "both difference",
        "rate of straight-lining above the human rate",
        "±.03, set beforehand", _DOUBLE,
    ),
    ("upper_answers", "all"): _margin(
        "style", (0.03, 0.03), "upper difference",
        "answers in the upper half of the scales less those in the lower, distance of its distribution over persons",
        "±.03, set beforehand", "no wider tolerance: a habit of agreeing moves every table",
    ),
    ("extreme_answers", "all"): _margin(
        "style", (0.03, 0.06), "upper difference",
        "share of answers at the ends of the scales, distance of its distribution over persons",
        "as for straight_line",
    ),
    ("middle_answers", "all"): _margin(
        "style", (0.03, 0.06), "upper difference",
        "share of answers in the middle of the scales, distance of its distribution over persons",
        "as for straight_line",
    ),
    ("long_strings", "all"): _margin(
        "style", (0.03, 0.06), "upper difference",
        "longest run of equal answers, distance of its distribution over persons",
        "as for straight_line",
    ),
    ("person_spread", "all"): _margin(
        "style", (0.03, 0.06), "upper difference",
        "spread of a person's own answers, distance of its distribution over persons",
        "as for straight_line",
    ),
    ("extreme_stability", "all"): _margin(
        "style", (0.10, 0.20), "both difference",
        "how far the habit of extreme answers goes through a person, correlation less that among people",
        "a correlation of .10 is Cohen's small effect", _DOUBLE,
    ),
    ("synonyms", "all"): _margin(
        "style", (0.05, 0.10), "upper difference",
        "how far a person's answers to questions that go together lie apart, distance of its distribution over persons",
        "in standard deviations; half of people's own distance is about .4", _DOUBLE,
    ),
    ("even_odd", "all"): _margin(
        "style", (0.05, 0.10), "upper difference",
        "even-odd consistency of a person, distance of its distribution over persons",
        "a correlation of .10 is Cohen's small effect", "margin: half of it",
    ),
    ("dont_know_habit", "all"): _margin(
        "style", (0.03, 0.06), "upper difference",
        "share of a person's answers that are don't know or refusal, distance of its distribution over persons",
        "as for straight_line",
    ),
    ("c2st", "all"): _margin(
        "detection", (0.05, 0.15), "both difference",
        "how well a classifier tells synthetic from human (AUC)",
        "AUC − ceiling ≤ .05 strict, ≤ .15 usable, set beforehand", "below it by .10 means copies",
        below=0.10,
    ),
    ("c2st_copies", "all"): _margin(
        "detection", (0.05, 0.15), "both difference",
        "AUC when copies may stand on both sides of a fold",
        "as for c2st", "rows copied from people pull it far below .5",
        below=0.10,
    ),
    ("propensity", "all"): _margin(
        "detection", (0.008, 0.075), "upper difference",
        "how far means tell synthetic from human, share of the most possible (propensity scores)",
        "what an AUC of .55 comes to for normal answers", "tolerance: an AUC of .65",
    ),
    ("choice_scale", "all"): _margin(
        "choice", (log(1.25), log(1.5)), "both log",
        "how consistent choices are against people's (scale ratio)",
        "an alternative that 70 % choose would be chosen by 74 %", "tolerance: by 78 %",
    ),
    ("part_worths", "all"): _margin(
        "choice", (0.05, 0.10), "upper difference",
        "correlation with people's part-worths",
        "on 1 − r: .95 of what people's own parts share", _DOUBLE,
    ),
    ("choice_importance", "all"): _margin(
        "choice", (0.10, 0.20), "upper difference",
        "share of the importance of attributes that lies with other attributes",
        "as for driver_shares",
    ),
    ("choice_likelihood", "all"): _margin(
        "choice", (0.01, 0.03), "upper difference",
        "log-likelihood that a choice of people loses under a model of the panel",
        "as for class_likelihood",
    ),
    ("rlh", "all"): _margin(
        "choice", (0.05, 0.10), "upper difference",
        "how well persons' own utilities fit their choices (root likelihood), distance of distributions over persons",
        "five points in the chance of what was chosen", _DOUBLE,
    ),
    ("propensity_pairs", "all"): _margin(
        "detection", (0.02, 0.075), "upper difference",
        "how far means and relations tell synthetic from human, share of the most possible (propensity scores)",
        "what an AUC of .58 comes to: .55 could not be shown at n = 1,000", "tolerance: an AUC of .65",
    ),
}  # fmt: skip
