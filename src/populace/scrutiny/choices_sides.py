"""Choice tasks of a panel, of people and of baselines, coded together so that a level means the same on every side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import polars as pl

from populace.analysis.choice import NONE, Attribute, ChoiceTasks, attribute_names, choice_tasks, part_worth_matrix
from populace.analysis.choice_prices import with_prices
from populace.analysis.choice_records import KEYS, answered, checked
from populace.analysis.maxdiff import best_worst_records, maxdiff_tasks
from populace.errors import DataError, UsageError
from populace.survey.names import RESPONDENT_ID, did_you_mean, listed, shown

__all__ = ["Choices", "coded", "people_of"]

Found = TypeVar("Found")


@dataclass(frozen=True)
class Choices:
    """The choices of all sides, coded alike."""

    #: side ("synthetic", "human", perhaps "ceiling", "baseline NAME") -> its tasks
    sides: Mapping[str, ChoiceTasks]
    #: attributes and their levels; one attribute "item" for MaxDiff
    attributes: tuple[Attribute, ...]
    #: could respondents choose nothing?
    none: bool
    #: (part-worths, K) matrix that turns coefficients into part-worths
    worths: np.ndarray
    #: seed of every random number
    seed: int
    #: attribute in units of money, or None
    price: str | None = None
    #: what was left out, and how prices were read
    remarks: tuple[str, ...] = ()

    @property
    def best_worst(self) -> bool:
        """Are these tasks of MaxDiff?"""
        return len(self.attributes) == 1 and self.attributes[0].name == "item"

    @property
    def names(self) -> list[str]:
        """Names of the part-worths, in the order of `worths`: "brand: Oak", "price: per unit", or the item."""
        if self.best_worst:
            return list(self.attributes[0].levels)
        found = [f"{a.name}: {level}" for a in self.attributes for level in (a.levels or ("per unit",))]
        return found + ["none of these"] * self.none


def coded(
    frames: Mapping[str, pl.DataFrame], attributes: Sequence[str] | None, levels: Mapping[str, Sequence[str]] | None,
    price: str | None, seed: int,
) -> Choices:  # fmt: skip
    """All sides as tasks of one design. Raises `DataError` that names the side, `UsageError`."""
    for side, frame in frames.items():
        _check_records(side, frame)
    if not _of_one_kind(frames):
        return _coded_conjoint(frames, attributes, levels, price, seed)
    if attributes or levels or price:
        raise UsageError(
            "attributes, levels and price are of conjoint tasks; these choices are best-worst: leave them out"
        )
    return _coded_best_worst(frames, seed)


def people_of(tasks: ChoiceTasks, persons: np.ndarray) -> ChoiceTasks:
    """The tasks of these persons (sorted, none twice), who are numbered from 0."""
    place = np.full(len(tasks.ids), -1)
    place[persons] = np.arange(len(persons))
    kept = tasks.take(place[tasks.persons] >= 0)
    return replace(kept, persons=place[kept.persons], ids=tuple(tasks.ids[i] for i in persons))


# ------------------------------------------------------------------------------------------- what is refused


def _check_records(side: str, frame: pl.DataFrame) -> None:
    """Refuse what are no records of choices at all."""
    absent = [name for name in (RESPONDENT_ID, "task") if name not in frame.columns]
    if absent:
        raise DataError(
            f"{side} choices have no column {absent[0]!r}{did_you_mean(absent[0], frame.columns)}; expected choice "
            f"records, one row per alternative shown, with {', '.join(KEYS)} and attributes (MaxDiff: item and "
            "best_worst): rename the column, or compare data sets of answers without choice tasks"
        )
    if not frame.height:
        raise DataError(f"{side} choices have no rows; expected one per alternative shown: pass the records")


def _of_one_kind(frames: Mapping[str, pl.DataFrame]) -> bool:
    """Are all best-worst? Raises `DataError` where sides are of two kinds."""
    kinds = {side: "item" in frame.columns and "chosen" not in frame.columns for side, frame in frames.items()}
    odd = next((side for side, kind in kinds.items() if kind != kinds["human"]), None)
    if odd is not None:
        raise DataError(f"{odd} choices are not of the kind of the human ones (best-worst or chosen): pass the same")
    return kinds["human"]


def _named(side: str, made: Callable[[], Found]) -> Found:
    """What `made` returns; an error it raises says which side it is about."""
    try:
        return made()
    except DataError as problem:
        raise DataError(f"{side} {problem}") from None


def _check_people(sides: Mapping[str, ChoiceTasks]) -> None:
    for side, tasks in sides.items():
        if len(tasks.ids) < 2:
            raise DataError(
                f"{side} choices are of {len(tasks.ids)} respondent; expected two or more, since nothing is known of "
                "how far one is from another: add people"
            )


def _check_levels(name: str, seen: Mapping[str, set[str]]) -> None:
    """Refuse a level that only one side was shown."""
    for side, own in seen.items():
        for owner, other, lacks in ((side, "human", own - seen["human"]), ("human", side, seen["human"] - own)):
            if lacks:
                raise DataError(
                    f"{name} {shown(min(lacks))} is in the {owner} choices and never in the {other} ones"
                    f"{did_you_mean(min(lacks), seen[other] - seen[owner])}; expected the same levels on every side: "
                    "recode one side, or leave its tasks out"
                )


# ------------------------------------------------------------------------------------------------ conjoint


def _coded_conjoint(
    frames: Mapping[str, pl.DataFrame], attributes: Sequence[str] | None, levels: Mapping | None, price: str | None,
    seed: int,
) -> Choices:  # fmt: skip
    found = {side: _named(side, lambda frame=frame: answered(checked(frame))) for side, frame in frames.items()}
    names = _named("human", lambda: attribute_names(found["human"][0], attributes))
    kept = {side: _columns(side, frame, names) for side, (frame, _) in found.items()}
    joined, levels = _joined(kept, names, levels or {}, price)
    joined, noted = with_prices(joined, price, levels)
    _check_price(price, names)
    tasks, coded_as, _ = choice_tasks(joined, names, levels)
    sides = {side: _of_side(tasks, f"{k}:") for k, side in enumerate(frames)}
    _check_people(sides)
    none = tasks.names[-1] == NONE
    _check_spread(sides, tasks.names, none)
    remarks = [f"{side.capitalize()}: {remark}" for side, (_, left) in found.items() for remark in left]
    return Choices(sides, coded_as, none, part_worth_matrix(coded_as, none), seed, price, (*noted, *remarks))


def _columns(side: str, frame: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """Keys and attributes of one side; keys as words, since tools write them in different types."""
    absent = [name for name in names if name not in frame.columns]
    if absent:
        hint = did_you_mean(absent[0], frame.columns)
        raise DataError(f"{side} choices have no column {absent[0]!r}{hint}; expected the attributes of people: add it")
    return frame.select(pl.col(*KEYS[:3]).cast(pl.String), KEYS[3], *names)


def _check_price(price: str | None, names: Sequence[str]) -> None:
    if price is not None and price not in names:
        raise DataError(f"price {price!r} is no attribute{did_you_mean(price, names)}; expected {listed(names)}")


def _joined(
    frames: Mapping[str, pl.DataFrame], names: Sequence[str], levels: Mapping[str, Sequence[str]], price: str | None
) -> tuple[pl.DataFrame, dict[str, Sequence[str]]]:
    """All records, respondents told apart by side, and the order of levels: what is given, or people's own."""
    order = dict(levels)
    for name in names:
        columns = {side: frame[name] for side, frame in frames.items()}
        numbers = {side: column.dtype.is_numeric() for side, column in columns.items()}
        words = name in levels or not all(numbers.values())
        if words and name not in levels and any(numbers.values()):
            odd = next(side for side, kind in numbers.items() if kind != numbers["human"])
            raise DataError(
                f"attribute {name!r} is numbers on one side and words on the other ({odd} and human choices): write it "
                "alike on both sides"
            )
        columns = {side: column.cast(pl.String if words else pl.Float64) for side, column in columns.items()}
        if words and name != price:
            _check_levels(f"level of {name!r}", {s: set(c.drop_nulls().to_list()) for s, c in columns.items()})
            own = frames["human"][name].dtype
            order |= {name: own.categories.to_list()} if own == pl.Enum and name not in levels else {}
        frames = {side: frame.with_columns(columns[side]) for side, frame in frames.items()}
    return _stacked(frames), order


def _stacked(frames: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    ids = pl.col(RESPONDENT_ID)
    return pl.concat(
        [f.with_columns(pl.format(f"{k}:{{}}", ids).alias(RESPONDENT_ID)) for k, f in enumerate(frames.values())]
    )


def _of_side(tasks: ChoiceTasks, prefix: str) -> ChoiceTasks:
    """The tasks of the respondents with this prefix, numbered from 0."""
    return people_of(tasks, np.flatnonzero([name.startswith(prefix) for name in tasks.ids]))


def _check_spread(sides: Mapping[str, ChoiceTasks], names: Sequence[str], none: bool) -> None:
    """Refuse a number, or the option of choosing nothing, that varied on one side only."""
    varied = {side: np.ptp(tasks.design, axis=0) > 0 for side, tasks in sides.items()}
    for side, own in varied.items():
        for k in np.flatnonzero(own != varied["human"]):
            what = (
                "the option of choosing nothing"
                if none and k == len(names) - 1
                else f"different values of {names[k]!r}"
            )
            raise DataError(
                f"only one of the {side} and human choices was shown {what}; expected the same attributes: leave it "
                "out, or recode one side"
            )


# ------------------------------------------------------------------------------------------------- MaxDiff


def _coded_best_worst(frames: Mapping[str, pl.DataFrame], seed: int) -> Choices:
    found = {side: _named(side, lambda frame=frame: best_worst_records(frame)) for side, frame in frames.items()}
    keys = pl.col(RESPONDENT_ID, "task").cast(pl.String)
    kept = {side: frame.with_columns(keys) for side, (frame, _) in found.items()}
    _check_levels("item", {side: set(frame["item"].to_list()) for side, frame in kept.items()})
    tasks, items = maxdiff_tasks(_stacked(kept))
    sides = {side: _of_side(tasks, f"{k}:") for k, side in enumerate(frames)}
    _check_people(sides)
    attributes = (Attribute("item", items),)
    remarks = tuple(f"{side.capitalize()}: {remark}" for side, (_, left) in found.items() for remark in left)
    return Choices(sides, attributes, False, part_worth_matrix(attributes, False), seed, None, remarks)
