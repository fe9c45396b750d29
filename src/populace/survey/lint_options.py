"""Remarks on options: scales out of balance, numbers without words, ranges that overlap, answers that are missing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from populace.survey.lint_ranges import range_of_label, unit_of
from populace.survey.lint_remark import CAUTION, FAULT, HINT, Remark
from populace.survey.lint_words import DENIED, EITHER, KNOWLEDGE, MIDDLE, NEGATIVE, OPEN_ENDED, POSITIVE
from populace.survey.question import Question
from populace.survey.scale import Option

_ORDERED = ("scale", "grid")
_LISTS = ("single", "multiple")
#: a label that is only a number
_BARE = re.compile(r"\W*\d+(?:\.\d+)?\W*")
#: options of a list that is long enough to have forgotten one
_LIST = 4
#: share of labels that are ranges from which on the options are ranges
_RANGES = 0.6


def _place(question: Question) -> str:
    return f"question {question.name!r}"


def _answers(question: Question) -> list[Option]:
    """Options that stand on the scale, or in the list."""
    return [option for option in question.options if not option.missing and not option.off_scale]


def single_option(question: Question) -> Iterator[Remark]:
    """A question with nothing to choose between."""
    if question.kind not in ("single", "scale", "multiple", "grid") or len(_answers(question)) != 1:
        return
    consent = question.kind == "multiple"
    yield Remark(
        "single option",
        HINT if consent else CAUTION,
        _place(question),
        f"has one option to choose ({question.options[0].label!r})",
        "fine for a consent, else add options" if consent else "add options, or show the text without a question",
    )


def unlabelled(question: Question) -> Iterator[Remark]:
    """Scales whose points are numbers without words."""
    answers = _answers(question)
    if question.kind not in _ORDERED or len(answers) < 3 or "how many" in question.text.lower():
        return
    bare = [_BARE.fullmatch(option.label) is not None for option in answers]
    if all(bare):
        words, severity = "no point of the scale has a label; nobody knows which end is which", CAUTION
    elif any(bare) and not bare[0] and not bare[-1]:
        words, severity = f"{sum(bare)} of {len(bare)} points of the scale are numbers without a label", HINT
    elif any(bare):
        words, severity = f"{sum(bare)} of {len(bare)} points have no label, an end among them", CAUTION
    else:
        return
    yield Remark("labels", severity, _place(question), words, "put words to every point")


def unbalanced(question: Question) -> Iterator[Remark]:
    """Scales with more points on one side than on the other."""
    if question.kind not in (*_ORDERED, "single"):
        return
    labels = [option.label.lower().replace("’", "'") for option in _answers(question)]
    labels = [label for label in labels if not MIDDLE.search(label)]
    negative = sum(bool(NEGATIVE.search(label)) and not POSITIVE.search(label) for label in labels)
    positive = sum(bool(POSITIVE.search(label)) and not NEGATIVE.search(label) for label in labels)
    one_sided = any(DENIED.search(label) and not NEGATIVE.search(label) for label in labels)
    sides = positive + negative
    if one_sided or min(positive, negative) == 0 or positive == negative or sides < max(3, len(labels) - 2):
        return
    yield Remark(
        "balance",
        CAUTION,
        _place(question),
        f"its scale has {positive} positive and {negative} negative points",
        "give both sides as many",
    )


def gaps_and_overlaps(question: Question) -> Iterator[Remark]:
    """Ranges of numbers in labels that leave out a number, or have one twice."""
    if question.kind not in ("single", "scale", "grid"):
        return
    labels = [option.label for option in _answers(question)]
    found = [(range_of_label(label), label) for label in labels]
    ranges = sorted(((one, label) for one, label in found if one is not None), key=lambda pair: pair[0])
    if len(ranges) < 2 or len(ranges) < _RANGES * len(labels):
        return
    unit = unit_of(labels)
    for (before, first), (after, second) in pairwise(ranges):
        if before.overlaps(after):
            words = f"{first!r} and {second!r} overlap; whoever is at {_number(after.low)} belongs to both"
            yield Remark("ranges", FAULT, _place(question), words, "let one end before the other begins")
        elif before.leaves_out(after, unit):
            words = f"between {first!r} and {second!r} there is a gap"
            yield Remark("ranges", CAUTION, _place(question), words, "close it, or whoever is in it has no answer")


def _number(value: float) -> str:
    return f"{value:,.10g}"


def no_dont_know(question: Question) -> Iterator[Remark]:
    """Questions of knowledge in which not knowing is no answer."""
    if question.kind not in _LISTS or not KNOWLEDGE.search(question.text):
        return
    if not any(option.missing or "know" in option.label.lower() for option in question.options):
        yield Remark(
            "don't know",
            HINT,
            _place(question),
            'asks for knowledge and has no "don\'t know"; whoever does not know has to guess',
            "add one, marked missing, unless guesses are wanted",
        )


def no_other(question: Question) -> Iterator[Remark]:
    """Lists that may have forgotten an answer."""
    labels = [option.label.lower() for option in _answers(question)]
    if question.kind not in _LISTS or len(labels) < _LIST or not _list_of_things(labels):
        return
    if not any(option.specify or option.exclusive for option in question.options):
        yield Remark(
            "other",
            HINT,
            _place(question),
            f"{len(labels)} options and none for anything else",
            "add 'other' (specify) or 'none of these', unless the list is complete",
        )


def _list_of_things(labels: Sequence[str]) -> bool:
    """Neither a scale nor ranges, and nothing that leaves room for the rest."""
    if any(OPEN_ENDED.search(label) or label in EITHER for label in labels):
        return False
    ordered = sum(
        bool(range_of_label(label) or _BARE.fullmatch(label) or POSITIVE.search(label) or NEGATIVE.search(label))
        or bool(_HOW_MUCH.search(label))
        for label in labels
    )
    return ordered < len(labels) / 2


_HOW_MUCH = re.compile(
    r"\b(never|rarely|seldom|sometimes|often|always|daily|weekly|monthly|yearly|once|twice|times|every|less|more|not at"
    r" all|very|somewhat|extremely|slightly|moderately|mostly|completely|a little|a lot|days?|weeks?|months?|years?)\b"
)
