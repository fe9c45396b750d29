"""Expressions: the small language of display and skip logic, branches, quotas and computed data.

    age >= 18 and (uses == 2 or not answered(brand))
    selected(media, 1, 2) and country in ["US", "CA"]
    if(mean(q1, q2, q3) > 3, "high", "low")

`parse` reads a text into the records of `expression_records`, `str` writes it back in one canonical form.
`expression_checks` holds an expression against an instrument, `expression_values` evaluates it for one respondent,
`expression_columns` for many at once, `expression_atoms` lists what a condition depends on.

What a value may be, and what it is where another kind is wanted:

    value      is                                as a number   as a text    as a condition
    number     a float                           itself        nothing      nothing
    text       characters                        if written    itself       nothing
                                                 as one
    truth      true or false                     1 or 0        nothing      itself
    set        codes chosen in a multiple choice nothing       nothing      nothing
    nothing    not answered, not shown, empty    nothing       nothing      false

What the operators mean:

    ==  !=                two texts: the same characters; else as numbers. False where one side is nothing, != too
    <  <=  >  >=          two texts: by their characters (so ISO dates are in order); else as numbers; false as above
    in  not in            as == with one of, != with all of the list: both are false where the value is nothing
    and  or  not          a condition that is nothing is false, so `not` of it is true
    +  -  *  /  %         a number, or nothing where a part is nothing or the result has no finite value; the remainder
                          has the sign of the divisor
    sum mean min max      skip nothing; nothing where there is nothing left
    count                 0 where there is nothing
    other functions       nothing (a condition: false) where an argument is nothing
    if(c, a, b)           b where c is false or nothing

Codes of closed questions compare as their codes, those of "don't know" included. The empty text is nothing. There is no
clock, no chance, and no access to anything but the named values; no expression can loop or make a text longer, so the
cost of one evaluation is bounded by its size and by the texts it looks at.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from populace.errors import InstrumentError
from populace.survey.expression_functions import FUNCTIONS
from populace.survey.expression_records import (
    MAX_NUMBER,
    RESERVED,
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
from populace.survey.names import did_you_mean, shown

if TYPE_CHECKING:
    from lark import Lark, Token, UnexpectedInput

#: characters of one expression, as read and as written out
MAX_CHARACTERS = 10_000
#: conditions up to this length are remembered: an instrument repeats them
_REPEATED = 300

#: keywords are matched letter by letter: ignoring case by flag would take other alphabets' letters for ours
_GRAMMAR = r"""
start: disjunction
?disjunction: conjunction | conjunction (_OR conjunction)+ -> either
?conjunction: negation | negation (_AND negation)+ -> both
?negation: comparison | _NOT negation -> opposite
?comparison: sum
    | sum COMPARISON sum -> compare
    | sum _IN members -> one_of
    | sum _NOT _IN members -> none_of
members: "[" (constant ("," constant)*)? "]" | "(" (constant ("," constant)*)? ")"
?sum: product | product ((PLUS | MINUS) product)+ -> chain
?product: signed | signed ((STAR | SLASH | PERCENT) signed)+ -> chain
?signed: operand | NUMBER -> number | MINUS NUMBER -> number
?operand: atom | MINUS operand -> minus | MINUS MINUS NUMBER -> minus_negative
?atom: TEXT -> text | TRUE -> true | FALSE -> false
    | WORD -> name | QUOTED -> quoted_name
    | WORD "(" (disjunction ("," disjunction)*)? ")" -> call
    | "(" disjunction ")"
?constant: NUMBER -> number | MINUS NUMBER -> number | TEXT -> text

_OR.2: /[oO][rR](?!\w|\.\w)|\|\|?/
_AND.2: /[aA][nN][dD](?!\w|\.\w)|&&?/
_NOT.2: /[nN][oO][tT](?!\w|\.\w)|!(?!=)/
_IN.2: /[iI][nN](?!\w|\.\w)/
TRUE.2: /[tT][rR][uU][eE](?!\w|\.\w)/
FALSE.2: /[fF][aA][lL][sS][eE](?!\w|\.\w)/
COMPARISON: /==|=(?![<>=])|!=|<>|<=|>=|<(?![=>])|>(?!=)|≠|≤|≥/
PLUS: "+"
MINUS: /[-−]/
STAR: /[*×]/
SLASH: /[\/÷]/
PERCENT: "%"
NUMBER: /(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?/
TEXT: /"(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\]|\\[\s\S])*'/
WORD: /[^\W\d]\w*(?:\.\w+)*/
QUOTED: /`(?:[^`]|``)+`/
%ignore /\s+/
"""

_COMPARISONS = {"=": "==", "<>": "!=", "≠": "!=", "≤": "<=", "≥": ">="}
_SIGNS = {"−": "-", "×": "*", "÷": "/"}
_UNESCAPED = {"\\": "\\", '"': '"', "'": "'", "n": "\n", "t": "\t", "r": "\r"}
_ESCAPE = re.compile(r"\\([\s\S])")

#: what people write by habit -> what to write here, looked up where reading stops
_HABITS = (
    (re.compile(r"=>"), "write '>='"),
    (re.compile(r"=<"), "write '<='"),
    (re.compile(r"[“”„‟«»‘’‚‛]"), 'texts stand in straight quotes, "like this"'),
    (re.compile(r"[${}]"), "names stand without $ and braces: age >= 18"),
    (re.compile(r"[\"']"), 'the text is not closed: add the second quotation mark (within a text it is written \\")'),
    (re.compile(r"`"), "the name is not closed: add the second backtick"),
    (re.compile(r"==|!=|<>|[<>]=?|=|in\b", re.IGNORECASE), "compare two at a time: 1 < x and x < 5"),
    (re.compile(r"(is|equals)\b", re.IGNORECASE), "write '=='"),
    (re.compile(r"(contains|matches|startswith)\b", re.IGNORECASE), "write it as a function: contains(why, 'price')"),
    (re.compile(r";"), "write ',' between the arguments of a function"),
)


def parse(text: str) -> Expression:
    """The expression that `text` writes.

    Raises `InstrumentError` naming the character, what was expected there and what to write, or the limit that is
    broken: 10,000 characters, 2,000 names, values and operators, 60 levels, lists of 1,000.
    """
    if not isinstance(text, str):
        raise InstrumentError(f"expression is {shown(text)}; expected text such as 'age >= 18': write it in quotes")
    if not text.strip():
        raise InstrumentError(
            "expression is empty; expected a condition such as 'age >= 18': write it or leave it away"
        )
    _refuse_length(text, len(text))
    expression = _read_again(text) if len(text) <= _REPEATED else _read(text)
    _refuse_length(text, len(str(expression)))
    return expression


def _refuse_length(text: str, length: int) -> None:
    if length > MAX_CHARACTERS:
        raise InstrumentError(
            f"expression {shown(text)} has {length:,} characters; expected at most {MAX_CHARACTERS:,}: "
            "compute a part of it under a name of its own"
        )


def _read(text: str) -> Expression:
    from lark.exceptions import UnexpectedInput

    try:
        return _parser().parse(text)  # type: ignore[return-value]  # the callbacks make records, not trees
    except UnexpectedInput as error:
        problem = _problem(text, error)
    except InstrumentError as error:
        problem = str(error)
    raise InstrumentError(f"expression {shown(text)}: {problem}")


_read_again = lru_cache(maxsize=1_024)(_read)


@cache
def _parser() -> Lark:
    """Built on first use: a table-driven parser whose time grows with the length of the text, whatever it says."""
    from lark import Lark

    return Lark(_GRAMMAR, parser="lalr", lexer="basic", transformer=_Records())


def _problem(text: str, error: UnexpectedInput) -> str:
    """Where reading stopped, what stands there, what was expected and what to do."""
    from lark.exceptions import UnexpectedToken

    if not isinstance(error, UnexpectedToken):
        return f"{_where(text, error.pos_in_stream)}: cannot be read{_advice(text, error.pos_in_stream)}"
    opened = [token for token in error.interactive_parser.parser_state.value_stack if token in ("(", "[")]
    expected = _wanted(error.expected, opened)
    if error.token.type != "$END":
        place = error.token.start_pos
        return f"{_where(text, place)}: expected {expected}{_advice(text, place)}"
    fix = f"close the bracket opened at character {opened[-1].start_pos + 1}" if opened else "write what is missing"
    return f"at the end: expected {expected}: {fix}"


def _where(text: str, place: int) -> str:
    return f"at character {place + 1}, {shown(text[place : place + 40])}"


def _wanted(expected: set[str], opened: list[Token]) -> str:
    """What could have stood there, in words."""
    if "WORD" in expected:
        return "a name, a number, a text in quotes or '('"
    if "NUMBER" in expected:
        return "a number or a text in quotes"
    closing = f"{')' if opened[-1] == '(' else ']'!r}" if opened else "the end"
    if expected & {"PLUS", "_AND", "_OR"}:
        return f"an operator such as 'and', '==' or '+', or {closing}"
    return "a list such as [1, 2, 5]" if "LSQB" in expected else closing


def _advice(text: str, place: int) -> str:
    """': what to do', by what people write by habit."""
    start = place - 1 if text[place - 1 : place] == "=" else place
    for habit, advice in _HABITS:
        if habit.match(text, start):
            return f": {advice}"
    word = re.match(r"\w{1,20}", text[place:])
    hint = did_you_mean(word[0], [*RESERVED, *FUNCTIONS]) if word else ""
    return hint or (": write what is missing before it" if word else ": remove it, or put it in quotes")


class _Records:
    """What the parser does with each rule of the grammar; a method has the rule's name and takes its parts."""

    def start(self, parts: list[Expression]) -> Expression:
        return parts[0]

    def either(self, parts: list[Expression]) -> Logic:
        return Logic("or", tuple(parts))

    def both(self, parts: list[Expression]) -> Logic:
        return Logic("and", tuple(parts))

    def opposite(self, parts: list[Expression]) -> Not:
        return Not(parts[0])

    def compare(self, parts: list[Any]) -> Compare:
        left, operator, right = parts
        return Compare(_COMPARISONS.get(operator, str(operator)), left, right)

    def one_of(self, parts: list[Any], negated: bool = False) -> OneOf:
        return OneOf(parts[0], parts[1], negated)

    def none_of(self, parts: list[Any]) -> OneOf:
        return self.one_of(parts, negated=True)

    def members(self, parts: list[Expression]) -> tuple[Expression, ...]:
        return tuple(parts)

    def chain(self, parts: list[Any]) -> Arithmetic:
        return Arithmetic(tuple(parts[::2]), tuple(_SIGNS.get(sign, str(sign)) for sign in parts[1::2]))

    def number(self, parts: list[Token]) -> Number:
        value = float(parts[-1])
        if value > MAX_NUMBER:
            raise InstrumentError(
                f"at character {parts[-1].start_pos + 1}: number {shown(str(parts[-1]))} is too long to compute with "
                "exactly; write ids and the like as a text in quotes"
            )
        return Number(-value if len(parts) > 1 else value)

    def minus(self, parts: list[Any]) -> Minus:
        return Minus(parts[1])

    def minus_negative(self, parts: list[Token]) -> Minus:
        return Minus(self.number(parts[1:]))

    def text(self, parts: list[Token]) -> Text:
        def unescaped(found: re.Match[str]) -> str:
            if found[1] not in _UNESCAPED:
                place = parts[0].start_pos + found.start() + 2
                raise InstrumentError(
                    f"at character {place}: {shown(found[0])} means nothing in a text; write \\\\ for a backslash"
                )
            return _UNESCAPED[found[1]]

        return Text(_ESCAPE.sub(unescaped, parts[0][1:-1]))

    def true(self, parts: list[Token]) -> Truth:
        return Truth(True)

    def false(self, parts: list[Token]) -> Truth:
        return Truth(False)

    def name(self, parts: list[Token]) -> Name:
        return Name(str(parts[0]))

    def quoted_name(self, parts: list[Token]) -> Name:
        return Name(parts[0][1:-1].replace("``", "`"))

    def call(self, parts: list[Any]) -> Call:
        word, *arguments = parts
        function = word if word in FUNCTIONS else word.lower()
        try:
            return Call(str(function), tuple(arguments))
        except InstrumentError as error:
            raise InstrumentError(f"at character {word.start_pos + 1}: {error}") from None
