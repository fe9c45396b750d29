"""Expressions held against what there is: unknown names, codes that are no options, kinds that do not go together.

`scope_of` lists what an instrument has; embedded and computed data are added by the caller. `check` refuses an
expression with the first problem, `problems` lists them all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

from populace.errors import InstrumentError
from populace.survey.expression_functions import FUNCTIONS
from populace.survey.expression_records import (
    Arithmetic,
    Call,
    Compare,
    Expression,
    Logic,
    Minus,
    Name,
    Not,
    Number,
    OneOf,
    Text,
    Truth,
)
from populace.survey.flow import loops_of
from populace.survey.instrument import Instrument, embedded
from populace.survey.kinds import row_column, sides
from populace.survey.names import did_you_mean, listed, shown
from populace.survey.question import Item, Question

#: what a name can stand for
KINDS = ("closed", "multiple", "number", "text", "truth", "unknown", "shown only")

#: problems listed of one expression
_MOST = 20
#: closest names are looked for among at most so many
_SEARCHED = 5_000

_WORDS = {"number": "a number", "text": "a text", "truth": "a condition", "set": "a set of codes", "nothing": "nothing"}


@dataclass(frozen=True)
class Known:
    """What a name stands for."""

    #: one of `KINDS`; "unknown" for embedded data that may be a number or a text, "shown only" for what has no answer
    kind: str
    #: codes of a closed question or a multiple choice, in order
    codes: tuple[int | str, ...] = ()
    #: wordings of these codes, in the same order; () when there are none
    labels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InstrumentError(f"kind is {shown(self.kind)}; expected one of {', '.join(KINDS)}")
        if self.labels and len(self.labels) != len(self.codes):
            raise InstrumentError(f"{len(self.codes)} codes have {len(self.labels)} labels; expected one for each")

    @property
    def type(self) -> str:
        """What its value is: "number", "text", "truth", "set" or "unknown"."""
        if self.kind == "closed":
            return "text" if any(isinstance(code, str) for code in self.codes) else "number"
        return {"multiple": "set", "shown only": "unknown"}.get(self.kind, self.kind)


def scope_of(instrument: Instrument) -> dict[str, Known]:
    """Every name an instrument gives: items, multiple choices, questions that can only be shown, embedded and computed
    data, fields of loops. What is in a loop has its plain name there, and one for every round."""
    scope: dict[str, Known] = {}
    for question in instrument.questions:
        scope |= _names_of(question)
    suffixes: dict[str, Known] = {}
    for block, loops in loops_of(instrument.flow).items():
        asked = [name for question in instrument.block(block).questions for name in _names_of(question).items()]
        for rounds in product(*(loop.rounds for loop in loops)) if loops else ():
            suffix = "".join(f".{one.name}" for one in rounds)
            suffixes |= {name + suffix: known for name, known in asked}
        scope |= {f"loop.{name}": Known("unknown") for loop in loops for one in loop.rounds for name, _ in one.fields}
    numbers = {field.name for field in instrument.data if field.kind == "number"}
    written = {name: Known("number" if name in numbers else "unknown") for name in embedded(instrument)}
    return scope | suffixes | written | {one.name: Known("unknown") for one in instrument.computed}


def _names_of(question: Question) -> dict[str, Known]:
    """The names a question gives."""
    scope = {question.name: Known("shown only")}
    if question.kind in ("multiple", "grid_multiple"):
        codes, labels = zip(*((option.code, option.label) for option in question.options), strict=True)
        rows = [row_column(question, row) for row in question.rows] or [question.name]
        scope |= dict.fromkeys(rows, Known("multiple", codes, labels))
    for side in sides(question) if question.kind == "side_by_side" else ():
        scope |= _names_of(side)
    return scope | {item.name: known_item(item) for item in question.items()}


def known_item(item: Item) -> Known:
    """What the name of one item stands for."""
    if item.options and not item.numeric:
        codes, labels = zip(*((option.code, option.label) for option in item.options), strict=True)
        return Known("closed", codes, labels)
    return Known("number" if item.numeric else "text")


def check(expression: Expression, scope: Mapping[str, Known], wanted: str | None = None) -> str:
    """The type of an expression: "number", "text", "truth", "set", "unknown" (embedded data) or "nothing".

    `wanted` is the type it has to have: "truth" for a condition. Raises `InstrumentError` with the first problem: an
    unknown name with the closest one, a code that is no option, values of kinds that do not go together.
    """
    checker = _Checker(scope)
    found = checker.checked(expression, wanted)
    if checker.problems:
        more = len(checker.problems) - 1
        raise InstrumentError(checker.problems[0] + (f" (and {more} more)" if more else ""))
    return found


def problems(expression: Expression, scope: Mapping[str, Known], wanted: str | None = None) -> tuple[str, ...]:
    """What `check` would refuse, one sentence each, in the order written; at most 20."""
    checker = _Checker(scope)
    checker.checked(expression, wanted)
    return tuple(dict.fromkeys(checker.problems))


class _Checker:
    """Walks an expression, gathers what is wrong, and gives each part's type."""

    def __init__(self, scope: Mapping[str, Known]) -> None:
        self.scope = scope
        self.problems: list[str] = []

    def refuse(self, expression: Expression, problem: str) -> None:
        if len(self.problems) < _MOST:
            self.problems.append(f"expression {shown(str(expression))}: {problem}")

    def checked(self, expression: Expression, wanted: str | None) -> str:
        """The type of a part, which has to go where `wanted` is wanted."""
        found = self.type(expression)
        if wanted is None or found in (wanted, "unknown") or (wanted, found) == ("number", "truth"):
            return found
        self.refuse(
            expression, f"is {_WORDS[found]}, where {_WORDS[wanted]} is wanted{self.way_out(expression, found, wanted)}"
        )
        return wanted

    def way_out(self, expression: Expression, found: str, wanted: str) -> str:
        """': what to do' about a value of the wrong kind."""
        if found == "set":
            return f": write selected({expression}, code)" if wanted == "truth" else f": write count({expression})"
        if wanted == "truth" and isinstance(expression, Name):
            return f": compare it, {expression} == …, or write answered({expression})"
        if wanted == "text" and isinstance(expression, Name) and self.scope[expression.name].labels:
            return f": label({expression}) is its wording"
        return ": compare it with something" if wanted == "truth" else ""

    def type(self, expression: Expression) -> str:
        match expression:
            case Number():
                return "number"
            case Truth():
                return "truth"
            case Text():
                return "text" if expression.value else "nothing"
            case Name():
                return self.named(expression)
            case Not() | Logic():
                for part in expression.parts():
                    self.checked(part, "truth")
                return "truth"
            case Compare():
                return self.compared(expression)
            case OneOf():
                return self.one_of(expression)
            case Arithmetic() | Minus():
                for part in expression.parts():
                    self.checked(part, "number")
                return "number"
            case Call():
                return self.called(expression)
        raise TypeError(f"{type(expression).__name__} is no record of an expression")

    def named(self, name: Name) -> str:
        known = self.known(name)
        if known is None:
            return "unknown"
        if known.kind == "shown only":
            self.refuse(name, f"{name.name!r} has no answer of its own: name one of its rows, or write shown({name})")
            return "unknown"
        return known.type

    def known(self, name: Name) -> Known | None:
        """What a name stands for; None, and a problem, when nothing."""
        known = self.scope.get(name.name)
        if known is None:
            hint = (
                did_you_mean(name.name, self.scope) if len(self.scope) <= _SEARCHED and len(self.problems) < 3 else ""
            )
            self.refuse(name, f"there is no question or field {shown(name.name)}{hint}: correct the name or add it")
        return known

    def compared(self, expression: Compare) -> str:
        for name, other in ((expression.left, expression.right), (expression.right, expression.left)):
            if (
                isinstance(name, Name)
                and isinstance(other, Number | Text)
                and self.codes_compared(expression, name, other)
            ):
                return "truth"
        left, right = self.type(expression.left), self.type(expression.right)
        sides = {left, right} - {"unknown"}
        if "set" in sides:
            self.refuse(expression, "a multiple choice has no single value: write selected(name, code) or count(name)")
        elif "nothing" in sides:
            self.refuse(
                expression, "nothing is compared, which is always false: write answered(name) or not answered(name)"
            )
        elif len(sides) == 2 and not (sides == {"number", "text"} and self.written(expression)):
            kinds = " with ".join(_WORDS[side] for side in sorted(sides))
            self.refuse(expression, f"compares {kinds}: bring both to one kind")
        elif sides == {"truth"} and expression.operator not in ("==", "!="):
            self.refuse(expression, "conditions have no order: write == or !=")
        return "truth"

    def written(self, expression: Compare) -> bool:
        """Is one side what somebody wrote, which counts as a number where it is written as one?"""
        names = (side.name for side in (expression.left, expression.right) if isinstance(side, Name))
        return any((known := self.scope.get(name)) is not None and known.kind == "text" for name in names)

    def codes_compared(self, expression: Compare, name: Name, constant: Number | Text) -> bool:
        """Compare a closed question with a code; False when it is none, and the ordinary rules hold."""
        known = self.scope.get(name.name)
        if known is None or known.kind != "closed" or not known.codes:
            return False
        if expression.operator in ("==", "!="):
            self.check_code(expression, name, known, constant)
        elif known.type == "text":
            self.refuse(expression, f"the codes of {name.name!r} are words and have no order: list them after 'in'")
        elif isinstance(constant, Text):
            self.refuse(
                expression, f"the codes of {name.name!r} are numbers: write {listed(known.codes, 3)} without quotes"
            )
        return True

    def check_code(self, expression: Expression, name: Name, known: Known, constant: Number | Text) -> None:
        if constant.value in known.codes:
            return
        by_label = [code for code, label in zip(known.codes, known.labels, strict=False) if label == constant.value]
        same = [code for code in known.codes if str(code) == str(constant.value)]
        fix = f"write {_code(by_label[0])}" if by_label else f"write {_code(same[0])}" if same else "correct the code"
        self.refuse(
            expression,
            f"{constant} is no code of {name.name!r}; its codes are {listed(known.codes)}: {fix}",
        )

    def one_of(self, expression: OneOf) -> str:
        name = expression.value
        known = self.scope.get(name.name) if isinstance(name, Name) else None
        if known and known.kind in ("closed", "multiple") and known.codes:
            if known.kind == "multiple":
                self.refuse(expression, f"{name} is a multiple choice: write selected({name}, …)")
            for member in expression.members:
                self.check_code(expression, name, known, member)
            return "truth"
        wanted = "text" if isinstance(expression.members[0], Text) else "number"
        self.checked(name, wanted)
        if Text("") in expression.members:
            self.refuse(expression, "an empty text is nothing and never in a list: write answered(name)")
        return "truth"

    def called(self, call: Call) -> str:
        if call.function in ("shown", "answered", "selected", "count", "label"):
            getattr(self, f"{call.function}_called")(call)
            return FUNCTIONS[call.function].result
        if call.function == "if":
            return self.if_called(call)
        if call.function == "unsupported":
            self.refuse(call, "is a condition of another program that could not be translated: write it anew")
        kinds = FUNCTIONS[call.function].kinds(len(call.arguments))
        for kind, argument in zip(kinds, call.arguments, strict=True):
            if kind in ("number", "text", "truth"):
                self.checked(argument, kind)
        return FUNCTIONS[call.function].result

    def shown_called(self, call: Call) -> None:
        self.known(call.arguments[0])

    def answered_called(self, call: Call) -> None:
        self.named(call.arguments[0])

    def count_called(self, call: Call) -> None:
        for name in call.arguments:
            self.named(name)

    def selected_called(self, call: Call) -> None:
        name, *codes = call.arguments
        known = self.known(name)
        if known is None or known.kind == "unknown":
            return
        if known.kind not in ("closed", "multiple"):
            self.refuse(call, f"{name.name!r} has no options to select: compare it with ==")
        for code in codes if known.codes else ():
            self.check_code(call, name, known, code)

    def label_called(self, call: Call) -> None:
        known = self.known(call.arguments[0])
        if known and not known.labels:
            self.refuse(call, f"{call.arguments[0].name!r} has no options with labels: use its value")

    def if_called(self, call: Call) -> str:
        condition, *arms = call.arguments
        self.checked(condition, "truth")
        types = {self.type(arm) for arm in arms}
        if "set" in types:
            self.refuse(call, "cannot give a multiple choice: give a number, a text or a condition")
        known = types - {"unknown", "nothing", "set"}
        if len(known) > 1:
            kinds = " and ".join(_WORDS[kind] for kind in sorted(known))
            self.refuse(call, f"gives {kinds}; expected one kind on both sides: change one of them")
        return min(known) if known else "unknown" if "unknown" in types else "nothing"


def _code(code: int | str) -> str:
    """A code as an expression writes it."""
    return str(Text(code) if isinstance(code, str) else Number(code))
