"""Tables of one question: worked by hand, invariances, and answers that give nothing to estimate."""

import json

import numpy as np
import pytest
import vl_convert
from hypothesis import given
from hypothesis import strategies as st

from populace.analysis import tables
from populace.analysis.estimate import Estimate
from populace.data.codebook import Variable
from populace.errors import DataError


def figures(result, question=None):
    return {f.label: f for f in result.figures if question in (None, f.question)}


def test_frequencies_worked_by_hand(hand_made, choice, number):
    data = hand_made(
        (choice("drink", "tea", "milk"), ["tea", "tea", "milk", "milk", None]),
        (number("w", "weight"), [1, 1, 1, 3, 9]),
        weight="w",
    )
    found = figures(tables.frequencies(data, "drink"))
    assert found["tea"].estimate.value == pytest.approx(2 / 6) and found["milk"].estimate.value == pytest.approx(4 / 6)
    assert (found["milk"].n, found["milk"].weighted) == (2, 4)
    assert found["tea"].estimate.low < 2 / 6 < found["tea"].estimate.high


def test_shares_print_in_per_cent_with_bases_and_design(hand_made, choice):
    text = str(tables.frequencies(hand_made((choice("drink", "tea", "milk"), ["tea"] * 30 + ["milk"] * 10)), "drink"))
    assert "75.0% [" in text and "Base: 40 of 40" in text and "Sample: unweighted." in text


def test_an_option_that_nobody_chose_has_an_upper_limit_above_nought(hand_made, choice):
    data = hand_made((choice("drink", "tea", "milk", "gin"), ["tea"] * 5 + ["milk"] * 5))
    gin = figures(tables.frequencies(data, "drink"))["gin"]
    assert (gin.n, gin.estimate.value, gin.estimate.low) == (0, 0, 0) and 0.2 < gin.estimate.high < 0.4


def test_nets_worked_by_hand(hand_made, choice):
    data = hand_made((choice("drink", "a", "b", "c"), ["a", "b", "c"]))
    result = tables.nets(data, "drink", {"a or b": ["a", "b"], "b or c": ["b", "c"]})
    assert [f.estimate.value for f in result.figures] == pytest.approx([2 / 3, 2 / 3])


def test_select_all_questions_worked_by_hand(hand_made, picks):
    acme, bolt = picks("brands", "Acme", "Bolt")
    found = figures(tables.multi_select(hand_made((acme, [1, 1]), (bolt, [0, 1])), "brands"))
    assert (found["Acme"].estimate.value, found["Bolt"].estimate.value) == (1, 0.5)
    assert found["Selected, on average"].estimate.value == 1.5


def test_means_worked_by_hand(hand_made, number, scale):
    data = hand_made((number("age"), [1, 2, 3]), (scale(), [1, 5, 99]))
    result = tables.means(data, ["age", "tax"])
    age = figures(result, "age")
    assert (age["mean"].estimate.value, age["median"].estimate.value) == (2, 2)
    assert age["SD"].estimate.value == pytest.approx(1) and age["design effect"].estimate == pytest.approx(1)
    assert figures(result, "tax")["mean"].estimate.value == 3 and figures(result, "tax")["mean"].n == 2


def test_equal_answers_have_a_mean_but_no_interval_and_the_note_says_why(hand_made, number):
    result = tables.means(hand_made((number("age"), [7, 7, 7])), "age")
    assert figures(result)["mean"].estimate == 7.0
    assert "No interval where all gave the same answer: age." in str(result)


def test_top_and_bottom_boxes_worked_by_hand(hand_made, scale):
    result = tables.top_box(hand_made((scale(), [5, 4, 1, 99, None])), "tax")
    found = figures(result)
    assert found["Top 2"].estimate.value == pytest.approx(2 / 3)
    assert found["Bottom 2"].estimate.value == pytest.approx(1 / 3)
    assert found["top less bottom"].estimate.value == pytest.approx(1 / 3) and found["Top 2"].n == 3
    assert "Top 2: 'step 4', 'step 5'. Bottom 2: 'step 1', 'step 2'." in str(result)


def test_a_net_promoter_score_worked_by_hand(hand_made, scale):
    data = hand_made((scale("rec", 11, first=0), [10, 10, 8, 3, 99]))
    found = figures(tables.nps(data, "rec"))
    assert found["NPS"].estimate.value == 25 and found["NPS"].n == 4
    assert found["promoters"].estimate.value == 0.5 and found["detractors"].estimate.value == 0.25


def test_the_interval_of_the_net_promoter_score_is_that_of_rocks():
    # 27 promoters: p̃ = 27.75/30, d̃ = .75/30, centre .9, SE √((.95 − .81)/30)
    everybody = tables.nps_interval(1.0, 0.0, 0.0, 27, 1e9)
    assert everybody.value == everybody.high == 100
    assert everybody.low == pytest.approx(100 * (0.9 - 1.95996 * (0.14 / 30) ** 0.5), abs=1e-3)
    # at the standard error of 100 respondents the effective number is 100
    error = ((0.5 + 0.2 - 0.09) / 100) ** 0.5
    same = tables.nps_interval(0.5, 0.2, error, 55, 1e9)
    p, d = 50.75 / 103, 20.75 / 103
    reach = 1.95996 * ((p + d - (p - d) ** 2) / 103) ** 0.5
    assert (same.low, same.high) == pytest.approx((100 * (p - d - reach), 100 * (p - d + reach)), abs=1e-3)


def test_a_net_promoter_score_is_the_mean_of_its_points(random_survey, hand_made, number):
    rng = np.random.default_rng(1)
    ratings = rng.integers(0, 11, 300)
    points = np.where(ratings >= 9, 100, np.where(ratings <= 6, -100, 0))
    data = hand_made(
        (number("rec"), ratings), (number("points"), points), (number("w"), rng.uniform(1, 3, 300)), weight="w"
    )
    score, mean = (
        figures(tables.nps(data, "rec"))["NPS"].estimate,
        figures(tables.means(data, "points"))["mean"].estimate,
    )
    assert score.value == pytest.approx(mean.value)
    assert score.half_width == pytest.approx(mean.half_width, rel=0.03)


def test_synthetic_rows_are_said_in_every_table(hand_made, scale, number):
    data = hand_made((scale("rec", 11, first=0), [1, 5, 10, 10]), (number("age"), [1, 2, 3, 5]), synthetic=True)
    for result in (tables.frequencies(data, "rec"), tables.means(data, "age"), tables.nps(data, "rec")):
        assert result.synthetic
        assert all("SYNTHETIC: all 4 respondents are synthetic." in table.notes for table in result.tables())


def test_every_table_exports_strict_json_and_its_chart_can_be_drawn(random_survey):
    data = random_survey(80, 8, weight="w", strata="stratum", cluster="cluster")
    results = [
        tables.frequencies(data, ["sex", "tax"]),
        tables.nets(data, "tax", {"low": [1, 2]}),
        tables.multi_select(data, "brands"),
        tables.means(data, ["age", "tax"]),
        tables.top_box(data, "tax"),
    ]
    for result in results:
        content = json.loads(json.dumps(result.to_dict(), allow_nan=False))
        assert content["analysis"] == result.analysis and "<path" in vl_convert.vegalite_to_svg(
            content["chart"] | {"width": 300}
        )
        assert "<table>" in result._repr_html_() and "strata" in str(result)


def test_nobody_one_respondent_and_no_weight_give_no_figures_instead_of_nan(hand_made, scale, number):
    nobody = hand_made((scale(), [None, 99]), (number("age"), [None, None]))
    assert all(f.estimate is None for f in tables.frequencies(nobody, "tax").figures)
    assert figures(tables.means(nobody, "age"))["mean"].estimate is None
    one = hand_made((scale("rec", 11, first=0), [9, None]))
    assert figures(tables.nps(one, "rec"))["NPS"].estimate is None
    zero = hand_made((scale(), [1, 2, 5]), (number("w"), [1, 1, 0]), weight="w")
    assert figures(tables.frequencies(zero, "tax"))["step 5"].n == 0


def test_forty_options_are_forty_lines(hand_made, choice):
    names = [f"place {i}" for i in range(40)]
    result = tables.frequencies(hand_made((choice("town", *names), names)), "town")
    assert len(result.figures) == 40 and all(isinstance(f.estimate, Estimate) for f in result.figures)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda data: tables.means(data, "sex2"), "no variable 'sex2'"),
        (lambda data: tables.means(data, "town"), "expected an ordinal or numeric one for a mean"),
        (lambda data: tables.nps(data, "tax"), "5 options on its scale; a net promoter score needs the 11"),
        (lambda data: tables.nps(data, "age"), "numbers other than 0 to 10"),
        (lambda data: tables.top_box(data, "tax", 0), "boxes is 0"),
        (lambda data: tables.top_box(data, "age"), "is numeric"),
        (lambda data: tables.nets(data, "tax", {}), "no nets"),
        (lambda data: tables.frequencies(data, ["tax", "tax"]), "named twice"),
        (lambda data: tables.frequencies(data, []), "no question"),
        (lambda data: tables.frequencies(data, "why"), "open text"),
    ],
)
def test_bad_requests_are_refused_by_name(hand_made, scale, number, choice, call, message):
    data = hand_made(
        (scale(), [1, 2]), (number("age"), [11, 20]), (choice("town", "a", "b", "c"), ["a", "b"]),
        (Variable("why", "Why?", "text"), ["x", "y"]),
    )  # fmt: skip
    with pytest.raises(DataError, match=message):
        call(data)


ANSWERS = st.lists(st.tuples(st.sampled_from([1, 2, 3, 4, 5, None]), st.integers(1, 3)), min_size=2, max_size=15)


@given(ANSWERS)
def test_a_weight_is_so_many_interviews_of_one_person(hand_made, scale, number, answers):
    codes, times = (list(column) for column in zip(*answers, strict=True))
    if len({person for person, code in enumerate(codes) if code is not None}) < 2:
        return
    weighted = hand_made((scale(), codes), (number("w"), times), weight="w")
    persons = np.repeat(np.arange(len(codes)), times)
    repeated = hand_made((scale(), [codes[person] for person in persons]), ids=persons.tolist())
    for one, other in zip(
        tables.frequencies(weighted, "tax").figures, tables.frequencies(repeated, "tax").figures, strict=True
    ):
        assert other.estimate.value == pytest.approx(one.estimate.value, abs=1e-9)
        assert other.weighted == pytest.approx(one.weighted)
        if 0 < one.estimate.value < 1:  # where all agree the effective number of respondents decides
            assert (other.estimate.low, other.estimate.high) == pytest.approx(
                (one.estimate.low, one.estimate.high), abs=1e-9
            )


@given(st.permutations(range(12)))
def test_the_order_of_respondents_does_not_matter(random_survey, order):
    data = random_survey(12, 9, weight="w", cluster="cluster")
    turned = data.rows(np.array(order))
    for one, other in zip(tables.means(data, "age").figures, tables.means(turned, "age").figures, strict=True):
        ours, theirs = (f.estimate.value if isinstance(f.estimate, Estimate) else f.estimate for f in (one, other))
        assert theirs == pytest.approx(ours)
