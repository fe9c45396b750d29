"""Designs of choice tasks: balance counted by hand, D-errors against all designs there are, what is refused."""

from itertools import combinations, combinations_with_replacement, product

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from populace.analysis.choice import choice_tasks, part_worth_matrix
from populace.analysis.choice_logit import multinomial_logit
from populace.errors import InstrumentError
from populace.survey.design import METHODS, ChoiceDesign, designed_tasks
from populace.survey.design_choice import worths_of
from populace.survey.design_information import d_error, information, least_d_error, levels_of
from populace.survey.design_quality import BOUND, RANDOM, choice_quality
from populace.survey.tasks import Attribute, Tasks


def attributes(*counts: int) -> tuple[Attribute, ...]:
    """Attributes A, B, … with levels a1, a2, …"""
    letters = "ABCDEFGH"[: len(counts)]
    return tuple(
        Attribute(letter, tuple(f"{letter.lower()}{level}" for level in range(1, count + 1)))
        for letter, count in zip(letters, counts, strict=True)
    )


def designed(counts, tasks, alternatives, *, none=None, seed=1, **fields) -> Tasks:
    return designed_tasks(attributes(*counts), ChoiceDesign(tasks, alternatives, seed, **fields), none)


def error_of(tasks: Tasks, design: ChoiceDesign | None = None) -> float | None:
    return choice_quality(tasks, design).d_error


# -- the same seed gives the same tasks ------------------------------------------------------------------------------

PINNED = {
    "random": ((((2, 2), (2, 1)), ((1, 3), (2, 2)), ((1, 1), (1, 3)), ((2, 1), (1, 2))),),
    "balanced": ((((2, 3), (1, 1)), ((2, 2), (1, 3)), ((1, 2), (2, 1)), ((2, 3), (1, 2))),),
    "efficient": ((((2, 3), (1, 1)), ((2, 2), (1, 3)), ((1, 2), (2, 1)), ((2, 3), (1, 2))),),
}


@pytest.mark.parametrize("method", METHODS)
def test_the_same_seed_gives_the_same_tasks_and_another_seed_others(method):
    first = designed((2, 3), 4, 2, method=method)
    assert first.versions == PINNED[method]
    assert designed((2, 3), 4, 2, method=method) == first
    assert len({designed((4, 4, 4), 8, 3, method=method, seed=seed).versions for seed in range(3)}) == 3


# -- balance ---------------------------------------------------------------------------------------------------------


def test_levels_are_shown_equally_often_in_balanced_tasks():
    # 12 tasks x 3 alternatives x 10 versions are 360 cards: 90, 120, 180 and 72 of each level
    quality = choice_quality(designed((4, 3, 2, 5), 12, 3, versions=10))
    assert quality.levels == {"A": (90,) * 4, "B": (120,) * 3, "C": (180,) * 2, "D": (72,) * 5}


def test_levels_differ_by_one_at_most_where_they_cannot_be_equal_and_by_two_within_a_version():
    tasks = designed((4, 3), 5, 2, versions=7)  # 70 cards: 17 or 18, 23 or 24
    quality = choice_quality(tasks)
    assert sorted(quality.levels["A"]) == [17, 17, 18, 18]
    assert sorted(quality.levels["B"]) == [23, 23, 24]
    within = [np.bincount(version[..., a].ravel()) for version in levels_of(tasks) for a in (0, 1)]
    assert max(np.ptp(counts) for counts in within) <= 2


@pytest.mark.parametrize(("levels", "alternatives", "overlap"), [(4, 4, 0), (5, 3, 0), (2, 3, 1 / 3), (3, 4, 1 / 6)])
def test_alternatives_of_a_balanced_task_overlap_as_little_as_can_be(levels, alternatives, overlap):
    # of 3 alternatives with 2 levels one of 3 pairs is alike; of 4 with 3 levels one of 6
    quality = choice_quality(designed((levels, 4, 3), 6, alternatives, versions=2))
    assert quality.overlap["A"] == pytest.approx(overlap)


def test_pairs_of_levels_stand_together_equally_often_in_balanced_tasks():
    # 3 x 3 pairs of levels on 9 tasks x 3 alternatives x 4 versions: 12 each
    quality = choice_quality(designed((3, 3, 3), 9, 3, versions=4))
    assert {count for table in quality.pairs.values() for row in table for count in row} <= {11, 12, 13}
    assert quality.efficiency > 0.995


def test_every_permitted_alternative_is_shown_where_a_task_needs_them_all():
    tasks = designed((2, 2), 3, 4)
    assert all(set(task) == set(product((1, 2), repeat=2)) for task in tasks.versions[0])


def test_random_levels_are_independent():
    quality = choice_quality(designed((2, 3), 50, 3, versions=20, method="random"))
    counts = np.array(quality.pairs["A", "B"])
    assert counts.sum() == 3000
    assert np.abs(counts - 500).max() < 5 * np.sqrt(500)


# -- D-errors --------------------------------------------------------------------------------------------------------

#: the tasks {(1,1), (2,2)} and {(1,2), (2,1)}: I = [[1,1],[1,1]] + [[1,−1],[−1,1]] = 2·1, so that det(I⁻¹)^½ = ½
BY_HAND = Tasks(attributes(2, 2), [[[[1, 1], [2, 2]], [[1, 2], [2, 1]]]])


def test_the_d_error_of_the_two_by_two_example_is_a_half_and_nothing_is_better():
    quality = choice_quality(BY_HAND, n=50)
    assert quality.d_error == pytest.approx(0.5)
    assert quality.efficiency == pytest.approx(1)
    assert quality.reference == BOUND
    # I⁻¹ = ½·1: of each part-worth the error is √(½ / 50) = .1
    assert quality.errors == {"A": pytest.approx((0.1, 0.1)), "B": pytest.approx((0.1, 0.1))}
    assert "100% as efficient as a perfectly balanced design; with 50 respondents part-worths are known to ± 0.20" in (
        quality.words()
    )


def test_expected_part_worths_enter_the_information():
    # one task of two alternatives that differ by 2·ln 3 / 2 = ln 3 in utility: p = ¾, ¼ and I = 4·¾·¼ = ¾
    tasks = Tasks(attributes(2)[:1], [[[[1], [2]]]])
    design = ChoiceDesign(1, 2, 1, method="efficient", priors={"A": (np.log(3) / 2, -np.log(3) / 2)})
    assert error_of(tasks) == pytest.approx(1)
    assert error_of(tasks, design) == pytest.approx(4 / 3)


def test_choosing_none_is_an_alternative_without_levels():
    # x = 1, −1, 0 and a constant of none, p = ⅓: I = [[⅔, 0], [0, 2/9]]
    tasks = Tasks(attributes(2)[:1], [[[[1], [2]]]], none="None")
    assert error_of(tasks) == pytest.approx((4 / 27) ** -0.5)
    assert choice_quality(tasks).efficiency == pytest.approx(1)


def test_versions_are_averaged():
    twice = Tasks(BY_HAND.attributes, BY_HAND.versions * 2)
    assert error_of(twice) == pytest.approx(0.5)


def all_designs(counts, tasks, alternatives):
    """(designs, T, J, A) every way to put tasks of different alternatives together, orders aside."""
    profiles = list(product(*(range(count) for count in counts)))
    possible = np.array(list(combinations(profiles, alternatives)))
    return possible[list(combinations_with_replacement(range(len(possible)), tasks))]


@pytest.mark.parametrize(
    ("counts", "tasks", "none", "priors"),
    [
        ((2, 2), 3, None, {}),
        ((2, 3), 3, None, {}),
        ((2, 3), 4, None, {"A": (0.7, -0.7), "B": (1.0, 0.0, -1.0)}),
        ((2, 3), 3, "None", {}),
        ((2, 2, 2), 3, None, {"A": (0.5, -0.5), "C": (-0.8, 0.8)}),
    ],
)
def test_efficient_tasks_are_the_best_of_all_there_are(counts, tasks, none, priors):
    design = ChoiceDesign(tasks, 2, 1, method="efficient", priors=priors)
    worths = worths_of(attributes(*counts), design, none)
    found = [d_error(information(one[None], counts, none is not None, worths)) for one in all_designs(counts, tasks, 2)]
    best = min(error for error in found if error is not None)
    made = designed_tasks(attributes(*counts), design, none)
    assert error_of(made, design) == pytest.approx(best, rel=1e-9)
    if not priors:
        assert least_d_error(np.full((1, tasks), 2), counts, none is not None) <= best * (1 + 1e-12)


def test_nine_tasks_of_three_alternatives_with_three_attributes_of_three_levels_come_close_to_the_bound():
    # trace 9·(1 − 3/9) = 6 and determinant 3·(6/2)² = 27 of each block: 27^(−3/6) = .192, which a cyclic design has
    cyclic = [
        [[(a + s) % 3 + 1, (b + s) % 3 + 1, (a + b + s) % 3 + 1] for s in range(3)] for a in range(3) for b in range(3)
    ]
    assert error_of(Tasks(attributes(3, 3, 3), [cyclic])) == pytest.approx(27**-0.5)
    assert least_d_error(np.full((1, 9), 3), (3, 3, 3), False) == pytest.approx(27**-0.5)
    assert choice_quality(designed((3, 3, 3), 9, 3, method="efficient")).efficiency > 0.98


def test_efficient_tasks_are_no_worse_than_balanced_and_balanced_no_worse_than_random_ones():
    errors = {method: [] for method in METHODS}
    for seed in range(6):
        for method in METHODS:
            errors[method].append(error_of(designed((4, 3, 2), 8, 3, method=method, seed=seed)))
    assert all(e <= b * (1 + 1e-6) for e, b in zip(errors["efficient"], errors["balanced"], strict=True))
    assert np.mean(errors["efficient"]) < np.mean(errors["balanced"]) < np.mean(errors["random"])


def test_efficiency_for_expected_part_worths_is_relative_to_random_tasks():
    design = ChoiceDesign(8, 3, 1, method="efficient", priors={"A": (1, 0, 0, -1)}, none_prior=-1.0)
    quality = choice_quality(designed_tasks(attributes(4, 3, 2), design, "None"), design)
    assert quality.reference == RANDOM
    assert quality.efficiency > 1.1


# -- part-worths come back ---------------------------------------------------------------------------------------------

WORTHS = {"A": (0.8, 0.1, -0.3, -0.6), "B": (0.5, 0.0, -0.5), "C": (0.4, -0.4)}


def choices(tasks: Tasks, people: int, seed: int) -> pl.DataFrame:
    """Long records of people who choose by `WORTHS`, each through one version."""
    rng, rows = np.random.default_rng(seed), []
    for person in range(people):
        for number, task in enumerate(tasks.versions[person % len(tasks.versions)]):
            utility = [
                sum(worths[level - 1] for worths, level in zip(WORTHS.values(), card, strict=True)) for card in task
            ]
            chosen = int(np.argmax(np.array(utility) + rng.gumbel(size=len(task))))
            for place, card in enumerate(task):
                words = [a.levels[level - 1] for a, level in zip(tasks.attributes, card, strict=True)]
                rows.append((f"p{person}", number, place, int(place == chosen), *words))
    names = ["respondent_id", "task", "alternative", "chosen", *(a.name for a in tasks.attributes)]
    return pl.DataFrame(rows, schema=names, orient="row")


@pytest.mark.parametrize("method", METHODS)
def test_part_worths_are_recovered_with_the_errors_that_the_quality_promises(method):
    priors = WORTHS if method == "efficient" else {}
    tasks = designed((4, 3, 2), 8, 3, versions=5, method=method, priors=priors)
    expecting = ChoiceDesign(8, 3, 1, method="efficient", priors=WORTHS)
    promised = np.concatenate(list(choice_quality(tasks, expecting, n=400).errors.values()))
    levels = {a.name: a.levels for a in tasks.attributes}
    data, coded, _ = choice_tasks(choices(tasks, 400, 3), list("ABC"), levels)
    fit, rows = multinomial_logit(data), part_worth_matrix(coded, none=False)
    errors = np.sqrt(np.diag(rows @ fit.covariance @ rows.T))
    truth = np.concatenate(list(WORTHS.values()))
    assert np.abs((rows @ fit.coefficients - truth) / promised).max() < 3.5
    assert errors / promised == pytest.approx(np.ones(9), rel=0.2)


# -- what is permitted and what is refused -----------------------------------------------------------------------------


@st.composite
def wanted(draw) -> tuple[tuple[int, ...], ChoiceDesign, str | None]:
    counts = tuple(draw(st.lists(st.integers(2, 4), min_size=1, max_size=4)))
    named = attributes(*counts)
    levels = [(a.name, level) for a in named for level in a.levels]
    pairs = [(one, two) for one, two in combinations(levels, 2) if one[0] != two[0]]
    prohibited = draw(st.lists(st.sampled_from(pairs), max_size=5)) if pairs else []
    numbers = {"tasks": st.integers(1, 5), "alternatives": st.integers(2, 5), "seed": st.integers(0, 99)}
    fields = {name: draw(number) for name, number in numbers.items()}
    method = draw(st.sampled_from(METHODS))
    design = ChoiceDesign(**fields, versions=draw(st.integers(1, 3)), method=method, prohibited=prohibited)
    return counts, design, draw(st.sampled_from([None, "None of these"]))


@settings(max_examples=60, deadline=None)
@given(wanted())
def test_no_tasks_have_prohibited_pairs_or_equal_alternatives_and_all_separate_the_effects(case):
    counts, design, none = case
    try:
        tasks = designed_tasks(attributes(*counts), design, none)
    except InstrumentError as refused:
        assert str(refused).startswith("design: ")
        assert "\n" not in str(refused)
        return
    assert tasks.problem() is None
    assert (len(tasks.versions), tasks.count, tasks.alternatives) == (
        design.versions,
        design.tasks,
        design.alternatives,
    )
    for task in (task for version in tasks.versions for task in version):
        assert len(set(task)) == len(task) == design.alternatives
        for card in task:
            words = {(a.name, a.levels[level - 1]) for a, level in zip(tasks.attributes, card, strict=True)}
            assert not any(set(pair) <= words for pair in design.prohibited)
    assert choice_quality(tasks).inseparable == ()


def test_prohibited_pairs_leave_the_other_pairs_and_levels_about_even():
    banned = [{"A": "a1", "B": "b1"}, {"A": "a4", "B": "b3"}]
    quality = choice_quality(designed((4, 3, 3), 10, 3, versions=20, prohibited=banned))
    counts = np.array(quality.pairs["A", "B"])
    assert counts[0, 0] == counts[3, 2] == 0
    rest = counts[counts > 0]
    # even levels of A would have 75 with each of two, 50 with each of three
    assert len(rest) == 10 and rest.min() > 35 and rest.max() < 90
    assert max(quality.levels["A"]) - min(quality.levels["A"]) <= 15
    assert quality.efficiency > 0.85


@pytest.mark.parametrize(
    ("counts", "fields", "words"),
    [
        ((2, 2), {"prohibited": [{"A": "a1", "B": "b1"}, {"A": "a1", "B": "b2"}]}, "no alternative with level 'a1'"),
        ((2, 2), {"prohibited": [{"A": "a1", "B": "b1"}, {"A": "a2", "B": "b2"}]}, "tie the attributes 'A', 'B' so"),
        ((2, 2), {"prohibited": [{"A": "a3", "B": "b1"}]}, "level 'a3' of attribute 'A'; expected one of 'a1'"),
        ((2, 2), {"prohibited": [{"A": "a1", "C": "b1"}]}, "prohibited names attribute 'C'"),
        ((2, 2), {"prohibited": [(("A", "a1"), ("A", "a2"))]}, "expected levels of two attributes"),
        ((2, 2), {"alternatives": 5}, "4 different alternatives are permitted and a task has 5"),
        ((4, 4), {"tasks": 2}, "allow 2 comparisons and there are 6 effects"),
        ((2, 2), {"method": "eficient"}, "'eficient' (did you mean 'efficient'?)"),
        ((2, 2), {"tasks": 0}, "tasks is 0; expected a whole number from 1 on"),
        ((2, 2), {"versions": True}, "versions is True"),
        ((2, 2), {"versions": 10**9}, "expected 100,000 at most: use fewer versions"),
        ((2, 2), {"alternatives": 51}, "expected 50 at most"),
        ((200, 200), {}, "400 levels in all"),
        ((50, 50), {"method": "efficient"}, "attributes have 98 effects; expected 80 at most for method 'efficient'"),
        ((2, 2), {"priors": {"A": (1, -1)}}, "priors mean nothing for method 'balanced'"),
        ((2, 2), {"method": "efficient", "priors": {"A": (1,)}}, "expected a number for each of 'a1', 'a2'"),
        ((2, 2), {"method": "efficient", "priors": {"a": (1, 2)}}, "priors name attribute 'a' (did you mean 'A'?)"),
        ((2, 2), {"method": "efficient", "none_prior": 1.0}, "none of the alternatives cannot be chosen"),
        ((1, 2), {}, "attribute 'A' needs two different levels"),
        ((), {}, "attributes are none"),
    ],
)
def test_what_cannot_be_designed_is_refused_in_one_sentence(counts, fields, words):
    fields = {"tasks": 3, "alternatives": 2} | fields
    with pytest.raises(InstrumentError) as refused:
        designed(counts, fields.pop("tasks"), fields.pop("alternatives"), **fields)
    assert words in str(refused.value)
    assert str(refused.value).startswith("design: ")


def test_random_tasks_that_cannot_separate_the_effects_say_which():
    refused = []
    for seed in range(30):
        try:
            designed((2, 2, 2), 3, 2, method="random", seed=seed)
        except InstrumentError as problem:
            refused.append(str(problem))
    assert refused
    assert all("of method 'random' do not tell the effects of" in one for one in refused)


def test_quality_names_what_is_not_shown_what_is_alike_and_what_cannot_be_told_apart():
    never = choice_quality(Tasks(attributes(2, 3), [[[[1, 1], [2, 2]], [[1, 2], [2, 1]]]]))
    assert never.unshown == (("B", 2),)
    assert (never.d_error, never.efficiency, never.errors) == (None, None, None)
    tied = choice_quality(
        Tasks(attributes(2, 2, 2), [[[[1, 1, 1], [2, 2, 2]], [[1, 1, 2], [2, 2, 1]], [[1, 1, 1]] * 2]])
    )
    assert tied.inseparable == ("A", "B")
    assert tied.repeated == 1
    assert "do not tell the effects of 'A', 'B' apart" in tied.words()


def test_tasks_with_different_numbers_of_alternatives_are_judged_too():
    mixed = Tasks(attributes(2, 2), [[[[1, 1], [2, 2]], [[1, 2], [2, 1], [1, 1]]]])
    quality = choice_quality(mixed)
    assert quality.levels == {"A": (3, 2), "B": (3, 2)}
    assert 0 < quality.efficiency < 1
