"""Flow: in which order the blocks of an instrument are put, to whom, and what happens in between.

    ShowBlock   put a block                        Branch    go one way or the other
    Shuffle     members in random order, or some   Section   elements under a heading
    SetData     write embedded data                Roll      draw a random number into embedded data
    Loop        the same elements once per round   CheckQuota  stop whoever falls into a full one
    End         end the interview

Records only; `populace.survey.walk` carries them out. Conditions are written in the language of
`populace.survey.expressions`, texts may hold `${…}` (`populace.survey.piping`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from populace.errors import InstrumentError
from populace.survey.names import name_problem, shown

#: how an interview can end
ENDINGS = ("complete", "screened out", "over quota")
#: what embedded data can be
FIELD_KINDS = ("text", "number")
#: levels of flow elements within one another
MOST_LEVELS = 50


@dataclass(frozen=True)
class Element:
    """One step of the flow."""

    #: key in files
    KEY: ClassVar[str] = ""

    def inner(self) -> tuple[tuple[Element, ...], ...]:
        """The flows within this element."""
        return ()


Flow = tuple[Element, ...]


@dataclass(frozen=True)
class ShowBlock(Element):
    """Put a block."""

    KEY: ClassVar[str] = "block"

    #: id of the block
    block: str


@dataclass(frozen=True)
class Branch(Element):
    """Go one way for whom a condition holds, the other way for everybody else."""

    KEY: ClassVar[str] = "branch"

    #: condition
    when: str
    #: for whom it holds
    then: Flow = ()
    #: for everybody else
    otherwise: Flow = ()
    #: remark for readers
    title: str | None = None

    def __post_init__(self) -> None:
        _tuples(self, "then", "otherwise")
        if not isinstance(self.when, str) or not self.when.strip():
            raise InstrumentError(f"a branch has when {shown(self.when)}; expected a condition such as 'age >= 18'")

    def inner(self) -> tuple[Flow, ...]:
        """Both ways."""
        return (self.then, self.otherwise)


@dataclass(frozen=True)
class Shuffle(Element):
    """Members in random order; with `pick`, only so many of them. Who got which is recorded under the id."""

    KEY: ClassVar[str] = "shuffle"

    #: name under which the order is recorded
    id: str
    #: each of them one step; a Section makes one of several
    members: Flow
    #: how many members each respondent gets; None = all
    pick: int | None = None
    #: is every member given to equally many?
    even: bool = False
    #: what the members are called in the tool they came from; no part of the content
    sources: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _tuples(self, "members", "sources")
        _named(self.id, "shuffle")
        if not self.members:
            raise InstrumentError(f"shuffle {self.id!r} has no members; expected one or more: add some or remove it")
        if self.pick is not None and not 1 <= _whole(self.pick, "pick") <= len(self.members):
            raise InstrumentError(f"shuffle {self.id!r}: pick is {self.pick}; expected 1 to {len(self.members)}")

    def inner(self) -> tuple[Flow, ...]:
        """The members, one flow each."""
        return tuple((member,) for member in self.members)


@dataclass(frozen=True)
class Section(Element):
    """Elements under a heading."""

    KEY: ClassVar[str] = "section"

    #: the elements
    flow: Flow
    #: heading for readers
    title: str | None = None

    def __post_init__(self) -> None:
        _tuples(self, "flow")

    def inner(self) -> tuple[Flow, ...]:
        """The elements."""
        return (self.flow,)


@dataclass(frozen=True)
class SetData(Element):
    """Write embedded data: names and texts, which may hold `${…}`. A text that is one `${…}` keeps its type."""

    KEY: ClassVar[str] = "set"

    #: name and text, in the order they are written
    values: tuple[tuple[str, str], ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", tuple((name, text) for name, text in self.values))
        for name, text in self.values:
            _named(name, "embedded data")
            if not isinstance(text, str):
                raise InstrumentError(f"embedded data {name!r} is {shown(text)}; expected text: put it in quotes")


@dataclass(frozen=True)
class Roll(Element):
    """Draw a whole number, each equally likely, into embedded data."""

    KEY: ClassVar[str] = "roll"

    #: name of the embedded data
    name: str
    #: smallest number
    low: int
    #: largest number
    high: int

    def __post_init__(self) -> None:
        _named(self.name, "embedded data")
        if _whole(self.low, "low") > _whole(self.high, "high"):
            raise InstrumentError(f"roll {self.name!r}: low {self.low} is above high {self.high}: swap them")


@dataclass(frozen=True)
class Round:
    """One round of a loop."""

    #: short name, appended to the columns of the loop's questions after a '.'
    name: str
    #: field of the loop and its text in this round; pipe it in as `${loop.field}`
    fields: tuple[tuple[str, str], ...] = ()
    #: condition under which the round takes place
    show_if: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "fields", tuple((name, text) for name, text in self.fields))
        _named(f"q.{self.name}", "round")


@dataclass(frozen=True)
class Loop(Element):
    """The same elements once per round."""

    KEY: ClassVar[str] = "loop"

    #: name under which the order of the rounds is recorded
    id: str
    #: the rounds, in order
    rounds: tuple[Round, ...]
    #: what is put in every round
    flow: Flow
    #: rounds in random order?
    randomize: bool = False
    #: how many rounds, drawn at random from those that take place; None = all
    pick: int | None = None

    def __post_init__(self) -> None:
        _tuples(self, "rounds", "flow")
        _named(self.id, "loop")
        if not self.rounds or not self.flow:
            raise InstrumentError(f"loop {self.id!r} needs rounds and a flow; expected one or more of each: add them")
        names = [one.name for one in self.rounds]
        if len(set(names)) < len(names):
            raise InstrumentError(f"loop {self.id!r} has two rounds of one name; expected unique names: rename one")
        if self.pick is not None and not 1 <= _whole(self.pick, "pick") <= len(self.rounds):
            raise InstrumentError(f"loop {self.id!r}: pick is {self.pick}; expected 1 to {len(self.rounds)}")

    def inner(self) -> tuple[Flow, ...]:
        """What is put in every round."""
        return (self.flow,)


@dataclass(frozen=True)
class CheckQuota(Element):
    """Stop whoever falls into a quota that is full."""

    KEY: ClassVar[str] = "quota"

    #: name of a quota of the instrument
    quota: str


@dataclass(frozen=True)
class End(Element):
    """End the interview."""

    KEY: ClassVar[str] = "end"

    #: one of `ENDINGS`
    kind: str = "complete"
    #: what the respondent reads
    text: str | None = None
    #: where the respondent is sent
    url: str | None = None

    def __post_init__(self) -> None:
        if self.kind not in ENDINGS:
            raise InstrumentError(f"an end is {shown(self.kind)}; expected one of {', '.join(ENDINGS)}: change it")


@dataclass(frozen=True)
class Quota:
    """How many respondents of a kind are wanted."""

    #: short unique name
    name: str
    #: who counts
    when: str
    #: how many are wanted
    limit: int

    def __post_init__(self) -> None:
        _named(self.name, "quota")
        if not isinstance(self.when, str) or not self.when.strip() or _whole(self.limit, "limit") < 0:
            raise InstrumentError(f"quota {self.name!r} needs a condition and a limit from 0 on: correct it")


@dataclass(frozen=True)
class Field:
    """Embedded data: what is known of a respondent, or written on the way, without being asked."""

    #: short unique name
    name: str
    #: what it says, for readers of the data
    text: str | None = None
    #: one of `FIELD_KINDS`
    kind: str = "text"

    def __post_init__(self) -> None:
        _named(self.name, "embedded data")
        if self.kind not in FIELD_KINDS:
            raise InstrumentError(
                f"embedded data {self.name!r} is {shown(self.kind)}; expected one of {', '.join(FIELD_KINDS)}"
            )


@dataclass(frozen=True)
class Computed:
    """A value that follows from the answers, such as a score; up to date wherever it is named."""

    #: short unique name
    name: str
    #: expression that gives it
    value: str
    #: what it says, for readers of the data
    text: str | None = None

    def __post_init__(self) -> None:
        _named(self.name, "computed value")
        if not isinstance(self.value, str) or not self.value.strip():
            raise InstrumentError(f"computed {self.name!r} is {shown(self.value)}; expected an expression: write it")


def elements(flow: Flow, level: int = 0) -> Iterator[Element]:
    """All elements of a flow, those within others included, in order."""
    if level > MOST_LEVELS:
        raise InstrumentError(f"flow is nested more than {MOST_LEVELS} deep; expected fewer levels: flatten it")
    for element in flow:
        yield element
        for inner in element.inner():
            yield from elements(inner, level + 1)


def loops_of(flow: Flow, around: tuple[Loop, ...] = ()) -> dict[str, tuple[Loop, ...]]:
    """Block -> the loops around it, outermost first. A block stands in the same loops wherever it stands."""
    found: dict[str, tuple[Loop, ...]] = {}
    for element in flow:
        if isinstance(element, ShowBlock):
            inside = {element.block: around}
        else:
            within = (*around, element) if isinstance(element, Loop) else around
            inside = {block: loops for inner in element.inner() for block, loops in loops_of(inner, within).items()}
        for block, loops in inside.items():
            if [loop.id for loop in found.setdefault(block, loops)] != [loop.id for loop in loops]:
                raise InstrumentError(
                    f"block {block!r} is put within a loop and elsewhere too; expected one place: make a copy of it"
                )
    return found


def _tuples(record: object, *fields: str) -> None:
    for field in fields:
        object.__setattr__(record, field, tuple(getattr(record, field)))


def _named(name: object, what: str) -> None:
    problem = name_problem(name)
    if problem:
        raise InstrumentError(f"{what}: {problem}")


def _whole(value: object, what: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise InstrumentError(f"{what} is {shown(value)}; expected a whole number: correct it")
    return value
