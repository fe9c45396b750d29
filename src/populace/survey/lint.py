"""Weaknesses of an instrument that is valid: what to look at before people or models are asked.

    faults      what cannot work: names that are not there, ranges that overlap
    cautions    what is likely to spoil answers: unbalanced scales, unlabelled options, long grids
    hints       what may be meant: "and" between two things, no "don't know" where people may not know

Checks of wording look for words, not for meaning, and know English only; where they are wrong, go on. What is not
valid is refused on reading (`populace.survey.formats.native`), what cannot be simulated by `simulate`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from populace.survey.instrument import Instrument
from populace.survey.length import minutes
from populace.survey.lint_designs import weak_designs
from populace.survey.lint_logic import missing_places, unchecked_quotas, unknown_names
from populace.survey.lint_options import (
    gaps_and_overlaps,
    no_dont_know,
    no_other,
    single_option,
    unbalanced,
    unlabelled,
)
from populace.survey.lint_remark import CAUTION, EVERYWHERE, FAULT, HINT, SEVERITIES, Remark
from populace.survey.lint_wording import double_barrelled, leading, long_wording
from populace.survey.lint_words import AGREEING, DENIED
from populace.survey.names import listed
from populace.survey.question import Question

__all__ = ["CAUTION", "FAULT", "HINT", "SEVERITIES", "Remark", "lint"]

#: rows of a grid beyond which people go down one column
_MANY_ROWS, _TOO_MANY_ROWS = 8, 15
#: minutes beyond which people leave or stop thinking
_LONG, _TOO_LONG = 15, 25
#: statements of a battery for which agreeing matters
_BATTERY = 4

Check = Callable[[Question], Iterator[Remark]]


def lint(instrument: Instrument) -> tuple[Remark, ...]:
    """Remarks on an instrument, faults first, then in the order of the questions."""
    found = [*unknown_names(instrument), *unchecked_quotas(instrument), *missing_places(instrument)]
    checks = _CHECKS + (_ENGLISH if instrument.language.lower().split("-")[0] == "en" else ())
    for question in instrument.questions:
        for check in checks:
            found += check(question)
    found += [*_repeated_wordings(instrument), *_length(instrument)]
    return tuple(sorted(found, key=lambda remark: SEVERITIES.index(remark.severity)))


def _many_rows(question: Question) -> Iterator[Remark]:
    count = len(question.rows)
    if question.kind in ("grid", "grid_multiple", "side_by_side") and count > _MANY_ROWS:
        yield Remark(
            "rows",
            CAUTION if count > _TOO_MANY_ROWS else HINT,
            f"question {question.name!r}",
            f"has {count} rows; in long grids people go down one column",
            f"split it into grids of {_MANY_ROWS} rows at most, or ask each respondent some of the rows",
        )


def _required_text(question: Question) -> Iterator[Remark]:
    if question.kind == "open" and question.required:
        yield Remark(
            "required",
            CAUTION,
            f"question {question.name!r}",
            "an open question must be answered; whoever has nothing to say leaves, or writes anything",
            "make it 'requested' in place of 'required'",
        )


def _repeated_rows(question: Question) -> Iterator[Remark]:
    yield from _twice([(f"question {question.name!r}, row {row.name!r}", row.text) for row in question.rows])


def _repeated_wordings(instrument: Instrument) -> Iterator[Remark]:
    """Questions that are put in the very same words, after the same text if one is shown just before."""
    texts: list[tuple[str, str]] = []
    for block in instrument.blocks:
        before = ""
        for one in block.questions:
            if one.kind == "display":
                before = one.text
            elif one.kind != "technical":
                # versions for different people differ by their condition
                own = (before, one.text, one.item, one.show_if)
                texts.append((f"question {one.name!r}", "\n".join(filter(None, own))))
    yield from _twice(texts)


def _twice(texts: list[tuple[str, str]]) -> Iterator[Remark]:
    """A remark for every text that stands in several places."""
    places: dict[str, list[str]] = {}
    for place, text in texts:
        places.setdefault(" ".join(text.split()).casefold(), []).append(place)
    for first, *others in places.values():
        if others:
            words = f"has the same wording as {listed(others, 3)}"
            yield Remark("duplicate", CAUTION, first, words.replace('"', ""), "reword or remove one of them")


def _agreeing(question: Question) -> Iterator[Remark]:
    """Batteries to which whoever likes to agree, agrees throughout."""
    labels = [option.label.lower() for option in question.options if not option.missing]
    statements = [row.text.lower() for row in question.rows]
    agreement = sum(AGREEING.search(label) is not None for label in labels) >= 2
    if (
        question.kind == "grid"
        and agreement
        and len(statements) >= _BATTERY
        and not any(map(DENIED.search, statements))
    ):
        yield Remark(
            "agreement",
            HINT,
            f"question {question.name!r}",
            f"{len(statements)} statements to agree or disagree with; some people agree with any statement",
            "ask for each thing with options of its own (how important, how often), or turn half of the statements",
        )


def _length(instrument: Instrument) -> Iterator[Remark]:
    taken = minutes(instrument)
    if taken > _LONG:
        yield Remark(
            "length",
            CAUTION if taken > _TOO_LONG else HINT,
            EVERYWHERE,
            f"the longest way takes about {taken:.0f} minutes by a rule of thumb; attention fades after {_LONG}",
            "leave out what no analysis needs, or ask each respondent some of the blocks",
        )


#: checks of one question, in any language
_CHECKS: tuple[Check, ...] = (
    single_option, unlabelled, gaps_and_overlaps, long_wording, _many_rows, _repeated_rows, _required_text,
    weak_designs,
)  # fmt: skip
#: checks that look for English words
_ENGLISH: tuple[Check, ...] = (unbalanced, double_barrelled, leading, no_dont_know, no_other, _agreeing)
