"""scrutinize(): two data sets in, one report out. The checks in order."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from threadpoolctl import threadpool_limits

from populace.data.dataset import DataSet
from populace.scrutiny import (
    association,
    coherence,
    contradictions,
    curvature,
    detection,
    equivalence,
    habits,
    item_order,
    item_response,
    margins,
    multiselect,
    numeric,
    options,
    ordinal,
    patterns,
    privacy,
    propensity,
    regressions,
    routing,
    scales,
    segmentation,
    stated_importance,
    style,
    subgroups,
    transfer,
    triples,
    variance,
    worth,
)
from populace.scrutiny.comparison import Comparison, compare
from populace.scrutiny.findings import not_judged
from populace.scrutiny.report import Check, Report
from populace.scrutiny.summary import summarize
from populace.scrutiny.supports import supports_of
from populace.scrutiny.tolerances import MARGINS

#: the families in order: gates first, since a failed gate voids the rest
FAMILIES = (
    privacy,
    margins,
    options,
    item_order,
    routing,
    multiselect,
    numeric,
    variance,
    patterns,
    association,
    ordinal,
    triples,
    contradictions,
    scales,
    equivalence,
    item_response,
    regressions,
    curvature,
    transfer,
    stated_importance,
    segmentation,
    subgroups,
    worth,
    style,
    habits,
    coherence,
    detection,
    propensity,
)

#: name of the family that comes next, how many are done, how many there are
Progress = Callable[[str, int, int], None]


def scrutinize(
    synthetic: DataSet,
    human: DataSet,
    train: DataSet | None = None,
    ceiling: DataSet | None = None,
    baselines: Mapping[str, DataSet] | None = None,
    seed: int = 0,
    resamples: int = 200,
    stated: Mapping[str, Mapping[str, str]] | None = None,
    progress: Progress = lambda family, done, total: None,
) -> Report:
    """Hold synthetic answers against people's.

    `train`: people the model learned from, looked for in the panel. `ceiling`: a second human sample of the same
    frame; without it, random halves of `human`. `baselines`: answers of simpler methods, scored by the same code.
    `resamples`: bootstrap resamples of respondents; time and memory grow with it. Same arguments, same report.
    `stated`: outcome → driver → question that asks how important the driver is, for stated against derived importance.
    `progress`: called with the family of checks that comes next, and how many of how many are done.
    Raises `DataError` where a question of the same name has other options on the two sides.
    """
    # thousands of small fits: threads that wait for one another inside each of them cost three times the work
    with threadpool_limits(limits=1):
        comparison = compare(synthetic, human, train, ceiling, baselines, seed, resamples, stated)
        stated_importance.check_declared(stated, comparison)
        checks = _all_checks(comparison, progress)
        people_worth = worth.worth_of(comparison, checks) if comparison.questions else None
    # made from one instrument, the two often carry one name
    names = (synthetic.id, human.id) if synthetic.id != human.id else (f"{human.id}, synthetic", f"{human.id}, people")
    return Report(
        tuple(checks),
        summarize(checks, comparison.ceiling_words),
        *names,
        synthetic.n,
        human.n,
        tuple(question.name for question in comparison.questions),
        people_worth,
        supports_of(checks, human.n, synthetic.n, people_worth),
    )


def _all_checks(comparison: Comparison, progress: Progress) -> list[Check]:
    if not comparison.questions:
        reason = "the two sides share no question with enough answers: nothing to compare"
        found = [
            not_judged(name, margin.group, reason)
            for (name, scope), margin in MARGINS.items()
            # choices are no questions: `choices.scrutinize_choices` looks at them
            if scope == "all" and margin.group != "choice"
        ]
    else:
        found = []
        for number, family in enumerate(FAMILIES):
            progress(family.__name__.rpartition(".")[2], number, len(FAMILIES))
            found += family.checks(comparison)
        progress("", len(FAMILIES), len(FAMILIES))
    set_aside = [not_judged("tvd", margins.GROUP, why, "question", name) for name, why in comparison.set_aside]
    return found + set_aside
