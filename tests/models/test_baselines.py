"""Baselines: each does what it says, and no more."""

import numpy as np
import pytest

from populace.errors import CannotAnswer, ModelError
from populace.models import latent
from populace.models.base import Told
from populace.models.baselines import Cells, Copula, Margins, SameScale, Uniform
from populace.prompts.prompt import Prompt

AGREE = ("Disagree", "Neither", "Agree")
TAX = Prompt("Taxes are too high.", AGREE, ordinal=True)
WAGE = Prompt("Wages are too low.", AGREE, ordinal=True)
CAR = Prompt("Do you own a car?", ("Yes", "No"))
SEX = Prompt("Are you male or female?", ("Male", "Female"))
NEW = Prompt("Rents are too high.", AGREE, ordinal=True)

TAX_ANSWERS = np.array([0] * 10 + [1] * 30 + [2] * 60)
CAR_ANSWERS = np.array([0] * 50 + [1] * 49 + [-1])
SEX_ANSWERS = np.array([0, 1] * 50)


def draw(model, prompts, n, seed=0):
    """(n, prompts) answers of a free-running interview."""
    rng = np.random.default_rng(seed)
    session = model.open(n)
    answers = []
    for prompt in prompts:
        chosen = (rng.random((n, 1)) > np.cumsum(session.ask(prompt), axis=1)[:, :-1]).sum(axis=1)
        session.tell(prompt, chosen)
        answers.append(chosen)
    return np.stack(answers, axis=1)


def test_uniform_gives_every_option_the_same_chance():
    model = Uniform()
    assert model.open(2).ask(TAX) == pytest.approx(np.full((2, 3), 1 / 3))
    (prediction,) = model.predict([CAR])
    assert prediction.low.tolist() == [0, 0]
    assert prediction.high.tolist() == [1, 1]


def test_margins_are_frequencies_with_half_a_person_added_to_every_option():
    model = Margins([TAX, CAR], [TAX_ANSWERS, CAR_ANSWERS])
    assert model.open(1).ask(TAX)[0] == pytest.approx(np.array([10.5, 30.5, 60.5]) / 101.5)
    assert model.open(1).ask(CAR)[0] == pytest.approx(np.array([50.5, 49.5]) / 100)
    assert model.open(3).ask(CAR, rows=np.array([1])).shape == (1, 2)


def test_a_question_is_recognised_whatever_its_year():
    model = Margins([TAX], [TAX_ANSWERS])
    other = Prompt(TAX.text, AGREE, ordinal=True, year=2024, country="US")
    assert np.array_equal(model.open(1).ask(other), model.open(1).ask(TAX))


def test_a_question_the_pilot_lacks_is_refused_by_name():
    with pytest.raises(CannotAnswer, match=r"'margins' has never seen the question 'Rents are too high.'"):
        Margins([TAX], [TAX_ANSWERS]).open(1).ask(NEW)


def test_same_scale_averages_the_questions_with_the_same_options():
    model = SameScale([TAX, WAGE, CAR], [TAX_ANSWERS, TAX_ANSWERS[::-1] * 0, CAR_ANSWERS])
    expected = (np.array([10.5, 30.5, 60.5]) + np.array([100.5, 0.5, 0.5])) / 2 / 101.5
    assert model.open(1).ask(NEW)[0] == pytest.approx(expected)
    shouted = Prompt("Rents?", tuple(option.upper() for option in AGREE))
    assert model.open(1).ask(shouted)[0] == pytest.approx(expected)


def test_same_scale_falls_back_to_as_many_options_and_then_to_uniform():
    model = SameScale([CAR], [CAR_ANSWERS])
    assert model.open(1).ask(SEX)[0] == pytest.approx(np.array([50.5, 49.5]) / 100)
    assert model.open(1).ask(TAX)[0] == pytest.approx(np.full(3, 1 / 3))


def test_cells_give_men_and_women_the_distributions_they_had():
    answers = np.where(SEX_ANSWERS == 0, 0, 2)
    model = Cells([TAX], [answers], [SEX], [SEX_ANSWERS], least=30)
    men, women, unknown = model.open(3, [Told(SEX, np.array([0, 1, -1]))]).ask(TAX)
    assert men == pytest.approx(np.array([50.5, 0.5, 0.5]) / 51.5)
    assert women == pytest.approx(np.array([0.5, 0.5, 50.5]) / 51.5)
    assert unknown == pytest.approx(np.array([50.5, 0.5, 50.5]) / 101.5)


def test_thin_cells_get_the_margin():
    answers = np.where(SEX_ANSWERS == 0, 0, 2)
    model = Cells([TAX], [answers], [SEX], [SEX_ANSWERS], least=51)
    men, women = model.open(2, [Told(SEX, np.array([0, 1]))]).ask(TAX)
    assert np.array_equal(men, women)


def test_a_background_told_in_the_interview_counts_too():
    model = Cells([TAX], [np.where(SEX_ANSWERS == 0, 0, 2)], [SEX], [SEX_ANSWERS])
    session = model.open(2)
    session.tell(SEX, np.array([1]), rows=np.array([1]))
    session.tell(TAX, np.array([0, 0]))
    assert session.ask(TAX)[1, 2] > 0.9


def test_normal_scores_and_their_variance_match_a_case_worked_by_hand():
    """Z cut at 0: the mean above is φ(0)/.5 = .798, the variance of the scores 2/π, their covariance arcsine."""
    half = np.array([0.5, 0.5])
    assert latent.normal_scores(half) == pytest.approx([-0.79788, 0.79788], abs=1e-5)
    correlations = np.array([[1.0, 0.6], [0.6, 1.0]])
    covariance = latent.score_covariance(correlations, np.stack([latent.hermite(half)] * 2))
    assert covariance[0, 1] == pytest.approx((2 / np.pi) * (2 / np.pi) * np.arcsin(0.6), abs=1e-6)


def cut_normals(n, correlation, shares, seed=5):
    """(n, 2) positions of two cut normals with this latent correlation."""
    rng = np.random.default_rng(seed)
    z = rng.multivariate_normal([0, 0], [[1, correlation], [correlation, 1]], n)
    return np.searchsorted(latent.thresholds(np.array(shares)), z)


def test_the_latent_correlation_behind_coarse_answers_is_recovered():
    answers = cut_normals(40_000, -0.55, [0.2, 0.5, 0.3])
    model = Copula([TAX, WAGE], [answers[:, 0], answers[:, 1]])
    assert np.corrcoef(answers.T)[0, 1] > -0.5  # attenuated
    assert model._latent[0, 1] == pytest.approx(-0.55, abs=0.015)


def test_a_free_running_copula_gives_back_margins_and_correlations():
    rng = np.random.default_rng(11)
    prompts = [Prompt(f"Question {i}?", AGREE, ordinal=True) for i in range(6)]
    factor = rng.standard_normal((20_000, 1))
    z = 0.7 * factor + np.sqrt(0.51) * rng.standard_normal((20_000, 6))
    people = np.searchsorted([-0.6, 0.9], z)
    drawn = draw(Copula(prompts, list(people.T)), prompts, 20_000)
    for option in range(3):
        assert (drawn == option).mean(axis=0) == pytest.approx((people == option).mean(axis=0), abs=0.015)
    upper = np.triu_indices(6, 1)
    assert np.corrcoef(drawn.T)[upper] == pytest.approx(np.corrcoef(people.T)[upper], abs=0.04)


def test_a_copula_conditions_on_what_was_told_and_ignores_what_it_does_not_know():
    answers = cut_normals(5_000, 0.8, [0.3, 0.4, 0.3])
    model = Copula([TAX, WAGE], [answers[:, 0], answers[:, 1]])
    low, none, high = model.open(3, [Told(TAX, np.array([0, -1, 2])), Told(CAR, np.array([0, 1, 0]))]).ask(WAGE)
    assert low[0] > none[0] > high[0]
    assert none == pytest.approx(Margins([WAGE], [answers[:, 1]]).open(1).ask(WAGE)[0], abs=1e-12)


def test_dont_know_keeps_its_share_and_tells_nothing():
    scale = Prompt("Taxes?", (*AGREE, "Don't know"), ordinal=True, missing=(False, False, False, True))
    answers = cut_normals(4_000, 0.8, [0.3, 0.4, 0.3])
    answers[::10, 0] = 3
    model = Copula([scale, WAGE], [answers[:, 0], answers[:, 1]])
    session = model.open(2, [Told(scale, np.array([3, 0]))])
    assert session.ask(WAGE)[0] == pytest.approx(model.open(1).ask(WAGE)[0])
    assert model.open(2, [Told(WAGE, np.array([0, 2]))]).ask(scale)[:, 3] == pytest.approx([0.1, 0.1], abs=0.001)


def test_the_options_of_a_nominal_question_are_ordered_by_the_company_they_keep():
    answers = cut_normals(6_000, 0.85, [0.3, 0.4, 0.3])
    party = Prompt("Which party?", ("Left", "Right", "Centre"))
    voted = np.array([0, 2, 1])[answers[:, 1]]
    taxes = [Prompt(f"Tax {i}?", AGREE, ordinal=True) for i in range(2)]
    model = Copula([*taxes, party], [answers[:, 0], answers[:, 0], voted])
    left, right = model.open(2, [Told(taxes[0], np.array([0, 2]))]).ask(party)
    assert left[0] > 0.5 > left[1]
    assert right[1] > 0.5 > right[0]


def all_models():
    answers = cut_normals(500, 0.6, [0.3, 0.4, 0.3])
    prompts, choices = [TAX, WAGE], [answers[:, 0], answers[:, 1]]
    sex = np.arange(500) % 2
    return [
        Uniform(),
        Margins(prompts, choices),
        SameScale(prompts, choices),
        Cells(prompts, choices, [SEX], [sex]),
        Copula(prompts, choices),
    ]


@pytest.mark.parametrize("model", all_models(), ids=lambda model: model.name)
def test_every_baseline_has_a_card_sums_to_one_and_predicts_inside_its_interval(model):
    card = model.describe()
    assert card["kind"] == "baseline"
    assert card["hash"] == model.hash
    assert model.hash.startswith("sha256:")
    assert model.open(4, [Told(WAGE, np.array([0, 1, 2, -1]))]).ask(TAX).sum(axis=1) == pytest.approx(1)
    (prediction,) = model.predict([TAX], n=10)
    assert (prediction.low <= prediction.distribution + 1e-12).all()
    assert (prediction.distribution <= prediction.high + 1e-12).all()


@pytest.mark.parametrize("model", all_models(), ids=lambda model: model.name)
def test_a_respondents_odds_do_not_depend_on_who_else_is_in_the_batch(model):
    history = [Told(SEX, np.arange(97) % 2), Told(WAGE, np.arange(97) % 4 - 1)]
    together = model.open(97, history).ask(TAX)
    for size in (1, 5, 32):
        parts = [
            model.open(len(rows), [Told(told.prompt, told.choices[rows]) for told in history]).ask(TAX)
            for rows in np.array_split(np.arange(97), -(-97 // size))
        ]
        assert np.array_equal(np.concatenate(parts), together)


def test_the_hash_follows_the_parameters():
    one, two = (Margins([TAX], [answers]) for answers in (TAX_ANSWERS, TAX_ANSWERS[::-1] * 0))
    assert one.hash == Margins([TAX], [TAX_ANSWERS[::-1]]).hash
    assert one.hash != two.hash


@pytest.mark.parametrize("choices", [[np.array([0, 3])], [np.array([-2, 0])], []])
def test_choices_that_do_not_fit_the_prompts_are_refused(choices):
    with pytest.raises(ModelError, match="expected one"):
        Margins([TAX], choices)
