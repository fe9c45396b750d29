"""What a Triple-S definition file says, as records: the survey, its variables, where their data lie.

Versions 1.1 to 3.0 of the XML standard are read; 2.0 is written (what is new in 3.0, hierarchies apart, is a way of
stating the same). Records only: what they mean for us stands in `triples` (instruments) and `data.files.triples`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from populace.errors import FileRefused
from populace.survey.formats.markup import plain_text
from populace.survey.formats.safe import safe_xml
from populace.survey.names import shown

if TYPE_CHECKING:
    from lxml import etree

TYPES = ("single", "multiple", "quantity", "character", "logical", "date", "time")
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
#: columns and widths beyond this are no survey's
_LARGEST = 10_000_000
#: variables of one file
_MOST = 20_000


@dataclass(frozen=True)
class Words:
    """A text, in the language of the file and in others."""

    #: in the language of the file
    text: str
    #: language -> text
    others: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Value:
    """One code of a variable."""

    #: as written in the file
    code: str
    #: its label
    label: Words
    #: where it stands on a scale, None = nowhere
    score: float | None = None


@dataclass(frozen=True)
class Variable:
    """One variable of the file."""

    #: identifier, unique in the file
    ident: str
    #: name for people
    name: str
    #: one of `TYPES`
    type: str
    #: wording
    label: Words
    #: first character (fixed width) or field (CSV), from 1 on; 0 = not said
    start: int = 0
    #: last character or field
    finish: int = 0
    #: answers are spread over so many fields …
    subfields: int = 0
    #: … of so many characters; 0 = as wide as fits
    width: int = 0
    #: characters of a text
    size: int | None = None
    #: codes with labels
    values: tuple[Value, ...] = ()
    #: smallest and largest number, as written
    ranges: tuple[tuple[str, str], ...] = ()
    #: "serial", "weight" or None
    use: str | None = None
    #: name of the variable that says to whom this one applies
    filter: str | None = None
    #: are codes words?
    literal: bool = False


@dataclass(frozen=True)
class Survey:
    """What a definition file says."""

    #: title for people
    title: Words
    #: its variables, in order
    variables: tuple[Variable, ...]
    #: version of the standard
    version: str = "2.0"
    #: name of the survey
    name: str | None = None
    #: name of the data file
    href: str | None = None
    #: is the data file CSV?
    csv: bool = False
    #: lines before the data
    skip: int = 0
    #: language of the texts
    language: str | None = None
    #: what was met and is not carried: (element, place, words)
    left: tuple[tuple[str, str, str], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Survey:
        """From plain data."""
        variables = tuple(_variable_from(one) for one in content["variables"])
        left = tuple((element, place, words) for element, place, words in content["left"])
        rest = {**content, "title": Words(**content["title"]), "variables": variables, "left": left}
        return cls(**rest)


def _variable_from(content: Mapping[str, Any]) -> Variable:
    values = tuple(Value(one["code"], Words(**one["label"]), one["score"]) for one in content["values"])
    ranges = tuple((low, high) for low, high in content["ranges"])
    return Variable(**{**content, "label": Words(**content["label"]), "values": values, "ranges": ranges})


def parse(path: Path, arguments: dict[str, Any]) -> dict[str, Any]:
    """What a definition file says, as plain data: a worker of `populace.confined`. `arguments`: "name"."""
    return read_survey(path, arguments["name"]).to_dict()


def read_survey(path: Path, place: str) -> Survey:
    """What a definition file says. Raises `FileRefused`, naming `place`."""
    root = safe_xml(path)
    if _tag(root) != "sss":
        raise FileRefused(
            f"{place} has <{_tag(root)[:40]}> at its top; expected <sss>: check that it is the right file"
        )
    survey = _child(root, "survey")
    record = None if survey is None else _child(survey, "record")
    if survey is None or record is None:
        raise FileRefused(f"{place} has no <survey> with a <record>; expected the variables there: export it again")
    return _Reader(place, root).survey(survey, record)


def _tag(element: etree._Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _child(element: etree._Element, tag: str) -> etree._Element | None:
    return next((child for child in element if _tag(child) == tag), None)


class _Reader:
    """One file on its way to records."""

    def __init__(self, place: str, root: etree._Element) -> None:
        self.place = place
        self.version = root.get("version") or "1.1"
        languages = (root.get("languages") or root.get(_LANGUAGE) or "").split()
        self.language = languages[0] if languages else None
        self.left: list[tuple[str, str, str]] = []
        for child in root:
            if _tag(child) not in ("date", "time", "origin", "user", "survey"):
                self.left.append(
                    (_tag(child)[:40] or "element", f"line {child.sourceline}", "is no part of a flat survey")
                )

    def survey(self, survey: etree._Element, record: etree._Element) -> Survey:
        title = _child(survey, "title")
        name = _child(survey, "name")
        for child in survey:
            if _tag(child) not in ("name", "version", "title", "record"):
                self.left.append((_tag(child)[:40], f"line {child.sourceline}", "levels of a hierarchy are not joined"))
        variables = [one for one in record if _tag(one) == "variable"]
        if not variables or len(variables) > _MOST:
            raise FileRefused(f"{self.place} has {len(variables):,} variables; expected 1 to {_MOST:,}: check the file")
        return Survey(
            self.words(title) if title is not None else Words(""),
            tuple(self.variable(one, number) for number, one in enumerate(variables, 1)),
            self.version,
            _text(name) or None,
            record.get("href"),
            record.get("format") == "csv",
            self.number(record.get("skip") or "0", "skip", record),
            self.language,
            tuple(self.left),
        )

    def variable(self, element: etree._Element, number: int) -> Variable:
        kind = element.get("type") or ""
        if kind not in TYPES:
            raise FileRefused(
                f"{self.place}, line {element.sourceline:,}: variable type is {shown(kind)}; expected one of "
                f"{', '.join(TYPES)}: correct it"
            )
        ident = element.get("ident") or str(number)
        name, label, size = (_child(element, tag) for tag in ("name", "label", "size"))
        values = _child(element, "values")
        found = [] if values is None else [one for one in values if _tag(one) == "value"]
        ranges = [] if values is None else [one for one in values if _tag(one) == "range"]
        for child in element:
            if _tag(child) not in ("name", "label", "position", "spread", "size", "values"):
                self.left.append((_tag(child)[:40], f"variable {ident}", "is no part of a variable"))
        start, finish = self.position(element)
        subfields, width = self.spread(element)
        return Variable(
            ident,
            _text(name) or ident,
            kind,
            self.words(label) if label is not None else Words(""),
            start,
            finish,
            subfields,
            width,
            self.number(_text(size), "size", element) if _text(size) else None,
            tuple(self.value(one) for one in found),
            tuple((one.get("from") or "", one.get("to") or "") for one in ranges),
            element.get("use"),
            element.get("filter"),
            element.get("format") == "literal",
        )

    def position(self, element: etree._Element) -> tuple[int, int]:
        found = _child(element, "position")
        if found is None:
            return 0, 0
        start = self.number(found.get("start") or "0", "start", found)
        finish = self.number(found.get("finish") or str(start), "finish", found)
        if not 0 < start <= finish:
            raise FileRefused(
                f"{self.place}, line {found.sourceline:,}: position is {start} to {finish}; expected a first place "
                "from 1 on and a last one not before it: correct it"
            )
        return start, finish

    def spread(self, element: etree._Element) -> tuple[int, int]:
        found = _child(element, "spread")
        if found is None:
            return 0, 0
        subfields = self.number(found.get("subfields") or "1", "subfields", found)
        return max(subfields, 1), self.number(found.get("width") or "0", "width", found)

    def value(self, element: etree._Element) -> Value:
        score = element.get("score")
        code = (element.get("code") or "").strip()
        try:
            place = None if score is None else float(score)
        except ValueError:
            place = None
            self.left.append(("score", f"line {element.sourceline}", f"{shown(score)} is no number"))
        return Value(code, self.words(element), place)

    def number(self, word: str, what: str, element: etree._Element) -> int:
        if not word.strip().isdecimal() or len(word) > 9 or int(word) > _LARGEST:
            raise FileRefused(
                f"{self.place}, line {element.sourceline:,}: {what} is {shown(word)}; expected a whole number up to "
                f"{_LARGEST:,}: correct it"
            )
        return int(word)

    def words(self, element: etree._Element) -> Words:
        """A text with its specialised versions: other languages, and the one for interviews where it differs."""
        own, others, interview = _text(element, top=True), {}, ""
        for child in element:
            if _tag(child) != "text":
                continue
            language, mode = child.get(_LANGUAGE), child.get("mode")
            text = _text(child)
            if language and language != self.language and mode in (None, "interview"):
                others[language] = text
            elif mode == "interview":
                interview = text
            elif mode:
                self.left.append(("text", f"line {child.sourceline}", f"the wording for {mode[:40]}"))
            elif not own or language == self.language:
                own = text
        return Words(interview or own, {key: text for key, text in others.items() if text})


def _text(element: etree._Element | None, top: bool = False) -> str:
    """The text of an element; <br/> ends a line. With `top`, without the specialised texts in it."""
    if element is None:
        return ""
    parts = [element.text or ""]
    for child in element:
        tag = _tag(child)
        if tag == "br":
            parts.append("\n")
        elif not (top and tag == "text"):
            parts.append(_text(child))
        parts.append(child.tail or "")
    return as_read("".join(parts))


def as_read(text: str) -> str:
    """A text as it is read: without formatting, and without space where it means nothing."""
    text = "\n".join(" ".join(line.split()) for line in text.split("\n")).strip()
    return plain_text(text) if "<" in text else text


# -- writing ---------------------------------------------------------------------------------------------------------


def xml_of(survey: Survey, remark: str | None = None) -> str:
    """The definition file, in version 2.0 of the standard."""
    from lxml import etree

    root = etree.Element("sss", version="2.0", modes="interview analysis")
    languages = {one.language for one in [survey]} | {key for words in _all_words(survey) for key in words.others}
    if survey.language:
        others = sorted(one for one in languages if one and one != survey.language)
        root.set("languages", " ".join([survey.language, *others]))
    etree.SubElement(root, "origin").text = "Populace" + (f": {remark}" if remark else "")
    top = etree.SubElement(root, "survey")
    if survey.name:
        etree.SubElement(top, "name").text = survey.name
    _add_words(etree.SubElement(top, "title"), survey.title)
    record = etree.SubElement(top, "record", ident="A")
    if survey.href:
        record.set("href", survey.href)
    if survey.csv:
        record.set("format", "csv")
        record.set("skip", str(survey.skip))
    for variable in survey.variables:
        _add_variable(record, variable)
    kind = (
        '<!DOCTYPE sss PUBLIC "-//triple-s//DTD Survey Interchange v2.0//EN" "http://www.triple-s.org/dtd/sss_v20.dtd">'
    )
    text = etree.tostring(root, pretty_print=True, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{kind}\n{text}'


def _all_words(survey: Survey) -> list[Words]:
    variables = survey.variables
    values = [value.label for variable in variables for value in variable.values]
    return [survey.title, *(variable.label for variable in variables), *values]


def _add_words(element: etree._Element, words: Words) -> None:
    from lxml import etree

    _add_lines(element, words.text)
    for language, text in words.others.items():
        other = etree.SubElement(element, "text")
        other.set(_LANGUAGE, language)
        _add_lines(other, text)


def _add_lines(element: etree._Element, text: str) -> None:
    """A text, its lines ended by <br/>."""
    from lxml import etree

    first, *others = _printable(text).split("\n")
    element.text = first
    for line in others:
        etree.SubElement(element, "br").tail = line


def _printable(text: str) -> str:
    """A text without the characters that XML cannot hold."""
    return "".join(sign for sign in text if sign in "\n\t" or (sign >= " " and sign not in "\ufffe\uffff"))


def _add_variable(record: etree._Element, variable: Variable) -> None:
    from lxml import etree

    element = etree.SubElement(record, "variable", ident=variable.ident, type=variable.type)
    for key, value in (("use", variable.use), ("filter", variable.filter)):
        if value:
            element.set(key, value)
    if variable.literal:
        element.set("format", "literal")
    etree.SubElement(element, "name").text = variable.name
    _add_words(etree.SubElement(element, "label"), variable.label)
    if variable.start:
        position = etree.SubElement(element, "position", start=str(variable.start))
        if variable.finish > variable.start:
            position.set("finish", str(variable.finish))
    if variable.subfields:
        etree.SubElement(element, "spread", subfields=str(variable.subfields), width=str(variable.width or 1))
    if variable.size is not None:
        etree.SubElement(element, "size").text = str(variable.size)
    if variable.values or variable.ranges:
        values = etree.SubElement(element, "values")
        for low, high in variable.ranges:
            values.append(etree.Element("range", {"from": low, "to": high}))
        for value in variable.values:
            _add_value(values, value)


def _add_value(values: etree._Element, value: Value) -> None:
    from lxml import etree

    element = etree.SubElement(values, "value", code=value.code)
    if value.score is not None:
        element.set("score", f"{value.score:g}")
    _add_words(element, value.label)
