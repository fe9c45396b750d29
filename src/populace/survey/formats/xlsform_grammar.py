"""The grammar of XLSForm expressions (XPath with `${names}`): a text becomes a tree, with the place of every part.

Only the form is read here; what it means stands in `xlsform_expressions`. The cost is bounded: the parser is
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
    from lark.exceptions import LarkError

    if len(text) > MAX_CHARACTERS:
        raise NotRead(f"has {len(text):,} characters, more than {MAX_CHARACTERS:,}")
    try:
        tree = _parser().parse(text)
    except LarkError:
        raise NotRead("is no expression of XLSForm that can be read") from None
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
