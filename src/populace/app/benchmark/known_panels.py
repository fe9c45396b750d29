"""Panels of new people on known questions: synthetic people with the backgrounds of real ones answer forty questions.

Scrutiny holds them against other people of the same survey. A copula and margins alone, learned from people who were
not set aside, go the same way.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

from populace.app.benchmark import fielded
from populace.app.benchmark.bench import Bench
from populace.app.benchmark.figures import Figure, Gap, from_dict
from populace.app.benchmark.interviews import BACKGROUNDS, TEACHERS, met_in_training
from populace.app.benchmark.splits import SHIPPED
from populace.data.dataset import DataSet

#: questions of a panel, answers a pair of them needs, and people in it
PANEL_QUESTIONS, PAIR_ANSWERS, PANEL_PEOPLE = 40, 250, 1500
#: options and largest share of a question of a panel
MOST_PANEL_OPTIONS, PANEL_SHARE = 8, 0.93


def measure(bench: Bench, regime: str) -> list[Figure | Gap]:
    """Figures of the panels of every corpus, and of all together."""
    pieces = {name: _kept(bench, regime, name) for name in BACKGROUNDS}
    found = [from_dict(one) for piece in pieces.values() for one in piece["figures"]]
    return found + _checks_passed(bench, regime, pieces)


def _kept(bench: Bench, regime: str, name: str) -> dict[str, Any]:
    return bench.keep(
        f"{regime} panel {name}",
        lambda: panel_results(bench, regime, name),
        models=(SHIPPED,),
        data=(name,),
        uses=("app/benchmark/fielded.py", "app/benchmark/interviews.py", "scrutiny", "simulation"),
    )


def panel_results(bench: Bench, regime: str, name: str) -> dict[str, Any]:
    """Figures of the panels of one corpus, and the checks that each system and people passed."""
    dataset, random = bench.dataset(name), bench.random(regime, name, "panel")
    rows = fielded.first_interviews(dataset)
    held, trained = bench.corpus(name).judging[rows], ~bench.corpus(name).held[rows]
    corpus = bench.corpus(name)
    met = {item.name for item, known in zip(corpus.items, met_in_training(bench.model(), corpus), strict=True) if known}
    names = panel_questions(dataset.rows(rows), held, bench.size(PANEL_QUESTIONS, 10), met)
    told = [background for background in BACKGROUNDS[name] if background in dataset.codebook]
    survey = fielded.fielded(dataset, names, told)
    judges = random.permutation(np.flatnonzero(held))[: bench.size(PANEL_PEOPLE, 150)]
    others = random.permutation(np.flatnonzero(trained))
    ceiling, train = others[: len(judges)], others[len(judges) :][: bench.size(TEACHERS, 600)]
    sides = (survey.people.rows(np.sort(part)) for part in (judges, ceiling, train))
    return _judged_panels(bench, regime, name, survey, *sides)


def panel_questions(dataset: DataSet, held: np.ndarray, wanted: int, met: Collection[str]) -> list[str]:
    """Questions of role "question" met in training that divide people, any two answered by enough people set aside.

    Greedy, the most answered first. Enough are `PAIR_ANSWERS`, or half of the (n,) `held` where those are few.
    """
    least = min(PAIR_ANSWERS, held.sum() / 2)
    usable = (name for name in dataset.names("question") if name in met and _fit(dataset, name))
    candidates = {name: dataset.positions(name)[held] >= 0 for name in usable}
    found: dict[str, np.ndarray] = {}
    for name, answered in sorted(candidates.items(), key=lambda pair: -pair[1].sum()):
        if all((answered & other).sum() >= least for other in (answered, *found.values())):
            found[name] = answered
        if len(found) == wanted:
            break
    return list(found)


def _fit(dataset: DataSet, name: str) -> bool:
    """A closed question of few options, no one of which nearly everybody chose, that can be put."""
    variable = dataset.codebook.variable(name)
    if not variable.closed or not 2 <= len(variable.options) <= MOST_PANEL_OPTIONS or not fielded.can_be_put(variable):
        return False
    answered = dataset.positions(name)
    answered = answered[answered >= 0]
    return len(answered) > 0 and np.bincount(answered).max() < PANEL_SHARE * len(answered)


def _judged_panels(
    bench: Bench, regime: str, name: str, survey: fielded.Fielded, human: DataSet, ceiling: DataSet, train: DataSet
) -> dict[str, Any]:
    """Our panel, the copula's and one of margins alone against the same people; other people as the ceiling."""
    systems = {fielded.OURS: bench.model(), **fielded.simple_models(survey, train)}
    resamples = bench.size(200, 20)
    note = f"{human.n:,} people set aside judge; ceiling: {ceiling.n:,} others"
    figures, passed = [], {}
    for system, model in systems.items():
        panel = fielded.panel_of(survey, model, human, bench.seed)
        report = fielded.judged(panel, human, ceiling, train, bench.seed, resamples)
        figures += fielded.report_figures(regime, f"{name}, panel", system, report, note)
        passed[system] = fielded.passed(report)
    third = survey_part(train, ceiling.n)
    passed[fielded.PEOPLE] = fielded.passed(fielded.judged(ceiling, human, third, None, bench.seed, resamples))
    return {"figures": [one.to_dict() for one in figures], "passed": passed}


def survey_part(people: DataSet, n: int) -> DataSet:
    """The first n of some people."""
    return people.rows(np.arange(min(n, people.n)))


def _checks_passed(bench: Bench, regime: str, pieces: dict[str, dict[str, Any]]) -> list[Figure | Gap]:
    """Checks passed over all corpora, by system."""
    found: list[Figure | Gap] = []
    passed = {name: piece["passed"] for name, piece in pieces.items()}
    people = {name: by_system[fielded.PEOPLE] for name, by_system in passed.items()}
    for system in (fielded.OURS, fielded.COPULA, fielded.INDEPENDENT):
        ours = {name: by_system[system] for name, by_system in passed.items()}
        found += fielded.passed_figures(regime, "all panels", system, ours, people, bench.random(regime, "passed"))
    return found
