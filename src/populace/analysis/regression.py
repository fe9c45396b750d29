"""Regression: how an outcome changes with each predictor while the others stay the same, linear or logistic.

Coefficients with standard errors of the sampling design, by linearisation (`design_based.regression`). Which predictor
matters most is another question: `key_drivers` answers it. Formulas and how to read them: docs/methods/regression.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from populace.analysis import charts, design_based
from populace.analysis.breakdown import option_place, option_words
from populace.analysis.columns import event_of, numbers
from populace.analysis.design_based import Linear, Significance, t_test, wald
from populace.analysis.estimate import Estimate
from populace.analysis.outcome import LINEAR, OutcomeResult, outcome_of
from populace.analysis.result import Table
from populace.analysis.theme import Spec
from populace.data.codebook import Variable
from populace.data.dataset import DataSet
from populace.data.design import Design, design_of
from populace.errors import DataError
from populace.survey.names import listed

#: interviews with all answers that a model needs besides one a coefficient
LEAST = 10
#: odds ratios beyond this are not written: the coefficient is
_MOST_ODDS = 1e6

__all__ = ["Coefficient", "regression", "RegressionResult"]


@dataclass(frozen=True)
class Coefficient:
    """One coefficient."""

    #: name of the predictor, "" for the intercept
    name: str
    #: the predictor in words, and the option it is about
    label: str
    #: change of the outcome (of its log odds) for one more; None where the sample gives no error
    estimate: Estimate | None
    #: its standard error, and the test that it is nought; None where the sample gives none
    error: float | None
    test: Significance | None


@dataclass(frozen=True)
class RegressionResult(OutcomeResult):
    """A regression of one outcome."""

    analysis: ClassVar[str] = "regression"

    #: the intercept first
    coefficients: tuple[Coefficient, ...]
    #: predictors of several columns -> the test that all of them are nought together; None where there is none
    tests: Mapping[str, Significance | None]
    #: the test that all coefficients but the intercept are nought
    all_together: Significance | None
    #: weighted R², or McFadden's
    r2: float
    #: interviews with all answers, and their Kish effective number
    n: int
    effective: float
    #: what a reader has to know
    remarks: tuple[str, ...] = ()

    def tables(self) -> tuple[Table, ...]:
        """Coefficients, tests of predictors with several columns, and the model."""
        several = [self._several()] if self.tests else []
        return (self._coefficients(), *several, self._model())

    def chart(self) -> Spec | None:
        """Coefficients with intervals, without the intercept."""
        known = [one for one in self.coefficients[1:] if one.estimate is not None]
        rows = [
            {"name": one.label, "value": one.estimate.value, "low": one.estimate.low, "high": one.estimate.high}
            for one in known
        ]
        return charts.dots(rows, f"Change of the {self._scale} for one more", 0.0) if rows else None

    def notes(self) -> tuple[str, ...]:
        """How to read it."""
        return (
            f"A coefficient says by how much the {self._scale} differs between people who differ by one in this "
            "predictor and by nothing in the others; it is no proof of cause.",
            *self.remarks,
        )

    def definitions(self) -> Mapping[str, str]:
        """What the columns mean."""
        return {
            "coefficient": f"Change of the {self._scale} for one more, with its 95 % interval (t, design-based).",
            "odds ratio": "e to the power of the coefficient: factor of the odds for one more.",
            "standard error": "By linearisation, with weights, strata and clusters.",
            "p": "Probability of a coefficient at least as far from nought when it is nought in truth.",
        }

    @property
    def _scale(self) -> str:
        return "outcome" if self.kind == "linear" else "log odds of the outcome"

    def _coefficients(self) -> Table:
        odds = ("odds ratio",) if self.kind == "logistic" else ()
        heads = ("term", "coefficient", *odds, "standard error", "t", "p")
        rows = tuple(
            (
                one.label,
                one.estimate,
                *((_odds(one.estimate),) if odds else ()),
                one.error,
                one.test.statistic if one.test else None,
                _p_words(one.test),
            )
            for one in self.coefficients
        )
        return Table(f"Regression of {self.outcome}: {self.label}", heads, rows)

    def _several(self) -> Table:
        rows = tuple((name, *_f_words(test)) for name, test in self.tests.items())
        return Table(
            "Predictors of several columns, as a whole", ("predictor", "Wald F", "degrees of freedom", "p"), rows
        )

    def _model(self) -> Table:
        f, df, p = _f_words(self.all_together)
        rows = (
            ("interviews", self.n),
            ("effective number", self.effective),
            (self.r2_name, self.r2),
            ("Wald F of all predictors", f),
            ("degrees of freedom", df),
            ("p", p),
        )
        note = f"{self.r2_name} describes these interviews and has no interval here: key_drivers gives it one."
        return Table("The model", ("figure", "value"), rows, (note,))


def regression(
    data: DataSet,
    outcome: str,
    predictors: Sequence[str],
    event: Sequence[int | str] | None = None,
    reference: Mapping[str, Any] | None = None,
) -> RegressionResult:
    """Linear or logistic regression with standard errors of the sampling design.

    outcome: an ordered or numeric variable (linear, ordered answers by rank from 0), or one with two options, of which
    the second is the event (logistic). `event`: codes that count as the event, for any closed outcome. predictors:
    ordered, two-option and numeric variables enter as one column, others as one column for each option but one.
    `reference`: predictor -> that option (code or label), the first on the scale unless said. Interviews without an
    answer to all are left out. Formula: `design_based.regression`. Raises `DataError` for outcomes that do not vary or
    are predicted perfectly, predictors made of others, and too few interviews.
    """
    _check_named(data, outcome, predictors, reference or {})
    design = design_of(data)
    y, family, words = outcome_of(data, outcome, event)
    said = f"The outcome counts {outcome} = {words}." if family == "logistic" else LINEAR
    known = ~np.isnan(y) & (design.weights > 0)
    parts = [_columns_of(data, name, (reference or {}).get(name)) for name in predictors]
    for part in parts:
        known &= ~np.isnan(part.values).any(axis=1)
    parts, gone = _varying([part.seen(known) for part in parts])
    x = np.column_stack([np.ones(data.n), *(part.values for part in parts)])
    _check_size(int(known.sum()), x.shape[1], data, outcome, y[known])
    found = design_based.regression(y, x, design, family, known)
    if found.df.max() <= 0:
        raise DataError(
            f"the sample has no degrees of freedom left for {x.shape[1]} coefficients (clusters less strata); expected "
            "more clusters than strata and coefficients: use fewer predictors"
        )
    remarks = (
        said,
        *gone,
        *_left_out(known, design),
        *(f"{p.label}: against {p.against}." for p in parts if p.against),
    )
    return _result(data, outcome, family, found, parts, (y, x, known), (*remarks, design.words, *data.synthetic_note))


@dataclass(frozen=True, eq=False)
class _Part:
    """Columns of one predictor."""

    name: str
    label: str
    #: (n, q) numbers, NaN for no answer
    values: np.ndarray
    #: what each column is about, "" for the number itself
    options: tuple[str, ...]
    #: option that the columns are compared with
    against: str = ""

    def seen(self, known: np.ndarray) -> _Part:
        """Only columns that vary among these interviews."""
        kept = [j for j, column in enumerate(self.values.T) if len(np.unique(column[known])) > 1]
        options = tuple(self.options[j] for j in kept)
        return _Part(self.name, self.label, self.values[:, kept], options, self.against)


def _columns_of(data: DataSet, name: str, reference: Any) -> _Part:
    variable = data.codebook.variable(name)
    if variable.scored:
        values = numbers(data, name)[:, None]
        return _Part(name, variable.short, values, (_one_more(variable),))
    if not variable.closed:
        raise DataError(f"predictor {name!r} is open text; expected options or numbers: take it out")
    places = numbers(data, name, nominal=True)
    words, codes = option_words(variable), [option.code for option in variable.scale]
    base = 0 if reference is None else _place(variable, reference, codes)
    others = [k for k in range(len(codes)) if k != base]
    values = np.where(np.isnan(places)[:, None], np.nan, places[:, None] == others)
    labels = {option.code: word for option, word in zip(variable.options, words, strict=True)}
    return _Part(name, variable.short, values, tuple(labels[codes[k]] for k in others), labels[codes[base]])


def _place(variable: Variable, reference: Any, codes: Sequence[int | str]) -> int:
    code = variable.options[option_place(variable, reference)].code
    if code not in codes:
        raise DataError(
            f"reference {reference!r} of {variable.name!r} is not on the scale; expected one of {listed(codes)}: "
            "choose another option"
        )
    return list(codes).index(code)


def _one_more(variable: Variable) -> str:
    """What one more means, "" for numbers and scales."""
    return event_of(variable).label if variable.closed and len(variable.scale) == 2 else ""


def _check_named(data: DataSet, outcome: str, predictors: Sequence[str], reference: Mapping[str, Any]) -> None:
    if isinstance(predictors, str) or not len(predictors):
        raise DataError(f"predictors are {predictors!r}; expected a list of one name or more: write them as a list")
    twice = [name for name in predictors if list(predictors).count(name) > 1]
    if twice or outcome in predictors:
        raise DataError(f"variable {(twice or [outcome])[0]!r} is named twice; expected each once: take one out")
    for name in (outcome, *predictors):
        data.codebook.variable(name)
    stray = [name for name in reference if name not in predictors or data.codebook.variable(name).scored]
    if stray:
        raise DataError(
            f"reference names {stray[0]!r}, which is no predictor with options without order; expected one of the "
            "predictors that become several columns: take it out"
        )


def _varying(parts: list[_Part]) -> tuple[list[_Part], tuple[str, ...]]:
    """Predictors that vary, and a remark on the others; raises where none does."""
    kept = [part for part in parts if part.values.shape[1]]
    gone = [part.name for part in parts if not part.values.shape[1]]
    if not kept:
        raise DataError(
            f"all interviews give one answer to {listed(gone)}; expected a predictor that varies: choose others"
        )
    return kept, (f"Left out, because all gave one answer: {', '.join(gone)}.",) if gone else ()


def _check_size(n: int, columns: int, data: DataSet, outcome: str, y: np.ndarray) -> None:
    if n < LEAST + columns:
        raise DataError(
            f"{n:,} of {data.n:,} interviews answered the outcome and all predictors; expected {LEAST + columns} or "
            "more: leave out predictors that few were asked"
        )
    if len(np.unique(y)) < 2:
        raise DataError(f"all {n:,} interviews give one answer to {outcome!r}; expected an outcome that varies")


def _left_out(known: np.ndarray, design: Design) -> tuple[str, ...]:
    gone = int(((design.weights > 0) & ~known).sum())
    return (f"{gone:,} interviews left out: no answer to one of the questions.",) if gone else ()


def _result(
    data: DataSet,
    outcome: str,
    family: str,
    found: Linear,
    parts: Sequence[_Part],
    arrays: tuple[np.ndarray, np.ndarray, np.ndarray],
    remarks: tuple[str, ...],
) -> RegressionResult:
    names = ["", *(part.name for part in parts for _ in part.options)]
    labels = ["(intercept)", *(_label(part, option) for part in parts for option in part.options)]
    figures = zip(names, labels, found.estimates(), found.errors.tolist(), t_test(found), strict=True)
    coefficients = tuple(
        Coefficient(name, label, estimate, error if test else None, test)
        for name, label, estimate, error, test in figures
    )
    blocks = {part.name: [j for j, name in enumerate(names) if name == part.name] for part in parts}
    tests = {part.label: wald(_of(found, blocks[part.name])) for part in parts if len(part.options) > 1}
    y, x, known = arrays
    r2 = _r2(family, y[known], (x @ found.values)[known], found.design.weights[known])
    n = int(known.sum())
    rest = _of(found, range(1, len(names)))
    label = data.codebook.variable(outcome).short
    return RegressionResult(outcome, label, family, coefficients, tests, wald(rest), r2, n, float(found.n[0]), remarks)


def _label(part: _Part, option: str) -> str:
    return f"{part.label}: {option}" if option else part.label


def _of(found: Linear, places: Sequence[int]) -> Linear:
    """These coefficients only."""
    return found.contrast(np.eye(len(found.values))[list(places)])


def _r2(family: str, y: np.ndarray, predicted: np.ndarray, weights: np.ndarray) -> float:
    """Linear: 1 − Σw(y − ŷ)²/Σw(y − ȳ)²; logistic: McFadden's 1 − ln L/ln L₀ (McFadden 1974)."""
    mean = np.average(y, weights=weights)
    if family == "linear":
        return float(1 - weights @ (y - predicted) ** 2 / (weights @ (y - mean) ** 2))
    full = weights @ (y * predicted - np.logaddexp(0, predicted))
    return float(1 - full / (weights.sum() * (mean * np.log(mean) + (1 - mean) * np.log(1 - mean))))


def _odds(estimate: Estimate | None) -> Estimate | None:
    if estimate is None or estimate.high > np.log(_MOST_ODDS):
        return None
    return Estimate(*(float(np.exp(part)) for part in (estimate.value, estimate.low, estimate.high)), estimate.n)


def _p_words(test: Significance | None) -> str | None:
    return None if test is None else "< .001" if test.p < 0.001 else f"{test.p:.3f}"


def _f_words(test: Significance | None) -> tuple[float | None, str | None, str | None]:
    if test is None:
        return None, None, None
    return test.statistic, f"{test.df:.0f}, {test.df_sample:.0f}", _p_words(test)
