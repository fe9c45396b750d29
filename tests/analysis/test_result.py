"""Results print, show themselves in HTML, and export plain values."""

import json
import math

import pytest
import vl_convert

from populace.analysis import charts
from populace.analysis.estimate import Estimate
from populace.analysis.result import Result, Table, in_words, plain


class Shares(Result):
    analysis = "shares"

    def tables(self):
        rows = (("Tea <b>", Estimate(0.25, 0.2, 0.3, 100.0), None), ("Coffee", 0.75, 1234))
        return (Table("Drinks", ("drink", "share", "n"), rows, ("Unweighted.",)),)

    def notes(self):
        return ("Asked of adults.",)


def test_a_result_prints_its_tables_and_notes():
    text = str(Shares())
    assert "0.25 [0.2, 0.3]" in text and "1,234" in text and "–" in text
    assert text.endswith("Asked of adults.")


def test_html_escapes_what_respondents_and_authors_wrote():
    html = Shares()._repr_html_()
    assert "Tea &lt;b&gt;" in html and "<b>" not in html
    assert '<th scope="row">Coffee</th>' in html


def test_export_is_strict_json():
    content = json.loads(json.dumps(Shares().to_dict(), allow_nan=False))
    assert content["tables"][0]["rows"][0][1] == {"value": 0.25, "low": 0.2, "high": 0.3, "n": 100.0}
    assert content["analysis"] == "shares" and content["chart"] is None


def test_a_row_of_another_length_is_refused():
    with pytest.raises(ValueError, match="2 columns"):
        Table("T", ("a", "b"), (("x",),))


def test_long_tables_are_cut_when_printed():
    table = Table("T", ("a",), tuple((i,) for i in range(100)))
    assert "40 more rows" in str(table) and len(table.to_dict()["rows"]) == 100


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (math.nan, "–"),
        (1234, "1,234"),
        (0.12345, "0.123"),
        (12345.6, "12,346"),
        (True, "True"),
        (3.0, "3"),
    ],
)
def test_cells_in_words(value, text):
    assert in_words(value) == text


def test_what_is_not_finite_is_null_in_json():
    assert plain(math.inf) is None and plain(Estimate(1.0, -math.inf, 2.0, 3)) == {
        "value": 1.0,
        "low": None,
        "high": 2.0,
        "n": 3,
    }


ROWS = [{"name": "a", "value": 0.2, "low": 0.1, "high": 0.3}, {"name": "b", "value": 0.5, "low": 0.4, "high": 0.6}]
CURVE = [{"x": x, "y": x * x, "series": s, "low": 0, "high": 10} for x in range(3) for s in ("human", "panel")]


@pytest.mark.parametrize(
    "spec",
    [
        charts.bars(ROWS, "Share"),
        charts.dots([row | {"series": "human"} for row in ROWS], "Share", reference=0.3),
        charts.lines(CURVE, "x", "y"),
        charts.quadrants([{"name": "a", "x": 1, "y": 2}], "Stated", "Derived", (0.5, 0.5)),
        charts.heat([{"row": "a", "column": "b", "value": 0.3}], ["b"], ["a"], 1.0),
    ],
    ids=["bars", "dots", "lines", "quadrants", "heat"],
)
def test_every_form_of_chart_can_be_drawn(spec):
    assert "<path" in vl_convert.vegalite_to_svg(spec | {"width": 400})
