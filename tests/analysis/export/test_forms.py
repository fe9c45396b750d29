"""Charts read back as numbers."""

import pytest

from populace.analysis import charts
from populace.analysis.export.forms import excel_format, plot_of

from .conftest import FORMS, NAMES


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_recognised(form):
    assert plot_of(FORMS[form]).form == form


def test_bars_keep_names_values_and_limits():
    plot = plot_of(FORMS["bars"])
    assert plot.names == NAMES and plot.across == "Share" and plot.number == ".0%"
    assert plot.series[0].y == (0.25, 0.75, 0.4)
    assert plot.series[0].low == pytest.approx((0.15, 0.65, 0.3))


def test_dots_keep_series_and_reference():
    plot = plot_of(FORMS["dots"])
    assert [series.name for series in plot.series] == ["human", "panel"] and plot.reference == (0.3,)


def test_lines_are_in_order_of_x():
    rows = [{"x": x, "y": -x} for x in (3, 1, 2)]
    plot = plot_of(charts.lines(rows, "x", "y"))
    assert plot.series[0].x == (1, 2, 3) and plot.series[0].y == (-1, -2, -3)
    assert (plot.across, plot.up) == ("x", "y")


def test_quadrants_keep_their_middle():
    plot = plot_of(FORMS["quadrants"])
    assert plot.names == NAMES and plot.reference == (1, 2)


def test_a_heat_map_is_a_table():
    plot = plot_of(FORMS["heat"])
    assert plot.names == ("a", "b", "c") and [series.name for series in plot.series] == ["x", "y"]
    assert plot.series[1].y == (-0.25, 0, 0.25) and plot.limit == 1


@pytest.mark.parametrize("spec", [None, {}, {"mark": "bar"}, {"layer": [{"mark": "arc"}], "data": {"values": [1]}}])
def test_other_charts_have_no_form(spec):
    assert plot_of(spec) is None


@pytest.mark.parametrize(
    ("number", "form"), [(".0%", "0%"), (".2f", "0.00"), (".0f", "0"), ("+.1%", "+0.0%;-0.0%;0.0%"), ("~%", "0.00%")]
)
def test_number_formats_are_translated(number, form):
    assert excel_format(number) == form
