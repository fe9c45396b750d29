"""Crosstabs: letters, bases, small bases, overlapping columns, nets and boxes."""

import json

import numpy as np
import pytest
import vl_convert
from hypothesis import given
from hypothesis import strategies as st

from populace.analysis.breakdown import Breakdown
from populace.analysis.crosstab import Cell, crosstab
from populace.analysis.design_based import mean
from populace.analysis.letters import common_variance
from populace.data.design import Design
from populace.errors import DataError


def cells(result, label, block=0):
    return next(row for row in result.blocks[block].rows if row.label == label).cells


def letters(result, label, block=0):
    return [cell.letters if isinstance(cell, Cell) else None for cell in cells(result, label, block)]


@pytest.fixture
def votes(hand_made, choice):
    """60 of 100 men and 40 of 100 women say yes."""
    answers = ["yes"] * 60 + ["no"] * 40 + ["yes"] * 40 + ["no"] * 60
    return hand_made(
        (choice("vote", "yes", "no"), answers), (choice("sex", "man", "woman"), ["man"] * 100 + ["woman"] * 100)
    )


def test_letters_name_the_columns_that_a_column_surely_exceeds(votes):
    result = crosstab(votes, "vote", "sex")
    assert [str(column) for column in result.columns] == ["Total", "Which sex? man (A)", "Which sex? woman (B)"]
    assert letters(result, "yes") == ["", "B", ""] and letters(result, "no") == ["", "", "A"]
    assert [cell.value for cell in cells(result, "yes")] == pytest.approx([0.5, 0.6, 0.4])
    assert str(cells(result, "yes")[1]) == "60% B"


def test_bases_are_unweighted_weighted_and_effective(hand_made, choice, number):
    data = hand_made(
        (choice("vote", "yes", "no"), ["yes", "no", "yes", "no", None]),
        (choice("sex", "man", "woman"), ["man", "man", "man", "woman", "woman"]),
        (number("w", "weight"), [1, 1, 2, 5, 5]),
        weight="w",
    )
    block = crosstab(data, "vote", "sex", suppress_below=0).blocks[0]
    assert block.bases == (4, 3, 1) and block.weighted == (9, 4, 5)
    assert block.effective == pytest.approx((81 / 31, 16 / 6, 1))


def test_small_bases_are_marked_and_very_small_ones_not_shown_or_tested(votes):
    few = votes.rows(np.r_[0:100, 100:150])
    marked = crosstab(few, "vote", "sex", low_base=60, suppress_below=20)
    assert str(cells(marked, "yes")[2]) == "80%* A" and "* effective base below 60" in str(marked)
    hidden = crosstab(few, "vote", "sex", suppress_below=60)
    assert cells(hidden, "yes")[2] is None and letters(hidden, "yes") == ["", "", None]
    assert "Not shown, effective base below 60: Which sex? woman (B)." in str(hidden)


def test_stricter_corrections_and_larger_families_give_fewer_letters(random_survey):
    data = random_survey(400, 11)
    questions = ["tax", "brands"]

    def count(**rule):
        result = crosstab(data, questions, ["sex", "town"], alpha=0.3, **rule)
        return sum(len(cell.letters) for block in result.blocks for row in block.rows for cell in row.cells)

    none, by_row = count(), count(correction="bonferroni")
    assert none > by_row >= count(correction="bonferroni", family="table")
    assert none >= count(correction="benjamini-hochberg") >= by_row


def test_letters_stay_within_a_heading_and_go_on_over_headings(random_survey):
    result = crosstab(random_survey(200, 12), "tax", ["sex", "town"], alpha=0.9)
    assert [column.letter for column in result.columns] == ["", "A", "B", "C", "D", "E"]
    for row in result.blocks[0].rows:
        assert all(set(cell.letters) <= set("AB") for cell in row.cells[1:3])
        assert all(set(cell.letters) <= set("CDE") for cell in row.cells[3:])


def test_columns_that_share_respondents_are_tested_with_their_covariance(hand_made, choice, picks):
    """160 of 200 users of Acme and of 200 of Bolt are the same people: what these say cancels out of the difference."""
    acme, bolt = picks("brands", "Acme", "Bolt")
    vote = ["yes", "no"] * 80 + ["yes"] * 36 + ["no"] * 4 + ["yes", "no"] * 20
    users = np.column_stack([np.repeat([1, 0], [200, 40]), np.repeat([1, 0, 1], [160, 40, 40])])
    data = hand_made((choice("vote", "yes", "no"), vote), (acme, users[:, 0]), (bolt, users[:, 1]))
    result = crosstab(data, "vote", "brands")
    assert letters(result, "yes") == ["", "B", ""] and result.overlapping == ("Which?",)
    shares = mean(np.array(vote) == "yes", Design(np.ones(240)), users == 1)
    gap, apart = shares.values[0] - shares.values[1], np.sqrt(np.diag(shares.covariance).sum())
    assert gap / apart < 1.97 < gap / np.sqrt(common_variance(shares.values, shares.covariance, shares.n)[0, 1])
    assert result.blocks[0].groups[0].test is None and "columns share respondents" in str(result)


def test_columns_of_the_same_respondents_do_not_differ(hand_made, choice, picks):
    acme, bolt = picks("brands", "Acme", "Bolt")
    data = hand_made(
        (choice("vote", "yes", "no"), ["yes", "no"] * 50), (acme, [1] * 80 + [0] * 20), (bolt, [1] * 80 + [0] * 20)
    )
    assert letters(crosstab(data, "vote", "brands"), "yes") == ["", "", ""]


def test_every_heading_has_its_test(schools, golden_api):
    result = crosstab(schools("apistrat"), ["sch.wide", "api00"], ["stype", "comp.imp"])
    first = result.blocks[0].groups[0].test
    figures = golden_api["rao_scott_schwide_stype"]["apistrat"]
    assert [first.statistic, first.df, first.df_sample] == pytest.approx(figures[:3], rel=5e-5)
    assert result.blocks[1].groups[1].words == "Wald test of equal means"
    assert "Rao-Scott test of independence, F(1.829, 360.2) = 17.2, p < 0.001." in str(result)


def test_the_letter_of_two_means_is_svyttest(schools, golden_api):
    statistic, _, p = golden_api["ttest_comp.imp_apiclus1"]
    data = schools("apiclus1")
    above, below = (crosstab(data, "api00", "comp.imp", alpha=alpha) for alpha in (p + 0.001, p - 0.001))
    assert letters(above, "Mean") == ["", "", "A"] and letters(below, "Mean") == ["", "", ""]
    assert above.blocks[0].groups[0].test.statistic == pytest.approx(statistic**2, rel=1e-4)


def test_nets_and_boxes_stand_on_both_sides(random_survey):
    data = random_survey(300, 13)
    banner = [Breakdown("town", {"coast": ["north", "west"], "inland": ["south"]})]
    result = crosstab(data, [Breakdown("tax", {"low": [1, 2]}, boxes=2)], banner)
    assert [column.label for column in result.columns] == ["Total", "coast", "inland"]
    kinds = [row.kind for row in result.blocks[0].rows]
    assert kinds == ["option"] * 5 + ["net", "box", "box", "mean"]
    assert [c.value for c in cells(result, "low")] == pytest.approx([c.value for c in cells(result, "Bottom 2")])


def test_a_crosstab_prints_exports_draws_and_says_that_rows_are_synthetic(hand_made, choice):
    sex = (choice("sex", "man", "woman"), ["man"] * 50 + ["woman"] * 50)
    data = hand_made((choice("vote", "yes", "no"), ["yes", "no"] * 50), sex, synthetic=True)
    result = crosstab(data, "vote", "sex")
    content = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    cell = content["tables"][0]["rows"][3][1]
    assert set(cell) == {"value", "low", "high", "n", "letters", "small", "kind"} and cell["value"] == 0.5
    assert result.synthetic and "SYNTHETIC: all 100 respondents are synthetic." in content["tables"][0]["notes"]
    assert "50%" in str(result) and "<path" in vl_convert.vegalite_to_svg(result.chart() | {"width": 400})


def test_no_answers_empty_columns_and_equal_answers_give_no_nan(hand_made, choice, scale, number):
    data = hand_made(
        (scale(), [3] * 60 + [None] * 40), (number("age"), [None] * 100), (number("w"), [1] * 90 + [0] * 10),
        (choice("sex", "man", "woman", "other"), ["man"] * 60 + ["woman"] * 40), weight="w",
    )  # fmt: skip
    result = crosstab(data, ["tax", "age"], "sex", suppress_below=0)
    json.dumps(result.to_dict(), allow_nan=False)
    assert cells(result, "Mean (1 to 5)") == (3.0, 3.0, None, None)
    assert cells(result, "Mean", 1) == (None,) * 4
    assert "too few answers or categories" in str(result)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ({"questions": "vot", "banner": "sex"}, "did you mean 'vote'"),
        ({"questions": [], "banner": "sex"}, "needs one question"),
        ({"questions": "vote", "banner": "age"}, "no options to make columns of"),
        ({"questions": "vote", "banner": "sex", "alpha": 5}, "alpha is 5"),
        ({"questions": "vote", "banner": "sex", "correction": "bonferoni"}, "did you mean 'bonferroni'"),
        ({"questions": "vote", "banner": "sex", "family": "all"}, "expected one of row, table"),
    ],
)
def test_bad_requests_are_refused_by_name(hand_made, choice, number, call, message):
    data = hand_made(
        (choice("vote", "yes", "no"), ["yes", "no"]), (choice("sex", "m", "w"), ["m", "w"]), (number("age"), [1, 2])
    )
    with pytest.raises(DataError, match=message):
        crosstab(data, **call)


@given(st.permutations(range(60)))
def test_the_order_of_respondents_does_not_matter(random_survey, order):
    data = random_survey(60, 14, weight="w", strata="stratum")
    rule = {"alpha": 0.4, "suppress_below": 5}
    one, other = crosstab(data, "tax", "sex", **rule), crosstab(data.rows(np.array(order)), "tax", "sex", **rule)
    for ours, theirs in zip(one.blocks[0].rows, other.blocks[0].rows, strict=True):
        assert [cell.letters for cell in theirs.cells] == [cell.letters for cell in ours.cells]
        assert [cell.low for cell in theirs.cells] == pytest.approx([cell.low for cell in ours.cells])


def test_names_of_groups_do_not_matter(votes, hand_made, choice):
    turned = hand_made(
        (choice("vote", "yes", "no"), votes.answers["vote"]),
        (choice("sex", "woman", "man"), votes.answers["sex"]),
    )
    assert letters(crosstab(turned, "vote", "sex"), "yes") == ["", "", "A"]
