"""Questions with their shares: what people answered, what the model and the baselines say, and the figures of both.

A *row* is one question as plain JSON, so that it can be kept. Every regime that judges margins builds rows here and
turns them into figures here, so that TVD, n* and skill mean the same everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from populace.app.benchmark import bootstrap, splits
from populace.app.benchmark.answers import flag_of, interval_of
from populace.app.benchmark.bench import Bench
from populace.app.benchmark.bootstrap import Spread
from populace.app.benchmark.figures import Figure, Gap
from populace.data.splits import batteries
from populace.models.encoder import QuestionVectors, TextEncoder
from populace.models.known import key_of, scale_key
from populace.models.surveylm import SurveyLM
from populace.prompts.prompt import Prompt
from populace.scrutiny.margins import (
    one_answer_variance,
    ordinal_distance,
    squared_distance,
    total_variation,
    total_variation_floor,
)
from populace.survey.question import Item
from populace.training.corpus import MarginRecord

Row = dict[str, Any]

#: parts of our source on which rows depend
USES = ("app/benchmark/shares.py", "app/benchmark/answers.py", "training/train.py")

#: the model that is judged, and what it has to beat
OURS, UNIFORM, SCALE, NEAREST = "populace", "uniform", "same scale", "nearest wording"
#: levels of the intervals that are kept with every row
LEVELS = (0.5, 0.8, 0.9)
#: kinds of questions
KINDS = ("two options", "scale", "list", "number")


@dataclass(frozen=True)
class Asked:
    """One question that is judged: how it is put, and what people answered."""

    #: as it is put to the model
    prompt: Prompt
    #: (K,) answers of people
    counts: np.ndarray
    #: data set it is from
    survey: str
    #: name of its column
    name: str
    #: the item behind the prompt
    item: Item


def asked_of(record: MarginRecord, year: int | None = None) -> Asked:
    """A margin record as it was put in `year`, or in its latest."""
    year = max(record.counts) if year is None else year
    return Asked(
        replace(record.prompt, year=year or None), record.counts[year], record.source, record.item.name, record.item
    )


def kind_of(asked: Asked) -> str:
    """Kind of the question, by what its options are."""
    if not asked.item.options:
        return "number"
    if len(asked.prompt.options) - sum(asked.prompt.missing) == 2:
        return "two options"
    return "scale" if asked.prompt.ordinal else "list"


def in_random_order(asked: Asked, random: np.random.Generator) -> Asked:
    """A list with its options shuffled, missing ones last: some files list options by how often they were chosen."""
    if kind_of(asked) != "list":
        return asked
    missing = np.array(asked.prompt.missing)
    order = np.concatenate([random.permutation(np.flatnonzero(~missing)), np.flatnonzero(missing)])
    options = tuple(asked.prompt.options[k] for k in order)
    flags = tuple(bool(missing[k]) for k in order)
    return replace(asked, prompt=replace(asked.prompt, options=options, missing=flags), counts=asked.counts[order])


class SameScale:
    """Baseline: the average margin of training questions with the same options, else of all with as many options.

    What anybody could say without reading the question. Every wording counts once, with its latest margin.
    """

    def __init__(self, records: Sequence[MarginRecord]) -> None:
        alike: dict[Any, list[np.ndarray]] = {}
        for record in {key_of(record.prompt): record for record in records}.values():
            for scale in (scale_key(record.prompt.options), f"{len(record.prompt.options)} options"):
                alike.setdefault(scale, []).append(_latest(record))
        self._averages = {scale: np.mean(margins, axis=0) for scale, margins in alike.items()}

    def shares(self, prompt: Prompt) -> np.ndarray:
        """(K,) the average, uniform where no question has as many options."""
        size = len(prompt.options)
        for scale in (scale_key(prompt.options), f"{size} options"):
            if scale in self._averages:
                return self._averages[scale]
        return np.full(size, 1 / size)


class NearestWording:
    """Baseline: the margin of the training question whose topic and options are worded most alike."""

    def __init__(self, records: Sequence[MarginRecord], encoder: TextEncoder) -> None:
        self._encoder = encoder
        self._shares = [_latest(record) for record in records]
        vectors = encoder.encode([record.prompt for record in records])
        self._places: dict[int, np.ndarray] = {}
        sizes = np.array([len(share) for share in self._shares])
        self._topics: dict[int, np.ndarray] = {}
        self._labels: dict[int, np.ndarray] = {}
        for size in np.unique(sizes):
            members = np.flatnonzero(sizes == size)
            self._places[size] = members
            self._topics[size] = np.stack([vectors[i].question for i in members])
            self._labels[size] = np.stack([vectors[i].labels for i in members])

    def shares(self, vectors: QuestionVectors) -> np.ndarray:
        """(K,) the margin of the nearest question with as many options, uniform where there is none."""
        size = len(vectors.labels)
        if size not in self._places:
            return np.full(size, 1 / size)
        alike = (
            self._topics[size] @ vectors.question + np.einsum("kd,rkd->r", vectors.labels, self._labels[size]) / size
        )
        return self._shares[self._places[size][int(np.argmax(alike))]]


def training_records(bench: Bench, model: str) -> list[MarginRecord]:
    """What a model learned margins from: records that were not set aside."""
    material = bench.material(model)
    return [record for record, held in zip(material.records, material.held_records, strict=True) if not held]


@dataclass(frozen=True)
class Baselines:
    """What a model has to beat, learned from what it learned from."""

    #: average over the same scale
    scale: SameScale
    #: nearest wording
    nearest: NearestWording


def baselines_of(bench: Bench, model: str) -> Baselines:
    """The baselines that know what a model knows."""
    records = training_records(bench, model)
    return bench.shared(
        f"baselines {model}", lambda: Baselines(SameScale(records), NearestWording(records, bench.encoder))
    )


def _latest(record: MarginRecord) -> np.ndarray:
    counts = record.counts[max(record.counts)]
    return counts / counts.sum()


def rows_of(asked: Sequence[Asked], model: SurveyLM, baselines: Baselines, encoder: TextEncoder) -> list[Row]:
    """Rows of all questions: people, the model with its intervals, and the baselines that need no people."""
    prompts = [one.prompt for one in asked]
    groups = batteries([one.item for one in asked], [one.survey for one in asked]) if asked else []
    rows = []
    for one, group, prediction, vectors in zip(
        asked, groups, model.predict(prompts), encoder.encode(prompts), strict=True
    ):
        systems = {
            OURS: prediction.distribution,
            UNIFORM: np.full(len(one.prompt.options), 1 / len(one.prompt.options)),
            SCALE: baselines.scale.shares(one.prompt),
            NEAREST: baselines.nearest.shares(vectors),
        }
        rows.append(
            {
                "survey": one.survey,
                "house": splits.house_of(one.survey) or one.survey,
                "battery": int(group),
                "name": one.name,
                "kind": kind_of(one),
                "ordinal": one.prompt.ordinal and not any(one.prompt.missing),
                "year": one.prompt.year,
                "n": float(one.counts.sum()),
                "people": (one.counts / one.counts.sum()).tolist(),
                "systems": {name: np.asarray(share, float).tolist() for name, share in systems.items()},
                "intervals": {
                    f"{level:g}": [limit.tolist() for limit in interval_of(prediction, level)] for level in LEVELS
                },
                "flag": flag_of(prediction),
            }
        )
    return rows


@dataclass(frozen=True)
class Scores:
    """Measures of one system on rows, arrays over questions."""

    #: (Q,) total variation distance to people
    tvd: np.ndarray
    #: (Q,) unbiased squared distance
    d2: np.ndarray
    #: (Q,) the same on cumulative shares where options are ordered
    amplitude: np.ndarray
    #: (Q,) variance of one person's answer
    variance: np.ndarray
    #: (Q,) options
    options: np.ndarray


def scores(rows: Sequence[Row], system: str) -> Scores:
    """Measures of a system. `noise` of a row, where there is one, is the number of draws behind the system's shares."""
    found = []
    for row in rows:
        p, s, n = np.array(row["people"]), np.array(row["systems"][system]), row["n"]
        draws, factor = row.get("draws", {}).get(system, (None, 1.0))
        # shares estimated from few draws of a model are noisy; that noise is not the model's error
        noise = 0.0 if draws is None else factor * float((s * (1 - s)).sum()) / max(draws - 1, 1)
        d2 = float(squared_distance(p, s, n)) - noise
        amplitude = float(ordinal_distance(p, s, n)) if row["ordinal"] else d2
        found.append((float(total_variation(p, s)), d2, amplitude, float(one_answer_variance(p, n)), len(p)))
    return Scores(*np.array(found, float).T)


def ceilings(rows: Sequence[Row], weights: np.ndarray | None = None) -> dict[str, float]:
    """What another sample of as many people would reach: TVD by chance, skill, RMSE in points, n*."""
    w = np.ones(len(rows)) if weights is None else weights
    people = [(np.array(row["people"]), row["n"]) for row in rows]
    floors = np.array([total_variation_floor(p, n, n) for p, n in people])
    uniform = np.array([np.abs(p - 1 / len(p)).sum() / 2 for p, _ in people])
    variance = np.array([one_answer_variance(p, n) for p, n in people])
    noise = variance / [n for _, n in people]
    return {
        "TVD": float(np.average(floors, weights=w)),
        "skill": float(100 * (1 - (w * floors).sum() / (w * uniform).sum())) if (w * uniform).sum() else 0.0,
        "RMSE, points": float(100 * np.sqrt(np.average(noise / [len(p) for p, _ in people], weights=w))),
        "n*": float((w * variance).sum() / (w * noise).sum()),
    }


#: clusters of questions in surveys the model knows: houses are there by design
KNOWN_SURVEYS = ("house", ("battery",))
#: clusters of questions in surveys that are new: surveys are a sample of those one might have met
NEW_SURVEYS = (None, ("survey", "battery"))

Clusters = tuple[str | None, tuple[str, ...]]


def draws_of(
    rows: Sequence[Row],
    rng: np.random.Generator,
    clusters: Clusters = NEW_SURVEYS,
    resamples: int = bootstrap.RESAMPLES,
) -> np.ndarray:
    """(R, Q) joint draws: strata and levels are entries of the rows."""
    strata, levels = clusters
    labels = [np.array([row[key] for row in rows]) for key in levels]
    fixed = None if strata is None else np.array([row[strata] for row in rows])
    return bootstrap.cluster_draws(labels, resamples, rng, fixed)


def margin_figures(
    regime: str,
    study: str,
    rows: Sequence[Row],
    systems: Sequence[str],
    rng: np.random.Generator,
    note: str = "",
    weights: np.ndarray | None = None,
    clusters: Clusters = NEW_SURVEYS,
) -> list[Figure | Gap]:
    """TVD, skill, unbiased RMSE in points and n* of every system on the same draws, with what people would reach."""
    if len(rows) < 2:
        return [Gap(regime, study, OURS, "TVD", f"{len(rows)} questions: too few for an interval")]
    draws, people = draws_of(rows, rng, clusters), ceilings(rows, weights)
    uniform = scores(rows, UNIFORM)
    figures: list[Figure | Gap] = []
    for system in systems:
        own = scores(rows, system)
        spreads: dict[str, Spread] = {
            "TVD": bootstrap.mean(own.tvd, draws, weights),
            "skill": skill(own, uniform, draws, weights),
            "RMSE, points": amplitude_points(own, draws, weights),
            "n*": bootstrap.ratio_of_sums(own.variance, own.d2, draws, weights),
        }
        for measure, spread in spreads.items():
            figures.append(spread.figure(regime, study, system, measure, len(rows), ceiling=people[measure], note=note))
    return figures


def skill(own: Scores, uniform: Scores, draws: np.ndarray, weights: np.ndarray | None = None) -> Spread:
    """100 (1 - TVD / TVD of a uniform guess), the ratio taken of sums."""
    ratio = bootstrap.ratio_of_sums(own.tvd, uniform.tvd, draws, weights)
    return bootstrap.combined(lambda share: 100 * (1 - share), ratio)


def amplitude_points(own: Scores, draws: np.ndarray, weights: np.ndarray | None = None) -> Spread:
    """100 sqrt(mean D2 / K): error of one option in percentage points, sampling noise of people taken out."""
    squared = bootstrap.mean(own.d2 / own.options, draws, weights)
    return bootstrap.combined(lambda value: 100 * np.sqrt(np.maximum(value, 0)), squared)


def by_group(rows: Sequence[Row], key: str | Callable[[Row], str]) -> dict[str, list[Row]]:
    """Rows by one of their entries, in order of appearance."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(str(row[key] if isinstance(key, str) else key(row)), []).append(row)
    return groups


def once_each(asked: Sequence[Asked]) -> list[Asked]:
    """Every wording once per house: the latest fieldwork, people before counts."""
    chosen: dict[tuple, Asked] = {}
    for one in asked:
        house = splits.house_of(one.survey) or one.survey
        key = (house, one.prompt.text.casefold(), tuple(o.casefold() for o in one.prompt.options))
        before = chosen.get(key)
        if before is None or _rank(one) > _rank(before):
            chosen[key] = one
    return list(chosen.values())


def _rank(one: Asked) -> tuple[int, bool]:
    return one.prompt.year or 0, one.survey not in splits.MARGIN_FILES
