"""What the choices of both sides say, side by side: part-worths and importance, with their intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from populace.analysis.theme import MUTED, Row, Spec, specification
from populace.scrutiny.aligned import PEOPLE
from populace.scrutiny.charts import by_colour, by_shape
from populace.scrutiny.choices_measures import Fit, fit_of, importance
from populace.scrutiny.choices_sides import Choices
from populace.scrutiny.exhibits import Exhibit, rounded
from populace.scrutiny.findings import Z
from populace.scrutiny.wording import interval_text, percent, ratio

__all__ = ["Part", "parts_of"]

#: simulated values of the coefficients behind the intervals of importance (Krinsky & Robb 1986)
SIMULATED = 1000


@dataclass(frozen=True)
class Part:
    """A section of the page around one figure."""

    #: fragment identifier
    anchor: str
    #: name in the list of contents
    short: str
    #: heading
    title: str
    #: how to read the figure
    intro: str
    #: the figure
    exhibit: Exhibit


@dataclass(frozen=True)
class _Series:
    """One number with its interval for every name."""

    #: (M,) values
    values: np.ndarray
    #: (M,) lower 95 % limits
    low: np.ndarray
    #: (M,) upper 95 % limits
    high: np.ndarray


def parts_of(choices: Choices, colours: Mapping[str, str], panel: str) -> tuple[Part, ...]:
    """Part-worths, and importance where there are several attributes. `colours`: series -> colour."""
    fits = {PEOPLE: fit_of(choices.sides["human"]), panel: fit_of(choices.sides["synthetic"])}
    worths = {who: _part_worths(choices, fit) for who, fit in fits.items()}
    found = [_part_of_worths(choices, worths, colours)]
    if not choices.best_worst:
        found.append(_part_of_importance(choices, fits, colours))
    return tuple(found)


def _part_worths(choices: Choices, fit: Fit) -> _Series:
    values = choices.worths @ fit.beta
    errors = np.sqrt(np.einsum("ik,kl,il->i", choices.worths, fit.covariance, choices.worths))
    return _Series(values, values - Z * errors, values + Z * errors)


def _part_of_worths(choices: Choices, worths: Mapping[str, _Series], colours: Mapping[str, str]) -> Part:
    what = "item" if choices.best_worst else "level"
    intro = (
        f"Utility of each {what} in one logit for all, people and panel apart, with 95 % intervals by respondent. "
        f"{'Utilities' if choices.best_worst else 'Levels of an attribute'} sum to zero. Where all of the panel's are "
        "further from zero than people's, its choices are too consistent: see the scale ratio on the scorecard."
    )
    figure = _exhibit("part-worths", "Utility", what.capitalize(), choices.names, worths, colours, ratio, ".1f")
    return Part("part-worths", "Part-worths", f"What each {what} is worth", intro, figure)


def _part_of_importance(choices: Choices, fits: Mapping[str, Fit], colours: Mapping[str, str]) -> Part:
    intro = (
        "Range of utility within an attribute as a share of all ranges, with 95 % intervals. It depends on the range "
        "of levels shown, which is the same on both sides."
    )
    shares = {who: _importance_of(choices, fit) for who, fit in fits.items()}
    names = [attribute.name for attribute in choices.attributes]
    figure = _exhibit("importance", "Importance", "Attribute", names, shares, colours, percent, "~%")
    return Part("importance", "Importance", "What decides", intro, figure)


def _importance_of(choices: Choices, fit: Fit) -> _Series:
    """Shares at the coefficients, with limits from draws of them."""
    rng = np.random.default_rng([choices.seed, *b"importance"])
    drawn = rng.multivariate_normal(fit.beta, fit.covariance, SIMULATED, method="svd")
    values = importance(choices, fit.beta)
    low, high = np.percentile([importance(choices, one) for one in drawn], [2.5, 97.5], axis=0)
    return _Series(values, np.minimum(low, values), np.maximum(high, values))


def _exhibit(
    key: str, title: str, first: str, names: Sequence[str], series: Mapping[str, _Series], colours: Mapping[str, str],
    put, form: str,
) -> Exhibit:  # fmt: skip
    rows = [
        {"subject": name, "series": who, "value": rounded(own.values[i]), "low": rounded(own.low[i]),
         "high": rounded(own.high[i])}
        for i, name in enumerate(names) for who, own in series.items()
    ]  # fmt: skip
    table = tuple(
        (name, *(f"{put(own.values[i])} ({interval_text(own.low[i], own.high[i], put)})" for own in series.values()))
        for i, name in enumerate(names)
    )
    return Exhibit(
        key=key,
        alt=f"Dot plot: {title.lower()} of {len(names)} {first.lower()}s for {' and '.join(series)}, with intervals.",
        spec=beside(rows, names, {who: colours[who] for who in series}, title, form),
        columns=(first, *(f"{who} (95 % interval)" for who in series)),
        rows=table,
        legend={who: colours[who] for who in series},
    )


def beside(rows: Sequence[Row], names: Sequence[str], colours: Mapping[str, str], title: str, form: str) -> Spec:
    """Dots with intervals, the series of a name below one another, and a line at zero.

    `rows`: subject, series, value, low, high.
    """
    axis = {"title": None, "ticks": False, "domain": False, "grid": True, "labelLimit": 320, "labelPadding": 8}
    y = {"field": "subject", "type": "nominal", "sort": list(names), "axis": axis}
    offset = {"field": "series", "type": "nominal", "sort": list(colours)}
    across = {"title": title, "format": form, "orient": "top", "tickCount": 6}
    x = {"field": "value", "type": "quantitative", "axis": across}
    ends = {"x": {"field": "low", "type": "quantitative"}, "x2": {"field": "high"}, "color": by_colour(colours)}
    tooltip = [
        {"field": "subject", "title": "What"},
        {"field": "series", "title": "Who"},
        *({"field": end, "title": end, "format": ".3f"} for end in ("value", "low", "high")),
    ]
    return specification(
        rows,
        height=26 * len(names) + 6,
        encoding={"y": y, "yOffset": offset},
        layer=[
            {
                "data": {"values": [{"zero": 0}]},
                "mark": {"type": "rule", "color": MUTED, "strokeDash": [4, 3]},
                "encoding": {"x": {"field": "zero", "type": "quantitative"}, "y": None, "yOffset": None},
            },
            {"mark": {"type": "rule", "strokeWidth": 1.6, "opacity": 0.6}, "encoding": ends},
            {
                "mark": {"type": "point", "filled": True, "size": 70, "opacity": 1},
                "encoding": {"x": x, "color": by_colour(colours), "shape": by_shape(colours), "tooltip": tooltip},
            },
        ],
    )
