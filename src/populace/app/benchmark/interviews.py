"""Interviews of people set aside from training: what each is told and when, what is scored, and what scores mean.

Twelve backgrounds of a person are told, then answers in random order; every other answer is scored by the probability
it had. People and questions are drawn together in one bootstrap.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from populace.app.benchmark.bootstrap import Spread, cluster_draws
from populace.data.splits import batteries
from populace.models.base import ResponseModel
from populace.models.surveylm import SurveyLM
from populace.training.corpus import Corpus

#: corpus -> the twelve backgrounds that are told first (all ten where there are no more)
BACKGROUNDS = {
    "gss_2006_2018": (
        "age", "sex", "race", "degree", "region", "marital", "partyid", "income", "wrkstat", "polviews", "hispanic",
        "relig",
    ),
    "anes_2020": (
        "V201507x", "V201600", "V201549x", "V201511x", "V201508", "V201231x", "V201200", "V201617x", "V201435",
        "V201453", "V201517", "V201546",
    ),
    "shed_2021": (
        "ppage", "ppgender", "ppethm", "ppeduc5", "ppinc7", "ppemploy", "ppmarit5", "pphhsize", "pphouse4", "pprent",
        "ppmsacat", "ppreg9",
    ),
    "young_people": ("c140", "c141", "c142", "c143", "c144", "c145", "c146", "c147", "c148", "c149"),
}  # fmt: skip
#: answers told before the others are scored
STAGES = (0, 5, 15, 50, 100)
#: people from whom baselines learn
TEACHERS = 6000
#: choosers and others that an option needs to be ranked by
LEAST_RANKED = 5
#: probabilities are raised to this before logarithms, of every system alike
SMALLEST = 1e-5


@dataclass(frozen=True)
class Interviews:
    """People set aside, what each is told when, and what is scored."""

    #: the corpus they come from
    corpus: Corpus
    #: (n,) rows of the people
    rows: np.ndarray
    #: columns of the backgrounds
    background: np.ndarray
    #: (n, Q) stage before which an answer is told; -1 = never
    told_at: np.ndarray
    #: (T,) columns that are scored
    targets: np.ndarray
    #: (Q,) battery of every column
    battery: np.ndarray

    @property
    def answers(self) -> np.ndarray:
        """(n, Q) positions, -1 = no answer."""
        return self.corpus.positions[self.rows].astype(np.int64)

    @property
    def scored(self) -> np.ndarray:
        """(n, T) answers that are scored at every stage: given, and never told."""
        return (self.answers[:, self.targets] >= 0) & (self.told_at[:, self.targets] < 0)

    @property
    def scored_alone(self) -> np.ndarray:
        """(n, T) those of them that have no battery-mate among the answers told."""
        mates = np.zeros((len(self.rows), self.battery.max() + 1), bool)
        person, column = np.nonzero(self.told_at >= 0)
        mates[person, self.battery[column]] = True
        return self.scored & ~mates[:, self.battery[self.targets]]

    def of(self, people: int) -> Interviews:
        """The first of the people."""
        return Interviews(
            self.corpus, self.rows[:people], self.background, self.told_at[:people], self.targets, self.battery
        )


def interviews(
    corpus: Corpus,
    background: Sequence[str],
    kind: str,
    people: int,
    targets: int,
    random: np.random.Generator,
    met: np.ndarray | None = None,
) -> Interviews:
    """Draw people, what they are told and what is scored; only questions that are `met` ((Q,) True) in training.

    At most half of a person's answers are told, so that there is something to score at every stage.
    """
    names = [item.name for item in corpus.items]
    told = np.array([names.index(name) for name in background if name in names], int)
    roles = np.array([item.role for item in corpus.items])
    pool = np.setdiff1d(np.arange(len(names)) if met is None else np.flatnonzero(met), told)
    pool = pool if kind == "all questions" else pool[roles[pool] == "question"]
    held = np.flatnonzero(corpus.judging)
    first = np.unique(corpus.respondents[held].astype(str), return_index=True)[1]
    rows = random.permutation(held[np.sort(first)])[:people]
    told_at = np.full((len(rows), len(names)), -1, np.int8)
    for i, row in enumerate(rows):
        answered = random.permutation(pool[corpus.positions[row, pool] >= 0])
        context = answered[: min(STAGES[-1], len(answered) // 2)]
        told_at[i, context] = np.searchsorted(STAGES, np.arange(len(context)), side="right")
    asked = random.permutation(pool[(corpus.positions[rows][:, pool] >= 0).any(axis=0)])[:targets]
    return Interviews(corpus, rows, told, told_at, np.sort(asked), batteries(corpus.items))


def probabilities(
    model: ResponseModel, drawn: Interviews, stages: Sequence[int], random: np.random.Generator
) -> Iterator[tuple[int, list[np.ndarray]]]:
    """(stage, [(n, K) probabilities of every target]) after each of the stages, one interview throughout."""
    prompts, answers = drawn.corpus.prompts, drawn.answers
    session = model.open(len(drawn.rows))
    for q in drawn.background:
        session.tell(prompts[q], answers[:, q])
    for number, stage in enumerate(STAGES):
        told = drawn.told_at == number
        # in random order, so that no battery is told in one go
        for q in random.permutation(np.flatnonzero(told.any(axis=0))):
            session.tell(prompts[q], np.where(told[:, q], answers[:, q], -1))
        if stage in stages:
            yield stage, [np.asarray(session.ask(prompts[q])) for q in drawn.targets]


def margins_of(corpus: Corpus, columns: np.ndarray) -> list[np.ndarray]:
    """(K,) shares of every column among the people who were not set aside, half an answer added to each option."""
    found = []
    for q in columns:
        chosen = corpus.positions[~corpus.held, q]
        counts = np.bincount(chosen[chosen >= 0], minlength=len(corpus.prompts[q].options)) + 0.5
        found.append(counts / counts.sum())
    return found


def losses(shares: Sequence[np.ndarray], drawn: Interviews) -> np.ndarray:
    """(n, T) minus log probability of the answer given; 0 where there is none. Shares are (n, K) or (K,) a target."""
    answers = drawn.answers[:, drawn.targets]
    out = np.zeros(answers.shape)
    for t, share in enumerate(shares):
        rows = np.flatnonzero(answers[:, t] >= 0)
        share = np.broadcast_to(share, (len(answers), np.shape(share)[-1]))
        out[rows, t] = -np.log(np.maximum(share[rows, answers[rows, t]], SMALLEST))
    return out


def auc_within(share: np.ndarray, chosen: np.ndarray) -> float:
    """Area under the curve of each option among those who answered, averaged by how often it was chosen.

    share: (m, K), chosen: (m,). .5: nothing is known of a person beyond the question's margin. NaN where no option
    has `LEAST_RANKED` on both sides. Reference: Hanley & McNeil 1982. Example: probabilities of "yes" (.9, .2) for
    people who said yes and no: 1.
    """
    areas, weights = [], []
    for k in range(share.shape[1]):
        hit = chosen == k
        if min(hit.sum(), (~hit).sum()) >= LEAST_RANKED:
            ranks = rankdata(share[:, k])
            over = ranks[hit].sum() - hit.sum() * (hit.sum() + 1) / 2
            areas.append(over / (hit.sum() * (~hit).sum()))
            weights.append(hit.sum())
    return float(np.average(areas, weights=weights)) if areas else float("nan")


def met_in_training(model: SurveyLM, corpus: Corpus) -> np.ndarray:
    """(Q,) which questions the model met: batteries set aside belong to another regime."""
    return np.array([model.origin(prompt) == "known" for prompt in corpus.prompts])


@dataclass(frozen=True)
class Draws:
    """One bootstrap of people and of questions."""

    #: (R, n) how often every person is drawn
    people: np.ndarray
    #: (R, T) how often every question is drawn, batteries as clusters
    questions: np.ndarray

    @classmethod
    def of(cls, drawn: Interviews, resamples: int, random: np.random.Generator) -> Draws:
        """Draws of these people and of the questions that are scored."""
        people = len(drawn.rows)
        counts = random.multinomial(people, np.full(people, 1 / people), resamples)
        return cls(counts, cluster_draws([drawn.battery[drawn.targets]], resamples, random))

    def ratio(self, over: np.ndarray, under: np.ndarray) -> Spread:
        """Sum of one (n, T) array over the sum of another."""
        sums = [((self.people @ part) * self.questions).sum(axis=1) for part in (over, under)]
        replicates = np.divide(*sums, out=np.full(len(sums[0]), np.nan), where=sums[1] > 0)
        return Spread(float(over.sum() / under.sum()) if under.sum() > 0 else float("nan"), replicates)
