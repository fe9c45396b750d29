"""The look of every chart: colours, type, and the frame of a Vega-Lite specification that holds its own data.

One chart specification serves notebook, web page and report. Nothing here knows data sets or results.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Spec = dict[str, Any]
Row = Mapping[str, Any]

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"

#: people are always this dark slate, everywhere
HUMAN_COLOUR = "#37474f"
#: Okabe and Ito (2008): told apart under all common forms of colour blindness. Every one reaches 3 : 1 against white
#: (WCAG 1.4.11).
SERIES_COLOURS = ("#d55e00", "#009e73", "#0072b2", "#aa4499")

INK, MUTED, GRID, BAND = "#1f2933", "#52606d", "#e4e7eb", "#eef2f5"
#: blue - white - orange: diverging and safe for colour-blind readers
DIVERGING = ["#08519c", "#4292c6", "#9ecae1", "#dce9f3", "#f7f7f7", "#fbe3cf", "#fdae6b", "#e6690f", "#9a3a00"]
FONT = 'Inter, "Segoe UI", Roboto, "Noto Sans", "Helvetica Neue", Arial, sans-serif'

#: a figure with more marks than this is drawn as a picture
MANY = 1500


def specification(
    values: Iterable[Row], height: Any, aspect: float | None = None, widest: int | None = None, **body: Any
) -> Spec:
    """A complete specification; `aspect` (height over width) and `widest` (pixels) are for the page's script."""
    rows = [dict(row) for row in values]
    spec: Spec = {
        "$schema": SCHEMA,
        "width": "container",
        "background": None,
        "autosize": {"type": "fit" if aspect else "fit-x", "contains": "padding"},
        "data": {"values": rows},
        "config": _config(),
        **body,
    }
    if height is not None:
        spec["height"] = height
    if aspect is not None:
        spec["usermeta"] = {"aspect": aspect, "widest": widest, "renderer": "svg"}
        # thousands of marks are drawn as one picture: quicker, and lighter to scroll
        if len(rows) > MANY:
            spec["usermeta"]["renderer"] = "canvas"
    return spec


def _config() -> Spec:
    return {
        "aria": False,  # the figure carries one label and a table; a thousand marks read aloud help nobody
        "font": FONT,
        "lineBreak": "\n",
        "view": {"stroke": None},
        "axis": {
            "labelColor": INK,
            "titleColor": MUTED,
            "titleFontWeight": 500,
            "titleFontSize": 11.5,
            "labelFontSize": 11.5,
            "gridColor": GRID,
            "domainColor": "#9aa5b1",
            "tickColor": "#9aa5b1",
        },
        "axisX": {"labelColor": MUTED, "domain": False, "ticks": False, "labelPadding": 5},
    }
