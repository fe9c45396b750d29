"""Five published studies that people and their LLM twins answered: reading them, and what is known of the people.

Only what the benchmark needs of the survey format is read: closed questions, rows of grids, arms and piped text. The
data are for evaluation only.
"""

from __future__ import annotations

import csv
import gzip
import html
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from populace.models.base import Told
from populace.prompts.prompt import Prompt
from populace.scrutiny.individuals import Twins

#: folder of the studies among the corpora
FOLDER = "twin2k"
#: study -> outcome -> columns of its export. Several columns are arms (a person saw one) or, with "mean", parts
OUTCOMES: dict[str, dict[str, tuple[str, ...]]] = {
    "default_eric": {
        "target_behavior_green": ("OPTIN_Green", "OPTOUT_Green"),
        "target_behavior_organ": ("OPTIN_Organ", "OPTOUT_Organ"),
    },
    "accuracy_nudges": {f"{kind}{i}_3": (f"{kind}{i}_3",) for kind in ("Fake", "Real") for i in range(1, 9)},
    "infotainment": {f"Profile{i}": (f"Profile{i}",) for i in range(1, 19)},
    "junk_fees": {
        "fairness_average": tuple(f"{fee}.Fair" for fee in ("Hotel", "Car", "Ticket", "Food", "Apart", "Health", "CC")),
        "reg_support": ("Regulation", "Support.Reg"),
    },
    "privacy": {"PPV": ("Q2_1", "Q11_1", "Q138_1", "Q140_1", "Q142_1")},
}
#: answers a column needs to be told
LEAST_TOLD = 20
#: year of fieldwork and country of the studies
YEAR, COUNTRY = 2025, "US"


# -- reading a study -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Column:
    """One closed question as a group of people saw it, with what each of them chose."""

    #: name of the column in the export
    name: str
    #: how it is put to the model
    prompt: Prompt
    #: (K,) numbers that the export stores for the options
    codes: np.ndarray
    #: (n,) position of the answer, -1 = none or not shown this version
    positions: np.ndarray


@dataclass(frozen=True)
class Study:
    """One study: who answered, what they were asked, and its outcomes."""

    #: name of its folder
    name: str
    #: (n,) persons, the same numbers in all studies
    ids: np.ndarray
    #: all closed questions
    columns: tuple[Column, ...]
    #: outcome -> (n,) value of the person
    human: Mapping[str, np.ndarray]
    #: outcome -> (n,) value of the person's LLM twin
    twin: Mapping[str, np.ndarray]

    def parts(self, outcome: str) -> list[Column]:
        """The columns an outcome is made of."""
        return [column for column in self.columns if column.name in OUTCOMES[self.name][outcome]]

    @property
    def others(self) -> list[Column]:
        """Columns that are part of no outcome; of fees that were asked about, only what else is asked."""
        names = {name for outcome in OUTCOMES[self.name].values() for name in outcome}
        return [column for column in self.columns if column.name not in names]

    def table(self, values: Mapping[str, np.ndarray]) -> np.ndarray:
        """(n, Q) values of all outcomes; NaN where there is none."""
        nothing = np.full(len(self.ids), np.nan)
        return np.stack([values.get(name, nothing) for name in OUTCOMES[self.name]], axis=1)

    def of(self, rows: np.ndarray) -> Study:
        """The study of these people."""
        columns = tuple(replace(column, positions=column.positions[rows]) for column in self.columns)
        sides = ({name: values[rows] for name, values in side.items()} for side in (self.human, self.twin))
        return Study(self.name, self.ids[rows], columns, *sides)


def read_study(folder: Path) -> Study:
    """Read a study's survey, export and outcomes."""
    names, ids_of, rows = _read_export(folder / "response.csv")
    place = [name.strip("\xa0 ") for name in names].index("TWIN_ID")
    ids = np.array([int(float(row[place])) for row in rows])
    questions, prefaces = _read_survey(folder / "survey.qsf")
    fields = {name.strip("\xa0 "): i for i, name in enumerate(names)}
    columns: list[Column] = []
    for i, name in enumerate(names):
        found = re.fullmatch(r"(QID\d+)(?:_(\d+))?", ids_of[i])
        if found and found[1] in questions:
            answers = [row[i].strip() for row in rows]
            preface = prefaces.get(found[1], "")
            # piped text of another page holds what was piped last, not what this person saw
            asked = _asked(questions[found[1]], found[2], "" if "${" in preface else preface)
            if asked is not None:
                columns += _versions(name.strip("\xa0 "), asked, answers, fields, rows)
    human, twin = _read_outcomes(folder / "outcomes_individual.csv", ids)
    return Study(folder.name, ids, tuple(columns), human, twin)


def _read_export(path: Path) -> tuple[list[str], list[str], list[list[str]]]:
    """Column names, question ids and answers of an export with three header rows."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    ids = [
        json.loads(cell).get("ImportId", "") if cell.startswith("{") and "choiceId" not in cell else ""
        for cell in rows[2]
    ]
    return rows[0], ids, rows[3:]


def _read_survey(path: Path) -> tuple[dict[str, dict], dict[str, str]]:
    """Question id -> its definition, and the text shown right before it in its block."""
    elements = json.loads(path.read_text(encoding="utf-8"))["SurveyElements"]
    questions = {e["Payload"]["QuestionID"]: e["Payload"] for e in elements if e["Element"] == "SQ"}
    prefaces: dict[str, str] = {}
    for element in elements:
        if element["Element"] == "BL":
            blocks = element["Payload"]
            for block in blocks.values() if isinstance(blocks, dict) else blocks:
                shown = [part["QuestionID"] for part in block.get("BlockElements") or () if part["Type"] == "Question"]
                shown = [q for q in shown if questions.get(q, {}).get("QuestionType") != "Timing"]
                for before, after in pairwise(shown):
                    if questions.get(before, {}).get("QuestionType") == "DB":
                        prefaces[after] = plain(questions[before].get("QuestionText", ""))
    return questions, prefaces


@dataclass(frozen=True)
class _Asked:
    """A closed question before piped text is filled in."""

    #: wording
    text: str
    #: labels of the options
    labels: tuple[str, ...]
    #: what the export stores for them
    codes: tuple[str, ...]
    #: do the options stand on a scale?
    ordinal: bool


def _asked(question: Mapping[str, Any], row: str | None, preface: str) -> _Asked | None:
    """A choice or a row of a grid; None for everything else."""
    kind, selector = question.get("QuestionType"), question.get("Selector")
    grid = kind == "Matrix" and selector == "Likert" and question.get("SubSelector") == "SingleAnswer"
    if not grid and not (kind == "MC" and selector in ("SAHR", "SAVR", "DL", "SACOL")):
        return None
    options = question["Answers"] if grid else question["Choices"]
    order = question.get("AnswerOrder" if grid else "ChoiceOrder") or list(options)
    recoded = question.get("RecodeValues") or {}
    labels = tuple(plain(options[str(key)]["Display"]) for key in order)
    text = plain(question["QuestionText"])
    if grid:
        text = f"{text} {plain(question['Choices'][row]['Display'])}" if row in question["Choices"] else text
    if len(labels) < 2 or len(set(labels)) < len(labels):
        return None
    codes = tuple(str(recoded.get(str(key), key)) for key in order)
    return _Asked(f"{preface} {text}".strip(), labels, codes, (grid or selector == "SAHR") and len(labels) > 2)


def plain(text: str) -> str:
    """Wording without markup. Example: "How <b>fair</b>&nbsp;is it?": How fair is it?"""
    inline = re.sub(r"</?(?:b|i|u|em|strong|span|font|a|sup|sub)\b[^>]*>", "", text)
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", inline)).split())


def _versions(
    name: str, asked: _Asked, answers: Sequence[str], fields: Mapping[str, int], rows: Sequence[Sequence[str]]
) -> Iterator[Column]:
    """The question with its piped text filled in: one column for each version, with those who saw it."""
    known = {code: k for k, code in enumerate(asked.codes)}
    positions = np.array([known.get(answer, -1) for answer in answers])
    piped = sorted(set(re.findall(r"\$\{e://Field/([^}]+)\}", " ".join((asked.text, *asked.labels)))))
    if any(one not in fields for one in piped) or any("${" in label for label in asked.labels):
        return
    seen = [tuple(row[fields[one]].strip() for one in piped) for row in rows]
    for version in dict.fromkeys(seen):
        text = asked.text
        for one, value in zip(piped, version, strict=True):
            text = text.replace(f"${{e://Field/{one}}}", value)
        shown = np.where([other == version for other in seen], positions, -1)
        if "${" not in text and (shown >= 0).any():
            # what is asked about several things in the same words is a battery, as a grid is
            prompt = Prompt(text, asked.labels, asked.ordinal, (), YEAR, COUNTRY, asked.text if piped else None)
            yield Column(name, prompt, np.array(asked.codes, float), shown)


def _read_outcomes(path: Path, ids: np.ndarray) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Outcome -> (n,) values of people, and of their twins."""
    place = {person: i for i, person in enumerate(ids.tolist())}
    found: dict[str, dict[str, np.ndarray]] = {"human": {}, "twin": {}}
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            side = found[row["respondent_type"]]
            values = side.setdefault(row["variable_name"], np.full(len(ids), np.nan))
            if int(row["TWIN_ID"]) in place and row["value"]:
                values[place[int(row["TWIN_ID"])]] = float(row["value"])
    return found["human"], found["twin"]


def option_values(column: Column, outcome: np.ndarray) -> np.ndarray:
    """(K,) what each option counts in an outcome of several arms: the value of the people who chose it.

    An option nobody chose counts as its code. Example: "stay with the green supplier" counts 1 in one arm, and
    "switch to the green supplier" in the other.
    """
    values = column.codes.copy()
    for k in range(len(values)):
        chosen = outcome[column.positions == k]
        chosen = chosen[~np.isnan(chosen)]
        if len(chosen) and (chosen == chosen[0]).all():
            values[k] = chosen[0]
    return values


def within_versions(study: Study, twins: Twins) -> Twins:
    """The same answers less what each version (or arm) of an outcome's questions adds for everybody who saw it.

    Predicted and given answers are the residuals of least squares on who was shown what, over the people who have
    both: r between them is the partial correlation given the versions. Example: arms with the answers (1, 2) and
    (4, 5): (-.5, .5) in both.
    """
    paired = twins.paired
    predicted, actual = paired.predicted.copy(), paired.actual.copy()
    for q, name in enumerate(OUTCOMES[study.name]):
        known = ~np.isnan(actual[:, q])
        shown = np.column_stack([np.ones(len(known)), *(column.positions >= 0 for column in study.parts(name))])[known]
        if shown.shape[1] > 2:
            for side in (predicted, actual):
                side[known, q] -= shown @ np.linalg.lstsq(shown, side[known, q])[0]
    return Twins(predicted, actual, twins.ranges)


# -- what is told ----------------------------------------------------------------------------------------------------


#: demographic questions whose answers stand on a scale, by the start of their wording
_SCALES = ("How old", "What is the highest level", "Aside from", "Last year", "In general, would", "Including yourself")


def demographics(folder: Path, ids: np.ndarray) -> list[Told]:
    """The fourteen demographic questions of the people with these numbers."""
    with (folder / "personas" / "demographics_2058.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {int(row.pop("pid")): row for row in csv.DictReader(file)}
    questions = list(next(iter(rows.values())))
    return [told for text in questions if (told := _told_of(text, {p: r[text] for p, r in rows.items()}, ids))]


def _told_of(text: str, answers: Mapping[int, str], ids: np.ndarray, options: Sequence[str] = ()) -> Told | None:
    """A question whose options start with their number, as it was answered; None where it cannot be told."""
    options = sorted(options or {a for a in answers.values() if a}, key=_number)
    labels = tuple(dict.fromkeys(re.sub(r"^\d+\s*[-=]\s*", "", option) or option for option in options))
    if len(labels) < 2 or len(labels) != len(options):
        return None
    place = {_number(option): k for k, option in enumerate(options)}
    choices = np.array([place.get(_number(answers.get(int(person), "")), -1) for person in ids])
    scale = text.startswith(_SCALES) or bool(re.search(r"agree|likely|important|often", " ".join(labels).lower()))
    return Told(Prompt(text, labels, scale and len(labels) > 2, (), YEAR, COUNTRY), choices)


def _number(answer: str) -> float:
    found = re.match(r"\d+", answer)
    return float(found[0]) if found else -1.0


def profiles(folder: Path, ids: np.ndarray) -> list[Told]:
    """The long profiles of a hundred people: every closed question of theirs, grids row by row."""
    with gzip.open(folder / "personas" / "full_answers_100.jsonl.gz", "rt", encoding="utf-8") as file:
        people = [json.loads(line) for line in file]
    answers: dict[tuple[str, tuple[str, ...]], dict[int, str]] = {}
    for person in people:
        for question in person["questions"]:
            for row, answer in question["items"] if question["type"] in ("Single Choice", "Matrix") else ():
                text = f"{question['q']} {row}" if row else question["q"]
                answers.setdefault((plain(text), tuple(question["options"])), {})[person["pid"]] = str(answer)
    found = [_told_of(text, given, ids, options) for (text, options), given in answers.items()]
    return [told for told in found if told is not None]


def elsewhere(studies: Mapping[str, Study], study: Study) -> list[Told]:
    """What the people of a study answered in the other studies, and in this one beside its outcomes."""
    told = [Told(column.prompt, column.positions) for column in study.others]
    for other in studies.values():
        if other.name != study.name:
            row = {person: i for i, person in enumerate(other.ids.tolist())}
            rows = np.array([row.get(person, -1) for person in study.ids.tolist()])
            told += [Told(c.prompt, np.where(rows < 0, -1, c.positions[rows])) for c in other.columns]
    return [one for one in told if (one.choices >= 0).sum() >= LEAST_TOLD]


def one_hot(told: Sequence[Told]) -> np.ndarray:
    """(n, F) indicators of every answer."""
    return np.column_stack([(one.choices[:, None] == np.arange(len(one.prompt.options))) for one in told]).astype(float)
