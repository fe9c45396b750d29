"""Splits: people, batteries and surveys stay whole, whatever the order."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from populace.data.codebook import Codebook, Variable
from populace.data.dataset import DataSet
from populace.data.files import read_dataset
from populace.data.splits import batteries, near_twins, split_batteries, split_people, split_surveys, tokens
from populace.errors import DataError, UsageError
from populace.survey.question import Item


def panel(n: int, waves: int = 1) -> DataSet:
    variables = (Variable("wave", "Wave", "numeric", role="design"),)
    rows = [(f"r{person}", wave) for person in range(n) for wave in range(waves)]
    return DataSet(pl.DataFrame(rows, schema=["respondent_id", "wave"], orient="row"), Codebook("p", "P", variables))


# -- people ----------------------------------------------------------------------------------------------------------


def test_every_row_is_in_one_part_and_shares_are_met_up_to_chance():
    parts = split_people(panel(2000), (0.8, 0.2), seed=1)
    assert sorted(np.concatenate(parts)) == list(range(2000))
    assert 1500 < len(parts[0]) < 1700


def test_all_interviews_of_a_respondent_are_in_one_part():
    dataset = panel(200, waves=3)
    one, other = split_people(dataset, (0.5, 0.5), seed=1)
    assert not set(dataset.rows(one).respondent_ids) & set(dataset.rows(other).respondent_ids)


def test_somebody_in_two_data_sets_is_on_one_side_in_both():
    large, small = panel(500), panel(100)
    small_train = set(small.rows(split_people(small, (0.5, 0.5), 4)[0]).respondent_ids)
    large_train = set(large.rows(split_people(large, (0.5, 0.5), 4)[0]).respondent_ids)
    assert small_train == large_train & set(small.respondent_ids)


def test_the_order_of_rows_does_not_matter_and_the_seed_does():
    dataset = panel(300)
    turned = dataset.rows(np.arange(300)[::-1])
    chosen = {seed: set(dataset.rows(split_people(dataset, (0.5,), seed)[0]).respondent_ids) for seed in (1, 2)}
    assert set(turned.rows(split_people(turned, (0.5,), 1)[0]).respondent_ids) == chosen[1]
    assert chosen[1] != chosen[2]


def test_what_the_shares_leave_over_is_in_no_part():
    (part,) = split_people(panel(1000), (0.1,), seed=1)
    assert 50 < len(part) < 160


@pytest.mark.parametrize("shares", [(), (0.5, 0.6), (0.5, 0), (-0.1, 0.5), (float("nan"),)])
def test_shares_that_are_no_proportions_are_refused(shares):
    with pytest.raises(UsageError, match="expected positive ones with a sum of one or less"):
        split_people(panel(10), shares, seed=1)


def test_a_part_of_nobody_is_refused():
    with pytest.raises(DataError, match="of 3 respondents is nobody"):
        split_people(panel(3), (0.99, 0.01), seed=1)


# -- batteries -------------------------------------------------------------------------------------------------------


def item(text: str, battery: str | None = None, stem: str | None = None) -> Item:
    return Item("q", text, battery=battery, stem=stem)


def test_items_of_one_battery_id_are_one_group():
    groups = batteries([item("Taxes are high", "b1"), item("What is your age?"), item("Buses run late", "b1")])
    assert groups.tolist() == [0, 1, 0]


def test_one_battery_id_in_two_surveys_means_two_batteries():
    items = [item("Taxes are high", "b1"), item("Buses run late", "b1")]
    assert batteries(items, ["gss", "anes"]).tolist() == [0, 1]
    assert batteries(items, ["gss", "gss"]).tolist() == [0, 0]


def test_items_of_one_stem_are_one_group_whatever_its_case_and_signs():
    items = [item("Taxes", stem="How much do you agree?"), item("Buses", stem="How much do you AGREE")]
    assert batteries(items, ["gss", "anes"]).tolist() == [0, 0]


def test_wordings_that_are_almost_alike_are_one_group():
    texts = [
        "Do you favor or oppose building more nuclear power plants in this country?",
        "Do you favor or oppose building more nuclear power plants in your country?",
        "Do you favor or oppose the death penalty for persons convicted of murder?",
    ]
    assert batteries(texts).tolist() == [0, 0, 1]


def test_a_chain_of_near_twins_is_one_group():
    words = list("abcdefghijklmnopqrst")
    chain = [" ".join(words[start : start + 18]) for start in range(3)]
    assert batteries(chain).tolist() == [0, 0, 0]


def test_items_without_words_are_nobodys_twins():
    assert batteries(["???", "!!!", ""]).tolist() == [0, 1, 2]


def test_words_are_compared_without_case_markup_and_punctuation():
    assert tokens("<b>How</b> OFTEN, if ever, don’t you…?") == {"how", "often", "if", "ever", "don't", "you"}


@given(st.lists(st.frozensets(st.sampled_from("abcdefgh"), max_size=8), max_size=25), st.sampled_from([0.5, 0.8, 1.0]))
def test_near_twins_are_what_comparing_every_pair_would_find(sets, threshold):
    def similar(one, other):
        return one and other and len(one & other) / len(one | other) >= threshold

    wanted = {(i, j) for j in range(len(sets)) for i in range(j) if similar(sets[i], sets[j])}
    assert {tuple(sorted(pair)) for pair in near_twins(sets, threshold)} == wanted


def test_a_battery_is_never_split():
    items = [item(f"topic{n} thing{n} matter{n}", battery=f"b{n // 7}") for n in range(140)]
    parts = split_batteries(items, (0.6, 0.4), seed=3)
    groups = batteries(items)
    assert not set(groups[parts[0]]) & set(groups[parts[1]])
    assert sorted(np.concatenate(parts)) == list(range(140))
    assert abs(len(parts[0]) - 84) <= 7


def test_the_order_of_items_does_not_matter():
    items = [item(f"topic{n} thing{n} matter{n}") for n in range(40)]
    first = {items[i].text for i in split_batteries(items, (0.5, 0.5), 1)[0]}
    turned = items[::-1]
    assert {turned[i].text for i in split_batteries(turned, (0.5, 0.5), 1)[0]} == first


def test_real_questions_are_grouped_with_every_battery_whole(corpora):
    codebook = read_dataset(corpora / "gss_2006_2018").codebook
    variables = [variable for variable in codebook.variables if variable.role == "question" and variable.closed]
    groups = batteries(variables)
    by_battery = {}
    for variable, group in zip(variables, groups, strict=True):
        if variable.battery:
            by_battery.setdefault(variable.battery, set()).add(group)
    assert by_battery
    assert all(len(found) == 1 for found in by_battery.values())


# -- surveys ---------------------------------------------------------------------------------------------------------


def test_every_survey_is_in_one_part():
    names = [f"s{n}" for n in range(10)]
    train, test = split_surveys(names, (0.7, 0.3), seed=1)
    assert sorted((*train, *test)) == sorted(names)
    assert (len(train), len(test)) == (7, 3)


def test_surveys_that_share_people_stay_together():
    names = ["anes_2016", "anes_2020", "gss", "shed", "young"]
    for seed in range(8):
        parts = split_surveys(names, (0.6, 0.4), seed, together=[("anes_2016", "anes_2020")])
        assert any({"anes_2016", "anes_2020"} <= set(part) for part in parts)


def test_an_unknown_survey_in_a_group_is_named():
    with pytest.raises(UsageError, match="survey 'anes' is not among the 1"):
        split_surveys(["gss"], (1.0,), 1, together=[("gss", "anes")])
