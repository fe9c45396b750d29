"""Models that may fail: nothing is drawn, told or put in place of what failed, and all of it is listed."""

import json

import numpy as np
import polars as pl
import pytest
from tests.models.remote_server import running

from populace.app.cli import run
from populace.data.files import write_dataset
from populace.errors import BudgetSpent, InstrumentError, Interrupted, ModelError, UsageError
from populace.models.baselines import Uniform
from populace.models.remote import RemoteModel
from populace.models.remote_checks import settings_of
from populace.models.remote_failure import Failure
from populace.simulation.answering import _KINDS
from populace.simulation.failed import FAILED, in_words
from populace.simulation.progress import Silent
from populace.simulation.recruit import recruit
from populace.simulation.simulate import simulate, simulate_to

EVERY_KIND = [
    {"name": "one", "kind": "single", "text": "One?", "options": ["a", "b", "c"]},
    {"name": "words", "kind": "single", "text": "Words?", "options": [{"code": c, "label": c * 2} for c in "xy"]},
    {"name": "some", "kind": "single", "text": "Some?",
     "options": ["a", {"code": 2, "label": "b", "show_if": "one != 2"}, "c"]},
    {"name": "cups", "kind": "numeric", "text": "Cups?", "minimum": 0, "maximum": 20},
    {"name": "many", "kind": "multiple", "text": "Many?",
     "options": ["a", "b", {"code": 9, "label": "None", "exclusive": True}]},
    {"name": "two", "kind": "multiple", "text": "Two?", "options": ["a", "b", "c"], "at_least": 2},
    {"name": "order", "kind": "rank", "text": "Order?", "options": ["a", "b", "c"]},
    {"name": "parts", "kind": "sum", "text": "Parts?", "options": ["a", "b", "c"], "total": 100},
    {"name": "ends", "kind": "best_worst", "text": "Ends?", "options": ["a", "b", "c", "d"],
     "sets": [[[1, 2, 3], [2, 3, 4]]]},
    {"name": "grid", "kind": "grid", "text": "Grid", "rows": ["r", "s"], "options": ["a", "b"]},
    {"name": "both", "kind": "grid_multiple", "text": "Both", "rows": ["r", "s"], "options": ["a", "b"]},
    {"name": "cards", "kind": "choice_task", "text": "Cards?",
     "tasks": {"attributes": [{"name": "a", "levels": ["x", "y"]}], "versions": [[[[1], [2]]]]}},
    {"name": "odd", "kind": "single", "text": "Odd?", "options": ["a", "b"], "valid_if": "odd = 1"},
]  # fmt: skip


class Failing:
    """A model that fails for some respondents, by the prompt's words; it tells nobody's answers apart otherwise."""

    name, hash, may_fail = "failing", "sha256:failing", True

    def __init__(self, fails=lambda prompt, key: False):
        self.fails, self.told, self.asked = fails, [], []

    def open(self, n, history=()):
        # who a respondent is, whatever the batch: by the answers to a background
        return FailingSession(self, np.array([told.choices for told in history]).T.reshape(n, -1).tolist())

    def bill(self):
        return "nothing"


class FailingSession:
    def __init__(self, model, keys, failures=None):
        self.n, self._model, self._keys = len(keys), model, keys
        self.failures = [] if failures is None else failures

    def ask(self, prompt, rows=None):
        rows = np.arange(self.n) if rows is None else rows
        shares = np.full((len(rows), len(prompt.options)), 1 / len(prompt.options))
        for place, row in enumerate(rows):
            self._model.asked.append((prompt.text, self._keys[row]))
            if self._model.fails(prompt, self._keys[row]):
                shares[place] = np.nan
                self.failures.append(Failure(int(row), prompt.text, "off the list", "Purple"))
        return shares

    def tell(self, prompt, choices, rows=None):
        self._model.told.append((prompt, np.asarray(choices), np.arange(self.n) if rows is None else rows))

    def copy(self):
        return FailingSession(self._model, self._keys, self.failures)


class Notes(Silent):
    def __init__(self):
        self.said = []

    def note(self, text):
        self.said.append(text)


def women(prompt, key):
    return key[0] == 1


# -- any model that may fail -----------------------------------------------------------------------------------------


def test_what_failed_is_left_empty_and_nothing_else_is(make):
    survey, people, notes = make.survey(*EVERY_KIND), make.people(40), Notes()
    model = Failing(women)
    panel = simulate(survey, people, model, progress=notes)
    sex = people.codes("sex").to_numpy()
    for item in survey.items():
        there = panel.codes(item.name).is_not_null().to_numpy()
        assert not there[sex == 2].any(), item.name
        assert there[sex == 1].any(), item.name
    assert panel.codes(FAILED).is_null().to_numpy().tolist() == (sex == 1).tolist()
    for prompt, choices, rows in model.told:
        assert (choices[sex[rows] == 2] == -1).all(), prompt.text
    assert notes.said[-2] == panel.notes[-2]
    assert notes.said[-2].startswith("260 answers of 20 of 40 respondents failed and are left empty (off the list 260)")


def test_who_did_not_fail_answers_as_if_nobody_had(make):
    survey, people = make.survey(*EVERY_KIND), make.people(40)
    partly, never = (simulate(survey, people, Failing(fails)) for fails in (women, lambda prompt, key: False))
    men = people.codes("sex").to_numpy() == 1
    for item in survey.items():
        assert (partly.codes(item.name).filter(men)).equals(never.codes(item.name).filter(men)), item.name
    assert never.codes(FAILED).null_count() == 40 and "no answer failed" in never.notes


def test_the_model_is_not_asked_again_for_what_failed(make):
    """A condition that has to be met is put up to 200 times; a failure is final at once."""
    model = Failing(women)
    simulate(make.survey(EVERY_KIND[-1]), make.people(10), model)
    assert len([1 for text, key in model.asked if key[0] == 1]) == 5


def test_one_option_that_fails_is_as_if_it_were_not_offered(make):
    model = Failing(lambda prompt, key: prompt.text.endswith(" b") or "b" in prompt.text.split()[-1])
    panel = simulate(make.survey(*EVERY_KIND[4:6]), make.people(200), model)
    none = panel.codes("many_9").to_numpy() == 1  # who says so is not asked the others
    assert panel.codes("many_2").is_null().to_numpy().tolist() == (~none).tolist() and 40 < none.sum() < 160
    assert panel.codes("two_2").null_count() == 200
    assert panel.codes("two_1").to_list() == panel.codes("two_3").to_list() == [1] * 200  # two of the two that are left
    assert set(panel.codes("many_1").to_list()) == {0, 1}
    assert set(panel.codes(FAILED).to_list()) == {"many: off the list; two: off the list", "two: off the list"}


def test_draws_that_were_left_out_of_an_answer_are_no_failed_answers(make, server, tmp_path):
    answers = iter(["A", "As an AI, no", "A", "A"] * 4)
    server.says = lambda body: next(answers)
    model = remote(server, tmp_path, way="draws", draws=4)
    panel = simulate(make.survey(EVERY_KIND[0]), make.people(4, variables=()), model)
    assert panel.codes("one").to_list() == [1] * 4 and panel.codes(FAILED).null_count() == 4
    assert model.describe()["failed_requests"] == {"refusal": 1}


def test_the_same_panel_whatever_the_batches(make, tmp_path):
    survey, people, model = make.survey(*EVERY_KIND), make.people(30), Failing(women)
    whole = simulate(survey, people, model)
    assert simulate(survey, people, model, batch_size=7).content_hash == whole.content_hash
    path = simulate_to(tmp_path / "p.parquet", survey, people, model, batch_size=11)
    assert pl.read_parquet(path).equals(whole.answers)


def test_every_way_to_draw_an_answer_is_tried():
    assert {question["kind"] for question in EVERY_KIND} >= {*_KINDS, "single", "numeric"} - {"side_by_side"}


def test_other_models_may_still_not_fail(make):
    class Wrong(Failing):
        may_fail = False

    with pytest.raises(ModelError, match="negative, undefined, or do not sum to one"):
        simulate(make.survey(), make.people(4), Wrong(women))
    assert FAILED not in simulate(make.survey(), make.people(4), Uniform()).codebook


def test_half_a_row_is_no_failure(make):
    class Half(Failing):
        def open(self, n, history=()):
            session = super().open(n, history)
            session.ask = lambda prompt, rows=None: np.tile([np.nan, 1.0, 1.0][: len(prompt.options)], (n, 1))
            return session

    with pytest.raises(ModelError, match="negative, undefined"):
        simulate(make.survey(EVERY_KIND[0]), make.people(4), Half())


def test_people_are_not_drawn_by_a_model_that_may_fail():
    with pytest.raises(UsageError, match="recruit with another model, such as 'default'"):
        recruit("us-adults", n=100, model=Failing())


def test_the_people_of_such_a_panel_can_be_asked_again(make):
    survey, people = make.survey(EVERY_KIND[0]), make.people(6)
    first = simulate(survey, people, Failing(women))
    again = make.survey(EVERY_KIND[3])
    assert simulate(again, first, Failing()).codes(FAILED).null_count() == 6
    assert simulate(again, first, Uniform()).codes(FAILED).equals(first.codes(FAILED))


def test_a_question_of_that_name_is_refused(make):
    with pytest.raises(InstrumentError, match="'failed_answers' is a question or a background"):
        simulate(make.survey(EVERY_KIND[0] | {"name": FAILED}), make.people(4), Failing())


def test_words_for_the_end():
    column = pl.Series(["a: busy; b: refusal", None, "a: busy"])
    assert in_words(column) == (
        "3 answers of 2 of 3 respondents failed and are left empty (busy 2, refusal 1); column failed_answers "
        "lists them"
    )


# -- a remote one ----------------------------------------------------------------------------------------------------


@pytest.fixture
def server():
    with running() as found:
        yield found


def remote(server, tmp_path, **more):
    content = {"name": "m", "url": server.url, "model": "tiny", "record": str(tmp_path / "r.sqlite")} | more
    return RemoteModel(settings_of(content))


def test_a_panel_of_a_remote_model_is_replayed_to_the_byte(make, server, tmp_path):
    server.says = lambda body: "As an AI I have no car" if "Female" in body["messages"][0]["content"] else "B"
    survey, people = (
        make.survey(EVERY_KIND[0], EVERY_KIND[4]),
        make.people(12),
    )
    first = simulate(survey, people, remote(server, tmp_path))
    assert set(first.codes("one").to_list()) == {2, None}
    asked = len(server.seen)
    again = simulate(survey, people, remote(server, tmp_path, replay=True), batch_size=5)
    assert again.content_hash == first.content_hash and len(server.seen) == asked
    assert "failed" in first.notes[0] and "requests" in first.notes[1]


def test_a_run_that_spent_its_budget_keeps_what_is_done_and_goes_on(make, server, tmp_path):
    survey, people, out = make.survey(*EVERY_KIND[:2]), make.people(12), tmp_path / "p.parquet"
    with pytest.raises(BudgetSpent, match=r"8 of 12 respondents are finished, in .*p\.parquet\.journal") as stop:
        simulate_to(
            out, survey, people, remote(server, tmp_path, limits={"tokens": 950, "side_by_side": 1}), batch_size=4
        )
    assert isinstance(stop.value, Interrupted) and not out.exists()
    simulate_to(out, survey, people, remote(server, tmp_path), batch_size=4)
    bodies = [json.dumps(one.body) for one in server.seen]
    assert len(bodies) == len(set(bodies))
    assert pl.read_parquet(out).equals(simulate(survey, people, remote(server, tmp_path, replay=True)).answers)


def test_the_command_line_says_what_failed_and_what_it_cost(make, server, tmp_path, capsys):
    server.says = lambda body: "Purple"
    model = tmp_path / "gpt.toml"
    model.write_text(f'url = "{server.url}"\nmodel = "tiny"\n[prices]\ninput = 1.0\n')
    survey = tmp_path / "survey.json"
    survey.write_text(json.dumps({"id": "s", "title": "S", "questions": [EVERY_KIND[0]]}))
    people = tmp_path / "people.parquet"
    write_dataset(make.people(5), people)
    arguments = ["simulate", str(survey), "--respondents", str(people), "--model", str(model)]
    assert run([*arguments, "--out", str(tmp_path / "p.parquet")]) == 0
    said = capsys.readouterr().err
    assert "note: 5 answers of 5 of 5 respondents failed and are left empty (off the list 5)" in said
    assert "note: model 'gpt': 5 requests, 210 tokens, 0.0002 USD" in said
    assert pl.read_parquet(tmp_path / "p.parquet")["one"].null_count() == 5
    assert run(["models", "show", str(model)]) == 0
    assert "way: direct" in capsys.readouterr().out
    assert run([*arguments, "--out", str(tmp_path / "q.parquet"), "--workers", "2", "--batch-size", "2"]) == 2
    assert "expected one worker" in capsys.readouterr().err


def test_the_command_line_predicts_with_a_remote_model(server, make, tmp_path, capsys):
    model, questions, people, out = (tmp_path / one for one in ("gpt.toml", "q.jsonl", "people.parquet", "p.jsonl"))
    model.write_text(f'url = "{server.url}"\nmodel = "tiny"\nway = "logprobs"\n')
    questions.write_text(
        json.dumps({"id": "q1", "text": "Which?", "options": ["Tea", "Coffee", "Milk"], "type": "single"})
    )
    write_dataset(make.people(6), people)
    arguments = ["predict", str(questions), "--respondents", str(people), "--model", str(model), "--out", str(out)]
    assert run(arguments) == 0, capsys.readouterr().err
    (line,) = map(json.loads, out.read_text().splitlines())
    assert "0.7" in json.dumps(line)
