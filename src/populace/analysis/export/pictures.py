"""Pictures of charts, drawn here without a network: SVG for pages, PNG where nothing else can show a chart."""

from __future__ import annotations

import re

from populace.analysis.export.document import MARK_COLOUR
from populace.analysis.theme import Spec
from populace.errors import MissingExtra

__all__ = ["marked", "png", "svg"]

#: pixels of a chart in a page
WIDTH = 680


def marked(spec: Spec, mark: str, width: int = WIDTH) -> Spec:
    """The specification at a fixed width, with the mark inside the picture, so that a copy of it keeps the mark."""
    drawn = {**spec, "width": width}
    drawn.pop("usermeta", None)
    if not mark:
        return drawn
    title = {"text": mark, "anchor": "end", "color": MARK_COLOUR, "fontSize": 12, "fontWeight": 700, "offset": 6}
    own = spec.get("title")
    return {**drawn, "title": title | ({"subtitle": own if isinstance(own, str) else own["text"]} if own else {})}


def svg(spec: Spec, mark: str, prefix: str) -> str:
    """The chart as an SVG element that scales with its column; `prefix` keeps its ids apart from other charts'."""
    drawn = _vl_convert().vegalite_to_svg(marked(spec, mark))
    # vl-convert numbers ids through all charts of a process: numbered anew, the same chart is always the same text
    names = dict.fromkeys(re.findall(r'\bid="([^"]+)"', drawn))
    new = {name: f"{prefix}-part-{number}" for number, name in enumerate(names, start=1)}
    drawn = re.sub(r'\bid="([^"]+)"', lambda found: f'id="{new[found[1]]}"', drawn)
    return re.sub(r"url\(#([^)]+)\)", lambda found: f"url(#{new[found[1]]})", drawn)


def png(spec: Spec, mark: str, width: int = WIDTH) -> bytes:
    """The chart as PNG on white."""
    return _vl_convert().vegalite_to_png({**marked(spec, mark, width), "background": "white"}, scale=2)


def _vl_convert():
    try:
        import vl_convert
    except ImportError:
        raise MissingExtra(
            "charts need the package vl-convert-python, which is not installed: run `pip install vl-convert-python`"
        ) from None
    return vl_convert
