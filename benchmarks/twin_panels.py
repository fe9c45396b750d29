"""The LLM twins of Twin-2K-500 as data sets: five studies that people answered, and a language model in their place.

The questions are those that a study asked everybody and that are published for people and twins alike. Of the studies'
files nothing is kept: what leaves this module are data sets in memory.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl

from populace.app.benchmark import fielded
from populace.app.benchmark.twin_studies import FOLDER, OUTCOMES, Column, Study, demographics, one_hot, read_study
from populace.data.codebook import RESPONDENT, Codebook, Variable
from populace.data.dataset import DataSet
from populace.models.base import ResponseModel
from populace.models.baselines import Cells
from populace.survey.names import RESPONDENT_ID
from populace.survey.scale import Option

#: what the studies are about, in the order of the page
STUDIES = {
    "accuracy_nudges": "How likely 16 headlines are to be shared, true and false",
    "infotainment": "How likely 18 posts are to be shared",
    "junk_fees": "Fairness and regulation of fees: opinions, what was heard of, a knowledge test",
    "default_eric": "Two decisions, a default set for or against",
    "privacy": "One scheme of online advertising, rated",
}
#: start of a demographic question's wording -> name; these define groups
BACKGROUNDS = {
    "What is the sex": "sex",
    "How old": "age",
    "What is the highest level": "schooling",
    "Which part of the United States": "region",
    "What is your race": "race",
    "In politics today": "party",
}
#: backgrounds that make the cells of a baseline, and people a cell needs to have a distribution of its own
CELLS, LEAST_IN_CELL = ("sex", "age"), 10
#: questions asked of fewer people than this share are left out: their arms and filters differ
ASKED_OF = 0.9
#: fees that everybody was asked about
FEES = ("Hotel", "Car", "Ticket", "Food", "Apart")
#: what was asked of each fee and is a battery: name of the column -> name of the battery
BATTERIES = {"Surprised1": "surprised what it covers", "Surprised2": "surprised that it is asked", "Fair": "fairness"}
INDEPENDENT, COPULA, CELL_MEANS = "independent margins", "Gaussian copula", "demographic cells"


@dataclass(frozen=True)
class TwinStudy:
    """One study, ready to be judged."""

    #: name of its folder
    name: str
    #: what it is about
    title: str
    #: answers of people, with their backgrounds
    people: DataSet
    #: answers of their twins, with the backgrounds of the people
    twins: DataSet
    #: (n, F) all demographic answers as indicators, row by row the people's
    features: np.ndarray
    #: question -> (n,) which version or arm of it a person saw; questions that are the same for all are not here
    versions: Mapping[str, np.ndarray]

    def of(self, rows: np.ndarray) -> TwinStudy:
        """The same of these people."""
        return replace(
            self,
            people=self.people.rows(rows),
            twins=self.twins.rows(rows),
            features=self.features[rows],
            versions={name: seen[rows] for name, seen in self.versions.items()},
        )

    def split(self, values: np.ndarray, names: Sequence[str]) -> np.ndarray:
        """(n, V) the columns of (n, Q) values, one for each version of a question; NaN for who saw another one.

        A person is compared with others who saw the same: that an arm moves everybody says nothing of persons.
        """
        columns = []
        for name, column in zip(names, values.T, strict=True):
            seen = self.versions.get(name, np.zeros(len(column), int))
            columns += [np.where(seen == one, column, np.nan) for one in np.unique(seen[seen >= 0])]
        return np.column_stack(columns)


def read_studies(data: Path) -> Iterator[TwinStudy]:
    """The five studies of the folder `data`/twin2k."""
    for name, title in STUDIES.items():
        yield read_twins(data / FOLDER, name, title)


def read_twins(folder: Path, name: str, title: str = "") -> TwinStudy:
    """One study of the folder."""
    study = read_study(folder / name)
    asked = _junk_fees(folder / name, study) if name == "junk_fees" else _outcomes(study)
    told = demographics(folder, study.ids)
    backgrounds = [
        (_variable(BACKGROUNDS[start], one.prompt.text, one.prompt.options, role="background"), one.choices)
        for one in told
        for start in BACKGROUNDS
        if one.prompt.text.startswith(start)
    ]
    sides = []
    for side in ("human", "twin"):
        answers = {variable.name: _cells(values[side]) for variable, values in asked}
        known = {variable.name: _cells(np.where(places < 0, np.nan, places + 1)) for variable, places in backgrounds}
        table = pl.DataFrame({RESPONDENT_ID: study.ids} | known | answers, strict=False)
        variables = (RESPONDENT, *(v for v, _ in backgrounds), *(v for v, _ in asked))
        extra = {"years": [2025], "country": "US"}
        sides.append(DataSet(table, Codebook(f"{name} {side}", title or name, variables, extra), f"{name}, {side}"))
    versions = _versions(study, [variable.name for variable, _ in asked])
    return TwinStudy(name, title or name, *sides, one_hot(told), versions)


def _versions(study: Study, names: Sequence[str]) -> dict[str, np.ndarray]:
    """Question -> (n,) number of the version that a person saw, -1 where none is known."""
    found = {}
    for name in names:
        fee = name.removesuffix(".correct")
        outcome = OUTCOMES[study.name].get(name, ()) if study.name != "junk_fees" else ()
        # the knowledge test asked about the fee that the other questions of its page named
        parts = [c for c in study.columns if c.name in (outcome or (f"{fee}.Fair" if fee != name else name,))]
        if len(parts) > 1:
            seen = np.full(len(study.ids), -1)
            for number, part in enumerate(parts):
                seen[part.positions >= 0] = number
            found[name] = seen
    return found


def _cells(values: np.ndarray) -> pl.Series:
    """Codes, null for none."""
    return pl.Series([None if np.isnan(value) else int(value) for value in values], dtype=pl.Int64)


def _variable(name: str, text: str, labels: tuple[str, ...], codes: np.ndarray | None = None, **more) -> Variable:
    codes = np.arange(1, len(labels) + 1) if codes is None else codes
    options = tuple(Option(int(code), label) for code, label in zip(codes, labels, strict=True))
    kind = more.pop("kind", "single")
    return Variable(name, text, kind, options, **more)


Asked = list[tuple[Variable, Mapping[str, np.ndarray]]]


def _outcomes(study: Study) -> Asked:
    """The published outcomes of a study, each of which is one question."""
    found: Asked = []
    for name in OUTCOMES[study.name]:
        part = study.parts(name)[0]
        values = {"human": study.human[name], "twin": study.twin[name]}
        if len(part.codes) > 2:
            battery = name.rstrip("0123456789_") if len(OUTCOMES[study.name]) > 2 else None
            variable = _variable(
                name, part.prompt.text, part.prompt.options, part.codes, kind="ordinal", battery=battery
            )
        else:
            # both arms of an experiment with a default: what the study counts is what people ended with
            variable = _variable(name, f"{part.prompt.text} ({name})", ("other", name.replace("_", " ")), np.arange(2))
        found.append((variable, values))
    return found


def _junk_fees(folder: Path, study: Study) -> Asked:
    """Every question of the study that all were asked: the twins' answers to all questions are published."""
    tables = {side: _table(folder, word, study.ids) for side, word in (("human", "human"), ("twin", "twins"))}
    columns: dict[str, Column] = {}
    for column in study.columns:  # the versions of a question differ in the fee they name only
        columns.setdefault(column.name, column)
    found: Asked = []
    for name, column in columns.items():
        values = {side: table[name] for side, table in tables.items() if name in table}
        if len(values) == 2 and min(np.isfinite(v).mean() for v in values.values()) >= ASKED_OF:
            found.append((_fee_question(name, column), values))
    for fee in FEES:
        name, labels = f"{fee}.correct", ("wrong", "right")
        variable = _variable(
            name, f"What does the fee cover? ({fee}, four answers to choose from)", labels, np.arange(2)
        )
        found.append((variable, {side: table[name] for side, table in tables.items()}))
    return found


def _fee_question(name: str, column: Column) -> Variable:
    kind = "ordinal" if column.prompt.ordinal else "single"
    battery = BATTERIES.get(name.partition(".")[2]) if name.split(".")[0] in FEES else None
    return _variable(name, column.prompt.text, column.prompt.options, column.codes, kind=kind, battery=battery)


def _table(folder: Path, word: str, ids: np.ndarray) -> dict[str, np.ndarray]:
    """Column -> (n,) numbers of the people with these ids; NaN for none."""
    with (folder / f"junk_fees_{word}_data_values_anonymized_processed.csv").open(encoding="utf-8-sig") as file:
        rows = {int(float(row["TWIN_ID"])): row for row in csv.DictReader(file)}
    names = list(next(iter(rows.values())))
    return {name.strip("\xa0 "): np.array([_number(rows[person][name]) for person in ids.tolist()]) for name in names}


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return float("nan")


# -- what needs no language model ------------------------------------------------------------------------------------


def simple_panels(people: DataSet, seed: int) -> dict[str, DataSet]:
    """Panels of the same size made from the answers of other people to the same questions.

    Each half of the people teaches the methods that answer for the other half: they know what no language model was
    told, and nothing of the person they answer for but the background.
    """
    survey = fielded.fielded(people, people.names("question"), people.names("background"))
    half = np.random.default_rng(seed).permutation(people.n) % 2
    parts: dict[str, list[DataSet]] = {}
    for number in (0, 1):
        theirs, others = (survey.people.rows(np.flatnonzero(half == n)) for n in (number, 1 - number))
        for name, model in _simple_models(survey, others).items():
            parts.setdefault(name, []).append(fielded.panel_of(survey, model, theirs, seed))
    return {name: _joined(panels) for name, panels in parts.items()}


def _simple_models(survey: fielded.Fielded, others: DataSet) -> dict[str, ResponseModel]:
    prompts, choices = fielded.material(survey, others)
    questions = len(survey.questions)
    cells = [questions + survey.backgrounds.index(name) for name in CELLS]
    asked = (prompts[:questions], choices[:questions])
    known = ([prompts[j] for j in cells], [choices[j] for j in cells])
    models = fielded.simple_models(survey, others)
    return {
        INDEPENDENT: models[fielded.INDEPENDENT],
        COPULA: models[fielded.COPULA],
        CELL_MEANS: Cells(*asked, *known, least=LEAST_IN_CELL),
    }


def _joined(panels: list[DataSet]) -> DataSet:
    first = panels[0]
    return replace(first, answers=pl.concat([panel.answers for panel in panels]))
