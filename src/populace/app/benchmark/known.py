"""R1: people that training never saw, questions that it did.

Two parts. *Answers*: twelve backgrounds of a person are told, then 5, 15, 50 and 100 of the person's answers in random
order, and the probability of every other answer is scored. *Panels* (known_panels.py): synthetic people with the
backgrounds of real ones answer forty questions freely, and scrutiny holds them against other people.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from populace.app.benchmark import known_panels
from populace.app.benchmark.bench import Bench
from populace.app.benchmark.bootstrap import RESAMPLES, mean
from populace.app.benchmark.figures import Figure, Gap, from_dict
from populace.app.benchmark.interviews import (
    BACKGROUNDS,
    LEAST_RANKED,
    STAGES,
    TEACHERS,
    Draws,
    Interviews,
    auc_within,
    interviews,
    losses,
    margins_of,
    met_in_training,
    probabilities,
)
from populace.app.benchmark.retest import retest_figure
from populace.app.benchmark.splits import SHIPPED
from populace.models.base import ResponseModel
from populace.models.baselines import Cells, Copula
from populace.training.corpus import Corpus

REGIME = "R1"
#: backgrounds (sex, education) whose cells are the demographic baseline
CELLS = {
    "gss_2006_2018": ("sex", "degree", "partyid"),
    "anes_2020": ("V201600", "V201511x", "V201231x"),
    "shed_2021": ("ppgender", "ppeduc5", "ppinc7"),
    "young_people": ("c144", "c146"),
}
#: people and questions scored
PEOPLE, TARGETS = 512, 300
#: people whom the copula is asked about: it solves one regression for every person and question
COPULA_PEOPLE, COPULA_STAGES = 96, (0, 50)


def measure(bench: Bench) -> list[Figure | Gap]:
    """All figures of the regime."""
    found: list[Figure | Gap] = []
    for name in BACKGROUNDS:
        for kind in ("all questions", "questions of role question"):
            found += _kept(bench, f"{REGIME} answers {name} {kind}", name, kind)
    return found + known_panels.measure(bench, REGIME)


def _kept(bench: Bench, part: str, name: str, kind: str) -> list[Figure | Gap]:
    kept = bench.keep(
        part,
        lambda: [one.to_dict() for one in answer_figures(bench, name, kind)],
        models=(SHIPPED,),
        data=(name,),
        uses=("app/benchmark/bootstrap.py", "app/benchmark/interviews.py", "app/benchmark/retest.py"),
    )
    return [from_dict(one) for one in kept]


def answer_figures(bench: Bench, name: str, kind: str) -> list[Figure | Gap]:
    """Gain over margins and AUC at every stage, for our model and for baselines."""
    corpus, random = bench.corpus(name), bench.random(REGIME, name, kind)
    people, targets = bench.size(PEOPLE, 48), bench.size(TARGETS, 30)
    model = bench.model()
    met = met_in_training(model, corpus)
    drawn = interviews(corpus, BACKGROUNDS[name], kind, people, targets, random, met)
    draws = Draws.of(drawn, bench.size(RESAMPLES, 200), random)
    study = name if kind == "all questions" else f"{name}, questions only"
    note = f"{len(drawn.rows)} people set aside; questions met in training ({met.mean():.0%} of all)"
    margin = losses(margins_of(corpus, drawn.targets), drawn)
    own = retest_figure(bench, REGIME, study, drawn)
    found: list[Figure | Gap] = [] if own is None else [own]
    ceiling = own.value if isinstance(own, Figure) else None
    for stage, shares in probabilities(model, drawn, STAGES, bench.random(REGIME, name, "order")):
        ours = losses(shares, drawn)
        found += _stage_figures(study, "populace", stage, ours, margin, drawn.scored, draws, note, ceiling)
        found.append(_auc_figure(study, "populace", stage, shares, drawn, draws, note))
        if kind != "all questions":
            alone = f"{study}, no battery-mates told"
            found += _stage_figures(alone, "populace", stage, ours, margin, drawn.scored_alone, draws, note)
    return found + _baseline_figures(bench, study, drawn, margin) if kind == "all questions" else found


def _baseline_figures(bench: Bench, study: str, drawn: Interviews, margin: np.ndarray) -> list[Figure | Gap]:
    """The same for demographic cells, and for a copula of the people who were not set aside."""
    corpus, name = drawn.corpus, drawn.corpus.name
    found: list[Figure | Gap] = []
    for system, model, people, stages in _baselines(bench, drawn, CELLS[name]):
        part = drawn.of(people)
        draws = Draws.of(part, bench.size(RESAMPLES, 200), bench.random(REGIME, name, system))
        note = f"learned from {TEACHERS:,} of the other people at most; {len(part.rows)} people"
        for stage, shares in probabilities(model, part, stages, bench.random(REGIME, corpus.name, "order")):
            ours = losses(shares, part)
            found += _stage_figures(study, system, stage, ours, margin[:people], part.scored, draws, note)
            found.append(_auc_figure(study, system, stage, shares, part, draws, note))
    return found


def _baselines(
    bench: Bench, drawn: Interviews, cells: Sequence[str]
) -> Iterator[tuple[str, ResponseModel, int, Sequence[int]]]:
    """(name, model, people it is asked about, stages)."""
    corpus = drawn.corpus
    random = bench.random(REGIME, corpus.name, "teachers")
    teachers = random.permutation(np.flatnonzero(~corpus.held))[: bench.size(TEACHERS, 500)]
    names = [item.name for item in corpus.items]
    choices = corpus.positions[teachers].astype(np.int64)
    usable = _usable(corpus, choices)
    prompts, columns = [corpus.prompts[q] for q in usable], [choices[:, q] for q in usable]
    places = [names.index(cell) for cell in cells if cell in names]
    cell_prompts, cell_columns = [corpus.prompts[q] for q in places], [choices[:, q] for q in places]
    yield "demographic cells", Cells(prompts, columns, cell_prompts, cell_columns), len(drawn.rows), (0,)
    yield "copula", Copula(prompts, columns), bench.size(COPULA_PEOPLE, 16), COPULA_STAGES


def _usable(corpus: Corpus, choices: np.ndarray) -> np.ndarray:
    """Columns of the corpus, one for each wording: baselines know a question by its words."""
    seen = {(prompt.text, prompt.options): q for q, prompt in enumerate(corpus.prompts)}
    return np.array(sorted(seen.values()))


def _stage_figures(
    study: str,
    system: str,
    stage: int,
    ours: np.ndarray,
    margin: np.ndarray,
    scored: np.ndarray,
    draws: Draws,
    note: str,
    ceiling: float | None = None,
) -> list[Figure | Gap]:
    """Loss against the margin's, in nats an answer and in per cent."""
    answers, words = int(scored.sum()), _stage_words(stage)
    percent = draws.ratio(100 * scored * (ours - margin), scored * margin)
    nats = draws.ratio(scored * (margin - ours), scored.astype(float))
    place = (REGIME, study, system)
    return [
        percent.figure(*place, f"NLL against the margin (%), {words}", answers, "answers", ceiling, note),
        nats.figure(*place, f"gain over the margin (nats), {words}", answers, "answers", None, note),
    ]


def _auc_figure(
    study: str, system: str, stage: int, shares: Sequence[np.ndarray], drawn: Interviews, draws: Draws, note: str
) -> Figure | Gap:
    """AUC within questions, averaged by their answers; questions are drawn, people are not."""
    answers, scored = drawn.answers[:, drawn.targets], drawn.scored
    rows = [np.flatnonzero(scored[:, t]) for t in range(len(drawn.targets))]
    areas = np.array([auc_within(shares[t][r], answers[r, t]) for t, r in enumerate(rows)])
    kept = np.flatnonzero(np.isfinite(areas))
    weights = scored.sum(axis=0)[kept].astype(float)
    words = f"AUC within questions, {_stage_words(stage)}"
    if not len(kept):
        return Gap(REGIME, study, system, words, f"no option was chosen by {LEAST_RANKED} of the people")
    spread = mean(areas[kept], draws.questions[:, kept], weights)
    return spread.figure(REGIME, study, system, words, len(kept), "questions", None, note)


def _stage_words(stage: int) -> str:
    return f"+{stage} answers" if stage else "background only"
