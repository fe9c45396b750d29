"""Choices of a Qualtrics survey file as options and rows: wordings, codes, columns with names of their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from populace.survey.formats.fidelity import Fidelity
from populace.survey.formats.labels import says_exclusive, says_missing
from populace.survey.formats.markup import had_markup, plain_text
from populace.survey.formats.names import Names, legal
from populace.survey.formats.qsf_draft import Draft
from populace.survey.formats.qsf_raw import entries, mapping, yes
from populace.survey.item import Row
from populace.survey.names import name_problem
from populace.survey.scale import Option

#: kinds whose options have a column each
_COLUMNED = ("multiple", "rank", "sum")


class ChoiceReader:
    """Reads wordings, options and rows of the questions of one file."""

    def __init__(self, fidelity: Fidelity, sources: Mapping[str, Mapping[str, Any]]) -> None:
        self.fidelity = fidelity
        #: QID -> definition, of all questions of the file
        self.sources = sources
        self.names = Names()

    # -- texts -------------------------------------------------------------------------------------------------------

    def text(self, html: Any, place: str, instead: str = "…") -> str:
        """A wording as plain text, piping as in the file; `instead` where there is none."""
        raw = html if isinstance(html, str) else "" if html is None else str(html)
        text = plain_text(raw)
        if had_markup(raw):
            self.fidelity.changed("formatting", place, "left out: wordings are plain text here")
        if text.strip():
            self.fidelity.taken("text")
            return text
        self.fidelity.changed("text", place, f"has no wording; {instead!r} stands in its place")
        return instead

    def labels(self, choices: Iterable[tuple[str, Mapping[str, Any]]], place: str, what: str) -> dict[str, str]:
        """Id -> label of choices, every one different."""
        labels: dict[str, str] = {}
        counts: dict[str, int] = {}
        for id, choice in choices:
            display = choice.get("Display")
            here = f"{place}, {what} {id}"
            picture = mapping(choice.get("Image"))
            if picture and not str(display or "").strip():
                display = picture.get("Display") or "[image]"
            label = wanted = self.text(display, here, f"({id})")
            while label in counts:
                counts[wanted] += 1
                label = f"{wanted} ({counts[wanted]})"
            if label != wanted:
                words = f"another {what} has the same wording; this one is numbered {counts[wanted]}"
                self.fidelity.changed(what, here, words)
            counts[label] = 1
            labels[id] = label
        return labels

    # -- options -----------------------------------------------------------------------------------------------------

    def options(self, draft: Draft, choices: list[tuple[str, dict[str, Any]]], several: bool = False) -> None:
        """Options of a question, in the order shown, with the codes that the data have."""
        labels = self.labels(choices, draft.place, "choice")
        codes = self._codes(draft, [id for id, _ in choices])
        draft.codes, draft.options_raw = codes, dict(choices)
        draft.fields["options"] = tuple(
            self._option(draft, id, choice, labels[id], codes[id], several) for id, choice in choices
        )
        self.fidelity.taken("choice", len(choices))

    def _option(
        self, draft: Draft, id: str, choice: Mapping[str, Any], label: str, code: int | str, several: bool
    ) -> Option:
        exclusive = several and yes(choice.get("ExclusiveAnswer"))
        here = f"{draft.place}, choice {id}"
        if several and not exclusive and says_exclusive(label):
            exclusive = True
            words = f"{label!r} is taken to rule out the others, by its wording"
            self.fidelity.changed("exclusive choice", here, words)
        columned = draft.fields.get("kind") in _COLUMNED and "#" not in draft.qid  # those of a column are for its rows
        return Option(
            code,
            label,
            missing=self._missing(draft, id, label, here),
            exclusive=exclusive,
            specify=yes(choice.get("TextEntry")),
            image=_address(choice),
            column=self.column(draft, id, f"{draft.name}_{code}", "choice") if columned else None,
            source=id,
        )

    def _missing(self, draft: Draft, id: str, label: str, here: str) -> bool:
        """Is it left out of analyses in Qualtrics, or does its wording say that there is no answer?"""
        if str(mapping(draft.raw.get("AnalyzeChoices")).get(id)).lower() in ("no", "false"):
            self.fidelity.changed("missing answer", here, f"{label!r} is left out of analyses; taken for no answer")
            return True
        if says_missing(label):
            self.fidelity.changed("missing answer", here, f"{label!r} is taken for no answer, by its wording")
            return True
        return False

    def _codes(self, draft: Draft, ids: list[str]) -> dict[str, int | str]:
        """Id -> code: the recoded value where there is one, else the id; all numbers or all words, each once."""
        recoded = mapping(draft.raw.get("RecodeValues"))
        wanted = {id: str(recoded.get(id, id)).strip() or id or "0" for id in ids}
        if draft.fields.get("kind") in (*_COLUMNED, "grid_multiple"):  # become parts of names of columns
            wanted = {id: code if name_problem(f"q_{code}") is None else legal(code) for id, code in wanted.items()}
        numbers = [int(code) for code in wanted.values() if _is_whole(code)]
        highest, used = max([*numbers, 0]), set()
        for id, code in wanted.items():
            if code in used:
                highest += 1
                words = f"value {code!r} stands for several choices; this one is '{highest}', {code!r} is the first"
                self.fidelity.changed("recoded value", f"{draft.place}, choice {id}", words)
                wanted[id] = str(highest)
            used.add(wanted[id])
        whole = all(_is_whole(code) for code in wanted.values())
        codes: dict[str, int | str] = {id: int(code) if whole else code for id, code in wanted.items()}
        if len(set(codes.values())) < len(codes):  # 1 and 01
            return dict(wanted)
        return codes

    # -- rows --------------------------------------------------------------------------------------------------------

    def rows(self, draft: Draft, choices: list[tuple[str, dict[str, Any]]], written: bool = True) -> None:
        """Rows of a grid, with the names that their columns have in the data.

        written: can something be written beside a row?
        """
        labels = self.labels(choices, draft.place, "row")
        recoded = mapping(draft.raw.get("RecodeValues")) if draft.raw.get("QuestionType") == "Slider" else {}
        rows, used = [], set()
        for id, choice in choices:
            name = legal(str(recoded.get(id, id)))
            while name in used:
                name += "_"
            used.add(name)
            column = self.column(draft, id, f"{draft.name}_{name}", "row")
            specify = yes(choice.get("TextEntry"))
            if specify and not written:
                self.fidelity.lost("text entry of a row", f"{draft.place}, row {id}", "its answer is a text already")
            rows.append(Row(name, labels[id], column=column, source=id, specify=specify and written))
            draft.rows[id], draft.rows_raw[id] = name, choice
        draft.fields["rows"] = tuple(rows)
        self.fidelity.taken("row", len(rows))

    def column(self, draft: Draft, id: str, ordinary: str, what: str) -> str | None:
        """The name of the column of a row or a choice, where it has one of its own."""
        tag = mapping(draft.raw.get("ChoiceDataExportTags")).get(id)
        if not isinstance(tag, str) or not tag.strip() or legal(tag) == ordinary:
            return None
        name = self.names.free(legal(tag))
        self.names.add(name)
        if name != tag:
            self.fidelity.changed("export tag", f"{draft.place}, {what} {id}", f"{tag!r} is {name!r} here")
        return name

    # -- carry forward -----------------------------------------------------------------------------------------------

    def with_carried(self, draft: Draft, choices: list[tuple[str, dict[str, Any]]]) -> list[tuple[str, dict[str, Any]]]:
        """The choices and, before them, those carried forward from another question, under the ids x1, x2, …"""
        locator = str(mapping(draft.raw.get("DynamicChoices")).get("Locator") or "")
        if not locator:
            return choices
        path = locator.partition("?")[0]
        source = self.sources.get(path.removeprefix("q://").split("/")[0])
        if source is None or not locator.startswith("q://"):
            self.fidelity.lost("carry forward", draft.place, f"choices of {locator!r} are not in this file")
            return choices
        found = entries(source.get("Answers" if path.endswith("Answers") else "Choices"))
        carried = [(f"x{id}", _carried(path, id, choice)) for id, choice in found]
        own = [(id, choice) for id, choice in choices if not id.startswith("x")]
        words = f"{len(carried)} choices of {locator!r}, each with a condition"
        self.fidelity.changed("carry forward", draft.place, words)
        return [*carried, *own]


def _carried(path: str, id: str, choice: Mapping[str, Any]) -> dict[str, Any]:
    """A choice on its way to another question; what was written beside it is its wording there."""
    plain = {**choice, "DisplayLogic": None}
    if not yes(choice.get("TextEntry")) or "/Selected" not in path:
        return plain
    qid = path.removeprefix("q://").split("/")[0]
    return {**plain, "TextEntry": False, "Display": f"${{q://{qid}/ChoiceTextEntryValue/{id}}}"}


def _address(choice: Mapping[str, Any]) -> str | None:
    """Where the picture of a choice lies."""
    picture = mapping(choice.get("Image"))
    return str(picture.get("ImageLocation")) if picture.get("ImageLocation") else None


def _is_whole(code: str) -> bool:
    return code.lstrip("-").isdecimal() and code.isascii() and len(code) <= 15 and code.rfind("-") <= 0
