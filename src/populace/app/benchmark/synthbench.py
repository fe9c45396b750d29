"""R3 beside large language models: 200 questions of Pew and others, with recorded answers of eight model families.

Opponents: every recorded model as it answered, the same shrunk to a uniform guess by a share fitted on other
batteries (the opponent that counts, since most of a model's error is that it is too sure), and all of them pooled.
Ours: alone, shrunk in the same way, pooled with one and with several of them. Whatever is fitted is fitted out of
fold, batteries kept together. No setting of the survey model was ever chosen by looking at these questions.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from populace.app.benchmark import bootstrap, guard, shares
from populace.app.benchmark.bench import Bench
from populace.app.benchmark.bootstrap import Spread
from populace.app.benchmark.figures import Figure, Gap
from populace.app.benchmark.shares import NEAREST, OURS, SCALE, UNIFORM, Asked, Row
from populace.app.benchmark.splits import SHIPPED
from populace.models.pool import kind_of
from populace.prompts.prompt import Prompt
from populace.survey.question import Item
from populace.survey.scale import Option
from populace.training.pool import cross_validated

REGIME, DATA = "synthbench", "synthbench"
#: people behind the human shares, which the file does not say; Pew panels have several thousand, others about 1,000
PEOPLE = 1500
#: folds over batteries, and the grid of shares that a system keeps of itself when it is shrunk to uniform
FOLDS, KEPT = 10, np.linspace(0, 1, 41)
#: recorded systems that answered at least this share of the questions take part in comparisons over all of them
COVERAGE = 0.95
#: ours pooled with the recorded model that did best on other folds, and with all that answered every question
ONE, SEVERAL = "populace + one", "populace + several"
#: what the name of a shrunk system ends with
SHRUNK = ", shrunk"
#: of the options: without refusals (the main figures), and with them
SUBSTANTIVE, EVERY = "substantive options", "all options"
#: wordings that place options on a scale when two or more of a question's options have one of a set
SCALES = (
    r"\b(very|somewhat|not too|not at all|extremely|fairly|mostly|only a little)\b",
    r"\b(strongly|somewhat)\b",
    r"\b(excellent|good|fair|poor)\b",
    r"\b(always|often|sometimes|rarely|never|hardly ever|daily|weekly|monthly)\b",
    r"\b(a great deal|a lot|some|a little|not much|none|nothing at all|a fair amount)\b",
    r"\b(definitely|probably)\b",
    r"\b(increase|increased|decrease|decreased|more|less|about the same|same)\b",
    r"\b(better|worse|no difference|much difference)\b",
    r"\b(major|minor|not a)\b",
    r"\b(too much|too many|too little|too few|right amount|right number|about right)\b",
)
#: at the end of a list these show that it is not in the order of a scale
OUTSIDE = re.compile(r"\b(neither|not sure|no opinion|same|other|does not apply|haven't heard)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Question:
    """One question with what people and recorded models answered."""

    #: identifier in the file
    id: str
    #: source of the question
    dataset: str
    #: wave or survey it was asked in
    survey: str
    #: every option, as it is put to a model
    prompt: Prompt
    #: (K,) shares of people
    people: np.ndarray
    #: system -> ((K,) shares, draws behind them)
    recorded: dict[str, tuple[np.ndarray, float]]


def measure(bench: Bench) -> list[Figure | Gap]:
    """Figures by source and over all, of substantive options and of all."""
    figures: list[Figure | Gap] = []
    for options in (SUBSTANTIVE, EVERY):
        rows = recorded_rows(bench, options)
        groups = {"all": rows, **shares.by_group(rows, "dataset")}
        for study, own in groups.items():
            place = study if options == SUBSTANTIVE else f"{study}, {options}"
            figures += _study(bench, place, own)
    return figures


def _study(bench: Bench, study: str, rows: Sequence[Row]) -> list[Figure | Gap]:
    random = lambda: bench.random(REGIME, study)  # noqa: E731
    figures: list[Figure | Gap] = []
    systems = list(dict.fromkeys(system for row in rows for system in row["systems"]))
    for system in systems:
        own = [row for row in rows if system in row["systems"]]
        note = "" if len(own) == len(rows) else f"answered {len(own)} of {len(rows)} questions"
        found = shares.margin_figures(REGIME, study, own, [system], random(), note)
        figures += [one for one in found if one.measure != "skill" or len(own) == len(rows)]
    return figures + ratio_figures(study, rows, random())


# -- reading ---------------------------------------------------------------------------------------------------------


def read_questions(folder: Path) -> list[Question]:
    """The questions of the folder, with every recorded system's shares: runs pooled by their draws."""
    recorded = _recorded(pl.read_parquet(folder / "llm_distributions.parquet"))
    lines = (folder / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    return [_question(json.loads(line), recorded) for line in lines]


def _question(row: dict[str, Any], recorded: dict[str, dict[str, dict[str, tuple[float, float]]]]) -> Question:
    labels = tuple(option["label"] for option in row["options"])
    missing = tuple(bool(option["missing"]) for option in row["options"])
    year, country = row.get("year"), None if row["dataset"] == "globalopinionqa" else "US"
    prompt = Prompt(row["text"], labels, is_scale(labels, missing), missing, year, country)
    people = np.array([row["human"].get(label, 0.0) for label in labels])
    systems = {}
    for system, options in recorded.get(row["id"], {}).items():
        told = np.array([options.get(label, (0.0, 0.0))[0] for label in labels])
        if told.sum() > 0:
            systems[system] = told / told.sum(), max(draws for _, draws in options.values())
    survey = row["dataset"] if row["dataset"] == "globalopinionqa" else row["id"].rsplit("_", 1)[-1]
    return Question(row["id"], row["dataset"], survey, prompt, people / people.sum(), systems)


def _recorded(table: pl.DataFrame) -> dict[str, dict[str, dict[str, tuple[float, float]]]]:
    """question -> system -> option -> (share, draws); baselines of the file are left out."""
    told: dict[str, dict[str, dict[str, tuple[float, float]]]] = {}
    kept = table.filter(pl.col("method") != "baseline").with_columns(draws=pl.col("n_samples").cast(pl.Float64))
    pooled = kept.group_by("question_id", "model", "method", "option", maintain_order=True).agg(
        ((pl.col("share") * pl.col("draws")).sum() / pl.col("draws").sum()).alias("share"), pl.col("draws").sum()
    )
    for question, model, method, option, share, draws in pooled.iter_rows():
        system = f"{model.rsplit('/', 1)[-1]}, {method}"
        options = told.setdefault(question, {}).setdefault(system, {})
        before = options.get(option, (0.0, 0.0))
        total = before[1] + draws
        options[option] = ((before[0] * before[1] + share * draws) / total, total)
    return told


def is_scale(labels: Sequence[str], missing: Sequence[bool]) -> bool:
    """Do the substantive options look like the steps of a scale, in order? The file does not say."""
    kept = [label.casefold() for label, gone in zip(labels, missing, strict=True) if not gone]
    if len(kept) < 3 or OUTSIDE.search(kept[-1]):
        return False
    return any(sum(bool(re.search(pattern, label)) for label in kept) >= len(kept) - 1 for pattern in SCALES)


# -- rows ------------------------------------------------------------------------------------------------------------


def recorded_rows(bench: Bench, options: str) -> list[Row]:
    """Rows with ours, baselines, recorded systems, and everything that is fitted out of fold."""
    settings = {"options": options, "most": bench.size(0, 60), "folds": FOLDS}
    plain = bench.keep(
        f"synthbench {options}",
        lambda: _rows(bench, options),
        models=[SHIPPED],
        data=[DATA],
        uses=shares.USES,
        settings=settings,
    )
    return bench.keep(
        f"synthbench {options}, fitted",
        lambda: fitted_rows(bench, plain, options),
        models=[SHIPPED],
        data=[DATA],
        uses=["training/pool.py"],
        settings=settings,
    )


def _rows(bench: Bench, options: str) -> list[Row]:
    questions = read_questions(bench.data / DATA)
    questions = [q for q in questions if q.prompt.missing.count(False) >= 2][:: bench.size(1, 4)]
    if options == SUBSTANTIVE:
        questions = [substantive(question) for question in questions]
    trained, model = shares.training_records(bench, SHIPPED), bench.model()
    asked = [_asked(question) for question in questions]
    guard.check_new([one.prompt for one in asked], model)
    rows = shares.rows_of(asked, model, shares.baselines_of(bench, SHIPPED), bench.encoder)
    alike = shares.splits.worded_alike([one.prompt.text for one in asked], [record.prompt.text for record in trained])
    for row, question, twin in zip(rows, questions, alike, strict=True):
        row |= {"dataset": question.dataset, "pool kind": kind_of(question.prompt), "twin": bool(twin)}
        row["systems"] |= {system: told.tolist() for system, (told, _) in question.recorded.items()}
        row["draws"] = {system: [draws, 1.0] for system, (_, draws) in question.recorded.items()}
    return [row for row in rows if not row["twin"]]


def _asked(question: Question) -> Asked:
    options = tuple(
        Option(k, label, gone)
        for k, (label, gone) in enumerate(zip(question.prompt.options, question.prompt.missing, strict=True))
    )
    battery = re.sub(r"_?[A-Za-z]?\d*(?=_W\d+$)", "", question.id)
    item = Item(question.id, question.prompt.text, options, question.prompt.ordinal, battery=battery)
    return Asked(question.prompt, question.people * PEOPLE, question.survey, question.id, item)


def substantive(question: Question) -> Question:
    """The question without refusals and the like: not asked, and out of everybody's shares."""
    kept = ~np.array(question.prompt.missing)
    prompt, labels = question.prompt, np.array(question.prompt.options, object)[kept]
    return replace(
        question,
        prompt=replace(prompt, options=tuple(labels), missing=()),
        people=_among(question.people, kept),
        recorded={name: (_among(told, kept), draws) for name, (told, draws) in question.recorded.items()},
    )


def _among(shares_told: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """Shares of some options among themselves; alike where nobody chose any of them."""
    left = shares_told[kept]
    return left / left.sum() if left.sum() > 0 else np.full(len(left), 1 / len(left))


# -- what is fitted --------------------------------------------------------------------------------------------------


def llms(rows: Sequence[Row]) -> list[str]:
    """Recorded systems as they answered, in order of appearance."""
    recorded = dict.fromkeys(system for row in rows for system in row["draws"])
    return [system for system in recorded if not system.endswith(SHRUNK)]


def fitted_rows(bench: Bench, rows: Sequence[Row], options: str = SUBSTANTIVE) -> list[Row]:
    """The rows with shrunk and pooled systems added."""
    rows = [{**row, "systems": dict(row["systems"]), "draws": dict(row["draws"])} for row in rows]
    fold = folds_of(rows, bench.random(REGIME, "folds"))
    for system in (OURS, SCALE, NEAREST, *llms(rows)):
        add_shrunk(rows, system, fold)
    if options == EVERY:
        return rows  # pools are of substantive options by definition
    everywhere = [system for system in llms(rows) if _coverage(rows, system) >= COVERAGE]
    pools = {f"populace + {system}": (OURS, [system]) for system in everywhere}
    pools |= {SEVERAL: (OURS, everywhere), "several without populace": (UNIFORM, everywhere)}
    for number, (name, (first, others)) in enumerate(pools.items()):
        bench.progress("pooling", number, len(pools))
        if others:
            _add_pooled(bench, rows, name, first, others)
    _add_chosen(rows, fold, [f"populace + {system}" for system in everywhere])
    return rows


def _add_chosen(rows: Sequence[Row], fold: np.ndarray, pools: Sequence[str]) -> None:
    """Add "populace + one": of the pools with one model, the one with the least TVD on the other folds."""
    if not pools:
        return
    tvd = np.stack([shares.scores(rows, name).tvd for name in pools])
    for number in np.unique(fold):
        inside = fold == number
        best = pools[int(np.argmin(tvd[:, ~inside].mean(1)))] if not inside.all() else pools[0]
        for i in np.flatnonzero(inside):
            rows[i]["systems"][ONE] = rows[i]["systems"][best]


def folds_of(rows: Sequence[Row], random: np.random.Generator) -> np.ndarray:
    """(Q,) fold of every question, batteries whole."""
    labels = np.unique([row["battery"] for row in rows], return_inverse=True)[1]
    return random.permutation(labels.max() + 1)[labels] % FOLDS


def add_shrunk(rows: Sequence[Row], system: str, fold: np.ndarray) -> None:
    """Add "`system`, shrunk": w of it and 1 - w uniform, w with the least TVD on the other folds."""
    own = [i for i, row in enumerate(rows) if system in row["systems"]]
    distance = np.array([_distances(rows[i], system) for i in own])
    for number in np.unique(fold[own]):
        inside = fold[own] == number
        if inside.all():
            continue
        kept = float(KEPT[int(np.argmin(distance[~inside].mean(0)))])
        for i in np.array(own)[inside]:
            told = np.array(rows[i]["systems"][system])
            rows[i]["systems"][system + SHRUNK] = (kept * told + (1 - kept) / len(told)).tolist()
            if system in rows[i]["draws"]:
                # shares before shrinking carry the noise, shrunk ones its square less
                draws = rows[i]["draws"][system][0]
                rows[i]["draws"][system + SHRUNK] = [draws, kept**2]


def _distances(row: Row, system: str) -> list[float]:
    """TVD for every share kept."""
    p, s = np.array(row["people"]), np.array(row["systems"][system])
    mixed = KEPT[:, None] * s + (1 - KEPT[:, None]) / len(s)
    return (np.abs(mixed - p).sum(1) / 2).tolist()


def _add_pooled(bench: Bench, rows: Sequence[Row], name: str, first: str, others: Sequence[str]) -> None:
    members = [[np.array(row["systems"][s]) if s in row["systems"] else None for s in (first, *others)] for row in rows]
    targets = [np.array(row["people"]) for row in rows]
    pooled = cross_validated(
        targets,
        members,
        [row["pool kind"] for row in rows],
        people=[PEOPLE] * len(rows),
        groups=[row["battery"] for row in rows],
        folds=FOLDS,
        seed=bench.seed,
    )
    for row, told in zip(rows, pooled, strict=True):
        row["systems"][name] = np.asarray(told).tolist()


# -- headline --------------------------------------------------------------------------------------------------------


def ratio_figures(study: str, rows: Sequence[Row], rng: np.random.Generator) -> list[Figure | Gap]:
    """EAR of ours, alone and pooled, against the median, the best and the best calibrated recorded model.

    EAR = sqrt(sum w D(theirs) / sum w D(ours)), D the unbiased squared distance (cumulative where options are
    ordered), w = 1 / options and every survey counting alike; the same draws for both. Opponents answered (nearly) all
    questions of the study.
    """
    prompted = [s for s in llms(rows) if not s.endswith("ensemble") and _coverage(rows, s) >= COVERAGE]
    if not prompted:
        return [Gap(REGIME, study, OURS, "EAR", "no recorded model answered all questions")]
    shrunk = [name for s in llms(rows) if _coverage(rows, name := s + SHRUNK) >= COVERAGE]
    rows = [row for row in rows if all(s in row["systems"] for s in (*prompted, *shrunk))]
    draws = shares.draws_of(rows, rng)
    ours = [system for system in (OURS, SEVERAL) if _coverage(rows, system) == 1]
    error = {s: _error(rows, s, draws) for s in (*ours, *prompted, *shrunk)}
    middle = bootstrap.combined(lambda *parts: np.median(parts, axis=0), *(error[s] for s in prompted))
    rivals = {"the median prompted model": (middle, f"{len(prompted)} prompted models")}
    for rival, group in (("the best prompted model", prompted), ("the best calibrated model", shrunk)):
        if group:
            best = min(group, key=lambda s: error[s].value)
            rivals[rival] = (error[best], best)
    figures: list[Figure | Gap] = []
    for system in ours:
        for rival, (theirs, who) in rivals.items():
            ear = bootstrap.combined(lambda a, b: np.sqrt(np.where(b > 0, a / b, np.inf)), theirs, error[system])
            square = bootstrap.combined(np.square, ear)
            for measure, spread in ((f"EAR against {rival}", ear), (f"EAR squared against {rival}", square)):
                figures.append(spread.figure(REGIME, study, system, measure, len(rows), note=who))
    return figures


def _coverage(rows: Sequence[Row], system: str) -> float:
    return sum(system in row["systems"] for row in rows) / max(len(rows), 1)


def _error(rows: Sequence[Row], system: str, draws: np.ndarray) -> Spread:
    found = shares.scores(rows, system)
    weights = bootstrap.by_survey([row["survey"] for row in rows])
    return bootstrap.mean(found.amplitude / found.options, draws, weights)
