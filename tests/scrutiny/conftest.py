"""Small data sets made by hand, and samples as arrays."""

import numpy as np
import polars as pl
import pytest

from populace.data.codebook import Codebook, Variable
from populace.data.dataset import DataSet
from populace.scrutiny.sample import Question, Sample
from populace.survey.scale import Option


@pytest.fixture(scope="session")
def variable():
    """Make a variable: options 1 … K with labels, or no options for numbers and text."""

    def make(name, kind="ordinal", options=5, role="question", battery=None, missing=0, labels=None):
        labels = labels or [f"answer {code + 1}" for code in range(options)]
        codes = [Option(code + 1, label) for code, label in enumerate(labels)]
        codes += [Option(90 + k, f"no answer {k}", missing=True) for k in range(missing)]
        closed = kind in ("ordinal", "single", "multi_item")
        return Variable(name, f"What about {name}?", kind, tuple(codes) if closed else (), role, battery)

    return make


@pytest.fixture(scope="session")
def data_set():
    """Make a data set from (variable, column) pairs; None and NaN are no answer."""

    def make(*pairs, name="people", ids=None, weight=None):
        size = len(pairs[0][1])
        columns = {"respondent_id": pl.Series(range(size) if ids is None else ids)}
        for variable, column in pairs:
            values = [None if value is None or value != value else value for value in np.asarray(column).tolist()]
            columns[variable.name] = pl.Series(values, strict=False)
        variables = [Variable("respondent_id", "Respondent", "text", role="id"), *(variable for variable, _ in pairs)]
        extra = {"weight": weight} if weight else {}
        return DataSet(pl.DataFrame(columns), Codebook(name, name, tuple(variables), extra), name)

    return make


@pytest.fixture(scope="session")
def survey(variable, data_set):
    """Make people who answer `items` five-point questions in two batteries from one opinion, of two sexes."""

    def make(n, seed, items=6, name="people", loading=0.8, gap=0.5, drift=0.2):
        rng = np.random.default_rng(seed)
        sex = rng.integers(1, 3, n)
        opinion = rng.standard_normal(n) + gap * (sex == 2)
        pairs = [(variable("sex", "single", 2, "background"), sex)]
        for j in range(items):
            answer = loading * opinion + rng.standard_normal(n) + drift * j
            codes = np.searchsorted([-1.2, -0.4, 0.4, 1.2], answer) + 1
            pairs.append((variable(f"q{j}", battery="first" if j < 3 else "second"), codes))
        return data_set(*pairs, name=name)

    return make


@pytest.fixture(scope="session")
def question():
    """Make a question as the checks see it."""

    def make(name="q", kind="ordinal", options=5, battery=None):
        labels = tuple(str(code) for code in range(options))
        return Question(name, kind, tuple(range(options)), labels, np.ones(options, dtype=bool), battery)

    return make


@pytest.fixture(scope="session")
def sample():
    """Make a sample from (n, Q) positions, -1 for no answer."""

    def make(positions, weights=None):
        positions = np.asarray(positions, dtype=np.int32)
        scores = np.where(positions >= 0, positions, np.nan).astype(float)
        weights = np.ones(len(positions)) if weights is None else np.asarray(weights, dtype=float)
        return Sample(positions, scores, weights, np.arange(len(positions)))

    return make


@pytest.fixture(scope="session")
def scale(variable, data_set):
    """Make people with one opinion and five questions of a battery, the last one the other way round."""

    def make(n, seed, agree=0.0, loadings=(1.2, 1.1, 1.0, 0.9, -1.2), mean=0.0, battery="b", missing=0.0):
        rng = np.random.default_rng(seed)
        opinion = rng.standard_normal(n) + mean
        pairs = []
        for j, loading in enumerate(loadings):
            codes = np.searchsorted([-1.5, -0.5, 0.5, 1.5], loading * opinion + rng.standard_normal(n) + agree) + 1
            column = np.where(rng.random(n) < missing, np.nan, codes)
            pairs.append((variable(f"q{j}", battery=battery), column))
        return data_set(*pairs)

    return make
