"""Exports of Google Forms and SurveyMonkey: answers without a questionnaire, from which one is inferred.

Google Forms: one row of headers, each the full question; several choices in one cell, joined by ", " or ";".
SurveyMonkey: one column for each choice of a multiple choice; in its own export a second header row with the choices,
in others the choice before the question ("Row:Question", "3. Python."). Whatever is inferred is noted as changed, and
doubtful splits with the words that made them doubtful.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from populace.data.codebook import RESPONDENT, Codebook, Variable
from populace.data.dataset import DataSet
from populace.data.files.forms_kinds import Guess, guess
from populace.data.files.qualtrics import cells_of, too_short
from populace.data.files.qualtrics_columns import Meant
from populace.data.files.qualtrics_values import Reader
from populace.errors import DataError
from populace.survey.formats.fidelity import Fidelity, Imported
from populace.survey.formats.names import Names
from populace.survey.instrument import Block, Instrument
from populace.survey.item import Row
from populace.survey.names import RESPONDENT_ID
from populace.survey.question import Question
from populace.survey.scale import Option

#: headers of what the tool records by itself
_RECORDED = re.compile(
    r"(?:timestamp|time started|date submitted|status|respondent ?id|collector ?id|start ?date|end ?date|"
    r"date created|date modified|contact id|legacy id|response id|language|referer|sessionid|user agent|tags)",
    re.IGNORECASE,
)
#: headers of what tells who somebody is
_PERSONAL = re.compile(
    r"(?:ip ?address|e-?mail(?: address)?|username|first ?name|last ?name|name|custom data \d*|latitude|longitude|"
    r"phone(?: number)?|address)",
    re.IGNORECASE,
)
#: second headers of SurveyMonkey that are no choices
_PLAIN_SECOND = ("response", "open-ended response", "antwort", "réponse", "respuesta")
_GRID = re.compile(r"(?P<stem>.+?)\s*\[(?P<row>[^\]]+)\]\s*", re.DOTALL)
_BEFORE = re.compile(r"(?P<row>[^:]{1,80}):(?P<stem>[^:].{9,})", re.DOTALL)
#: characters of a name made from a question
_NAME = 24


@dataclass
class _Columns:
    """Columns that are one question."""

    #: wording of the question
    text: str
    #: wording of the column within it, "" where there is one column
    parts: list[str] = field(default_factory=list)
    #: places of the columns in the table
    places: list[int] = field(default_factory=list)


def read(path: str | Path) -> tuple[Imported, DataSet]:
    """The questionnaire behind an export, and its answers. Raises `DataError`."""
    path = Path(path)
    table = cells_of(path)
    if len(table) < 3:
        raise DataError(f"{path} {too_short(table)}; expected headers and answers: check the file")
    fidelity = Fidelity("Google Forms or SurveyMonkey export")
    headers, rows = _headers(table)
    cells = [list(column) for column in zip(*rows, strict=True)]
    asked = _asked(headers, cells, fidelity)
    if not asked:
        raise DataError(f"{path}: no column looks like a question; expected an export of a form: check the file")
    names = Names()
    questions, series, variables = [], [], []
    for columns in asked:
        question, guessed = _question(columns, cells, names, fidelity)
        questions.append(question)
        names.add(*(item.name for item in question.items()))
        for variable, values in _answers(question, guessed, columns, cells):
            variables.append(variable)
            series.append(values)
    instrument = Instrument(path.stem, path.stem.replace("_", " "), (Block("main", tuple(questions)),))
    ids = pl.Series(RESPONDENT_ID, [str(number) for number in range(1, len(rows) + 1)], dtype=pl.String)
    codebook = Codebook(instrument.id, instrument.title, (RESPONDENT, *variables))
    return Imported(instrument, fidelity), DataSet(pl.DataFrame([ids, *series]), codebook, str(path))


def _headers(table: list[list[str]]) -> tuple[list[tuple[str, str]], list[list[str]]]:
    """(question, choice) of every column, and the rows of answers."""
    width = len(table[0])
    padded = [(row + [""] * width)[:width] for row in table]
    first, second = padded[0], padded[1]
    native = any(cell.strip().lower() in _PLAIN_SECOND for cell in second)
    if not native:
        return [(" ".join(cell.split()), "") for cell in first], [row for row in padded[1:] if any(row)]
    headers, question = [], ""
    for top, below in zip(first, second, strict=True):
        question = " ".join(top.split()) or question
        choice = " ".join(below.split())
        headers.append((question, "" if choice.lower() in _PLAIN_SECOND else choice))
    return headers, [row for row in padded[2:] if any(row)]


def _asked(headers: Sequence[tuple[str, str]], cells: list[list[str]], fidelity: Fidelity) -> list[_Columns]:
    """Columns put together to questions; what nobody was asked is left out with a note."""
    found: dict[str, _Columns] = {}
    for place, (text, choice) in enumerate(headers):
        here = f"column {place + 1}"
        if not text or not any(cells[place]):
            fidelity.lost("column", here, "has no header or no answer")
        elif _RECORDED.fullmatch(text):
            fidelity.lost("recorded column", f"{here} ({text[:60]})", "is recorded by the tool, not asked")
        elif _PERSONAL.fullmatch(text):
            fidelity.lost("personal column", f"{here} ({text[:60]})", "tells who people are")
        else:
            stem, part = _parts(text, choice)
            key = stem if part else f"{stem}\0{place}"
            columns = found.setdefault(key, _Columns(stem))
            columns.parts.append(part)
            columns.places.append(place)
    return list(found.values())


def _parts(text: str, choice: str) -> tuple[str, str]:
    """(question, row or choice) of a header."""
    if choice:
        return text, choice
    for pattern in (_GRID, _BEFORE):
        found = pattern.fullmatch(text)
        if found:
            return found["stem"].strip(), found["row"].strip()
    return text, ""


def _question(
    columns: _Columns, cells: list[list[str]], names: Names, fidelity: Fidelity
) -> tuple[Question, Guess | None]:
    """The question of these columns, and what its answers look like."""
    name = names.claim(_short(columns.text), "question name", columns.text[:60], Fidelity(""))
    place = f"{name} ({columns.text[:60]})"
    fidelity.taken("question")
    if len(columns.places) == 1 and not columns.parts[0]:
        guessed = guess(cells[columns.places[0]])
        fidelity.changed("kind", place, guessed.words)
        for doubt in guessed.doubts:
            fidelity.changed("doubtful split", place, doubt)
        return _of_one(name, columns.text, guessed), guessed
    if _is_multiple(columns, cells):
        fidelity.changed("kind", place, f"a multiple choice: each of {len(columns.places)} columns holds one wording")
        options = tuple(Option(number, label) for number, label in enumerate(_different(columns.parts), 1))
        return Question(name, "multiple", columns.text, options), None
    together = [cell for column in columns.places for cell in cells[column]]
    guessed = guess(together)
    rows = tuple(Row(str(number), part) for number, part in enumerate(_different(columns.parts), 1))
    if guessed.kind in ("single", "scale"):
        fidelity.changed("kind", place, f"a grid of {len(rows)} rows on one scale: {guessed.words}")
        return Question(name, "grid", columns.text, guessed.options, rows=rows), guessed
    fidelity.changed("kind", place, f"{len(rows)} fields of text")
    return Question(name, "open", columns.text, rows=rows), guessed


def _of_one(name: str, text: str, guessed: Guess) -> Question:
    if guessed.kind == "numeric":
        low, high = guessed.limits or (None, None)
        return Question(name, "numeric", text, minimum=low, maximum=high)
    return Question(name, guessed.kind, text, guessed.options)


def _is_multiple(columns: _Columns, cells: list[list[str]]) -> bool:
    """Does every column hold one wording only, that of its choice?"""
    return all(len({cell for cell in cells[place] if cell}) <= 1 for place in columns.places)


def _answers(
    question: Question, guessed: Guess | None, columns: _Columns, cells: list[list[str]]
) -> Iterator[tuple[Variable, pl.Series]]:
    """The answers to one question."""
    instrument = Instrument("x", "x", (Block("x", (question,)),))
    reader = Reader(instrument, [])
    if question.kind == "multiple" and guessed is not None:
        yield from reader.choices(question.name, guessed.normal(cells[columns.places[0]]))
        return
    answered = [item for item in question.items() if item.specifies is None]
    meant = [Meant("answer", item.name) for item in answered]
    own = [cells[place] for place in columns.places]
    several = reader.rows_seen(meant, own)
    for item, values in zip(answered, own, strict=True):
        yield reader.answers(item.name, guessed.normal(values) if guessed else values, several)
    if guessed is not None and guessed.others:
        written = [value if value in guessed.others else "" for value in own[0]]
        detail = next(item for item in question.items() if item.specifies is not None)
        yield reader.answers(detail.name, written, {})


def _different(parts: Sequence[str]) -> list[str]:
    """Wordings, numbered where two are alike."""
    counts: Counter[str] = Counter()
    found = []
    for part in parts:
        counts[part] += 1
        found.append(part if counts[part] == 1 else f"{part} ({counts[part]})")
    return found


def _short(text: str) -> str:
    """A name from the first words of a question."""
    words = re.findall(r"[A-Za-z0-9]+", text.lower())
    name = ""
    for word in words:
        if name and len(name) + len(word) >= _NAME:
            break
        name = f"{name}_{word}" if name else word[:_NAME]
    return name or "q"
