"""The grammar of ExpressionScript, LimeSurvey's language: a text becomes a tree, with the place of every part in it.

Only the form is read here; what it means stands in `limesurvey_expressions`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from populace.survey.formats.dialect import tree_by

if TYPE_CHECKING:
    from lark import Tree

#: operators bind as in LimeSurvey: or, and, equality, order, sum, product, sign
_GRAMMAR = r"""
start: disjunction
?disjunction: conjunction | conjunction (OR conjunction)+ -> either
?conjunction: equality | equality (AND equality)+ -> both
?equality: relation | relation EQUALITY relation -> compare
?relation: sum | sum RELATION sum -> compare
?sum: product | product ((PLUS | MINUS) product)+ -> chain
?product: signed | signed ((STAR | SLASH) signed)+ -> chain
?signed: atom | _NOT signed -> opposite | MINUS signed -> minus | PLUS signed -> plus
?atom: TEXT -> text | NUMBER -> number | VARIABLE -> variable
    | VARIABLE "(" (disjunction ("," disjunction)*)? ")" -> call
    | "(" disjunction ")"

OR.3: /(?i:or)(?![\w.])|\|\|/
AND.3: /(?i:and)(?![\w.])|&&/
EQUALITY.3: /==|!=|(?i:eq|ne)(?![\w.])/
RELATION.3: /<=|>=|<|>|(?i:le|ge|lt|gt)(?![\w.])/
_NOT: /!(?!=)/
PLUS: "+"
MINUS: "-"
STAR: "*"
SLASH: "/"
VARIABLE.2: /(?:INSERTANS:)?[0-9]+X[0-9]+X[0-9]+\w*(?:\#[01])?(?:\.\w+)*|(?:TOKEN:)?[A-Za-z]\w*(?:\.\w+)*/
NUMBER: /[0-9]+(?:\.[0-9]*)?|\.[0-9]+/
TEXT: /"(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\]|\\[\s\S])*'/
%ignore /[\s\xa0]+/
"""


def tree_of(text: str) -> Tree:
    """The tree of an expression. Raises `NotRead` with the reason."""
    return tree_by(_GRAMMAR, text, "is no expression of LimeSurvey that can be read")
