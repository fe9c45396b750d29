"""Our wordings as XLSForm has them: text in every language, with `${names}` that are filled in."""

from __future__ import annotations

from populace.errors import InstrumentError
from populace.survey.expression_records import Call, Expression, Name
from populace.survey.formats.dialect_write import NotWritten
from populace.survey.formats.fidelity import Fidelity
from populace.survey.formats.markup import html_text, plain_text
from populace.survey.formats.translated import code_only
from populace.survey.formats.xlsform_paths import Paths
from populace.survey.formats.xlsform_sheets import Sheets
from populace.survey.instrument import Instrument
from populace.survey.piping import pieces


class Wordings:
    """Turns our texts into cells. What labels a text needs is gathered: `q_label` is the wording of the answer to q."""

    def __init__(self, instrument: Instrument, paths: Paths, sheets: Sheets, fidelity: Fidelity) -> None:
        self.instrument, self.paths, self.sheets, self.fidelity = instrument, paths, sheets, fidelity
        self._labels: set[str] = set()

    def cells(self, what: str, own: str, at: str | None, place: str) -> dict[str, str]:
        """A wording in all languages; the form's own where there is no translation."""
        texts = {}
        for number, language in enumerate(self.sheets.languages):
            translated = self.instrument.translations.get(language, {}).get(at or "") if number else None
            texts[language] = self.text(translated if translated is not None else own, place)
        return self.sheets.words(what, texts)

    def text(self, text: str, place: str) -> str:
        """One wording."""
        try:
            parts = pieces(text)
        except InstrumentError as problem:
            self.fidelity.changed("piping", place, f"is written as words: {problem}")
            parts = (text,)
        return "".join(
            self._words(part, place) if isinstance(part, str) else self._value(part, place) for part in parts
        )

    def _words(self, words: str, place: str) -> str:
        if "${" in words:
            self.fidelity.changed("wording", place, "'${' is '$ {' there")
            words = words.replace("${", "$ {")
        # what looks like tags or entities would be taken for them
        return words if plain_text(f"|{words}|") == f"|{words}|" else html_text(words)

    def _value(self, value: Expression, place: str) -> str:
        try:
            return f"${{{self._named(value, place)}}}"
        except NotWritten as problem:
            self.fidelity.lost("piping", place, f"${{{value}}} is left out: {problem}")
            return "…"

    def _named(self, value: Expression, place: str) -> str:
        name = value.arguments[1] if code_only(value) else value
        if isinstance(name, Call) and name.function == "label":
            name = name.arguments[0]
        target = self.paths.targets.get(name.name) if isinstance(name, Name) else None
        if target is None:
            return self._computed(value)
        if target.kind in ("none", "box"):
            raise NotWritten(f"{name} has no value of its own there")
        if target.kind != "closed" or code_only(value):
            return target.name
        return self._label(target.name)

    def _label(self, name: str) -> str:
        """A calculation that gives the wording of an answer, before the question that needs it."""
        label = f"{name}_label"
        if label not in self._labels:
            self._labels.add(label)
            calculation = f"jr:choice-name(${{{name}}}, '${{{name}}}')"
            self.sheets.survey.append({"type": "calculate", "name": label, "calculation": calculation})
        return label

    def _computed(self, value: Expression) -> str:
        """A calculation of its own for what is more than a name."""
        name = f"text_value_{len(self._labels) + 1}"
        written = self.paths.value(value)
        self._labels.add(name)
        self.sheets.survey.append({"type": "calculate", "name": name, "calculation": written})
        self.fidelity.changed("piping", name, f"${{{str(value)[:200]}}} is a calculation of its own there")
        return name
