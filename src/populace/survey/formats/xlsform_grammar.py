"""The grammar of XLSForm expressions (XPath with `${names}`): a text becomes a tree, with the place of every part.

Only the form is read here; what it means stands in `xlsform_expressions`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from populace.survey.formats.dialect import tree_by

if TYPE_CHECKING:
    from lark import Tree

_STEP = r"(?:\.\.|\.|[A-Za-z_][\w.\-]*(?::[A-Za-z_][\w.\-]*)?)"
_GRAMMAR = r"""
start: disjunction
?disjunction: conjunction | conjunction (_OR conjunction)+ -> either
?conjunction: equality | equality (_AND equality)+ -> both
?equality: relation | relation EQUALITY relation -> compare
?relation: sum | sum RELATION sum -> compare
?sum: product | product ((PLUS | MINUS) product)+ -> chain
?product: signed | signed ((STAR | DIV | MOD) signed)+ -> chain
?signed: atom | MINUS signed -> minus
?atom: TEXT -> text | NUMBER -> number | REFERENCE -> reference | PATH -> path
    | PATH "(" (disjunction ("," disjunction)*)? ")" -> call
    | "(" disjunction ")"

_OR.3: /or(?![\w.\-:])/
_AND.3: /and(?![\w.\-:])/
DIV.3: /div(?![\w.\-:])/
MOD.3: /mod(?![\w.\-:])/
EQUALITY: /!=|=/
RELATION: /<=|>=|<|>/
PLUS: "+"
MINUS: "-"
STAR: "*"
REFERENCE: /\$\{[^{}]*\}/
NUMBER.2: /[0-9]+(?:\.[0-9]*)?|\.[0-9]+/
TEXT: /"[^"]*"|'[^']*'/
PATH: @PATH@
%ignore /[\s\xa0]+/
""".replace("@PATH@", rf"/\/?{_STEP}(?:\/{_STEP})*/")


def tree_of(text: str) -> Tree:
    """The tree of an expression. Raises `NotRead` with the reason."""
    return tree_by(_GRAMMAR, text, "is no expression of XLSForm that can be read")
