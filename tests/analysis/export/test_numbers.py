"""Every number with its place and meaning, and how it is written."""

import pytest

from populace.analysis.estimate import Estimate
from populace.analysis.export.numbers import definition_of, number_format, numbers_of
from populace.analysis.result import Table


class Percent(Estimate):
    def __str__(self):
        return f"{100 * self.value:.1f}% [{100 * self.low:.1f}%, {100 * self.high:.1f}%]"


def test_every_number_of_every_table_is_listed(document):
    found = [number for number in numbers_of(document) if number.exhibit == "No chart"]
    assert [(n.row, n.column, n.value, n.low, n.n) for n in found] == [
        ("Tea", "n", 250, None, None),
        ("Tea", "share", 0.25, 0.2, 1000),
        ("Coffee", "n", 750, None, None),
        ("Coffee", "share", 0.75, 0.7, 1000),
    ]
    assert all(number.mark == "SYNTHETIC" for number in found)


def test_a_number_means_what_its_column_and_row_say(document):
    meanings = [number.definition for number in numbers_of(document) if number.exhibit == "No chart"]
    assert meanings[1] == "Share of people. Drinks tea."
    assert meanings[3] == "Share of people."
    assert meanings[2] == "n of Coffee, table “Drinks <b>”"


def test_a_row_is_named_by_all_its_leading_words():
    table = Table("T", ("attribute", "level", "utility"), (("brand", "A", 0.5),))
    assert definition_of(table, table.rows[0], "utility", {}) == "utility of brand · A, table “T”"
    assert definition_of(table, table.rows[0], "utility", {"value": "A utility."}) == "A utility."


@pytest.mark.parametrize(
    ("cells", "form"),
    [
        ([1, 2000], "#,##0"),
        ([0.1, 0.25], "0.000"),
        ([12.5, 0.2], "0.00"),
        ([150.5], "#,##0.0"),
        ([123456.7], "#,##0"),
        ([Percent(0.5, 0.4, 0.6, 10)], "0.0%"),
        ([Estimate(0.5, 0.4, 0.6, 10), None], "0.000"),
        ([None], "#,##0"),
    ],
    ids=str,
)
def test_columns_are_written_by_the_size_of_their_numbers(cells, form):
    assert number_format(cells) == form
