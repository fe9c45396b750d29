"""Prices in words: read by one rule, refused where they can be read in two ways."""

import polars as pl
import pytest

from populace.analysis.choice_prices import price_numbers, with_prices
from populace.analysis.conjoint import conjoint
from populace.errors import DataError


@pytest.mark.parametrize(("texts", "numbers"), [
    (["$0.99", "$1,299.00"], [0.99, 1299]),
    (["1,29 €", "€ 2,49"], [1.29, 2.49]),
    (["1 dollar", "2 dollars"], [1, 2]),
    (["$.99", "$1.49"], [0.99, 1.49]),
    (["Rs.500", "Rs. 750"], [500, 750]),
    (["1 299 kr", "999 kr"], [1299, 999]),
    (["CHF 1'299", "CHF 999"], [1299, 999]),
    (["2.500.000", "1.299"], [2500000, 1299]),
    (["1,299.50", "1,299"], [1299.5, 1299]),
    (["$1.299", "$1.49"], [1.299, 1.49]),
    (["0.999", "1.099"], [0.999, 1.099]),
    (["5", "10"], [5, 10]),
])  # fmt: skip
def test_prices_are_read(texts, numbers):
    assert price_numbers(texts) == dict(zip(texts, numbers, strict=True))


@pytest.mark.parametrize(("texts", "said"), [
    (["1,299", "1,499"], "'1,299', which may be thousands or a decimal number"),
    (["$999", "$1,299"], "which may be thousands"),
    (["free", "$1"], "'free', with no numbers"),
    (["2 for $5", "$1"], "with 2 numbers"),
    (["$1", "1 €"], "'\\$1' and '1 €', which differ in more than a number"),
    (["under $5", "over $10"], "differ in more than a number"),
    (["1,29", "1.49"], "two decimal signs"),
    (["1.5", "1.500.000"], "means two things"),
    (["-$2", "$3"], "a sign that no price has"),
    (["1,00,000", "2"], "cannot be read as one number"),
    (["12'5"], "cannot be read as one number"),
])  # fmt: skip
def test_prices_that_are_ambiguous_are_refused_with_the_level(texts, said):
    with pytest.raises(DataError, match=said):
        price_numbers(texts, "cost")


def test_the_refusal_names_the_column():
    with pytest.raises(DataError, match="price 'cost' has 'free'"):
        price_numbers(["free"], "cost")


def test_columns_that_are_no_words_of_a_price_stay_as_they_are():
    frame = pl.DataFrame({"price": ["$1", None], "paid": [1.0, 2.0]})
    assert with_prices(frame, None) == (frame, ())
    assert with_prices(frame, "paid")[0] is frame
    assert with_prices(frame, "cost")[0] is frame
    assert with_prices(frame, "price", ["price"])[0] is frame


def test_the_option_of_choosing_nothing_has_no_price_and_the_note_quotes_the_levels():
    read, notes = with_prices(pl.DataFrame({"price": ["$1.50", None, "$2"]}), "price")
    assert read["price"].to_list() == [1.5, None, 2.0]
    assert notes == ("Prices in column 'price' were read as numbers: '$1.50' as 1.5, '$2' as 2.",)


def test_a_conjoint_says_what_people_would_pay_in_words_of_money():
    """The cheaper of two is chosen by 3 of 4: a price effect of −ln 3 per dollar."""
    rows = [
        (f"p{i}", 0, k, int((k == 0) == (i % 4 > 0)), "AB"[(i // 4 + k) % 2], f"${k + 1}.00")
        for i in range(80)
        for k in range(2)
    ]
    names = ["respondent_id", "task", "alternative", "chosen", "brand", "price"]
    found = conjoint(pl.DataFrame(rows, schema=names, orient="row"), price="price", method="logit", holdout=0)
    assert found.part_worths["price", "per unit"].value == pytest.approx(-1.0986, abs=0.05)
    assert any("'$1.00' as 1" in remark for remark in found.notes())
    assert ("brand", "B") in found.willingness_to_pay
