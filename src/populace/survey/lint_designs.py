"""Remarks on designs of choice tasks and best-worst sets: what they cannot tell, and how good they are.

Everything that computes is loaded when there is such a question, so that other questionnaires need no numpy.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from populace.survey.instrument import Instrument
from populace.survey.lint_remark import CAUTION, FAULT, HINT, Remark
from populace.survey.names import listed
from populace.survey.question import Question

if TYPE_CHECKING:
    from populace.survey.design_quality import ChoiceQuality, MaxDiffQuality

#: numbers beyond which a design is not judged: alternatives times attributes, pairs in sets, items
_MOST_CELLS, _MOST_PAIRS, _MOST_ITEMS = 10_000_000, 10_000_000, 1_000
#: levels shown so much less often than others of their attribute are remarked on
_SELDOM = 0.5
_KINDS = ("choice_task", "best_worst")
_TOO_LARGE = "its design is too large to be judged"


def weak_designs(question: Question) -> Iterator[Remark]:
    """What choice tasks and best-worst sets cannot tell."""
    place = f"question {question.name!r}"
    if question.kind not in _KINDS:
        return
    quality = design_quality(question)
    if quality is None:
        yield Remark("design", HINT, place, _TOO_LARGE, "check it with the program that made it, or use fewer versions")
    elif question.tasks:
        yield from _choice_remarks(question, quality, place)
    else:
        yield from _maxdiff_remarks(quality, place)


def design_lines(instrument: Instrument) -> list[str]:
    """A line on the quality of every design of an instrument."""
    found = [(one.name, design_quality(one)) for one in instrument.questions if one.kind in _KINDS]
    return [f"question {name!r}: {_TOO_LARGE if one is None else one.words()}" for name, one in found]


def design_quality(question: Question) -> ChoiceQuality | MaxDiffQuality | None:
    """The quality of the choice tasks or best-worst sets of a question; None when they are too large to be judged."""
    if _too_large(question):
        return None
    from populace.survey.design_quality import choice_quality, maxdiff_quality

    if question.tasks:
        return choice_quality(question.tasks)
    return maxdiff_quality(items_of(question), question.sets)


def _too_large(question: Question) -> bool:
    """Would judging it take more memory than a design is worth?"""
    if question.tasks:
        tasks = question.tasks
        cells = len(tasks.versions) * tasks.count * tasks.alternatives * len(tasks.attributes)
        return cells > _MOST_CELLS or sum(len(attribute.levels) for attribute in tasks.attributes) > _MOST_ITEMS
    widest = max(len(one) for version in question.sets for one in version)
    pairs = len(question.sets) * len(question.sets[0]) * widest**2
    return pairs > _MOST_PAIRS or len(question.options) > _MOST_ITEMS


def items_of(question: Question) -> list[int | str]:
    """Codes of the items of best-worst sets: options that are answers, and whatever else is shown."""
    shown = {code for version in question.sets for one in version for code in one}
    return [option.code for option in question.options if not option.missing or option.code in shown]


def _choice_remarks(question: Question, quality: ChoiceQuality, place: str) -> Iterator[Remark]:
    words = {attribute.name: attribute.levels for attribute in question.tasks.attributes}
    unshown = [f"{name}: {words[name][level]}" for name, level in quality.unshown]
    if unshown:
        remedy = "show it in some alternatives, or remove it"
        yield Remark("design", FAULT, place, f"no alternative has {listed(unshown)}", remedy)
    elif quality.inseparable:
        found = f"its tasks do not tell the effects of {listed(quality.inseparable)} apart"
        yield Remark("design", FAULT, place, found, "add tasks or versions, or let a design make them")
    if quality.repeated:
        found = f"alternatives that equal another one of their task: {quality.repeated:,}"
        yield Remark("design", CAUTION, place, found, "let alternatives of a task differ")
    for name, counts in quality.levels.items():
        if 0 < min(counts) < _SELDOM * max(counts):
            found = f"levels of {name!r} are shown {min(counts):,} to {max(counts):,} times"
            yield Remark("design", CAUTION, place, found, "show them about equally often")


def _maxdiff_remarks(quality: MaxDiffQuality, place: str) -> Iterator[Remark]:
    unshown = [code for code, count in quality.items.items() if not count]
    if unshown:
        found = f"no set shows the items with code {listed(unshown)}"
        yield Remark("design", FAULT, place, found, "add sets with them, or remove them")
    elif not quality.connected:
        found = f"its items fall into {len(quality.groups)} groups that no set compares, such as those with code "
        found += " and ".join(listed(group, 3) for group in quality.groups[:2])
        yield Remark("design", FAULT, place, found, "add sets that mix them, or let a design make the sets")
    low, high = min(quality.items.values()), max(quality.items.values())
    if low and high - low > 1:
        found = f"some items are shown {low:,} times and others {high:,} times"
        yield Remark("design", CAUTION, place, found, "show all items equally often, or let a design make the sets")
