"""Plan: what is asked, in which order, and what is known of the respondents beforehand. Made once per run.

A plan is plain data: it can be sent to other processes, and any span of its respondents can be interviewed alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from populace.data.codebook import RESPONDENT, Codebook, Variable, variable_of
from populace.data.dataset import DataSet
from populace.errors import CannotAnswer, DataError, InputError, PopulaceError
from populace.models.base import Told
from populace.prompts.bins import Bins
from populace.prompts.prompt import Prompt
from populace.prompts.render import bins_of, prompt_of
from populace.simulation.chance import respondent_keys
from populace.simulation.recorded import recorded
from populace.survey import expression_checks
from populace.survey.instrument import Instrument
from populace.survey.names import listed, shown
from populace.survey.question import Item
from populace.survey.reach import reach
from populace.survey.routing import routing_problems


@dataclass(frozen=True)
class Known:
    """A variable that respondents have answered beforehand."""

    #: name of the column
    name: str
    #: how it is put to the model
    prompt: Prompt
    #: bins of a numeric variable
    bins: Bins | None = None

    def choices(self, dataset: DataSet) -> np.ndarray:
        """(n,) position of every answer among the prompt's options, -1 = none."""
        return self.bins.positions(dataset.values(self.name)) if self.bins else dataset.positions(self.name)


@dataclass(frozen=True)
class Plan:
    """Everything that determines a panel, except the model."""

    #: what is asked
    instrument: Instrument
    #: whom: ids, backgrounds, and columns that are carried along
    people: DataSet
    #: what they have already answered elsewhere, or None
    given: DataSet | None
    #: (n,) row of each respondent in `given`, -1 = none
    given_rows: np.ndarray
    #: backgrounds that are told to the model
    backgrounds: tuple[Known, ...]
    #: given answers that are told to the model
    earlier: tuple[Known, ...]
    #: prompts that can be told before anybody is asked: of all questions in which no words are filled in
    prompts: tuple[Prompt, ...]
    #: name -> code -> label, of the closed backgrounds that a condition or a wording may name
    labels: Mapping[str, Mapping[int | str, str]]
    #: year of fieldwork and country, as far as they are known
    place: tuple[int | None, str | None]
    #: item -> code in PEOPLE -> code in the panel, for items that PEOPLE have answered as a background
    copied: Mapping[str, Mapping[int | str, int | str] | None]
    #: (n,) keys of the random numbers
    keys: np.ndarray
    #: what determines the random numbers
    seed: int
    #: codebook of the panel
    codebook: Codebook
    #: open-text items that are left out
    left_out: tuple[str, ...]
    #: what the user should know
    notes: tuple[str, ...]

    @property
    def n(self) -> int:
        """Number of interviews."""
        return self.people.n

    @property
    def n_asked(self) -> int:
        """Answers per interview, at most."""
        return sum(not item.open for item in self.instrument.items()) - len(self.copied)

    @property
    def settled(self) -> frozenset[str]:
        """Items that are not asked: known beforehand, or left out."""
        return frozenset({*self.copied, *self.left_out})


def make_plan(
    instrument: Instrument,
    people: DataSet,
    given: DataSet | None = None,
    seed: int = 0,
    skip_open: bool = False,
) -> Plan:
    """Check that this instrument can be put to these people, and settle how.

    Raises `InstrumentError`, `DataError` or `CannotAnswer` naming the question or column, and the remedy.
    """
    found = obstacles(instrument, skip_open, people)
    if found:
        raise found[0]
    check_backgrounds(people)
    left_out = _open_items(instrument)
    place = (instrument.year, instrument.country or people.codebook.extra.get("country"))
    told, silent = _known(people, people.names("background"), *place)
    notes = [f"PEOPLE: {name!r} tells nothing ({why}) and is not shown to the model" for name, why in silent]
    changed = [*people.notes, *(given.notes if given is not None else ())]
    given, rows, earlier, more = _given(given, people, instrument, place)
    copied = _copied(instrument, people)
    if left_out:
        notes.append(f"open-text {listed(left_out)} left out: no model here can write text")
    return Plan(
        instrument=instrument,
        people=people.keep(_carried(people)),
        given=given,
        given_rows=rows,
        backgrounds=told,
        earlier=earlier,
        prompts=tuple(_prompts(instrument, {*copied, *left_out}, place)),
        labels=_labels(people),
        place=place,
        copied=copied,
        keys=respondent_keys(seed, people.respondent_ids),
        seed=seed,
        codebook=_codebook(instrument, people, copied, left_out),
        left_out=left_out,
        notes=(*changed, *notes, *more),
    )


def check_backgrounds(people: DataSet) -> None:
    """Every background has wording, and options or numbers; otherwise a model could make nothing of it."""
    for variable in people.codebook.by_role("background"):
        problem = None
        if not variable.text.strip():
            problem = "has no wording in the codebook; a model reads the words: write its 'text'"
        elif variable.type == "text":
            problem = "holds text; expected options or numbers: code it, or change its role to 'design'"
        if problem:
            raise DataError(f"{people.source or people.id}: background {variable.name!r} {problem}")


# -- what is known ---------------------------------------------------------------------------------------------------


def told_by(people: DataSet, year: int | None = None, country: str | None = None) -> list[Told]:
    """The backgrounds of these people, as a model is told of them."""
    told, _ = _known(people, people.names("background"), year, country)
    return [Told(known.prompt, known.choices(people), background=True) for known in told]


def _known(
    dataset: DataSet, names: tuple[str, ...], year: int | None, country: str | None
) -> tuple[tuple[Known, ...], list[tuple[str, str]]]:
    """The variables that say something, and (name, why not) of the others."""
    told, silent = [], []
    for name in names:
        variable = dataset.codebook.variable(name)
        why = _silence(variable, dataset)
        if why:
            silent.append((name, why))
            continue
        item = variable.to_item()
        if variable.type == "numeric":
            bins = bins_of(item, dataset.values(name))
            told.append(Known(name, prompt_of(item, year, country, bins), bins))
        else:
            told.append(Known(name, prompt_of(item, year, country)))
    return tuple(told), silent


def _silence(variable: Variable, dataset: DataSet) -> str | None:
    """Why a variable cannot be told to a model, or None when it can."""
    if not variable.text.strip():
        return "no wording"
    if variable.type == "text":
        return "text"
    if variable.type == "numeric":
        values = dataset.values(variable.name)
        return None if len(np.unique(values[~np.isnan(values)])) > 1 else "fewer than two different values"
    return None if len(variable.options) > 1 else "only one option"


def _given(
    given: DataSet | None, people: DataSet, instrument: Instrument, place: tuple[int | None, str | None]
) -> tuple[DataSet | None, np.ndarray, tuple[Known, ...], list[str]]:
    """Given answers that inform: the rows they stand in, and what they are. Never to items that are asked."""
    if given is None:
        return None, np.full(people.n, -1), (), []
    rows = _matched(given, people)
    taken = {item.name for item in instrument.items()} | set(people.names("background"))
    names = [name for role in ("background", "question") for name in given.names(role) if name not in taken]
    told, silent = _known(given, tuple(names), *place)
    notes = []
    absent = int((rows < 0).sum())
    if absent:
        notes.append(f"{absent:,} of {people.n:,} respondents have no given answers: they answer from their background")
    if silent:
        notes.append(
            f"{len(silent):,} given variables cannot be told (text, one option or no wording) and are left out"
        )
    if not told:
        notes.append("the given answers hold nothing but what is asked or already known: they inform nothing")
    return given.keep(known.name for known in told), rows, told, notes


def _matched(given: DataSet, people: DataSet) -> np.ndarray:
    """(n,) row of every respondent in `given`, -1 = none; ids are compared as written."""
    ids = [str(respondent) for respondent in given.respondent_ids.tolist()]
    row_of = {respondent: row for row, respondent in enumerate(ids)}
    if len(row_of) < len(ids):
        raise DataError(
            f"{given.source or 'the given answers'}: {len(ids) - len(row_of):,} rows repeat a respondent_id; "
            "expected one interview each: keep one wave"
        )
    asked = [str(respondent) for respondent in people.respondent_ids.tolist()]
    rows = np.array([row_of.get(respondent, -1) for respondent in asked], dtype=np.int64)
    if people.n and not (rows >= 0).any():
        raise DataError(
            f"none of the {len(set(asked)):,} respondent_ids of PEOPLE (such as {listed(asked[:3])}) is among the "
            f"{len(ids):,} of the given answers (such as {listed(ids[:3])}); expected the same people: check the ids"
        )
    return rows


# -- what is asked ---------------------------------------------------------------------------------------------------


def obstacles(instrument: Instrument, skip_open: bool = False, people: DataSet | None = None) -> list[PopulaceError]:
    """Everything in an instrument that cannot be put to respondents, in the order of its questions.

    Each is the error that `make_plan` would raise, so that a check beforehand says the same. `people`: whom it is put
    to; their backgrounds are copied rather than asked, and conditions may name them. Without them a name that no
    question has is taken for a background.
    """
    known = set() if people is None else set(people.names("background"))
    silent = set(_open_items(instrument))
    details = {item.name for item in instrument.items() if item.specifies}
    open_items = set() if skip_open else silent - details
    beforehand = None if people is None else _beforehand(people)
    found: list[PopulaceError] = list(routing_problems(instrument, beforehand, silent))
    if any("unsupported(" in str(problem) for problem in found):
        # what could not be translated stops a run only where somebody can come to it
        nobody = reach(instrument).unreachable
        found = list(routing_problems(instrument, beforehand, silent, nobody))
    for question in instrument.questions:
        found += [_unwritten(item) for item in question.items() if item.name in open_items]
        found += [problem for item in question.items() if item.name not in known and (problem := _unbounded(item))]
    return found


def _beforehand(people: DataSet) -> dict[str, expression_checks.Known]:
    """What conditions may name of respondents."""
    return {
        name: expression_checks.known_item(people.codebook.variable(name).to_item())
        for name in people.names("background")
    }


def _labels(people: DataSet) -> dict[str, dict[int | str, str]]:
    known = _beforehand(people)
    return {name: dict(zip(one.codes, one.labels, strict=True)) for name, one in known.items() if one.labels}


def _unwritten(item: Item) -> CannotAnswer:
    return CannotAnswer(
        f"question {item.name!r} asks for text, which no model here can write; "
        "expected closed or numeric questions: remove it, or leave text out with skip_open=True (--skip-open)"
    )


def _unbounded(item: Item) -> InputError | None:
    """Why a number cannot be asked for, or None when it can or the item is none."""
    if item.numeric is None:
        return None
    try:
        bins_of(item)
    except InputError as problem:
        return problem
    return None


def _open_items(instrument: Instrument) -> tuple[str, ...]:
    """Names of open-text items."""
    return tuple(item.name for item in instrument.items() if item.open)


def _prompts(instrument: Instrument, settled: set[str], place: tuple[int | None, str | None]) -> Iterator[Prompt]:
    """How items are put, for a model that reads texts ahead; those with words to be filled in are made when asked."""
    for item in instrument.items():
        if item.name in settled or item.open or "${" in item.text or len(item.options) == 1:
            continue
        yield prompt_of(item, *place, bins_of(item) if item.numeric else None)


# -- the panel -------------------------------------------------------------------------------------------------------


def _copied(instrument: Instrument, people: DataSet) -> dict[str, Mapping[int | str, int | str] | None]:
    """Items that PEOPLE have answered as a background, with their codes translated; None = numbers."""
    known = set(people.names("background"))
    copied = {}
    for item in instrument.items():
        if item.name in known:
            variable = people.codebook.variable(item.name)
            _check_wording(item, variable)
            copied[item.name] = _translation(item, variable)
    return copied


def _check_wording(item: Item, variable: Variable) -> None:
    """A question in other words is another question: its answer is neither copied nor asked under the same name."""
    if _plain_words(item.text) != _plain_words(variable.text):
        raise DataError(
            f"item {item.name!r} asks {shown(item.text)}, and the background of that name in PEOPLE was asked as "
            f"{shown(variable.text)}; expected the same wording where an answer is to be copied: give both the same "
            "wording if it is one question, or rename one of the two so that the item is asked"
        )


def _plain_words(text: str) -> str:
    """Wording without case, spacing and punctuation, which do not make another question; signs such as < and $ do."""
    return " ".join(re.findall(r"\w+|[+<>=$€£%]", unicodedata.normalize("NFKC", text).casefold()))


def _translation(item: Item, variable: Variable) -> dict[int | str, int | str] | None:
    if item.numeric and variable.type == "numeric":
        return None
    if variable.codes == tuple(option.code for option in item.options) and variable.type == "multi_item":
        return dict(zip(variable.codes, variable.codes, strict=True))
    codes = {option.label.casefold().strip(): option.code for option in item.options}
    strange = [option.label for option in variable.options if option.label.casefold().strip() not in codes]
    if not variable.closed or strange:
        raise DataError(
            f"item {item.name!r} is a background of PEOPLE with other answers ({listed(strange) or variable.type}); "
            "expected the same options, so that what is known can be copied: make them alike or rename one of the two"
        )
    return {option.code: codes[option.label.casefold().strip()] for option in variable.options}


def _carried(people: DataSet) -> list[str]:
    """Columns of PEOPLE that the panel needs: what tells interviews apart, backgrounds, the weight."""
    weight = [people.codebook.weight] if people.codebook.weight else []
    return list(dict.fromkeys([*people.names("design"), *people.names("background"), *weight]))


def _codebook(
    instrument: Instrument, people: DataSet, copied: Mapping[str, object], left_out: tuple[str, ...]
) -> Codebook:
    """respondent_id, what is carried along, then one variable per item; what was known beforehand is background."""
    items = [item for item in instrument.items() if item.name not in left_out]
    asked = {item.name for item in items}
    beside = [one.variable for one in recorded(instrument)]
    taken = asked | {variable.name for variable in beside}
    carried = [people.codebook.variable(name) for name in _carried(people) if name not in taken]
    variables = [
        replace(variable_of(item), role="background") if item.name in copied else variable_of(item) for item in items
    ]
    empty = Codebook.from_instrument(instrument)
    extra = {**empty.extra, "weight": people.codebook.weight}
    return Codebook(instrument.id, instrument.title, (RESPONDENT, *carried, *variables, *beside), extra)


def column_of(item: Item, positions: np.ndarray) -> pl.Series:
    """The codes of these positions (-1 = null), in the same type for every batch."""
    codes = [option.code for option in item.options]
    if isinstance(codes[0], str):
        return pl.Series(item.name, [*codes, None], dtype=pl.String).gather(positions % (len(codes) + 1))
    small = max(map(abs, codes)) < 2**15
    values = pl.Series(item.name, np.array(codes, dtype=np.int16 if small else np.int64)[positions])
    return values if (positions >= 0).all() else values.set(pl.Series(positions < 0), None)
