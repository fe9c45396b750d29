"""Twins of given people: five published studies that people answered, and language models in their place.

The same people's backgrounds, and then their other answers, are told to our model, which predicts what each of them
answers to a study's outcomes. Beside it stand the published answers of LLM twins (a general language model that was
given the person's long profile) and the three compulsory baselines. The data are for evaluation only: nothing here is
trained on, and no number is chosen by looking at them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from populace.app.benchmark.bench import Bench
from populace.app.benchmark.bootstrap import RESAMPLES, Spread, by_survey, cluster_draws, combined, mean
from populace.app.benchmark.figures import Figure, Gap, from_dict
from populace.app.benchmark.splits import SHIPPED
from populace.app.benchmark.twin_studies import (
    FOLDER,
    LEAST_TOLD,
    OUTCOMES,
    Column,
    Study,
    demographics,
    elsewhere,
    one_hot,
    option_values,
    profiles,
    read_study,
    within_versions,
)
from populace.models.base import ResponseModel, Told
from populace.models.baselines import key_of
from populace.scrutiny.individuals import PER_QUESTION, Twins, agreements, simple_predictions

REGIME = "twins"
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
#: a version of a question moves everybody who saw it; a system that knows that need not know the person
WITHIN = {"item_r": "individual r, within versions"}
DRAWN = {
    "item_r": "individual r, drawn answers",
    "sd_ratio": "SD ratio",
    "structure_slope": "structure slope",
}
#: measures of the baselines, which draw nothing
SIMPLE = {"sd_ratio": "SD ratio"}
#: study -> system -> measure -> one number an outcome
Items = Mapping[str, Mapping[str, Mapping[str, list[float]]]]


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
        uses=("app/benchmark/twin_studies.py", "scrutiny/individuals.py", "scrutiny/structure.py"),
    )


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
    study = study.of(bench.random(REGIME, name).permutation(len(study.ids))[: bench.size(len(study.ids), 80)])
    background, random = demographics(folder, study.ids), bench.random(REGIME, name, "draws")
    simple = simple_systems(study, background, bench.seed)
    ours = _our_systems(bench.model(), study, background, elsewhere(studies, study), random)
    results = _results(bench, study, ours | simple, name)
    long = profiles(folder, study.ids)
    there = np.flatnonzero((np.stack([told.choices for told in long]) >= 0).any(axis=0))
    if len(there) >= LEAST_TOLD:
        told = [Told(one.prompt, one.choices[there]) for one in (*background, *_new(long, background))]
        some = study.of(there)
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
    actual = study.table(study.human)
    guesses = {TWIN: study.table(study.twin)} | simple_predictions(actual, one_hot(background), seed)
    return {name: Predicted(guess, guess) for name, guess in guesses.items()}


def _new(long: Sequence[Told], background: Sequence[Told]) -> list[Told]:
    """The questions of a profile that are not backgrounds."""
    known = {key_of(told.prompt) for told in background}
    return [told for told in long if key_of(told.prompt) not in known]


def _results(bench: Bench, study: Study, systems: Mapping[str, Predicted], words: str) -> Results:
    """All systems on one study's people."""
    actual = study.table(study.human)
    ranges = np.nanmax(actual, 0) - np.nanmin(actual, 0)
    results = Results()
    for system, said in systems.items():
        results.items[system] = {}
        expected, drawn = (Twins(guess, actual, ranges) for guess in (said.expected, said.drawn))
        within = within_versions(study, expected)
        for measures, twins in ((EXPECTED, expected), (WITHIN, within), (_drawn_measures(system), drawn)):
            results.figures.extend(_figures(words, system, twins, measures, bench))
            results.items[system] |= _items(twins, measures)
    return results


def _drawn_measures(system: str) -> dict[str, str]:
    """Measures of drawn answers: a baseline draws none, and outcomes predicted one by one are no panel."""
    if system == ALSO_OUTCOMES:
        return {name: words for name, words in DRAWN.items() if name != "structure_slope"}
    return DRAWN if system.startswith("populace") or system == TWIN else SIMPLE


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
    pairs = [*EXPECTED.items(), *WITHIN.items(), *DRAWN.items()]
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
