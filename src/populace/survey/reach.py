"""Reach: can every question be reached, and by which answers?

Made-up respondents with the values that matter walk through the instrument; whatever they come to is proven reachable
by an example. For the others the conditions on the way are put together: when no combination of values meets them all,
that is a proof that nobody can get there; otherwise the combination is tried. What is left is not decided.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from math import prod
from typing import Any

import numpy as np

from populace.survey.expression_arrays import Chosen
from populace.survey.expression_records import Call, Expression, Truth, names_in, walk
from populace.survey.expressions import parse
from populace.survey.flow import Branch, End, Flow, Loop, ShowBlock
from populace.survey.formats.native import from_dict
from populace.survey.instrument import Block, Instrument
from populace.survey.item import Item
from populace.survey.kinds import chosen_columns, option_column
from populace.survey.question import END_OF_BLOCK, END_OF_SURVEY, Question
from populace.survey.reach_domains import Domain, domains
from populace.survey.routing import dependences
from populace.survey.state import Place, State
from populace.survey.walk import Visit, Walk, labels_of

#: made-up respondents of one round, and rounds
_PEOPLE, _ROUNDS = 2_000, 3
#: combinations of values looked at for one question
_MOST = 200_000
#: how many combinations that meet all conditions are tried
_TRIED = 400
#: how often conditions of questions on the way are added
_DEEPER = 6


@dataclass(frozen=True)
class Requirement:
    """A condition that must hold, or must not, on the way to a question."""

    #: the condition
    condition: str
    #: must it hold?
    holds: bool
    #: where in its loops it is looked at
    place: Place = field(default_factory=Place)


@dataclass(frozen=True)
class Reach:
    """What is known of the ways to the questions."""

    #: questions that a made-up respondent came to
    reached: tuple[str, ...]
    #: question -> why nobody can come to it
    unreachable: Mapping[str, str]
    #: questions of which neither is shown
    undecided: tuple[str, ...]

    @property
    def proven(self) -> bool:
        """Is every question shown to be reachable?"""
        return not self.unreachable and not self.undecided


def reach(instrument: Instrument, seed: int = 0) -> Reach:
    """Which questions can be reached. Conditions that could not be translated are taken to hold."""
    explorer = _Explorer(_supposing(instrument), seed)
    names = [question.name for question in instrument.questions]
    explorer.explore({})
    unreachable: dict[str, str] = {}
    for block in explorer.instrument.blocks:
        for question in block.questions:
            if question.name not in explorer.seen:
                why = explorer.pursue(block, question)
                if why is not None:
                    unreachable[question.name] = why
    undecided = tuple(name for name in names if name not in explorer.seen and name not in unreachable)
    return Reach(tuple(name for name in names if name in explorer.seen), unreachable, undecided)


class _Explorer:
    """Made-up respondents, and what they came to."""

    def __init__(self, instrument: Instrument, seed: int) -> None:
        self.instrument = instrument
        self.random = np.random.default_rng(seed)
        expressions = [one for text in _conditions(instrument) for one in [parse(text)]]
        computed = {one.name: parse(one.value) for one in instrument.computed}
        self.domains = domains(instrument, [*expressions, *computed.values()])
        self.computed = computed
        self.seen: set[str] = set()
        self.ways = _ways(instrument)

    # -- walking -----------------------------------------------------------------------------------------------------

    def explore(self, forced: Mapping[str, list[Any]], n: int = _PEOPLE) -> None:
        """Let respondents walk who answer at random, or with the forced values (n for every name)."""
        for _ in range(_ROUNDS if not forced else 1):
            known = {name: self._drawn(name, n) for name in self._outside()}
            known |= {name: _column(values) for name, values in forced.items() if name in known}
            walk_ = Walk(self.instrument, n, known, _Random(self.random, n))
            steps = walk_.visits()
            visit = next(steps, None)
            while visit is not None:
                self.seen.add(visit.question.name)
                try:
                    visit = steps.send(self._answers(visit, forced))
                except StopIteration:
                    break

    def _outside(self) -> list[str]:
        """Names that come from outside: neither asked nor computed."""
        several = {name for question in self.instrument.questions for name in chosen_columns(question)}
        asked = {item.name for item in self.instrument.items()} | set(labels_of(self.instrument)) | several
        return [name for name in self.domains if name not in asked and not name.startswith("loop.")]

    def _drawn(self, name: str, n: int) -> Any:
        values = self.domains[name].values
        return _column([values[place] for place in self.random.integers(0, len(values), n)])

    def _answers(self, visit: Visit, forced: Mapping[str, list[Any]]) -> dict[str, np.ndarray]:
        """Random answers that keep the rules, forced ones where there are some."""
        m = len(visit.rows)
        sets = self._sets(visit, forced)
        answers = {}
        for item in visit.items:
            base = item.name.removesuffix(visit.place.suffix)
            values = self.domains.get(item.name, self.domains.get(base, Domain([None]))).values
            drawn = [values[place] for place in self.random.integers(0, len(values), m)]
            if item.name in sets:
                drawn = sets[item.name]
            elif item.name in forced or base in forced:
                wanted = forced.get(item.name, forced.get(base))
                drawn = [wanted[row] for row in visit.rows.tolist()]
            answers[item.name] = _offered(visit, item, _column(drawn, like=item))
        return answers

    def _sets(self, visit: Visit, forced: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
        """Column of a multiple choice -> 1 and 0, from sets of codes."""
        found = {}
        for name, columns in chosen_columns(visit.question).items():
            wanted = forced.get(name + visit.place.suffix, forced.get(name))
            if wanted is not None:
                sets = [wanted[row] or frozenset() for row in visit.rows.tolist()]
                found |= {c + visit.place.suffix: [int(code in s) for s in sets] for code, c in columns.items()}
        return found

    # -- what is in the way ------------------------------------------------------------------------------------------

    def pursue(self, block: Block, question: Question) -> str | None:
        """Try to come to a question; gives a proof that nobody can, or None."""
        ways = self.ways.get(block.id, [])
        if not ways:
            return "its block is in no flow"
        proofs = [self._pursue_way([*way, *_inside(block, question, place)], question) for way, place in ways]
        return proofs[0] if all(proof is not None for proof in proofs) and question.name not in self.seen else None

    def _pursue_way(self, needed: list[Requirement], question: Question) -> str | None:
        for _ in range(_DEEPER):
            found = self._combinations(needed)
            if found is None:
                return None
            if isinstance(found, str):
                return found
            self.explore(found, len(next(iter(found.values()), [])) or _PEOPLE)
            if question.name in self.seen:
                return None
            further = self._further(needed)
            if not further:
                return None
            needed = [*needed, *further]
        return None

    def _combinations(self, needed: list[Requirement]) -> dict[str, list[Any]] | str | None:
        """Values that meet all requirements; a proof that there are none; None when that is not decided."""
        names = [name for name in self._names(needed) if name in self.domains]
        own = [self.domains[name] for name in names]
        if prod(len(domain.values) for domain in own) > _MOST:
            return None
        rows = list(product(*(domain.values for domain in own))) or [()]
        good = self._meeting(needed, names, rows)
        if not good:
            if any(one.condition == str(Truth(True)) and not one.holds for one in needed):
                return "a skip before it leads past it, whatever is answered"
            exact = all(domain.complete for domain in own) and not self._shown(needed)
            words = " and ".join(("" if one.holds else "not ") + f"({one.condition})" for one in needed)
            return f"nobody can meet {words}" if exact else None
        chosen = [good[place] for place in self.random.integers(0, len(good), _TRIED)]
        return {name: [rows[row][place] for row in chosen] for place, name in enumerate(names)}

    def _meeting(self, needed: list[Requirement], names: list[str], rows: list[tuple[Any, ...]]) -> list[int]:
        """Places of the combinations that meet all requirements; what is shown counts as shown."""
        n = len(rows)
        values = {name: _column([row[place] for row in rows]) for place, name in enumerate(names)}
        state = State(n, values, labels_of(self.instrument), {one.name: one.value for one in self.instrument.computed})
        for name in self._shown(needed):
            state.show(name, np.arange(n))
        good = np.ones(n, dtype=bool)
        for one in needed:
            good &= state.holds(one.condition, np.arange(n), one.place) == one.holds
        return np.flatnonzero(good).tolist()

    def _names(self, needed: Iterable[Requirement]) -> list[str]:
        """Names in the conditions, those of computed values in their place."""
        found: dict[str, None] = {}
        stack = [(name, one.place) for one in needed for name in names_in(parse(one.condition))]
        for name, place in stack:
            if name in self.computed and len(stack) < 10_000:
                stack += [(inner, place) for inner in names_in(self.computed[name])]
            elif name not in place.fields:
                known = next((name + suffix for suffix in place.suffixes() if name + suffix in self.domains), name)
                found[known] = None
        return list(found)

    def _shown(self, needed: Iterable[Requirement]) -> set[str]:
        parts = (part for one in needed for part in walk(parse(one.condition)))
        return {part.arguments[0].name for part in parts if isinstance(part, Call) and part.function == "shown"}

    def _further(self, needed: list[Requirement]) -> list[Requirement]:
        """What has to hold for the questions that the conditions speak of to be asked themselves."""
        owners = {name: (block, question) for block in self.instrument.blocks for question in block.questions
                  for name in (question.name, *(item.name for item in question.items()))}  # fmt: skip
        found = []
        for name in {*self._names(needed), *self._shown(needed)}:
            owner = owners.get(name.split(".")[0]) or owners.get(name)
            if owner is None:
                continue
            for way, place in self.ways.get(owner[0].id, [])[:1]:
                found += [*way, *_inside(owner[0], owner[1], place)]
        return [one for place, one in enumerate(found) if one not in needed and one not in found[:place]]


class _Random:
    """Chance for made-up respondents."""

    def __init__(self, random: np.random.Generator, n: int) -> None:
        self._random, self._n = random, n

    def uniforms(self, label: str, rows: np.ndarray) -> np.ndarray:
        """(m,) numbers in [0, 1)."""
        return self._random.random(len(rows))

    def turns(self, rows: np.ndarray) -> np.ndarray:
        """(m,) running numbers."""
        return rows

    def shared(self, label: str, numbers: np.ndarray) -> np.ndarray:
        """(m,) numbers in [0, 1), the same for the same of `numbers`."""
        table = self._random.random(int(numbers.max()) + 1 if len(numbers) else 1)
        return table[numbers]


# -- the ways to a block ---------------------------------------------------------------------------------------------


def _ways(instrument: Instrument) -> dict[str, list[tuple[list[Requirement], Place]]]:
    """Block -> the ways to it: what has to hold, and where in its loops it is then."""
    found: dict[str, list[tuple[list[Requirement], Place]]] = {}
    blocks = {block.id: block for block in instrument.blocks}
    _follow(instrument.steps, [], Place(), blocks, found)
    return found


def _follow(
    flow: Flow, needed: list[Requirement], place: Place, blocks: Mapping[str, Block], found: dict[str, list]
) -> list[Requirement] | None:
    """Note the ways to all blocks of a flow; gives what holds for who comes out of it, None when nobody does."""
    for element in flow:
        match element:
            case End():
                return None
            case ShowBlock():
                found.setdefault(element.block, []).append((list(needed), place))
                needed = [*needed, *_stayed(blocks[element.block], place)]
            case Branch():
                yes = [*needed, Requirement(element.when, True, place)]
                no = [*needed, Requirement(element.when, False, place)]
                out = (
                    _follow(element.then, yes, place, blocks, found),
                    _follow(element.otherwise, no, place, blocks, found),
                )
                if out == (None, None):
                    return None
                needed = no if out[0] is None else yes if out[1] is None else needed
            case Loop():
                for one in element.rounds:
                    inner = place.within(one.name, dict(one.fields))
                    when = [Requirement(one.show_if, True, place)] if one.show_if else []
                    _follow(element.flow, [*needed, *when], inner, blocks, found)
            case _:
                for inner_flow in element.inner():
                    _follow(inner_flow, list(needed), place, blocks, found)
    return needed


def _stayed(block: Block, place: Place) -> Iterator[Requirement]:
    """Who goes on after a block has not been skipped out of the survey in it."""
    for question in block.questions:
        for skip in question.skips:
            if skip.to == END_OF_SURVEY:
                yield Requirement(_fires(question, skip.when), False, place)


def _inside(block: Block, question: Question, place: Place) -> list[Requirement]:
    """What has to hold within a block to come to one of its questions."""
    found = [] if question.show_if is None else [Requirement(question.show_if, True, place)]
    if block.randomize:
        return found
    places = {one.name: number for number, one in enumerate(block.questions)}
    here = places[question.name]
    for number, before in enumerate(block.questions[:here]):
        for skip in before.skips:
            beyond = skip.to in (END_OF_BLOCK, END_OF_SURVEY) or places[skip.to] > here
            if beyond and number < here:
                found.append(Requirement(_fires(before, skip.when), False, place))
    return found


def _fires(question: Question, when: str | None) -> str:
    """A skip works for whom its question is put to."""
    conditions = [f"({one})" for one in (question.show_if, when) if one is not None]
    return " and ".join(conditions) or str(Truth(True))


# -- details ---------------------------------------------------------------------------------------------------------


def _conditions(instrument: Instrument) -> list[str]:
    return [one.text for one in dependences(instrument) if one.kind == "condition"]


def _supposing(instrument: Instrument) -> Instrument:
    """The instrument with conditions that could not be translated taken to hold."""
    return from_dict(_supposed(instrument.to_dict()))


def _supposed(content: Any) -> Any:
    if isinstance(content, dict):
        keys = ("show_if", "when")
        return {key: _suppose(value) if key in keys and value else _supposed(value) for key, value in content.items()}
    if isinstance(content, list):
        return [_supposed(member) for member in content]
    return content


def _suppose(condition: Any) -> Any:
    if not isinstance(condition, str) or "unsupported" not in condition:
        return condition
    expression: Expression = parse(condition)
    text = str(expression)
    for part in walk(expression):
        if isinstance(part, Call) and part.function == "unsupported":
            text = text.replace(str(part), str(Truth(True)))
    return text


def _column(values: list[Any], like: Item | None = None) -> Any:
    """Values as the machine keeps them."""
    if any(isinstance(value, frozenset) for value in values):
        codes = tuple(sorted({code for value in values if value for code in value}, key=str))
        return Chosen(codes, np.array([[code in (value or ()) for code in codes] for value in values], dtype=bool))
    texts = any(isinstance(value, str) for value in values)
    if texts or (like is not None and like.open):
        return np.array([None if value is None else str(value) for value in values], dtype=object)
    return np.array([np.nan if value is None else float(value) for value in values])


def _offered(visit: Visit, item: Item, values: np.ndarray) -> np.ndarray:
    """Answers among the options that are offered: nothing in the place of others."""
    if visit.offered is None or item.numeric is not None:
        return values
    kept = values.copy()
    for place, option in enumerate(visit.question.options):
        if visit.question.kind in ("multiple", "rank", "sum"):
            own = item.name.removesuffix(visit.place.suffix) == option_column(visit.question, option)
            chosen = np.full(len(values), own)
        else:
            chosen = values == option.code
        kept[chosen & ~visit.offered[:, place]] = None if kept.dtype == object else np.nan
    return kept
