"""Audience: whom a survey asks. Background questions and the margins the population has on them.

An audience is a file: `survey/audiences/NAME.json` ships with Populace, and any path to a file of the same layout
works too. Every margin says where its figures come from.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from itertools import product
from pathlib import Path
from typing import Any

from populace.errors import InstrumentError
from populace.survey.formats import native
from populace.survey.instrument import Instrument
from populace.survey.names import did_you_mean, listed
from populace.survey.question import Question

_TOP = ("id", "title", "country", "year", "language", "notes", "questions", "margins")
_MARGIN = ("variables", "unit", "figures", "source", "notes")
_UNITS = ("people", "thousand people", "percent")


@dataclass(frozen=True)
class Margin:
    """Known shares of one background question, or of several crossed."""

    #: names of the background questions
    variables: tuple[str, ...]
    #: option labels, one per question -> share of the population; sums to one
    shares: Mapping[tuple[str, ...], float]
    #: table, publisher and year
    source: str


@dataclass(frozen=True)
class Audience:
    """A population: what is asked of it beforehand, and its known margins."""

    #: short name
    id: str
    #: title for people
    title: str
    #: ISO 3166 code of the country
    country: str | None
    #: margins that a sample of it is to have
    margins: tuple[Margin, ...]
    #: the background questions, in the order they are put
    instrument: Instrument

    def __post_init__(self) -> None:
        object.__setattr__(self, "margins", tuple(self.margins))
        for question in self.questions:
            if question.role != "background" or not question.options or question.kind == "multiple":
                raise InstrumentError(
                    f"audience {self.id!r}, question {question.name!r}: expected role 'background' and one choice "
                    "among options, so that margins can be met: change it"
                )
        for margin in self.margins:
            _check_margin(self, margin)

    @property
    def questions(self) -> tuple[Question, ...]:
        """The background questions, in order."""
        return self.instrument.questions

    def __repr__(self) -> str:
        return f"Audience({self.id!r}, {len(self.questions)} questions, {len(self.margins)} margins)"


def audience(name: str | Path) -> Audience:
    """An audience that ships with Populace, by name ("us-adults"), or one of your own, by the path of its file.

    Raises `InstrumentError` naming what is wrong and where.
    """
    if Path(name).suffix == ".json":
        return _parse(_text_of(Path(name)), str(name))
    if name not in list_audiences():
        hint = did_you_mean(name, list_audiences())
        raise InstrumentError(
            f"audience {str(name)!r} is unknown{hint}; expected {listed(list_audiences())} or a .json file"
        )
    return _parse(_shipped().joinpath(f"{name}.json").read_text(encoding="utf-8"), f"audience {name!r}")


def list_audiences() -> tuple[str, ...]:
    """Names of the audiences that ship with Populace."""
    return tuple(
        sorted(file.name.removesuffix(".json") for file in _shipped().iterdir() if file.name.endswith(".json"))
    )


def _shipped() -> Any:
    return resources.files("populace.survey").joinpath("audiences")


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        reason = getattr(problem, "strerror", None) or "not UTF-8"
        raise InstrumentError(f"{path} cannot be read ({reason}); expected an audience in JSON: check it") from None


def _parse(text: str, where: str) -> Audience:
    try:
        content = json.loads(text)
    except json.JSONDecodeError as problem:
        place = f"line {problem.lineno}, column {problem.colno}"
        raise InstrumentError(f"{where}, {place}: not valid JSON ({problem.msg}): correct the file there") from None
    _check_keys(content, _TOP, ("id", "title", "questions", "margins"), where)
    instrument = native.from_dict({key: value for key, value in content.items() if key != "margins"}, where)
    margins = tuple(_margin(margin, f"{where}, margin number {i}") for i, margin in enumerate(content["margins"], 1))
    return Audience(content["id"], content["title"], content.get("country"), margins, instrument)


def _margin(content: Any, where: str) -> Margin:
    """A margin with its figures, in whatever unit they were published, turned into shares."""
    _check_keys(content, _MARGIN, ("variables", "unit", "figures", "source"), where)
    if content["unit"] not in _UNITS:
        raise InstrumentError(f"{where}: unit is {content['unit']!r}; expected one of {listed(_UNITS)}: correct it")
    figures = {tuple(labels): figure for *labels, figure in content["figures"]}
    total = sum(figures.values())
    if content["unit"] == "percent" and not 99 <= total <= 101:
        raise InstrumentError(f"{where}: the percentages sum to {total:g}; expected about 100: correct them")
    shares = {labels: figure / total for labels, figure in figures.items()}
    return Margin(tuple(content["variables"]), shares, content["source"])


def _check_keys(content: Any, known: tuple[str, ...], needed: tuple[str, ...], where: str) -> None:
    if not isinstance(content, dict):
        raise InstrumentError(f"{where}: is {content!r}; expected a mapping with {listed(needed)}: rewrite it")
    for key in content:
        if key not in known:
            raise InstrumentError(f"{where}: unknown key {key!r}{did_you_mean(key, known)}: rename or remove it")
    for key in needed:
        if key not in content:
            raise InstrumentError(f"{where}: has no {key!r}: add it")


def _check_margin(audience: Audience, margin: Margin) -> None:
    """A margin covers every combination of the options of its questions, and says so by their labels."""
    title = " x ".join(margin.variables)
    where = f"audience {audience.id!r}, margin {title!r}"
    labels = [[option.label for option in audience.instrument.question(name).options] for name in margin.variables]
    known = set(product(*labels))
    for cell in margin.shares:
        if cell not in known:
            hint = did_you_mean(cell[0], labels[0]) if len(cell) == 1 else ""
            raise InstrumentError(
                f"{where}: {listed(cell)} is no option{hint}; expected the labels of the questions: correct it"
            )
    uncovered = sorted(known - set(margin.shares))
    if uncovered:
        raise InstrumentError(f"{where}: no figure for {listed(uncovered[0])}; expected one for every option: add it")
    if min(margin.shares.values()) < 0 or abs(sum(margin.shares.values()) - 1) > 1e-6:
        raise InstrumentError(f"{where}: the shares are negative or do not sum to one: correct them")
    if not margin.source.strip():
        raise InstrumentError(f"{where}: has no source; expected table, publisher and year: say where it comes from")
