"""MaxDiff: counts, logit and shares of preference of planted utilities."""

import json

import numpy as np
import polars as pl
import pytest
import vl_convert

from populace.analysis.maxdiff import best_worst_tasks, maxdiff
from populace.data.codebook import Codebook, Variable
from populace.data.dataset import DataSet
from populace.errors import DataError

MEANS = np.array([1.5, 0.8, 0.2, -0.2, -0.8, -1.5])
SHORT = {"draws": 120, "burn": 400, "thin": 3}


def simulated(people=120, tasks=8, seed=0, spread=1.0, means=MEANS, each=4):
    """Long records of items a, b, …, and everybody's true utilities."""
    rng = np.random.default_rng(seed)
    truth = means + spread * rng.standard_normal((people, len(means)))
    truth -= truth.mean(axis=1, keepdims=True)
    rows = []
    for person in range(people):
        for task in range(tasks):
            items = rng.choice(len(means), each, replace=False)
            best = items[np.argmax(truth[person, items] + rng.gumbel(size=each))]
            left = items[items != best]
            worst = left[np.argmax(-truth[person, left] + rng.gumbel(size=each - 1))]
            rows += [(f"p{person:03}", task, "abcdefgh"[i], int(i == best) - int(i == worst)) for i in items]
    return pl.DataFrame(rows, schema=["respondent_id", "task", "item", "best_worst"], orient="row"), truth


@pytest.fixture(scope="module")
def panel():
    return simulated()


@pytest.fixture(scope="module")
def hb(panel):
    return maxdiff(panel[0], **SHORT)


def test_items_stand_in_the_planted_order(hb):
    assert hb.items == tuple("abcdef")


def test_planted_shares_of_preference_are_recovered(hb, panel):
    powers = np.exp(panel[1])
    wanted = 100 * (powers / powers.sum(axis=1, keepdims=True)).mean(axis=0)
    found = [hb.shares[item] for item in "abcdef"]
    assert [e.low - 1 <= w <= e.high + 1 for e, w in zip(found, wanted, strict=True)] == [True] * 6
    assert sum(e.value for e in found) == pytest.approx(100)


def test_people_are_told_apart(hb, panel):
    r = [np.corrcoef(hb.utilities[:, j], panel[1][:, j])[0, 1] for j in range(6)]
    assert min(r) > 0.6
    assert hb.individual().height == 120
    assert hb.individual().drop("respondent_id").sum_horizontal().to_numpy() == pytest.approx(100)


def test_a_logit_of_people_alike_finds_what_was_planted():
    records, truth = simulated(spread=0.0, seed=4)
    found = maxdiff(records, method="logit")
    covered = [found.logit[i].low <= t <= found.logit[i].high for i, t in zip("abcdef", truth[0], strict=True)]
    assert sum(covered) >= 5
    assert sum(e.value for e in found.logit.values()) == pytest.approx(0, abs=1e-9)


def test_counts_are_best_less_worst_over_shown():
    rows = [
        ("p", 1, "a", 1),
        ("p", 1, "b", 0),
        ("p", 1, "c", -1),
        ("q", 1, "a", 1),
        ("q", 1, "b", -1),
        ("q", 1, "c", 0),
    ]
    records = pl.DataFrame(rows, schema=["respondent_id", "task", "item", "best_worst"], orient="row")
    found = maxdiff(records, draws=20, burn=20, thin=1)
    assert {item: e.value for item, e in found.counts.items()} == {"a": 1.0, "b": -0.5, "c": -0.5}
    assert found.logit is None and any("without exception" in note for note in found.notes())


def test_a_task_holds_two_choices_as_in_the_example():
    place, best, worst = np.arange(3), np.array([True, False, False]), np.array([False, False, True])
    sign, item, number, chosen = best_worst_tasks(place, best, worst, np.zeros(3, dtype=int))
    assert sign.tolist() == [1, 1, 1, -1, -1]
    assert item.tolist() == [0, 1, 2, 1, 2]
    assert number.tolist() == [0, 0, 0, 1, 1]
    assert chosen.tolist() == [True, False, False, False, True]


def test_renaming_items_changes_nothing(panel):
    renamed = panel[0].with_columns(pl.col("item").replace({"a": "z", "f": "0"}))
    one, two = (maxdiff(r, method="logit") for r in (panel[0], renamed))
    assert one.logit["a"].value == pytest.approx(two.logit["z"].value)
    assert one.shares["b"].value == pytest.approx(two.shares["b"].value)


def test_both_layouts_and_unshown_rows_say_the_same(panel):
    records = panel[0]
    split = records.select(
        "respondent_id", "task", "item", best=pl.col("best_worst") == 1, worst=pl.col("best_worst") == -1
    )
    unshown = split.select("respondent_id", "task").unique().with_columns(item=pl.lit("h"), best=False, worst=False)
    full = pl.concat([split.with_columns(shown=pl.lit(1)), unshown.with_columns(shown=pl.lit(0))])
    found = [maxdiff(r, method="logit").counts["a"] for r in (records, split, full)]
    assert found[0] == found[1] == found[2]


def test_weights_move_the_result_to_those_who_count(panel):
    records, truth = panel
    fans = truth[:, 5] > np.median(truth[:, 5])
    book = Codebook("people", "People", (Variable("w", "Weight", "numeric", role="weight"),), {"weight": "w"})
    ids = [f"p{i:03}" for i in range(120)]
    people = DataSet(pl.DataFrame({"respondent_id": ids, "w": np.where(fans, 9.0, 0.0)}), book)
    plain, weighted = (maxdiff(records, r, method="logit") for r in (None, people))
    assert weighted.counts["f"].value > plain.counts["f"].value + 0.1
    assert any("60 respondents of weight zero" in note for note in weighted.notes())


def test_the_top_items_of_people_can_go_to_turf(hb):
    top = hb.top(2)
    assert top.shape == (120, 6) and (top.sum(axis=1) == 2).all()
    assert top[:, 0].mean() > 0.5


def test_results_print_plot_and_export(hb):
    assert "share of preference" in str(hb)
    json.dumps(hb.to_dict(), allow_nan=False)
    assert "<path" in vl_convert.vegalite_to_svg(hb.chart() | {"width": 400})


def test_unanswered_tasks_are_counted(panel):
    silent = (
        panel[0]
        .filter(pl.col("task") == 0)
        .with_columns(best_worst=pl.lit(0, dtype=pl.Int64), task=pl.lit(99, dtype=pl.Int64))
    )
    found = maxdiff(pl.concat([panel[0], silent]), method="logit")
    assert "120 tasks without a best and a worst were left out." in found.notes()


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda f: f.drop("item"), "no column 'item'"),
        (lambda f: f.drop("best_worst"), "expected 'best' and 'worst'"),
        (lambda f: f.with_columns(best_worst=pl.lit(1)), "one best and one other worst"),
        (lambda f: f.with_columns(best_worst=pl.lit(5)), "has 5; expected 1"),
        (lambda f: f.with_columns(best_worst=pl.lit(0)), "no task has a best"),
        (lambda f: f.with_columns(item=pl.lit("a")), "stands twice"),
        (lambda f: f.with_columns(task=pl.lit(None)), "have no 'task'"),
        (lambda f: f.filter(pl.col("task") > 99), "no task has a best"),
        (lambda f: f.with_columns(best=pl.lit("x"), worst=0).drop("best_worst"), "something else than 1 and 0"),
    ],
)
def test_records_that_cannot_be_used_are_refused_with_a_reason(panel, spoil, message):
    with pytest.raises(DataError, match=message):
        maxdiff(spoil(panel[0]), method="logit")


def test_an_unknown_method_is_refused(panel):
    with pytest.raises(DataError, match="expected 'hb' or 'logit'"):
        maxdiff(panel[0], method="counts")
