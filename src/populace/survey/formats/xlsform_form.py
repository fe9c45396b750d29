"""The content of an XLSForm workbook, as pyxform reads it: questions, groups and repeats within one another.

pyxform settles how sheets and columns are spelled, which list belongs to a question, and what `or_other` and
`table-list` stand for; what it refuses is refused here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from populace.errors import FileRefused
from populace.survey.formats.archive import safe_zip
from populace.survey.formats.fidelity import Fidelity

#: bytes of a workbook
_LARGEST = 64 << 20
#: questions and groups of one form
_MOST = 100_000
#: levels of groups
_MOST_LEVELS = 40
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_BRACKETED = re.compile(r"(.*)\(\s*([A-Za-z]{2,3}(?:-[A-Za-z0-9]+)*)\s*\)\s*")
#: names of languages as XLSForms have them without a code
_LANGUAGES = {
    "english": "en", "french": "fr", "français": "fr", "german": "de", "deutsch": "de", "spanish": "es",
    "español": "es",
    "portuguese": "pt", "arabic": "ar", "chinese": "zh", "hindi": "hi", "swahili": "sw", "russian": "ru",
}  # fmt: skip

Texts = dict[str, str]


@dataclass
class Node:
    """One row of the survey sheet, with what stands within it."""

    #: type, in pyxform's spelling
    type: str
    #: name
    name: str
    #: what pyxform says of it
    content: Mapping[str, Any]
    #: rows of a group or a repeat
    children: list[Node] = field(default_factory=list)

    @property
    def place(self) -> str:
        """What reports call it."""
        return f"survey, {self.name}"

    def bind(self, key: str) -> Any:
        """An entry such as `relevant` or `constraint`; "" for none."""
        return _mapping(self.content.get("bind")).get(key, "")

    def control(self, key: str) -> str:
        """An entry such as `appearance`; "" for none."""
        return str(_mapping(self.content.get("control")).get(key, "") or "")

    @property
    def choices(self) -> list[Mapping[str, Any]]:
        """Its choices."""
        return [choice for choice in self.content.get("choices") or [] if isinstance(choice, Mapping)]


@dataclass
class Form:
    """A workbook."""

    #: name of the form
    id: str
    #: title
    title: str
    #: main language as the file has it, "default" where it names none
    language: str
    #: settings
    settings: Mapping[str, Any]
    #: rows
    children: list[Node]

    def walk(self) -> Iterator[Node]:
        """All rows, in order."""
        waiting = list(reversed(self.children))
        while waiting:
            node = waiting.pop()
            yield node
            waiting += reversed(node.children)


def load(path: Path, place: str, fidelity: Fidelity) -> Form:
    """The form in a workbook. Raises `FileRefused`."""
    content = _content(path, place)
    warnings: list[str] = []
    try:
        from pyxform.xls2json import workbook_to_json
        from pyxform.xls2json_backends import get_xlsform

        workbook = get_xlsform(content, file_type=".xlsx" if content.startswith(_ZIP) else ".xls")
        if len(workbook.survey or ()) > _MOST:
            raise FileRefused(f"{place} has more than {_MOST:,} rows of questions; expected fewer: split the form")
        form = workbook_to_json(workbook, form_name="data", fallback_form_name=path.stem, warnings=warnings)
    except FileRefused:
        raise
    except MemoryError:
        raise
    except Exception as problem:  # a library that meets broken files with errors of every kind
        reason = " ".join(str(problem).split())[:300] or type(problem).__name__
        raise FileRefused(f"{place} is no XLSForm that can be read ({reason}): correct the form") from None
    _note(form, workbook, warnings, fidelity)
    children = _nodes(form.get("children"), place, 0, _mapping(form.get("choices")))
    names = str(form.get("id_string") or "form"), str(form.get("title") or "")
    return Form(*names, _main(form, children), form, children)


def _content(path: Path, place: str) -> bytes:
    with path.open("rb") as file:
        content = file.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise FileRefused(f"{place} has more than {_LARGEST:,} bytes; expected at most these: check the file")
    if content.startswith(_ZIP):
        with safe_zip(path):
            return content
    if not content.startswith(_OLE):
        raise FileRefused(f"{place} is no workbook; expected .xlsx or .xls: check the file")
    return content


def _nodes(children: Any, place: str, level: int, lists: Mapping[str, Any]) -> list[Node]:
    """Rows of one level; pyxform leaves choices that are shown in random order with their list."""
    if level > _MOST_LEVELS:
        raise FileRefused(f"{place} has groups nested more than {_MOST_LEVELS} deep; expected fewer: flatten the form")
    found = []
    for child in children if isinstance(children, list) else []:
        if isinstance(child, Mapping) and child.get("type") and child.get("name") != "meta":
            inner = _nodes(child.get("children"), place, level + 1, lists)
            listed = lists.get(str(child.get("itemset")))
            if listed and not child.get("choices"):
                child = {**child, "choices": listed}
            found.append(Node(str(child["type"]), str(child.get("name") or ""), child, inner))
    return found


def _note(form: Mapping[str, Any], workbook: Any, warnings: list[str], fidelity: Fidelity) -> None:
    """What is said of the workbook as a whole."""
    used = sum(len(row) for row in workbook.settings or ())
    if used:
        words = f"{used} settings, of which title, id and language are read: the others are not needed to ask or answer"
        fidelity.changed("settings", "settings", words)
    for sheet in workbook.sheet_names or ():
        if sheet not in ("survey", "choices", "settings"):
            fidelity.lost("sheet", sheet, "not read: no part of an XLSForm, or choices and entities kept elsewhere")
    for warning in warnings:
        fidelity.changed("warning of pyxform", "workbook", " ".join(warning.split())[:300])


def _main(form: Mapping[str, Any], children: list[Node]) -> str:
    """The language of the form: the one it names, else the one of its first wording."""
    named = str(form.get("default_language") or "default")
    if named != "default":
        return named
    waiting = list(children)
    for node in waiting:  # grows while it is gone through
        label = node.content.get("label")
        if isinstance(label, Mapping):
            return "default" if "default" in label else str(next(iter(label), "default"))
        if label:
            return "default"
        waiting += node.children
    return "default"


def texts_of(value: Any) -> Texts:
    """Language -> wording, of a text or of several."""
    if isinstance(value, Mapping):
        return {str(language): str(text) for language, text in value.items() if isinstance(text, str | int | float)}
    return {"default": str(value)} if value not in (None, "") else {}


def language_code(language: str) -> str:
    """The code of a language: of "English (en)" en, of "english" too; else its name."""
    bracketed = _BRACKETED.fullmatch(language)
    if bracketed:
        return bracketed[2]
    return _LANGUAGES.get(language.strip().lower(), language.strip() or "en")


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
