"""Choice-based conjoint: what each feature adds to an offer, what it is worth, and which offer would be chosen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from populace.analysis import charts
from populace.analysis.choice import NONE, Attribute, choice_tasks, coded_columns, part_worth_matrix
from populace.analysis.choice_people import synthetic_note
from populace.analysis.choice_prices import with_prices
from populace.analysis.conjoint_fit import Holdout, Utilities, fitted, held_out
from populace.analysis.estimate import Estimate
from populace.analysis.result import Result, Table
from populace.analysis.theme import Spec
from populace.data.dataset import DataSet
from populace.errors import DataError
from populace.survey.names import did_you_mean, listed, shown

__all__ = ["conjoint", "Conjoint", "importance_shares", "Offers", "preference_shares"]

METHODS = ("hb", "logit")


@dataclass(frozen=True, eq=False)
class Offers(Result):
    """Shares of preference among offers."""

    analysis = "conjoint_shares"

    #: name of every offer -> its share
    shares: Mapping[str, Estimate]
    #: "preference" (logit shares of every person, averaged) or "first" (everybody takes the best)
    rule: str
    #: that the choices are synthetic
    marks: tuple[str, ...] = ()

    def tables(self) -> tuple[Table, ...]:
        rows = tuple((name, share) for name, share in self.shares.items())
        return (Table("Share of choices among these offers", ("offer", "share"), rows),)

    def chart(self) -> Spec:
        rows = [{"name": k, "value": e.value, "low": e.low, "high": e.high} for k, e in self.shares.items()]
        return charts.bars(rows, "Share of choices")

    def notes(self) -> tuple[str, ...]:
        how = {
            "preference": "Chances of choice of every person, averaged.",
            "first": "Everybody takes the offer of highest utility.",
        }[self.rule]
        return (
            how,
            "Shares of preference among offers that all know and find on the shelf, not market shares: awareness, "
            "distribution and habit are not in them.",
            *self.marks,
        )

    def definitions(self) -> Mapping[str, str]:
        return {"share": "Share of choices that the offer would get if people chose among exactly these offers."}


@dataclass(frozen=True, eq=False)
class Conjoint(Result):
    """Part-worths, importance, willingness to pay, and the share simulator."""

    analysis = "conjoint"

    #: attributes of the alternatives
    attributes: tuple[Attribute, ...]
    #: could respondents choose nothing?
    none: bool
    #: "hb" or "logit"
    method: str
    #: attribute that is a price, or None
    price: str | None
    #: coefficients
    utilities: Utilities
    #: (T,) root of the likelihood: people in order ("hb"), or one value for all
    fit: np.ndarray
    #: prediction of choices held out, or None
    holdout: Holdout | None
    #: what was left out, how the fit went
    remarks: tuple[str, ...]

    @cached_property
    def part_worths(self) -> dict[tuple[str, str], Estimate]:
        """(attribute, level) -> mean utility; levels of an attribute sum to zero; a number has "per unit"."""
        matrix = part_worth_matrix(self.attributes, self.none)
        found = self._estimates(lambda b, w: w @ b @ matrix.T)
        return dict(zip(self._names, found, strict=True))

    @cached_property
    def importance(self) -> dict[str, Estimate]:
        """Attribute -> its range of utility as a share of all ranges, averaged over people."""
        found = self._estimates(lambda b, w: w @ importance_shares(b, self.attributes))
        return dict(zip([attribute.name for attribute in self.attributes], found, strict=True))

    @cached_property
    def willingness_to_pay(self) -> dict[tuple[str, str], Estimate | None]:
        """(attribute, level) -> price difference that offsets the level against the first one, or one unit of a number.

        −Δu/β_price of the mean person; None where the price effect is not surely negative. Empty without a price.
        """
        if self.price is None:
            return {}
        values, point = self.utilities.estimate(lambda b, w: w @ b @ self._contrasts.T)
        slope, others = values[:, 0], values[:, 1:]
        if np.mean(slope >= 0) > 0.025 or point[0] >= 0:
            return dict.fromkeys(self._compared)
        found = _intervals(-others / slope[:, None], -point[1:] / point[0], self.utilities.n)
        return dict(zip(self._compared, found, strict=True))

    def shares(
        self, offers: Mapping[str, Mapping[str, Any]], none: bool | None = None, rule: str = "preference"
    ) -> Offers:
        """Which of these offers people would choose; each gives a level or number to every attribute.

        `none`: may they choose nothing (default: if they could in the tasks)? `rule`: "preference" or "first".
        """
        if rule not in ("preference", "first"):
            raise DataError(f"rule is {shown(rule)}; expected 'preference' or 'first': choose one")
        design = self._designed(offers, self.none if none is None else none)
        found = self._estimates(lambda b, w: w @ preference_shares(b @ design.T, rule))
        names = [*offers, *([NONE] if len(design) > len(offers) else [])]
        marks = tuple(remark for remark in self.remarks if remark.startswith("SYNTHETIC"))
        return Offers(dict(zip(names, found, strict=True)), rule, marks)

    def individual(self) -> pl.DataFrame:
        """One row a person: respondent_id and part-worths, for further analysis. Raises `DataError` with "logit"."""
        if not self.utilities.ids:
            raise DataError("a plain logit has no individual utilities; expected method 'hb': fit with it")
        worths = self.utilities.point @ part_worth_matrix(self.attributes, self.none).T
        names = [f"{attribute}: {level}" for attribute, level in self._names]
        return pl.DataFrame({"respondent_id": self.utilities.ids}).hstack(pl.DataFrame(worths, schema=names))

    def tables(self) -> tuple[Table, ...]:
        worths = tuple((a, level, e) for (a, level), e in self.part_worths.items())
        ranked = tuple((name, e) for name, e in sorted(self.importance.items(), key=lambda x: -x[1].value))
        paid = tuple((a, level, e) for (a, level), e in self.willingness_to_pay.items())
        found = [
            Table("Importance of attributes", ("attribute", "importance"), ranked),
            Table("Part-worths", ("attribute", "level", "utility"), worths, ("Levels of an attribute sum to zero.",)),
        ]
        against = "Against the first level of the attribute; of a number, one unit more."
        found += [Table("Willingness to pay", ("attribute", "level", "price"), paid, (against,))] if paid else []
        return (*found, self._fit_table())

    def chart(self) -> Spec:
        ranked = sorted(self.importance.items(), key=lambda x: -x[1].value)
        rows = [{"name": name, "value": e.value, "low": e.low, "high": e.high} for name, e in ranked]
        return charts.bars(rows, "Importance")

    def notes(self) -> tuple[str, ...]:
        how = {
            "hb": "Hierarchical logit: utilities of every person. Intervals count both the sampling of people and what "
            "few choices leave open about each.",
            "logit": "One logit for all people; standard errors are robust and clustered by respondent.",
        }[self.method]
        ranges = "Importance depends on the range of levels shown: a wider range of prices makes price more important."
        unknown = self.price is not None and None in self.willingness_to_pay.values()
        reason = f"No willingness to pay: a higher {self.price!r} does not surely lower the utility."
        return (how, ranges, *([reason] if unknown else []), *self.remarks)

    def definitions(self) -> Mapping[str, str]:
        return {
            "importance": "Range of utility between an attribute's best and worst level, as a share of all ranges, "
            "averaged over people.",
            "utility": "Mean part-worth: what the level adds to the utility, in units of the logit.",
            "price": "Price difference that offsets the level: minus the difference in utility over the price effect.",
            "value": "Quality of the fit, as the row says.",
        }

    def _fit_table(self) -> Table:
        """People, tasks predicted, and how well."""
        rows: list[tuple] = [("respondents", self.utilities.n)]
        middle = float(np.median(self.fit))
        rows.append(("root likelihood (median person)" if self.method == "hb" else "root likelihood", middle))
        if self.holdout is not None:
            rows += [
                ("held-out choices", self.holdout.tasks),
                ("held-out choices predicted", self.holdout.hits),
                ("predicted by a guess", self.holdout.chance),
                ("root likelihood, held out", self.holdout.likelihood),
            ]
        note = "Root likelihood: geometric mean of the chance given to what was chosen; 1/J for guessing among J."
        return Table("Fit", ("what", "value"), tuple(rows), (note,))

    def _estimates(self, statistic: Callable) -> list[Estimate]:
        return _intervals(*self.utilities.estimate(statistic), self.utilities.n)

    @cached_property
    def _names(self) -> list[tuple[str, str]]:
        names = [(a.name, level) for a in self.attributes for level in (a.levels or ("per unit",))]
        return names + [(NONE, "against the average offer")] * self.none

    @cached_property
    def _compared(self) -> list[tuple[str, str]]:
        others = [a for a in self.attributes if a.name != self.price]
        return [(a.name, level) for a in others for level in (a.levels[1:] or ("per unit",))]

    @cached_property
    def _contrasts(self) -> np.ndarray:
        """(1 + compared, K): price per unit, then every level less the first of its attribute, or a number's unit."""
        matrix = part_worth_matrix(self.attributes, self.none)
        row = {name: matrix[i] for i, name in enumerate(self._names)}
        first = {a.name: row[a.name, a.levels[0]] for a in self.attributes if a.levels}
        rows = [row[self.price, "per unit"]]
        rows += [row[a, level] - first.get(a, 0.0) for a, level in self._compared]
        return np.array(rows)

    def _designed(self, offers: Mapping[str, Mapping[str, Any]], none: bool) -> np.ndarray:
        """(offers, K) rows of the design, choosing nothing last."""
        if none and not self.none:
            raise DataError("respondents could not choose nothing in these tasks, so its share is unknown: none=False")
        if len(offers) + none < 2:
            raise DataError(f"{len(offers)} offers to choose from; expected two or more: add what it competes with")
        for name, offer in offers.items():
            self._check_offer(name, offer)
        parts = [coded_columns(a, [offer[a.name] for offer in offers.values()]) for a in self.attributes]
        design = np.hstack(parts)
        if self.none:
            design = np.hstack([design, np.zeros((len(design), 1))])
        return np.vstack([design, np.eye(design.shape[1])[-1:]]) if none else design

    def _check_offer(self, name: str, offer: Mapping[str, Any]) -> None:
        known = [attribute.name for attribute in self.attributes]
        wrong = [key for key in offer if key not in known]
        if wrong:
            hint = did_you_mean(wrong[0], known)
            raise DataError(f"offer {name!r}: no attribute {wrong[0]!r}{hint}; expected {listed(known)}: rename it")
        absent = [key for key in known if key not in offer]
        if absent:
            raise DataError(f"offer {name!r} does not say its {listed(absent)}; expected every attribute: add it")


def conjoint(
    choices: pl.DataFrame,
    attributes: Sequence[str] | None = None,
    price: str | None = None,
    levels: Mapping[str, Sequence[str]] | None = None,
    respondents: DataSet | None = None,
    method: str = "hb",
    holdout: int = 1,
    draws: int = 300,
    burn: int = 1500,
    thin: int = 5,
    seed: int = 1,
) -> Conjoint:
    """Analyse choice tasks in long records (see `populace.analysis.choice`).

    `price`: an attribute in units of money, for willingness to pay; words such as "$0.99" are read as numbers (see
    `choice_prices`). `respondents`: the same people's data set, for weights. `method`: "hb" (utilities of every
    person) or "logit" (one for all). `holdout`: tasks per person kept out of a first fit, drawn by `seed`, to say how
    well choices are predicted; the reported fit uses all tasks. `draws`, `burn`, `thin`: length of the chain of "hb".
    Raises `DataError`.
    """
    if method not in METHODS:
        raise DataError(f"method is {shown(method)}{did_you_mean(method, METHODS)}; expected 'hb' or 'logit'")
    read, noted = with_prices(choices, price, levels or ())
    tasks, coded, remarks = choice_tasks(read, attributes, levels, respondents)
    _check_price(price, coded)
    settings = (method, coded, draws, burn, thin, seed)
    checked, more = held_out(tasks, holdout, settings)
    found, fit, rest = fitted(tasks, *settings)
    none = tasks.names[-1] == NONE
    remarks = (*noted, *remarks, *more, *rest, *synthetic_note(choices, respondents))
    return Conjoint(coded, none, method, price, found, fit, checked, remarks)


def importance_shares(coefficients: np.ndarray, attributes: Sequence[Attribute]) -> np.ndarray:
    """(n, A) range of utility of every attribute over the sum of ranges, person by person.

    A number's range is that of the values shown. Reference: Orme 2010, chapter 9. Example: attribute A with levels
    worth −1 and 1, attribute B with levels −.5 and .5: ranges 2 and 1, importance ⅔ and ⅓.
    """
    ranges, column = [], 0
    for attribute in attributes:
        part = coefficients[:, column : column + attribute.width]
        shown_at = attribute.levels or [*attribute.limits]
        ranges.append(np.ptp(part @ coded_columns(attribute, shown_at).T, axis=1))
        column += attribute.width
    ranges = np.column_stack(ranges)
    return ranges / np.maximum(ranges.sum(axis=1, keepdims=True), 1e-300)


def preference_shares(utilities: np.ndarray, rule: str = "preference") -> np.ndarray:
    """(n, offers) chances of choice from (n, offers) utilities: logit, or 1 for the best.

    Example: utilities 0 and ln 3: ¼ and ¾; by the rule "first" 0 and 1.
    """
    if rule == "first":
        return np.eye(utilities.shape[1])[utilities.argmax(axis=1)]
    powers = np.exp(utilities - utilities.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _check_price(price: str | None, attributes: Sequence[Attribute]) -> None:
    if price is None:
        return
    known = {attribute.name: attribute for attribute in attributes}
    if price not in known:
        raise DataError(f"price {price!r} is no attribute{did_you_mean(price, known)}; expected {listed(known)}")
    if known[price].levels:
        raise DataError(
            f"price {price!r} has levels of its own, such as {known[price].levels[0]!r}; expected a number: leave it "
            "out of 'levels'"
        )


def _intervals(values: np.ndarray, point: np.ndarray, n: int) -> list[Estimate]:
    """Estimates from (D, m) draws and (m,) point values."""
    low, high = np.percentile(values, [2.5, 97.5], axis=0)
    low, high = np.minimum(low, point), np.maximum(high, point)
    return [Estimate(float(p), float(a), float(b), n) for p, a, b in zip(point, low, high, strict=True)]
