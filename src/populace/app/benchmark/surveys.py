"""R3: how a population answers surveys that are new to the model, its own house left out of training."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from populace.app.benchmark import guard, shares, splits
from populace.app.benchmark.bench import Bench, NotTrained
from populace.app.benchmark.figures import Figure, Gap
from populace.app.benchmark.shares import NEAREST, OURS, SCALE, UNIFORM, Asked, Row
from populace.training.corpus import Corpus, MarginRecord

REGIME = "R3"
SYSTEMS = (OURS, UNIFORM, SCALE, NEAREST)
#: fewer answers than this and people's shares are too uncertain to judge by
FEWEST = 50
#: surveys with figures of their own that stay out of the whole: of the ANES one is enough
ALONE = ("anes_2012", "anes_2016", "anes_pilot_2016", "anes_pilot_2018", "anes_pilot_2020")


def measure(bench: Bench) -> list[Figure | Gap]:
    """Margins by survey, by house, and over all of them with every house counting alike."""
    rows, gaps = all_rows(bench)
    figures: list[Figure | Gap] = list(gaps)
    for survey, own in shares.by_group(rows, "survey").items():
        figures += shares.margin_figures(REGIME, survey, own, SYSTEMS, bench.random(REGIME, survey))
    return [*figures, *_overall(bench, rows)]


def _overall(bench: Bench, rows: Sequence[Row]) -> list[Figure | Gap]:
    rows = [row for row in rows if row["survey"] not in ALONE]
    if not rows:
        return []
    weights = shares.bootstrap.by_survey([row["survey"] for row in rows])
    random = partial(bench.random, REGIME, "all")
    each = shares.margin_figures(REGIME, "all", rows, SYSTEMS, random(), "every question counts alike")
    alike = shares.margin_figures(
        REGIME, "all, surveys alike", rows, SYSTEMS, random(), "every survey counts alike", weights
    )
    return [*each, *alike, *_by_kind(bench, rows)]


def _by_kind(bench: Bench, rows: Sequence[Row]) -> list[Figure | Gap]:
    kinds = shares.by_group(rows, "kind").items()
    return [
        figure
        for kind, own in kinds
        for figure in shares.margin_figures(REGIME, f"all, {kind}", own, SYSTEMS, bench.random(REGIME, kind))
    ]


def all_rows(bench: Bench) -> tuple[list[Row], list[Gap]]:
    """Rows of every survey, and gaps for those whose model is not there."""
    rows, gaps = [], []
    for survey in surveys():
        try:
            rows += survey_rows(bench, survey)
        except NotTrained as problem:
            gaps.append(Gap(REGIME, survey, OURS, "TVD", str(problem)))
    return rows, gaps


def surveys() -> tuple[str, ...]:
    """Every survey with people that some model has not seen."""
    return (*splits.UNSEEN, *(name for house in splits.FOLDS for name in splits.HOUSES[house]))


def survey_rows(bench: Bench, survey: str) -> list[Row]:
    """Rows of one survey, by the model that never saw its house."""
    name = splits.judge_of(survey)
    guard.check_survey(survey, bench.trained_on(name))
    settings = {"fewest": FEWEST, "most": bench.size(0, 20)}
    return bench.keep(
        f"R3 margins {survey}",
        lambda: _rows(bench, name, survey),
        models=[name],
        data=[survey, *bench.trained_on(name)],
        uses=shares.USES,
        settings=settings,
    )


def _rows(bench: Bench, name: str, survey: str) -> list[Row]:
    trained = shares.training_records(bench, name)
    asked = new_questions(bench.corpus(survey), trained, bench.random("order", survey))
    if bench.quick:
        asked = asked[:20]
    guard.check_wording([one.prompt.text for one in asked], [record.prompt.text for record in trained])
    return shares.rows_of(asked, bench.model(name), shares.baselines_of(bench, name), bench.encoder)


def new_questions(corpus: Corpus, trained: Sequence[MarginRecord], random: np.random.Generator) -> list[Asked]:
    """Questions (no backgrounds) of a survey that training has nothing worded alike of; lists in random order."""
    asked = []
    for q, (prompt, item) in enumerate(zip(corpus.prompts, corpus.items, strict=True)):
        chosen = corpus.positions[:, q]
        counts = np.bincount(chosen[chosen >= 0], minlength=len(prompt.options)).astype(float)
        if item.role == "question" and counts.sum() >= FEWEST:
            record = MarginRecord(prompt, {int(corpus.years.max()): counts}, corpus.name, item)
            asked.append(shares.in_random_order(shares.asked_of(record), random))
    alike = splits.worded_alike([one.prompt.text for one in asked], [record.prompt.text for record in trained])
    return [one for one, known in zip(asked, alike, strict=True) if not known]
