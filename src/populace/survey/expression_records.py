"""Expressions as records: what the parser makes, and what checking, evaluation and translation walk over.

    Expression
    ├── Number, Text, Truth        what is written out
    ├── Name                       an item, a question, embedded data, a field of a loop
    ├── Logic, Not                 and, or; not
    ├── Compare, OneOf             == != < <= > >=; in, not in
    ├── Arithmetic, Minus          + - * / %; a change of sign
    └── Call                       a function of `expression_functions.FUNCTIONS`

Records are frozen, compare by content, and `str()` writes them in the one canonical form, which reads back to an equal
record. A record that breaks a limit cannot be made, so that whoever walks one may do so recursively. Records know
nothing of instruments, answers or the parser.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace

from populace.errors import InstrumentError
from populace.survey.expression_functions import ARGUMENTS, FUNCTIONS, function_problem
from populace.survey.names import shown

#: records in one expression, members of lists included
MAX_NODES = 2_000
#: levels of nesting
MAX_DEPTH = 60
#: members of a list after `in`
MAX_MEMBERS = 1_000
#: characters of a name
MAX_NAME = 200
#: characters of a pattern of matches()
MAX_PATTERN = 200
#: beyond it, whole numbers are not told apart by arithmetic
MAX_NUMBER = 2**53

COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
RESERVED = frozenset({"and", "or", "not", "in", "true", "false"})

_PLAIN_NAME = re.compile(r"[^\W\d]\w*(?:\.\w+)*")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_ESCAPED = re.compile(r'[\\"\n\t\r]')


@dataclass(frozen=True)
class Expression:
    """What all records share. Raises `InstrumentError` when a limit is broken."""

    def __post_init__(self) -> None:
        problem = self._problem()
        if problem:
            raise InstrumentError(problem)
        parts = tuple(self.parts())
        object.__setattr__(self, "_size", 1 + sum(part._size for part in parts))
        object.__setattr__(self, "_depth", 1 + max((part._depth for part in parts), default=0))
        if self._depth > MAX_DEPTH:
            raise InstrumentError(
                f"expression is nested more than {MAX_DEPTH} levels deep; compute a part of it under a name of its own"
            )
        if self._size > MAX_NODES:
            raise InstrumentError(
                f"expression has more than {MAX_NODES:,} names, values and operators; "
                "compute a part of it under a name of its own"
            )

    def parts(self) -> Iterator[Expression]:
        """The records directly within, in the order written."""
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, Expression):
                yield value
            elif isinstance(value, tuple):
                yield from (member for member in value if isinstance(member, Expression))

    def _problem(self) -> str | None:
        """Which rule of its own the record breaks."""
        return None

    def __str__(self) -> str:
        return _written(self)


@dataclass(frozen=True)
class Number(Expression):
    """A number written out. 2 and 2.0 are one number."""

    #: finite, at most 2**53 either way
    value: int | float

    def _problem(self) -> str | None:
        value = self.value
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= MAX_NUMBER:
            found = shown(value)
            return f"number {found} cannot be computed with exactly; write long numbers such as ids in quotes"
        object.__setattr__(self, "value", int(value) if float(value).is_integer() else float(value))
        return None


@dataclass(frozen=True)
class Text(Expression):
    """A text written out. The empty text stands for nothing."""

    #: any characters
    value: str

    def _problem(self) -> str | None:
        return None if isinstance(self.value, str) else f"text is {shown(self.value)}; expected words"


@dataclass(frozen=True)
class Truth(Expression):
    """true or false."""

    #: which of them
    value: bool

    def _problem(self) -> str | None:
        return None if isinstance(self.value, bool) else f"truth is {shown(self.value)}; expected true or false"


@dataclass(frozen=True)
class Name(Expression):
    """Something with a value: an item, a question, embedded or computed data, `loop.field`."""

    #: as the instrument has it
    name: str

    def _problem(self) -> str | None:
        name = self.name
        if not isinstance(name, str) or not name.strip() or len(name) > MAX_NAME or not name.isprintable():
            return f"name is {shown(name)}; expected 1 to {MAX_NAME} characters that can be printed: rename it"
        return None


@dataclass(frozen=True)
class Not(Expression):
    """The opposite of a condition; true where the condition is nothing."""

    #: the condition
    operand: Expression

    def _problem(self) -> str | None:
        return _not_records(self.operand)


@dataclass(frozen=True)
class Logic(Expression):
    """Conditions joined by one word."""

    #: "and" or "or"
    operator: str
    #: two conditions or more
    operands: tuple[Expression, ...]

    def _problem(self) -> str | None:
        if self.operator not in ("and", "or"):
            return f"operator is {shown(self.operator)}; expected 'and' or 'or'"
        return _not_records(*self.operands) or (
            None if len(self.operands) > 1 else f"{self.operator!r} needs two conditions or more"
        )


@dataclass(frozen=True)
class Compare(Expression):
    """Two values compared; false where one of them is nothing."""

    #: one of `COMPARISONS`
    operator: str
    #: value on the left
    left: Expression
    #: value on the right
    right: Expression

    def _problem(self) -> str | None:
        if self.operator not in COMPARISONS:
            return f"operator is {shown(self.operator)}; expected one of {', '.join(COMPARISONS)}"
        return _not_records(self.left, self.right)


@dataclass(frozen=True)
class OneOf(Expression):
    """Is a value a member of a list (`in`), or none (`not in`)? False where it is nothing."""

    #: the value
    value: Expression
    #: numbers or texts, written out
    members: tuple[Number | Text, ...]
    #: True for `not in`
    negated: bool = False

    def _problem(self) -> str | None:
        if not self.members:
            return "the list after 'in' is empty; expected one value or more"
        if len(self.members) > MAX_MEMBERS:
            return f"the list after 'in' has {len(self.members):,} members; expected at most {MAX_MEMBERS:,}"
        if len({type(member) for member in self.members}) > 1:
            return "the list after 'in' mixes numbers and texts; expected one or the other, as the codes are"
        if not isinstance(self.members[0], Number | Text):
            return f"the list after 'in' has {shown(self.members[0])}; expected numbers or texts"
        return _not_records(self.value)


@dataclass(frozen=True)
class Arithmetic(Expression):
    """A chain of sums and differences, or of products, quotients and remainders, from left to right."""

    #: two numbers or more
    operands: tuple[Expression, ...]
    #: what stands between them: all of + and -, or all of *, / and %
    operators: tuple[str, ...]

    def _problem(self) -> str | None:
        if not (set(self.operators) <= set("+-") or set(self.operators) <= set("*/%")):
            return f"operators are {shown(self.operators)}; expected + and - only, or *, / and % only"
        if len(self.operands) < 2 or len(self.operators) != len(self.operands) - 1:
            return f"{len(self.operands)} numbers with {len(self.operators)} operators; expected one between each two"
        return _not_records(*self.operands)


@dataclass(frozen=True)
class Minus(Expression):
    """A number with its sign changed."""

    #: the number
    operand: Expression

    def _problem(self) -> str | None:
        return _not_records(self.operand)


@dataclass(frozen=True)
class Call(Expression):
    """A function of its arguments."""

    #: a key of `FUNCTIONS`
    function: str
    #: as many as the function takes
    arguments: tuple[Expression, ...]

    def _problem(self) -> str | None:
        problem = function_problem(self.function) or _not_records(*self.arguments)
        if problem:
            return problem
        function = FUNCTIONS[self.function]
        return function.count_problem(len(self.arguments)) or self._argument_problem()

    def _argument_problem(self) -> str | None:
        """An argument that must stand as such in the text and does not."""
        kinds = FUNCTIONS[self.function].kinds(len(self.arguments))
        for place, (kind, argument) in enumerate(zip(kinds, self.arguments, strict=True), start=1):
            if not _MUST_BE.get(kind, _anything)(argument):
                found = shown(str(argument))
                return f"argument {place} of {self.function}() is {found}; expected {ARGUMENTS[kind]}"
        return None


def _anything(argument: Expression) -> bool:
    return True


#: kinds of argument that must stand as such in the text
_MUST_BE = {
    "name": lambda argument: isinstance(argument, Name),
    "code": lambda argument: isinstance(argument, Number | Text),
    "digits": lambda argument: isinstance(argument, Number) and argument.value in range(11),
    "pattern": lambda argument: isinstance(argument, Text) and len(argument.value) <= MAX_PATTERN,
}


def _not_records(*operands: object) -> str | None:
    wrong = next((operand for operand in operands if not isinstance(operand, Expression)), None)
    return None if wrong is None else f"operand is {shown(wrong)}; expected a record such as Number(1) or Name('q1')"


def names_in(expression: Expression) -> tuple[str, ...]:
    """The names an expression speaks of, each once, in the order of first mention."""
    return tuple(dict.fromkeys(part.name for part in walk(expression) if isinstance(part, Name)))


def walk(expression: Expression) -> Iterator[Expression]:
    """The expression and everything in it, from left to right."""
    yield expression
    for part in expression.parts():
        yield from walk(part)


def replace_names(expression: Expression, mapping: Mapping[str, str]) -> Expression:
    """The same expression with other names; names that `mapping` does not have stay."""
    if isinstance(expression, Name):
        return Name(mapping.get(expression.name, expression.name))

    def changed(value: object) -> object:
        if isinstance(value, Expression):
            return replace_names(value, mapping)
        return tuple(changed(member) for member in value) if isinstance(value, tuple) else value

    return replace(expression, **{field.name: changed(getattr(expression, field.name)) for field in fields(expression)})


def _written(expression: Expression) -> str:
    """The canonical form."""
    match expression:
        case Number():
            return repr(expression.value)
        case Text():
            return '"' + _ESCAPED.sub(lambda found: _ESCAPES[found[0]], expression.value) + '"'
        case Truth():
            return "true" if expression.value else "false"
        case Name():
            return _written_name(expression.name)
        case Not():
            return f"not {_within(expression.operand, 3)}"
        case Logic():
            level = _level(expression) + 1
            return f" {expression.operator} ".join(_within(operand, level) for operand in expression.operands)
        case Compare():
            return f"{_within(expression.left, 5)} {expression.operator} {_within(expression.right, 5)}"
        case OneOf():
            members = ", ".join(map(_written, expression.members))
            return f"{_within(expression.value, 5)} {'not ' * expression.negated}in [{members}]"
        case Arithmetic():
            return _written_chain(expression)
        case Minus():
            # a minus before a plain number is part of that number
            return f"-{_within(expression.operand, 9 if isinstance(expression.operand, Number) else 7)}"
        case Call():
            return f"{expression.function}({', '.join(map(_written, expression.arguments))})"
    raise TypeError(f"{type(expression).__name__} is no record of an expression")


def _written_name(name: str) -> str:
    plain = _PLAIN_NAME.fullmatch(name) and name.lower() not in RESERVED
    return name if plain else "`" + name.replace("`", "``") + "`"


def _written_chain(chain: Arithmetic) -> str:
    level = _level(chain) + 1
    rest = zip(chain.operators, chain.operands[1:], strict=True)
    return _within(chain.operands[0], level) + "".join(f" {sign} {_within(part, level)}" for sign, part in rest)


def _within(part: Expression, level: int) -> str:
    """A part as it stands in another record: in brackets when it binds less than `level`."""
    return _written(part) if _level(part) >= level else f"({_written(part)})"


def _level(expression: Expression) -> int:
    """How strongly a record binds: or 1, and 2, not 3, comparison 4, sum 5, product 6, minus 7, all else 8."""
    match expression:
        case Logic():
            return 1 if expression.operator == "or" else 2
        case Not():
            return 3
        case Compare() | OneOf():
            return 4
        case Arithmetic():
            return 5 if expression.operators[0] in "+-" else 6
        case Minus():
            return 7
    return 8
