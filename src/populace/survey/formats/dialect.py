"""Expressions of other programs: a text becomes a tree by the grammar of its language, with the place of every part.

The cost is bounded: the parser is table-driven, and texts that are too long or nested too deeply are none of ours.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from populace.survey.expression_records import MAX_DEPTH
from populace.survey.expressions import MAX_CHARACTERS
from populace.survey.formats.translated import NotRead

if TYPE_CHECKING:
    from lark import Lark, Tree


def tree_by(grammar: str, text: str, otherwise: str) -> Tree:
    """The tree of a text by a grammar. Raises `NotRead` with the reason, `otherwise` where the text does not fit."""
    from lark.exceptions import LarkError

    if len(text) > MAX_CHARACTERS:
        raise NotRead(f"has {len(text):,} characters, more than {MAX_CHARACTERS:,}")
    try:
        tree = _parser(grammar).parse(text)
    except LarkError:
        raise NotRead(otherwise) from None
    _refuse_depth(tree)
    return tree


@cache
def _parser(grammar: str) -> Lark:
    from lark import Lark

    return Lark(grammar, parser="lalr", lexer="basic", propagate_positions=True)


def _refuse_depth(tree: Tree) -> None:
    """Follow the tree level by level, without recursion."""
    level = [tree]
    for _ in range(MAX_DEPTH):
        level = [child for parent in level for child in parent.children if hasattr(child, "children")]
        if not level:
            return
    raise NotRead(f"is nested more than {MAX_DEPTH} levels deep")
