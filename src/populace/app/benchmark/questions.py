"""R2: whole batteries set aside from training, in surveys the model knows.

Three looks: how a population answers them (margins), what they go with (pairs.py), and what one person answers, given
what else the person said (individuals.py).
"""

from __future__ import annotations

from collections.abc import Sequence

from populace.app.benchmark import guard, individuals, pairs, shares
from populace.app.benchmark.bench import Bench
from populace.app.benchmark.figures import Figure, Gap
from populace.app.benchmark.shares import NEAREST, OURS, SCALE, UNIFORM, Row
from populace.app.benchmark.splits import SHIPPED

REGIME = "R2"
SYSTEMS = (OURS, UNIFORM, SCALE, NEAREST)


def measure(bench: Bench) -> list[Figure | Gap]:
    """All figures of the regime."""
    return [*margins(bench), *pairs.measure(bench, REGIME), *individuals.measure(bench, REGIME)]


def margins(bench: Bench) -> list[Figure | Gap]:
    """Margins of the held-out questions: of all, of every house, of every kind."""
    rows = question_rows(bench)
    figures = _figures(bench, "all", rows, "every question counts alike")
    weights = shares.bootstrap.by_survey([row["house"] for row in rows])
    figures += _figures(bench, "all, houses alike", rows, "every house counts alike", weights)
    for study, own in [*shares.by_group(rows, "house").items(), *shares.by_group(rows, "kind").items()]:
        figures += _figures(bench, study, own)
    return figures


def _figures(bench: Bench, study: str, rows: Sequence[Row], note: str = "", weights=None) -> list[Figure | Gap]:
    random = bench.random(REGIME, study)
    return shares.margin_figures(REGIME, study, rows, SYSTEMS, random, note, weights, shares.KNOWN_SURVEYS)


def question_rows(bench: Bench) -> list[Row]:
    """Rows of the held-out questions, every wording once a house."""
    names = bench.trained_on()
    return bench.keep(
        "R2 margins",
        lambda: _rows(bench),
        models=[SHIPPED],
        data=names,
        uses=shares.USES,
        settings={"most": bench.size(0, 80)},
    )


def _rows(bench: Bench) -> list[Row]:
    material = bench.material()
    held = [r for r, out in zip(material.records, material.held_records, strict=True) if out]
    trained = shares.training_records(bench, SHIPPED)
    asked = [one for one in shares.once_each([shares.asked_of(r) for r in held]) if one.item.role == "question"]
    asked = sampled(asked, bench.size(0, 80), bench)
    guard.check_wording([one.prompt.text for one in asked], [record.prompt.text for record in trained])
    return shares.rows_of(asked, bench.model(), shares.baselines_of(bench, SHIPPED), bench.encoder)


def sampled(things: Sequence, most: int, bench: Bench) -> list:
    """All of them, or `most` chosen at random in their own order."""
    if not most or len(things) <= most:
        return list(things)
    chosen = bench.random("sample").choice(len(things), most, replace=False)
    return [things[i] for i in sorted(chosen)]
