"""fit_pool(): how far to trust which member of a pool, learned from questions whose human answers are known.

Settings are the maximum a posteriori under independent normal errors of the shares: squared distances to the human
shares, plus a ridge to the prior of `models/pool.py`. One set is fitted for all questions, then one for each kind of
question with a tighter ridge to the common one (partial pooling), so that twenty questions are enough to be better
than the prior and none are needed to work. Nothing here is random but the folds, which have a seed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares

from populace.models.pool import (
    FORMS,
    KINDS,
    PRIOR_PEOPLE,
    SHRINK,
    SMALLEST,
    TEMPERATURE,
    WEIGHT,
    Batch,
    Pool,
    calibrated,
    pool_of,
    pooled_shares,
    prior_settings,
    weights_of,
)
from populace.training.calibrate import people_for_coverage

#: prior standard deviations of shrink (survey model; others), of the logarithm of temperature, and of that of weight
SHRINK_SPREAD, OTHER_SHRINK_SPREAD, TEMPERATURE_SPREAD, WEIGHT_SPREAD = 0.15, 0.25, 0.3, 0.7
#: the same for a kind of question around all questions, as a share of these
KIND_SPREAD = 0.5
#: limits of shrink, and of the logarithms of temperature and weight
_SHRINK_LIMITS, _LOG_LIMITS = (0.0, 0.995), (-6.0, 6.0)
#: questions that the prior counts as when people behind a margin are estimated
PRIOR_QUESTIONS = 10
#: fewer calibration questions than this fit nothing but the numbers of the linear pool
FEWEST_FOR_FORM = 30
#: variance of a share around its prediction below which no fit is believed
_LEAST_VARIANCE = 1e-4


def fit_pool(
    targets: Sequence[np.ndarray],
    members: Sequence[Sequence[np.ndarray | None]],
    kinds: Sequence[str],
    missing: Sequence[np.ndarray] | None = None,
    people: Sequence[float] | None = None,
    names: Sequence[str] | None = None,
    form: str | None = None,
    groups: Sequence[object] | None = None,
    folds: int = 5,
    seed: int = 0,
) -> Pool:
    """Fit a pool on Q calibration questions; apply it with `pool.shares(kind, members, missing)`.

    targets  Q arrays (K,): human shares of every option; missing options may be in it and are ignored
    members  Q lists of the same M members' shares (K,), the survey model first, None where a member has no opinion
    kinds    Q of 'binary', 'ordered', 'list' (see `models.pool.kind_of`)
    missing  Q arrays (K,) bool, True for don't know and the like; none unless given
    people   Q sample sizes behind the targets; exact unless given
    names    M names; 'survey', 'member 1', ... unless given
    form     'linear' or 'log'; unless given the better one out of fold, when there are 30 questions or more
    groups   Q labels, questions of one group (a survey, a battery) stay in one fold; each its own unless given

    Without questions (Q = 0, `names` needed) the result is the prior. `pool.scores` has the errors out of fold: mean
    TVD and squared distance of the pool and of every member alone. Raises ValueError for arrays that do not fit.
    """
    names = tuple(names or _names(members))
    data = _Data.of(targets, members, kinds, missing, people, len(names))
    folded = _folds(range(len(targets)) if groups is None else groups, folds, seed)
    outside = {f: _out_of_fold(f, data, folded) for f in ([form] if form else FORMS) if len(data.kinds)}
    chosen = form or _better_form(data, outside)
    settings = fit_settings(chosen, data, len(names))
    found = outside.get(chosen)
    behind = _people_behind(data, found) if found is not None else dict.fromkeys(KINDS, PRIOR_PEOPLE)
    scores = {} if found is None else _scores(data, found, names)
    return Pool(names, chosen, settings, behind, len(data.kinds), scores)


def cross_validated(
    targets: Sequence[np.ndarray],
    members: Sequence[Sequence[np.ndarray | None]],
    kinds: Sequence[str],
    missing: Sequence[np.ndarray] | None = None,
    people: Sequence[float] | None = None,
    form: str | None = None,
    groups: Sequence[object] | None = None,
    folds: int = 10,
    seed: int = 0,
) -> list[np.ndarray]:
    """(K,) pooled shares of every question from a pool that was fitted without its fold; arguments as in `fit_pool`.

    The form is chosen inside the other folds too, so that nothing of a question reaches its own prediction.
    """
    labels = list(range(len(targets))) if groups is None else list(groups)
    aside = [np.zeros(len(t), bool) for t in targets] if missing is None else list(missing)
    folded = _folds(labels, folds, seed)
    out: list[np.ndarray | None] = [None] * len(targets)
    for fold in np.unique(folded):
        rest = np.nonzero(folded != fold)[0]
        chosen = [[None if part is None else part[q] for q in rest] for part in (targets, members, kinds, aside)]
        size = None if people is None else [people[q] for q in rest]
        inner = [labels[q] for q in rest]
        pool = fit_pool(*chosen, size, _names(members), form, inner, seed=seed)
        for q in np.nonzero(folded == fold)[0]:
            out[q] = pool.shares(kinds[q], members[q], aside[q])
    return out


@dataclass(frozen=True)
class _Data:
    """Calibration questions as arrays, substantive options only."""

    #: (Q, K) human shares
    targets: np.ndarray
    #: what the members say
    batch: Batch
    #: (Q,) kinds
    kinds: np.ndarray
    #: (Q, K) sampling variance of the human shares
    noise: np.ndarray

    @classmethod
    def of(cls, targets, members, kinds, missing, people, count: int) -> _Data:
        aside = [np.zeros(len(t), bool) for t in targets] if missing is None else [np.asarray(m, bool) for m in missing]
        _check(targets, members, kinds, aside, count)
        batch = Batch.of(members, aside)
        shares = Batch.of([[target] for target in targets], aside).shares[:, 0] if len(targets) else np.zeros((0, 0))
        size = np.inf if people is None else np.asarray(people, float)[:, None]
        return cls(shares, batch, np.array(kinds, dtype=object), shares * (1 - shares) / size)

    def rows(self, chosen: np.ndarray) -> _Data:
        """Some of the questions."""
        return _Data(self.targets[chosen], self.batch.rows(chosen), self.kinds[chosen], self.noise[chosen])


def _check(targets, members, kinds, missing, count: int) -> None:
    if not len(targets) == len(members) == len(kinds) == len(missing):
        raise ValueError(
            f"{len(targets)} targets, {len(members)} rows of members, {len(kinds)} kinds; expected as many"
        )
    for q, (target, row, kind) in enumerate(zip(targets, members, kinds, strict=True)):
        sizes = {len(part) for part in (target, missing[q], *(m for m in row if m is not None))}
        if len(row) != count or len(sizes) != 1 or kind not in KINDS or row[0] is None:
            raise ValueError(
                f"question {q}: kind {kind!r}, {len(row)} members of {count}, numbers of options {sorted(sizes)}; "
                f"expected a kind of {KINDS}, all members with the survey model first, one number of options"
            )
        if np.asarray(target, float)[~missing[q]].sum() <= 0:
            raise ValueError(f"question {q}: human shares of its substantive options sum to zero")


def _names(members: Sequence[Sequence[np.ndarray | None]]) -> list[str]:
    others = len(members[0]) - 1 if len(members) else 0
    return ["survey", *(f"member {i}" for i in range(1, others + 1))]


def _folds(groups: Sequence[object], folds: int, seed: int) -> np.ndarray:
    """(Q,) fold of every question, whole groups together."""
    labels = [str(label) for label in groups]
    distinct = sorted(set(labels))
    order = np.random.default_rng(seed).permutation(len(distinct))
    fold_of = {label: int(place) % max(folds, 1) for label, place in zip(distinct, order, strict=True)}
    return np.array([fold_of[label] for label in labels], dtype=int)


def fit_settings(form: str, data: _Data, members: int) -> dict[str, np.ndarray]:
    """Kind -> (M, 3) settings: common ones with a ridge to the prior, then each kind's with a ridge to the common."""
    centre, spread = _to_parameters(prior_settings(members)), _spreads(members)
    variance = _variance(form, centre, data)
    common = _fitted(form, data, centre, spread, variance)
    variance = _variance(form, common, data)
    common = _fitted(form, data, centre, spread, variance)
    return {kind: _to_settings(_of_kind(form, data, kind, common, spread, variance)) for kind in KINDS}


def _of_kind(form: str, data: _Data, kind: str, common: np.ndarray, spread: np.ndarray, variance: float) -> np.ndarray:
    rows = np.nonzero(data.kinds == kind)[0]
    return _fitted(form, data.rows(rows), common, KIND_SPREAD * spread, variance)


def _fitted(form: str, data: _Data, centre: np.ndarray, spread: np.ndarray, variance: float) -> np.ndarray:
    """(3M,) parameters with the least penalised squared distance to the targets, starting from the centre."""
    if not len(data.kinds) or spread.size <= 3:
        return centre
    valid, scale = data.batch.valid, np.sqrt(variance + data.noise)
    ridge = np.diag(1 / spread)

    def residuals(parameters: np.ndarray) -> np.ndarray:
        gap = (pooled_shares(form, _to_settings(parameters), data.batch) - data.targets) / scale
        return np.concatenate([gap[valid], (parameters - centre) / spread])

    def jacobian(parameters: np.ndarray) -> np.ndarray:
        return np.concatenate([(slopes(form, parameters, data.batch) / scale[..., None])[valid], ridge])

    lower, upper = _limits(len(centre))
    start = np.clip(centre, lower + 1e-3, upper - 1e-3)
    return least_squares(residuals, start, jacobian, (lower, upper), xtol=1e-4, ftol=1e-5).x


def slopes(form: str, parameters: np.ndarray, batch: Batch) -> np.ndarray:
    """(Q, K, 3M) derivatives of pooled shares by shrink and by the logarithms of temperature and weight."""
    settings = _to_settings(parameters)
    weight = weights_of(settings, batch)
    shares, shrunk = calibrated(settings, batch)
    pool, power = pool_of(form, weight, shares, batch), 1 / settings[:, TEMPERATURE][:, None]
    uniform = (batch.valid / batch.valid.sum(1, keepdims=True))[:, None, :]
    shrunk = np.maximum(shrunk, SMALLEST)
    # derivatives of log shares, before and after they are made to sum to one
    by_shrink, by_temperature = power * (uniform - batch.shares) / shrunk, -power * np.log(shrunk)
    logs = np.log(np.maximum(shares, SMALLEST)) if form == "log" else None
    parts = [part - (shares * part).sum(2, keepdims=True) for part in (by_shrink, by_temperature)]
    if form == "linear":
        parts = [*(part * shares for part in parts), shares - pool[:, None]]
    else:
        parts.append(logs - np.einsum("qm,qmk->qk", weight, logs)[:, None])
        parts = [pool[:, None] * (part - (pool[:, None] * part).sum(2, keepdims=True)) for part in parts]
    stacked = np.stack(parts, 3) * (weight[:, :, None] * batch.valid[:, None])[..., None]
    return stacked.transpose(0, 2, 1, 3).reshape(*batch.valid.shape, -1)


def _variance(form: str, parameters: np.ndarray, data: _Data) -> float:
    """Mean squared error of a share, the sampling of the humans taken off."""
    if not len(data.kinds):
        return 1.0
    gap = pooled_shares(form, _to_settings(parameters), data.batch) - data.targets
    degrees = (data.batch.valid.sum(1) - 1).sum()
    return max(float((gap**2 - data.noise)[data.batch.valid].sum() / degrees), _LEAST_VARIANCE)


def _spreads(members: int) -> np.ndarray:
    out = np.tile([OTHER_SHRINK_SPREAD, TEMPERATURE_SPREAD, WEIGHT_SPREAD], (members, 1))
    out[0, SHRINK] = SHRINK_SPREAD
    return out.ravel()


def _limits(size: int) -> tuple[np.ndarray, np.ndarray]:
    ends = np.array([_SHRINK_LIMITS, _LOG_LIMITS, _LOG_LIMITS])
    return np.tile(ends[:, 0], size // 3), np.tile(ends[:, 1], size // 3)


def _to_parameters(settings: np.ndarray) -> np.ndarray:
    """Shrink as it is, logarithms of temperature and weight."""
    out = settings.copy()
    out[:, [TEMPERATURE, WEIGHT]] = np.log(out[:, [TEMPERATURE, WEIGHT]])
    return out.ravel()


def _to_settings(parameters: np.ndarray) -> np.ndarray:
    out = parameters.reshape(-1, 3).copy()
    out[:, [TEMPERATURE, WEIGHT]] = np.exp(out[:, [TEMPERATURE, WEIGHT]])
    out[:, WEIGHT] /= out[:, WEIGHT].sum()
    return out


def _out_of_fold(form: str, data: _Data, folded: np.ndarray) -> np.ndarray:
    """(Q, K) pooled shares, each from settings fitted to the other folds."""
    out = np.zeros_like(data.targets)
    for fold in np.unique(folded):
        rows = np.nonzero(folded == fold)[0]
        settings = fit_settings(form, data.rows(np.nonzero(folded != fold)[0]), data.batch.shares.shape[1])
        for kind in KINDS:
            mine = rows[data.kinds[rows] == kind]
            if len(mine):
                out[mine] = pooled_shares(form, settings[kind], data.batch.rows(mine))
    return out


def _squared(found: np.ndarray, data: _Data) -> np.ndarray:
    """(Q,) squared distances to the human shares, the sampling of the humans taken off."""
    return ((found - data.targets) ** 2 - data.noise).sum(1)


def _better_form(data: _Data, outside: dict[str, np.ndarray]) -> str:
    """The logarithmic pool when it is better out of fold by more than a standard error, else the linear one."""
    if len(data.kinds) < FEWEST_FOR_FORM:
        return "linear"
    gain = _squared(outside["linear"], data) - _squared(outside["log"], data)
    return "log" if gain.mean() > gain.std(ddof=1) / np.sqrt(len(gain)) else "linear"


def _people_behind(data: _Data, found: np.ndarray) -> dict[str, float]:
    """Kind -> pseudo-people with which intervals around out-of-fold shares cover 90 % of the human ones.

    Averaged on the log scale with the prior, which counts as PRIOR_QUESTIONS; then each kind's with that of all.
    """
    everything = _covering(data, found, np.arange(len(data.kinds)), PRIOR_PEOPLE, PRIOR_QUESTIONS)
    rows = {kind: np.nonzero(data.kinds == kind)[0] for kind in KINDS}
    return {kind: _covering(data, found, mine, everything, 2 * PRIOR_QUESTIONS) for kind, mine in rows.items()}


def _covering(data: _Data, found: np.ndarray, rows: np.ndarray, prior: float, counts_as: int) -> float:
    if not len(rows):
        return prior
    valid = data.batch.valid[rows]
    predicted = [share[keep] for share, keep in zip(found[rows], valid, strict=True)]
    true = [share[keep] for share, keep in zip(data.targets[rows], valid, strict=True)]
    people = people_for_coverage(predicted, true)
    share = len(rows) / (len(rows) + counts_as)
    return float(np.exp(share * np.log(people) + (1 - share) * np.log(prior)))


def _scores(data: _Data, found: np.ndarray, names: Sequence[str]) -> dict[str, dict[str, float | None]]:
    """Mean TVD and squared distance of the pool out of fold, and of every member alone where it has an opinion."""
    out = {"pool": _errors(found, data, np.ones(len(found), bool))}
    uniform = data.batch.valid / data.batch.valid.sum(1, keepdims=True)
    out["uniform"] = _errors(uniform, data, np.ones(len(found), bool))
    for m, name in enumerate(names):
        out[name] = _errors(data.batch.shares[:, m], data, data.batch.present[:, m])
    return out


def _errors(found: np.ndarray, data: _Data, rows: np.ndarray) -> dict[str, float | None]:
    """Means over questions, the mean TVD with its standard error; None where there is nothing to take it of."""
    distance, squared = 0.5 * np.abs(found - data.targets).sum(1)[rows], _squared(found, data)[rows]
    count = len(distance)
    return {
        "questions": count,
        "tvd": float(distance.mean()) if count else None,
        "tvd_error": float(distance.std(ddof=1) / np.sqrt(count)) if count > 1 else None,
        "squared": float(squared.mean()) if count else None,
    }
