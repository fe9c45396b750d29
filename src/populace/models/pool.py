"""Pooling: one distribution out of several opinions about the same question.

Every member (the survey model first, then recorded language models or experts) is calibrated and then pooled:

    c_j = normalise( ((1 - shrink_j) p_j + shrink_j / K) ** (1 / temperature_j) )
    linear:  q = sum_j weight_j c_j            log:  q ~ prod_j c_j ** weight_j

(linear and logarithmic opinion pools: Genest and Zidek 1986, Statistical Science 1). Shrinking towards uniform comes
first, because a language model that gave one answer every time leaves nothing to a temperature.

Only substantive options are pooled. Don't know and the like are hardly ever said by a language model, so their mass
is the survey model's. Numbers are fitted in `training/pool.py`; this file knows nothing of files and of fitting.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from populace.prompts.prompt import Prompt

#: kinds of question that have numbers of their own: two options, options in order, any other list
KINDS = ("binary", "ordered", "list")
#: forms of pool
FORMS = ("linear", "log")
#: columns of a kind's settings
SHRINK, TEMPERATURE, WEIGHT = 0, 1, 2
#: a language model before any calibration: this much of it is replaced by the uniform distribution. Prompted models
#: put nearly everybody into one option; in published comparisons with surveys the best single share to keep is .2-.3
PRIOR_SHRINK = 0.75
#: people behind a pooled margin before any calibration
PRIOR_PEOPLE = 6.0
#: smallest share that is taken the logarithm of
SMALLEST = 1e-6


@dataclass(frozen=True)
class Pool:
    """How members are calibrated and weighted, by kind of question."""

    #: names of the members, the survey model first
    members: tuple[str, ...]
    #: 'linear' or 'log'
    form: str
    #: kind -> (M, 3) shrink (0 to 1), temperature (above 0) and weight (sums to one) of every member
    settings: dict[str, np.ndarray]
    #: kind -> pseudo-people behind a pooled margin: the Beta intervals with so many cover 90 % of human shares
    people: dict[str, float]
    #: calibration questions behind the settings; 0 = nothing but the prior
    questions: int = 0
    #: what the fit reports of itself: kind -> questions, errors out of fold
    scores: dict[str, Any] = field(default_factory=dict)

    def shares(
        self, kind: str, members: Sequence[np.ndarray | None], missing: Sequence[bool] | np.ndarray = ()
    ) -> np.ndarray:
        """(K,) pooled shares of one question from the members' (K,) shares, None for a member without an opinion.

        Weights of the others are scaled up to sum to one; where only the survey model has an opinion, it stands
        unchanged. Members' missing options are ignored but for the survey model's, which keep their mass.
        """
        survey = np.asarray(members[0], float)
        aside = np.asarray(missing, bool) if len(missing) else np.zeros(len(survey), bool)
        if all(member is None for member in members[1:]) or (~aside).sum() < 2:
            return survey / survey.sum()
        batch = Batch.of([members], [aside])
        pooled = pooled_shares(self.form, self.settings[kind], batch)[0, : (~aside).sum()]
        out = survey / survey.sum()
        out[~aside] = pooled * out[~aside].sum()
        return out


def prior_pool(members: Sequence[str], form: str = "linear") -> Pool:
    """The pool before any calibration: every language model shrunk by 75 % to uniform, then the survey model with
    weight one half and the others with one half between them. A prior, not a result.
    """
    settings = prior_settings(len(members))
    people = dict.fromkeys(KINDS, PRIOR_PEOPLE)
    return Pool(tuple(members), form, {kind: settings.copy() for kind in KINDS}, people)


def prior_settings(members: int) -> np.ndarray:
    """(M, 3) settings of the prior."""
    others = members - 1
    settings = np.tile([PRIOR_SHRINK, 1.0, 0.5 / max(others, 1)], (members, 1))
    settings[0] = [0.0, 1.0, 0.5 if others else 1.0]
    return settings


def kind_of(prompt: Prompt) -> str:
    """Kind of a prompt: 'binary', 'ordered' or 'list'. Missing options do not count."""
    substantive = prompt.missing.count(False)
    return "binary" if substantive == 2 else "ordered" if prompt.ordinal else "list"


@dataclass(frozen=True)
class Batch:
    """Opinions on many questions, padded to the longest; substantive options only."""

    #: (Q, M, K) shares, each row sums to one; zeros where padded or absent
    shares: np.ndarray
    #: (Q, K) is there such an option?
    valid: np.ndarray
    #: (Q, M) has the member an opinion on the question?
    present: np.ndarray

    @classmethod
    def of(cls, members: Sequence[Sequence[np.ndarray | None]], missing: Sequence[np.ndarray]) -> Batch:
        """Stack questions: `members` Q lists of M shares (K,) or None, `missing` Q flags (K,)."""
        kept = [~np.asarray(aside, bool) for aside in missing]
        width = max((int(keep.sum()) for keep in kept), default=0)
        shares = np.zeros((len(kept), len(members[0]) if members else 0, width))
        present = np.zeros(shares.shape[:2], bool)
        for q, (row, keep) in enumerate(zip(members, kept, strict=True)):
            for m, member in enumerate(row):
                substantive = None if member is None else np.asarray(member, float)[keep]
                if substantive is not None and substantive.sum() > 0:
                    shares[q, m, : len(substantive)] = substantive / substantive.sum()
                    present[q, m] = True
        return cls(shares, np.arange(width) < np.array([keep.sum() for keep in kept])[:, None], present)

    def rows(self, chosen: np.ndarray) -> Batch:
        """Some of the questions."""
        return Batch(self.shares[chosen], self.valid[chosen], self.present[chosen])


def pooled_shares(form: str, settings: np.ndarray, batch: Batch) -> np.ndarray:
    """(Q, K) pooled shares; `settings` (M, 3)."""
    return pool_of(form, weights_of(settings, batch), calibrated(settings, batch)[0], batch)


def calibrated(settings: np.ndarray, batch: Batch) -> tuple[np.ndarray, np.ndarray]:
    """(Q, M, K) shares of every member after shrinkage and temperature, and after shrinkage alone."""
    shrink, power = settings[:, SHRINK][:, None], 1 / settings[:, TEMPERATURE][:, None]
    uniform = (batch.valid / batch.valid.sum(1, keepdims=True))[:, None, :]
    shrunk = (1 - shrink) * batch.shares + shrink * uniform
    powers = shrunk**power
    return powers / np.maximum(powers.sum(2, keepdims=True), SMALLEST), shrunk


def weights_of(settings: np.ndarray, batch: Batch) -> np.ndarray:
    """(Q, M) weights of the members that have an opinion, summing to one."""
    weight = settings[:, WEIGHT] * batch.present
    return weight / np.maximum(weight.sum(1, keepdims=True), SMALLEST)


def pool_of(form: str, weight: np.ndarray, shares: np.ndarray, batch: Batch) -> np.ndarray:
    """(Q, K) calibrated shares (Q, M, K) under weights (Q, M)."""
    if form == "linear":
        return np.einsum("qm,qmk->qk", weight, shares)
    logs = np.log(np.maximum(shares, SMALLEST))
    powers = np.exp(np.einsum("qm,qmk->qk", weight, logs)) * batch.valid
    return powers / powers.sum(1, keepdims=True)
