"""Schools of the reference files with R's answers, and surveys made by hand."""

import json

import numpy as np
import polars as pl
import pytest

from populace.analysis.items import correlations
from populace.data.codebook import Codebook, Variable
from populace.data.dataset import DataSet
from populace.data.design import with_design
from populace.survey.scale import Option

#: columns of the reference files that the tests use
SCHOOL_NUMBERS = ("api00", "api99", "enroll", "api.stu", "ell", "meals", "mobility", "pw", "fpc", "dnum")
SCHOOL_WORDS = {"stype": ("E", "H", "M"), "sch.wide": ("No", "Yes"), "comp.imp": ("No", "Yes")}


@pytest.fixture(scope="session")
def golden_api(corpora):
    """R's values for the Californian schools."""
    return json.loads((corpora / "reference" / "golden.json").read_text(encoding="utf-8"))["api"]


@pytest.fixture(scope="session")
def schools(corpora):
    """Give one of the samples of schools with its design: apistrat, apiclus1 or apisrs."""
    designs = {"apistrat": {"strata": "stype"}, "apiclus1": {"cluster": "dnum"}, "apisrs": {}}

    def give(name, fpc=True):
        table = pl.read_csv(corpora / "reference" / f"{name}.csv", null_values="NA").rename({"cds": "respondent_id"})
        answers = table.select("respondent_id", *SCHOOL_WORDS, *SCHOOL_NUMBERS)
        variables = [
            *(
                Variable(word, word, "single", tuple(Option(code, code) for code in codes), "background")
                for word, codes in SCHOOL_WORDS.items()
            ),
            *(Variable(number, number, "numeric") for number in SCHOOL_NUMBERS),
        ]
        data = DataSet(answers, Codebook(name, name, tuple(variables)))
        return with_design(data, weight="pw", fpc="fpc" if fpc else None, **designs[name])

    return give


@pytest.fixture(scope="session")
def hand_made():
    """Make a survey of (variable, column) pairs; None is no answer."""

    def make(*pairs, synthetic=False, ids=None, **named):
        size = len(pairs[0][1])
        columns = {"respondent_id": list(range(size)) if ids is None else ids}
        columns |= {variable.name: pl.Series(list(column), strict=False) for variable, column in pairs}
        if ids is not None:
            columns["wave"] = list(range(size))
        if synthetic:
            columns["_synthetic"] = [True] * size
        wave = [Variable("wave", "Wave", "numeric", role="design")] if ids is not None else []
        variables = (*(variable for variable, _ in pairs), *wave)
        data = DataSet(pl.DataFrame(columns), Codebook("hand", "Made by hand", variables))
        return with_design(data, **named) if named else data

    return make


@pytest.fixture(scope="session")
def scale():
    """Make an ordinal question with options 1 … K, don't know (9) and what is off the scale (8)."""

    def make(name="tax", steps=5, off=False, first=1):
        options = [Option(first + k, f"step {first + k}") for k in range(steps)]
        options += [Option(98, "It depends", off_scale=True)] if off else []
        options += [Option(99, "Don't know", missing=True)]
        return Variable(name, f"What about {name}?", "ordinal", tuple(options))

    return make


@pytest.fixture(scope="session")
def choice():
    """Make a single question or background with these labels as codes."""

    def make(name, *labels):
        return Variable(name, f"Which {name}?", "single", tuple(Option(label, label) for label in labels), "background")

    return make


@pytest.fixture(scope="session")
def picks():
    """Make the columns of a select-all question."""

    def make(battery, *labels):
        options = (Option(1, "selected"), Option(0, "not selected"))
        return [
            Variable(f"{battery}_{k}", f"Which? {label}", "multi_item", options, battery=battery, item=label)
            for k, label in enumerate(labels, start=1)
        ]

    return make


@pytest.fixture(scope="session")
def number():
    """Make a numeric question."""
    return lambda name, role="question": Variable(name, f"How much {name}?", "numeric", role=role)


@pytest.fixture(scope="session")
def random_survey(hand_made, scale, choice, picks, number):
    """Make n people of two sexes and three towns who answer a scale, a number and a select-all question at random."""

    def make(n, seed, **named):
        rng = np.random.default_rng(seed)
        columns = picks("brands", "Acme", "Bolt", "Cord")
        return hand_made(
            (choice("sex", "man", "woman"), rng.choice(["man", "woman"], n)),
            (choice("town", "north", "south", "west"), rng.choice(["north", "south", "west"], n)),
            (scale(), rng.integers(1, 6, n)),
            (number("age"), rng.integers(18, 80, n)),
            *((column, rng.integers(0, 2, n)) for column in columns),
            (number("w", "weight"), rng.uniform(0.5, 2, n).round(3)),
            (number("stratum", "design"), rng.integers(0, 4, n)),
            (number("cluster", "design"), rng.integers(0, 12, n)),
            **named,
        )

    return make


@pytest.fixture(scope="session")
def golden(corpora):
    """R's values, by data set."""
    return json.loads((corpora / "reference" / "golden.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def bfi(corpora):
    """2,800 people on 25 items of personality with six steps, and their sex."""
    items = [f"{trait}{number}" for trait in "ACENO" for number in range(1, 6)]
    six = tuple(Option(step, f"step {step}") for step in range(1, 7))
    sexes = (Option(1, "men"), Option(2, "women"))
    variables = [Variable(item, item, "ordinal", six, battery=item[0]) for item in items]
    variables.append(Variable("gender", "Gender", "single", sexes, "background"))
    table = pl.read_csv(corpora / "reference" / "bfi.csv", null_values=["NA", ""])
    answers = table.rename({"rownames": "respondent_id"}).select("respondent_id", *items, "gender")
    return DataSet(answers, Codebook("bfi", "bfi", tuple(variables)))


@pytest.fixture(scope="session")
def bfi_correlations(bfi):
    """Correlations of the 25 items among the 2,436 people who answered all, and how many they are."""
    answers = bfi.answers.select(bfi.names("question")).drop_nulls().to_numpy().astype(float)
    return correlations(answers, np.ones(len(answers))), len(answers)


@pytest.fixture(scope="session")
def holzinger(corpora):
    """301 children of two schools on nine tests (Holzinger & Swineford 1939)."""
    tests = [f"x{number}" for number in range(1, 10)]
    schools = (Option("Pasteur", "Pasteur"), Option("Grant-White", "Grant-White"))
    variables = [Variable(test, test, "numeric") for test in tests]
    variables.append(Variable("school", "School", "single", schools, "background"))
    table = pl.read_csv(corpora / "reference" / "HS.csv", null_values="NA").rename({"id": "respondent_id"})
    return DataSet(table.select("respondent_id", *tests, "school"), Codebook("hs", "hs", tuple(variables)))


@pytest.fixture(scope="session")
def opinions():
    """Make (n, p) steps 1 … 5 of people with one opinion a factor; `shift` (n, p) is added to what they think."""

    def make(n, seed, loadings=(0.8, 0.8, 0.7, 0.7), factors=1, correlation=0.3, shift=0.0):
        rng = np.random.default_rng(seed)
        related = np.full((factors, factors), correlation) + (1 - correlation) * np.eye(factors)
        opinion = rng.multivariate_normal(np.zeros(factors), related, n)
        columns = []
        for factor in range(factors):
            for loading in loadings:
                latent = loading * opinion[:, factor] + np.sqrt(1 - loading**2) * rng.standard_normal(n)
                columns.append(latent)
        return np.searchsorted([-1.2, -0.4, 0.4, 1.2], np.column_stack(columns) + shift) + 1

    return make


@pytest.fixture(scope="session")
def battery(scale, choice, number, hand_made):
    """Make a data set of (n, p) steps: items q0, q1, …, and perhaps weights `w` and groups "a", "b" in `group`."""

    def make(steps, weights=None, groups=None, size=5):
        pairs = [(scale(f"q{j}", steps=size), [None if v != v else int(v) for v in c]) for j, c in enumerate(steps.T)]
        if groups is not None:
            pairs.append((choice("group", "a", "b"), list(groups)))
        if weights is not None:
            pairs.append((number("w", "weight"), [float(weight) for weight in weights]))
        return hand_made(*pairs, **({"weight": "w"} if weights is not None else {}))

    return make


@pytest.fixture(scope="session")
def blobs():
    """Make (n, 2) points around as many centres as there are sizes."""

    def make(seed, sizes=(60, 60, 60), far=8.0):
        rng = np.random.default_rng(seed)
        return np.vstack([rng.normal([far * j, far * (j % 2)], 1, (size, 2)) for j, size in enumerate(sizes)])

    return make


@pytest.fixture(scope="session")
def two_kinds(hand_made, scale, choice, number):
    """Two kinds of people: 60 % who like everything, 40 % who like nothing; women like more often."""

    def make(n=200, seed=0, **named):
        rng = np.random.default_rng(seed)
        kind = (rng.random(n) < 0.4).astype(int)
        level = np.where(kind, 1.5, 4.5)[:, None] + rng.choice([-0.5, 0.5], (n, 4))
        woman = rng.random(n) < np.where(kind, 0.2, 0.7)
        answers = np.clip(np.floor(level + rng.choice([0, 0, 0, 1], (n, 4))), 1, 5).astype(int)
        return hand_made(
            *((scale(f"q{j}"), answers[:, j]) for j in range(4)),
            (choice("sex", "man", "woman"), np.where(woman, "woman", "man")),
            (number("age"), rng.integers(20, 70, n)),
            (number("w", "weight"), np.where(kind, 2.0, 1.0)),
            **named,
        )

    return make


@pytest.fixture(scope="session")
def two_classes():
    """Make (n, 5) codes, −1 for none, and the kind of each of n people of two kinds, 70 % and 30 %.

    They say option 0 with chance .9 and .2 to five questions of three options.
    """

    def make(n, seed, missing=0.0):
        rng = np.random.default_rng(seed)
        kind = (rng.random(n) < 0.3).astype(int)
        first = rng.random((n, 5)) < np.where(kind, 0.2, 0.9)[:, None]
        codes = np.where(first, 0, rng.integers(1, 3, (n, 5)))
        return np.where(rng.random((n, 5)) < missing, -1, codes), kind

    return make
