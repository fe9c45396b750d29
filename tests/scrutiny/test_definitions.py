"""Every number of a report's JSON has its definition beside it."""

from importlib import import_module
from unittest import mock

import pytest

from populace.scrutiny import association, margins, variance, worth
from populace.scrutiny.definitions import FIELDS, SIZES, definitions
from populace.scrutiny.scrutinize import scrutinize
from populace.scrutiny.tolerances import MARGINS


@pytest.fixture(scope="module")
def content(survey):
    """A report by the quick families; checks of the others have the same fields."""
    baselines, quick = {"other people": survey(150, 3)}, (margins, variance, association, worth)
    with mock.patch.object(import_module("populace.scrutiny.scrutinize"), "FAMILIES", quick):
        return scrutinize(survey(150, 1), survey(150, 2), baselines=baselines, resamples=30).to_json()


def numbers(value, key=None, path=()):
    """(key that names it, path) of every number of nested data; names of baselines and verdicts give way to theirs."""
    if isinstance(value, dict):
        named = key if key in ("baselines", "verdicts") else None
        for name, part in value.items():
            yield from numbers(part, named or name, (*path, name))
    elif isinstance(value, list):
        for i, part in enumerate(value):
            yield from numbers(part, key, (*path, i))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield key, path


def test_every_number_has_a_field_that_is_defined(content):
    unknown = {key: path for key, path in numbers(content) if key not in content["definitions"]["fields"]}
    assert not unknown
    assert len(list(numbers(content))) > 300


def test_every_check_is_defined_with_its_margins_and_its_page(content):
    for check in content["checks"]:
        found = content["definitions"]["checks"][check["check"]][check["scope"]]
        assert found["what"] == MARGINS[check["check"], check["scope"]].what
        assert found["methods"] == f"docs/methods/{check['group']}.md"
        assert found["delta"] <= found["tolerance"]


def test_every_size_is_defined(content):
    assert {size["what"] for size in content["worth"]["sizes"]} <= set(content["definitions"]["worth"])
    assert set(SIZES) == {"shares", "correlations", "intervals"}


def test_a_check_without_a_margin_is_left_to_its_own_words():
    assert definitions([("odd", "all")])["checks"] == {}
    assert definitions([])["fields"] == FIELDS
