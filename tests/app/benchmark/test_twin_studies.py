"""Reading the studies of twins: arms, piped text, codes, what is told."""

import numpy as np

from populace.app.benchmark import twin_studies, twins
from populace.app.benchmark.twin_studies import option_values, plain, read_study, within_versions
from populace.models.base import Told
from populace.prompts.prompt import Prompt
from populace.scrutiny.individuals import Twins, item_correlations

PEOPLE = 40


def test_closed_questions_are_read_with_their_preface_codes_and_answers(study_folder):
    study = read_study(study_folder)
    columns = {(column.name, column.prompt.text): column for column in study.columns}
    assert ("IN", "You get a letter. Stay or switch?") in columns
    assert ("Grid_2", "Rate milk") in columns
    assert not any(name == "Why" for name, _ in columns)
    grid = columns["Grid_2", "Rate milk"]
    assert grid.prompt.ordinal and grid.codes.tolist() == [1, 2, 3]
    assert grid.positions.tolist() == [0, 1] * (PEOPLE // 2)


def test_piped_text_makes_a_version_for_each_group_that_saw_it(study_folder):
    fair = [column for column in read_study(study_folder).columns if column.name == "Fair"]
    assert [column.prompt.text for column in fair] == ["How fair is tax?", "How fair is tip?"]
    assert ((fair[0].positions >= 0) == (np.arange(PEOPLE) % 2 == 0)).all()
    assert {column.prompt.battery for column in fair} == {"How fair is ${e://Field/fee}?"}
    # the export stores recoded values: the first option is stored as 3
    assert fair[0].codes.tolist() == [3, 2, 1]
    assert fair[0].positions[:3].tolist() == [2, -1, 0]


def test_what_an_option_counts_in_an_outcome_is_read_off_the_people_who_chose_it(study_folder):
    study = read_study(study_folder)
    first, second = study.parts("green")
    assert option_values(first, study.human["green"]).tolist() == [0, 1]
    assert option_values(second, study.human["green"]).tolist() == [1, 0]


def test_options_with_numbers_before_them_are_put_in_their_order_without_the_numbers():
    answers = {1: "2 - 30-49", 2: "1 - 18-29", 3: "10 - older"}
    told = twin_studies._told_of("How old are you?", answers, np.array([3, 1, 7]))
    assert told.prompt.options == ("18-29", "30-49", "older") and told.prompt.ordinal
    assert told.choices.tolist() == [2, 1, -1]


def test_wording_loses_its_markup():
    assert plain("How <b>fair</b>&nbsp;is\n it?") == "How fair is it?"


def test_background_becomes_indicators():
    told = [Told(Prompt("Sex?", ("man", "woman")), np.array([0, 1, -1]))]
    assert twin_studies.one_hot(told).tolist() == [[1, 0], [0, 1], [0, 0]]


def test_all_outcomes_of_the_studies_are_found_but_the_one_that_is_said_to_be_out_of_reach(corpora):
    found = {}
    for name in list(twin_studies.OUTCOMES):
        study = read_study(corpora / twin_studies.FOLDER / name)
        missing = set(study.human) - set(twin_studies.OUTCOMES[name])
        found[name] = len(twin_studies.OUTCOMES[name])
        assert {f"{name}: {one}" for one in missing} <= set(twins.UNCOVERED)
        for outcome in twin_studies.OUTCOMES[name]:
            seen = np.sum([column.positions >= 0 for column in study.parts(outcome)], axis=0)
            assert (seen >= 1).mean() > 0.95, (name, outcome)
    assert sum(found.values()) == 39


def test_what_an_arm_does_to_everybody_says_nothing_of_persons(study_folder):
    study = read_study(study_folder)
    random, arm = np.random.default_rng(0), np.arange(PEOPLE) % 2
    own = random.normal(size=(PEOPLE, 2))
    # both sides know what the arm does to the first outcome; of persons the prediction knows nothing
    actual, guess = own + 3 * arm[:, None], random.normal(size=(PEOPLE, 2)) + 3 * arm[:, None]
    pooled = Twins(guess, actual, np.ones(2))
    within = within_versions(study, pooled)
    assert (item_correlations(pooled) > 0.6).all()
    assert (np.abs(item_correlations(within)) < 0.4).all()
    known = within_versions(study, Twins(own, actual, np.ones(2)))
    np.testing.assert_allclose(item_correlations(known), 1)


def test_an_outcome_of_one_version_stays_as_it_is(study_folder, monkeypatch):
    monkeypatch.setitem(twin_studies.OUTCOMES, "defaults", {"grid": ("Grid_2",)})
    values = np.random.default_rng(0).normal(size=(PEOPLE, 1))
    within = within_versions(read_study(study_folder), Twins(values, values, np.ones(1)))
    np.testing.assert_array_equal(within.predicted, values)
