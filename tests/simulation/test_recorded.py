"""What a panel records beside the answers: orders, versions, embedded and computed data, endings."""

import numpy as np
import polars as pl
import pytest

from populace.data.files import read_dataset, write_dataset
from populace.errors import DataError, InstrumentError
from populace.models.fake import FakeModel
from populace.simulation.interview import interview
from populace.simulation.plan import make_plan
from populace.simulation.recorded import recorded
from populace.simulation.simulate import simulate
from populace.survey.instrument import read_instrument

CAR = {"name": "car", "kind": "single", "text": "Do you own a car?", "options": ["Yes", "No"]}
CUPS = {"name": "cups", "kind": "numeric", "text": "How many cups a day?", "minimum": 0, "maximum": 9}
TEA = {"name": "tea", "kind": "single", "text": "Do you drink tea?", "options": ["Yes", "No"]}
BEST = {"name": "best", "kind": "best_worst", "text": "Best?", "options": ["A", "B", "C"], "sets": [[[1, 2, 3]]] * 2}


def survey(*questions, **fields):
    blocks = [{"id": f"b{place}", "questions": [question]} for place, question in enumerate(questions)]
    return read_instrument({"id": "s", "title": "S", "blocks": fields.pop("blocks", blocks)} | fields)


@pytest.fixture
def panel(people):
    def run(instrument, **settings):
        return simulate(instrument, settings.pop("people", people), FakeModel(), **settings)

    return run


def test_an_instrument_in_the_order_written_records_nothing():
    assert recorded(survey(CAR, CUPS)) == ()


def test_random_orders_are_columns_in_words(panel):
    flow = [{"shuffle": {"id": "parts", "members": [{"block": "b0"}, {"block": "b1"}]}}]
    found = panel(survey(CAR | {"randomize": True}, TEA, flow=flow))
    assert set(found.answers["parts"]) == {"b0|b1", "b1|b0"}
    assert set(found.answers["car_order"]) == {"1|2", "2|1"}
    assert found.codebook.variable("parts").role == found.codebook.variable("car_order").role == "design"
    assert found.codebook.variable("car_order").text == "Order of the options of car"


def test_an_order_is_nothing_for_whoever_did_not_come_by(panel):
    found = panel(survey(CAR, TEA | {"randomize": True, "show_if": "car == 1"}))
    assert (found.answers["tea_order"].is_not_null() == (found.answers["car"] == 1)).all()
    nobody = panel(survey(CAR, TEA | {"randomize": True, "show_if": "car == 1 and car == 2"}))
    assert nobody.answers["tea_order"].null_count() == nobody.n


def test_versions_are_numbers_from_one_on_equally_often(panel):
    counts = panel(survey(BEST)).answers["best_version"].value_counts().sort("best_version")
    assert counts.rows() == [(1, 30), (2, 30)]


def test_a_version_is_nothing_for_whoever_saw_no_set(panel):
    found = panel(survey(CAR, BEST | {"show_if": "car == 1"}))
    assert (found.answers["best_version"].is_not_null() == (found.answers["car"] == 1)).all()


def test_who_falls_into_a_quota_is_recorded(panel):
    quotas = [{"name": "owners", "when": "car == 1", "limit": 1000}]
    found = panel(survey(CAR, flow=[{"block": "b0"}, {"quota": "owners"}], quotas=quotas))
    assert found.answers["quota_owners"].to_list() == [1 if car == 1 else None for car in found.answers["car"]]


def test_how_interviews_ended_is_recorded_where_they_can_end_early(panel):
    branch = {"branch": {"when": "car == 1", "then": [{"end": {"kind": "screened out"}}]}}
    found = panel(survey(CAR, TEA, flow=[{"block": "b0"}, branch, {"block": "b1"}]))
    labels = dict(
        zip(found.codebook.variable("ended_as").codes, found.codebook.variable("ended_as").labels, strict=True)
    )
    ended = [labels[code] for code in found.answers["ended_as"]]
    assert ended == ["screened out" if code == 1 else "complete" for code in found.answers["car"]]
    assert "ended_as" not in panel(survey(CAR, TEA, flow=[{"block": "b0"}, {"end": {}}])).answers


def test_embedded_data_are_texts_or_numbers_as_declared(panel):
    flow = [
        {"roll": {"name": "arm", "low": 1, "high": 2}},
        {"block": "b0"},
        {"set": {"words": "${car}, arm ${arm}", "half": "${arm / 2}", "big": "${arm == 2}", "none": "${outside}"}},
        {"block": "b1"},
    ]
    data = [{"name": "arm", "kind": "number", "text": "Arm of the study"}, {"name": "half", "kind": "number"}]
    found = panel(survey(CAR, TEA, flow=flow, data=[*data, {"name": "outside"}]))
    rows = found.answers.select("car", "arm", "words", "half", "big", "none", "outside").rows()
    assert {arm for _, arm, *_ in rows} == {1.0, 2.0}
    for car, arm, words, half, big, none, outside in rows:
        assert words == f"{['Yes', 'No'][car - 1]}, arm {arm:.0f}" and half == arm / 2
        assert big == ("true" if arm == 2 else "false") and none is None and outside is None
    assert found.codebook.variable("arm").text == "Arm of the study"
    assert found.answers.schema["arm"] == pl.Float64 and found.answers.schema["words"] == pl.String


def test_what_is_no_number_is_nothing_where_a_number_is_declared(panel):
    flow = [{"block": "b0"}, {"set": {"x": "${if(car == 1, ' 2.5 ', 'many')}", "y": "inf", "z": "1_000"}}]
    data = [{"name": name, "kind": "number"} for name in "xyz"]
    found = panel(survey(CAR, flow=flow, data=data))
    assert list(found.answers["x"]) == [2.5 if car == 1 else None for car in found.answers["car"]]
    assert found.answers["y"].null_count() == found.answers["z"].null_count() == found.n


def test_scores_are_computed_from_the_answers_and_the_backgrounds(panel):
    computed = [
        {"name": "score", "value": "sum(cups, double)", "text": "Score"},
        {"name": "double", "value": "2 * age"},
        {"name": "old", "value": "age > 40"},
        {"name": "word", "value": "if(car == 1, 'owner', 'other')"},
        {"name": "same", "value": "word"},
        {"name": "where", "value": "town"},
    ]
    found = panel(survey(CAR, CUPS, computed=computed))
    for row in found.answers.iter_rows(named=True):
        assert row["double"] == 2 * row["age"] and row["score"] == row["cups"] + row["double"]
        assert row["old"] == (row["age"] > 40)
        assert row["word"] == row["same"] == ("owner" if row["car"] == 1 else "other")
        assert row["where"] == row["town"]
    types = {name: found.codebook.variable(name).type for name in ("score", "old", "word", "same", "where")}
    assert types == {"score": "numeric", "old": "numeric", "word": "text", "same": "text", "where": "text"}
    assert found.codebook.variable("score").text == "Score"


@pytest.mark.parametrize(("value", "words"), [
    ("x + 1", "depends on itself"),
    ("media", "write count(media)"),
    ("cup", "'cup'"),
    ("rating", "asked in rounds of loop 'l'"),
    ("loop.brand", "is a field of loop 'l'"),
])  # fmt: skip
def test_scores_that_cannot_be_computed_are_refused_beforehand(people, value, words):
    media = {"name": "media", "kind": "multiple", "text": "Which?", "options": ["Paper", "Web"]}
    loop = {"id": "l", "rounds": [{"name": "x", "fields": {"brand": "Acme"}}], "flow": [{"block": "b2"}]}
    flow = [{"block": "b0"}, {"block": "b1"}, {"loop": loop}]
    instrument = survey(CUPS, media, CAR | {"name": "rating"}, flow=flow, computed=[{"name": "x", "value": value}])
    with pytest.raises(InstrumentError, match="computed 'x'") as refusal:
        make_plan(instrument, people)
    assert words in str(refusal.value)


def test_a_score_of_a_round_names_it(panel):
    loop = {"id": "l", "rounds": [{"name": "x"}, {"name": "y"}], "flow": [{"block": "b0"}]}
    found = panel(survey(CUPS, flow=[{"loop": loop}], computed=[{"name": "all", "value": "sum(cups.x, cups.y)"}]))
    assert (found.answers["all"] == found.answers["cups.x"] + found.answers["cups.y"]).all()


@pytest.mark.parametrize("suffix", [".parquet", ".sav", ".csv"])
def test_a_panel_with_all_of_it_is_read_again(panel, tmp_path, suffix):
    flow = [
        {"roll": {"name": "arm", "low": 1, "high": 2}},
        {"shuffle": {"id": "parts", "members": [{"block": "b0"}, {"block": "b1"}], "pick": 1, "even": True}},
        {"branch": {"when": "car == 1", "then": [{"end": {"kind": "screened out"}}]}},
        {"set": {"word": "${car}"}},
    ]
    computed = [{"name": "twice", "value": "2 * arm"}]
    before = panel(survey(CAR | {"randomize": True}, BEST, flow=flow, computed=computed))
    write_dataset(before, tmp_path / f"panel{suffix}")
    after = read_dataset(tmp_path / f"panel{suffix}")
    for name in ("arm", "parts", "car_order", "best_version", "ended_as", "word", "twice"):
        assert after.answers[name].to_list() == before.answers[name].to_list()


@pytest.mark.parametrize("size", [1, 7])
def test_batches_record_the_same(panel, size):
    flow = [
        {"roll": {"name": "arm", "low": 1, "high": 2}},
        {"shuffle": {"id": "s", "members": [{"block": "b1"}, {"block": "b2"}], "pick": 1, "even": True}},
        {"block": "b0"},
        {"set": {"word": "${if(car == 1, 'x', label(tea))}", "tried": "${shown(tea)}", "half": "${arm / 2}"}},
    ]
    instrument = survey(CAR | {"flip": True}, TEA | {"show_if": "arm == 1"}, BEST, flow=flow)
    assert panel(instrument, batch_size=size).answers.equals(panel(instrument).answers)


def test_a_panel_without_respondents_has_the_same_columns(people):
    flow = [{"roll": {"name": "arm", "low": 1, "high": 2}}, {"block": "b0"}, {"block": "b1"}]
    instrument = survey(CAR | {"randomize": True}, BEST, flow=flow, computed=[{"name": "t", "value": "2 * arm"}])
    plan = make_plan(instrument, people)
    nobody, somebody = (interview(plan, FakeModel(), np.arange(n)) for n in (0, 5))
    assert nobody.schema == somebody.schema and nobody.height == 0


def test_two_columns_of_one_name_are_refused(people):
    flow = [{"shuffle": {"id": "car_order", "members": [{"block": "b0"}, {"block": "b1"}]}}]
    with pytest.raises(DataError, match="'car_order' stands twice"):
        make_plan(survey(CAR | {"randomize": True}, TEA, flow=flow), people)
