"""SurveyJS expressions put into our language: conditions, computed values.

Both languages mean different things where something is not answered, and every translation keeps what SurveyJS means:
its `<>` holds for whoever did not answer (`not q == 2`), its comparison of words takes no account of capitals
(`lower(q) == "yes"`), and `+` leaves out what is not answered (`sum(a, b)`). A condition that cannot be translated
becomes `unsupported("…")`, alone, in place of the smallest condition that holds it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from populace.errors import InstrumentError
from populace.survey.expression_records import (
    MAX_PATTERN,
    Arithmetic,
    Call,
    Compare,
    Expression,
    Name,
    Not,
    Number,
    OneOf,
    Text,
    Truth,
)
from populace.survey.formats.surveyjs_grammar import tree_of
from populace.survey.formats.surveyjs_variables import Lookup, Variable, as_word
from populace.survey.formats.translated import NotRead, joined, negated, unsupported

if TYPE_CHECKING:
    from lark import Tree


_COMPARISONS = {
    "=": "==", "==": "==", "equal": "==", "!=": "!=", "<>": "!=", "notequal": "!=", "<": "<", "less": "<",
    "<=": "<=", "lessorequal": "<=", ">": ">", "greater": ">", ">=": ">=", "greaterorequal": ">=",
}  # fmt: skip
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_LISTED = {"*=": "contains", "contain": "contains", "notcontain": "notcontains"}
#: functions of SurveyJS that ours have under another name
_FUNCTIONS = {"iif": "if", "avg": "mean", "sum": "sum", "min": "min", "max": "max", "round": "round"}
#: functions of ours that SurveyJS has not, and that a page can register
REGISTERED = ("floor", "ceil", "abs", "length", "lower", "startswith", "matches")
_LARGEST_LIST = 200


class Translation:
    """The translation of one text; `kept` lists what could not be translated, with the reason."""

    def __init__(self, text: str, lookup: Lookup) -> None:
        self.text = text
        self.lookup = lookup
        self.kept: list[str] = []
        self._strict = 0

    def condition(self) -> Expression:
        """The text as a condition."""
        try:
            return self._part(tree_of(self.text).children[0])
        except NotRead as reason:
            return self._keep(self.text, reason)

    def value(self) -> Expression:
        """The text as something to compute; all of it or nothing of it can be translated."""
        try:
            return self._value(tree_of(self.text).children[0])
        except (NotRead, InstrumentError) as reason:
            return self._keep(self.text, reason)

    def _keep(self, text: str, reason: Exception) -> Call:
        self.kept.append(f"{text[:MAX_PATTERN]!r}: {reason}")
        return unsupported(text)

    # -- conditions --------------------------------------------------------------------------------------------------

    def _part(self, tree: Tree) -> Expression:
        """A condition, or what is kept of it."""
        if self._strict:
            return self._condition(tree)
        try:
            return self._condition(tree)
        except (NotRead, InstrumentError) as reason:
            return self._keep(self.text[tree.meta.start_pos : tree.meta.end_pos], reason)

    def _condition(self, tree: Tree) -> Expression:
        match tree.data:
            case "either":
                return joined("or", *map(self._part, tree.children))
            case "both":
                return _pairs([self._part(child) for child in tree.children])
            case "opposite":
                return self._opposite(tree.children[0])
            case "compare":
                return self._compared(*tree.children)
            case "listed":
                return self._listed(*tree.children)
            case "emptiness":
                return self._emptiness(*tree.children)
        return self._truth(tree)

    def _opposite(self, tree: Tree) -> Expression:
        """Whoever cannot say whether a condition holds cannot say whether it does not."""
        self._strict += 1
        try:
            return Not(self._part(tree))
        finally:
            self._strict -= 1

    def _truth(self, tree: Tree) -> Expression:
        """A value where a condition is wanted: is there one, and is it not false?"""
        found = self._operand(tree)
        if isinstance(found, Variable):
            if found.kind == "cells":
                raise NotRead("is no condition")
            if "true" in found.codes:
                return Compare("==", Name(found.name), _constant(found.codes["true"]))
            return Call("answered", (Name(found.name),))
        if isinstance(found, bool):
            return Truth(found)
        if isinstance(found, Call) and found.function in ("if", "shown", "answered", "selected", "contains"):
            return found
        if isinstance(found, Call) and found.function in ("startswith", "matches"):
            return found
        raise NotRead("is no condition")

    def _emptiness(self, tree: Tree, word: str) -> Expression:
        found = self._operand(tree)
        if not isinstance(found, Variable):
            raise NotRead("asks whether something else than a question is empty")
        if found.kind == "cells":
            codes = dict.fromkeys(found.codes.values())
            answered: Expression = joined("or", *(_cell(found, code) for code in codes))
        else:
            answered = Call("answered", (Name(found.name),))
        return answered if word.lower() == "notempty" else Not(answered)

    def _compared(self, left: Tree, sign: str, right: Tree) -> Expression:
        operator = _COMPARISONS[sign.lower()]
        one, other = self._operand(left), self._operand(right)
        if isinstance(other, Variable) and not isinstance(one, Variable | Expression):
            one, other, operator = other, one, _MIRRORED[operator]
        if operator == "!=":
            return negated(self._equal(one, other))
        return self._equal(one, other) if operator == "==" else self._ordered(operator, one, other)

    def _equal(self, one: Any, other: Any) -> Expression:
        if not isinstance(one, Variable):
            return Compare("==", _expression(one), _expression(other))
        name = Name(one.name)
        if other is None or other == "":
            return Not(Call("answered", (name,)))
        if isinstance(other, Variable):
            return _same(one, other)
        if isinstance(other, list):
            return self._same_set(one, other)
        if isinstance(other, Expression):
            return Compare("==", _single(one), other)
        if one.kind in ("multiple", "cells"):
            raise NotRead("compares several answers with one")
        if one.kind == "closed":
            return Compare("==", name, _constant(one.code(other)))
        return _equal_words(one, other)

    def _same_set(self, one: Variable, others: list[Any]) -> Expression:
        if one.kind != "multiple":
            raise NotRead("compares one answer with a list")
        codes = [_constant(one.code(value)) for value in others]
        count = Compare("==", Call("count", (Name(one.name),)), Number(len(codes)))
        return joined("and", *(Call("selected", (Name(one.name), code)) for code in codes), count)

    def _ordered(self, operator: str, one: Any, other: Any) -> Expression:
        if isinstance(one, Variable) and one.kind == "closed":
            if any(isinstance(code, str) for code in one.codes.values()):
                raise NotRead(f"the choices of {one.name!r} are words and have no order")
            other = _number(other)
        if isinstance(one, Variable) and one.kind == "number":
            other = _number(other)
        return Compare(operator, _expression(one), _expression(other))

    def _listed(self, left: Tree, word: str, right: Tree) -> Expression:
        operator = _LISTED.get(word.lower(), word.lower())
        one, other = self._operand(left), self._operand(right)
        if isinstance(one, list) and isinstance(other, Variable) and operator in ("contains", "anyof"):
            one, other, operator = other, one, "anyof"
        if not isinstance(one, Variable) or isinstance(other, Variable | Expression) or other is None:
            raise NotRead(f"{word} compares what is no question and its values")
        values = other if isinstance(other, list) else [other]
        if operator in ("noneof", "notcontains"):
            return negated(self._any(one, other, values) if operator == "noneof" else self._all(one, values))
        return self._any(one, other, values) if operator == "anyof" else self._all(one, values)

    def _any(self, one: Variable, other: Any, values: list[Any]) -> Expression:
        """One of the values is chosen."""
        if one.kind == "cells":
            return joined("or", *(_cell(one, code.value) for code in _known(one, values)))
        if one.kind == "multiple":
            return Call("selected", (Name(one.name), *_known(one, values)))
        if not isinstance(other, list):
            return _part_of(one, other)
        if one.kind == "closed":
            return OneOf(Name(one.name), tuple(_known(one, values)))
        if all(isinstance(value, int | float) for value in values):
            return OneOf(Name(one.name), tuple(_number(value) for value in values))
        return OneOf(_lower(one), tuple(Text(as_word(value).lower()) for value in values))

    def _all(self, one: Variable, values: list[Any]) -> Expression:
        """All values are chosen, or parts of the text."""
        if one.kind == "cells":
            return joined("and", *(_cell(one, one.code(value)) for value in values))
        if one.kind != "multiple":
            return joined("and", *(_part_of(one, value) for value in values))
        return joined("and", *(Call("selected", (Name(one.name), _constant(one.code(value)))) for value in values))

    # -- values ------------------------------------------------------------------------------------------------------

    def _value(self, tree: Tree) -> Expression:
        if tree.data in ("either", "both", "opposite", "compare", "listed", "emptiness"):
            self._strict += 1
            try:
                return self._condition(tree)
            finally:
                self._strict -= 1
        return _expression(self._operand(tree))

    def _operand(self, tree: Tree) -> Any:
        """A variable, a constant, a list of constants, None for nothing, or something to compute."""
        words = [str(child) for child in tree.children]
        match tree.data:
            case "text":
                return words[0][1:-1].replace("\\'", "'").replace('\\"', '"')
            case "number":
                value = float("".join(words))
                return int(value) if value.is_integer() else value
            case "true" | "false":
                return tree.data == "true"
            case "nothing":
                return None
            case "word":
                return words[0]
            case "variable":
                return self._variable(words[0][1:-1].strip())
            case "array":
                return self._constants(tree)
            case "chain":
                return self._chain(tree.children)
            case "call":
                return self._called(tree)
        if tree.data == "power":
            raise NotRead("powers are not computed")
        return self._value(tree)

    def _variable(self, word: str) -> Variable | Expression:
        found = self.lookup(word.removeprefix("#"))
        if found is None:
            raise NotRead(f"there is no question or value {word!r}")
        return found

    def _constants(self, tree: Tree) -> list[Any]:
        values = [self._operand(child) for child in tree.children]
        if len(values) > _LARGEST_LIST or any(isinstance(one, Variable | Expression | list) for one in values):
            raise NotRead("has a list of something else than values")
        return values

    def _chain(self, children: list[Any]) -> Expression:
        operands, signs = [self._operand(child) for child in children[::2]], [str(sign) for sign in children[1::2]]
        if any(isinstance(one, str | bool | list) or one is None for one in operands):
            raise NotRead("computes with words")
        records = tuple(_expression(one) for one in operands)
        return Call("sum", records) if set(signs) == {"+"} else Arithmetic(records, tuple(signs))

    def _called(self, tree: Tree) -> Any:
        word, *arguments = tree.children
        function = str(word)
        if function.lower() in ("displayvalue", "getcomment", "shown"):
            return self._about(function.lower(), arguments)
        if function == "iif" and len(arguments) == 3:
            self._strict += 1
            try:
                return Call("if", (self._condition(arguments[0]), *map(self._value, arguments[1:])))
            finally:
                self._strict -= 1
        known = _FUNCTIONS.get(function) or (function if function in REGISTERED else None)
        if known is None or not arguments:
            raise NotRead(f"the function {function}() is not known here")
        return Call(known, tuple(self._value(argument) for argument in arguments))

    def _about(self, function: str, arguments: list[Tree]) -> Expression:
        """Functions that take the name of a question in quotes."""
        name = self._operand(arguments[0]) if arguments else None
        if not isinstance(name, str) or len(arguments) > 1:
            raise NotRead(f"{function}() of something else than a name")
        found = self._variable(f"{name}-Comment" if function == "getcomment" else name)
        if not isinstance(found, Variable):
            raise NotRead(f"{function}() of something else than a question")
        if function == "getcomment":
            return Name(found.name)
        return Call({"displayvalue": "label", "shown": "shown"}[function], (Name(found.name),))


def _pairs(parts: list[Expression]) -> Expression:
    """Conditions joined by "and"; "there is an answer, and it is not 2" is one condition, `q != 2`."""
    found: list[Expression] = []
    for part in parts:
        merged = _merged(found[-1], part) if found else None
        found[-1:] = [merged] if merged else [*found[-1:], part]
    return joined("and", *found)


def _merged(answered: Expression, other: Expression) -> Expression | None:
    if not (isinstance(answered, Call) and answered.function == "answered" and isinstance(other, Not)):
        return None
    match other.operand:
        case Compare(operator="==", left=left, right=right) if left == answered.arguments[0]:
            return Compare("!=", left, right)
        case OneOf(value=value, members=members, negated=False) if value == answered.arguments[0]:
            return OneOf(value, members, True)
    return None


def _constant(code: int | str) -> Number | Text:
    return Text(code) if isinstance(code, str) else Number(code)


def _known(one: Variable, values: list[Any]) -> list[Number | Text]:
    """The codes of those values that are choices; what is none is chosen by nobody."""
    known = {word.casefold() for word in one.codes}
    found = [one.code(value) for value in values if as_word(value).casefold() in known]
    if not found:
        raise NotRead(f"none of these is a choice of {one.name!r}")
    return [_constant(code) for code in dict.fromkeys(found)]


def _number(value: Any) -> Any:
    """A constant as a number where a number is wanted; what is no constant stays."""
    if isinstance(value, str | bool):
        try:
            return Number(float(value))
        except (ValueError, InstrumentError):
            raise NotRead(f"{value!r} is no number") from None
    return Number(value) if isinstance(value, int | float) else value


def _expression(value: Any) -> Expression:
    """A record of our language."""
    if isinstance(value, Variable):
        return _single(value)
    if isinstance(value, Expression):
        return value
    if isinstance(value, bool):
        return Truth(value)
    if isinstance(value, int | float):
        return Number(value)
    if isinstance(value, str):
        return Text(value)
    raise NotRead("is a list or nothing where one value is wanted")


def _single(variable: Variable) -> Name:
    if variable.kind in ("multiple", "cells"):
        raise NotRead(f"{variable.name!r} has several answers where one is wanted")
    return Name(variable.name)


def _cell(one: Variable, code: int | str) -> Expression:
    return Compare("==", Name(f"{one.name}_{code}"), Number(1))


def _lower(variable: Variable) -> Expression:
    return Call("lower", (Name(variable.name),))


def _same(one: Variable, other: Variable) -> Expression:
    """Two answers are the same, or there are none."""
    left, right = _single(one), _single(other)
    if one.kind == other.kind == "text":
        same: Expression = Compare("==", _lower(one), _lower(other))
    else:
        same = Compare("==", left, right)
    neither = joined("and", *(Not(Call("answered", (name,))) for name in (left, right)))
    return joined("or", same, neither)


def _equal_words(one: Variable, other: Any) -> Expression:
    """A text or number equal to a constant; capitals make no difference in SurveyJS."""
    if one.kind == "number" or (one.kind == "unknown" and isinstance(other, int | float)):
        return Compare("==", Name(one.name), _number(other))
    word = as_word(other)
    plain = word.lower() == word.upper()
    return Compare("==", Name(one.name) if plain else _lower(one), Text(word if plain else word.lower()))


def _part_of(one: Variable, value: Any) -> Expression:
    """Does a value stand in the answer? Of a closed question: is one of the choices chosen whose value holds it?"""
    word = as_word(value).lower()
    if one.kind == "closed":
        codes = [_constant(code) for raw, code in one.codes.items() if word in raw.lower()]
        codes = list(dict.fromkeys(codes))
        if not codes:
            raise NotRead(f"{word!r} is in no choice of {one.name!r}")
        return OneOf(Name(one.name), tuple(codes)) if len(codes) > 1 else Compare("==", Name(one.name), codes[0])
    if one.kind == "number":
        raise NotRead("looks for a text in a number")
    plain = word.upper() == word
    return Call("contains", (Name(one.name) if plain else _lower(one), Text(word)))
