"""What goes with what among questions the model never saw: predicted correlations against people's.

A predicted correlation is read off any response model through its interface: for every answer to one question, the
mean of the other given that answer. Questions of one axis only (two options, or ordered), scored by option position.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from populace.app.benchmark import bootstrap, splits
from populace.app.benchmark.bench import Bench
from populace.app.benchmark.bootstrap import Spread
from populace.app.benchmark.figures import Figure, Gap
from populace.data.splits import batteries
from populace.models.base import ResponseModel
from populace.prompts.prompt import Prompt
from populace.training.corpus import Corpus

#: fewest people who answered both, most options, and people's largest share of a question
COMMON, MOST_OPTIONS, LARGEST = 250, 11, 0.97
#: resamples of people behind the noise of a correlation, and of questions behind an interval
NOISE_DRAWS, DRAWS = 20, 400
#: known questions beside which the held-out ones of a survey are put
PARTNERS = 400
#: correlations weaker than this have no sign to speak of
SIGNED = 0.1
#: how strongly wording says the same, the baseline without a model
COSINE = "cosine of wording"
#: the two kinds of pairs
HELD, KNOWN = "new and new", "new and known"

Pairs = dict[str, Any]


def measure(bench: Bench, regime: str) -> list[Figure | Gap]:
    """Figures of both kinds of pairs, by house and over all."""
    parts = [part for name in corpora_of(bench) if (part := survey_pairs(bench, name)) is not None]
    figures: list[Figure | Gap] = []
    for kind in (HELD, KNOWN):
        houses = sorted({part["house"] for part in parts})
        for study, own in [(house, [p for p in parts if p["house"] == house]) for house in houses] + [("all", parts)]:
            figures += pair_figures(regime, f"{study}, {kind}", own, kind, bench.random(regime, study, kind))
    return figures


def corpora_of(bench: Bench) -> list[str]:
    """Corpora with people that the shipped model learned from."""
    return [name for name in bench.trained_on() if name not in splits.MARGIN_FILES]


def survey_pairs(bench: Bench, name: str) -> Pairs | None:
    """True and predicted correlations of one survey's held-out questions with each other and with known ones."""
    return bench.keep(
        f"R2 pairs {name}",
        lambda: _pairs(bench, name),
        models=[splits.SHIPPED],
        data=bench.trained_on(),
        settings={"partners": bench.size(PARTNERS, 20)},
    )


def _pairs(bench: Bench, name: str) -> Pairs | None:
    material = bench.material()
    place = [corpus.name for corpus in material.corpora].index(name)
    corpus, held = material.corpora[place], material.held_questions[place]
    usable = np.array([is_usable(corpus, q) for q in range(len(corpus.prompts))])
    new = np.flatnonzero(usable & held)
    known = np.flatnonzero(usable & ~held)
    if len(new) < 2 or not len(known):
        return None
    random = bench.random("pairs", name)
    partners = np.sort(random.choice(known, min(len(known), bench.size(PARTNERS, 20)), replace=False))
    columns = np.concatenate([new, partners])
    true, noise, common = people_correlations(corpus, new, columns, bench.size(NOISE_DRAWS, 4), random)
    predicted = model_correlations(bench.model(), [corpus.prompts[q] for q in columns], len(new))
    vectors = bench.encoder.encode([corpus.prompts[q] for q in columns])
    topics = np.stack([v.question for v in vectors])
    return {
        "house": splits.house_of(name) or name,
        "survey": name,
        "new": len(new),
        "words": [corpus.prompts[q].text for q in columns],
        "group": _groups(corpus, columns).tolist(),
        "n": common.tolist(),
        "true": true.round(5).tolist(),
        "noise": noise.round(7).tolist(),
        "predicted": predicted.round(5).tolist(),
        "cosine": (topics[: len(new)] @ topics.T).round(4).tolist(),
    }


def _groups(corpus: Corpus, columns: np.ndarray) -> np.ndarray:
    return batteries([corpus.items[q] for q in columns])


def is_usable(corpus: Corpus, q: int) -> bool:
    """Has the question one axis, few options, and more than one answer in use? Backgrounds are not asked for."""
    prompt, item = corpus.prompts[q], corpus.items[q]
    valid = prompt.missing.count(False)
    if item.role != "question" or not (valid == 2 or prompt.ordinal) or not 2 <= valid <= MOST_OPTIONS:
        return False
    chosen = corpus.positions[:, q]
    counts = np.bincount(chosen[chosen >= 0], minlength=len(prompt.options))[~np.array(prompt.missing)]
    return counts.sum() >= COMMON and counts.max() <= LARGEST * counts.sum()


def people_correlations(
    corpus: Corpus, rows: np.ndarray, columns: np.ndarray, draws: int, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(rows, columns) correlations among all people with both answers, their bootstrap variances, and common answers.

    All people count, those of training too: nobody's answers to the held-out questions were trained on.
    """
    scores = valid_positions(corpus, columns)
    place = np.searchsorted(columns[: len(rows)], rows)
    true, common = correlations(scores, place, np.ones(len(scores), np.float32))
    persons = np.unique(corpus.respondents.astype(str), return_inverse=True)[1]
    resampled = [correlations(scores, place, _weights(persons, random))[0] for _ in range(draws)]
    return true, np.var(resampled, axis=0, ddof=1), common


def _weights(persons: np.ndarray, random: np.random.Generator) -> np.ndarray:
    people = persons.max() + 1
    return np.bincount(random.integers(people, size=people), minlength=people)[persons].astype(np.float32)


def valid_positions(corpus: Corpus, columns: np.ndarray) -> np.ndarray:
    """(n, columns) positions as numbers around their mean; NaN where there is none or it is a missing option."""
    scores = corpus.positions[:, columns].astype(np.float32)
    for c, q in enumerate(columns):
        outside = np.array([*corpus.prompts[q].missing, True])
        scores[outside[corpus.positions[:, q]], c] = np.nan
    return scores - np.nanmean(scores, axis=0)


def correlations(scores: np.ndarray, rows: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(rows, columns) weighted pairwise correlations and numbers of common answers; 0 where they are too few."""
    there = (~np.isnan(scores)).astype(np.float32)
    x = np.nan_to_num(scores)
    left = weights[:, None] * there[:, rows]
    own = weights[:, None] * x[:, rows]
    n, sx, sy = left.T @ there, own.T @ there, left.T @ x
    sxx, syy, sxy = (own * x[:, rows]).T @ there, left.T @ x**2, own.T @ x
    with np.errstate(invalid="ignore", divide="ignore"):
        covariance = sxy / n - sx * sy / n**2
        spread = (sxx / n - (sx / n) ** 2) * (syy / n - (sy / n) ** 2)
        found = np.where((n >= COMMON) & (spread > 1e-9), covariance / np.sqrt(np.maximum(spread, 1e-12)), 0.0)
    return np.clip(found, -1, 1), np.where(found != 0, n, 0)


def model_correlations(model: ResponseModel, prompts: Sequence[Prompt], new: int) -> np.ndarray:
    """(new, prompts) correlations that a model implies between the first `new` prompts and all.

    One respondent for every option of every prompt is told that answer; then the new prompts are asked. With p the
    model's own margins, cov(i, j) = sum_k p_j(k) (j_k - mean j) E[i | j = k]. Pairs of new questions are the mean of
    both directions.
    """
    sizes = [len(prompt.options) for prompt in prompts]
    start = np.concatenate([[0], np.cumsum(sizes)])
    margins = [model.open(1).ask(prompt)[0] for prompt in prompts]
    session = model.open(int(start[-1]))
    for j, prompt in enumerate(prompts):
        session.tell(prompt, np.arange(sizes[j]), np.arange(start[j], start[j + 1]))
    out = np.zeros((new, len(prompts)))
    scored = [_standard(prompt, margin) for prompt, margin in zip(prompts, margins, strict=True)]
    for i in range(new):
        valid, score, _ = scored[i]
        answered = session.ask(prompts[i])[:, valid]
        expected = answered @ score / answered.sum(1)
        for j, (valid_j, score_j, share_j) in enumerate(scored):
            out[i, j] = (share_j * score_j) @ expected[start[j] : start[j + 1]][valid_j]
    both = (out[:, :new] + out[:, :new].T) / 2
    out[:, :new] = both
    return np.clip(out, -1, 1)


def _standard(prompt: Prompt, margin: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Valid options, their standardised positions, and their shares among themselves."""
    valid = np.flatnonzero(~np.array(prompt.missing))
    share = margin[valid] / margin[valid].sum()
    centred = valid - share @ valid
    return valid, centred / max(float(np.sqrt(share @ centred**2)), 1e-9), share


# -- figures ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Side:
    """Pairs of one survey as matrices (new, columns), and what is counted of them."""

    #: people's correlations
    true: np.ndarray
    #: their sampling variances
    noise: np.ndarray
    #: common answers
    n: np.ndarray
    #: predicted by system
    predicted: dict[str, np.ndarray]
    #: pairs that count
    used: np.ndarray


def side_of(part: Pairs, kind: str) -> Side:
    """The pairs of one kind; a pair of two new questions counts once."""
    true, n = np.array(part["true"]), np.array(part["n"])
    used = n > 0
    new = part["new"]
    upper = np.triu(np.ones((new, new), bool), 1)
    if kind == HELD:
        used = np.concatenate([used[:, :new] & upper, np.zeros_like(used[:, new:])], axis=1)
    else:
        used[:, :new] = False
    predicted = {"populace": np.array(part["predicted"]), COSINE: np.array(part["cosine"]), "zero": np.zeros_like(true)}
    return Side(true, np.array(part["noise"]), n, predicted, used)


def pair_figures(
    regime: str, study: str, parts: Sequence[Pairs], kind: str, rng: np.random.Generator
) -> list[Figure | Gap]:
    """r, slope, worth in people and sign agreement of every system, questions resampled in their batteries."""
    sides = [side_of(part, kind) for part in parts]
    count = int(sum(side.used.sum() for side in sides))
    if count < 30:
        return [Gap(regime, study, "populace", "r of correlations", f"{count} pairs of questions: too few")]
    draws = question_draws(parts, rng)
    figures: list[Figure | Gap] = []
    for system in ("populace", COSINE, "zero"):
        moments = np.sum([_moments(side, system, draw) for side, draw in zip(sides, draws, strict=True)], axis=0)
        for measure, spread in _measures(moments, system).items():
            ceiling = (
                _ceiling(sides) if measure == "r of correlations" else 1.0 if measure.startswith("slope") else None
            )
            figures.append(spread.figure(regime, study, system, measure, count, "pairs", ceiling))
    return figures


def question_draws(parts: Sequence[Pairs], rng: np.random.Generator) -> list[np.ndarray]:
    """Per survey (1 + DRAWS, columns) weights of questions: all ones first, then joint draws of batteries.

    The same question in several surveys, or worded alike, is drawn in all of them at once.
    """
    words = [word for part in parts for word in part["words"]]
    surveys = [part["survey"] for part in parts for _ in part["words"]]
    inside = [f"{part['survey']} {group}" for part in parts for group in part["group"]]
    groups = _joined(batteries(words), inside)
    houses = np.array([part["house"] for part in parts for _ in part["words"]])
    texts, first = np.unique(words, return_index=True)
    drawn = bootstrap.cluster_draws([groups[first]], DRAWS, rng, houses[first])
    weights = np.concatenate([np.ones((1, len(texts))), drawn])
    everything = weights[:, np.searchsorted(texts, words)]
    ends = np.cumsum([surveys.count(part["survey"]) for part in parts])[:-1]
    return np.split(everything, ends, axis=1)


def _joined(groups: np.ndarray, labels: Sequence[str]) -> np.ndarray:
    """Groups that share a label become one: the closure of two groupings."""
    groups = groups.copy()
    for _ in range(10):
        before = groups.copy()
        for one in (np.unique(labels, return_inverse=True)[1], before):
            least = np.full(one.max() + 1, len(groups))
            np.minimum.at(least, one, groups)
            groups = least[one]
        if (groups == before).all():
            break
    return groups


#: what is summed over pairs, in this order
_SUMS = ("1", "x", "y", "xx", "yy", "xy", "error", "noise", "n noise", "signed", "agree")


def _moments(side: Side, system: str, draws: np.ndarray) -> np.ndarray:
    """(R, sums) sums over pairs, a pair weighted by how often both of its questions were drawn."""
    x, y, v = side.true, side.predicted[system], side.noise
    strong = np.abs(x) > np.maximum(SIGNED, 2 * np.sqrt(v))
    terms = (
        np.ones_like(x), x, y, x * x, y * y, x * y, (y - x) ** 2 - v, v, side.n * v,
        strong, strong & (np.sign(x) == np.sign(y)),
    )  # fmt: skip
    rows = draws[:, : len(x)]
    return np.stack([((rows @ (term * side.used)) * draws).sum(1) for term in terms], axis=1)


def _measures(moments: np.ndarray, system: str) -> dict[str, Spread]:
    """Measures of one system from its sums; the first row is the estimate, the others are replicates."""
    s = dict(zip(_SUMS, moments.T, strict=True))
    with np.errstate(all="ignore"):
        n = s["1"]
        variance_x, variance_y = s["xx"] / n - (s["x"] / n) ** 2, s["yy"] / n - (s["y"] / n) ** 2
        covariance = s["xy"] / n - s["x"] * s["y"] / n**2
        reliable = 1 - s["noise"] / n / variance_x
        r = covariance / np.sqrt(variance_x * variance_y)
        worth = np.where(s["error"] > 0, s["n noise"] / s["error"], np.inf)
        found = {
            "r of correlations": r,
            "r of correlations, noise of people removed": r / np.sqrt(reliable),
            "slope of correlations": covariance / variance_x / reliable,
            "n* of structure": worth,
            "same sign where |r| > .1, %": 100 * s["agree"] / s["signed"],
        }
    if system == "zero":
        found = {"n* of structure": worth}
    if system == COSINE:
        found.pop("slope of correlations")
        found.pop("n* of structure")
    return {name: Spread(float(value[0]), value[1:]) for name, value in found.items()}


def _ceiling(sides: Sequence[Side]) -> float:
    """r that other people would reach: root of the reliability of people's correlations."""
    x = np.concatenate([side.true[side.used] for side in sides])
    noise = np.concatenate([side.noise[side.used] for side in sides])
    return float(np.sqrt(np.clip(1 - noise.mean() / x.var(), 0, 1)))
