"""ExpressionScript put into our language: conditions, values, and what is filled into wordings.

Both languages mean different things where something is not answered, and every translation keeps what LimeSurvey means:

    its `q != 2` holds for whoever did not answer           `not q == 2`
    a name without `.NAOK` makes the whole condition false  `shown(q) and ...`, where it would not be false anyway
    for whom the question was not put
    a box of a multiple choice is "Y" or empty              `selected(q, "a")`
    `sum` of nothing is 0                                   `sum(0, a, b)`, where it makes a difference

Spellings that mean the same in LimeSurvey tell our forms apart, so that what we write reads back as it was:
`a or b` is `in` where it can be, `a || b` never is; `q.valueNAOK == 1` is `selected(q, 1)`.
A condition that cannot be translated becomes `unsupported("…")`, alone, in place of the smallest one that holds it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from populace.errors import InstrumentError
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
    Text,
    Truth,
)
from populace.survey.formats.dialect import Translating
from populace.survey.formats.limesurvey_compare import Constant, compared, mirrored
from populace.survey.formats.limesurvey_counts import counted, counted_if
from populace.survey.formats.limesurvey_grammar import tree_of
from populace.survey.formats.limesurvey_merge import differing, merged, without
from populace.survey.formats.limesurvey_names import VALUES, Lookup, Variable, split
from populace.survey.formats.limesurvey_regex import pattern_of
from populace.survey.formats.limesurvey_sums import (
    differs_at_zero,
    function_of,
    guards_sum,
    never_nothing,
    refuse,
    sum_of_nothing,
    unquoted,
)
from populace.survey.formats.translated import NotRead, both, holds_unsupported

if TYPE_CHECKING:
    from lark import Tree

#: functions that ours have too -> our name
_FUNCTIONS = {
    "min": "min", "max": "max", "round": "round", "floor": "floor", "ceil": "ceil", "abs": "abs", "strlen": "length",
    "strtolower": "lower",
}  # fmt: skip
_VALUELESS = {"placed": "names the place of a ranking", "none": "names what has no answer"}
_OPERATORS = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}


class Translation(Translating):
    """The translation of one text."""

    def __init__(self, text: str, lookup: Lookup) -> None:
        super().__init__(text)
        self.lookup = lookup
        #: what was decided
        self.decided: list[str] = []
        self._strict: dict[str, Variable] = {}

    # -- conditions ----------------------------------------------------------------------------------------------

    def condition(self) -> Expression:
        """The text as a condition."""
        try:
            return self._whole(tree_of(self.text).children[0])
        except (NotRead, InstrumentError) as problem:
            return self._keep(self.text, problem)

    def _whole(self, tree: Tree) -> Expression:
        read = self.condition_of(tree)
        put = [
            Call("shown", (Name(variable.question or variable.name),))
            for variable in self._strict.values()
            if not variable.always and without(read, self.lookup.columns(variable)) is not False
        ]
        return both(*put, read) or read

    def condition_of(self, tree: Tree) -> Expression:
        """A condition; what cannot be read is kept in the smallest place."""
        if tree.data in ("either", "both"):
            return self._joined(tree)
        if tree.data == "opposite":
            return self._opposite(tree)
        try:
            return self._single(tree)
        except (NotRead, InstrumentError) as problem:
            return self._keep(self._slice(tree), problem)

    def _joined(self, tree: Tree) -> Expression:
        operands = tuple(self.condition_of(part) for part in tree.children[::2])
        words = all(str(sign).lower() in ("or", "and") for sign in tree.children[1::2])
        unequal = [part.data == "compare" for part in tree.children[::2]]
        if words and (found := merged(tree.data, operands, unequal)):
            return found
        if tree.data == "both":
            operands = differing(operands, unequal)
        return Logic("or" if tree.data == "either" else "and", operands) if len(operands) > 1 else operands[0]

    def _opposite(self, tree: Tree) -> Expression:
        (inner,) = tree.children
        if inner.data == "call" and function_of(inner) == "is_empty":
            try:
                return self._answered(inner)
            except (NotRead, InstrumentError) as problem:
                return self._keep(self._slice(tree), problem)
        return self._opposite_of(tree, len(self.kept), self.condition_of(inner))

    def _single(self, tree: Tree) -> Expression:
        match tree.data:
            case "compare":
                return self._compare(tree)
            case "variable":
                return self._truth_of(str(tree.children[0]))
            case "number":
                return Truth(float(tree.children[0]) != 0)
            case "text":
                return Truth(unquoted(tree.children[0]) not in ("", "0"))
            case "call":
                return self._called(tree)
        return Not(Compare("==", self.value_of(tree), Number(0)))

    def _called(self, tree: Tree) -> Expression:
        function, arguments = function_of(tree), tree.children[1:]
        match function:
            case "is_empty" | "is_null" if len(arguments) == 1:
                return Not(self._answered(tree))
            case "is_numeric" if len(arguments) == 1:
                return self._numeric(arguments[0])
            case "regexmatch" if len(arguments) == 2 and arguments[0].data == "text":
                return pattern_of(unquoted(arguments[0].children[0]), self.value_of(arguments[1]))
            case "if" if len(arguments) in (2, 3):
                condition, yes = self.condition_of(arguments[0]), self.condition_of(arguments[1])
                no = self.condition_of(arguments[2]) if len(arguments) == 3 else Truth(False)
                return Call("if", (condition, yes, no))
        value = self.value_of(tree)
        return Not(Compare("==", value, Number(0))) if function in ("count", "countif", "sum") else refuse(function)

    def _numeric(self, tree: Tree) -> Expression:
        variable = self.variable_of(tree)
        if variable is None or variable.kind not in ("number", "text", "unknown"):
            raise NotRead("is_numeric() of something else than an open answer")
        self.seen(tree, variable)
        # a number differs from nothing only where it is one
        known = Call("answered", (Name(variable.name),))
        return (
            known
            if variable.kind == "number"
            else Compare("==", Name(variable.name), Call("sum", (Name(variable.name),)))
        )

    def _answered(self, tree: Tree) -> Expression:
        """`!is_empty(…)`, of the call `is_empty(…)`."""
        (argument,) = tree.children[1:]
        if argument.data == "call" and function_of(argument) in ("strstr", "stristr"):
            text, part = argument.children[1:3]
            if function_of(argument) == "stristr":
                return Call("contains", (Call("lower", (self.value_of(text),)), Call("lower", (self.value_of(part),))))
            return Call("contains", (self.value_of(text), self.value_of(part)))
        variable = self.variable_of(argument)
        if variable is None:
            raise NotRead("is_empty() of something computed")
        if variable.kind == "none":
            raise NotRead(_VALUELESS["none"])
        self.seen(argument, variable)
        return variable.answered

    def _truth_of(self, name: str) -> Expression:
        variable, attribute = self.found(name), split(name)[1]
        if attribute == "relevancestatus":
            return Call("shown", (Name(variable.question if variable.box is not None else variable.name),))
        if variable.kind == "ticked":
            return variable.ticked
        if variable.kind == "number":
            return both(variable.answered, Not(Compare("==", Name(variable.name), Number(0))))
        if variable.kind in ("unknown", "none", "placed"):
            raise NotRead(f"{name!r} alone is no condition")
        if "0" in variable.codes:
            return both(variable.answered, Not(Compare("==", Name(variable.name), _code(variable, "0"))))
        return variable.answered

    # -- comparisons ---------------------------------------------------------------------------------------------

    def _compare(self, tree: Tree) -> Expression:
        left, right = tree.children[::2]
        operator = _OPERATORS.get(str(tree.children[1]).lower(), str(tree.children[1]))
        if started := self._starts(operator, left, right):
            return started
        one, other = self.side_of(left), self.side_of(right)
        if isinstance(one, Constant) and not isinstance(other, Constant):
            one, other, operator, left, right = other, one, mirrored(operator), right, left
        if isinstance(one, Variable) and isinstance(other, Constant):
            chosen = left.data == "variable" and split(str(left.children[0]))[1] == "valuenaok"
            return compared(operator, one, other, self.decided, chosen=chosen)
        return self._values_compared(operator, _value_of(one), _value_of(other))

    def _starts(self, operator: str, tree: Tree, other: Tree) -> Expression | None:
        """`substr(text, 0, 3) == "abc"`."""
        if operator != "==" or other.data != "text" or tree.data != "call" or function_of(tree) != "substr":
            return None
        part = unquoted(other.children[0])
        if [self._slice(one) for one in tree.children[2:]] != ["0", str(len(part))] or not part:
            return None
        return Call("startswith", (self.value_of(tree.children[1]), Text(part)))

    def _values_compared(self, operator: str, one: Expression, other: Expression) -> Expression:
        if Text("") in (one, other):
            raise NotRead("compares something computed with nothing")
        if sum_of_nothing(one) and isinstance(other, Number) and not differs_at_zero(operator, other):
            one = Call("sum", one.arguments[1:])
        if operator == "!=" and not (never_nothing(one) and never_nothing(other)):
            return Not(Compare("==", one, other))
        return Compare(operator, one, other)

    def side_of(self, tree: Tree) -> Variable | Constant | Expression:
        """One side of a comparison. Raises `NotRead`."""
        match tree.data:
            case "text":
                return Constant(unquoted(tree.children[0]), True)
            case "number":
                return Constant(str(tree.children[0]), False)
            case "minus" if tree.children[1].data == "number":
                return Constant(f"-{tree.children[1].children[0]}", False)
            case "variable":
                name = str(tree.children[0])
                if split(name)[1] in (*VALUES, ""):
                    variable = self.found(name)
                    self.seen(tree, variable)
                    return variable
        return self.value_of(tree)

    # -- values --------------------------------------------------------------------------------------------------

    def value(self) -> Expression:
        """The text as a value. Raises `NotRead`."""
        return self.value_of(tree_of(self.text).children[0])

    def value_of(self, tree: Tree) -> Expression:
        """A part as a value. Raises `NotRead`."""
        match tree.data:
            case "text":
                return Text(unquoted(tree.children[0]))
            case "number":
                return Number(float(tree.children[0]))
            case "variable":
                return self.value_named(tree)
            case "plus":
                return self.value_of(tree.children[1])
            case "minus":
                inner = tree.children[1]
                return Number(-float(inner.children[0])) if inner.data == "number" else Minus(self.value_of(inner))
            case "chain":
                return self._chain(tree)
            case "call":
                return self._value_called(tree)
        condition = self.condition_of(tree)
        if holds_unsupported(condition):
            raise NotRead("holds a condition that cannot be translated")
        return condition

    def value_named(self, tree: Tree) -> Expression:
        """The value of what a name stands for. Raises `NotRead`."""
        name = str(tree.children[0])
        variable, attribute = self.found(name), split(name)[1]
        if attribute == "question":
            return Text(variable.wording)
        if attribute in variable.facts:
            return Text(variable.facts[attribute])
        if attribute == "shown" and variable.kind == "closed":
            return Call("label", (Name(variable.name),))
        if attribute == "relevancestatus":
            return Call("shown", (Name(variable.question or variable.name),))
        self.seen(tree, variable)
        if variable.kind in _VALUELESS:
            raise NotRead(_VALUELESS[variable.kind])
        if variable.kind == "ticked":
            word = variable.wording if attribute == "shown" else "Y"
            return Call("if", (variable.ticked, Text(word), Text("")))
        return Name(variable.name)

    def _chain(self, tree: Tree) -> Expression:
        if mean := self._mean(tree):
            return mean
        operands = tuple(self.value_of(part) for part in tree.children[::2])
        signs = tuple(str(sign) for sign in tree.children[1::2])
        if "+" in signs and any(self._wordy(operand) for operand in operands):
            raise NotRead("'+' joins texts here")
        return Arithmetic(operands, signs)

    def _wordy(self, operand: Expression) -> bool:
        if isinstance(operand, Call):
            return operand.function in ("lower", "label", "if")
        return isinstance(operand, Text)

    def _mean(self, tree: Tree) -> Expression | None:
        """`sum(a, b) / count(a, b)`."""
        if len(tree.children) != 3 or str(tree.children[1]) != "/":
            return None
        top, _, bottom = tree.children
        alike = [one.data == "call" and self._slice(one).partition("(")[2] for one in (top, bottom)]
        if not alike[0] or alike[0] != alike[1] or (function_of(top), function_of(bottom)) != ("sum", "count"):
            return None
        return Call("mean", tuple(self._arguments(top.children[1:])))

    def _value_called(self, tree: Tree) -> Expression:
        function, arguments = function_of(tree), tree.children[1:]
        match function:
            case "if" if len(arguments) in (2, 3):
                return self._if(arguments)
            case "count":
                return counted(arguments, self)
            case "countif" if len(arguments) > 1:
                return counted_if(arguments, self)
            case "sum":
                found = tuple(self._arguments(arguments))
                return Call("sum", found if any(map(never_nothing, found)) else (Number(0), *found))
        if function in _FUNCTIONS:
            return Call(_FUNCTIONS[function], tuple(self._arguments(arguments)))
        if function in ("is_empty", "is_null", "is_numeric", "regexmatch"):
            return self._called(tree)
        return refuse(function)

    def _if(self, arguments: list[Tree]) -> Expression:
        condition, yes = self.condition_of(arguments[0]), self.value_of(arguments[1])
        if holds_unsupported(condition):
            raise NotRead("depends on a condition that cannot be translated")
        no = self.value_of(arguments[2]) if len(arguments) == 3 else Text("")
        if guards_sum(condition, yes) and no == Text(""):
            return Call("sum", yes.arguments[1:])
        return Call("if", (condition, yes, no))

    def _arguments(self, trees: list[Tree]) -> list[Expression]:
        """Arguments, with `self` and `that.q` written out."""
        found: list[Expression] = []
        for tree in trees:
            parts = self.lookup.parts(str(tree.children[0])) if tree.data == "variable" else []
            if parts and all(part.kind != "ticked" for part in parts):
                found += [Name(part.name) for part in parts]
            else:
                found.append(self.value_of(tree))
        return found

    # -- names ---------------------------------------------------------------------------------------------------

    def variable_of(self, tree: Tree) -> Variable | None:
        """What a part names, None for something computed."""
        return self.found(str(tree.children[0])) if tree.data == "variable" else None

    def found(self, name: str) -> Variable:
        """What a name stands for. Raises `NotRead`."""
        variable = self.lookup.find(name)
        if variable is None:
            raise NotRead(f"there is no question {split(name)[0]!r}")
        return variable

    def seen(self, tree: Tree, variable: Variable) -> None:
        """A name without `.NAOK`: the whole does not hold where the question was not put."""
        if split(str(tree.children[0]))[1] not in ("naok", "valuenaok"):
            self._strict.setdefault(variable.question or variable.name, variable)


def _code(variable: Variable, word: str) -> Expression:
    code = variable.codes[word]
    return Text(code) if isinstance(code, str) else Number(code)


def _value_of(side: Variable | Constant | Expression) -> Expression:
    if isinstance(side, Constant):
        return Number(float(side.text)) if not side.quoted else Text(side.text)
    if isinstance(side, Variable):
        if side.kind == "ticked" or side.kind in _VALUELESS:
            raise NotRead("compares what has no value of its own")
        return Name(side.name)
    return side
