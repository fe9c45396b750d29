"""Piped text of Qualtrics, `${q://QID1/ChoiceGroup/SelectedChoices}`, as ours, `${q1}`, and back."""

from __future__ import annotations

import re

from populace.errors import InstrumentError
from populace.survey.expression_records import Arithmetic, Expression, Name, Number
from populace.survey.formats.fidelity import Fidelity
from populace.survey.formats.markup import plain_text
from populace.survey.formats.qsf_places import Places, Unknown, read_locator
from populace.survey.formats.qsf_raw import mapping
from populace.survey.piping import literally

#: one piped text
_PIPED = re.compile(r"\$\{([a-zA-Z]+://[^{}$]{1,400}|[a-zA-Z]+:/[^{}$]{1,400})\}")
#: questions that pipe in the wording of questions that …; wordings that are piped in; their characters; pipes of one
_MOST_LEVELS, _MOST_WORDINGS, _LONGEST, _MOST_PIPES = 3, 2_000, 10_000, 150


class PipingReader:
    """Translates piped texts; what has no counterpart stays as it is, for everybody to see, and is noted."""

    def __init__(self, places: Places, fidelity: Fidelity) -> None:
        self.places, self.fidelity = places, fidelity
        self._wordings = 0

    def text(self, text: str, place: str, level: int = 0) -> str:
        """The text with our piping."""
        if "${" not in text:
            return text
        if text.count("${") > _MOST_PIPES:
            self.fidelity.lost("piped text", place, f"pipes in more than {_MOST_PIPES} values; it is shown as it is")
            return literally(text)
        written, end = [], 0
        for found in _PIPED.finditer(text):
            written += [literally(text[end : found.start()]), self._one(found[1], found[0], place, level)]
            end = found.end()
        return "".join([*written, literally(text[end:])])

    def _one(self, inside: str, whole: str, place: str, level: int) -> str:
        try:
            found = self._value(inside, place, level)
            written = found if isinstance(found, str) else "${" + str(found) + "}"
        except (Unknown, InstrumentError) as reason:
            self.fidelity.lost("piped text", place, f"{whole}: {reason}; it is shown as it is")
            return literally(whole)
        self.fidelity.taken("piped text")
        return written

    def _value(self, inside: str, place: str, level: int) -> Expression | str:
        """What is piped in: an expression, or a text that is always the same."""
        scheme, _, rest = inside.partition("://")
        rest = rest.split("?")[0]
        match scheme:
            case "e" if rest.startswith("Field/"):
                return Name(self.places.field(rest.removeprefix("Field/")))
            case "m" | "panel":
                return Name(self.places.field(rest.removeprefix("Contact/")))
            case "lm" if rest.startswith("Field/"):
                return Name(f"loop.field{rest.removeprefix('Field/')}")
            case "lm" if rest in ("CurrentLoopNumber", "TotalLoops"):
                return Name("loop.number" if rest == "CurrentLoopNumber" else "loop.total")
            case "gr":
                category = rest.split("/")[0]
                if category not in self.places.scores:
                    raise Unknown("there is no such score")
                return Name(self.places.scores[category])
            case "q":
                return self._of_question(f"q://{rest}", place, level)
        raise Unknown(f"{scheme}:// has no counterpart")

    def _of_question(self, locator: str, place: str, level: int) -> Expression | str:
        at = read_locator(locator)
        if at is None:
            raise Unknown("it points nowhere")
        draft = self.places.draft(at.qid.partition("#")[0])
        if at.property in ("QuestionText", "QuestionDescription"):
            return self._wording(str(draft.raw.get("QuestionText") or ""), place, level)
        if at.property in ("ChoiceDescription", "ChoiceText", "AnswerDescription") and at.ids:
            choices = mapping(draft.options_raw) | mapping(draft.rows_raw)
            if at.ids[0] not in choices:
                raise Unknown(f"{at.qid} has no choice {at.ids[0]}")
            return literally(plain_text(str(choices[at.ids[0]].get("Display") or "")))
        value = self.places.value(at)
        if at.property in ("SelectedChoicesRecode", "SelectedAnswerRecode"):
            return Arithmetic((value, Number(0)), ("+",))  # the number, not the wording of the answer
        return value

    def _wording(self, html: str, place: str, level: int) -> str:
        """The wording of a question, which may pipe in others."""
        self._wordings += 1
        if level >= _MOST_LEVELS or self._wordings > _MOST_WORDINGS:
            raise Unknown("wordings pipe in one another in a circle, or too often")
        found = self.text(plain_text(html), place, level + 1)
        if len(found) > _LONGEST:
            raise Unknown(f"the wording has more than {_LONGEST:,} characters")
        return found
