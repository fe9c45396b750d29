"""Splits: houses are left out whole, evaluation data are never trained on, near-twins are found."""

import pytest

from populace.app.benchmark import splits
from populace.errors import UsageError


def test_no_data_set_is_both_trained_on_and_never_trained_on():
    assert not set(splits.TRAINED) & set(splits.NEVER)
    assert set(splits.UNSEEN) <= set(splits.NEVER)


@pytest.mark.parametrize("house", splits.FOLDS)
def test_a_fold_lacks_its_house_whole_and_nothing_else(house):
    corpora = splits.corpora_of(splits.without(house))
    assert set(splits.TRAINED) - set(corpora) == set(splits.HOUSES[house])


def test_a_survey_is_judged_by_the_model_without_its_house():
    assert splits.judge_of("anes_2020") == "without anes"
    assert splits.judge_of("displayr_cola") == splits.SHIPPED
    with pytest.raises(UsageError, match="every model has seen"):
        splits.judge_of("gss_2006_2018")


def test_an_unknown_model_is_named_with_those_there_are():
    with pytest.raises(UsageError, match="without shed"):
        splits.corpora_of("without nobody")


def test_a_wording_that_differs_in_a_word_or_two_counts_as_known():
    trained = ["Generally speaking, would you say that most people can be trusted, or not?"]
    texts = [
        "Generally speaking, would you say most people can be trusted, or not?",
        "MOST people can be trusted? Generally speaking, would you say that, or not",
        "How often do you drink cola?",
    ]
    assert splits.worded_alike(texts, trained) == [True, True, False]


def test_texts_that_resemble_each_other_but_nothing_trained_are_new():
    assert splits.worded_alike(["Do you like tea?", "Do you like tea"], ["Who won the war?"]) == [False, False]
