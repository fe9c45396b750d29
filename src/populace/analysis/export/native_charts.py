"""Charts that PowerPoint draws itself: made from a `Plot`, with their numbers in the workbook behind them.

Bars and dots keep their intervals as error bars whose lengths stand in the same workbook, so that both can be edited.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from populace.analysis.export.forms import Plot, Series, excel_format
from populace.analysis.theme import HUMAN_COLOUR, SERIES_COLOURS

if TYPE_CHECKING:
    from pptx.chart.chart import Chart

__all__ = ["add_chart", "NATIVE"]

#: forms drawn as charts; a heat map becomes a table
NATIVE = ("bars", "dots", "lines", "quadrants")
_GREY, _INK = "9AA5B1", "1F2933"
#: name of a series of people
_HUMAN = "human"


def add_chart(shapes: Any, plot: Plot, place: tuple[int, int, int, int], title: str) -> Any:
    """Draw the plot at (left, top, width, height); returns the graphic frame."""
    makers = {"bars": _bars, "dots": _dots, "lines": _lines, "quadrants": _quadrants}
    frame = makers[plot.form](shapes, plot, place)
    _finish(frame.chart, plot, title)
    return frame


def _bars(shapes: Any, plot: Plot, place: tuple[int, int, int, int]) -> Any:
    from pptx.enum.chart import XL_CHART_TYPE

    frame = _by_category(shapes, plot, place, XL_CHART_TYPE.BAR_CLUSTERED)
    chart = frame.chart
    chart.category_axis.reverse_order = True  # the first name on top, as in the table
    chart.plots[0].gap_width = 45
    for series, colour in zip(chart.plots[0].series, _colours(plot), strict=True):
        series.invert_if_negative = False
        _fill(series.format.fill, colour)
    return frame


def _dots(shapes: Any, plot: Plot, place: tuple[int, int, int, int]) -> Any:
    from pptx.enum.chart import XL_CHART_TYPE

    frame = _by_category(shapes, plot, place, XL_CHART_TYPE.LINE_MARKERS)
    for series, colour in zip(list(frame.chart.plots[0].series)[: len(plot.series)], _colours(plot), strict=True):
        _marker(series, colour, 9)
        series.format.line.fill.background()
    for series in list(frame.chart.plots[0].series)[len(plot.series) :]:
        _dashed(series)
    return frame


def _by_category(shapes: Any, plot: Plot, place: tuple[int, int, int, int], kind: Any) -> Any:
    """A chart of names, with error bars and their lengths in the workbook."""
    from pptx.chart.data import CategoryChartData

    data = CategoryChartData(number_format=excel_format(plot.number))
    data.categories = list(plot.names)
    for series in plot.series:
        data.add_series(series.name or plot.across or "value", series.y)
    if plot.form == "dots":
        for value in plot.reference:
            data.add_series(f"reference {value:g}", [value] * len(plot.names))
    frame = shapes.add_chart(kind, *place, data)
    frame.chart.part.chart_workbook.update_from_xlsx_blob(_workbook(plot))
    count = len(frame.chart.plots[0].series)
    for number, series in enumerate(plot.series):
        if any(limit is not None for limit in (*series.low, *series.high)):
            _error_bars(frame.chart, number, series, count + 2 * number + 1)
    return frame


def _workbook(plot: Plot) -> bytes:
    """Names, values, and the lengths of the error bars: as python-pptx lays it out, with two columns more a series."""
    import xlsxwriter

    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as book:
        sheet = book.add_worksheet("Sheet1")
        form = book.add_format({"num_format": excel_format(plot.number)})
        heads = [series.name or plot.across or "value" for series in plot.series]
        columns: list[Sequence[float | None]] = [series.y for series in plot.series]
        if plot.form == "dots":
            heads += [f"reference {value:g}" for value in plot.reference]
            columns += [[value] * len(plot.names) for value in plot.reference]
        for series, head in zip(plot.series, list(heads), strict=False):
            above, below = _lengths(series)
            heads += [f"{head}: interval above", f"{head}: interval below"]
            columns += [above, below]
        sheet.write_column(1, 0, [str(name) for name in plot.names])
        for place, (head, column) in enumerate(zip(heads, columns, strict=True), start=1):
            sheet.write_string(0, place, head)
            for row, value in enumerate(column, start=1):
                if value is not None:
                    sheet.write_number(row, place, value, form)
    return stream.getvalue()


def _lengths(series: Series) -> tuple[list[float], list[float]]:
    """How far the interval reaches above and below each value."""
    above = [_gap(high, y) for y, high in zip(series.y, series.high, strict=True)]
    return above, [_gap(y, low) for y, low in zip(series.y, series.low, strict=True)]


def _gap(upper: float | None, lower: float | None) -> float:
    return 0.0 if upper is None or lower is None else max(0.0, upper - lower)


def _lines(shapes: Any, plot: Plot, place: tuple[int, int, int, int]) -> Any:
    from pptx.chart.data import XyChartData
    from pptx.enum.chart import XL_CHART_TYPE

    data = XyChartData(number_format=excel_format(plot.number))
    for series in plot.series:
        _points(data, series.name or plot.up or "value", series.x, series.y)
    frame = shapes.add_chart(XL_CHART_TYPE.XY_SCATTER_LINES, *place, data)
    few = max(len(series.x) for series in plot.series) <= 25
    for number, (series, colour) in enumerate(zip(frame.chart.plots[0].series, _colours(plot), strict=True)):
        series.smooth = False
        series.format.line.width = 28575  # 2.25 points
        _fill(series.format.line, colour)
        _marker(series, colour, 6 if few else 0)
        if any(limit is not None for limit in plot.series[number].low):
            _error_bars(frame.chart, number, plot.series[number], None)
    return frame


def _quadrants(shapes: Any, plot: Plot, place: tuple[int, int, int, int]) -> Any:
    from pptx.chart.data import XyChartData
    from pptx.enum.chart import XL_CHART_TYPE, XL_LABEL_POSITION
    from pptx.util import Pt

    points = plot.series[0]
    data = XyChartData(number_format="0.00")
    _points(data, "value", points.x, points.y)
    ends = [nice(*_ends(points.x, plot.reference[:1]))[:2], nice(*_ends(points.y, plot.reference[1:]))[:2]]
    if plot.reference:
        _points(data, "middle across", [plot.reference[0]] * 2, ends[1])
        _points(data, "middle up", ends[0], [plot.reference[1]] * 2)
    frame = shapes.add_chart(XL_CHART_TYPE.XY_SCATTER, *place, data)
    first, *rules = frame.chart.plots[0].series
    _marker(first, SERIES_COLOURS[2], 9)
    first.format.line.fill.background()
    for name, point in zip(plot.names, (first.points[i] for i in range(len(plot.names))), strict=True):
        label = point.data_label
        label.text_frame.text = name
        label.text_frame.paragraphs[0].runs[0].font.size = Pt(10)
        label.position = XL_LABEL_POSITION.RIGHT
    for rule in rules:
        _dashed(rule)
    for axis, (low, high) in zip((frame.chart.category_axis, frame.chart.value_axis), ends, strict=True):
        axis.minimum_scale, axis.maximum_scale, axis.major_unit = nice(low, high)
    return frame


def _points(data: Any, name: str, x: Sequence[float], y: Sequence[float | None]) -> None:
    series = data.add_series(name)
    for across, up in zip(x, y, strict=True):
        if up is not None:
            series.add_data_point(across, up)


def _ends(values: Sequence[float], more: Sequence[float]) -> tuple[float, float]:
    """Limits of an axis that leave room around all values."""
    low, high = min([*values, *more]), max([*values, *more])
    room = (high - low) * 0.12 or 1.0
    return low - room, high + room


def _finish(chart: Chart, plot: Plot, title: str) -> None:
    """Title, legend, axes and type that all charts share."""
    from pptx.dml.color import RGBColor
    from pptx.enum.chart import XL_LEGEND_POSITION
    from pptx.util import Pt

    chart.font.size, chart.font.name = Pt(11), "Calibri"
    chart.has_title = bool(title)
    if title:
        chart.chart_title.text_frame.text = title
        font = chart.chart_title.text_frame.paragraphs[0].runs[0].font
        font.size, font.bold, font.color.rgb = Pt(12), True, RGBColor.from_string("6A1B9A")
    chart.has_legend = len(plot.series) > 1
    if chart.has_legend:
        chart.legend.position, chart.legend.include_in_layout = XL_LEGEND_POSITION.TOP, False
    values, names = chart.value_axis, chart.category_axis
    values.major_gridlines.format.line.color.rgb = RGBColor.from_string("E4E7EB")
    values.tick_labels.number_format, values.tick_labels.number_format_is_linked = excel_format(plot.number), False
    for axis in (values, names):
        axis.format.line.color.rgb = RGBColor.from_string(_GREY)
        axis.tick_labels.font.size = Pt(10)
    _axis_titles(chart, plot)
    if plot.form != "quadrants":
        _limits(values, plot)


def _limits(axis: Any, plot: Plot) -> None:
    """Room for the intervals, which programs forget when they choose the ends of an axis; shares end at 100 %."""
    parts = [(*series.y, *series.low, *series.high) for series in plot.series]
    known = [value for part in (*parts, plot.reference) for value in part if value is not None]
    if not known:
        return
    if plot.form != "dots":
        known.append(0.0)
    low, high, step = nice(min(known), max(known))
    if plot.number.endswith("%") and max(known) <= 1 < high:
        high = 1.0
    axis.minimum_scale, axis.maximum_scale, axis.major_unit = low, high, step


def nice(low: float, high: float) -> tuple[float, float, float]:
    """Ends of an axis and its step: 1, 2 or 5 times a power of ten, about six steps.

    Example: from −.32 to .58: −.4 to .6 by .2.
    """
    rough = (high - low) / 6 or abs(high) or 1.0
    power = 10 ** math.floor(math.log10(rough))
    step = next(k * power for k in (1, 2, 5, 10) if k * power >= rough * 0.999)
    ends = math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step
    return round(ends[0], 10), round(ends[1], 10), round(step, 10)


def _axis_titles(chart: Chart, plot: Plot) -> None:
    from pptx.enum.chart import XL_TICK_LABEL_POSITION
    from pptx.util import Pt

    named = plot.form in ("bars", "dots")
    titles = (plot.across, "") if named else (plot.up, plot.across)
    for axis, words in zip((chart.value_axis, chart.category_axis), titles, strict=True):
        axis.has_title = bool(words)
        if words:
            axis.axis_title.text_frame.text = words
            font = axis.axis_title.text_frame.paragraphs[0].runs[0].font
            font.size, font.bold = Pt(11), False
        axis.tick_label_position = XL_TICK_LABEL_POSITION.LOW
    if plot.form == "bars":
        chart.value_axis.tick_label_position = XL_TICK_LABEL_POSITION.HIGH  # below, since the names run downwards
    if not named:
        chart.category_axis.has_major_gridlines = False


def _colours(plot: Plot) -> list[str]:
    """As in the pictures: blue for one series; else people dark and the others in order."""
    if len(plot.series) == 1 and not plot.series[0].name:
        return [SERIES_COLOURS[2]]
    others = [series.name for series in plot.series if series.name != _HUMAN]
    table = {name: SERIES_COLOURS[i % len(SERIES_COLOURS)] for i, name in enumerate(others)} | {_HUMAN: HUMAN_COLOUR}
    return [table[series.name] for series in plot.series]


def _fill(fill: Any, colour: str) -> None:
    from pptx.dml.color import RGBColor

    solid = fill.fill if hasattr(fill, "fill") else fill
    solid.solid()
    solid.fore_color.rgb = RGBColor.from_string(colour.lstrip("#").upper())


def _marker(series: Any, colour: str, size: int) -> None:
    from pptx.enum.chart import XL_MARKER_STYLE

    series.marker.style = XL_MARKER_STYLE.CIRCLE if size else XL_MARKER_STYLE.NONE
    if size:
        series.marker.size = size
        _fill(series.marker.format.fill, colour)
        series.marker.format.line.fill.background()


def _dashed(series: Any) -> None:
    """A thin dashed line without markers."""
    from pptx.enum.dml import MSO_LINE
    from pptx.util import Pt

    _marker(series, _GREY, 0)
    series.smooth = False
    _fill(series.format.line, "#52606D")
    series.format.line.width, series.format.line.dash_style = Pt(1), MSO_LINE.DASH


def _error_bars(chart: Chart, number: int, series: Series, column: int | None) -> None:
    """Error bars of custom length; `column` is where the lengths stand in the workbook, None puts them in the chart.

    python-pptx has no error bars, so their element is written here (ECMA-376 part 1, 21.2.2.55), before the values.
    """
    from lxml import etree
    from pptx.oxml.ns import qn

    element = chart.plots[0].series[number]._element
    before = next(element.find(qn(tag)) for tag in ("c:cat", "c:xVal") if element.find(qn(tag)) is not None)
    bars = etree.SubElement(element, qn("c:errBars"))
    element.remove(bars)
    before.addprevious(bars)
    if column is None:
        etree.SubElement(bars, qn("c:errDir"), val="y")
    for tag, value in (("errBarType", "both"), ("errValType", "cust"), ("noEndCap", "1")):
        etree.SubElement(bars, qn(f"c:{tag}"), val=value)
    for offset, (tag, lengths) in enumerate(zip(("plus", "minus"), _lengths(series), strict=True)):
        _numbers(etree.SubElement(bars, qn(f"c:{tag}")), lengths, None if column is None else column + offset)
    line = etree.SubElement(etree.SubElement(bars, qn("c:spPr")), qn("a:ln"), w="15875")
    fill = etree.SubElement(line, qn("a:solidFill"))
    etree.SubElement(fill, qn("a:srgbClr"), val=_INK)


def _numbers(parent: Any, values: Sequence[float], column: int | None) -> None:
    """Numbers of a chart: written into it, or read from a column of its workbook."""
    from lxml import etree
    from pptx.oxml.ns import qn

    if column is None:
        holder = etree.SubElement(parent, qn("c:numLit"))
    else:
        from xlsxwriter.utility import xl_col_to_name

        letter = xl_col_to_name(column)
        reference = etree.SubElement(parent, qn("c:numRef"))
        etree.SubElement(reference, qn("c:f")).text = f"Sheet1!${letter}$2:${letter}${len(values) + 1}"
        holder = etree.SubElement(reference, qn("c:numCache"))
    etree.SubElement(holder, qn("c:formatCode")).text = "General"
    etree.SubElement(holder, qn("c:ptCount"), val=str(len(values)))
    for place, value in enumerate(values):
        point = etree.SubElement(holder, qn("c:pt"), idx=str(place))
        etree.SubElement(point, qn("c:v")).text = repr(float(value))
