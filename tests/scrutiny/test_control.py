"""The control experiment (docs/scrutiny.md): people pass, every planted defect fails, the known table comes back.

Data: psych::bfi, 25 six-point items, complete cases. Half A is the reference, half B the people who are judged; every
defect is built from B. The data are not in the repository: found through POPULACE_DATA, skipped loudly without.
"""

import csv
from collections import Counter
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import norm

from populace.scrutiny import scrutinize
from populace.scrutiny.association import (
    correlations,
    effective_dependence,
    first_component_share,
    structural_slope,
)
from populace.scrutiny.comparison import compare
from populace.scrutiny.margins import measure, worth_in_people
from populace.scrutiny.style import rates, straight_lines
from populace.scrutiny.variance import geometric_mean, log_sd_ratio

ITEMS = [f"{scale}{number}" for scale in "ACENO" for number in range(1, 6)]
HALF = 1218
SPLITS = 2

#: metric -> mean of each panel, computed beforehand by other code, and how far the mean of two splits may lie from it
COLUMNS = ("human", "copula", "independent", "variance", "constraint", "shift", "straight", "copied", "collapse")
PUBLISHED = {
    "tvd": ((0.035, 0.042, 0.035, 0.229, 0.043, 0.114, 0.053, 0.025, 0.563), 0.012),
    "d2": ((1.1, 7.9, 1.6, 480, 7.5, 143, 15, -5.7, 3897), (4, 0.25)),
    "sd_ratio": ((0.996, 0.997, 0.995, 0.673, 0.996, 0.992, 1.063, 0.995, 0.300), 0.03),
    "correlation_rmse": ((0.042, 0.052, 0.215, 0.056, 0.186, 0.048, 0.095, 0.032, 0.214), 0.015),
    "slope": ((0.97, 0.88, 0.0, 0.85, 1.30, 0.87, 0.90, 1.01, 0.0), 0.08),
    "pc1_ratio": ((0.985, 0.905, 0.243, 0.876, 1.63, 0.895, 0.959, 1.015, 0.245), 0.10),
    "effective_dependence": ((0.263, 0.231, 0.010, 0.222, 0.357, 0.217, 0.316, 0.272, 0.011), 0.02),
    "straight_line": ((-0.002, -0.012, -0.018, -0.011, -0.012, -0.008, 0.151, 0.002, 0.035), 0.02),
}
#: n* is a ratio: compared by its logarithm, and only where it can be resolved
PUBLISHED_WORTH = {"human": 1053, "copula": 553, "independent": 994, "variance": 16, "constraint": 593, "shift": 52,
                   "straight": 356, "collapse": 2}  # fmt: skip
PUBLISHED_AUC = {"human": 0.513, "copula": 0.649, "independent": 0.918, "variance": 0.885, "constraint": 0.727,
                 "shift": 0.780, "straight": 0.579, "copied": 0.300, "collapse": 1.0}  # fmt: skip

#: defect -> checks that must flag it (of those that this suite has)
MUST_FLAG = {
    "independent": ("slope", "pc1_ratio", "c2st"),
    "variance": ("sd_ratio", "tvd", "n_star", "c2st"),
    "constraint": ("slope", "pc1_ratio", "effective_dependence", "c2st"),
    "shift": ("tvd", "n_star", "c2st"),
    "straight": ("straight_line",),
    "copied": ("exact_copies", "reference_copies", "c2st_copies"),
    "collapse": ("tvd", "n_star", "sd_ratio", "slope", "c2st"),
}


def complete_cases(path):
    """(n, 25) answers 1 … 6 and (n, 2) sex and education, people with all 25 answers."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if all(row[item] not in ("", "NA") for item in ITEMS)]
    answers = np.array([[int(row[item]) for item in ITEMS] for row in rows])
    background = [
        [None if row[name] in ("", "NA") else int(row[name]) for name in ("gender", "education")] for row in rows
    ]
    return answers, background


def from_scores(scores, people):
    """Answers with the margins of `people` from (n, 25) normal scores."""
    columns = []
    for score, answer in zip(scores.T, people.T, strict=True):
        below = np.cumsum(np.bincount(answer, minlength=7)[1:]) / len(answer)
        columns.append(np.searchsorted(below[:-1], norm.cdf(score)) + 1)
    return np.column_stack(columns)


def normal_scores(matrix, n, rng):
    values, vectors = np.linalg.eigh(matrix)
    root = vectors * np.sqrt(np.maximum(values, 1e-6))
    scores = rng.standard_normal((n, len(matrix))) @ root.T
    return scores / np.sqrt((root**2).sum(axis=1))


def straight_liners(people, rng):
    lazy, answers = rng.random(len(people)) < 0.15, people.copy()
    for block in range(5):
        answers[lazy, 5 * block : 5 * block + 5] = rng.integers(1, 7, lazy.sum())[:, None]
    return answers


def planted(reference, people, rng):
    """Panel name -> answers; `people` themselves are the human ceiling."""
    matrix = np.corrcoef(people.T)
    signs = np.sign(matrix[:, ITEMS.index("A4")])
    n = len(people)
    return {
        "human": people,
        "copula": from_scores(normal_scores(matrix, n, rng), people),
        "independent": np.column_stack([rng.permutation(column) for column in people.T]),
        "variance": from_scores(0.6 * normal_scores(matrix, n, rng), people),
        "constraint": from_scores(normal_scores(0.75 * matrix + 0.25 * np.outer(signs, signs), n, rng), people),
        "shift": np.clip(people + (rng.random(people.shape) < 0.35), 1, 6),
        "straight": straight_liners(people, rng),
        "copied": reference[rng.integers(0, len(reference), n)],
        "collapse": np.clip(np.round(people.mean(axis=0) + rng.normal(0, 0.3, people.shape)), 1, 6).astype(int),
    }


@pytest.fixture(scope="module")
def panels(corpora, variable, data_set):
    """One namespace per split: the reference people and every panel, as data sets."""
    answers, background = complete_cases(corpora / "reference" / "bfi.csv")
    assert len(answers) == 2 * HALF

    def people(codes, rows, name):
        columns = [(variable(item, options=6, battery=item[0]), codes[:, j]) for j, item in enumerate(ITEMS)]
        if rows is not None:
            for k, (name_of, options) in enumerate((("gender", 2), ("education", 5))):
                kind = variable(name_of, "single", options, "background")
                columns.append((kind, [background[row][k] for row in rows]))
        return data_set(*columns, name=name)

    found = []
    for split in range(SPLITS):
        rng = np.random.default_rng(split)
        order = rng.permutation(len(answers))
        first, second = order[:HALF], order[HALF:]
        made = planted(answers[first], answers[second], rng)
        sets = {name: people(codes, second, name) for name, codes in made.items()}
        found.append(SimpleNamespace(reference=people(answers[first], first, "half A"), panels=sets))
    return found


@pytest.fixture(scope="module")
def table(panels):
    """Panel -> metric -> mean over the splits, straight from the estimators."""
    rows = {name: [metrics(split.panels[name], split.reference) for split in panels] for name in COLUMNS}
    return {name: {key: np.mean([one[key] for one in found]) for key in found[0]} for name, found in rows.items()}


def metrics(panel, reference):
    comparison = compare(panel, reference, resamples=60)
    s, h = comparison.profile("synthetic"), comparison.profile("human")
    margins = measure(s, h, comparison.questions)
    matrices = [correlations(side.scores, side.point)[0] for side in (comparison.synthetic, comparison.human)]
    pairs = np.triu_indices(len(ITEMS), 1)
    r_s, r_h = (matrix[pairs] for matrix in matrices)
    v = correlations(comparison.human.scores, comparison.human_boot)[:, pairs[0], pairs[1]].var(axis=0, ddof=1)
    blocks = [
        np.column_stack([straight_lines(side.positions[:, 5 * b : 5 * b + 5]) for b in range(5)])
        for side in (comparison.synthetic, comparison.human)
    ]
    line = [rates(block, np.ones((1, len(block)))).mean() for block in blocks]
    strength = [first_component_share(matrix) for matrix in matrices]
    return {
        "tvd": margins.tvd.mean(),
        "tvd_floor": margins.tvd_floor.mean(),
        "d2": 1e4 * margins.d2.mean(),
        # the inverse can be averaged, n* itself may be infinite
        "inverse_worth": 1 / worth_in_people(margins.d_tilde[0], margins.variance[0]),
        "sd_ratio": geometric_mean(log_sd_ratio(s.variance[0], h.variance[0])),
        "correlation_rmse": np.sqrt(((r_s - r_h) ** 2).mean()),
        "slope": structural_slope(r_s, r_h, v.mean()),
        "pc1_ratio": strength[0] / strength[1],
        "effective_dependence": effective_dependence(matrices[0]),
        "straight_line": line[0] - line[1],
    }


@pytest.mark.parametrize("metric", PUBLISHED)
def test_the_published_table_comes_back(table, metric):
    values, tolerance = PUBLISHED[metric]
    least, share = tolerance if isinstance(tolerance, tuple) else (tolerance, 0.0)
    for name, published in zip(COLUMNS, values, strict=True):
        assert table[name][metric] == pytest.approx(published, abs=max(least, share * abs(published))), name


@pytest.mark.parametrize("name", PUBLISHED_WORTH)
def test_the_published_worth_in_people_comes_back(table, name):
    assert 1 / table[name]["inverse_worth"] == pytest.approx(PUBLISHED_WORTH[name], rel=0.4)


def test_copied_people_are_worth_more_than_people(table):
    assert table["copied"]["inverse_worth"] < 1 / HALF
    assert table["copied"]["d2"] < 0


def test_the_noise_floor_is_the_published_one(table):
    assert table["human"]["tvd_floor"] == pytest.approx(0.034, abs=0.0015)


@pytest.fixture(scope="module")
def reports(panels):
    """Panel -> report of the first split; training people are the reference, as a model that copies has seen them."""
    first = panels[0]
    return {
        name: scrutinize(panel, first.reference, train=first.reference, resamples=100)
        for name, panel in first.panels.items()
    }


@pytest.mark.parametrize(("name", "published"), PUBLISHED_AUC.items())
def test_the_published_auc_comes_back(reports, name, published):
    # the published folds did not keep equal rows together: only then can copies be seen
    check = "c2st_copies" if name == "copied" else "c2st"
    assert reports[name].check(check).value == pytest.approx(published, abs=0.05)


@pytest.mark.parametrize(("name", "checks"), MUST_FLAG.items())
def test_a_planted_defect_fails_every_check_that_is_to_see_it(reports, name, checks):
    assert {check: reports[name].check(check).verdict for check in checks} == dict.fromkeys(checks, "FAIL")
    assert reports[name].summary["verdict"] == "FAIL"


@pytest.mark.parametrize(("name", "blind"), [
    ("independent", ("tvd", "d2", "n_star", "sd_ratio")),
    ("variance", ("correlation_of_correlations",)),
    ("constraint", ("sd_ratio",)),
    ("shift", ("sd_ratio", "correlation_rmse")),
    ("copied", ("tvd", "d2", "n_star", "sd_ratio", "correlation_rmse", "slope", "c2st")),
])  # fmt: skip
def test_no_single_check_suffices(reports, name, blind):
    """The blind measures: they pass a panel that is worthless."""
    assert {reports[name].check(check).verdict for check in blind} <= {"INDISTINGUISHABLE", "USABLE"}


def test_people_against_people_are_indistinguishable_in_nine_checks_of_ten(panels):
    verdicts = Counter()
    for seed, split in enumerate(panels):
        for panel, reference in ((split.panels["human"], split.reference), (split.reference, split.panels["human"])):
            report = scrutinize(panel, reference, seed=seed, resamples=100)
            verdicts.update(check.verdict for check in report.checks if check.verdict != "UNVERIFIED")
    assert verdicts["FAIL"] == 0
    assert verdicts["INDISTINGUISHABLE"] / verdicts.total() >= 0.90


@pytest.mark.parametrize("n", [40, 100])
def test_few_people_are_underpowered_and_not_failed(panels, n):
    """The same comparison with a handful of people: no verdict may be invented."""
    split = panels[0]
    report = scrutinize(split.panels["human"].rows(np.arange(n)), split.reference.rows(np.arange(n)), resamples=100)
    counts = Counter(check.verdict for check in report.checks if check.verdict != "UNVERIFIED")
    assert counts["FAIL"] == 0
    assert report.summary["verdict"] == "UNDERPOWERED"
    assert counts["UNDERPOWERED"] > counts["INDISTINGUISHABLE"]


def test_a_defect_is_still_seen_with_another_human_sample_as_ceiling(panels):
    """Train, reference and ceiling are three samples of people here."""
    split = panels[0]
    reference, ceiling = (split.reference.rows(np.arange(HALF)[part::2]) for part in (0, 1))
    people = scrutinize(split.panels["human"], reference, ceiling=ceiling, resamples=100)
    shifted = scrutinize(split.panels["shift"], reference, ceiling=ceiling, resamples=100)
    assert "FAIL" not in {check.verdict for check in people.checks}
    assert {shifted.check(name).verdict for name in ("tvd", "n_star", "c2st")} == {"FAIL"}
