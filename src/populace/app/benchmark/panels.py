"""R3, whole panels: surveys of houses that the model has never seen, answered by synthetic people with the backgrounds
of real ones. Margins alone and a Gaussian copula, both learned from other people of the same survey, stand beside it:
they know what the model does not, the answers to these very questions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import polars as pl

from populace.app import demo
from populace.app.benchmark import fielded
from populace.app.benchmark.bench import Bench, NotTrained
from populace.app.benchmark.bootstrap import cluster_draws, mean
from populace.app.benchmark.fielded import Fielded
from populace.app.benchmark.figures import Figure, Gap, from_dict
from populace.app.benchmark.splits import judge_of, without
from populace.data.dataset import DataSet

REGIME = "panels"
#: the survey of 1996 that comes with a dependency; other years of its house are among the corpora
ANES_1996 = "anes_1996"
#: surveys on which panels are judged, each by a model that never saw its house
SURVEYS = (
    "538_nonvoters",
    "538_masculinity_raw",
    "538_religion",
    "538_star_wars",
    "young_people",
    "r_community_2018",
    "shed_2021",
    "anes_2020",
    ANES_1996,
    "displayr_burger_tracker",
    "displayr_cola",
    "displayr_phone",
    "fcc_2016_part1",
)
#: backgrounds that a codebook calls questions
BACKGROUNDS = {"displayr_cola": ("Q2", "Q3", "Q31", "Q32")}
#: questions of a panel, drawn at random, and people at most
QUESTIONS, PEOPLE = 20, 1000
#: systems in the order of the page
SYSTEMS = (fielded.OURS, fielded.COPULA, fielded.INDEPENDENT)


def measure(bench: Bench) -> list[Figure | Gap]:
    """All figures of the regime; surveys whose model may not be trained are gaps."""
    found: list[Figure | Gap] = []
    pieces = {}
    for name in SURVEYS:
        try:
            pieces[name] = _kept(bench, name)
        except NotTrained as problem:
            found.append(Gap(REGIME, name, fielded.OURS, "everything", str(problem)))
    own = [from_dict(one) for piece in pieces.values() for one in piece["figures"]]
    return found + own + overall(bench, own) + _checks_passed(bench, pieces)


def _kept(bench: Bench, name: str) -> dict[str, Any]:
    return bench.keep(
        f"{REGIME} {name}",
        lambda: panel_results(bench, name),
        models=(model_of(name),),
        data=() if name == ANES_1996 else (name,),
        uses=("app/benchmark/fielded.py", "scrutiny", "simulation"),
    )


def model_of(name: str) -> str:
    """Name of the model that judges a survey."""
    return without("anes") if name == ANES_1996 else judge_of(name)


def survey_of(bench: Bench, name: str, questions: int) -> Fielded:
    """A survey with that many of its questions, drawn at random, and its backgrounds."""
    dataset = everyone_1996(bench.seed) if name == ANES_1996 else bench.dataset(name)
    told = [b for b in BACKGROUNDS.get(name, ()) if b in dataset.codebook] or fielded.tellable(dataset)
    candidates = [question for question in fielded.askable(dataset) if question not in told]
    drawn = bench.random(REGIME, name, "questions").permutation(candidates)[:questions]
    return fielded.fielded(dataset, [q for q in candidates if q in set(drawn)], told)


def everyone_1996(seed: int) -> DataSet:
    """The 944 people of the demo's survey."""
    study = demo.read_study(seed)
    return DataSet(pl.concat([study.pilot.answers, study.judges.answers]), study.judges.codebook, "ANES 1996")


def halves(survey: Fielded, most: int, random: np.random.Generator) -> tuple[DataSet, DataSet]:
    """People who judge and other people, as many of each and `most` at most."""
    order = random.permutation(survey.people.n)
    size = min(most, len(order) // 2)
    return tuple(survey.people.rows(np.sort(part)) for part in (order[:size], order[size : 2 * size]))


def panel_results(bench: Bench, name: str) -> dict[str, Any]:
    """Figures of the panels of one survey, and the checks that each system and people passed."""
    survey = survey_of(bench, name, bench.size(QUESTIONS, 8))
    human, others = halves(survey, bench.size(PEOPLE, 150), bench.random(REGIME, name, "people"))
    models = {fielded.OURS: bench.model(model_of(name)), **fielded.simple_models(survey, others)}
    note = f"{human.n:,} people judge, {others.n:,} others are the ceiling and teach the simple methods"
    figures, passed = [], {}
    for system, model in models.items():
        panel = fielded.panel_of(survey, model, human, bench.seed)
        report = fielded.judged(panel, human, others, others, bench.seed, bench.size(200, 20))
        figures += fielded.report_figures(REGIME, name, system, report, note)
        passed[system] = fielded.passed(report)
    people = fielded.judged(others, human, None, None, bench.seed, bench.size(200, 20))
    return {"figures": [one.to_dict() for one in figures], "passed": passed | {fielded.PEOPLE: fielded.passed(people)}}


def overall(bench: Bench, found: Sequence[Figure | Gap]) -> list[Figure]:
    """Means over surveys; surveys are drawn with replacement."""
    return [one for system in SYSTEMS for one in _overall(bench, [f for f in found if f.system == system])]


def _overall(bench: Bench, found: Sequence[Figure | Gap]) -> Iterator[Figure]:
    for measure_name in fielded.MEASURES.values():
        figures = [one for one in found if isinstance(one, Figure) and one.measure == measure_name]
        # n* is a ratio: its mean over surveys would be that of the best known one
        if len(figures) < 2 or measure_name.startswith("n*"):
            continue
        draws = cluster_draws([np.arange(len(figures))], rng=bench.random(REGIME, "surveys"))
        spread = mean(np.array([one.value for one in figures]), draws)
        ceilings = [one.ceiling for one in figures if one.ceiling is not None]
        ceiling = float(np.mean(ceilings)) if ceilings else None
        yield spread.figure(REGIME, "all", figures[0].system, measure_name, len(figures), "surveys", ceiling)


def _checks_passed(bench: Bench, pieces: dict[str, dict[str, Any]]) -> list[Figure | Gap]:
    if not pieces:
        return []
    passed = {name: piece["passed"] for name, piece in pieces.items()}
    people = {name: by_system[fielded.PEOPLE] for name, by_system in passed.items()}
    found: list[Figure | Gap] = []
    for system in SYSTEMS:
        ours = {name: by_system[system] for name, by_system in passed.items()}
        found += fielded.passed_figures(REGIME, "all", system, ours, people, bench.random(REGIME, "passed"))
    return found
