"""Equivalence margins: what they are on the scale of intervals, why, and that the pages repeat them."""

from pathlib import Path

import pytest

from populace.scrutiny.report import SCOPES
from populace.scrutiny.summary import USES
from populace.scrutiny.tolerances import MARGINS, Margin

DOCS = Path(__file__).parents[2] / "docs" / "methods"


def test_margins_on_a_root_are_squared_and_follow_the_number_of_options():
    square = Margin("margins", "an error", 0.04, 0.07, "upper", "square", "for the test")
    assert square.limits(6.0) == pytest.approx((0.0096, 0.0294))


@pytest.mark.parametrize(("name", "scope"), MARGINS)
def test_every_margin_has_a_reason_and_a_tolerance_no_smaller_than_itself(name, scope):
    margin = MARGINS[name, scope]
    assert margin.reason
    assert 0 < margin.delta <= margin.tolerance
    assert scope in SCOPES
    assert margin.group in USES


@pytest.mark.parametrize(("name", "scope"), MARGINS)
def test_every_margin_stands_on_the_page_of_its_family_as_it_is(name, scope):
    margin = MARGINS[name, scope]
    row = f"| `{name}` | {scope} | {margin.delta:.3g} | {margin.tolerance:.3g} | {margin.reason} |"
    assert row in (DOCS / f"{margin.group}.md").read_text(encoding="utf-8")
