"""Loops written as SurveyJS: a dynamic panel where all rounds are alike, else the rounds one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from populace.survey.expression_records import replace_names
from populace.survey.expressions import parse
from populace.survey.flow import (
    Flow,
    Loop,
    Round,
    ShowBlock,
    elements,
)
from populace.survey.formats.surveyjs_skips import Conditions
from populace.survey.formats.surveyjs_words import words_of_questions
from populace.survey.formats.surveyjs_writing import Element
from populace.survey.formats.translated import joined
from populace.survey.instrument import Block
from populace.survey.question import Question

if TYPE_CHECKING:
    from populace.survey.formats.surveyjs_write import SurveyWriter as LoopWriter


def write_loop(writer: LoopWriter, loop: Loop, under: Conditions, rest: Flow) -> None:
    """A dynamic panel where every round is alike, else the rounds one after the other."""
    place = f"loop {loop.id!r}"
    for name in ("randomize", "pick"):
        if getattr(loop, name):
            writer.fidelity.lost(f"loop.{name}", place, "rounds are put in their order, all of them")
    block = _repeated(writer, loop)
    if block is not None:
        _panel(writer, loop, block, under)
        return
    writer.fidelity.changed("loop", place, "its rounds stand one after the other, as questions of their own")
    for number, one in enumerate(loop.rounds, 1):
        _round(writer, one, loop, under, rest if number == len(loop.rounds) else (loop, *rest))


def _repeated(writer: LoopWriter, loop: Loop) -> Block | None:
    """The block of a loop that a dynamic panel can be."""
    step = loop.flow[0]
    plain = [one == Round(str(number), (("number", str(number)),)) for number, one in enumerate(loop.rounds, 1)]
    if len(loop.flow) > 1 or not isinstance(step, ShowBlock) or not all(plain) or writer.writing.suffix:
        return None
    block = writer.blocks[step.block]
    simple = not (block.randomize or block.pick or any(q.skips or q.new_page for q in block.questions))
    return block if simple else None


def _panel(writer: LoopWriter, loop: Loop, block: Block, under: Conditions) -> None:
    """A dynamic panel with a fixed number of panels."""
    writer.shown.add(block.id)
    outer = writer.writing.words
    own = words_of_questions(block.questions)
    inside = {name: f"panel.{word}" for name, word in own.names.items()}
    # it counts from 1 on in wordings, where alone it has a name
    writer.writing.words = outer.in_round({**inside, "loop.number": "panelIndex"}, {})
    templates = writer.elements(block.questions, {})
    writer.writing.words = outer.in_round(
        {
            f"{name}.{number}": f"{loop.id}[{number - 1}].{word}"
            for name, word in own.names.items()
            for number in range(1, len(loop.rounds) + 1)
        },
        {},
    )
    count = len(loop.rounds)
    one: Element = {
        "type": "paneldynamic",
        "name": loop.id,
        "titleLocation": "hidden",
        "templateElements": templates,
    }
    one |= {"minPanelCount": count, "maxPanelCount": count}
    if block.title:
        writer.fidelity.lost("block.title", f"block {block.id!r}", "the questions of a loop have no heading")
    if block.id != loop.id:
        writer.fidelity.changed("block.id", f"block {block.id!r}", f"is {loop.id!r} when read back")
    page: Element = {"name": f"{loop.id}_page", "elements": [one]}
    when = joined("and", *under)
    if when is not None:
        one["visibleIf"] = writer.writing.condition(when, f"loop {loop.id!r}", "branch")
    writer.pages.append(page)
    items = {item.name for question in block.questions for item in question.items()}
    writer.asked.pages.append(items)
    writer.fidelity.taken("loop")
    writer.fidelity.taken("block")


def _round(writer: LoopWriter, one: Round, loop: Loop, under: Conditions, rest: Flow) -> None:
    """A round written out: names of its questions end in the round's name, its fields are words."""
    outer, suffix, ended = writer.writing.words, writer.writing.suffix, len(writer.ended)
    names: dict[str, str] = {}
    for id in _blocks_in(loop.flow):
        for question in writer.blocks[id].questions:
            names |= _suffixed(question, f"{suffix}.{one.name}")
    condition = () if one.show_if is None else (parse(one.show_if),)
    fields = {f"loop.{name}": text for name, text in one.fields}
    outside = {name: f"{name}{suffix}.{one.name}" for name in names}
    writer.writing.suffix = f"{suffix}.{one.name}"
    writer.writing.words = outer.in_round(names, fields)
    writer.flow(loop.flow, (*under, *condition), rest)
    writer.writing.suffix = suffix
    writer.writing.words = outer.in_round({outside[name]: word for name, word in names.items()}, {})
    # who came to an end in this round is called by its names in the next
    writer.ended[ended:] = [replace_names(own, outside) for own in writer.ended[ended:]]


def _suffixed(question: Question, suffix: str) -> dict[str, str]:
    """Name of a question or column -> what it is called in a round."""
    found = words_of_questions([question]).names
    return {name: word.replace(question.name, question.name + suffix, 1) for name, word in found.items()}


def _blocks_in(flow: Flow) -> list[str]:
    return [step.block for step in elements(flow) if isinstance(step, ShowBlock)]
