"""Quotas: full ones stop whoever comes later in the run, and nobody else is touched."""

import numpy as np
import pytest

from populace.data.files import read_dataset
from populace.models.fake import FakeModel
from populace.simulation.simulate import simulate, simulate_to
from populace.survey.instrument import read_instrument


def question(name, **fields):
    return {"name": name, "kind": "single", "text": f"{name}?", "options": ["A", "B", "C"]} | fields


def survey(limits: dict[str, int], when: dict[str, str]):
    blocks = [{"id": "a", "questions": [question("a")]}, {"id": "b", "questions": [question("b")]}]
    quotas = [{"name": name, "when": when[name], "limit": limit} for name, limit in limits.items()]
    flow = [{"block": "a"}, *({"quota": name} for name in limits), {"block": "b"}]
    return read_instrument({"id": "t", "title": "T", "blocks": blocks, "quotas": quotas, "flow": flow})


@pytest.fixture
def open_panel(people):
    blocks = [{"id": "a", "questions": [question("a")]}, {"id": "b", "questions": [question("b")]}]
    return simulate(read_instrument({"id": "t", "title": "T", "blocks": blocks}), people, FakeModel(), seed=3)


@pytest.fixture
def people():
    from tests.simulation.conftest import make_people

    return make_people(90)


def test_as_many_complete_as_the_quota_wants_and_they_are_the_first(people):
    panel = simulate(survey({"q": 5}, {"q": "a == 1"}), people, FakeModel(), seed=3)
    inside = np.flatnonzero(panel.answers["quota_q"].fill_null(0).to_numpy() == 1)
    ended = panel.answers["ended_as"].to_numpy()[inside]
    assert len(inside) > 5
    assert ended[:5].tolist() == [1] * 5
    assert set(ended[5:].tolist()) == {3}


def test_who_is_stopped_keeps_the_answers_before_and_has_none_after(people, open_panel):
    panel = simulate(survey({"q": 5}, {"q": "a == 1"}), people, FakeModel(), seed=3)
    assert panel.answers["a"].to_list() == open_panel.answers["a"].to_list()
    stopped = panel.answers["ended_as"].to_numpy() == 3
    after, before = panel.answers["b"].to_list(), open_panel.answers["b"].to_list()
    assert [one for one, gone in zip(after, stopped, strict=True) if gone] == [None] * int(stopped.sum())
    assert [one for one, gone in zip(after, stopped, strict=True) if not gone] == [
        one for one, gone in zip(before, stopped, strict=True) if not gone
    ]


def test_a_quota_with_room_stops_nobody(people):
    panel = simulate(survey({"q": 1_000}, {"q": "a == 1"}), people, FakeModel(), seed=3)
    assert set(panel.answers["ended_as"].to_list()) == {1}


def test_who_is_stopped_by_one_quota_does_not_count_for_another(people):
    limits, when = {"q": 0, "r": 8}, {"q": "a == 1", "r": "a in [1, 2]"}
    panel = simulate(survey(limits, when), people, FakeModel(), seed=3)
    ended, first = panel.answers["ended_as"].to_numpy(), panel.answers["a"].to_numpy()
    assert set(ended[first == 1].tolist()) == {3}
    assert int((ended[first == 2] == 1).sum()) == 8


def test_batches_journal_and_workers_make_no_difference(people, tmp_path):
    instrument = survey({"q": 5, "r": 9}, {"q": "a == 1", "r": "a == 2"})
    whole = simulate(instrument, people, FakeModel(), seed=3)
    assert simulate(instrument, people, FakeModel(), seed=3, batch_size=7).content_hash == whole.content_hash
    path = simulate_to(tmp_path / "panel.parquet", instrument, people, FakeModel(), seed=3, batch_size=11)
    assert read_dataset(path).content_hash == whole.content_hash
    assert list(tmp_path.iterdir()) == [path]
