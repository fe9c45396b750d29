"""The grammar of ExpressionScript, LimeSurvey's language: a text becomes a tree, with the place of every part in it.

Only the form is read here; what it means stands in `limesurvey_expressions`. The cost is bounded: the parser is
table-driven, and texts that are too long or nested too deeply are none of ours.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from populace.survey.expression_records import MAX_DEPTH
from populace.survey.formats.translated import NotRead

if TYPE_CHECKING:
    from lark import Lark, Tree

#: characters of one expression
MAX_CHARACTERS = 10_000

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
    from lark.exceptions import LarkError

    if len(text) > MAX_CHARACTERS:
        raise NotRead(f"has {len(text):,} characters, more than {MAX_CHARACTERS:,}")
    try:
        tree = _parser().parse(text)
    except LarkError:
        raise NotRead("is no expression of LimeSurvey that can be read") from None
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
