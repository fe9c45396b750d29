"""Twins of given people: five published studies that people answered, and language models in their place.

The same people's backgrounds, and then their other answers, are told to our model, which predicts what each of them
answers to a study's outcomes. Beside it stand the published answers of LLM twins (a general language model that was
given the person's long profile) and the three compulsory baselines. The data are for evaluation only: nothing here is
trained on, and no number is chosen by looking at them.
"""

from __future__ import annotations

import csv
import gzip
import html
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from populace.app.benchmark.bench import Bench
from populace.app.benchmark.bootstrap import RESAMPLES, Spread, by_survey, cluster_draws, combined, mean
from populace.app.benchmark.figures import Figure, Gap, from_dict
from populace.app.benchmark.splits import SHIPPED
from populace.models.base import ResponseModel, Told
from populace.models.baselines import key_of
from populace.prompts.prompt import Prompt
from populace.scrutiny.individuals import PER_QUESTION, Twins, agreements, simple_predictions

REGIME = "twins"
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
#: outcomes that are out of reach, and why
UNCOVERED = {
    "junk_fees: percent_correct": "a knowledge test; its options are drawn in the survey's flow and not exported"
}
#: systems in the order of the page
BACKGROUND, ELSEWHERE, ALSO_OUTCOMES = "populace, background", "populace, other answers", "populace, and other outcomes"
PROFILE, TWIN = "populace, long profile", "LLM twins"
#: measures of expectations and of drawn answers, in the words of the page
EXPECTED = {
    "item_r": "individual r",
    "profile_r": "profile r, centred",
    "mse_skill": "MSE skill",
    "normalized_accuracy": "normalised accuracy",
    "kappa": "weighted kappa",
}
DRAWN = {
    "item_r": "individual r, drawn answers",
    "sd_ratio": "SD ratio",
    "structure_slope": "structure slope",
}
#: measures of the baselines, which draw nothing
SIMPLE = {"sd_ratio": "SD ratio"}
#: study -> system -> measure -> one number an outcome
Items = Mapping[str, Mapping[str, Mapping[str, list[float]]]]
#: answers a column needs to be told
LEAST_TOLD = 20
#: year of fieldwork and country of the studies
YEAR, COUNTRY = 2025, "US"


def measure(bench: Bench) -> list[Figure | Gap]:
    """All figures of the regime."""
    pieces = {study: _kept(bench, study) for study in OUTCOMES}
    found: list[Figure | Gap] = [from_dict(one) for piece in pieces.values() for one in piece["figures"]]
    for name, why in UNCOVERED.items():
        found.append(Gap(REGIME, name.split(":")[0], "populace", name.split(": ")[1], why))
    items = {study: piece["items"] for study, piece in pieces.items()}
    return overall(bench, items) + list(overall_slopes(bench, found)) + found


def _kept(bench: Bench, study: str) -> dict[str, Any]:
    return bench.keep(
        f"{REGIME} {study}",
        lambda: study_results(bench, study),
        models=(SHIPPED,),
        data=(FOLDER,),
        uses=("scrutiny/individuals.py", "scrutiny/association.py"),
    )


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


def read_study(folder: Path) -> Study:
    """Read a study's survey, export and outcomes. Only what this comparison needs of the survey format is read."""
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


# -- predicting ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Predicted:
    """What a system says of every person and outcome."""

    #: (n, Q) expected values, or answers where there are no others
    expected: np.ndarray
    #: (n, Q) single answers
    drawn: np.ndarray

    def of(self, rows: np.ndarray) -> Predicted:
        """The same of these people."""
        return Predicted(self.expected[rows], self.drawn[rows])


def predicted(
    model: ResponseModel, study: Study, history: Sequence[Told], outcomes: bool, random: np.random.Generator
) -> Predicted:
    """Our model's predictions of all outcomes; with `outcomes`, the others of the study are told too.

    Drawn answers of one study are drawn one outcome after another, each told before the next, as in a panel.
    """
    names = list(OUTCOMES[study.name])
    expected = np.full((len(study.ids), len(names)), np.nan)
    drawn = expected.copy()
    if not outcomes:
        session = model.open(len(study.ids), history)
        for q, name in enumerate(names):
            expected[:, q], _ = _outcome(session, study, name, None)
        for q, name in enumerate(names):
            _, drawn[:, q] = _outcome(session, study, name, random)
        return Predicted(expected, drawn)
    for q, name in enumerate(names):
        others = [c for other in names if other != name for c in study.parts(other)]
        session = model.open(len(study.ids), [*history, *(Told(c.prompt, c.positions) for c in others)])
        expected[:, q], _ = _outcome(session, study, name, None)
        _, drawn[:, q] = _outcome(session, study, name, random)
    return Predicted(expected, drawn)


def _outcome(
    session: Any, study: Study, name: str, random: np.random.Generator | None
) -> tuple[np.ndarray, np.ndarray | None]:
    """(n,) expected outcome over the columns each person was shown; with `random`, an answer that is told as well."""
    columns = study.parts(name)
    expected, drawn = (np.full((len(study.ids), len(columns)), np.nan) for _ in range(2))
    arms = len({column.name for column in columns}) > 1 and _arms(columns)
    for j, column in enumerate(columns):
        values = option_values(column, study.human[name]) if arms else column.codes
        rows = np.flatnonzero(column.positions >= 0)
        shares = np.asarray(session.ask(column.prompt))[rows]
        expected[rows, j] = shares @ values
        if random is not None:
            chosen = (shares.cumsum(1) < random.random((len(rows), 1))).sum(1).clip(0, len(values) - 1)
            drawn[rows, j] = values[chosen]
            answers = np.full(len(study.ids), -1)
            answers[rows] = chosen
            session.tell(column.prompt, answers)
    return _mean(expected), None if random is None else _mean(drawn)


def _arms(columns: Sequence[Column]) -> bool:
    """Did every person see one of the columns only?"""
    return bool((np.sum([column.positions >= 0 for column in columns], axis=0) <= 1).all())


def _mean(values: np.ndarray) -> np.ndarray:
    """(n,) mean of what there is; NaN where there is nothing."""
    known = ~np.isnan(values)
    total = np.where(known, values, 0.0).sum(axis=1)
    return np.divide(total, known.sum(axis=1), out=np.full(len(values), np.nan), where=known.any(axis=1))


# -- figures ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Results:
    """Everything that is shown of one study."""

    #: figures of the study
    figures: list[Figure | Gap] = field(default_factory=list)
    #: system -> measure -> one number an outcome, on the scale on which it is averaged
    items: dict[str, dict[str, list[float]]] = field(default_factory=dict)


def study_results(bench: Bench, name: str) -> dict[str, Any]:
    """Figures of one study, and the numbers of its outcomes."""
    folder = bench.data / FOLDER
    studies = {study: read_study(folder / study) for study in OUTCOMES}
    study = studies[name]
    study = _part(study, bench.random(REGIME, name).permutation(len(study.ids))[: bench.size(len(study.ids), 80)])
    background, random = demographics(folder, study.ids), bench.random(REGIME, name, "draws")
    simple = simple_systems(study, background, bench.seed)
    ours = _our_systems(bench.model(), study, background, elsewhere(studies, study), random)
    results = _results(bench, study, ours | simple, name)
    long = profiles(folder, study.ids)
    there = np.flatnonzero((np.stack([told.choices for told in long]) >= 0).any(axis=0))
    if len(there) >= LEAST_TOLD:
        told = [Told(one.prompt, one.choices[there]) for one in (*background, *_new(long, background))]
        some = _part(study, there)
        few = {PROFILE: predicted(bench.model(), some, told, False, random)}
        few |= {system: said.of(there) for system, said in simple.items()}
        results.figures.extend(_results(bench, some, few, f"{name}, {len(there)} long profiles").figures)
    return {"figures": [one.to_dict() for one in results.figures], "items": results.items}


def _our_systems(
    model: ResponseModel, study: Study, background: Sequence[Told], other: Sequence[Told], random: np.random.Generator
) -> dict[str, Predicted]:
    """Our model knowing more and more of a person."""
    found = {
        BACKGROUND: predicted(model, study, background, False, random),
        ELSEWHERE: predicted(model, study, [*background, *other], False, random),
    }
    if len(OUTCOMES[study.name]) > 1:
        found[ALSO_OUTCOMES] = predicted(model, study, [*background, *other], True, random)
    return found


def simple_systems(study: Study, background: Sequence[Told], seed: int) -> dict[str, Predicted]:
    """The published twins, and the compulsory baselines."""
    actual = _table(study, study.human)
    guesses = {TWIN: _table(study, study.twin)} | simple_predictions(actual, one_hot(background), seed)
    return {name: Predicted(guess, guess) for name, guess in guesses.items()}


def _table(study: Study, values: Mapping[str, np.ndarray]) -> np.ndarray:
    """(n, Q) values of all outcomes."""
    nothing = np.full(len(study.ids), np.nan)
    return np.stack([values.get(name, nothing) for name in OUTCOMES[study.name]], axis=1)


def _new(long: Sequence[Told], background: Sequence[Told]) -> list[Told]:
    """The questions of a profile that are not backgrounds."""
    known = {key_of(told.prompt) for told in background}
    return [told for told in long if key_of(told.prompt) not in known]


def _part(study: Study, rows: np.ndarray) -> Study:
    """The study of these people."""
    columns = tuple(replace(column, positions=column.positions[rows]) for column in study.columns)
    sides = ({name: values[rows] for name, values in side.items()} for side in (study.human, study.twin))
    return Study(study.name, study.ids[rows], columns, *sides)


def _results(bench: Bench, study: Study, systems: Mapping[str, Predicted], words: str) -> Results:
    """All systems on one study's people."""
    actual = _table(study, study.human)
    ranges = np.nanmax(actual, 0) - np.nanmin(actual, 0)
    results = Results()
    for system, said in systems.items():
        results.items[system] = {}
        for measures, guess in ((EXPECTED, said.expected), (_drawn_measures(system), said.drawn)):
            twins = Twins(guess, actual, ranges)
            results.figures.extend(_figures(words, system, twins, measures, bench))
            results.items[system] |= _items(twins, measures)
    return results


def _drawn_measures(system: str) -> dict[str, str]:
    """Measures of drawn answers: a baseline draws none, and outcomes predicted one by one are no panel."""
    if system == ALSO_OUTCOMES:
        return {name: words for name, words in DRAWN.items() if name != "structure_slope"}
    return DRAWN if system.startswith("populace") or system == TWIN else SIMPLE


def one_hot(told: Sequence[Told]) -> np.ndarray:
    """(n, F) indicators of every answer."""
    return np.column_stack([(one.choices[:, None] == np.arange(len(one.prompt.options))) for one in told]).astype(float)


def _figures(
    study: str, system: str, twins: Twins, measures: Mapping[str, str], bench: Bench
) -> Iterator[Figure | Gap]:
    outcomes = twins.actual.shape[1]
    note = f"{len(twins.actual):,} people; nobody was asked twice, so there is no ceiling"
    for one in agreements(twins, seed=bench.seed, resamples=bench.size(200, 20)):
        if one.measure in measures and np.isfinite([one.estimate.low, one.estimate.high]).all():
            numbers = (one.estimate.value, one.estimate.low, one.estimate.high)
            yield Figure(REGIME, study, system, measures[one.measure], *numbers, outcomes, "outcomes", None, note)


def _items(twins: Twins, measures: Mapping[str, str]) -> dict[str, list[float]]:
    """Measure -> one number an outcome, on the scale on which it is averaged; 0 where an answer is one for all."""
    chosen = {words: PER_QUESTION[name][0](twins) for name, words in measures.items() if name in PER_QUESTION}
    return {words: np.nan_to_num(values).tolist() for words, values in chosen.items()}


def overall(bench: Bench, items: Items) -> list[Figure | Gap]:
    """Means over all outcomes, every study with the same weight, and every outcome (as published means have it)."""
    studies = np.array([study for study, systems in items.items() for _ in systems[TWIN]["individual r"]])
    draws = cluster_draws([studies], bench.size(RESAMPLES, 200), bench.random(REGIME, "outcomes"))
    pairs = [*EXPECTED.items(), *DRAWN.items()]
    shown = {words: PER_QUESTION[name][1] for name, words in pairs if name in PER_QUESTION}
    found: list[Figure | Gap] = []
    for study, alike in (("all", False), ("all, outcomes alike", True)):
        for system in dict.fromkeys(name for systems in items.values() for name in systems):
            for words in shown:
                if any(words in systems.get(system, {}) for systems in items.values()):
                    means = [
                        _over_outcomes(items, one, words, draws, studies, shown[words], alike) for one in (system, TWIN)
                    ]
                    found += _overall_figures(study, system, words, *means, _count(items, system, words))
    return found


def overall_slopes(bench: Bench, found: Sequence[Figure | Gap]) -> Iterator[Figure]:
    """Mean structure slope over the studies with enough outcomes for one; studies are drawn with replacement."""
    words = DRAWN["structure_slope"]
    own = [one for one in found if isinstance(one, Figure) and one.measure == words and one.study in OUTCOMES]
    for system in dict.fromkeys(one.system for one in own):
        studies = [one for one in own if one.system == system]
        if len(studies) > 1:
            names = np.array([one.study for one in studies])
            draws = cluster_draws([names], bench.size(RESAMPLES, 200), bench.random(REGIME, "slopes"))
            spread = mean(np.array([one.value for one in studies]), draws)
            yield spread.figure(REGIME, "all", system, words, len(studies), "studies")


def _overall_figures(
    study: str, system: str, words: str, ours: Spread, twins: Spread, outcomes: int
) -> Iterator[Figure | Gap]:
    """A mean over outcomes, and for our correlations how far above the LLM twins they are."""
    yield ours.figure(REGIME, study, system, words, outcomes, "outcomes")
    if system.startswith("populace") and words.startswith("individual r"):
        gap = combined(np.subtract, ours, twins)
        yield gap.figure(REGIME, study, system, f"{words}, minus LLM twins", outcomes, "outcomes")


def _count(items: Items, system: str, words: str) -> int:
    return sum(len(systems[system][words]) for systems in items.values() if system in systems)


def _over_outcomes(
    items: Items,
    system: str,
    words: str,
    draws: np.ndarray,
    studies: np.ndarray,
    show: Any,
    alike: bool,
) -> Spread:
    """A system's mean over the outcomes it has; studies without it are left out for it."""
    values = [items[s][system][words] if system in items[s] else [np.nan] * int((studies == s).sum()) for s in items]
    values = np.concatenate(values)
    there = np.isfinite(values)
    spread = mean(values[there], draws[:, there], None if alike else by_survey(studies[there]))
    return Spread(float(show(spread.value)), show(spread.replicates))
