"""Drafts of questions as an instrument; every guess is noted, so that a person can go through the list."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from populace.errors import FileRefused
from populace.survey.formats.fidelity import Fidelity, Imported
from populace.survey.formats.labels import look_ordered, says_exclusive, says_missing
from populace.survey.formats.names import legal
from populace.survey.formats.questionnaire_drafts import Draft, Gathering, OptionDraft, SectionDraft
from populace.survey.formats.questionnaire_marks import OptionMark, specified
from populace.survey.formats.questionnaire_parts import Part
from populace.survey.formats.questionnaire_routes import Router
from populace.survey.formats.questionnaire_scales import scale_in_wording
from populace.survey.instrument import Block, Instrument
from populace.survey.item import Row
from populace.survey.kinds import NPS
from populace.survey.names import RESPONDENT_ID
from populace.survey.piping import literally
from populace.survey.question import Question
from populace.survey.scale import Option


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{text})\b", re.IGNORECASE)


_NUMBER = _pattern(r"how many|how old|how much money|what (?:is your )?(?:age|year)|in what year|what percentage")
_DATE = _pattern("date of birth|on what date|what date|which date|when were you born")
_RANK = _pattern("rank|put .{0,40} in order|order of (?:importance|preference)")
_MANY = _pattern("all that apply|as many as apply|mark all|select all|check all")
_RECOMMEND = _pattern("recommend")
_ASKS = _pattern("please|describe|explain|tell us|list|name|give|comment|specify|why|what|how|which|who|when|where")
#: lines without a mark that may be options; more are a text
_MOST_LOOSE = 60
#: labels of a scale at most
_LONGEST_SCALE = 100
_KINDS = ("multiple", "rank", "date", "slider", "numeric", "nps", "open")


def imported(parts: Sequence[Part], place: str, fidelity: Fidelity) -> Imported:
    """The instrument that a document holds. Raises `FileRefused` when it asks nothing."""
    gathering = Gathering(fidelity)
    sections = gathering.gather(parts)
    building = _Building(fidelity)
    blocks = building.blocks(sections)
    if not any(question.items() for block in blocks for question in block.questions):
        raise FileRefused(
            f"{place} holds no question that could be recognised; expected numbered questions (Q1., 1.) with their "
            "options on lines of their own: check that it is a questionnaire"
        )
    title = literally(gathering.title or place.replace("\\", "/").rsplit("/", 1)[-1])
    return Imported(Instrument("questionnaire", title, tuple(blocks)), fidelity)


class _Building:
    """Makes questions of drafts, with names that are unique."""

    def __init__(self, fidelity: Fidelity) -> None:
        self.fidelity = fidelity
        #: names without case, and how often each was wanted
        self._taken: set[str] = {RESPONDENT_ID}
        self._uses: dict[str, int] = {}
        self.router = Router(fidelity)

    def blocks(self, sections: Sequence[SectionDraft]) -> list[Block]:
        """A block for every section; conditions and skips come last, for they name questions of others."""
        made = [[one for draft in section.drafts for one in self.questions(draft)] for section in sections]
        titles = [literally(section.title) if section.title else None for section in sections]
        routed = [self.router.routed(block, later) for block, later in zip(made, [*made[1:], []], strict=False)]
        return [
            Block(f"b{number}", tuple(block), title)
            for number, (block, title) in enumerate(zip(routed, titles, strict=True), start=1)
        ]

    def questions(self, draft: Draft) -> list[Question]:
        """The question of a draft, and texts that stand below it and are no options."""
        below = self._loose(draft)
        question = self._question(draft)
        self.router.remember(draft, question)
        return [question, *(self._text(text, draft.place) for text in below)]

    def _loose(self, draft: Draft) -> list[str]:
        """Lines without a mark become options when there are several; gives those that do not."""
        if not 2 <= len(draft.loose) <= _MOST_LOOSE or draft.answered:
            return draft.loose
        for text in draft.loose:
            draft.options.append(OptionDraft(text))
        self.fidelity.changed(
            "options",
            draft.place,
            f"{len(draft.loose)} lines without a mark are taken for options, from {draft.loose[0]!r} on",
        )
        return []

    def _text(self, text: str, place: str) -> Question:
        self.fidelity.taken("text")
        return Question(self._unique("text"), "display", literally(text))

    def _question(self, draft: Draft) -> Question:
        if draft.told.get("display") and not draft.answered:
            return self._text(draft.text or "…", draft.place)
        if draft.told.get("display"):
            self._assumed(draft, "has no number; taken for a question because there is something to answer with")
        name = self._name(draft)
        text = draft.text.strip()
        if not text:
            text = draft.label or name
            self.fidelity.changed("question", draft.place, f"has no wording; {text!r} stands in its place")
        self._described(draft)
        kind = self._kind(draft)
        if kind == "display":
            return self._text(f"{draft.label}. {text}" if draft.label else text, draft.place)
        self.fidelity.taken("question")
        fields = self._fields(draft, kind)
        return Question(name, kind, literally(text), **fields, source=draft.label)

    def _name(self, draft: Draft) -> str:
        wanted = legal(draft.label or "question")
        name = self._unique(f"Q{wanted}" if wanted[0].isdigit() else wanted)
        if draft.label and not name.endswith(wanted):
            self.fidelity.changed("question", draft.place, f"number {draft.label!r} stands twice; it is {name!r} here")
        return name

    def _unique(self, name: str) -> str:
        """The name, or the first of name_2, name_3, … that is free; counted, for a file may have a name many times."""
        count = self._uses.get(name.lower(), 0) + 1
        free = name if count == 1 else f"{name}_{count}"
        while free.lower() in self._taken:
            count += 1
            free = f"{name}_{count}"
        self._uses[name.lower()] = count
        self._taken.add(free.lower())
        return free

    # -- which kind --------------------------------------------------------------------------------------------------

    def _described(self, draft: Draft) -> None:
        """Points of a scale that only the wording describes."""
        if draft.options or draft.answered or "open" in draft.told:
            return
        points: list[OptionMark] = scale_in_wording(draft.text)
        if points:
            draft.options += [OptionDraft(point.label, point.code) for point in points]
            draft.marks.add("scale")
            self._assumed(
                draft, f"no options; a scale from {points[0].code} to {points[-1].code} is taken from the wording"
            )

    def _kind(self, draft: Draft) -> str:
        told = next((kind for kind in _KINDS if draft.told.get(kind)), None)
        if draft.rows:
            many = told == "multiple" or (draft.marks == {"box"} and not draft.told.get("single"))
            if many and told is None:
                self._assumed(draft, "boxes in a table: taken for a grid with several answers in a row")
            return "grid_multiple" if many else "grid"
        if draft.options:
            return self._closed_kind(draft, told)
        if told in ("open", "numeric", "date"):
            return told
        if told == "slider" and "maximum" in draft.told:
            return "slider"
        return self._guessed_kind(draft)

    def _closed_kind(self, draft: Draft, told: str | None) -> str:
        labels = [option.label for option in draft.options if not says_missing(option.label)]
        if told == "rank":
            return "rank"
        if told == "multiple" or (told is None and _MANY.search(draft.text)):
            return "multiple"
        if draft.told.get("single"):
            return "scale" if self._ordered(draft, labels) else "single"
        if _RANK.search(draft.text):
            return self._assumed(draft, "the wording asks for an order: taken for a ranking") or "rank"
        codes = [option.code for option in draft.options]
        if codes[:11] == list(range(11)) and _RECOMMEND.search(draft.text):
            return self._assumed(draft, "0 to 10 and 'recommend': taken for a net promoter question") or "nps"
        if draft.marks == {"box"} and not self._look_ordered(labels):
            return self._assumed(draft, "boxes to tick: taken for several answers") or "multiple"
        if draft.told.get("scale") or "scale" in draft.marks or self._ordered(draft, labels):
            return "scale"
        return "single"

    def _ordered(self, draft: Draft, labels: list[str]) -> bool:
        if draft.told.get("scale") or not self._look_ordered(labels):
            return bool(draft.told.get("scale"))
        self._assumed(draft, f"options in an order, from {labels[0]!r} to {labels[-1]!r}: taken for a scale")
        return True

    def _look_ordered(self, labels: list[str]) -> bool:
        return len(labels) <= _LONGEST_SCALE and look_ordered(labels)

    def _guessed_kind(self, draft: Draft) -> str:
        if _DATE.search(draft.text):
            return self._assumed(draft, "no options: taken for a date") or "date"
        if _NUMBER.search(draft.text):
            return self._assumed(draft, "no options: taken for a number") or "numeric"
        if draft.text.endswith(("?", ":")) or _ASKS.search(draft.text):
            return self._assumed(draft, "no options: taken for an open question") or "open"
        return self._assumed(draft, "no options and no question: taken for a text") or "display"

    def _assumed(self, draft: Draft, words: str) -> None:
        self.fidelity.changed("question", f"{draft.place} ({draft.label})" if draft.label else draft.place, words)

    # -- fields ------------------------------------------------------------------------------------------------------

    def _fields(self, draft: Draft, kind: str) -> dict[str, object]:
        told, fields = draft.told, {}
        if told.get("required"):
            fields["required"] = True
        if kind in ("numeric", "slider"):
            fields |= {key: told[key] for key in ("minimum", "maximum", "unit") if told.get(key) is not None}
        if kind in ("single", "scale", "multiple", "rank", "grid", "grid_multiple", "nps"):
            fields["options"] = self._options(draft, kind)
            fields["randomize"] = bool(told.get("random"))
        if kind == "multiple" and told.get("at_most"):
            fields["at_most"] = min(told["at_most"], len(fields["options"]))
        if kind in ("grid", "grid_multiple"):
            fields["rows"] = self._rows(draft)
        if kind == "nps":
            fields["options"] = self._promoters(fields["options"])
        return fields

    def _promoters(self, options: tuple[Option, ...]) -> tuple[Option, ...]:
        ends = {option.code: option for option in options}
        return (
            *(ends.get(one.code, one) for one in NPS),
            *(option for option in options if option.code not in range(11)),
        )

    def _rows(self, draft: Draft) -> tuple[Row, ...]:
        self.fidelity.taken("row", len(draft.rows))
        return tuple(Row(str(number), literally(text)) for number, text in enumerate(draft.rows, 1))

    def _options(self, draft: Draft, kind: str) -> tuple[Option, ...]:
        codes = [option.code for option in draft.options]
        if None in codes or len(set(codes)) < len(codes):
            if any(code is not None for code in codes):
                self._assumed(draft, "codes are missing or stand twice: the options are numbered 1, 2, …")
            codes = list(range(1, len(codes) + 1))
        self.fidelity.taken("option", len(codes))
        made, seen = [], {}
        for code, option in zip(codes, draft.options, strict=True):
            label, asked = specified(option.label)
            one = Option(code, literally(self._unlike(label, seen, draft)), specify=asked and kind in _SPECIFYING)
            made.append(self._flagged(one, option, draft, kind))
        if all(option.missing for option in made):
            made = [replace(option, missing=False) for option in made]
        return tuple(made)

    def _unlike(self, label: str, seen: dict[str, int], draft: Draft) -> str:
        """Labels of one question differ."""
        seen[label] = seen.get(label, 0) + 1
        if seen[label] == 1:
            return label
        again = f"{label} ({seen[label]})"
        self._assumed(draft, f"option {label!r} stands twice; the later one is {again!r}")
        seen[again] = 1
        return again

    def _flagged(self, option: Option, draft: OptionDraft, question: Draft, kind: str) -> Option:
        flags = {}
        if says_missing(option.label):
            flags["missing"] = True
            self._assumed(question, f"option {option.label!r} is taken for no answer")
        if kind in ("multiple", "grid_multiple") and (draft.told.get("exclusive") or says_exclusive(option.label)):
            flags["exclusive"] = True
            if not draft.told.get("exclusive"):
                self._assumed(question, f"option {option.label!r} is taken to rule out the others")
        if draft.told.get("fixed"):
            flags["fixed"] = True
        return replace(option, **flags)


_SPECIFYING = ("single", "scale", "multiple", "rank")
