"""Baselines: what every model has to beat. Uniform, margins, same-scale averages, demographic cells, a copula.

All learn from plain arrays: prompts, and for each the positions chosen by the same people in the same order (-1 = no
answer). A question is recognised by its wording and options; year and country do not matter.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from populace.errors import CannotAnswer, ModelError
from populace.models import latent
from populace.models.base import Prediction, Session, Told
from populace.prompts.prompt import Prompt

#: pseudo-count given to every option, so that nothing is impossible
SMOOTHING = 0.5
#: half-width of a 90 % interval in standard errors
_NINETY = 1.645

Key = tuple[str, tuple[str, ...]]


def key_of(prompt: Prompt) -> Key:
    """What makes two prompts the same question."""
    return prompt.text, prompt.options


def digest(name: str, *parts: Any) -> str:
    """'sha256:…' of a model's parameters: arrays by their bytes, everything else as JSON."""
    hashed = hashlib.sha256(name.encode())
    for part in parts:
        if isinstance(part, np.ndarray):
            hashed.update(f"{part.dtype}{part.shape}".encode() + np.ascontiguousarray(part).tobytes())
        else:
            hashed.update(json.dumps(part, sort_keys=True, ensure_ascii=False).encode())
    return "sha256:" + hashed.hexdigest()


def shares(choices: np.ndarray, size: int) -> np.ndarray:
    """(size,) share of every option among the answers, (count + ½) / (n + size/2)."""
    counts = np.bincount(choices[choices >= 0], minlength=size) + SMOOTHING
    return counts / counts.sum()


def pilot_of(prompts: Sequence[Prompt], choices: Sequence[np.ndarray]) -> dict[Key, np.ndarray]:
    """The pilot by question, checked: one array per prompt, equally long, positions that exist."""
    if len(prompts) != len(choices) or not len(prompts):
        raise ModelError(f"{len(prompts)} prompts and {len(choices)} arrays of choices: expected one array per prompt")
    pilot: dict[Key, np.ndarray] = {}
    for prompt, chosen in zip(prompts, choices, strict=True):
        chosen = np.asarray(chosen, dtype=np.int64)
        if (
            chosen.shape != np.shape(choices[0])
            or chosen.min(initial=-1) < -1
            or chosen.max(initial=-1) >= len(prompt.options)
        ):
            raise ModelError(
                f"choices of {prompt.text!r} have shape {chosen.shape} and run from {chosen.min(initial=0)} to "
                f"{chosen.max(initial=0)}; expected one position from -1 to {len(prompt.options) - 1} for each person"
            )
        pilot[key_of(prompt)] = chosen
    return pilot


class Baseline:
    """What all baselines share: a card, and predictions by asking everybody and averaging."""

    #: short name, recorded as provenance
    name: str
    #: hash of the parameters
    hash: str
    #: one line for the card
    summary: str

    def open(self, n: int, history: Sequence[Told] = ()) -> Session:
        """Start interviews with `n` respondents."""
        raise NotImplementedError

    def interval(self, prompt: Prompt, share: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """90 % interval of a predicted distribution."""
        raise NotImplementedError

    def predict(self, prompts: Sequence[Prompt], history: Sequence[Told] = (), n: int = 1) -> list[Prediction]:
        """Mean distribution of each question among the `n` respondents of `history`."""
        session = self.open(n, history)
        predictions = []
        for prompt in prompts:
            share = session.ask(prompt).mean(axis=0)
            predictions.append(Prediction(share, *self.interval(prompt, share)))
        return predictions

    def describe(self) -> dict[str, Any]:
        """The model's card."""
        return {
            "name": self.name,
            "kind": "baseline",
            "hash": self.hash,
            "summary": self.summary,
            "cannot": ["write open text"],
        }

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.hash[7:15]})"


class FixedSession:
    """Interviews in which nothing that is said changes what is said next."""

    def __init__(self, n: int, model: _Fixed) -> None:
        self.n = n
        self._model = model

    def ask(self, prompt: Prompt, rows: np.ndarray | None = None) -> np.ndarray:
        """(rows, K) the same distribution for everybody."""
        return np.tile(self._model.share(prompt), (self.n if rows is None else len(rows), 1))

    def tell(self, prompt: Prompt, choices: np.ndarray, rows: np.ndarray | None = None) -> None:
        """Nothing is learned from it."""

    def copy(self) -> FixedSession:
        """The same interviews once more."""
        return FixedSession(self.n, self._model)


class _Fixed(Baseline):
    """A baseline that gives everybody the same distribution."""

    def open(self, n: int, history: Sequence[Told] = ()) -> FixedSession:
        """Start interviews with `n` respondents; their history is ignored."""
        return FixedSession(n, self)

    def share(self, prompt: Prompt) -> np.ndarray:
        """(K,) the distribution."""
        raise NotImplementedError


class Uniform(_Fixed):
    """Every option is as likely as any other."""

    name = "uniform"
    summary = "every option is as likely as any other"

    def __init__(self) -> None:
        self.hash = digest(self.name)

    def share(self, prompt: Prompt) -> np.ndarray:
        """(K,) 1/K each."""
        return np.full(len(prompt.options), 1 / len(prompt.options))

    def interval(self, prompt: Prompt, share: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Nothing is known, so anything is possible."""
        return np.zeros_like(share), np.ones_like(share)


class Fixed(_Fixed):
    """Every question has a distribution that is given: an average over its scale, a published topline, a guess."""

    summary = "distributions that were given; answers hang together with nothing"

    def __init__(self, name: str, prompts: Sequence[Prompt], distributions: Sequence[np.ndarray]) -> None:
        self.name = name
        self._shares = {key_of(p): np.asarray(d, float) for p, d in zip(prompts, distributions, strict=True)}
        self.hash = digest(self.name, *_flat(self._shares))

    def share(self, prompt: Prompt) -> np.ndarray:
        """(K,) the distribution given; `CannotAnswer` for another question."""
        return known(self._shares, prompt, self.name)

    def interval(self, prompt: Prompt, share: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Nothing is known of the error."""
        return np.zeros_like(share), np.ones_like(share)


class Margins(_Fixed):
    """Every question has the distribution it has in a pilot."""

    name = "margins"
    summary = "distribution of each question in a pilot; answers hang together with nothing"

    def __init__(self, prompts: Sequence[Prompt], choices: Sequence[np.ndarray]) -> None:
        pilot = pilot_of(prompts, choices)
        self._shares = {key: shares(chosen, len(key[1])) for key, chosen in pilot.items()}
        self._counts = {key: int((chosen >= 0).sum()) for key, chosen in pilot.items()}
        self.hash = digest(self.name, *_flat(self._shares))

    def share(self, prompt: Prompt) -> np.ndarray:
        """(K,) the distribution in the pilot; `CannotAnswer` for a question the pilot lacks."""
        return known(self._shares, prompt, self.name)

    def interval(self, prompt: Prompt, share: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Sampling error of the pilot."""
        return sampling_error(share, self._counts[key_of(prompt)])


class SameScale(_Fixed):
    """Every question has the average distribution of known questions with the same options.

    Where no known question has these options: the average over questions with as many options, else uniform.
    """

    name = "same-scale"
    summary = "average distribution of the known questions that have the same options"

    def __init__(self, prompts: Sequence[Prompt], choices: Sequence[np.ndarray]) -> None:
        known_shares = {key: shares(chosen, len(key[1])) for key, chosen in pilot_of(prompts, choices).items()}
        self._alike: dict[Any, list[np.ndarray]] = {}
        for (_, options), share in known_shares.items():
            for scale in (_folded(options), len(options)):
                self._alike.setdefault(scale, []).append(share)
        self.hash = digest(self.name, *_flat(known_shares))

    def share(self, prompt: Prompt) -> np.ndarray:
        """(K,) average over the questions that are most alike."""
        return np.mean(self._examples(prompt), axis=0)

    def interval(self, prompt: Prompt, share: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where nine of ten questions alike lie; anything when there are fewer than three."""
        examples = self._examples(prompt)
        if len(examples) < 3:
            return np.zeros_like(share), np.ones_like(share)
        return tuple(np.quantile(examples, (0.05, 0.95), axis=0))

    def _examples(self, prompt: Prompt) -> list[np.ndarray]:
        size = len(prompt.options)
        uniform = [np.full(size, 1 / size)]
        return self._alike.get(_folded(prompt.options)) or self._alike.get(size) or uniform


class Cells(Baseline):
    """Every question has the distribution it has among pilot people of the same background.

    People of a cell with fewer than `least` answers to the question, of no known cell, or without a full background
    get the margin instead.
    """

    name = "cells"
    summary = "distribution of each question among pilot people of the same background; margins for thin cells"

    def __init__(
        self,
        prompts: Sequence[Prompt],
        choices: Sequence[np.ndarray],
        cell_prompts: Sequence[Prompt],
        cell_choices: Sequence[np.ndarray],
        least: int = 30,
    ) -> None:
        pilot, cells = pilot_of(prompts, choices), pilot_of(cell_prompts, cell_choices)
        self._cell_keys = tuple(cells)
        places = np.stack(list(cells.values()), axis=1)
        self._margins = {key: shares(chosen, len(key[1])) for key, chosen in pilot.items()}
        self._counts = {key: int((chosen >= 0).sum()) for key, chosen in pilot.items()}
        self._tables = {key: _cell_table(chosen, places, len(key[1]), least) for key, chosen in pilot.items()}
        self.hash = digest(self.name, least, places, *(part for item in pilot.items() for part in item))

    def open(self, n: int, history: Sequence[Told] = ()) -> CellSession:
        """Start interviews with `n` respondents; of their history, the background counts."""
        session = CellSession(n, self)
        for told in history:
            session.tell(told.prompt, told.choices)
        return session

    def interval(self, prompt: Prompt, share: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Sampling error of the pilot."""
        return sampling_error(share, self._counts[key_of(prompt)])

    def background(self, prompt: Prompt) -> int | None:
        """Which part of the cell a prompt is, or None."""
        key = key_of(prompt)
        return self._cell_keys.index(key) if key in self._cell_keys else None

    def cell_shares(self, prompt: Prompt, places: np.ndarray) -> np.ndarray:
        """(rows, K) distributions for people with these (rows, backgrounds) positions."""
        margin, table = known(self._margins, prompt, self.name), self._tables[key_of(prompt)]
        cells, member = np.unique(places, axis=0, return_inverse=True)
        found = np.array([table.get(tuple(cell), margin) for cell in cells.tolist()])
        return found[member.reshape(-1)]


class CellSession:
    """Interviews in which only the background counts."""

    def __init__(self, n: int, model: Cells) -> None:
        self.n = n
        self._model = model
        self._places = np.full((n, len(model._cell_keys)), -1)

    def ask(self, prompt: Prompt, rows: np.ndarray | None = None) -> np.ndarray:
        """(rows, K) distribution in each respondent's cell."""
        return self._model.cell_shares(prompt, self._places if rows is None else self._places[rows])

    def tell(self, prompt: Prompt, choices: np.ndarray, rows: np.ndarray | None = None) -> None:
        """Note a background; other answers change nothing."""
        part = self._model.background(prompt)
        if part is not None:
            self._places[slice(None) if rows is None else rows, part] = choices

    def copy(self) -> CellSession:
        """The same interviews once more."""
        other = CellSession(self.n, self._model)
        other._places = self._places.copy()
        return other


def known(shares_by_key: dict[Key, Any], prompt: Prompt, name: str) -> Any:
    """What the pilot says of a question; `CannotAnswer` when it was not in there."""
    try:
        return shares_by_key[key_of(prompt)]
    except KeyError:
        raise CannotAnswer(
            f"model {name!r} has never seen the question {prompt.text!r} with options {list(prompt.options)}; "
            f"expected one of the {len(shares_by_key)} of its pilot: add it to the pilot or choose another model"
        ) from None


def sampling_error(share: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """90 % interval of shares seen among `n` people, by the normal approximation."""
    half = _NINETY * np.sqrt(share * (1 - share) / max(n, 1))
    return np.clip(share - half, 0, 1), np.clip(share + half, 0, 1)


def _cell_table(chosen: np.ndarray, places: np.ndarray, size: int, least: int) -> dict[tuple, np.ndarray]:
    """Cell (positions of the backgrounds) -> distribution, thick cells only."""
    whole = (places >= 0).all(axis=1) & (chosen >= 0)
    cells, member, counts = np.unique(places[whole], axis=0, return_inverse=True, return_counts=True)
    member, answers = member.reshape(-1), chosen[whole]
    thick = np.flatnonzero(counts >= least)
    return {tuple(cells[cell].tolist()): shares(answers[member == cell], size) for cell in thick}


def _folded(options: Iterable[str]) -> tuple[str, ...]:
    return tuple(option.casefold().strip() for option in options)


def _flat(shares_by_key: dict[Key, np.ndarray]) -> list[Any]:
    return [part for item in shares_by_key.items() for part in item]


class Copula(Baseline):
    """A Gaussian copula: margins of a pilot, and latent correlations that give the pilot's correlations.

    Every question is a cut normal variable. Binary and ordinal questions keep their order; the options of a nominal
    question are put in the order of their people's means on the first principal component of the others. "Don't
    know" and other missing options come with their share, whatever else was said.

    Asking conditions on what was told as a Gaussian: an answer counts as its normal score, and the regression of the
    next latent variable on the scores told so far is the best linear one. That keeps means, variances and pairwise
    correlations; it is an approximation in that the remainder is taken to be normal with the same variance for all.
    """

    name = "copula"
    summary = "Gaussian copula of a pilot: its margins and its latent correlations"

    def __init__(self, prompts: Sequence[Prompt], choices: Sequence[np.ndarray]) -> None:
        pilot = pilot_of(prompts, choices)
        given = {key_of(prompt): prompt for prompt in prompts}
        columns = [_Column(given[key], chosen) for key, chosen in pilot.items()]
        self._columns = dict(zip(pilot, _lined_up(columns, list(pilot.values())), strict=True))
        self._order = {key: place for place, key in enumerate(self._columns)}
        self._fit(
            np.stack([c.scores_of(x) for c, x in zip(self._columns.values(), pilot.values(), strict=True)], axis=1)
        )
        self._counts = {key: int((chosen >= 0).sum()) for key, chosen in pilot.items()}
        parts = [part for key, column in self._columns.items() for part in (key, column.order, column.shares)]
        self.hash = digest(self.name, self._latent, *parts)

    def _fit(self, scores: np.ndarray) -> None:
        columns = list(self._columns.values())
        coefficients = np.stack([latent.hermite(column.valid_shares) for column in columns])
        self._variances = np.array([np.sum(c.valid_shares * c.scores**2) for c in columns])
        self._latent = latent.latent_correlations(scores, coefficients, self._variances)
        self._covariance = latent.score_covariance(self._latent, coefficients)
        np.fill_diagonal(self._covariance, np.maximum(self._variances, 1e-9))

    def open(self, n: int, history: Sequence[Told] = ()) -> CopulaSession:
        """Start interviews with `n` respondents; questions of their history that the pilot lacks are ignored."""
        session = CopulaSession(n, self)
        for told in history:
            session.tell(told.prompt, told.choices)
        return session

    def interval(self, prompt: Prompt, share: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Sampling error of the pilot."""
        return sampling_error(share, self._counts[key_of(prompt)])

    def regression(self, target: int, told: np.ndarray) -> tuple[np.ndarray, float]:
        """(told,) coefficients of the scores told, and the deviation of what remains."""
        if not len(told):
            return np.empty(0), 1.0
        with_target = self._latent[target, told] * self._variances[told]
        ridge = self._covariance[np.ix_(told, told)] + 1e-6 * np.eye(len(told))
        weights = np.linalg.solve(ridge, with_target)
        return weights, float(np.sqrt(max(1 - with_target @ weights, 0.02)))


class CopulaSession:
    """Interviews in which every answer moves all the others, by Gaussian conditioning."""

    def __init__(self, n: int, model: Copula) -> None:
        self.n = n
        self._model = model
        self._scores = np.full((n, len(model._columns)), np.nan)

    def ask(self, prompt: Prompt, rows: np.ndarray | None = None) -> np.ndarray:
        """(rows, K) probability of every option."""
        column = known(self._model._columns, prompt, self._model.name)
        target = self._model._order[key_of(prompt)]
        scores = self._scores if rows is None else self._scores[rows]
        mean, deviation = np.zeros(len(scores)), np.ones(len(scores))
        heard = ~np.isnan(scores)
        heard[:, target] = False
        patterns, member = np.unique(heard, axis=0, return_inverse=True)
        for number, pattern in enumerate(patterns):
            here, told = np.flatnonzero(member.reshape(-1) == number), np.flatnonzero(pattern)
            weights, deviation[here] = self._model.regression(target, told)
            # one column after another: a respondent's mean then does not depend on who else is in the batch
            for place, weight in zip(told, weights, strict=True):
                mean[here] += weight * scores[here, place]
        return column.probabilities(mean, deviation)

    def tell(self, prompt: Prompt, choices: np.ndarray, rows: np.ndarray | None = None) -> None:
        """Note the normal scores of what was chosen; missing options and unknown questions tell nothing."""
        column = self._model._columns.get(key_of(prompt))
        if column is not None:
            place = self._model._order[key_of(prompt)]
            self._scores[slice(None) if rows is None else rows, place] = column.scores_of(choices)

    def copy(self) -> CopulaSession:
        """The same interviews once more."""
        other = CopulaSession(self.n, self._model)
        other._scores = self._scores.copy()
        return other


class _Column:
    """One question of a copula: its shares, its order, its cuts."""

    def __init__(self, prompt: Prompt, chosen: np.ndarray, order: np.ndarray | None = None) -> None:
        self.prompt = prompt
        #: (K,) share of every option, missing ones included
        self.shares = shares(chosen, len(prompt.options))
        #: (V,) positions of the options that are not missing, in latent order
        self.order = np.flatnonzero(~np.array(prompt.missing)) if order is None else order
        #: (V,) their shares among themselves, and their normal scores
        self.valid_shares = self.shares[self.order] / self.shares[self.order].sum()
        self.scores = latent.normal_scores(self.valid_shares)
        self._cuts = latent.thresholds(self.valid_shares)

    @property
    def nominal(self) -> bool:
        """Do the options have no order of their own?"""
        return not self.prompt.ordinal and len(self.order) > 2

    def scores_of(self, choices: np.ndarray) -> np.ndarray:
        """(n,) normal scores of positions; NaN for no answer and for missing options."""
        table = np.full(len(self.shares) + 1, np.nan)
        table[self.order] = self.scores
        return table[np.asarray(choices)]

    def probabilities(self, mean: np.ndarray, deviation: np.ndarray) -> np.ndarray:
        """(n, K) probabilities when the latent variable has these means and deviations."""
        result = np.tile(self.shares, (len(mean), 1))
        valid = self.shares[self.order].sum()
        result[:, self.order] = valid * latent.interval_probabilities(self._cuts, mean, deviation)
        return result


def _lined_up(columns: list[_Column], choices: list[np.ndarray]) -> list[_Column]:
    """The columns with the options of nominal ones in the order of their means on the others' main component."""
    ordered = [place for place, column in enumerate(columns) if not column.nominal]
    if not ordered or len(ordered) == len(columns):
        return columns
    scores = np.stack([columns[place].scores_of(choices[place]) for place in ordered], axis=1)
    _, vectors = np.linalg.eigh(latent.pairwise_correlations(scores) + np.eye(len(ordered)))
    component = np.nan_to_num(scores) @ vectors[:, -1]
    return [
        _Column(column.prompt, chosen, _by_mean(column.order, chosen, component)) if column.nominal else column
        for column, chosen in zip(columns, choices, strict=True)
    ]


def _by_mean(order: np.ndarray, chosen: np.ndarray, component: np.ndarray) -> np.ndarray:
    means = [component[chosen == option].mean() if (chosen == option).any() else 0.0 for option in order]
    return order[np.argsort(means, kind="stable")]
