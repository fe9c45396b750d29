"""The data of a chart specification, by its form, so that other programs can draw the chart themselves.

Reads what `populace.analysis.charts` writes; anything else has no form, and is shown as a picture.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from populace.analysis.theme import Spec

__all__ = ["excel_format", "Plot", "plot_of", "Series"]


@dataclass(frozen=True)
class Series:
    """One row of bars, dots or points of a line."""

    #: what the legend calls it; "" where there is only one
    name: str
    #: positions: a number each for lines and quadrants, the place of the name for bars and dots
    x: tuple[float, ...]
    #: values; None where there is none
    y: tuple[float | None, ...]
    #: limits of the intervals, as long as y; None where there are none
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]


@dataclass(frozen=True)
class Plot:
    """A chart as numbers."""

    #: "bars", "dots", "lines", "quadrants" or "heat"
    form: str
    #: titles of the axis of values (bars, dots) or of both axes
    across: str
    up: str
    #: names of bars, dots, points, or rows of a heat map
    names: tuple[str, ...]
    #: the numbers; of a heat map one series a column
    series: tuple[Series, ...]
    #: number format in d3's words
    number: str
    #: where a line is drawn: the value of reference, or the middle of the quadrants
    reference: tuple[float, ...] = ()
    #: largest value of a heat map's colours
    limit: float = 1.0


def plot_of(spec: Spec | None) -> Plot | None:
    """The numbers of a chart of one of the known forms; None for others."""
    if not spec or "layer" not in spec:
        return None
    rows, encoding = spec.get("data", {}).get("values", []), spec.get("encoding", {})
    marks = {_mark(layer) for layer in spec["layer"]}
    place = {axis: encoding.get(axis, {}).get("field") for axis in ("x", "y")}
    if not rows:
        return None
    if place["y"] == "name" and "bar" in marks:
        return _named("bars", spec, rows)
    if place["y"] == "name" and "point" in marks:
        return _named("dots", spec, rows)
    if place == {"x": "column", "y": "row"} and "rect" in marks:
        return _heat(spec, rows)
    if place["x"] == "x" and "line" in marks:
        return _lines(spec, rows)
    if place == {"x": "x", "y": "y"} and {"point", "text"} <= marks:
        return _quadrants(spec, rows)
    return None


def excel_format(number: str) -> str:
    """d3's format in Excel's words. Example: ".0%" is "0%", ".2f" is "0.00", "+.1%" is "+0.0%;-0.0%;0.0%"."""
    digits = int(found) if (found := number.lstrip("+").strip(".f%~")).isdigit() else 2
    plain = "0" + ("." + "0" * digits if digits else "") + ("%" if number.endswith("%") else "")
    return f"+{plain};-{plain};{plain}" if number.startswith("+") else plain


def _mark(layer: Mapping[str, Any]) -> str:
    mark = layer["mark"]
    return mark if isinstance(mark, str) else mark["type"]


def _layer(spec: Spec, mark: str) -> Mapping[str, Any]:
    return next(layer for layer in spec["layer"] if _mark(layer) == mark)


def _axis(encoding: Mapping[str, Any]) -> tuple[str, str]:
    """Title and number format of an axis."""
    axis = encoding.get("axis") or {}
    return axis.get("title") or "", axis.get("format") or ".2f"


def _named(form: str, spec: Spec, rows: Sequence[Mapping[str, Any]]) -> Plot:
    """Bars or dots: one place a name."""
    title, number = _axis(_layer(spec, {"bars": "bar", "dots": "point"}[form])["encoding"]["x"])
    names = list(dict.fromkeys(row["name"] for row in rows))
    series = []
    for name, group in _by_series(rows).items():
        found = {row["name"]: row for row in group}
        limits = [tuple(_number(found.get(one, {}).get(key)) for one in names) for key in ("value", "low", "high")]
        series.append(Series(name, tuple(float(i) for i in range(len(names))), *limits))
    rules = [layer["encoding"]["x"] for layer in spec["layer"] if _mark(layer) == "rule"]
    reference = tuple(float(rule["datum"]) for rule in rules if rule.get("datum") is not None)
    return Plot(form, title, "", tuple(names), tuple(series), number, reference)


def _lines(spec: Spec, rows: Sequence[Mapping[str, Any]]) -> Plot:
    up, number = _axis(_layer(spec, "line")["encoding"]["y"])
    series = []
    for name, group in _by_series(rows).items():
        ordered = sorted(group, key=lambda row: row["x"])
        columns = (tuple(_number(row.get(key)) for row in ordered) for key in ("x", "y", "low", "high"))
        series.append(Series(name, *columns))
    return Plot("lines", _axis(spec["encoding"]["x"])[0], up, (), tuple(series), number)


def _quadrants(spec: Spec, rows: Sequence[Mapping[str, Any]]) -> Plot:
    rules = [layer["encoding"] for layer in spec["layer"] if _mark(layer) == "rule"]
    middle = {axis: rule[axis]["datum"] for rule in rules for axis in ("x", "y") if rule.get(axis)}
    nothing = (None,) * len(rows)
    points = Series(
        "", tuple(float(row["x"]) for row in rows), tuple(float(row["y"]) for row in rows), nothing, nothing
    )
    titles = [_axis(spec["encoding"][axis])[0] for axis in ("x", "y")]
    reference = (float(middle["x"]), float(middle["y"])) if {"x", "y"} <= set(middle) else ()
    return Plot("quadrants", *titles, tuple(str(row["name"]) for row in rows), (points,), ".2f", reference)


def _heat(spec: Spec, rows: Sequence[Mapping[str, Any]]) -> Plot:
    across, down = (_sorted(spec["encoding"][axis], rows, key) for axis, key in (("x", "column"), ("y", "row")))
    values = {(row["row"], row["column"]): _number(row["value"]) for row in rows}
    nothing, places = (None,) * len(down), tuple(float(i) for i in range(len(down)))
    series = [Series(name, places, tuple(values.get((row, name)) for row in down), nothing, nothing) for name in across]
    number = _layer(spec, "text")["encoding"]["text"].get("format") or ".2f"
    limit = float(_layer(spec, "rect")["encoding"]["color"]["scale"]["domain"][-1])
    return Plot("heat", "", "", tuple(down), tuple(series), number, (), limit)


def _sorted(encoding: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], key: str) -> list[str]:
    order = encoding.get("sort")
    there = list(dict.fromkeys(row[key] for row in rows))
    return [name for name in order if name in there] if isinstance(order, list) else there


def _by_series(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        found.setdefault(str(row.get("series", "")), []).append(row)
    return found


def _number(value: Any) -> float | None:
    return None if value is None or value != value else float(value)  # NaN is not equal to itself
