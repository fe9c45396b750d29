"""Rows of questions: what people, the model and baselines say, and the figures made of them."""

from dataclasses import replace

import numpy as np
import pytest

from populace.app.benchmark import shares
from populace.app.benchmark.figures import Figure, Gap
from populace.app.benchmark.shares import NEAREST, OURS, UNIFORM, Baselines, NearestWording, SameScale
from populace.training.corpus import MarginRecord

from .conftest import Letters, Told, asked_of

LABELS = ("Yes", "No", "Perhaps")


def questions(n=12, seed=0, people=400):
    rng = np.random.default_rng(seed)
    return [
        asked_of(f"q{i}", f"Question number {i} of {rng.integers(1e9)}?", LABELS, rng.multinomial(people, p))
        for i, p in enumerate(rng.dirichlet([2, 2, 2], size=n))
    ]


def rows_with(model_shares, asked):
    records = records_of(asked)
    return shares.rows_of(
        asked, Told(model_shares), Baselines(SameScale(records), NearestWording(records, Letters())), Letters()
    )


def records_of(asked):
    return [MarginRecord(one.prompt, {2010: one.counts}, "tea", one.item) for one in asked]


def true_shares(asked):
    return {one.prompt.text: one.counts / one.counts.sum() for one in asked}


def by_measure(figures, system):
    return {one.measure: one for one in figures if one.system == system}


def test_a_model_that_says_what_people_said_has_no_distance_and_full_skill():
    asked = questions()
    found = shares.margin_figures("R2", "all", rows_with(true_shares(asked), asked), (OURS,), np.random.default_rng(0))
    ours = by_measure(found, OURS)
    assert ours["TVD"].value == 0
    assert ours["skill"].value == 100
    # with people's noise taken out it is nearer than any sample of people, so the worth has no number
    assert isinstance(ours["n*"], Gap)


def test_a_uniform_guess_has_no_skill():
    rows = rows_with(true_shares(questions()), questions())
    found = shares.margin_figures("R2", "all", rows, (UNIFORM,), np.random.default_rng(0))
    assert by_measure(found, UNIFORM)["skill"].value == 0


def test_shares_of_a_subsample_of_people_are_worth_about_as_many_people():
    rng = np.random.default_rng(3)
    truth = rng.dirichlet([2, 2, 2], size=300)
    asked = [asked_of(f"q{i}", f"q{i} {i * 7919}?", LABELS, rng.multinomial(5000, p)) for i, p in enumerate(truth)]
    fifty = {one.prompt.text: rng.multinomial(50, p) / 50 for one, p in zip(asked, truth, strict=True)}
    found = shares.margin_figures("R2", "all", rows_with(fifty, asked), (OURS,), np.random.default_rng(0))
    worth = by_measure(found, OURS)["n*"]
    assert worth.value == pytest.approx(50, rel=0.2)
    assert worth.low < 50 < worth.high
    assert worth.ceiling == pytest.approx(5000)


def test_the_ceiling_is_what_another_sample_of_as_many_people_reaches():
    rng = np.random.default_rng(4)
    truth = rng.dirichlet([3, 3, 3], size=400)
    asked = [asked_of(f"q{i}", f"q{i} {i * 7919}?", LABELS, rng.multinomial(200, p)) for i, p in enumerate(truth)]
    others = {one.prompt.text: rng.multinomial(200, p) / 200 for one, p in zip(asked, truth, strict=True)}
    rows = rows_with(others, asked)
    ceiling, reached = shares.ceilings(rows), shares.scores(rows, OURS)
    assert ceiling["TVD"] == pytest.approx(reached.tvd.mean(), rel=0.05)
    assert ceiling["n*"] == pytest.approx(reached.variance.sum() / reached.d2.sum(), rel=0.1)


def test_noise_of_few_draws_is_taken_off_the_distance_of_a_recorded_model():
    rng = np.random.default_rng(5)
    truth = rng.dirichlet([2, 2, 2], size=400)
    asked = [asked_of(f"q{i}", f"q{i} {i * 7919}?", LABELS, rng.multinomial(5000, p)) for i, p in enumerate(truth)]
    drawn = {one.prompt.text: rng.multinomial(20, p) / 20 for one, p in zip(asked, truth, strict=True)}
    rows = rows_with(drawn, asked)
    raw = shares.scores(rows, OURS).d2.mean()
    for row in rows:
        row["draws"] = {OURS: [20, 1.0]}
    assert abs(shares.scores(rows, OURS).d2.mean()) < raw / 10


@pytest.mark.parametrize(
    ("labels", "ordinal", "missing", "kind"),
    [
        (("Yes", "No"), False, (), "two options"),
        (("Yes", "No", "Don't know"), False, ("Don't know",), "two options"),
        (("Low", "Middle", "High"), True, (), "scale"),
        (("Tea", "Milk", "Beer"), False, (), "list"),
    ],
)
def test_the_kind_of_a_question_goes_by_its_options(labels, ordinal, missing, kind):
    assert shares.kind_of(asked_of("q", "q?", labels, [1] * len(labels), ordinal=ordinal, missing=missing)) == kind


def test_a_shuffled_list_keeps_every_count_with_its_label_and_missing_options_last():
    one = asked_of("q", "q?", ("Tea", "Milk", "Beer", "None"), [4, 3, 2, 1], missing=("None",))
    shuffled = shares.in_random_order(one, np.random.default_rng(2))
    before = dict(zip(one.prompt.options, one.counts, strict=True))
    assert dict(zip(shuffled.prompt.options, shuffled.counts, strict=True)) == before
    assert shuffled.prompt.options != one.prompt.options
    assert shuffled.prompt.missing == (False, False, False, True)


def test_a_scale_is_not_shuffled():
    one = asked_of("q", "q?", ("Low", "Middle", "High"), [4, 3, 2], ordinal=True)
    assert shares.in_random_order(one, np.random.default_rng(1)) is one


def test_the_nearest_wording_gives_its_own_shares(letters):
    asked = questions(6)
    nearest = NearestWording(records_of(asked), letters)
    (vectors,) = letters.encode([asked[3].prompt])
    assert nearest.shares(vectors) == pytest.approx(asked[3].counts / asked[3].counts.sum())


def test_the_same_scale_is_the_average_of_questions_with_the_same_options_in_order():
    asked = [asked_of("a", "a?", ("Yes", "No"), [8, 2]), asked_of("b", "b?", ("yes", "no"), [4, 6])]
    asked += [asked_of("c", "c?", ("No", "Yes"), [9, 1])]
    scale = SameScale(records_of(asked))
    assert scale.shares(asked[0].prompt) == pytest.approx([0.6, 0.4])
    # of other options only their number counts
    assert scale.shares(asked_of("d", "d?", ("Tea", "Milk"), [1, 1]).prompt) == pytest.approx([0.7, 0.3])
    assert scale.shares(asked_of("e", "e?", LABELS, [1, 1, 1]).prompt).tolist() == [1 / 3] * 3


def test_a_wording_that_stands_twice_in_training_counts_once_in_the_average():
    twice = [asked_of("a", "a?", ("Yes", "No"), [8, 2]), asked_of("a", "A?", ("Yes", "No"), [6, 4])]
    scale = SameScale(records_of([*twice, asked_of("b", "b?", ("Yes", "No"), [2, 8])]))
    assert scale.shares(twice[0].prompt) == pytest.approx([0.4, 0.6])


def test_where_no_question_has_as_many_options_the_nearest_wording_is_a_uniform_guess(letters):
    nearest = NearestWording(
        [MarginRecord(questions(1)[0].prompt, {0: np.ones(3)}, "tea", questions(1)[0].item)], letters
    )
    (vectors,) = letters.encode([asked_of("q", "q?", ("Yes", "No"), [1, 1]).prompt])
    assert nearest.shares(vectors).tolist() == [0.5, 0.5]


def test_a_wording_counts_once_a_house_and_the_latest_fieldwork_stays():
    old = asked_of("a", "Do you trust people?", ("Yes", "No"), [1, 1], survey="gss_marginals_1972_2018")
    new = replace(old, survey="gss_2006_2018", prompt=replace(old.prompt, year=2018))
    other = replace(new, survey="anes_2020")
    kept = shares.once_each([old, new, other])
    assert [one.survey for one in kept] == ["gss_2006_2018", "anes_2020"]


def test_too_few_questions_give_a_gap_and_no_interval():
    (gap,) = shares.margin_figures("R2", "shed", rows_with(true_shares(questions(1)), questions(1)), (OURS,), None)
    assert isinstance(gap, Gap)
    assert "too few" in gap.reason


def test_the_better_system_is_better_in_every_figure():
    rng = np.random.default_rng(6)
    asked = questions(60, people=2000)
    near = {text: 0.7 * p + 0.3 / 3 for text, p in true_shares(asked).items()}
    rows = rows_with(near, asked)
    for row in rows:
        row["systems"][NEAREST] = rng.dirichlet([1, 1, 1]).tolist()
    found = shares.margin_figures("R2", "all", rows, (OURS, NEAREST), np.random.default_rng(0))
    ours, theirs = by_measure(found, OURS), by_measure(found, NEAREST)
    assert all(isinstance(one, Figure) for one in (*ours.values(), *theirs.values()))
    assert ours["TVD"].high < theirs["TVD"].low
    assert ours["n*"].low > theirs["n*"].high
    assert ours["skill"].low > theirs["skill"].high
