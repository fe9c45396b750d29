"""Prices: what people find cheap and expensive (Van Westendorp), and how many buy at a price (Gabor-Granger)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import isotonic_regression

from populace.analysis import charts
from populace.analysis.columns import Columns, columns_of, complete
from populace.analysis.estimate import Estimate, bootstrap_interval
from populace.analysis.result import Result, Table
from populace.analysis.theme import Spec
from populace.data.dataset import DataSet
from populace.errors import DataError
from populace.survey.names import listed

__all__ = [
    "crossing",
    "gabor_granger",
    "GaborGranger",
    "sensitivity_curves",
    "trial",
    "van_westendorp",
    "VanWestendorp",
]

#: calibrated chance of buying for purchase intentions from surely not to surely (Newton, Miller & Smith 1993)
CALIBRATION = (0.0, 0.1, 0.3, 0.5, 0.7)
#: prices at which revenue is looked at, besides those that were named
FINE = 400
#: points of a curve that are drawn
DRAWN = 60
#: resamples with a crossing below which there is no interval, as a share
LEAST_CROSSING = 0.9

POINTS = {
    "marginal cheapness": "Below this price more people find it too cheap than not cheap (too cheap × not cheap).",
    "marginal expensiveness": "Above it more people find it too expensive than not expensive "
    "(too expensive × not expensive).",
    "indifference": "As many people find it cheap as expensive (cheap × expensive).",
    "optimal": "As many people find it too cheap as too expensive (too cheap × too expensive).",
}


@dataclass(frozen=True, eq=False)
class VanWestendorp(Result):
    """Where the four curves of the price sensitivity meter cross."""

    analysis = "van_westendorp"

    #: name of the point (see `POINTS`) -> price, or None where the curves do not cross
    points: Mapping[str, Estimate | None]
    #: prices of the curves, increasing
    prices: np.ndarray
    #: name of the curve -> share of people at each price
    curves: Mapping[str, np.ndarray]
    #: price of highest trial and of highest revenue with purchase intentions; empty without
    optima: Mapping[str, Estimate]
    #: (prices,) expected share who buy, and None without purchase intentions
    trial: np.ndarray | None
    #: interviews behind it
    n: int
    #: what was left out
    remarks: tuple[str, ...]

    def tables(self) -> tuple[Table, ...]:
        rows = tuple((name, estimate) for name, estimate in (self.points | dict(self.optima)).items())
        first = Table("Prices", ("point", "price"), rows)
        columns = ("price", *self.curves, *(("trial",) if self.trial is not None else ()))
        shown = _spread(len(self.prices), 25)
        values = [self.prices, *self.curves.values(), *([self.trial] if self.trial is not None else [])]
        curves = tuple(tuple(float(value[i]) for value in values) for i in shown)
        return (first, Table("Share of people by price", columns, curves))

    def chart(self) -> Spec:
        shown = _spread(len(self.prices), DRAWN)
        rows = [
            {"x": float(self.prices[i]), "y": float(curve[i]), "series": name}
            for name, curve in self.curves.items()
            for i in shown
        ]
        return charts.lines(rows, "Price", "Share of people", ".0%")

    def notes(self) -> tuple[str, ...]:
        what = "What people say of prices, without competitors and without paying: a range to test, not a forecast."
        return (what, *(f"{name.capitalize()}: {words}" for name, words in POINTS.items()), *self.remarks)

    def definitions(self) -> Mapping[str, str]:
        return POINTS | {
            "price": "Price at the point named in the row.",
            "too cheap": "Share of people who name this price or a higher one as too cheap.",
            "cheap": "Share of people who name this price or a higher one as cheap.",
            "expensive": "Share of people who name this price or a lower one as expensive.",
            "too expensive": "Share of people who name this price or a lower one as too expensive.",
            "trial": "Expected share who buy at this price (Newton, Miller & Smith).",
        }


@dataclass(frozen=True, eq=False)
class GaborGranger(Result):
    """How many would buy at each price, and where revenue is highest."""

    analysis = "gabor_granger"

    #: prices asked, increasing
    prices: tuple[float, ...]
    #: share who would buy at each price, as answered
    bought: tuple[Estimate, ...]
    #: share who would buy, smoothed so that it never rises with the price
    demand: tuple[Estimate, ...]
    #: price × demand (or margin × demand, with a unit cost), per person
    revenue: tuple[Estimate, ...]
    #: price of highest revenue among those asked, with the range it takes in resamples
    optimum: Estimate
    #: prices that were the optimum in resamples -> how often
    contenders: Mapping[float, float]
    #: unit cost that revenue is counted after
    cost: float
    #: interviews behind it
    n: int
    #: what was left out
    remarks: tuple[str, ...]

    def tables(self) -> tuple[Table, ...]:
        money = "profit" if self.cost else "revenue"
        best = (("optimal price", self.optimum),)
        elastic = [None, *_elasticities(self.prices, [e.value for e in self.demand])]
        rows = tuple(zip(self.prices, self.bought, self.demand, self.revenue, elastic, strict=True))
        shares = tuple((p, s) for p, s in self.contenders.items())
        curve = Table("Demand and revenue by price", ("price", "would buy", "demand", money, "elasticity"), rows)
        often = Table("Where the optimum lay in resamples", ("price", "share of resamples"), shares)
        return (Table("Optimum", ("what", "price"), best), curve, often)

    def chart(self) -> Spec:
        rows = [
            {"x": price, "y": e.value, "low": e.low, "high": e.high, "series": "demand"}
            for price, e in zip(self.prices, self.demand, strict=True)
        ]
        top = max((e.value for e in self.revenue), default=0.0)
        name = f"{'profit' if self.cost else 'revenue'} (share of its maximum)"
        rows += [
            {"x": price, "y": e.value / top, "low": None, "high": None, "series": name}
            for price, e in zip(self.prices, self.revenue, strict=True)
            if top > 0
        ]
        return charts.lines(rows, "Price", "Share of people", ".0%")

    def notes(self) -> tuple[str, ...]:
        what = "Stated purchase is higher than real purchase, and more so the cheaper the promise: use it to compare."
        how = "Demand is the answers smoothed so that fewer people buy at a higher price (isotonic regression)."
        where = "The optimum is one of the prices asked; its interval is the range it takes in resamples of people."
        return (how, where, what, *self.remarks)

    def definitions(self) -> Mapping[str, str]:
        money = "price less unit cost" if self.cost else "price"
        return {
            "would buy": "Share of those asked this price who would buy, as answered.",
            "demand": "Share who would buy, smoothed so that it never rises with the price.",
            "revenue": "Price times demand, per person of the population.",
            "profit": "Price less unit cost, times demand, per person of the population.",
            "elasticity": "Change of demand in per cent per per cent of price, between this price and the one before.",
            "price": f"Price at which {money} times demand is highest.",
            "share of resamples": "How often this price had the highest revenue.",
        }


# ------------------------------------------------------------------------------------------- Van Westendorp


def van_westendorp(
    data: DataSet,
    too_cheap: str,
    cheap: str,
    expensive: str,
    too_expensive: str,
    intent: tuple[str, str] | None = None,
    calibration: Sequence[float] = CALIBRATION,
    resamples: int = 200,
    seed: int = 1,
) -> VanWestendorp:
    """Price sensitivity meter from four numeric questions.

    People whose four prices are not in order are left out. `intent`: two ordered questions, how surely one would buy at
    one's cheap and at one's expensive price; they give trial and revenue by price (Newton, Miller & Smith 1993), with
    `calibration` the chance of buying from the lowest to the highest answer. Raises `DataError`.
    """
    names = (too_cheap, cheap, expensive, too_expensive)
    for name in names:
        if data.codebook.variable(name).type != "numeric":
            raise DataError(f"price question {name!r} is not numeric; expected prices: choose another question")
    columns = complete(columns_of(data, [*names, *(intent or ())]))
    columns, remarks = _in_order(columns)
    prices = columns.values[:, :4]
    chance = _chances(data, columns, intent, calibration)
    grid = np.unique(prices)
    draws = columns.resampled(resamples, seed)
    shares = sensitivity_curves(prices, draws, grid)
    points, more = _points(grid, shares, columns.effective_n)
    curves = dict(zip(("too cheap", "cheap", "expensive", "too expensive"), shares[:, 0], strict=True))
    tried, optima = _tried(prices, chance, draws, grid, columns.effective_n)
    return VanWestendorp(
        points, grid, curves, optima, tried, columns.n, (*columns.notes, *remarks, *more, *data.synthetic_note)
    )


def sensitivity_curves(prices: np.ndarray, weights: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """(4, R, G) shares of people at every price of the grid, for every row of weights (R, n).

    prices (n, 4): too cheap, cheap, expensive, too expensive. The first two count people who named this price or a
    higher one, the last two this price or a lower one. Example: two people say cheap at 3 and at 5: at 4 one half
    find it cheap.
    """
    total = weights.sum(axis=1, keepdims=True)
    found = []
    for k in range(4):
        place = np.searchsorted(grid, prices[:, k])
        at = np.zeros((len(grid), len(weights)))
        np.add.at(at, place, weights.T)
        named = at.T
        up = named.cumsum(axis=1)
        found.append((total - up + named if k < 2 else up) / total)
    return np.clip(np.array(found), 0.0, 1.0)


def crossing(grid: np.ndarray, falling: np.ndarray, rising: np.ndarray) -> float | None:
    """Price at which a falling and a rising curve meet, straight lines between grid points; None where they do not.

    Where they coincide over a range its middle is taken. Example: prices 1 and 2, falling (1, 0), rising (0, 1): 1.5.
    """
    gap = rising - falling
    below, above = np.flatnonzero(gap < -1e-12), np.flatnonzero(gap > 1e-12)
    if not len(below) or not len(above):
        return None
    low, high = int(below[-1]), int(above[0])
    if high > low + 1:  # equal in between
        return float((grid[low + 1] + grid[high - 1]) / 2)
    step = -gap[low] / (gap[high] - gap[low])
    return float(grid[low] + step * (grid[high] - grid[low]))


def trial(prices: np.ndarray, chance: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """(n, G) chance that each person buys at each price: 0 up to the too cheap price and from the too expensive one on,
    `chance` (n, 2) at the cheap and the expensive price, straight lines between them.

    Reference: Newton, Miller & Smith 1993. Example: prices 1, 2, 4, 5 and chances .7 and .3: at 3 the chance is .5.
    """
    ends = np.zeros((len(prices), 1))
    heights = np.hstack([ends, chance, ends])
    # rounded, so that what lies within the tiny gaps of `_strictly` is 0
    return np.array([np.interp(grid, *_strictly(x, y)) for x, y in zip(prices, heights, strict=True)]).round(6)


def _strictly(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points with ties in x apart, so that a jump stays a jump and the buying prices keep their chance."""
    apart = x + np.array([-2e-9, -1e-9, 1e-9, 2e-9]) * max(1.0, abs(x[-1]))
    return apart, y


def _in_order(columns: Columns) -> tuple[Columns, list[str]]:
    """Without people whose prices contradict one another."""
    prices = columns.values[:, :4]
    fine = (np.diff(prices, axis=1) >= 0).all(axis=1) & (prices >= 0).all(axis=1)
    wrong = int((~fine).sum())
    if fine.sum() < 2:
        raise DataError(
            f"only {fine.sum():,} of {columns.n:,} interviews have prices in order; expected too cheap ≤ cheap ≤ "
            "expensive ≤ too expensive: check which question is which"
        )
    share = wrong / columns.n
    return columns.take(fine), [
        f"{wrong:,} of {columns.n:,} interviews ({share:.0%}) left out: prices out of order."
    ] * (wrong > 0)


def _points(grid: np.ndarray, shares: np.ndarray, n: float) -> tuple[dict[str, Estimate | None], list[str]]:
    """The four crossings with intervals from the resamples, and why one is not there."""
    too_cheap, cheap, expensive, too_expensive = shares
    pairs = {
        "marginal cheapness": (too_cheap, 1 - cheap),
        "marginal expensiveness": (1 - expensive, too_expensive),
        "indifference": (cheap, expensive),
        "optimal": (too_cheap, too_expensive),
    }
    found, remarks = {}, []
    for name, (falling, rising) in pairs.items():
        values = [crossing(grid, f, r) for f, r in zip(falling, rising, strict=True)]
        found[name] = _of_resamples(values, n)
        if found[name] is None:
            remarks.append(f"No price of {name}: the two curves do not cross, or not in most resamples.")
    return found, remarks


def _of_resamples(values: Sequence[float | None], n: float) -> Estimate | None:
    """Point (first) with the percentile interval of the others; None where too few have a value."""
    drawn = [value for value in values[1:] if value is not None]
    if values[0] is None or len(drawn) < LEAST_CROSSING * (len(values) - 1):
        return None
    return bootstrap_interval(values[0], np.array(drawn), n)


def _chances(
    data: DataSet, columns: Columns, intent: tuple[str, str] | None, calibration: Sequence[float]
) -> np.ndarray | None:
    """(n, 2) calibrated chances of buying at the cheap and the expensive price, or None."""
    if intent is None:
        return None
    for name in intent:
        steps = len(data.codebook.variable(name).scale)
        if steps != len(calibration):
            raise DataError(
                f"intention {name!r} has {steps} answers and the calibration {len(calibration)} chances; expected one "
                "for each, from the lowest answer to the highest: pass `calibration`"
            )
    return np.asarray(calibration, dtype=float)[columns.values[:, 4:].astype(int)]


def _tried(
    prices: np.ndarray, chance: np.ndarray | None, draws: np.ndarray, grid: np.ndarray, n: float
) -> tuple[np.ndarray | None, dict[str, Estimate]]:
    """Trial curve, and prices of highest trial and revenue."""
    if chance is None:
        return None, {}
    fine = np.union1d(grid, np.linspace(grid[0], grid[-1], FINE))
    curves = draws @ trial(prices, chance, fine) / draws.sum(axis=1, keepdims=True)
    highest = [float(fine[k]) for k in curves.argmax(axis=1)]
    earning = [float(fine[k]) for k in (curves * fine).argmax(axis=1)]
    optima = {"highest trial": _of_resamples(highest, n), "highest revenue": _of_resamples(earning, n)}
    return curves[0, np.searchsorted(fine, grid)], {
        name: estimate for name, estimate in optima.items() if estimate is not None
    }


# -------------------------------------------------------------------------------------------- Gabor-Granger


def gabor_granger(
    data: DataSet,
    prices: Mapping[str, float] | None = None,
    buy: Iterable[int | str] | None = None,
    highest: str | None = None,
    cost: float = 0.0,
    resamples: int = 200,
    seed: int = 1,
) -> GaborGranger:
    """Demand and revenue by price.

    Either `prices`: question -> the price it asked about, with `buy` the codes that mean one would buy (of a two-option
    question the last option when not given); no answer is not asked, don't know is no. Or `highest`: a numeric question
    for the highest price one would pay. `cost`: cost of one unit, to maximise profit instead. Raises `DataError`.
    """
    if (prices is None) == (highest is None):
        raise DataError("expected either `prices` (question -> price) or `highest` (one numeric question): give one")
    columns, asked, bought = _by_question(data, prices, buy) if highest is None else _by_highest(data, highest)
    draws = columns.resampled(resamples, seed)
    masses = draws @ ~np.isnan(bought)
    if not (masses[0] > 0).all():
        place = int(np.argmin(masses[0] > 0))
        raise DataError(f"nobody was asked price {asked[place]:g}; expected answers at every price: leave it out")
    shares = np.divide(draws @ np.nan_to_num(bought), masses, out=np.full(masses.shape, np.nan), where=masses > 0)
    usable = ~np.isnan(shares).any(axis=1)
    found = _curves(np.array(asked), shares[usable], masses[usable], cost, columns)
    return replace(found, remarks=(*found.remarks, *data.synthetic_note))


def _curves(prices: np.ndarray, shares: np.ndarray, masses: np.ndarray, cost: float, columns: Columns) -> GaborGranger:
    """The result from (1 + R, P) shares and numbers asked, survey weights first."""
    remarks, n = columns.notes, columns.effective_n
    demand = np.array([monotone(row, mass) for row, mass in zip(shares, masses, strict=True)])
    revenue = (prices - cost) * demand
    best = prices[revenue.argmax(axis=1)]
    if revenue[0].max() <= 0:
        remarks = (*remarks, "No price earns anything: nobody would buy above the unit cost.")
    values, counts = np.unique(best[1:], return_counts=True)
    often = {float(v): float(c / counts.sum()) for v, c in zip(values, counts, strict=True)}
    return GaborGranger(
        tuple(float(price) for price in prices),
        *(tuple(_of_resamples(list(map(float, column)), n) for column in x.T) for x in (shares, demand, revenue)),
        _of_resamples([float(price) for price in best], n),
        often,
        cost,
        columns.n,
        remarks,
    )


def monotone(shares: np.ndarray, masses: np.ndarray) -> np.ndarray:
    """Nearest shares that never rise with the price (weighted least squares, pool adjacent violators).

    Reference: Robertson, Wright & Dykstra 1988. Example: shares .6, .3, .5 of equally many people: .6, .4, .4.
    """
    return isotonic_regression(shares, weights=masses, increasing=False).x


def _elasticities(prices: Sequence[float], demand: Sequence[float]) -> list[float | None]:
    """Arc elasticity between neighbouring prices: change of demand over its middle, by that of price over its middle.

    Example: price 1 to 2, demand .6 to .3: (−.3/.45)/(1/1.5) = −1.
    """
    found = []
    for k in range(1, len(prices)):
        middle, step = (demand[k] + demand[k - 1]) / 2, (prices[k] - prices[k - 1]) / ((prices[k] + prices[k - 1]) / 2)
        found.append((demand[k] - demand[k - 1]) / middle / step if middle > 0 else None)
    return found


def _by_question(
    data: DataSet, prices: Mapping[str, float], buy: Iterable[int | str] | None
) -> tuple[Columns, list[float], np.ndarray]:
    """Columns, prices in order, and (n, P) 1 for buying, 0 for not, NaN for not asked."""
    _check_prices(list(prices.values()))
    names = sorted(prices, key=lambda name: prices[name])
    columns = columns_of(data, names, nominal=True)
    wanted = None if buy is None else set(buy)
    bought = np.column_stack([_buying(data, name, wanted)[columns.rows] for name in names])
    asked = ~np.isnan(bought).all(axis=1)
    if asked.sum() < 2:
        raise DataError(
            f"{asked.sum()} people were asked {listed(names)}; expected two or more: choose other questions"
        )
    return columns.take(asked), [float(prices[name]) for name in names], bought[asked]


def _by_highest(data: DataSet, highest: str) -> tuple[Columns, list[float], np.ndarray]:
    """The same from the highest price each would pay, at every price that somebody named."""
    if data.codebook.variable(highest).type != "numeric":
        raise DataError(
            f"question {highest!r} is not numeric; expected the highest price one would pay: choose another"
        )
    columns = complete(columns_of(data, [highest]), least=2)
    named = columns.values[:, 0]
    asked = np.unique(named[named > 0])
    _check_prices(asked.tolist())
    if len(asked) > 200:
        asked = np.unique(np.quantile(named[named > 0], np.linspace(0, 1, 101), method="nearest"))
    return columns, asked.tolist(), (named[:, None] >= asked).astype(float)


def _check_prices(prices: list) -> None:
    if len(prices) < 2 or len(set(prices)) < len(prices):
        raise DataError(f"prices are {listed(prices)}; expected two different ones or more: correct them")
    wrong = [price for price in prices if not isinstance(price, int | float) or not np.isfinite(price) or price <= 0]
    if wrong:
        raise DataError(f"price {wrong[0]!r} is not above zero; expected prices in units of money: correct it")


def _buying(data: DataSet, name: str, buy: set | None) -> np.ndarray:
    """(n,) 1 would buy, 0 would not (don't know included), NaN not asked."""
    variable = data.codebook.variable(name)
    if not variable.closed:
        raise DataError(f"question {name!r} is of type {variable.type!r}; expected options: choose another question")
    if buy is None and len(variable.scale) != 2:
        raise DataError(
            f"question {name!r} has {len(variable.scale)} answers; expected `buy`, the codes that mean one would buy: "
            f"give some of {listed(variable.codes)}"
        )
    codes = {variable.scale[-1].code} if buy is None else buy
    if not codes & set(variable.codes):
        raise DataError(f"question {name!r} has none of the codes {listed(codes)}: correct `buy`")
    table = np.array([*(float(code in codes) for code in variable.codes), np.nan])
    return table[data.positions(name)]


def _spread(size: int, most: int) -> np.ndarray:
    """Up to `most` places of 0 … size − 1, evenly spread, both ends included."""
    return np.unique(np.linspace(0, size - 1, min(size, most)).round().astype(int))
