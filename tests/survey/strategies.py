"""Arbitrary valid instruments, for the round trips of every format.

    instruments()                                             every kind and every element of the flow
    instruments(kinds=("single", "open"), loops=False)        some kinds, no loops
    instruments(without=("flip", "option.image", "row.column"))   without fields that a format cannot carry
    instruments(words=strategy, codes="numbers")              wordings and codes that it can

Names of questions are `Q1`, `Q2`, … and nothing else begins with a capital Q, so that no two columns collide. Codes
and names of rows are small letters and digits. Conditions speak of what is asked before them and fit it: every one
passes `expression_checks.check`.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache

from hypothesis import strategies as st

from populace.survey.expression_records import Call, Compare, Expression, Logic, Name, Not, Number, OneOf, Text
from populace.survey.flow import (
    ENDINGS,
    FIELD_KINDS,
    Branch,
    CheckQuota,
    Computed,
    End,
    Field,
    Loop,
    Quota,
    Roll,
    Round,
    Section,
    SetData,
    ShowBlock,
    Shuffle,
)
from populace.survey.instrument import Block, Instrument
from populace.survey.kinds import FORMATS, KINDS, NPS, SIDES, SPECIAL
from populace.survey.question import END_OF_BLOCK, END_OF_SURVEY, Question, Row, Skip
from populace.survey.scale import Option
from populace.survey.tasks import Attribute, Tasks

#: letters of wordings: visible, of all alphabets, without what starts piping
LETTERS = st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp", "Zs", "Co", "Cn", "Cf"), exclude_characters="$")
#: wordings in one line, without space at their ends and with single spaces within
WORDS = st.text(LETTERS | st.just(" "), min_size=1, max_size=20).map(lambda text: " ".join(text.split())).filter(bool)
#: wordings as people write them, for formats in which signs such as brackets or colons mean something
_PLAIN = ("how", "often", "do", "you", "drink", "coffee", "tea", "at", "home", "or", "work", "Zürich", "naïve")
PLAIN_WORDS = st.lists(st.sampled_from(_PLAIN), min_size=1, max_size=5).map(" ".join)
SHORT = st.from_regex(r"[a-z][a-z0-9]{0,4}", fullmatch=True)
WHOLE = st.integers(-(10**6), 10**6)
#: numbers with at most two decimals
NUMBERS = WHOLE | st.integers(-400, 400).map(lambda quarter: quarter / 4)

CLOSED = ("single", "scale", "nps")
LISTS = ("single", "multiple", "scale", "grid", "grid_multiple", "rank", "sum", "best_worst")
ROWED = ("grid", "grid_multiple", "side_by_side")
#: kinds whose options may ask for more
SPECIFYING = ("single", "scale", "multiple", "rank", "sum")

#: a strategy of conditions, given what is asked before
Conditions = Callable[[Sequence[Question], Sequence[str]], st.SearchStrategy[str]]


@st.composite
def conditions(draw, asked: Sequence[Question], data: Sequence[str] = ()) -> str:
    """A condition in canonical form about the answers to these questions and texts of embedded data."""
    parts = []
    for _ in range(draw(_FEW)):
        one = draw(st.sampled_from([*asked, *data]))
        parts.append(Compare("==", Name(one), Text(draw(SHORT))) if isinstance(one, str) else draw(_atom(one)))
    joined = Logic(draw(_JOINTS), tuple(parts)) if len(parts) > 1 else parts[0]
    return str(Not(joined) if draw(st.booleans()) else joined)


_FEW = st.sampled_from([1, 1, 1, 2, 3])
_JOINTS = st.sampled_from(["and", "or"])


@cache
def _atom(question: Question) -> st.SearchStrategy[Expression]:
    return st.one_of(_atoms(question))


def _atoms(question: Question) -> list[st.SearchStrategy[Expression]]:
    """Conditions about one question."""
    name, items = Name(question.name), question.items()
    found = [st.just(Call("shown", (name,)))]
    if not items:
        return found
    if question.kind in CLOSED:
        found += _closed_atoms(name, [option.code for option in question.options])
    elif question.kind == "multiple":
        codes = st.sampled_from([_constant(option.code) for option in question.options])
        found.append(codes.map(lambda code: Call("selected", (name, code))))
        found.append(st.integers(0, 3).map(lambda count: Compare(">", Call("count", (name,)), Number(count))))
    elif question.kind in ("numeric", "slider") and not question.rows:
        found.append(st.builds(lambda sign, n: Compare(sign, name, Number(n)), _ORDER, NUMBERS))
    elif question.kind == "open" and not question.rows:
        found.append(SHORT.map(lambda text: Compare("==", name, Text(text))))
    elif question.kind == "grid":
        found += _closed_atoms(Name(items[0].name), [option.code for option in question.options])
    else:
        found.append(st.just(Call("answered", (Name(items[0].name),))))
    return found


_ORDER = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])


def _closed_atoms(name: Name, codes: Sequence[int | str]) -> list[st.SearchStrategy[Expression]]:
    constants = [_constant(code) for code in codes]
    one = st.sampled_from(constants)
    some = st.lists(one, min_size=1, max_size=3, unique_by=lambda constant: constant.value).map(tuple)
    found = [
        st.just(Call("answered", (name,))),
        st.builds(lambda sign, code: Compare(sign, name, code), st.sampled_from(["==", "!="]), one),
        st.builds(lambda members, negated: OneOf(name, members, negated), some, st.booleans()),
        some.map(lambda members: Call("selected", (name, *members))),
    ]
    if isinstance(codes[0], int):
        found.append(st.builds(lambda sign, code: Compare(sign, name, code), _ORDER, one))
    return found


def _constant(code: int | str) -> Number | Text:
    return Text(code) if isinstance(code, str) else Number(code)


# -- questions -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Wanted:
    """What the instruments of a test may have."""

    #: kinds of question
    kinds: tuple[str, ...] = KINDS
    #: wordings
    words: st.SearchStrategy[str] = WORDS
    #: "any", "numbers", "words", or "places" for 1, 2, …
    codes: str = "any"
    #: fields to leave at their default; those of options and rows as "option.image", "row.column"
    without: frozenset[str] = frozenset()
    #: conditions of questions, options and rows
    logic: bool = True
    #: `${…}` in wordings
    piping: bool = True
    #: where conditions come from
    conditions: Conditions = conditions
    #: optional fields of one question, at most
    most_fields: int = 4


@st.composite
def questions(
    draw,
    kinds: Iterable[str] = KINDS,
    name: str = "Q1",
    asked: Sequence[Question] = (),
    data: Sequence[str] = (),
    wanted: Wanted | None = None,
    **switches,
):
    """A question of one of these kinds; its conditions speak of those `asked` before and of embedded `data`.

    `switches` are the fields of `Wanted`.
    """
    wanted = replace(wanted or Wanted(), **_frozen(switches))
    kind = draw(st.sampled_from(tuple(kinds)))
    shape = draw(_shape(kind, name, wanted, asked, data))
    text = draw(_wording(wanted, asked))
    return Question(name, kind, text, **shape, **draw(_optional(kind, shape, wanted, asked, data)))


def _frozen(switches: dict) -> dict:
    return {
        key: frozenset(value) if key == "without" else tuple(value) if key == "kinds" else value
        for key, value in switches.items()
    }


@st.composite
def _wording(draw, wanted: Wanted, asked: Sequence[Question]) -> str:
    words = draw(wanted.words)
    names = [item.name for question in asked if question.kind in (*CLOSED, "open", "date") for item in question.items()]
    if wanted.piping and names and draw(st.integers(0, 3)) == 0:
        words = f"{words} ${{{Name(draw(st.sampled_from(names)))}}}"
    return words


@st.composite
def _shape(draw, kind: str, name: str, wanted: Wanted, asked: Sequence[Question], data: Sequence[str]) -> dict:
    """The fields that a kind needs."""
    context = {"wanted": wanted, "asked": asked, "data": data}
    shape: dict = {}
    if kind in LISTS:
        shape["options"] = draw(options(kind, name, **context))
    if kind in ROWED:
        shape["rows"] = draw(rows(name, **context))
    if kind == "nps" and draw(st.booleans()):
        shape["options"] = (*NPS, Option(99, draw(wanted.words.filter(lambda text: not text.isdigit())), missing=True))
    if kind == "side_by_side":
        shape["columns"] = draw(_sides(wanted))
    if kind in ("numeric", "slider"):
        shape |= draw(_numbers(kind, name, context))
    if kind == "sum":
        shape["total"] = draw(st.integers(1, 1000))
    if kind == "best_worst":
        codes = st.sampled_from([option.code for option in shape["options"]])
        together = st.lists(codes, min_size=3, max_size=4, unique=True)
        shape["sets"] = draw(st.lists(st.tuples(together, together), min_size=1, max_size=2))
    if kind == "choice_task":
        shape["tasks"] = draw(tasks(wanted.words))
    if kind == "open" and draw(st.integers(0, 3)) == 0 and "rows" not in wanted.without:
        shape["rows"] = draw(rows(name, **context, specify=False))
    return shape


@st.composite
def options(draw, kind: str, name: str, wanted: Wanted, asked: Sequence[Question], data: Sequence[str]):
    """Options that fit a kind; the first is always an ordinary answer."""
    count = draw(st.integers(3 if kind == "best_worst" else 1, 5))
    codes = draw(_codes(wanted.codes, count))
    labels = draw(st.lists(wanted.words, min_size=count, max_size=count, unique_by=str.casefold))
    flags = ["missing", "fixed", "image", "source"]
    flags += ["exclusive"] if kind in ("multiple", "grid_multiple") else []
    flags += ["off_scale"] if kind in ("single", "scale", "grid") else []
    flags += ["specify"] if kind in SPECIFYING else []
    flags += ["column"] if kind in ("multiple", "rank", "sum") else []
    flags += ["show_if"] if wanted.logic and (asked or data) else []
    flags = [flag for flag in flags if f"option.{flag}" not in wanted.without]
    made = []
    for place, (code, label) in enumerate(zip(codes, labels, strict=True)):
        chosen = draw(st.sets(st.sampled_from(flags), max_size=2)) if flags else set()
        if not place:
            chosen -= {"missing"}
        made.append(Option(code, label, **draw(_flagged(chosen, f"{name}own{place}", wanted, asked, data))))
    return tuple(made)


@st.composite
def _flagged(draw, chosen: set[str], own: str, wanted: Wanted, asked: Sequence[Question], data: Sequence[str]) -> dict:
    """These fields of an option or a row."""
    made: dict = {flag: True if flag not in ("column", "show_if") else own for flag in sorted(chosen)}
    if "show_if" in chosen:
        made["show_if"] = draw(wanted.conditions(asked, data))
    return made | {flag: draw(_FLAGGED[flag]) for flag in sorted(chosen & set(_FLAGGED))}


_FLAGGED = {"image": SHORT.map("pictures/{}.png".format), "source": SHORT}


def _codes(codes: str, count: int) -> st.SearchStrategy[list[int | str]]:
    if codes == "places":
        return st.just(list(range(1, count + 1)))
    numbers = st.lists(WHOLE, min_size=count, max_size=count, unique=True)
    words = st.lists(SHORT, min_size=count, max_size=count, unique=True)
    return {"numbers": numbers, "words": words, "any": numbers | words}[codes]


@st.composite
def rows(draw, name: str, wanted: Wanted, asked: Sequence[Question], data: Sequence[str], specify: bool = True):
    """Rows with unique names and wordings; `specify`: may they ask for more words?"""
    count = draw(st.integers(1, 3))
    names = draw(st.lists(SHORT, min_size=count, max_size=count, unique=True))
    texts = draw(st.lists(wanted.words, min_size=count, max_size=count, unique_by=str.casefold))
    flags = ["fixed", "column", "source", *(["show_if"] if wanted.logic and (asked or data) else [])]
    flags += ["specify"] if specify else []
    flags = [flag for flag in flags if f"row.{flag}" not in wanted.without]
    made = []
    for place, (row, text) in enumerate(zip(names, texts, strict=True)):
        chosen = draw(st.sets(st.sampled_from(flags), max_size=1)) if flags else set()
        made.append(Row(row, text, **draw(_flagged(chosen, f"{name}line{place}", wanted, asked, data))))
    return tuple(made)


@st.composite
def _sides(draw, wanted: Wanted):
    """Columns side by side."""
    plain = replace(
        wanted, logic=False, piping=False, without=wanted.without | {"option.column", "rows"}, most_fields=1
    )
    kinds = draw(st.lists(st.sampled_from(tuple(SIDES)), min_size=1, max_size=3))
    return tuple(draw(questions((kind,), f"c{place}", wanted=plain)) for place, kind in enumerate(kinds, 1))


@st.composite
def _numbers(draw, kind: str, name: str, context: dict) -> dict:
    """Limits of a number, options for who gives none, rows."""
    wanted: Wanted = context["wanted"]
    low, wide = draw(NUMBERS), draw(st.integers(1, 400).map(lambda quarter: quarter / 4))
    limits = {"minimum": low, "maximum": low + wide}
    if kind == "numeric":
        limits = {limit: value for limit, value in limits.items() if draw(st.booleans())}
    if draw(st.integers(0, 3)) == 0 and "rows" not in wanted.without:
        limits["rows"] = draw(rows(name, **context))
    if draw(st.integers(0, 3)) == 0 and "options" not in wanted.without:
        (code,) = draw(_codes(wanted.codes, 1))
        limits["options"] = (Option(code, draw(wanted.words), missing=True),)
    return limits


@st.composite
def tasks(draw, words: st.SearchStrategy[str] = WORDS):
    """Attributes and alternatives."""
    names = draw(st.lists(words, min_size=1, max_size=3, unique=True))
    levels = st.lists(words, min_size=2, max_size=3, unique=True)
    attributes = tuple(Attribute(name, draw(levels)) for name in names)
    alternative = st.tuples(*(st.integers(1, len(attribute.levels)) for attribute in attributes))
    task = st.lists(alternative, min_size=2, max_size=3)
    count = draw(st.integers(1, 2))
    versions = draw(st.lists(st.lists(task, min_size=count, max_size=count), min_size=1, max_size=2))
    return Tasks(attributes, versions, draw(st.none() | words))


@st.composite
def _optional(draw, kind: str, shape: dict, wanted: Wanted, asked: Sequence[Question], data: Sequence[str]) -> dict:
    """A few fields that a question of this kind may have."""
    known = _optional_fields(kind, shape, wanted)
    if wanted.logic and (asked or data):
        known["show_if"] = wanted.conditions(asked, data)
        known["valid_if"] = wanted.conditions(asked, data)
    known = {field: strategy for field, strategy in known.items() if field not in wanted.without}
    chosen = draw(st.sets(st.sampled_from(sorted(known)), max_size=wanted.most_fields)) if known else set()
    return {field: draw(known[field]) for field in sorted(chosen)}


def _optional_fields(kind: str, shape: dict, wanted: Wanted) -> dict[str, st.SearchStrategy]:
    """Field -> its values, of those that mean something for a kind and are not given yet."""
    true, words, many = st.just(True), wanted.words, len(shape.get("options", ()))
    common = {
        "stem": words, "item": words, "role": st.just("background"), "randomize": true, "valid_text": words,
        "required": true, "requested": true, "fixed": true, "new_page": true, "source": SHORT,
        "look": st.sampled_from(["dropdown", "horizontal", "stars"]),
    }  # fmt: skip
    listed = {"flip": true, "show_only": st.integers(1, max(many, 1))}
    limits = {"at_least": st.integers(0, min(many, 2)), "at_most": st.integers(min(many, 2), max(many, 2))}
    number = {"unit": words, "step": st.sampled_from([0.25, 0.5, 1, 5]), "decimals": st.integers(0, 3)}
    special = {
        **(listed if kind in LISTS and kind not in ("nps", "best_worst") else {}),
        **(limits if kind in ("multiple", "grid_multiple") else {}),
        **(number if kind in ("numeric", "slider") else {}),
    }
    if kind == "rank":
        special["ranked"] = st.integers(1, many)
    if kind == "sum":
        special |= {"unit": words, "decimals": st.integers(0, 3)}
    if kind == "open":
        special |= {"format": st.sampled_from(FORMATS), "longest": st.integers(1, 5000), "several_lines": true}
    return {field: values for field, values in (common | special).items() if field not in shape}


# -- instruments -----------------------------------------------------------------------------------------------------


@st.composite
def instruments(
    draw,
    kinds: Iterable[str] = KINDS,
    *,
    flow: bool = True,
    loops: bool = True,
    data: bool = True,
    computed: bool = True,
    quotas: bool = True,
    skips: bool = True,
    translations: bool = True,
    most_blocks: int = 3,
    most_questions: int = 2,
    **switches,
):
    """An instrument of questions of these kinds, with everything else that is not switched off.

    `switches` are the fields of `Wanted`: `words`, `codes`, `without`, `logic`, `piping`, `conditions`.
    """
    wanted = Wanted(**_frozen(switches))
    draft = _Draft(draw, wanted, tuple(kinds), skips, most_questions)
    draft.fields = draw(st.lists(SHORT.map("f_{}".format), max_size=2, unique=True)) if data else []
    tree = draw(_tree(most_blocks, loops)) if flow else [("block",)] * draw(st.integers(1, most_blocks))
    steps = draft.steps(tree, bare=not flow)
    draft.answerable()
    if quotas and wanted.logic and draft.asked:
        steps = (*steps, *draft.quota_steps()) if flow else steps
    return Instrument(
        draw(SHORT),
        draw(wanted.words),
        tuple(draft.blocks),
        draw(st.none() | st.integers(1900, 2100)),
        draw(st.none() | st.sampled_from(["US", "DE", "NO"])),
        draw(st.sampled_from(["en", "de", "pt-BR"])),
        draw(st.none() | wanted.words),
        steps if flow else (),
        tuple(Field(name, draw(st.none() | wanted.words), draw(st.sampled_from(FIELD_KINDS))) for name in draft.fields),
        draft.scores() if computed else (),
        tuple(draft.quotas),
        draft.translated() if translations else {},
    )


@st.composite
def _tree(draw, most_blocks: int, loops: bool):
    """What a flow looks like, without its details: ("block",), ("loop", …), ("branch", …), …"""
    left = [draw(st.integers(1, most_blocks))]
    kinds = ["block", "block", "branch", "shuffle", "section", "set", "roll", "end", *(["loop"] if loops else [])]

    def steps(level: int) -> list[tuple]:
        made = []
        for kind in draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=3)):
            if kind in ("branch", "shuffle", "section", "loop") and level < 3 and left[0]:
                made.append((kind, *steps(level + 1)))
            elif kind == "block" and left[0]:
                left[0] -= 1
                made.append(("block",))
            elif kind in ("set", "roll", "end"):
                made.append((kind,))
        return made or [("end",)]

    return [("block",), *steps(0)]


class _Draft:
    """An instrument in the making: blocks and steps one after the other, and what is asked so far."""

    def __init__(self, draw, wanted: Wanted, kinds: tuple[str, ...], skips: bool, most: int) -> None:
        self.draw, self.wanted, self.kinds, self.skips, self.most = draw, wanted, kinds, skips, most
        self.blocks: list[Block] = []
        self.quotas: list[Quota] = []
        self.asked: list[Question] = []
        self.fields: list[str] = []
        self.count = 0

    def number(self) -> int:
        self.count += 1
        return self.count

    def condition(self) -> str:
        return self.draw(self.wanted.conditions(self.asked, self.fields))

    def steps(self, tree: Sequence[tuple], bare: bool = False, looped: bool = False) -> tuple:
        """The steps of a flow; `bare` makes blocks only."""
        made = []
        for kind, *inner in tree:
            if kind == "block":
                made.append(self.block(looped))
            elif not bare:
                made.append(getattr(self, f"{kind}_step")(inner, looped))
        return tuple(step for step in made if step is not None)

    def block(self, looped: bool) -> ShowBlock:
        draw, before = self.draw, list(self.asked)
        for _ in range(draw(st.integers(1, self.most))):
            asked = [question for question in self.asked if question.role == "question"]
            name = f"Q{self.number()}"
            self.asked.append(draw(questions(self.kinds, name, asked, self.fields, self.wanted)))
        made = self.asked[len(before) :]
        if looped:  # outside, its columns have other names
            self.asked = before
        made = self.skipping(made, before)
        id, title = f"b{self.number()}", draw(st.none() | self.wanted.words)
        drawn = "block.randomize" not in self.wanted.without and draw(st.integers(0, 4)) == 0
        pick = draw(st.none() | st.integers(1, len(made))) if drawn else None
        self.blocks.append(Block(id, tuple(made), title, drawn, pick))
        return ShowBlock(id)

    def skipping(self, made: list[Question], before: list[Question]) -> list[Question]:
        """The questions of a block, some with skips."""
        if not self.skips:
            return made
        changed = []
        for place, question in enumerate(made):
            if self.draw(st.integers(0, 3)) == 0:
                to = [later.name for later in made[place + 1 :]] + [END_OF_BLOCK, END_OF_SURVEY]
                known = [*before, *made[: place + 1]]
                when = self.wanted.conditions(known, self.fields) if self.wanted.logic else st.none()
                question = replace(question, skips=(Skip(self.draw(st.sampled_from(to)), self.draw(when)),))
            changed.append(question)
        return changed

    def answerable(self) -> None:
        """At least one question can be answered."""
        if not any(question.items() for block in self.blocks for question in block.questions):
            first = self.blocks[0]
            kind = next((kind for kind in self.kinds if kind not in ("display",)), "open")
            extra = self.draw(questions((kind,), f"Q{self.number()}", wanted=replace(self.wanted, logic=False)))
            self.blocks[0] = replace(first, questions=(*first.questions, extra))

    def branch_step(self, inner, looped):
        if not (self.wanted.logic and (self.asked or self.fields)):
            return self.section_step(inner, looped)
        when, half = self.condition(), len(inner) // 2
        then, otherwise = self.steps(inner[half:], looped=looped), self.steps(inner[:half], looped=looped)
        return Branch(when, then, otherwise, self.draw(st.none() | self.wanted.words))

    def section_step(self, inner, looped):
        return Section(self.steps(inner, looped=looped), self.draw(st.none() | self.wanted.words))

    def shuffle_step(self, inner, looped):
        members = self.steps(inner, looped=looped)
        pick = self.draw(st.none() | st.integers(1, len(members)))
        return Shuffle(f"s_{self.number()}", members, pick, self.draw(st.booleans()))

    def loop_step(self, inner, looped):
        names = self.draw(st.lists(SHORT, min_size=1, max_size=3, unique=True))
        fields = self.draw(st.lists(SHORT, max_size=2, unique=True))
        rounds = tuple(self.round(name, fields) for name in names)
        pick = self.draw(st.none() | st.integers(1, len(rounds)))
        body = self.steps(inner, looped=True)
        return Loop(f"l_{self.number()}", rounds, body, self.draw(st.booleans()), pick)

    def round(self, name, fields):
        logic = self.wanted.logic and (self.asked or self.fields) and self.draw(st.booleans())
        pairs = tuple((field, self.draw(self.wanted.words)) for field in fields)
        return Round(name, pairs, self.condition() if logic else None)

    def set_step(self, inner, looped):
        names = self.draw(st.lists(SHORT.map("set_{}".format), min_size=1, max_size=2, unique=True))
        return SetData(tuple((name, self.draw(_wording(self.wanted, self.asked))) for name in names))

    def roll_step(self, inner, looped):
        low = self.draw(st.integers(-5, 5))
        return Roll(f"roll_{self.number()}", low, low + self.draw(st.integers(0, 9)))

    def end_step(self, inner, looped):
        url = st.none() | SHORT.map("https://example.org/{}".format)
        return End(self.draw(st.sampled_from(ENDINGS)), self.draw(st.none() | self.wanted.words), self.draw(url))

    def quota_steps(self):
        """A quota or two, and where they are checked."""
        for _ in range(self.draw(st.integers(0, 2))):
            self.quotas.append(Quota(f"quota_{self.number()}", self.condition(), self.draw(st.integers(0, 2000))))
        return tuple(CheckQuota(quota.name) for quota in self.quotas)

    def scores(self):
        """Values that follow from the answers."""
        names = [item.name for question in self.asked for item in question.items() if item.options or item.numeric]
        chosen = self.draw(st.lists(st.sampled_from(names), max_size=2, unique=True)) if names else []
        functions = st.sampled_from(["sum", "mean", "min", "max"])
        values = [str(Call(self.draw(functions), (Name(name),))) for name in chosen]
        text = st.none() | self.wanted.words
        return tuple(Computed(f"score_{place}", value, self.draw(text)) for place, value in enumerate(values))

    def translated(self):
        """Some texts in other languages."""
        asked = [question for block in self.blocks for question in block.questions]
        places = [place for question in asked for place in _places(question)]
        chosen = st.lists(st.sampled_from(places), min_size=1, max_size=4, unique=True)
        languages = self.draw(st.lists(st.sampled_from(["fr", "es", "zh-CN"]), max_size=2, unique=True))
        return {
            language: {place: self.draw(self.wanted.words) for place in self.draw(chosen)} for language in languages
        }


def _places(question: Question) -> list[str]:
    """Where the texts of a question stand, as translations name them."""
    options = [f"{question.name}/options/{option.code}" for option in question.options]
    return [question.name, *options, *(f"{question.name}/rows/{row.name}" for row in question.rows)]


#: every optional field of a question, an option and a row, as `without` names them
FIELDS = (
    *(field.name for field in fields(Question) if field.name not in ("name", "kind", "text")),
    *(f"option.{field.name}" for field in fields(Option) if field.name not in ("code", "label")),
    *(f"row.{field.name}" for field in fields(Row) if field.name not in ("name", "text")),
)
assert set(SPECIAL) <= set(FIELDS)
