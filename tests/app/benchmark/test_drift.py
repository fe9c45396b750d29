"""Years after training: which margin is the last one known, and which questions are new."""

import numpy as np
import pytest

from populace.app.benchmark import drift
from populace.models.known import key_of
from populace.prompts.prompt import Prompt
from populace.training.corpus import Corpus, MarginRecord

from .conftest import item_of

LABELS = ("Yes", "No")


def record(text, counts):
    return MarginRecord(
        Prompt(text, LABELS), {y: np.array(c, float) for y, c in counts.items()}, "gss", item_of("q", text, LABELS)
    )


def test_the_last_known_margin_is_the_latest_up_to_the_end_of_training():
    found = drift.last_margins([record("tea?", {2008: [10, 90], 2012: [60, 40], 2016: [99, 1]})], 2014)
    assert found[key_of(Prompt("Tea?", LABELS))] == pytest.approx([0.6, 0.4], abs=0.01)


def test_of_two_files_with_the_same_question_the_later_year_counts():
    records = [record("tea?", {2012: [60, 40]}), record("tea?", {2014: [20, 80]})]
    assert drift.last_margins(records, 2014)[key_of(Prompt("tea?", LABELS))] == pytest.approx([0.2, 0.8], abs=0.01)


def test_a_question_that_was_never_asked_before_has_no_last_margin():
    assert drift.last_margins([record("tea?", {2016: [60, 40]})], 2014) == {}


@pytest.mark.parametrize(
    ("asked_before", "origin", "kind"),
    [(True, "known", drift.BEFORE), (False, "text", drift.NEW), (True, "text", None), (False, "known", None)],
)
def test_a_question_that_was_set_aside_from_training_is_neither_known_nor_new(asked_before, origin, kind):
    assert drift.when(asked_before, origin) == kind


def test_counts_are_by_year_and_thin_years_are_left_out():
    years = np.repeat([2014, 2016], [150, 50])
    positions = np.zeros((200, 1), np.int8)
    corpus = Corpus(
        "gss", (Prompt("tea?", LABELS),), (item_of("q", "tea?", LABELS),), positions, np.arange(200), years, years > 0
    )
    (found,) = drift.records_by_year(corpus)
    assert {year: counts.tolist() for year, counts in found.counts.items()} == {2014: [150, 0]}
