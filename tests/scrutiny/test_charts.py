"""Charts as plain data: valid, complete, and the same way round every time."""

from __future__ import annotations

import json

import pytest
import vl_convert

from populace.analysis import theme
from populace.scrutiny import charts

COLOURS = {"People": charts.HUMAN_COLOUR, "Panel": "#d55e00"}
PANELS = {"Panel": "#d55e00"}


def shares(options=("Yes", "No"), low=0.3, high=0.5):
    rows = [
        {"option": option, "series": who, "share": 0.4, "low": low, "high": high}
        for option in options
        for who in COLOURS
    ]
    return charts.shares_chart(rows, options, COLOURS)


def distances(count=3):
    rows = [
        {
            "subject": f"q{i}",
            "wording": "?",
            "series": "Panel",
            "value": 0.1 * i,
            "low": 0.0,
            "high": 0.2,
            "ceiling": 0.03,
        }
        for i in range(count)
    ]
    return charts.distance_chart(rows, [f"q{i}" for i in range(count)], PANELS)


def ratios(value=0.8):
    row = {"subject": "q1", "wording": "?", "series": "Panel", "value": value, "low": value * 0.9, "high": value * 1.1}
    return charts.ratio_chart([row], ["q1"], PANELS, (0.9, 1.1))


def heatmap(names=("1", "2", "3")):
    rows = [{"a": a, "b": b, "r": 0.2} for i, a in enumerate(names) for b in names[:i]]
    return charts.correlation_heatmap(rows, names, 0.5)


def scatter(count=4):
    rows = [{"pair": f"1 × {i}", "series": "Panel", "human": 0.1, "panel": 0.2} for i in range(count)]
    return charts.correlation_scatter(rows, PANELS, 0.5)


ALL = {"shares": shares, "distances": distances, "ratios": ratios, "heatmap": heatmap, "scatter": scatter}


@pytest.mark.parametrize("name", ALL)
def test_vega_lite_draws_the_chart_without_a_network(name):
    spec = ALL[name]() | {"width": 400}
    spec.setdefault("height", 400)
    svg = vl_convert.vegalite_to_svg(spec, allowed_base_urls=[])
    assert svg.startswith("<svg")
    assert 'fill="' in svg


@pytest.mark.parametrize("name", ALL)
def test_a_chart_is_plain_data(name):
    spec = ALL[name]()
    assert json.loads(json.dumps(spec, allow_nan=False)) == spec
    assert "url" not in json.dumps(spec["data"])


def test_options_keep_the_order_of_the_questionnaire():
    assert shares(("Often", "Never", "Don't know"))["encoding"]["y"]["sort"] == ["Often", "Never", "Don't know"]


def test_people_are_drawn_first_and_always_in_the_same_colour():
    spec = shares()
    assert spec["encoding"]["yOffset"]["sort"] == ["People", "Panel"]
    scale = spec["layer"][0]["encoding"]["color"]["scale"]
    assert dict(zip(scale["domain"], scale["range"], strict=True)) == COLOURS


def test_a_long_label_is_broken_into_at_most_three_lines():
    label = (
        "I have thought about it for a long time and have still not made up my mind about any of the things you name"
    )
    (first, _) = shares((label, "No"))["encoding"]["y"]["sort"]
    assert first.count("\n") == 2
    assert first.endswith("…")


def test_labels_that_become_alike_when_cut_keep_their_full_text():
    start = (
        "I have thought about it for a long time and have still not made up my mind about any of the things you name "
    )
    labels = shares((start + "first", start + "second"))["encoding"]["y"]["sort"]
    assert len(set(labels)) == 2


def test_without_intervals_there_are_no_whiskers():
    assert len(shares(low=None, high=None)["layer"]) == len(shares()["layer"]) - 2


def test_bars_start_at_zero_and_leave_room_for_the_figure():
    scale = shares(high=0.5)["layer"][0]["encoding"]["x"]["scale"]
    assert scale["domain"][0] == 0
    assert scale["domain"][1] > 0.5


def test_a_long_list_of_questions_is_set_closer():
    assert distances(60)["height"] / 60 < distances(10)["height"] / 10


@pytest.mark.parametrize("value", [0.02, 0.5, 1.0, 40.0])
def test_the_axis_of_ratios_always_shows_the_band(value):
    low, high = ratios(value)["layer"][-1]["encoding"]["x"]["scale"]["domain"]
    assert low < 0.9
    assert high > 1.1


def test_the_colour_scale_is_symmetric_about_zero():
    scale = heatmap()["encoding"]["color"]["scale"]
    assert scale["domain"] == [-0.5, 0.5]
    assert len(scale["range"]) % 2 == 1


def test_many_questions_are_not_named_along_the_matrix():
    assert heatmap()["encoding"]["x"]["axis"]["labels"]
    assert not heatmap([str(i) for i in range(40)])["encoding"]["x"]["axis"]["labels"]


def test_a_dense_scatter_is_drawn_as_one_picture():
    assert scatter()["usermeta"]["renderer"] == "svg"
    assert scatter(theme.MANY + 1)["usermeta"]["renderer"] == "canvas"


def test_panels_have_different_colours_and_people_none_of_theirs():
    colours = charts.palette("People", ["a", "b", "c", "d"])
    assert len(set(colours.values())) == 5
    assert list(colours) == ["People", "a", "b", "c", "d"]
    assert "People" not in charts.palette(None, ["a"])


@pytest.mark.parametrize("colour", [charts.HUMAN_COLOUR, charts.UNVERIFIED_COLOUR, *theme.SERIES_COLOURS])
def test_bars_stand_out_from_the_paper(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    assert 1.05 / (luminance + 0.05) >= 3  # WCAG 2.2, 1.4.11
