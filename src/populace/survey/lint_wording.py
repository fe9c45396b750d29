"""Remarks on wording: two questions in one, words that suggest an answer, sentences that are too long."""

from __future__ import annotations

import re
from collections.abc import Iterator

from populace.survey.lint_remark import CAUTION, HINT, Remark
from populace.survey.lint_words import JUDGING, LEADING, LOADED, PAIRS, VERBS
from populace.survey.question import Question

#: words of a question beyond which it is skimmed, and of a text that is shown
_LONG, _TOO_LONG, _LONG_TEXT = 50, 90, 200
#: two words joined; the one before may end in a comma
_JOINED = re.compile(r"([\w'’\-]+),? (and|or|and/or|as well as) ((?:the |a |an |your |its |their |our )?)([\w'’\-]+)")
_SENTENCE = re.compile(r"[^.?!:]+[.?!:]?")
_JUDGING = re.compile(rf"\b({'|'.join(JUDGING)})\b", re.IGNORECASE)
_LOADED = re.compile(rf"(?<!\w)({'|'.join(LOADED)})(?!\w)", re.IGNORECASE)


def _texts(question: Question) -> Iterator[tuple[str, str, bool]]:
    """(place, text, is it a statement to be judged) of everything that is asked."""
    place = f"question {question.name!r}"
    # best and worst are two answers by nature
    if question.kind not in ("display", "technical", "best_worst"):
        yield place, question.text, False
    statements = question.kind in ("grid", "slider", "side_by_side")
    yield from ((f"{place}, row {row.name!r}", row.text, statements) for row in question.rows)


def double_barrelled(question: Question) -> Iterator[Remark]:
    """Two things asked at once, of which one answer cannot speak."""
    labels = " ".join(option.label.lower() for option in question.options)
    for place, text, statement in _texts(question):
        found = _joined(text, statement, labels)
        if found:
            words = f"may ask two things at once ({found!r})"
            yield Remark("double-barrelled", HINT, place, words, "ask for each of them, unless they are one thing")


def _joined(text: str, statement: bool, labels: str) -> str | None:
    """Two verbs, or two objects of one judgement, that are joined in a sentence."""
    sentences = [one for one in _SENTENCE.findall(text) if statement or one.endswith(("?", ":"))]
    for sentence in sentences:
        if "between" in sentence.lower():
            continue
        for found in _JOINED.finditer(sentence):
            before, joint, _, after = (part.lower() for part in found.groups())
            judged = statement or (joint != "or" and _JUDGING.search(sentence[: found.start()]))
            if _one_thing(before, after, found) or (before in labels and after in labels):
                continue
            if (before in VERBS and after in VERBS) or (judged and joint != "or"):
                return found[0]
    return None


def _one_thing(before: str, after: str, found: re.Match[str]) -> bool:
    """Pairs that belong together, opposites, names and numbers."""
    opposite = {before, after} & {"not", "both", "more", "then", "so", "one", "two", "three", "i", "you", "we", "they"}
    name = found[1][:1].isupper() and found[4][:1].isupper()
    number = before.isdigit() or after.isdigit()
    derived = after.endswith(before) or before.endswith(after)
    return bool(opposite) or name or number or derived or (before, after) in PAIRS or (after, before) in PAIRS


def leading(question: Question) -> Iterator[Remark]:
    """Wordings that suggest an answer."""
    for place, text, _ in _texts(question):
        plain = " ".join(text.lower().replace("’", "'").split())
        phrase = next((one for one in LEADING if re.search(rf"(?<!\w){re.escape(one)}(?!\w)", plain)), None)
        if phrase:
            yield Remark("leading", CAUTION, place, f"{phrase!r} suggests an answer", "ask without it")
        if found := _LOADED.search(plain):
            yield Remark("loaded", HINT, place, f"{found[0]!r} carries a judgement", "use a plain word")


def long_wording(question: Question) -> Iterator[Remark]:
    """Texts that are skimmed rather than read."""
    count, shown_only = len(question.text.split()), question.kind in ("display", "technical")
    if count > (_LONG_TEXT if shown_only else _LONG):
        yield Remark(
            "long",
            CAUTION if count > _TOO_LONG and not shown_only else HINT,
            f"question {question.name!r}",
            f"its wording has {count} words",
            "say it shorter" if shown_only else f"keep questions below {_LONG} words, and ask one thing at the end",
        )
