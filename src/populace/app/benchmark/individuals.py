"""What one person answers to questions the model never saw, given none, 15 or 40 of the person's other answers.

People set aside from training are told their backgrounds and then answers to questions of training; the held-out
questions are asked after 0, 15 and 40 of them. AUC says how well people are told apart, NLL how good the
probabilities are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import rankdata

from populace.app.benchmark import bootstrap, guard, splits
from populace.app.benchmark.bench import Bench
from populace.app.benchmark.figures import Figure, Gap
from populace.data.splits import batteries
from populace.models.base import ResponseModel
from populace.models.columns import one_axis
from populace.prompts.prompt import Prompt
from populace.training.corpus import Corpus

#: answers told besides the backgrounds
STAGES = (0, 15, 40)
#: people of a corpus, and share of them who answered a question that is told or asked
PEOPLE, TOLD_BY, ASKED_OF = 600, 0.3, 0.1
#: fewest answers to a question that is scored
FEWEST = 40
#: smallest probability that a logarithm is taken of
SMALLEST = 1e-6


def measure(bench: Bench, regime: str) -> list[Figure | Gap]:
    """AUC and NLL by number of answers told, by house and over all."""
    rows = [row for name in _corpora(bench) for row in question_scores(bench, name)]
    studies = {
        house: [row for row in rows if row["house"] == house] for house in dict.fromkeys(r["house"] for r in rows)
    }
    figures: list[Figure | Gap] = []
    for study, own in [*studies.items(), ("all", rows)]:
        figures += _figures(bench, regime, study, own)
    return figures


def _corpora(bench: Bench) -> list[str]:
    return [name for name in bench.trained_on() if name not in splits.MARGIN_FILES]


def _figures(bench: Bench, regime: str, study: str, rows: Sequence[dict[str, Any]]) -> list[Figure | Gap]:
    if len(rows) < 3:
        return [Gap(regime, study, "populace", "AUC", f"{len(rows)} questions with enough people: too few")]
    house, battery = (np.array([row[key] for row in rows]) for key in ("house", "battery"))
    draws = bootstrap.cluster_draws([battery], bootstrap.RESAMPLES, bench.random(regime, "individuals", study), house)
    answers = np.array([row["answers"] for row in rows], float)
    margin = np.array([row["margin_nll"] for row in rows])
    place = (regime, study, "populace")
    figures: list[Figure | Gap] = []
    for stage in STAGES:
        told = f"given backgrounds and {stage} answers"
        auc = bootstrap.mean([row["auc"][str(stage)] for row in rows], draws)
        loss = np.array([row["nll"][str(stage)] for row in rows])
        gain = bootstrap.combined(
            lambda ratio: 100 * (ratio - 1), bootstrap.ratio_of_sums(loss, margin, draws, answers)
        )
        note = "an uninformed guess has .5; no one has asked these people twice"
        figures.append(auc.figure(*place, f"AUC {told}", len(rows), note=note))
        nll = bootstrap.ratio_of_sums(answers * loss, answers, draws)
        figures.append(nll.figure(*place, f"NLL {told}, nats", len(rows), note="margin, too, is the model's guess"))
        note = "people's margin itself would have 0"
        figures.append(gain.figure(*place, f"NLL {told}, % over people's margin", len(rows), note=note))
    return figures


def question_scores(bench: Bench, name: str) -> list[dict[str, Any]]:
    """Scores of every held-out question of one corpus."""
    return bench.keep(
        f"R2 individuals {name}",
        lambda: _scores(bench, name),
        models=[splits.SHIPPED],
        data=bench.trained_on(),
        settings={"people": bench.size(PEOPLE, 80)},
    )


@dataclass(frozen=True)
class Interviews:
    """Whom is told and asked what."""

    #: where people and questions come from
    corpus: Corpus
    #: rows of the people
    people: np.ndarray
    #: columns of backgrounds, told first
    background: np.ndarray
    #: columns told afterwards, in order
    told: np.ndarray
    #: columns asked
    asked: np.ndarray

    @property
    def answers(self) -> np.ndarray:
        """(people, Q) positions, -1 = no answer."""
        return self.corpus.positions[self.people].astype(int)


def interviews_of(corpus: Corpus, held: np.ndarray, most: int, random: np.random.Generator) -> Interviews | None:
    """Held-out people, their backgrounds, other answers in random order, held-out questions; None where too few."""
    people = np.sort(random.permutation(np.flatnonzero(corpus.held))[:most])
    answered = (corpus.positions[people] >= 0).mean(0) if len(people) else np.zeros(len(held))
    background = np.array([item.role == "background" for item in corpus.items])
    often = np.flatnonzero((answered > TOLD_BY) & ~held & ~background)
    told = random.permutation(often)[: max(STAGES)]
    asked = np.flatnonzero((answered > ASKED_OF) & held & (answered * len(people) >= FEWEST))
    if len(told) < max(STAGES) or not len(asked):
        return None
    return Interviews(corpus, people, np.flatnonzero(background & ~held & (answered > TOLD_BY)), told, asked)


def _scores(bench: Bench, name: str) -> list[dict[str, Any]]:
    material = bench.material()
    place = [corpus.name for corpus in material.corpora].index(name)
    corpus = material.corpora[place]
    random = bench.random("individuals", name)
    found = interviews_of(corpus, material.held_questions[place], bench.size(PEOPLE, 80), random)
    if found is None:
        return []
    guard.check_people(corpus, found.people, material.corpora)
    guard.check_new([corpus.prompts[q] for q in found.asked], bench.model())
    stages = dict(ask(bench.model(), found))
    groups = batteries(corpus.items)
    asked = enumerate(found.asked)
    return [row for i, q in asked if (row := _row(found, q, groups[q], {s: p[i] for s, p in stages.items()}))]


def ask(model: ResponseModel, found: Interviews):
    """For every stage, the probabilities (people, K) of every question asked."""
    session, prompts, answers = model.open(len(found.people)), found.corpus.prompts, found.answers
    for q in found.background:
        session.tell(prompts[q], answers[:, q])
    done = 0
    for stage in STAGES:
        for q in found.told[done:stage]:
            session.tell(prompts[q], answers[:, q])
        done = stage
        yield stage, [session.ask(prompts[q]) for q in found.asked]


def _row(found: Interviews, q: int, group: int, by_stage: dict[int, np.ndarray]) -> dict[str, Any] | None:
    corpus, chosen = found.corpus, found.answers[:, q]
    there = np.flatnonzero(chosen >= 0)
    prompt = corpus.prompts[q]
    everybody = np.bincount(corpus.positions[corpus.positions[:, q] >= 0, q], minlength=len(prompt.options)) + 0.5
    ranked = {str(stage): auc(prompt, p[there], chosen[there]) for stage, p in by_stage.items()}
    if None in ranked.values():
        return None
    return {
        "house": splits.house_of(corpus.name) or corpus.name,
        "survey": corpus.name,
        "battery": f"{corpus.name} {group}",
        "name": corpus.items[q].name,
        "answers": len(there),
        "auc": ranked,
        "nll": {str(stage): _nll(p[there], chosen[there]) for stage, p in by_stage.items()},
        "margin_nll": _nll(np.tile(everybody / everybody.sum(), (len(there), 1)), chosen[there]),
    }


def _nll(probabilities: np.ndarray, chosen: np.ndarray) -> float:
    return float(-np.log(np.maximum(probabilities[np.arange(len(chosen)), chosen], SMALLEST)).mean())


def auc(prompt: Prompt, probabilities: np.ndarray, chosen: np.ndarray) -> float | None:
    """How often the model ranks two people who answered differently as they did; None where all answered the same.

    Ordered and two-option questions: by the expected position, over all pairs of different answers on the scale
    (for two options the usual AUC). Lists: one option against the rest, options weighted by how many chose them.
    Example: expected positions (.2, .9, .4), answers (0, 1, 1): both pairs in order, 1.0.
    """
    if one_axis(prompt):
        valid = np.flatnonzero(~np.array(prompt.missing))
        rows = np.isin(chosen, valid)
        shares = probabilities[rows][:, valid]
        return concordance(shares @ valid / np.maximum(shares.sum(1), 1e-12), chosen[rows])
    found = [
        (concordance(probabilities[:, k], (chosen == k).astype(int)), (chosen == k).sum()) for k in np.unique(chosen)
    ]
    usable = [(value, count) for value, count in found if value is not None]
    return float(np.average([v for v, _ in usable], weights=[c for _, c in usable])) if usable else None


def concordance(score: np.ndarray, order: np.ndarray) -> float | None:
    """Share of pairs with different `order` whose scores stand in that order; ties count half."""
    values, right, pairs = np.unique(order), 0.0, 0.0
    for i, low in enumerate(values):
        for high in values[i + 1 :]:
            a, b = score[order == low], score[order == high]
            ranks = rankdata(np.concatenate([a, b]))
            right += ranks[len(a) :].sum() - len(b) * (len(b) + 1) / 2
            pairs += len(a) * len(b)
    return right / pairs if pairs else None
