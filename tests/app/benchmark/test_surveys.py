"""New surveys: which questions of them are new, and by which model they are judged."""

import numpy as np

from populace.app.benchmark import splits, surveys
from populace.app.benchmark.bench import NotTrained
from populace.app.benchmark.figures import Gap
from populace.prompts.prompt import Prompt
from populace.training.corpus import Corpus, MarginRecord

from .conftest import item_of

TEXTS = (
    "How old are you?",
    "Do you drink black tea every day?",
    "Which of these brands do you know best?",
    "Do you vote?",
)


def corpus(n=200):
    options = (("Young", "Old"), ("Yes", "No"), ("Acme", "Bolt", "Core", "Dune"), ("Yes", "No"))
    roles = ("background", "question", "question", "question")
    items = tuple(item_of(f"q{q}", TEXTS[q], options[q], role=roles[q]) for q in range(4))
    positions = np.zeros((n, 4), np.int8)
    positions[:, 2] = np.arange(n) % 4
    positions[30:, 3] = -1
    prompts = tuple(Prompt(item.text, labels) for item, labels in zip(items, options, strict=True))
    return Corpus("cola", prompts, items, positions, np.arange(n), np.full(n, 2007), np.zeros(n, bool))


def asked(trained=()):
    records = [MarginRecord(Prompt(text, ("Yes", "No")), {2000: np.ones(2)}, "gss", None) for text in trained]
    return surveys.new_questions(corpus(), records, np.random.default_rng(0))


def test_backgrounds_and_questions_hardly_anybody_answered_are_not_judged():
    assert [one.name for one in asked()] == ["q1", "q2"]


def test_a_question_worded_like_a_trained_one_is_left_out():
    assert [one.name for one in asked(["Do you drink black tea every single day?"])] == ["q2"]


def test_every_answer_counts_and_the_year_is_that_of_fieldwork():
    one = asked()[0]
    assert one.counts.tolist() == [200, 0]
    assert one.prompt.year == 2007


def test_every_survey_that_is_judged_has_a_model_that_never_saw_its_house():
    for survey in surveys.surveys():
        trained = splits.corpora_of(splits.judge_of(survey))
        assert splits.house_of(survey) not in {splits.house_of(name) for name in trained}


def test_a_survey_whose_model_is_not_there_is_a_gap_and_the_others_are_judged(monkeypatch):
    def rows(bench, survey):
        if survey == "shed_2021":
            raise NotTrained("model 'without shed' is not trained")
        return [{"survey": survey}]

    monkeypatch.setattr(surveys, "survey_rows", rows)
    found, gaps = surveys.all_rows(None)
    assert len(found) == len(surveys.surveys()) - 1
    (gap,) = gaps
    assert isinstance(gap, Gap)
    assert "without shed" in gap.reason


def test_every_data_set_of_the_splits_is_among_the_corpora(corpora):
    assert not [name for name in (*splits.TRAINED, *splits.NEVER) if not (corpora / name).is_dir()]
