"""After a pilot: what 20 to 200 people of one's own survey are worth with the model, and without it.

The same unseen surveys as for panels. Margins are compared as expectations (the shares that endless respondents with
the judges' backgrounds would give), so that only the pilot's noise is in them; correlations come from drawn panels.
Every worth is in people: n* of the adapted model beside n* of the pilot by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from populace.analysis.estimate import bootstrap_weights, person_numbers
from populace.app.benchmark import fielded, panels
from populace.app.benchmark.bench import Bench, NotTrained
from populace.app.benchmark.bootstrap import RESAMPLES, Spread, cluster_draws, combined, ratio_of_sums
from populace.app.benchmark.fielded import Fielded
from populace.app.benchmark.figures import Figure, Gap
from populace.data.dataset import DataSet
from populace.models.base import ResponseModel
from populace.models.baselines import Copula
from populace.scrutiny.margins import one_answer_variance, squared_distance
from populace.scrutiny.sample import sample_of, shared_questions
from populace.scrutiny.structure import correlations, structural_distance
from populace.simulation.plan import told_by
from populace.survey.names import RESPONDENT_ID
from populace.training.adapt import adapt

REGIME = "pilots"
#: survey -> the two backgrounds whose combinations are the groups
GROUPS = {
    "538_nonvoters": ("gender", "ppage"),
    "538_masculinity_raw": ("age3", "educ3"),
    "young_people": ("c144", "c140"),
    "r_community_2018": ("Qgender_coded", "Qyear_born"),
    "shed_2021": ("ppgender", "ppage"),
    panels.ANES_1996: ("educ", "age"),
    "displayr_burger_tracker": ("S2", "S1"),
    "displayr_cola": ("Q2", "Q3"),
    "displayr_phone": ("q2", "q4"),
}
#: people in a pilot, and pilots of each size
SIZES, PILOTS = (20, 50, 100, 200), 4
#: people who judge, and synthetic respondents whose correlations are judged: so many that their own noise, which a
#: team takes away by drawing more, is small beside the pilot's
JUDGES, PANEL = 3000, 3000
#: judges of a pilot and of a group at least, and bands that numbers are cut into
LEAST_JUDGES, LEAST_GROUP, BANDS = 250, 50, 3
#: size of the pilots that are also shown survey by survey
SHOWN = 100
#: systems: the pilot by itself; for groups, the pilot's totals in every group; its copula; the adapted model
PILOT, TOTALS, COPULA, OURS = "pilot alone", "pilot's totals", "copula of the pilot", "populace"
#: what is judged -> unit of its sums
KINDS = {"totals": "questions", "groups": "questions", "correlations": "surveys"}


def measure(bench: Bench) -> list[Figure | Gap]:
    """All figures of the regime; surveys whose model may not be trained are gaps."""
    found: list[Figure | Gap] = []
    rows: list[dict[str, Any]] = []
    for name in GROUPS:
        for size in SIZES:
            try:
                rows += _kept(bench, name, size)
            except NotTrained as problem:
                found.append(Gap(REGIME, name, OURS, f"pilot of {size}", str(problem)))
    return found + figures_of(rows, bench.random(REGIME, "draws"), bench.size(RESAMPLES, 200))


def _kept(bench: Bench, name: str, size: int) -> list[dict[str, Any]]:
    return bench.keep(
        f"{REGIME} {name} {size}",
        lambda: [row for number in range(bench.size(PILOTS, 1)) for row in pilot_rows(bench, name, size, number)],
        models=(panels.model_of(name),),
        data=() if name == panels.ANES_1996 else (name,),
        uses=("app/benchmark/fielded.py", "app/benchmark/panels.py", "scrutiny", "simulation", "training/adapt.py"),
    )


# -- one pilot -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Judges:
    """The people who judge, by question and by group."""

    #: the survey they answered
    survey: Fielded
    #: the people
    people: DataSet
    #: (n,) group of every person, -1 = none or too small
    group: np.ndarray

    def shares(self, question: str, rows: np.ndarray) -> tuple[np.ndarray, float]:
        """(K,) shares of a question among these people, and how many answered."""
        chosen = self.people.positions(question)[rows]
        counts = np.bincount(chosen[chosen >= 0], minlength=len(self.people.codebook.variable(question).options))
        return counts / max(counts.sum(), 1), float(counts.sum())

    @property
    def parts(self) -> list[np.ndarray]:
        """Rows of everybody, then of every group."""
        groups = [np.flatnonzero(self.group == g) for g in range(self.group.max(initial=-1) + 1)]
        return [np.arange(self.people.n), *groups]


def pilot_rows(bench: Bench, name: str, size: int, number: int) -> Iterator[dict[str, Any]]:
    """Sums of one pilot, a row for every system, kind and question; nothing where the survey is too small."""
    survey = panels.survey_of(bench, name, bench.size(panels.QUESTIONS, 6))
    order = bench.random(REGIME, name, f"{size} {number}").permutation(survey.people.n)
    if len(order) < size + LEAST_JUDGES:
        return
    pilot = survey.people.rows(np.sort(order[:size]))
    rest = survey.people.rows(np.sort(order[size:][: bench.size(JUDGES, 300)]))
    pilot_groups, judge_groups = groups_of(pilot, rest, GROUPS[name])
    judges = Judges(survey, rest, judge_groups)
    adapted = adapt(pilot, survey.instrument, bench.model(panels.model_of(name)))
    copula = Copula(*fielded.material(survey, pilot))
    for system, predicted in _predictions(judges, pilot, pilot_groups, adapted, copula):
        yield from margin_rows(name, size, number, system, predicted, judges)
    panel = bench.size(PANEL, 150)
    drawn = bench.random(REGIME, "panel").permutation(rest.n)
    people = renumbered(rest.rows(np.resize(drawn, panel)))
    answers = {PILOT: pilot}
    for system, model in ((OURS, adapted), (COPULA, copula)):
        answers[system] = fielded.panel_of(survey, model, people, bench.seed + number)
    yield from structure_rows(name, size, number, answers, rest, bench.seed)


def renumbered(people: DataSet) -> DataSet:
    """The same backgrounds as those of so many different respondents, where people stand in it more than once."""
    ids = pl.Series(RESPONDENT_ID, np.arange(1, people.n + 1))
    return DataSet(people.answers.with_columns(ids), people.codebook, people.source)


def groups_of(pilot: DataSet, judges: DataSet, backgrounds: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Group of everybody in the pilot and among the judges: combinations of backgrounds with enough judges."""
    places = [_bands(pilot, judges, name) for name in backgrounds if name in judges.codebook]
    if not places:
        return np.full(pilot.n, -1), np.full(judges.n, -1)
    both = [np.concatenate(parts) for parts in places]
    whole = np.all([part >= 0 for part in both], axis=0)
    cell = np.where(whole, np.ravel_multi_index([np.maximum(p, 0) for p in both], [p.max() + 1 for p in both]), -1)
    ours, theirs = cell[: pilot.n], cell[pilot.n :]
    counts = np.bincount(theirs[theirs >= 0], minlength=cell.max() + 2)
    kept = np.flatnonzero(counts >= LEAST_GROUP)
    number = np.full(len(counts) + 1, -1)
    number[kept] = np.arange(len(kept))
    return number[ours], number[theirs]


def _bands(pilot: DataSet, judges: DataSet, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Position of everybody on a background; numbers in bands of equal size."""
    if judges.codebook.variable(name).closed:
        return tuple(data.positions(name) for data in (pilot, judges))
    cuts = np.unique(np.nanquantile(judges.values(name), np.arange(1, BANDS) / BANDS))
    values = [data.values(name) for data in (pilot, judges)]
    return tuple(np.where(np.isnan(v), -1, np.searchsorted(cuts, np.nan_to_num(v))) for v in values)


#: (question, part of the judges) -> (K,) predicted shares; part 0 is everybody
Predicted = Callable[[int, int], np.ndarray]


def _predictions(
    judges: Judges, pilot: DataSet, pilot_groups: np.ndarray, adapted: ResponseModel, copula: ResponseModel
) -> Iterator[tuple[str, Predicted]]:
    """What every system says of all and of every group."""
    counts = _pilot_counts(judges.survey, pilot, pilot_groups, len(judges.parts))
    yield PILOT, lambda q, part: _shares_or(counts[q][part], counts[q][0])
    yield TOTALS, lambda q, part: _shares_or(counts[q][0], counts[q][0])
    for system, model in ((OURS, adapted), (COPULA, copula)):
        expected = expected_shares(model, judges)
        yield system, lambda q, part, expected=expected: expected[q][part]


def _pilot_counts(survey: Fielded, pilot: DataSet, groups: np.ndarray, parts: int) -> list[np.ndarray]:
    """(parts, K) answers of the pilot's people, of all and of every group, to every question."""
    found = []
    for name in survey.questions:
        chosen, size = pilot.positions(name), len(pilot.codebook.variable(name).options)
        members = [chosen >= 0, *((chosen >= 0) & (groups == g) for g in range(parts - 1))]
        found.append(np.stack([np.bincount(chosen[rows], minlength=size) for rows in members]).astype(float))
    return found


def _shares_or(counts: np.ndarray, fallback: np.ndarray) -> np.ndarray:
    """Shares; those of all the pilot where it has nobody in the group, and equal ones where nobody answered."""
    counts = counts if counts.sum() else fallback
    return counts / counts.sum() if counts.sum() else np.full(len(counts), 1 / len(counts))


def expected_shares(model: ResponseModel, judges: Judges) -> list[np.ndarray]:
    """(parts, K) mean probability of every question among all judges and in every group, backgrounds told."""
    instrument = judges.survey.instrument
    told = told_by(judges.people.keep(judges.survey.backgrounds), instrument.year, instrument.country)
    session = model.open(judges.people.n, told)
    found = []
    for prompt in judges.survey.prompts:
        shares = np.asarray(session.ask(prompt))
        found.append(np.stack([shares[rows].mean(axis=0) for rows in judges.parts]))
    return found


def margin_rows(
    name: str, size: int, number: int, system: str, predicted: Predicted, judges: Judges
) -> Iterator[dict[str, Any]]:
    """ΣV and ΣD̃² of every question, of all judges and summed over groups (see scrutiny.margins.worth_in_people)."""
    place = {"survey": name, "size": size, "pilot": number, "system": system}
    for q, question in enumerate(judges.survey.questions):
        sums = np.zeros((len(judges.parts), 2))
        for part, rows in enumerate(judges.parts):
            people, n = judges.shares(question, rows)
            if n >= LEAST_GROUP:
                variance = one_answer_variance(people, n)
                sums[part] = variance, squared_distance(people, predicted(q, part), n)
        for kind, (variance, distance) in (("totals", sums[0]), ("groups", sums[1:].sum(axis=0))):
            if variance and not (kind == "totals" and system == TOTALS):
                yield place | {"kind": kind, "unit": question, "over": float(variance), "under": float(distance)}


def structure_rows(
    name: str, size: int, number: int, answers: Mapping[str, DataSet], people: DataSet, seed: int
) -> Iterator[dict[str, Any]]:
    """n·v̄ and the mean squared error of correlations of every system, noise of the judges taken out."""
    questions = [question for question in shared_questions(people, people) if question.scored]
    if len(questions) < 3:
        return
    rows, columns = np.triu_indices(len(questions), 1)
    judges = sample_of(people, questions)
    random = np.random.default_rng([seed, number])
    boot = bootstrap_weights(judges.weights, person_numbers(people.respondent_ids), 100, random)
    r_h = correlations(judges.scores, judges.point)[0, rows, columns]
    v_h = correlations(judges.scores, boot)[:, rows, columns].var(axis=0, ddof=1)
    for system, data in answers.items():
        sample = sample_of(data, questions)
        r_s = correlations(sample.scores, sample.point)[0, rows, columns]
        distance = float(structural_distance(r_s, r_h, v_h))
        place = {"survey": name, "size": size, "pilot": number, "system": system, "kind": "correlations"}
        yield place | {"unit": "all", "over": float(judges.effective_n * v_h.mean()), "under": distance}


# -- figures ---------------------------------------------------------------------------------------------------------


def figures_of(rows: Sequence[Mapping[str, Any]], random: np.random.Generator, resamples: int) -> list[Figure | Gap]:
    """n* of every system by size and kind, and how many times that of the pilot alone it is."""
    found: list[Figure | Gap] = []
    for study in ("all", *dict.fromkeys(row["survey"] for row in rows)):
        for size in SIZES if study == "all" else (SHOWN,):
            for kind in KINDS:
                chosen = [r for r in rows if r["size"] == size and r["kind"] == kind and study in ("all", r["survey"])]
                found += _figures(study, size, kind, chosen, random, resamples)
    return found


def _figures(
    study: str, size: int, kind: str, rows: Sequence[Mapping[str, Any]], random: np.random.Generator, resamples: int
) -> Iterator[Figure | Gap]:
    """Surveys, their questions and their pilots are drawn with replacement, for all systems in the same draw."""
    cells = sorted({(r["survey"], r["unit"], r["pilot"]) for r in rows})
    if not cells:
        return
    survey, question, _ = (np.array(part, object) for part in zip(*cells, strict=True))
    questions = np.array([f"{s} {q}" for s, q in zip(survey, question, strict=True)])
    draws = cluster_draws([survey, questions], resamples, random)
    spreads = {system: _worth(system, cells, rows, draws) for system in dict.fromkeys(r["system"] for r in rows)}
    place = (REGIME, study)
    note = f"{len(set(questions)):,} questions of {len(set(survey))} surveys, {len({c[2] for c in cells})} pilots each"
    for system, spread in spreads.items():
        yield spread.figure(*place, system, f"n*, {kind}, pilot of {size}", len(cells), KINDS[kind], None, note)
        if system != PILOT:
            times = combined(_times, spread, spreads[PILOT])
            words = f"n* over the pilot's, {kind}, pilot of {size}"
            yield times.figure(*place, system, words, len(cells), KINDS[kind], None, note)


def _times(ours: np.ndarray, pilot: np.ndarray) -> np.ndarray:
    """Ratio of two worths; not defined where both are beyond resolution."""
    ours, pilot = np.asarray(ours, float), np.asarray(pilot, float)
    return np.where(np.isfinite(pilot), ours / pilot, np.nan)


def _worth(system: str, cells: Sequence[tuple], rows: Sequence[Mapping[str, Any]], draws: np.ndarray) -> Spread:
    """n* = ΣV/ΣD̃² over questions and pilots, every survey with the same weight."""
    sums = {(r["survey"], r["unit"], r["pilot"]): (r["over"], r["under"]) for r in rows if r["system"] == system}
    pairs = np.array([sums.get(cell, (0.0, 0.0)) for cell in cells])
    surveys = np.array([cell[0] for cell in cells])
    total = {name: pairs[surveys == name, 0].sum() for name in np.unique(surveys)}
    weights = np.array([1 / max(total[name], 1e-12) for name in surveys])
    return ratio_of_sums(pairs[:, 0], pairs[:, 1], draws, weights)
