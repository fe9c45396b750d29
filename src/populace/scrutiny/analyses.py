"""The analyses a reader plans, and which checks speak of which: one table.

A check that *decides* an analysis says no to it when it fails; one that *warns* makes it a case for care.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Analysis:
    """Something a reader does with survey data."""

    #: short name
    key: str
    #: in plain words
    title: str
    #: what would settle it where nothing looked at it
    settle: str
    #: which worth in people stands for it: "shares", "correlations", "groups", or none
    worth: str = ""
    #: checks of which one has to be made; what else decides it says too little by itself
    needs: tuple[str, ...] = ()


#: in the order of a report
ANALYSES: tuple[Analysis, ...] = (
    Analysis("totals", "Totals and toplines", "People who answer the same questions.", "shares"),
    Analysis("means", "Means and top-2-box", "People who answer questions with a scale.", "shares"),
    Analysis("groups", "Differences between groups", "People with the same background variables.", "groups"),
    Analysis(
        "crosstabs", "Crosstabs", "People with the same background variables.", "groups",
        ("pair_tvd", "difference_slope", "correlation_rmse", "cramers_v_rmse"),
    ),
    Analysis("correlations", "Correlations", "People who answer three questions with numbers or more.", "correlations"),
    Analysis("factors", "Factor analysis and scales", "People who answer whole batteries.", "correlations"),
    Analysis("drivers", "Key drivers and regression", "People who answer outcome and drivers.", "correlations"),
    Analysis("segments", "Segmentation", "People who answer five questions with numbers or more.", "correlations"),
    Analysis("choice", "Choice models", "People who do the same choice tasks; see docs/methods/choices.md."),
    Analysis("tracking", "Tracking over waves", "Two waves of people and two panels made for the same dates."),
    Analysis(
        "individuals", "Predictions of single persons",
        "The same people in both files, and asked twice; see docs/methods/individuals.md.",
    ),
    Analysis("dont_know", "Don't know and refusal", "People who were offered don't know or refusal.", "shares"),
    Analysis("rare", "Rare options", "People who answer questions with closed options.", "shares"),
    Analysis("multiple", "Multiple choice", "People who tick options of the same questions.", "shares"),
    Analysis("numbers", "Amounts and counts", "People who answer questions with numbers.", "shares"),
    Analysis("open_text", "Open text", "People's own words, read by people: open text is not judged here."),
    Analysis("small_groups", "Single groups by themselves", "50 people or more in every group.", "groups"),
    Analysis("rows", "The file row by row", "People who answer the same questions.", needs=("c2st",)),
)  # fmt: skip


@dataclass(frozen=True)
class Role:
    """What a check says of analyses."""

    #: analyses it decides
    decides: tuple[str, ...] = ()
    #: analyses it warns of
    warns: tuple[str, ...] = ()


def _role(decides: str = "", warns: str = "") -> Role:
    return Role(tuple(decides.split()), tuple(warns.split()))


#: a check that says what another one says, on a scale of its own
NOTHING = Role()

#: check -> its role
ROLES: dict[str, Role] = {
    # margins
    "tvd": _role("totals crosstabs"),
    "n_star": _role("totals"),
    "rmse_pp": _role("totals"),
    "d2": NOTHING,
    "cvm": NOTHING,
    "ks": NOTHING,
    "jsd": NOTHING,
    "coverage": _role(warns="totals"),
    "w1": _role("means"),
    "mean_error": _role("means"),
    "item_order": _role(warns="means"),
    "unused_options": _role("rare"),
    "dont_know": _role("dont_know"),
    "routing": _role("rows", "totals"),
    "multi_options": _role("multiple"),
    "ticks": _role(warns="multiple"),
    "co_ticking": _role(warns="multiple"),
    "energy": _role("numbers"),
    "heaping": _role(warns="numbers"),
    # variance
    "sd_ratio": _role(warns="means segments"),
    "too_narrow": _role(warns="means"),
    "entropy_ratio": _role(warns="rare"),
    "person_means": _role(warns="factors"),
    "answer_patterns": _role(warns="segments rows"),
    "unusual_persons": _role(warns="segments rows"),
    # association
    "correlation_rmse": _role("correlations crosstabs"),
    "slope": _role("correlations", "factors drivers"),
    "correlation_of_correlations": _role(warns="correlations"),
    "pc1_ratio": _role("correlations"),
    "effective_dependence": _role(warns="correlations"),
    "n_star_structure": _role("correlations"),
    "polychoric_rmse": _role(warns="correlations factors"),
    "polychoric_slope": _role(warns="correlations factors"),
    "polychoric_pattern": _role(warns="correlations factors"),
    "cramers_v_rmse": _role("crosstabs"),
    "pair_tvd": _role("crosstabs"),
    "triple_tvd": _role(warns="crosstabs"),
    "contradictions": _role(warns="crosstabs rows"),
    # factors: the other fit measures say what CFI says
    "metric_cfi": _role("factors"),
    "metric_rmsea": _role(warns="factors"),
    "metric_srmr": _role(warns="factors"),
    "scalar_cfi": _role(warns="factors"),
    "scalar_rmsea": _role(warns="factors"),
    "scalar_srmr": _role(warns="factors"),
    "shifted_items": _role(warns="factors means"),
    "dif_items": _role(warns="factors means"),
    "person_fit": _role(warns="factors rows"),
    # drivers
    "driver_shares": _role("drivers"),
    "driver_ranks": _role("drivers"),
    "r2_ratio": _role("drivers"),
    "sign_flips": _role("drivers"),
    "coefficients": _role("drivers"),
    "transfer": _role(warns="drivers rows"),
    # segments
    "segments_ari": _role("segments"),
    "segments_ami": _role(warns="segments"),
    "class_likelihood": _role("segments"),
    # groups
    "background_r2": _role("groups"),
    "difference_slope": _role("groups crosstabs"),
    "within_cell_sd": _role(warns="groups small_groups"),
    "n_star_groups": _role("small_groups"),
    # style and detection
    "upper_answers": _role(warns="means rows"),
    "dont_know_habit": _role(warns="dont_know rows"),
    "straight_line": _role("rows", "factors"),
    "c2st": _role("rows"),
    "c2st_copies": _role(warns="rows"),
    "propensity": _role(warns="rows"),
    "propensity_pairs": _role("rows", "crosstabs"),
    # gates: a failure voids every analysis
    "exact_copies": _role(warns="rows"),
    "reference_copies": _role(warns="rows"),
}

#: family -> role of those of its checks that do not stand above
FAMILY_ROLES: dict[str, Role] = {
    "scales": _role("factors"),
    "regressions": _role(warns="drivers"),
    "segmentation": _role(warns="segments"),
    "choice": _role("choice"),
    "style": _role(warns="rows"),
}


def role_of(check: str, group: str) -> Role | None:
    """Its role; None for a check that neither table knows."""
    return ROLES.get(check) or FAMILY_ROLES.get(group)
