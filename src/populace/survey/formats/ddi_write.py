"""DDI Codebook 2.5 written: a study, its variables, and groups of those that are one question."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from populace import atomic
from populace.errors import InstrumentError
from populace.survey.formats.ddi_raw import as_read
from populace.survey.formats.fidelity import Fidelity
from populace.survey.formats.labels import says_missing
from populace.survey.instrument import Block, Instrument
from populace.survey.item import Item
from populace.survey.kinds import option_column, row_column
from populace.survey.piping import literally, plainly
from populace.survey.question import Question
from populace.survey.scale import SELECTED, Option

if TYPE_CHECKING:
    from lxml import etree

NAMESPACE = "ddi:codebook:2_5"
WORDS = "DDI Codebook"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_SCHEMA = "{http://www.w3.org/2001/XMLSchema-instance}schemaLocation"
_WHERE = f"{NAMESPACE} https://ddialliance.org/Specification/DDI-Codebook/2.5/XMLSchema/codebook.xsd"
#: kinds that are one variable
_ONE = ("single", "scale", "nps", "numeric", "slider", "open", "date")
#: fields of a question that a codebook says nothing of
_LOST = (
    "stem", "item", "role", "randomize", "step", "at_least", "at_most", "several_lines", "longest", "required",
    "requested", "valid_if", "valid_text", "flip", "show_only", "fixed", "new_page", "skips", "look",
)  # fmt: skip


@dataclass
class _Writer:
    """One instrument on its way to a file."""

    #: the instrument
    instrument: Instrument
    #: what became of its parts
    fidelity: Fidelity
    #: translations that found their place
    placed: set[tuple[str, str]] = field(default_factory=set)
    #: variables so far
    count: int = 0


def write(instrument: Instrument, path: Path) -> Fidelity:
    """The instrument as a codebook; returns what the format cannot carry."""
    from lxml import etree

    writer = _Writer(instrument, Fidelity(WORDS))
    root = etree.Element(f"{{{NAMESPACE}}}codeBook", nsmap={None: NAMESPACE, "xsi": _SCHEMA[1:].partition("}")[0]})
    root.set("version", "2.5")
    root.set(_LANGUAGE, instrument.language)
    root.set(_SCHEMA, _WHERE)
    _study(writer, root)
    data = _add(root, "dataDscr")
    groups: list[etree._Element] = []
    variables: list[etree._Element] = []
    for question in instrument.questions:
        _question(writer, question, groups, variables)
    for one in instrument.data:
        variables.append(_data(writer, one.name, one.text, one.kind))
    for element in (*groups, *variables):
        data.append(element)
    _told(writer)
    text = etree.tostring(root, pretty_print=True, encoding="unicode")
    atomic.write_text(path, f'<?xml version="1.0" encoding="UTF-8"?>\n{text}')
    return writer.fidelity


def _add(parent: etree._Element, tag: str, text: str | None = None, **attributes: str) -> etree._Element:
    from lxml import etree

    element = etree.SubElement(parent, f"{{{NAMESPACE}}}{tag}", attributes)
    if text is not None:
        element.text = _printable(text)
    return element


def _printable(text: str) -> str:
    """A text without the characters that XML cannot hold."""
    return "".join(sign for sign in text if sign in "\n\t" or (sign >= " " and sign not in "\ufffe\uffff"))


def _study(writer: _Writer, root: etree._Element) -> None:
    """Title, identifier, country, year, remarks."""
    instrument = writer.instrument
    study = _add(root, "stdyDscr")
    titles = _add(_add(study, "citation"), "titlStmt")
    _add(titles, "titl", _plain(writer, instrument.title))
    _add(titles, "IDNo", instrument.id)
    if not (instrument.notes or instrument.year or instrument.country):
        return
    info = _add(study, "stdyInfo")
    if instrument.notes:
        _add(info, "abstract", instrument.notes)
    summary = _add(info, "sumDscr")
    if instrument.year is not None:
        _add(summary, "collDate", str(instrument.year), date=str(instrument.year))
    if instrument.country:
        _add(summary, "nation", instrument.country, abbr=instrument.country)


def _plain(writer: _Writer, text: str) -> str:
    """A text as it is read; what is filled in stays as it is written."""
    try:
        plain = plainly(text)
    except InstrumentError:
        return text
    if as_read(plain) != plain:
        writer.fidelity.changed("formatting", plain[:60], "what looks like formatting is taken out when read back")
    if "${" in text and literally(plain) != text:
        writer.fidelity.changed("piping", text[:60], "stands as it is written")
        return text
    return plain


def _words(writer: _Writer, parent: etree._Element, tag: str, text: str, at: str | None = None) -> None:
    """A text, and its translations in elements of their own."""
    _add(parent, tag, _plain(writer, text))
    for language, texts in writer.instrument.translations.items() if at else ():
        if at in texts:
            _add(parent, tag, _plain(writer, texts[at])).set(_LANGUAGE, language)
            writer.placed.add((language, at))
            writer.fidelity.taken("translation")


def _variable(writer: _Writer, name: str) -> etree._Element:
    from lxml import etree

    writer.count += 1
    return etree.Element(f"{{{NAMESPACE}}}var", ID=f"V{writer.count}", name=name)


def _data(writer: _Writer, name: str, text: str | None, kind: str) -> etree._Element:
    """Embedded data: a weight where it is a number."""
    variable = _variable(writer, name)
    if kind == "number":
        variable.set("wgt", "wgt")
        variable.set("intrvl", "contin")
        writer.fidelity.changed("data", f"embedded data {name!r}", "numbers are written as weights")
    else:
        writer.fidelity.changed("data", f"embedded data {name!r}", "a variable like the questions")
    _words(writer, variable, "labl", text or name)
    _add(variable, "varFormat", None, type="numeric" if kind == "number" else "character", schema="other")
    return variable


def _question(
    writer: _Writer, question: Question, groups: list[etree._Element], variables: list[etree._Element]
) -> None:
    """The variables of a question, and the group they are."""
    place = f"question {question.name!r}"
    if question.kind in ("display", "technical"):
        writer.fidelity.lost("question", place, f"kind {question.kind!r} has no answer")
        return
    _told_fields(writer, question, place)
    first = writer.count + 1
    if question.kind in _ONE and not question.rows:
        variables.append(_one(writer, question, place))
        more = [item for item in question.items() if item.specifies]
    elif question.kind == "multiple":
        variables += [_of_option(writer, question, option) for option in question.options]
        more = [item for item in question.items() if item.specifies]
    elif question.kind == "grid":
        variables += _of_rows(writer, question, place)
        more = [item for item in question.items() if item.specifies]
    else:
        writer.fidelity.changed("question", place, f"kind {question.kind!r} is a variable for each of its columns")
        variables += [_of_item(writer, item) for item in question.items()]
        return
    if question.kind in ("multiple", "grid"):
        kind = "multipleResp" if question.kind == "multiple" else "grid"
        if writer.count == first:
            writer.fidelity.changed("question", place, "read back as a question of its own: one variable is no group")
        groups.append(_group(writer, question, kind, range(first, writer.count + 1)))
    for item in more:
        writer.fidelity.changed("option.specify", place, "what is written beside an option is a variable")
        variables.append(_of_item(writer, item))
    writer.fidelity.taken("question")


def _group(writer: _Writer, question: Question, kind: str, numbers: Iterable[int]) -> etree._Element:
    from lxml import etree

    members = " ".join(f"V{number}" for number in numbers)
    group = etree.Element(f"{{{NAMESPACE}}}varGrp", ID=f"G_{members.partition(' ')[0]}", name=question.name, type=kind)
    group.set("var", members)
    _words(writer, group, "txt", question.text, question.name)
    if question.show_if:
        writer.fidelity.taken("show_if")
        _add(group, "universe", question.show_if)
    return group


def _one(writer: _Writer, question: Question, place: str) -> etree._Element:
    """The variable of a question that has one."""
    variable = _variable(writer, question.name)
    closed = question.kind in ("single", "scale", "nps")
    if closed:
        variable.set("nature", "nominal" if question.kind == "single" else "ordinal")
    if question.kind in ("nps", "slider"):
        writer.fidelity.changed("kind", place, "read back as a scale, or as a number")
    if question.kind in ("numeric", "slider"):
        variable.set("intrvl", "contin")
        if question.decimals:
            variable.set("dcml", str(question.decimals))
        elif question.decimals == 0:
            writer.fidelity.changed("decimals", place, "no decimals are what goes without saying")
        if question.unit:
            variable.set("measUnit", question.unit)
    _add(variable, "labl", _short(_plain(writer, question.text)))
    _words(writer, _add(variable, "qstn"), "qstnLit", question.text, question.name)
    _range(question, variable)
    if question.show_if:
        _add(variable, "universe", question.show_if)
        writer.fidelity.taken("show_if")
    for option in question.options:
        _category(writer, variable, option, f"{question.name}/options/{option.code}", place, len(question.options))
    writer.fidelity.taken("option", len(question.options))
    _format(variable, question)
    if question.format not in (None, "time"):
        writer.fidelity.lost("format", place, f"{question.format!r}")
    return variable


def _short(text: str) -> str:
    """A label: the wording in one line, cut where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= 255 else line[:254] + "…"


def _range(question: Question, variable: etree._Element) -> None:
    limits = {"min": question.minimum, "max": question.maximum}
    written = {key: f"{value:.15g}" for key, value in limits.items() if value is not None}
    if written:
        _add(_add(variable, "valrng"), "range", None, **written)


def _format(variable: etree._Element, question: Question) -> None:
    words = bool(question.options) and isinstance(question.options[0].code, str)
    character = words or question.kind in ("open", "date")
    style = _add(variable, "varFormat", None, type="character" if character else "numeric", schema="other")
    if question.kind == "date" or question.format == "time":
        style.set("category", "date" if question.kind == "date" else "time")


def _category(
    writer: _Writer, variable: etree._Element, option: Option, at: str | None, place: str, count: int
) -> None:
    category = _add(variable, "catgry")
    if option.missing:
        category.set("missing", "Y")
    elif says_missing(option.label) and count > 2:
        writer.fidelity.changed(
            "option.missing", f"{place}, option {option.code!r}", "read back, its label makes it no answer"
        )
    _add(category, "catValu", str(option.code))
    _words(writer, category, "labl", option.label, at)
    _told_option(writer, option, place)


def _told_option(writer: _Writer, option: Option, place: str) -> None:
    for name in ("exclusive", "off_scale", "show_if", "fixed", "image"):
        if getattr(option, name):
            writer.fidelity.lost(f"option.{name}", f"{place}, option {option.code!r}", "a codebook does not say so")
    if isinstance(option.code, str) and option.code.lstrip("-").isdecimal():
        writer.fidelity.changed(
            "option.code", f"{place}, option {option.code!r}", "digits in words are a number when read back"
        )


def _of_option(writer: _Writer, question: Question, option: Option) -> etree._Element:
    """The variable of one option of a multiple choice."""
    variable = _variable(writer, option_column(question, option))
    _words(writer, variable, "labl", option.label, f"{question.name}/options/{option.code}")
    for selected in SELECTED:
        category = _add(variable, "catgry")
        _add(category, "catValu", str(selected.code))
        _add(category, "labl", selected.label)
    _add(variable, "varFormat", None, type="numeric", schema="other")
    _told_option(writer, option, f"question {question.name!r}")
    if option.missing:
        writer.fidelity.lost(
            "option.missing", f"question {question.name!r}, option {option.code!r}", "options of a group have no mark"
        )
    if option.column:
        writer.fidelity.changed("option.column", f"question {question.name!r}", "codes are places when read back")
    return variable


def _of_rows(writer: _Writer, question: Question, place: str) -> list[etree._Element]:
    """The variables of the rows of a grid."""
    found = []
    for row in question.rows:
        variable = _variable(writer, row_column(question, row))
        _words(writer, variable, "labl", row.text, f"{question.name}/rows/{row.name}")
        for option in question.options:
            at = f"{question.name}/options/{option.code}" if not found else None
            _category(writer, variable, option, at, place, len(question.options))
        _add(variable, "varFormat", None, type="numeric", schema="other")
        for name in ("show_if", "fixed"):
            if getattr(row, name):
                writer.fidelity.lost(f"row.{name}", f"{place}, row {row.name!r}", "a codebook does not say so")
        if row.column:
            writer.fidelity.changed("row.column", f"{place}, row {row.name!r}", "the row is called like its column")
        found.append(variable)
    writer.fidelity.taken("option", len(question.options))
    return found


def _of_item(writer: _Writer, item: Item) -> etree._Element:
    """A variable for one column."""
    variable = _variable(writer, item.name)
    if item.ordinal:
        variable.set("nature", "ordinal")
    elif item.options:
        variable.set("nature", "nominal")
    if item.numeric:
        variable.set("intrvl", "contin")
    _add(variable, "labl", _short(_plain(writer, item.item or item.text)))
    _add(_add(variable, "qstn"), "qstnLit", _plain(writer, item.text))
    for option in item.options:
        category = _add(variable, "catgry", None, **({"missing": "Y"} if option.missing else {}))
        _add(category, "catValu", str(option.code))
        _add(category, "labl", _plain(writer, option.label))
    words = item.open or (bool(item.options) and isinstance(item.options[0].code, str))
    _add(variable, "varFormat", None, type="character" if words else "numeric", schema="other")
    return variable


def _told_fields(writer: _Writer, question: Question, place: str) -> None:
    for name in _LOST:
        if getattr(question, name) not in (None, False, (), "question"):
            writer.fidelity.lost(name, place, "a codebook describes variables, not how they are asked")


def _told(writer: _Writer) -> None:
    """Parts of an instrument that a codebook has nothing for."""
    instrument = writer.instrument
    for name in ("flow", "computed", "quotas"):
        if getattr(instrument, name):
            writer.fidelity.lost(name, "instrument", "a codebook describes variables, not how they are asked")
    if len(instrument.blocks) > 1 or instrument.blocks[0] != Block("main", instrument.blocks[0].questions):
        writer.fidelity.lost("block", "instrument", "variables stand in one list, without blocks")
    for language, texts in instrument.translations.items():
        for at in texts:
            if (language, at) not in writer.placed:
                writer.fidelity.lost("translation", f"{language}, {at}", "there is no such text in the file")
