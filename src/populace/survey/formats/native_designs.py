"""Choice tasks and best-worst sets in Populace's own format: in full, or by a design that makes them on reading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from populace.errors import InstrumentError
from populace.survey.design import ChoiceDesign, MaxDiffDesign, designed_sets, designed_tasks
from populace.survey.formats.native_records import keys_of, mapping, record, sequence
from populace.survey.kinds import ALIASES
from populace.survey.names import shown
from populace.survey.scale import Option
from populace.survey.tasks import Attribute, Tasks

_TASKS = {**keys_of(Tasks), "versions": False, "design": False}


def tasks_of(content: Any) -> Tasks:
    """Choice tasks from the mapping under 'tasks'."""
    fields = mapping(content, "tasks", "the tasks", _TASKS)
    _one_of(fields, "versions", "design", "tasks: ")
    attributes = _attributes(fields["attributes"])
    if "design" in fields:
        none = fields.get("none")
        if none is not None and not isinstance(none, str):
            raise InstrumentError(f"tasks: none is {shown(none)}; expected words: write them or leave it away")
        return designed_tasks(attributes, _choice_design(fields["design"]), none)
    return Tasks(attributes, nested(fields["versions"], 3, "versions"), fields.get("none"))


def sets_of(content: Any, question: Mapping[str, Any]) -> tuple[tuple[tuple[int | str, ...], ...], ...]:
    """Best-worst sets from the mapping under 'design' of a question with these other fields."""
    kind = question["kind"]
    if not isinstance(kind, str) or ALIASES.get(kind, kind) != "best_worst":
        hint = "write it under 'tasks'" if kind in ("choice_task", "conjoint") else "remove it or change the kind"
        raise InstrumentError(f"'design' means nothing for kind {shown(kind)}: {hint}")
    _one_of(question | {"design": content}, "sets", "design", "")
    options: Sequence[Option] = question.get("options", ())
    design = record(MaxDiffDesign, content, "design", "a design of sets")
    return designed_sets([option.code for option in options if not option.missing], design)


def nested(content: Any, depth: int, what: str) -> tuple[Any, ...]:
    """Lists within lists, `depth` levels below the first, as tuples."""
    members = sequence(content, "", what)
    if depth:
        return tuple(nested(member, depth - 1, what) for member in members)
    for member in members:
        if isinstance(member, bool) or not isinstance(member, int | str):
            raise InstrumentError(f"{what} holds {shown(member)}; expected a whole number or a word: correct it")
    return tuple(members)


def _attributes(content: Any) -> tuple[Attribute, ...]:
    listed = sequence(content, "", "attributes")
    attributes = [record(Attribute, one, f"attribute number {n}", "an attribute") for n, one in enumerate(listed, 1)]
    for attribute in attributes:
        if not isinstance(attribute.name, str) or not all(
            isinstance(level, str) and level.strip() for level in attribute.levels
        ):
            name = shown(attribute.name)
            raise InstrumentError(f"attribute {name}: its name and levels are words: put numbers in quotes")
    return tuple(attributes)


def _choice_design(content: Any) -> ChoiceDesign:
    fields = dict(mapping(content, "design", "a design of tasks", keys_of(ChoiceDesign)))
    if "prohibited" in fields:
        fields["prohibited"] = [_pair(pair) for pair in sequence(fields["prohibited"], "design", "prohibited")]
    if "priors" in fields:
        priors = fields["priors"]
        if not isinstance(priors, Mapping):
            raise InstrumentError(f"design: priors is {shown(priors)}; expected attributes with numbers: rewrite it")
        fields["priors"] = {name: sequence(worths, "design", f"priors of {name}") for name, worths in priors.items()}
    return ChoiceDesign(**fields)


def _pair(content: Any) -> Mapping[str, str]:
    if not isinstance(content, Mapping) or not all(isinstance(level, str) for level in content.values()):
        raise InstrumentError(
            f"design: prohibited has {shown(content)}; expected a level of each of two attributes, such as "
            '{Brand: Acme, Price: "$5"}: rewrite it'
        )
    return content


def _one_of(fields: Mapping[str, Any], first: str, second: str, start: str) -> None:
    """Tasks and sets are given in full or by a design."""
    if (first in fields) == (second in fields):
        found = f"both {first!r} and {second!r}" if first in fields else f"neither {first!r} nor {second!r}"
        raise InstrumentError(f"{start}has {found}; expected one of them: give it in full or by a design")
