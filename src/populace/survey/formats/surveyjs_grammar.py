"""The grammar of SurveyJS expressions: a text becomes a tree, with the place of every part in the text.

Only the form is read here; what it means stands in `surveyjs_expressions`. The cost is bounded: the parser is
table-driven, and texts that are too long or nested too deeply are none of ours.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from populace.survey.expression_records import MAX_DEPTH

if TYPE_CHECKING:
    from lark import Lark, Tree

#: characters of one expression
MAX_CHARACTERS = 10_000

_GRAMMAR = r"""
start: disjunction
?disjunction: conjunction | conjunction (_OR conjunction)+ -> either
?conjunction: comparison | comparison (_AND comparison)+ -> both
?comparison: sum | sum COMPARISON sum -> compare
?sum: product | product ((PLUS | MINUS) product)+ -> chain
?product: power | power ((STAR | SLASH | PERCENT) power)+ -> chain
?power: listed | listed _POWER listed -> power
?listed: factor | factor LISTED factor -> listed
?factor: atom | atom EMPTY -> emptiness | _NOT factor -> opposite
?atom: TEXT -> text | NUMBER -> number | MINUS NUMBER -> number
    | TRUE -> true | FALSE -> false | NOTHING -> nothing
    | VARIABLE -> variable | WORD -> word
    | WORD "(" (disjunction ("," disjunction)*)? ")" -> call
    | "[" (disjunction ("," disjunction)*)? "]" -> array
    | "(" disjunction ")"

_OR.2: /(?i:or)(?!\w)|\|\|/
_AND.2: /(?i:and)(?!\w)|&&/
_NOT.2: /!(?!=)|(?i:negate)(?!\w)/
_POWER.2: /\^|(?i:power)(?!\w)/
COMPARISON.2: /<=|>=|==|!=|<>|=|<|>|(?i:notequal|equal|lessorequal|less|greaterorequal|greater)(?!\w)/
LISTED.2: /\*=|(?i:notcontains?|contains?|anyof|allof|noneof)(?!\w)/
EMPTY.2: /(?i:notempty|empty)(?!\w)/
TRUE.2: /(?i:true)(?!\w)/
FALSE.2: /(?i:false)(?!\w)/
NOTHING.2: /(?:undefined|null)(?!\w)/
PLUS: "+"
MINUS: "-"
STAR: "*"
SLASH: "/"
PERCENT: "%"
NUMBER: /[0-9]+(?:\.[0-9]+)?(?!\w)/
TEXT: /'(?:\\['"]|[^'])*'|"(?:\\['"]|[^"])*"/
VARIABLE: /\{[^{}]*\}/
WORD: /[A-Za-z_]\w*/
%ignore /\s+/
"""


class NotRead(Exception):
    """An expression, or a part of it, that this program cannot put into its own language."""


def tree_of(text: str) -> Tree:
    """The tree of an expression. Raises `NotRead` with the reason."""
    from lark.exceptions import LarkError

    if len(text) > MAX_CHARACTERS:
        raise NotRead(f"has {len(text):,} characters, more than {MAX_CHARACTERS:,}")
    try:
        tree = _parser().parse(text)
    except LarkError:
        raise NotRead("is no expression of SurveyJS") from None
    _refuse_depth(tree)
    return tree


@cache
def _parser() -> Lark:
    from lark import Lark

    return Lark(_GRAMMAR, parser="lalr", lexer="basic", propagate_positions=True)


def _refuse_depth(tree: Tree) -> None:
    """Follow the tree level by level, without recursion."""
    level = [tree]
    for _ in range(MAX_DEPTH):
        level = [child for parent in level for child in parent.children if hasattr(child, "children")]
        if not level:
            return
    raise NotRead(f"is nested more than {MAX_DEPTH} levels deep")
