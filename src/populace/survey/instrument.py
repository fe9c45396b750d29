"""Instrument: questions in blocks, with a stable hash.

Reading and writing files is `populace.survey.formats`; this file knows the record, its rules and how it looks.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields, replace
from functools import cache, cached_property
from html import escape
from itertools import product
from pathlib import Path
from typing import Any

from populace.errors import InstrumentError
from populace.survey.flow import (
    CheckQuota,
    Computed,
    Element,
    Field,
    Flow,
    Loop,
    Quota,
    Roll,
    Round,
    SetData,
    ShowBlock,
    Shuffle,
    elements,
    loops_of,
)
from populace.survey.names import did_you_mean, listed, shown
from populace.survey.question import END_OF_BLOCK, END_OF_SURVEY, Item, Question

#: rows of the HTML table before it is cut
_ROWS_SHOWN = 50


@dataclass(frozen=True)
class Block:
    """Questions that are put together."""

    #: short unique name
    id: str
    #: the questions, in order
    questions: tuple[Question, ...]
    #: heading
    title: str | None = None
    #: questions in random order, fixed ones excepted?
    randomize: bool = False
    #: how many questions, drawn at random, are put; fixed ones are always put; None = all
    pick: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "questions", tuple(self.questions))
        if not isinstance(self.id, str) or not self.id.strip():
            raise InstrumentError(f"block id is {shown(self.id)}; expected a short word such as 'main': give it one")
        if self.title is not None and not isinstance(self.title, str):
            raise InstrumentError(f"block {self.id!r}: title is {shown(self.title)}; expected words: write it")
        if not self.questions:
            raise InstrumentError(f"block {self.id!r} has no questions; expected one or more: add some or remove it")
        if self.pick is not None and (isinstance(self.pick, bool) or not isinstance(self.pick, int) or self.pick < 1):
            raise InstrumentError(f"block {self.id!r}: pick is {shown(self.pick)}; expected a whole number from 1 on")
        _check_skips(self)


@dataclass(frozen=True)
class Instrument:
    """A questionnaire. Raises `InstrumentError` when names collide or nothing is asked."""

    #: short name of the instrument
    id: str
    #: title for people
    title: str
    #: blocks in order
    blocks: tuple[Block, ...]
    #: year of fieldwork
    year: int | None = None
    #: ISO 3166 code of the population's country, such as "US"
    country: str | None = None
    #: language of the wording (BCP 47)
    language: str = "en"
    #: remarks for readers of the file
    notes: str | None = None
    #: in which order the blocks are put, and to whom; () = all of them, one after the other
    flow: Flow = ()
    #: embedded data that come with the respondents or are written on the way
    data: tuple[Field, ...] = ()
    #: values that follow from the answers
    computed: tuple[Computed, ...] = ()
    #: how many respondents of which kind are wanted
    quotas: tuple[Quota, ...] = ()
    #: language -> place of a text ("q1", "q1/options/2", "q1/rows/a") -> its wording in that language
    translations: Mapping[str, Mapping[str, str]] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        for name in ("blocks", "flow", "data", "computed", "quotas"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        translations = {language: dict(texts) for language, texts in dict(self.translations).items()}
        object.__setattr__(self, "translations", translations)
        problem = _field_problem(self) or _block_problem(self) or _flow_problem(self) or _collision(self)
        if problem:
            raise InstrumentError(problem)

    @property
    def questions(self) -> tuple[Question, ...]:
        """All questions, in order."""
        return tuple(question for block in self.blocks for question in block.questions)

    @property
    def steps(self) -> Flow:
        """The flow, written out: every block in order where none is given."""
        return self.flow or tuple(ShowBlock(block.id) for block in self.blocks)

    def items(self, role: str | None = None) -> tuple[Item, ...]:
        """All answerable columns, in order; with `role`, only those of that role. In loops one for each round."""
        return tuple(item for item in self._items if role in (None, item.role))

    @cached_property
    def _items(self) -> tuple[Item, ...]:
        loops = loops_of(self.flow)
        return tuple(
            in_round(item, rounds)
            for block in self.blocks
            for rounds in product(*(loop.rounds for loop in loops.get(block.id, ())))
            for question in block.questions
            for item in question.items()
        )

    def block(self, id: str) -> Block:
        """The block of that id; raises `InstrumentError` naming the closest one."""
        if id not in self._by_id:
            raise InstrumentError(f"instrument {self.id!r} has no block {id!r}{did_you_mean(id, self._by_id)}")
        return self._by_id[id]

    @cached_property
    def _by_id(self) -> dict[str, Block]:
        return {block.id: block for block in self.blocks}

    def question(self, name: str) -> Question:
        """The question of that name; raises `InstrumentError` naming the closest one."""
        found = {question.name: question for question in self.questions}
        if name not in found:
            raise InstrumentError(f"instrument {self.id!r} has no question {name!r}{did_you_mean(name, found)}")
        return found[name]

    @cached_property
    def content_hash(self) -> str:
        """'sha256:…' of the content: key order, spacing, shorthands and names in other tools do not matter."""
        content = _plain(self, without=("source", "sources"))
        canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return "sha256:" + hashlib.sha256(canonical.encode()).hexdigest()

    def to_dict(self) -> dict[str, Any]:
        """Plain data in the layout of the file format, without keys that hold their default."""
        return _plain(self)

    def __repr__(self) -> str:
        count = len(self.questions)
        return f"Instrument({self.id!r}, {count:,} question{'s' * (count != 1)}, {len(self.items()):,} items)"

    def _repr_html_(self) -> str:
        shown = self.questions[:_ROWS_SHOWN]
        more = len(self.questions) - len(shown)
        head = "".join(f"<th>{name}</th>" for name in ("name", "kind", "text", "options"))
        body = "".join(_html_row(question) for question in shown)
        rest = f"<p>… and {more:,} more questions</p>" if more else ""
        return f"<h4>{escape(self.title)}</h4><table><tr>{head}</tr>{body}</table>{rest}"


def read_instrument(source: str | Path | dict[str, Any]) -> Instrument:
    """Read an instrument from a JSON or YAML file (by suffix), a study's folder, or a dictionary of the same layout.

    Raises `InstrumentError` that names file, block, question and the fix.
    """
    from populace.survey.formats import native

    if not isinstance(source, str | Path):
        return native.from_dict(source)
    path = Path(source)
    return native.read(path / "instrument.yaml" if path.is_dir() else path)


def write_instrument(instrument: Instrument, path: str | Path) -> None:
    """Write an instrument as JSON or YAML (by suffix), whole or not at all."""
    from populace.survey.formats import native

    native.write(instrument, Path(path))


def in_round(item: Item, rounds: Sequence[Round]) -> Item:
    """An item of a loop as it is in these rounds, outermost first: its names with theirs, its words with their fields.

    An item in no loop is itself.
    """
    if not rounds:
        return item
    fields = {f"${{loop.{name}}}": text for one in rounds for name, text in one.fields}
    words = {name: _filled(getattr(item, name), fields) for name in ("text", "stem", "item")}
    return replace(suffixed(item, "".join(f".{one.name}" for one in rounds)), **words)


def suffixed(item: Item, suffix: str) -> Item:
    """An item under the names it has in some rounds of its loops."""
    battery = item.battery and item.battery + suffix
    specifies = item.specifies and (item.specifies[0] + suffix, item.specifies[1])
    return replace(item, name=item.name + suffix, battery=battery, specifies=specifies)


def _filled(text: str | None, fields: Mapping[str, str]) -> str | None:
    for name, value in fields.items():
        text = text and text.replace(name, value)
    return text


def _plain(value: Any, without: tuple[str, ...] = ()) -> Any:
    """Records as mappings, tuples as lists; fields named in `without` are left away."""
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, tuple):
        return [_plain(member, without) for member in value]
    if isinstance(value, Mapping):
        return {key: _plain(member, without) for key, member in value.items()}
    content = {}
    for name, default in _defaults(type(value)):
        member = getattr(value, name)
        # an object of its own stands for no default: True == 1, and 0 is no False
        if name in without or member is default or (type(member) is type(default) and member == default):
            continue
        content[name] = _plain_field(value, name, without)
    return _tagged(value, content) if isinstance(value, Element) else content


@cache
def _defaults(kind: type) -> tuple[tuple[str, Any], ...]:
    """(field, default) of a record; asked once per kind, for records come by the thousand."""
    return tuple(
        (entry.name, entry.default if entry.default_factory is MISSING else entry.default_factory())
        for entry in fields(kind)
    )


def _plain_field(record: Any, name: str, without: tuple[str, ...]) -> Any:
    """A field as a file has it: pairs of a name and a text are a mapping."""
    value = getattr(record, name)
    pairs = (isinstance(record, SetData) and name == "values") or (isinstance(record, Round) and name == "fields")
    return dict(value) if pairs else _plain(value, without)


def _tagged(element: Element, content: dict[str, Any]) -> dict[str, Any]:
    """An element of the flow under its key; what has one field only is that field."""
    if isinstance(element, ShowBlock | CheckQuota | SetData):
        (content,) = content.values()
    return {element.KEY: content}


def _field_problem(instrument: Instrument) -> str | None:
    for name in ("id", "title", "language"):
        value = getattr(instrument, name)
        if not isinstance(value, str) or not value.strip():
            return f"{name} is {shown(value)}; expected words: write it"
    year = instrument.year
    if year is not None and (isinstance(year, bool) or not isinstance(year, int)):
        return f"year is {shown(year)}; expected a whole number such as 2026: correct it or leave it away"
    for name in ("country", "notes"):
        value = getattr(instrument, name)
        if value is not None and not isinstance(value, str):
            return f"{name} is {shown(value)}; expected words: correct it or leave it away"
    return None


def _block_problem(instrument: Instrument) -> str | None:
    ids = [block.id for block in instrument.blocks]
    twice = next((id for id, count in Counter(ids).items() if count > 1), None)
    if twice is not None:
        return f"block id {twice!r} is used twice; expected unique ids: rename one of them"
    if not instrument.items():
        return "no question can be answered; expected one or more besides display text: add questions"
    return None


def _check_skips(block: Block) -> None:
    """Skips lead to later questions of the block, or to an end."""
    names = [question.name for question in block.questions]
    for place, question in enumerate(block.questions):
        for skip in question.skips:
            if skip.to not in (*names[place + 1 :], END_OF_BLOCK, END_OF_SURVEY):
                raise InstrumentError(
                    f"block {block.id!r}, question {question.name!r}: skips to {shown(skip.to)}; expected a later "
                    f"question of the block, {END_OF_BLOCK!r} or {END_OF_SURVEY!r}: correct it"
                )


def _flow_problem(instrument: Instrument) -> str | None:
    """Elements that name what is not there."""
    blocks = [block.id for block in instrument.blocks]
    quotas = [quota.name for quota in instrument.quotas]
    known = set(blocks)
    for element in elements(instrument.flow):
        if isinstance(element, ShowBlock) and element.block not in known:
            return f"flow puts block {shown(element.block)}{did_you_mean(element.block, blocks)}, which is not there"
        if isinstance(element, CheckQuota) and element.quota not in quotas:
            return f"flow checks quota {shown(element.quota)}{did_you_mean(element.quota, quotas)}, which is not there"
    loops_of(instrument.flow)
    return _repeated("quota", quotas) or _repeated("computed value", [one.name for one in instrument.computed])


def _repeated(what: str, names: Sequence[str]) -> str | None:
    twice = {name: count for name, count in Counter(names).items() if count > 1}
    return f"{what} {listed(twice)} is named twice; expected unique names: rename one" if twice else None


def _collision(instrument: Instrument) -> str | None:
    """Two questions of one name, or two items, embedded or computed data that would share a column."""
    owner: dict[str, tuple[str, str]] = {}
    for block in instrument.blocks:
        for question in block.questions:
            for name in dict.fromkeys([question.name, *(item.name for item in question.items())]):
                if name in owner:
                    return _collision_message(name, owner[name], (block.id, question.name))
                owner[name] = (block.id, question.name)
    for what, names in _written(instrument):
        for name in names:
            if name in owner:
                return (
                    f"{what} {name!r} collides with question {owner[name][1]!r} in block {owner[name][0]!r}: "
                    "rename one of them"
                )
    return _repeated("column", [item.name for item in instrument.items()])


def _written(instrument: Instrument) -> Iterator[tuple[str, list[str]]]:
    """What is written beside the answers: names of embedded and computed data, of loops and shuffles."""
    yield "embedded data", [*dict.fromkeys(embedded(instrument))]
    yield "computed value", [one.name for one in instrument.computed]
    yield "column of quota", [f"quota_{one.name}" for one in instrument.quotas]
    yield "loop or shuffle", [one.id for one in elements(instrument.flow) if isinstance(one, Loop | Shuffle)]


def embedded(instrument: Instrument) -> Iterator[str]:
    """Names of embedded data: those declared, then those written on the way."""
    yield from (one.name for one in instrument.data)
    for element in elements(instrument.flow):
        if isinstance(element, SetData):
            yield from (name for name, _ in element.values)
        elif isinstance(element, Roll):
            yield element.name


def _collision_message(name: str, first: tuple[str, str], second: tuple[str, str]) -> str:
    if first[1] == second[1] == name:
        return f"block {second[0]!r}, question {name!r}: block {first[0]!r} has one of that name too: rename one"
    return (
        f"block {second[0]!r}, question {second[1]!r}: its column {name!r} collides with question {first[1]!r} "
        f"in block {first[0]!r}: rename one of them"
    )


def _html_row(question: Question) -> str:
    options = " · ".join(option.label for option in question.options[:12])
    if len(question.options) > 12:
        options += f" · … ({len(question.options)})"
    cells = (question.name, question.kind, question.text, options)
    return "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"
