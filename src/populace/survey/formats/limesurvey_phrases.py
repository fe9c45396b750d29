"""What is filled into wordings of LimeSurvey: words, and values in between.

Texts that LimeSurvey joins (`implode`, `join`, `if` around them) are pieces one after the other here, for our language
joins no texts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from populace.survey.expression_records import Call, Expression, Name, Text
from populace.survey.formats.limesurvey_expressions import Translation
from populace.survey.formats.limesurvey_grammar import tree_of
from populace.survey.formats.limesurvey_names import VALUES, Lookup, split
from populace.survey.formats.limesurvey_sums import function_of, unquoted
from populace.survey.formats.translated import NotRead, code_of, code_only, holds_unsupported

if TYPE_CHECKING:
    from lark import Tree


class Phrase:
    """The translation of one text in braces."""

    def __init__(self, text: str, lookup: Lookup) -> None:
        self.translation = Translation(text, lookup)

    def pieces(self) -> list[str | Expression]:
        """Words, and values in between. Raises `NotRead`."""
        return self._words(tree_of(self.translation.text).children[0])

    def _words(self, tree: Tree) -> list[str | Expression]:
        match tree.data:
            case "text":
                return [unquoted(tree.children[0])]
            case "number":
                return [str(tree.children[0])]
            case "variable":
                return [self._named_in_words(tree)]
            case "call" if (
                function_of(tree) == "implode" and len(tree.children) > 2 and tree.children[1].data == "text"
            ):
                return self._imploded(unquoted(tree.children[1].children[0]), tree.children[2:])
            case "call" if function_of(tree) == "list" and (name := self._all_labels(tree)):
                return [name]
            case "call" if function_of(tree) == "join":
                return self._imploded("", tree.children[1:])
            case "call" if function_of(tree) == "if" and len(tree.children) in (3, 4):
                return self._if_in_words(tree.children[1:])
        return [self.translation.value_of(tree)]

    def _named_in_words(self, tree: Tree) -> str | Expression:
        name = str(tree.children[0])
        variable, attribute = self.translation.found(name), split(name)[1]
        if attribute == "question":
            return variable.wording
        if attribute in variable.facts:
            return variable.facts[attribute]
        if variable.kind == "closed" and (attribute == "shown" or name.startswith("INSERTANS:")):
            return Name(variable.name)
        if variable.kind == "closed" and attribute in (*VALUES, ""):
            return code_of(Name(variable.name))
        return self.translation.value_named(tree)

    def _all_labels(self, tree: Tree) -> Name | None:
        """`list(that.q.shown)`: the labels of all boxes that are ticked."""
        if len(tree.children) != 2:
            return None
        inner = tree.children[1]
        parts = self.translation.lookup.parts(str(inner.children[0])) if inner.data == "variable" else []
        ticked = parts and all(part.is_box for part in parts)
        return Name(parts[0].question) if ticked and split(str(inner.children[0]))[1] == "shown" else None

    def _imploded(self, glue: str, trees: list[Tree]) -> list[str | Expression]:
        found: list[str | Expression] = []
        for number, tree in enumerate(trees):
            for piece in [*([glue] if glue and number else []), *self._words(tree)]:
                if isinstance(piece, str) and found and isinstance(found[-1], str):
                    found[-1] += piece
                else:
                    found.append(piece)
        return found

    def _if_in_words(self, trees: list[Tree]) -> list[str | Expression]:
        condition = self.translation.condition_of(trees[0])
        if holds_unsupported(condition):
            raise NotRead("depends on a condition that cannot be translated")
        yes, no = self._words(trees[1]), self._words(trees[2]) if len(trees) == 3 else []
        if len(yes) <= 1 and len(no) <= 1:
            one, other = (self._word(part[0]) if part else Text("") for part in (yes, no))
            return [Call("if", (condition, one, other))]
        return [Call("if", (condition, self._word(part), Text(""))) for part in yes] + [
            Call("if", (condition, Text(""), self._word(part))) for part in no
        ]

    def _word(self, piece: str | Expression) -> Expression:
        if isinstance(piece, str):
            return Text(piece)
        if code_only(piece):
            return piece.arguments[1]
        closed = isinstance(piece, Name) and self.translation.lookup.labelled(piece.name)
        return Call("label", (piece,)) if closed else piece
