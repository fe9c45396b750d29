"""Expressions of other programs: a text becomes a tree by the grammar of its language, with the place of every part.

The cost is bounded: the parser is table-driven, and texts that are too long or nested too deeply are none of ours.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from populace.survey.expression_records import MAX_DEPTH, MAX_PATTERN, Expression, Not
from populace.survey.expressions import MAX_CHARACTERS
from populace.survey.formats.translated import NotRead, holds_unsupported, unsupported

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


class Translating:
    """The translation of one text; what cannot be translated is kept in the smallest place."""

    def __init__(self, text: str) -> None:
        self.text = text
        #: what could not be translated, with the reason
        self.kept: list[str] = []

    def _keep(self, text: str, problem: Exception) -> Expression:
        self.kept.append(f"{' '.join(text.split())[:MAX_PATTERN]!r}: {problem}")
        return unsupported(text)

    def _slice(self, tree: Tree) -> str:
        return self.text[tree.meta.start_pos : tree.meta.end_pos]

    def _opposite_of(self, tree: Tree, before: int, read: Expression) -> Expression:
        """The opposite of what was read of a part of `tree`, when `before` texts were kept."""
        if holds_unsupported(read):  # the opposite of what nobody knows is not known either
            del self.kept[before + 1 :]
            return unsupported(self._slice(tree))
        return Not(read)
