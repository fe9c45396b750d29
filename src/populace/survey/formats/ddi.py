"""DDI Codebook: the variables of a study read as an instrument. Writing is `ddi_write`.

Versions 1.2 to 2.6 are read, whatever their namespace. A codebook describes variables and not an interview: there is no
flow. What people were asked stands in `qstnLit`, and variables that were one question in a `varGrp`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from populace.errors import FileRefused, InstrumentError
from populace.survey.expression_checks import check, scope_of
from populace.survey.expressions import parse
from populace.survey.flow import Field
from populace.survey.formats.ddi_raw import LANGUAGE, along, apart, as_float, children, own_text, tag_of, text_of
from populace.survey.formats.ddi_write import NAMESPACE, WORDS, write
from populace.survey.formats.fidelity import Fidelity, Imported
from populace.survey.formats.labels import look_ordered, says_missing
from populace.survey.formats.names import Names
from populace.survey.formats.safe import safe_xml
from populace.survey.instrument import Block, Instrument
from populace.survey.item import Row
from populace.survey.piping import literally
from populace.survey.question import Question
from populace.survey.scale import Option

if TYPE_CHECKING:
    from lxml import etree

__all__ = ["NAMESPACE", "read", "recognises", "write"]

_HEAD = 8_192
_MOST = 20_000
_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(?:\.0+)?")
_YEAR = re.compile(r"(?<!\d)(1[89]\d\d|20\d\d)(?!\d)")
#: parts of a variable that say nothing of what was asked
_NOT_NEEDED = frozenset(
    ("location", "sumStat", "TotlResp", "security", "embargo", "stdCatgry", "codInstr", "verStmt", "concept")
)
#: parts of the file beside variables, likewise
_BESIDE = frozenset(("docDscr", "fileDscr", "otherMat"))


def recognises(path: Path) -> bool:
    """Does an XML file begin with <codeBook>?"""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return False
    return re.search(rb"<(?:\w+:)?codeBook[\s>]", head.replace(b"\0", b"")) is not None


def read(path: Path, place: str) -> Imported:
    """The variables of a codebook as questions. Raises `FileRefused` or `InstrumentError`, naming `place`."""
    root = safe_xml(path)
    if tag_of(root) != "codeBook":
        raise FileRefused(
            f"{place} has <{tag_of(root)[:40]}> at its top; expected <codeBook>: check that it is the right file"
        )
    fidelity = Fidelity(WORDS)
    try:
        return Imported(_Codebook(root, Path(place).stem, fidelity, place).instrument(), fidelity)
    except InstrumentError as problem:
        if isinstance(problem, FileRefused):
            raise
        raise InstrumentError(f"{place}: {problem}") from None


class _Codebook:
    """One file on its way to an instrument."""

    def __init__(self, root: etree._Element, stem: str, fidelity: Fidelity, place: str) -> None:
        self.root, self.stem, self.fidelity, self.place = root, stem, fidelity, place
        self.language = root.get(LANGUAGE) or root.get("xml-lang") or "en"
        self.names = Names()
        self.translations: dict[str, dict[str, str]] = {}
        self.left: Counter[str] = Counter()
        self.data: list[Field] = []
        self.universes: list[tuple[Question, str]] = []

    def instrument(self) -> Instrument:
        """The instrument; everything in the file is noted."""
        variables = [one for part in children(self.root, "dataDscr") for one in children(part, "var")]
        groups = [one for part in children(self.root, "dataDscr") for one in children(part, "varGrp")]
        if not variables or len(variables) > _MOST:
            raise FileRefused(f"{self.place} has {len(variables):,} variables; expected 1 to {_MOST:,}")
        questions = tuple(self._questions(variables, groups))
        if not questions:
            raise InstrumentError("has no variable that is a question; expected one or more: check the file")
        study = along(self.root, "stdyDscr")
        titles = along(study, "citation", "titlStmt")
        block = Block("main", questions)
        title = literally(text_of(along(titles, "titl"))) or self.stem
        instrument = Instrument(
            text_of(along(titles, "IDNo")) or self.stem, title, (block,),
            year=self._year(study), country=self._country(study), language=self.language,
            notes=text_of(along(study, "stdyInfo", "abstract")) or None, data=tuple(self.data),
            translations=self.translations,
        )  # fmt: skip
        instrument = self._conditioned(instrument)
        self._told(study)
        return instrument

    def _year(self, study: etree._Element | None) -> int | None:
        dates = children(along(study, "stdyInfo", "sumDscr"), "collDate")
        for date in dates:
            found = _YEAR.search(f"{date.get('date') or ''} {text_of(date)}")
            if found:
                self.fidelity.taken("collDate")
                return int(found[1])
        return None

    def _country(self, study: etree._Element | None) -> str | None:
        nation = along(study, "stdyInfo", "sumDscr", "nation")
        code = (nation.get("abbr") or "") if nation is not None else ""
        if nation is not None:
            known = len(code) == 2 and code.isalpha()
            self.fidelity.taken("nation") if known else self.fidelity.lost(
                "nation", "study", "has no code of two letters"
            )
            return code.upper() if known else None
        return None

    def _told(self, study: etree._Element | None) -> None:
        """What is of no use for asking, counted."""
        known = {"titlStmt", "citation", "stdyInfo", "sumDscr", "nation", "collDate", "abstract", "titl", "IDNo"}
        for child in self.root:
            if tag_of(child) in _BESIDE:
                self.left[tag_of(child)] += 1
        for element in study.iterdescendants() if study is not None else ():
            if tag_of(element) not in known:
                self.left[tag_of(element)] += 1
        if self.left:
            words = ", ".join(f"{tag} ({count})" for tag, count in sorted(self.left.items()))
            self.fidelity.lost("description", "study", f"not needed to ask or answer: {words}"[:2_000])

    # -- groups ------------------------------------------------------------------------------------------------------

    def _questions(self, variables: list[etree._Element], groups: list[etree._Element]) -> Iterator[Question]:
        """Questions in the order of their first variable."""
        known = {one.get("ID") or one.get("name") or "": one for one in variables}
        grouped: dict[str, etree._Element] = {}
        for group in groups:
            members = [id for id in (group.get("var") or "").split() if id in known]
            if group.get("type") in ("multipleResp", "grid") and len(members) > 1 and not set(members) & set(grouped):
                grouped |= dict.fromkeys(members, group)
            else:
                self.left["varGrp"] += 1
        done: set[int] = set()
        for variable in variables:
            group = grouped.get(variable.get("ID") or variable.get("name") or "")
            if group is None:
                yield from self._single(variable)
            elif id(group) not in done:
                done.add(id(group))
                members = [known[one] for one in (group.get("var") or "").split() if one in known]
                yield from self._group(group, members)

    def _group(self, group: etree._Element, members: list[etree._Element]) -> Iterator[Question]:
        """One question that several variables are; each alone where they do not fit together."""
        place = f"group {group.get('name') or group.get('ID')}"
        read = self._several if group.get("type") == "multipleResp" else self._grid
        question = read(group, members, place)
        if question is None:
            self.fidelity.changed("varGrp", place, "its variables are not alike; each is a question")
            for member in members:
                yield from self._single(member)
            return
        self.fidelity.taken("varGrp")
        self.universes += [(question, text_of(one)) for one in children(group, "universe")]
        self.fidelity.taken("var", len(members))
        yield question

    def _group_words(self, group: etree._Element, name: str) -> str:
        parts = children(group, "txt") or children(group, "labl")
        return self._words(parts, name) or name

    def _several(self, group: etree._Element, members: list[etree._Element], place: str) -> Question | None:
        """A multiple choice: variables with two categories, 0 and 1."""
        for member in members:
            if {code for code, _, _ in self._categories(member, "")} != {0, 1}:
                return None
        name = self.names.claim(group.get("name") or group.get("ID") or "group", "name", place, self.fidelity)
        columns = self._columns(members, place)
        codes = self._codes_of(name, columns)
        options = [
            Option(code, self._label(member, f"{name}/options/{code}", name) or str(code), source=member.get("name"),
                   column=None if column == f"{name}_{code}" else column)
            for code, column, member in zip(codes, columns, members, strict=True)
        ]  # fmt: skip
        text = self._group_words(group, name)
        return Question(name, "multiple", text, options=apart(options), source=group.get("ID"))

    def _grid(self, group: etree._Element, members: list[etree._Element], place: str) -> Question | None:
        """A grid: variables with the same categories."""
        found = [self._categories(member, "") for member in members]
        codes = {tuple((code, label, missing) for code, label, missing in one) for one in found}
        if len(codes) > 1 or not found[0] or all(missing for _, _, missing in found[0]):
            return None
        name = self.names.claim(group.get("name") or group.get("ID") or "group", "name", place, self.fidelity)
        columns = self._columns(members, place)
        rows = [self._row(name, column, member) for column, member in zip(columns, members, strict=True)]
        options = self._options(members[0], name, place)
        text = self._group_words(group, name)
        return Question(name, "grid", text, options=options, rows=tuple(rows), source=group.get("ID"))

    def _row(self, name: str, column: str, member: etree._Element) -> Row:
        short = column.removeprefix(f"{name}_") if column.startswith(f"{name}_") else column
        label = self._label(member, f"{name}/rows/{short}", name) or short
        return Row(short, label, column=None if column == f"{name}_{short}" else column, source=member.get("name"))

    def _columns(self, members: list[etree._Element], place: str) -> list[str]:
        return [self.names.claim(member.get("name") or "v", "name", place, self.fidelity) for member in members]

    def _codes_of(self, name: str, columns: list[str]) -> list[int | str]:
        """Codes of a multiple choice: what follows the question's name in each column, else their places."""
        ends = [column.removeprefix(f"{name}_") for column in columns]
        if all(column.startswith(f"{name}_") for column in columns):
            whole = all(_WHOLE.fullmatch(end) and "." not in end for end in ends)
            return [int(end) if whole else end for end in ends]
        return list(range(1, len(columns) + 1))

    def _label(self, member: etree._Element, at: str, name: str) -> str:
        """The words of one member of a group: its label."""
        return self._words(children(member, "labl") or children(along(member, "qstn"), "qstnLit"), at)

    # -- variables ---------------------------------------------------------------------------------------------------

    def _single(self, variable: etree._Element) -> Iterator[Question]:
        """A variable as a question of its own; a weight is embedded data."""
        wanted = variable.get("name") or variable.get("ID") or "v"
        place = f"variable {wanted}"
        name = self.names.claim(wanted, "name", place, self.fidelity)
        if variable.get("wgt") == "wgt":
            self.fidelity.taken("weight")
            self.data.append(Field(name, self._label(variable, name, name) or None, "number"))
            return
        text = self._asked(variable, name, place)
        try:
            question = Question(name, text=text, source=variable.get("ID"), **self._shape(variable, name, place))
        except InstrumentError as problem:
            self.fidelity.changed("var", place, f"taken as text: {problem}")
            question = Question(name, "open", text, source=variable.get("ID"))
        self.fidelity.taken("var")
        self._left_of(variable, question, place)
        yield question

    def _asked(self, variable: etree._Element, name: str, place: str) -> str:
        """What was asked: the literal question with what was read before it, else the label."""
        question = along(variable, "qstn")
        literal = self._words(children(question, "qstnLit"), name)
        before = text_of(along(question, "preQTxt"))
        label = text_of(along(variable, "labl"))
        if literal:
            if before:
                literal = f"{literally(before)}\n{literal}"
                self.fidelity.changed("preQTxt", place, "stands before the question, as one wording")
            if label and label != literal:
                self.left["labl beside a question"] += 1
            self.fidelity.taken("qstnLit")
            return literal
        own = literally(own_text(question))
        if own:
            self.fidelity.taken("qstn")
            return own
        words = self._words(children(variable, "labl"), name)
        if not words:
            self.fidelity.changed("labl", place, "has no label; its name stands in its place")
        return words or name

    def _words(self, elements: list[etree._Element], at: str) -> str:
        """The words in the language of the file; those in others are translations."""
        own = ""
        for element in elements:
            language, text = element.get(LANGUAGE), literally(text_of(element))
            if not text:
                continue
            if language and language != self.language:
                if at:
                    self.translations.setdefault(language, {}).setdefault(at, text)
                    self.fidelity.taken("translation")
            elif not own:
                own = text
            elif at:
                self.left["labl"] += 1
        return own

    def _shape(self, variable: etree._Element, name: str, place: str) -> dict[str, Any]:
        """Kind and fields, by categories, format and range."""
        style = along(variable, "varFormat")
        category = style.get("category") if style is not None else None
        character = style is not None and style.get("type") == "character"
        options = self._options(variable, name, place)
        answers = [option for option in options if not option.missing]
        if answers and not (variable.get("intrvl") == "contin" and not self._few(variable, answers)):
            return self._closed(variable, options, place)
        if category == "date" and not options:
            return {"kind": "date"}
        if category == "time":
            return {"kind": "open", "format": "time"}
        if character:
            if options:
                self.fidelity.lost("catgry", place, "codes of a text")
            return {"kind": "open"}
        return self._number(variable, options, place)

    def _few(self, variable: etree._Element, answers: list[Option]) -> bool:
        """Are the labelled codes all there are? Of a number they are its ends, or special values."""
        return len(answers) > 2 and variable.get("nature") not in ("interval", "ratio", "percent")

    def _closed(self, variable: etree._Element, options: tuple[Option, ...], place: str) -> dict[str, Any]:
        nature = variable.get("nature")
        if nature in ("ordinal", "nominal"):
            return {"kind": "scale" if nature == "ordinal" else "single", "options": options}
        ordered = look_ordered([option.label for option in options if not option.missing])
        if ordered:
            self.fidelity.changed("var", place, "taken for an ordered scale, by its labels")
        return {"kind": "scale" if ordered else "single", "options": options}

    def _number(self, variable: etree._Element, options: tuple[Option, ...], place: str) -> dict[str, Any]:
        span = along(variable, "valrng", "range")
        low, high = (as_float(span.get(key)) if span is not None else None for key in ("min", "max"))
        if low is not None and high is not None and low >= high:
            self.fidelity.lost("valrng", place, f"{low:g} is not below {high:g}")
            low = high = None
        if span is not None:
            self.fidelity.taken("valrng")
        labelled = [option for option in options if not option.missing]
        if labelled:
            self.fidelity.lost("catgry", place, f"labels of {len(labelled)} numbers")
        decimals = variable.get("dcml") or ""
        fields: dict[str, Any] = {"minimum": low, "maximum": high, "unit": variable.get("measUnit") or None}
        fields["decimals"] = int(decimals) if decimals.isdecimal() and 0 < int(decimals[:3]) < 20 else None
        fields["options"] = tuple(option for option in options if option.missing)
        return {"kind": "numeric", **fields}

    # -- categories --------------------------------------------------------------------------------------------------

    def _options(self, variable: etree._Element, name: str, place: str) -> tuple[Option, ...]:
        found = self._categories(variable, place, f"{name}/options")
        options = apart([Option(code, label, missing=missing, source=str(code)) for code, label, missing in found])
        guessed = [
            replace(one, missing=True) if not one.missing and says_missing(one.label) and len(options) > 2 else one
            for one in options
        ]
        for before, after in zip(options, guessed, strict=True):
            if before != after:
                self.fidelity.changed("catgry", place, f"{after.label!r} is taken for no answer, by its label")
        if guessed and all(option.missing for option in guessed) and not all(option.missing for option in options):
            guessed = list(options)
        self.fidelity.taken("catgry", len(guessed))
        return tuple(guessed)

    def _categories(self, variable: etree._Element, place: str, at: str = "") -> list[tuple[int | str, str, bool]]:
        """Code, label, and whether it is no answer; the system's own missing value is none."""
        read = [(text_of(along(one, "catValu")), one) for one in children(variable, "catgry")]
        kept: dict[str, etree._Element] = {}
        for code, one in read:
            if code and code != "." and code not in kept:
                kept[code] = one
            elif place:
                self.fidelity.lost("catgry", place, f"code {code!r} stands twice" if code in kept else "has no code")
        whole = all(_WHOLE.fullmatch(code) for code in kept)
        invalid = self._invalid(variable)
        found: list[tuple[int | str, str, bool]] = []
        for word, one in kept.items():
            code = int(float(word)) if whole else word
            label = self._words(children(one, "labl"), f"{at}/{code}" if at else "") or str(code)
            found.append((code, label, one.get("missing") == "Y" or word in invalid))
        if len({code for code, _, _ in found}) < len(found):  # "1" and "1.0"
            return [(word, label, missing) for word, (_, label, missing) in zip(kept, found, strict=True)]
        return found

    def _invalid(self, variable: etree._Element) -> set[str]:
        return {item.get("VALUE") or "" for part in children(variable, "invalrng") for item in children(part, "item")}

    def _left_of(self, variable: etree._Element, question: Question, place: str) -> None:
        """Parts of a variable that are no part of a question."""
        for child in variable:
            tag = tag_of(child)
            if tag == "universe":
                self.universes.append((question, text_of(child)))
            elif tag in _NOT_NEEDED:
                self.left[tag] += 1
            elif tag in ("txt", "notes", "imputation", "derivation", "respUnit", "anlysUnit", "undocCod", "catgryGrp"):
                self.fidelity.lost(tag, place, f"{text_of(child)[:100]!r}")
        for child in along(variable, "qstn") if along(variable, "qstn") is not None else ():
            if tag_of(child) in ("postQTxt", "ivuInstr", "forward", "backward"):
                self.fidelity.lost(tag_of(child), place, f"{text_of(child)[:100]!r}")

    def _conditioned(self, instrument: Instrument) -> Instrument:
        """The universe of a variable as its condition, where it is written as one in our language."""
        scope = scope_of(instrument)
        found: dict[str, str] = {}
        for question, text in self.universes:
            try:
                expression = parse(text)
                check(expression, scope, "truth")
            except InstrumentError:
                self.fidelity.lost("universe", f"variable {question.name}", f"{text[:150]!r} is no condition")
                continue
            self.fidelity.taken("universe")
            found[question.name] = str(expression)
        if not found:
            return instrument
        (block,) = instrument.blocks
        questions = [replace(one, show_if=found[one.name]) if one.name in found else one for one in block.questions]
        return replace(instrument, blocks=(replace(block, questions=tuple(questions)),))
