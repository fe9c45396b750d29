"""The grammar of SurveyJS expressions: a text becomes a tree, with the place of every part in the text.

Only the form is read here; what it means stands in `surveyjs_expressions`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from populace.survey.formats.dialect import tree_by

if TYPE_CHECKING:
    from lark import Tree

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


def tree_of(text: str) -> Tree:
    """The tree of an expression. Raises `NotRead` with the reason."""
    return tree_by(_GRAMMAR, text, "is no expression of SurveyJS")
