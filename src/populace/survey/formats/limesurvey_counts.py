"""Counting in ExpressionScript: `count` and `countif`, with `self` and `that.question` written out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from populace.survey.expression_records import Call, Expression, Name
from populace.survey.formats.limesurvey_compare import Constant, compared
from populace.survey.formats.limesurvey_names import Variable
from populace.survey.formats.translated import NotRead

if TYPE_CHECKING:
    from lark import Tree

    from populace.survey.formats.limesurvey_expressions import Translation


def counted(trees: list[Tree], translation: Translation) -> Expression:
    """`count(a, b)`: how many are answered, how many boxes are ticked. Raises `NotRead`."""
    boxes, names = [], []
    for tree in trees:
        parts = translation.lookup.parts(str(tree.children[0])) if tree.data == "variable" else []
        if parts and all(part.is_box for part in parts):
            names.append(Name(parts[0].question))
        elif parts:
            names += [Name(part.name) for part in parts]
        else:
            variable = translation.variable_of(tree)
            if variable is None:
                raise NotRead("count() of something computed")
            translation.seen(tree, variable)
            (boxes if variable.is_box else names).append(variable)
    names = [Name(one.name) if isinstance(one, Variable) else one for one in names]
    whole = [Call("count", tuple(names))] if names else []
    return Call("sum", (*(box.ticked for box in boxes), *whole)) if boxes else whole[0]


def counted_if(trees: list[Tree], translation: Translation) -> Expression:
    """`countif(value, a, b)`: how many answers are that value. Raises `NotRead`."""
    wanted = translation.side_of(trees[0])
    if not isinstance(wanted, Constant):
        raise NotRead("countif() of something else than a value")
    found = []
    for tree in trees[1:]:
        parts = translation.lookup.parts(str(tree.children[0])) if tree.data == "variable" else []
        for part in parts or [translation.variable_of(tree)]:
            if part is None:
                raise NotRead("countif() of something computed")
            found.append(compared("==", part, wanted, translation.decided))
    return Call("sum", tuple(found))
