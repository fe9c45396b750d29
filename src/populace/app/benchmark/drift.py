"""Years after training: a model that saw nothing after 2014 predicts the General Social Survey of 2016 to 2020.

Questions asked before have an opponent that is hard to beat: their own last known margin. New questions have none.
Questions asked before that were in batteries set aside from training are neither, and are left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from populace.app.benchmark import shares, splits
from populace.app.benchmark.bench import Bench
from populace.app.benchmark.figures import Figure, Gap
from populace.app.benchmark.shares import NEAREST, OURS, SCALE, UNIFORM, Row
from populace.data.splits import batteries
from populace.models.known import key_of
from populace.training.corpus import Corpus, MarginRecord

REGIME = "drift"
#: the survey with people, and the baseline for questions asked before
SURVEY, LAST = "gss_2006_2018", "last known margin"
#: fewest answers in a year
FEWEST = 100
#: what the two kinds of questions are called
BEFORE, NEW = "asked before", "first asked afterwards"


def measure(bench: Bench) -> list[Figure | Gap]:
    """Margins by year, of questions asked before and of new ones."""
    rows = year_rows(bench)
    figures: list[Figure | Gap] = []
    for kind in (BEFORE, NEW):
        systems = (OURS, LAST, UNIFORM, SCALE) if kind == BEFORE else (OURS, UNIFORM, SCALE, NEAREST)
        own = [row for row in rows if row["when"] == kind]
        studies = {f"all years, {kind}": own}
        studies |= {f"{year}, {kind}": part for year, part in shares.by_group(own, "year").items()}
        for study, part in studies.items():
            random = bench.random(REGIME, study)
            figures += shares.margin_figures(REGIME, study, part, systems, random, clusters=(None, ("battery",)))
    return figures


def year_rows(bench: Bench) -> list[Row]:
    """Rows of every question and year after training, with the last known margin where there is one."""
    return bench.keep(
        "drift margins",
        lambda: _rows(bench),
        models=[splits.BEFORE],
        data=[SURVEY, *splits.MARGIN_FILES],
        uses=shares.USES,
        settings={"until": splits.DRIFT_UNTIL, "years": list(splits.DRIFT_YEARS), "most": bench.size(0, 30)},
    )


def _rows(bench: Bench) -> list[Row]:
    model = bench.model(splits.BEFORE)
    last = last_margins(bench.material(splits.BEFORE).records, splits.DRIFT_UNTIL)
    records = records_by_year(bench.corpus(SURVEY))
    asked = [
        shares.asked_of(record, year)
        for record in records
        for year in splits.DRIFT_YEARS
        if year in record.counts and record.item.role == "question"
    ]
    asked = asked[: bench.size(len(asked), 30)]
    rows = shares.rows_of(asked, model, shares.baselines_of(bench, splits.BEFORE), bench.encoder)
    groups = batteries([one.item for one in asked])
    for row, one, group in zip(rows, asked, groups, strict=True):
        known = last.get(key_of(one.prompt))
        row |= {"when": when(known is not None, model.origin(one.prompt)), "battery": int(group)}
        if known is not None:
            row["systems"][LAST] = known.tolist()
    return [row for row in rows if row["when"]]


def when(asked_before: bool, origin: str) -> str | None:
    """Which kind a question is; None for one that the house asked before and training set aside, or the reverse."""
    if asked_before != (origin == "known"):
        return None
    return BEFORE if asked_before else NEW


def records_by_year(corpus: Corpus) -> list[MarginRecord]:
    """Every question's counts by year, of all people."""
    records = []
    for q, (prompt, item) in enumerate(zip(corpus.prompts, corpus.items, strict=True)):
        counts = {
            int(year): np.bincount(chosen[chosen >= 0], minlength=len(prompt.options)).astype(float)
            for year in np.unique(corpus.years)
            if ((chosen := corpus.positions[corpus.years == year, q]) >= 0).sum() >= FEWEST
        }
        if counts:
            records.append(MarginRecord(prompt, counts, corpus.name, item))
    return records


def last_margins(records: Sequence[MarginRecord], until: int) -> Mapping[int, np.ndarray]:
    """Question -> (K,) shares in the latest year up to `until`, by wording."""
    latest: dict[int, tuple[int, np.ndarray]] = {}
    for record in records:
        years = [year for year in record.counts if year <= until]
        key = key_of(record.prompt)
        if years and (key not in latest or latest[key][0] < max(years)):
            counts = record.counts[max(years)] + 0.5
            latest[key] = (max(years), counts / counts.sum())
    return {key: share for key, (_, share) in latest.items()}
