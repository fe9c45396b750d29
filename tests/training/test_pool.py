"""A pool learns from questions with known answers whom to trust, on planted populations of questions."""

import numpy as np
import pytest
from scipy.stats import beta

from populace.models.pool import KINDS, SHRINK, WEIGHT, Batch, pooled_shares, prior_pool
from populace.training.pool import cross_validated, fit_pool, slopes


def questions(count, seed=0, mode_known=0.75, sure=0.98, kinds=("binary", "ordered", "list")):
    """Truth, members and kinds: a survey model that knows the spread, a language model that shouts the mode."""
    random = np.random.default_rng(seed)
    truths, members, chosen = [], [], []
    for kind in random.choice(kinds, count):
        size = 2 if kind == "binary" else int(random.integers(3, 6))
        truth = random.dirichlet(np.full(size, 2.0))
        survey = random.dirichlet(12 * (0.6 * truth + 0.4 / size))
        knows = mode_known[kind] if isinstance(mode_known, dict) else mode_known
        mode = truth.argmax() if random.random() < knows else random.integers(size)
        language = np.full(size, (1 - sure) / size) + sure * (np.arange(size) == mode)
        truths.append(truth)
        members.append([survey, language])
        chosen.append(str(kind))
    return truths, members, chosen


def tvd(found, truths):
    return np.mean([np.abs(a - b).sum() / 2 for a, b in zip(found, truths, strict=True)])


def judged(pool, data):
    truths, members, kinds = data
    return tvd([pool.shares(kind, row) for kind, row in zip(kinds, members, strict=True)], truths)


NEW = questions(800, seed=99)


def test_the_pool_beats_both_members_and_both_shrunk_members_on_new_questions():
    pool = fit_pool(*questions(150))
    survey, language = (tvd([row[m] for row in NEW[1]], NEW[0]) for m in (0, 1))
    shrunk = min(
        tvd([w * row[m] + (1 - w) / len(row[m]) for row in NEW[1]], NEW[0])
        for m in (0, 1)
        for w in np.linspace(0, 1, 21)
    )
    assert judged(pool, NEW) < 0.9 * shrunk < shrunk <= min(survey, language)


def test_twenty_questions_beat_both_members_and_cost_little_against_the_prior():
    fitted = [judged(fit_pool(*questions(20, seed)), NEW) for seed in range(8)]
    survey, prior = tvd([row[0] for row in NEW[1]], NEW[0]), judged(prior_pool(["survey", "llm"]), NEW)
    assert max(fitted) < survey
    assert np.mean(fitted) < prior + 0.003


def test_weights_of_a_linear_pool_are_recovered():
    random = np.random.default_rng(0)
    members = [list(random.dirichlet(np.ones(4) * 0.7, 2)) for _ in range(300)]
    truths = [0.5 * a + 0.3 * b + 0.2 / 4 for a, b in members]
    pool = fit_pool(truths, members, ["list"] * 300, form="linear")
    survey, language = pool.settings["list"]
    assert survey[WEIGHT] * (1 - survey[SHRINK]) == pytest.approx(0.5, abs=0.03)
    assert language[WEIGHT] * (1 - language[SHRINK]) == pytest.approx(0.3, abs=0.03)


def test_an_over_confident_language_model_is_shrunk_and_a_calibrated_one_is_not():
    random = np.random.default_rng(1)
    truths = [random.dirichlet(np.full(4, 2.0)) for _ in range(200)]
    surveys = [random.dirichlet(np.full(4, 2.0)) for _ in truths]
    loud = [[s, np.eye(4)[truth.argmax()]] for s, truth in zip(surveys, truths, strict=True)]
    calm = [[s, random.dirichlet(40 * truth)] for s, truth in zip(surveys, truths, strict=True)]
    shrinks = [fit_pool(truths, rows, ["list"] * 200, form="linear").settings["list"][1] for rows in (loud, calm)]
    assert shrinks[0][SHRINK] > 0.6
    assert shrinks[1][SHRINK] < 0.2
    assert shrinks[1][WEIGHT] > 0.85


def test_a_language_model_that_knows_nothing_gets_nothing():
    random = np.random.default_rng(2)
    truths = [random.dirichlet(np.full(3, 2.0)) for _ in range(200)]
    members = [[random.dirichlet(40 * t), np.eye(3)[random.integers(3)]] for t in truths]
    pool = fit_pool(truths, members, ["list"] * 200, form="linear")
    survey, language = pool.settings["list"]
    assert language[WEIGHT] * (1 - language[SHRINK]) < 0.03
    assert survey[WEIGHT] * (1 - survey[SHRINK]) > 0.8


def test_kinds_of_question_have_settings_of_their_own():
    knows = {"binary": 1.0, "ordered": 0.0, "list": 0.0}
    settings = fit_pool(*questions(400, mode_known=knows), form="linear").settings
    kept = {kind: table[1, WEIGHT] * (1 - table[1, SHRINK]) for kind, table in settings.items()}
    assert kept["binary"] > kept["list"] + 0.1


def test_a_kind_without_questions_has_the_settings_of_all():
    pool = fit_pool(*questions(100, kinds=("binary",)))
    assert pool.settings["list"] == pytest.approx(pool.settings["ordered"])
    assert not np.allclose(pool.settings["list"], prior_pool(pool.members).settings["list"], atol=0.01)


def test_without_questions_the_prior_stands():
    pool, prior = fit_pool([], [], [], names=["survey", "a", "b"]), prior_pool(["survey", "a", "b"])
    assert pool.questions == 0
    assert pool.people == prior.people
    assert all(np.allclose(pool.settings[kind], prior.settings[kind]) for kind in KINDS)


def test_one_question_is_enough_not_to_fail():
    pool = fit_pool(*questions(1))
    assert pool.scores["pool"]["tvd_error"] is None
    assert judged(pool, NEW) < tvd([row[0] for row in NEW[1]], NEW[0])


def test_people_behind_cover_nine_in_ten_shares_of_new_questions():
    pool = fit_pool(*questions(200, seed=3))
    truths, members, kinds = NEW
    covered = []
    for truth, row, kind in zip(truths, members, kinds, strict=True):
        shares, people = pool.shares(kind, row), pool.people[kind]
        low, high = (beta.ppf(q, people * shares, people * (1 - shares)) for q in (0.05, 0.95))
        covered.append(np.mean((low <= truth) & (truth <= high)))
    assert 0.85 < np.mean(covered) < 0.95


def test_missing_options_of_the_people_play_no_part():
    truths, members, kinds = questions(60)
    with_gap = [np.append(0.8 * truth, 0.2) for truth in truths]
    padded = [[np.append(0.9 * a, 0.1), np.append(b, 0.0)] for a, b in members]
    missing = [np.arange(len(t)) == len(t) - 1 for t in with_gap]
    one, two = fit_pool(truths, members, kinds), fit_pool(with_gap, padded, kinds, missing)
    assert all(one.settings[kind] == pytest.approx(two.settings[kind], abs=1e-3) for kind in KINDS)


def test_small_surveys_count_for_less():
    truths, members, kinds = questions(40, seed=5)
    wrong = [np.roll(truth, 1) if q % 2 else truth for q, truth in enumerate(truths)]
    unsure = fit_pool(wrong, members, kinds, people=[4 if q % 2 else 4000 for q in range(40)], form="linear")
    sure = fit_pool(wrong, members, kinds, form="linear")
    assert judged(unsure, NEW) < judged(sure, NEW)


@pytest.mark.parametrize("form", ["linear", "log"])
def test_slopes_are_those_of_the_pool(form):
    _, members, _ = questions(9)
    rows = [[*row, None if q % 3 else np.ones(len(row[0])) / len(row[0])] for q, row in enumerate(members)]
    batch = Batch.of(rows, [np.zeros(len(row[0]), bool) for row in rows])
    at = np.array([0.1, 0.2, -0.5, 0.6, -0.3, 0.4, 0.5, 0.1, -1.0])

    def shares(parameters):
        table = parameters.reshape(3, 3) * [1, 0, 0] + np.exp(parameters.reshape(3, 3)) * [0, 1, 1]
        return pooled_shares(form, table, batch)

    numeric = [(shares(at + step) - shares(at - step)) / 2e-6 for step in 1e-6 * np.eye(9)]
    assert slopes(form, at, batch) == pytest.approx(np.stack(numeric, 2), abs=1e-6)


def test_the_form_is_chosen_by_what_generated_the_answers():
    random = np.random.default_rng(4)
    members = [list(random.dirichlet(np.ones(4), 2)) for _ in range(150)]
    for form in ("linear", "log"):
        table = np.array([[0.05, 1, 0.5], [0.3, 1, 0.5]])
        batch = Batch.of(members, [np.zeros(4, bool)] * 150)
        truths = list(pooled_shares(form, table, batch))
        assert fit_pool(truths, members, ["list"] * 150).form == form


def test_no_question_reaches_its_own_prediction_nor_that_of_its_group():
    truths, members, kinds = questions(40)
    groups = [q // 4 for q in range(40)]
    before = cross_validated(truths, members, kinds, groups=groups, folds=5)
    changed = [np.roll(truths[0], 1), *truths[1:]]
    after = cross_validated(changed, members, kinds, groups=groups, folds=5)
    assert all(np.array_equal(before[q], after[q]) for q in range(4))
    assert not all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


def test_errors_out_of_fold_are_those_on_new_questions():
    pool = fit_pool(*questions(300, seed=6))
    score = pool.scores["pool"]
    assert score["tvd"] == pytest.approx(judged(pool, NEW), abs=3 * score["tvd_error"])
    assert set(pool.scores) == {"pool", "uniform", "survey", "member 1"}


def test_the_same_questions_give_the_same_pool():
    one, two = fit_pool(*questions(50)), fit_pool(*questions(50))
    assert all(np.array_equal(one.settings[kind], two.settings[kind]) for kind in KINDS)


def test_a_language_model_without_an_opinion_on_some_questions_does_no_harm():
    truths, members, kinds = questions(120)
    sparse = [[a, b if q % 3 else None] for q, (a, b) in enumerate(members)]
    pool = fit_pool(truths, sparse, kinds)
    assert pool.scores["member 1"]["questions"] == 80
    assert judged(pool, NEW) < tvd([row[0] for row in NEW[1]], NEW[0])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t, m, k: (t[:-1], m, k), "expected as many"),
        (lambda t, m, k: (t, m, ["likert", *k[1:]]), "kind 'likert'"),
        (lambda t, m, k: (t, [[None, m[0][1]], *m[1:]], k), "the survey model first"),
        (lambda t, m, k: (t, [[m[0][0], np.ones(9) / 9], *m[1:]], k), "numbers of options"),
        (lambda t, m, k: ([0 * t[0], *t[1:]], m, k), "sum to zero"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(change, words):
    with pytest.raises(ValueError, match=words):
        fit_pool(*change(*questions(5)))
