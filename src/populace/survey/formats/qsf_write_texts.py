"""Wordings of ours as Qualtrics has them: HTML, with its own piping."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from populace.errors import InstrumentError
from populace.survey.expression_records import Arithmetic, Call, Expression, Name, Number
from populace.survey.formats.fidelity import Fidelity
from populace.survey.formats.markup import html_text
from populace.survey.formats.qsf_write_places import Target
from populace.survey.piping import pieces

#: stands for what cannot be piped in
_GAP = "…"
#: what Qualtrics would take for piping
_PIPING = re.compile(r"\$\{[a-zA-Z]+:/")


@dataclass(frozen=True)
class TextWriter:
    """Writes wordings of one block."""

    #: name -> what it stands for
    targets: Mapping[str, Target]
    #: name of a computed value -> id of its score
    scores: Mapping[str, str]
    #: what becomes of them
    fidelity: Fidelity

    def html(self, text: str, place: str) -> str:
        """A wording as HTML."""
        return "".join(
            html_text(self._literal(piece, place)) if isinstance(piece, str) else self._piped(piece, place)
            for piece in self._pieces(text)
        )

    def plain(self, text: str, place: str) -> str:
        """A text that is no HTML, such as embedded data."""
        return "".join(
            self._literal(piece, place) if isinstance(piece, str) else self._piped(piece, place)
            for piece in self._pieces(text)
        )

    def _literal(self, words: str, place: str) -> str:
        if _PIPING.search(words):
            self.fidelity.lost("text", place, "holds words that Qualtrics takes for piped text")
        return words

    def _pieces(self, text: str) -> tuple[str | Expression, ...]:
        if "${" not in text:
            return (text,)
        try:
            return pieces(text)
        except InstrumentError:  # what was never valid is shown as it is
            return (text,)

    def _piped(self, expression: Expression, place: str) -> str:
        """One `${…}`; what has no counterpart leaves a gap."""
        found = self.pipe(expression)
        if found is None:
            words = f"${{{expression}}} has no counterpart; {_GAP!r} stands in its place"
            self.fidelity.lost("piped text", place, words)
            return _GAP
        self.fidelity.taken("piped text")
        return f"${{{found}}}"

    def pipe(self, expression: Expression) -> str | None:
        """What Qualtrics calls the value, None where it has no name for it."""
        recode = False
        if isinstance(expression, Call) and expression.function == "label":
            expression = expression.arguments[0]
        if isinstance(expression, Arithmetic) and expression.operators == ("+",):
            value, added = expression.operands
            if added == Number(0):
                expression, recode = value, True
        if not isinstance(expression, Name):
            return None
        if expression.name in self.scores:
            return f"gr://{self.scores[expression.name]}/Score"
        target = self.targets.get(expression.name)
        return None if target is None else _located(target, recode)


def _located(target: Target, recode: bool) -> str | None:
    match target.kind:
        case "field":
            return f"e://Field/{target.id}"
        case "loop":
            return f"lm://{target.id}"
        case "closed" | "multiple" if recode:
            answers = target.chosen.endswith("Answers")
            return target.at("SelectedAnswerRecode" if answers else "SelectedChoicesRecode")
        case "closed" | "multiple":
            return target.at(target.chosen)
        case "number" | "text":
            return target.at(target.written)
    return None
