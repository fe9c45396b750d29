"""What every number of a report's JSON is: a sentence a field, and one a check with its margins and its page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from math import isfinite

from populace.scrutiny.tolerances import MARGINS, Margin

#: key of a number -> what it is, wherever it stands
FIELDS: dict[str, str] = {
    "n_synthetic": "interviews in the synthetic data set",
    "n_human": "interviews in the human data set",
    "value": "the measure of the synthetic panel against people; what is measured stands under the check's name",
    "low": "lower limit of the 95 % interval of the value",
    "high": "upper limit of the 95 % interval of the value; null where it has none",
    "ceiling": "the same measure for people against people through the same code, at the size of this comparison",
    "floor": "what sampling noise alone gives, for measures that it inflates; null for measures corrected for it",
    "baselines": "the same measure for a simpler method, by its name",
    "verdicts": "how many checks, those of single questions included, came to each verdict",
    "delta": "largest distance from the ceiling that counts as none, on the scale named beside it",
    "tolerance": "largest distance from the ceiling of a panel that is usable, on the same scale",
    "below": "tolerance below the ceiling where it is another than above",
    "most_noise": "floor above which nothing is decided",
    "rows": "interviews that a worth is given for; 0 for a panel without end",
    "design_effect": "human interviews over their Kish effective number: a worth times this is a sample weighted alike",
    "people": "how many people would be as accurate, or would decide it; see the sentence beside it",
}
#: what a number of `worth` counts
SIZES = {
    "shares": "n*: size of the random sample of people whose shares have the same squared error (ratio of sums)",
    "correlations": "n* of the structure: size of the random sample whose correlations have the same squared error",
    "intervals": "k̂: synthetic rows up to which ordinary intervals keep nominal average coverage of people's shares",
}


def definitions(checks: Iterable[tuple[str, str]]) -> dict:
    """Definitions of the fields and of these (check, scope); a check without a margin has only its own words."""
    known = dict.fromkeys(key for key in checks if key in MARGINS)
    return {
        "fields": FIELDS,
        "worth": SIZES | {"methods": "docs/methods/worth.md"},
        "checks": {name: {s: _margin(MARGINS[n, s]) for n, s in known if n == name} for name, _ in known},
        "verdicts": "docs/scrutiny.md",
    }


def _margin(margin: Margin) -> dict:
    plain = {key: value for key, value in asdict(margin).items() if key not in ("group",)}
    if not isfinite(margin.most_noise):
        plain["most_noise"] = None
    return plain | {"methods": f"docs/methods/{margin.group}.md"}
