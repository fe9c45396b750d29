"""adapt(): a pilot of real people teaches a model one instrument.

Margins: the pilot's counts are added to the model's pseudo-people (Dirichlet). Connections: every correlation of the
pilot is shrunk towards what the model expects, by as much as the pilot is noisy and the model is usually right, then
turned back into loadings; dimensions are added where the shared space has no room for a connection. Everything else
stays as it was, so the adapted model still answers other questions.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.special import gammaln

from populace.data.dataset import DataSet
from populace.errors import DataError, ModelError
from populace.models.choice import hermite_coefficients, longest_loading
from populace.models.columns import Columns, columns_of
from populace.models.known import KnownQuestions, key_of
from populace.models.library import load_model, save_model
from populace.models.surveylm import SurveyLM, to_tensors, with_adapted
from populace.prompts.prompt import Prompt
from populace.prompts.render import bins_of, prompt_of
from populace.survey.instrument import Instrument
from populace.survey.question import Item
from populace.training.structure import shortened

#: fewer people than this cannot tell a connection from chance
FEWEST_PEOPLE = 10
#: a pilot's own dimensions at most, and the least share of a column's variance that is worth one
MOST_ADDED, LEAST_EIGENVALUE = 64, 1e-3
#: common factors that a pilot's correlations lean on, and how much
FACTORS, LEAN = 3, 0.5
#: terms of the series of a correlation
TERMS = 9
#: loadings of adapted columns as a share of the largest possible. An ordered column is nearly a cut through a normal
#: variable; options of a list stay softer, because several steep directions at once cannot be integrated well
ORDERED_SHARE, OPTION_SHARE = 0.985, 0.6


@dataclass(frozen=True)
class Pilot:
    """The pilot's answers to what the instrument asks."""

    #: (Q,) prompts, backgrounds included
    prompts: tuple[Prompt, ...]
    #: (n, Q) positions, -1 = no answer
    positions: np.ndarray
    #: (n,) weights with mean one
    weights: np.ndarray


def adapt(
    pilot: DataSet,
    instrument: Instrument,
    model: SurveyLM | str | Path = "default",
    out: Path | None = None,
    cache: Path | None = None,
) -> SurveyLM:
    """Adapt a survey language model to an instrument with the answers of a pilot; saved to `out` when given.

    The pilot needs answers to at least one question of the instrument from ten people or more. There is nothing
    random in it. Raises `DataError` for a pilot that does not fit, `ModelError` for a model that cannot be adapted.
    """
    model = load_model(model, cache) if isinstance(model, str | Path) else model
    if not isinstance(model, SurveyLM):
        raise ModelError(
            f"model {model.name!r} cannot be adapted; expected a survey language model: "
            "use 'default' or a folder made by train"
        )
    answers = pilot_of(pilot, instrument)
    parameters = with_adapted(model.parameters, _adapted(model, answers))
    # what a background does to a pilot's questions is in their loadings now: respondents are taken no further by it
    parameters = replace(parameters, dials=replace(parameters.dials, background=1.0))
    card = {**model.card, "name": f"{model.card['name']}+pilot", "base_hash": model.hash}
    card |= {"pilot_people": len(answers.weights), "instrument_hash": instrument.content_hash}
    if out is not None:
        card["hash"] = save_model(Path(out), to_tensors(parameters), card)
    else:
        card["hash"] = f"{model.hash}+{pilot.content_hash}"
    return SurveyLM(parameters, model.encoder, card)


def pilot_of(pilot: DataSet, instrument: Instrument) -> Pilot:
    """Prompts and positions of the instrument's items and the pilot's backgrounds that the pilot answered."""
    items = {item.name: item for item in instrument.items() if item.name in pilot.answers.columns}
    if not items:
        wanted = ", ".join(item.name for item in instrument.items()[:5])
        raise DataError(
            f"pilot {pilot.source or pilot.id} answers no question of instrument {instrument.id!r} "
            f"(it asks {wanted} …): name the columns as the questions are named"
        )
    questions = [item for item in items.values() if item.role != "background"]
    asked = [c for item in questions if (c := _answers(pilot, item, instrument)) is not None]
    for name in pilot.names("background"):
        items.setdefault(name, pilot.codebook.variable(name).to_item())
    columns = [c for item in items.values() if (c := _answers(pilot, item, instrument)) is not None]
    most = max((int((positions >= 0).sum()) for _, positions in asked), default=0)
    if most < FEWEST_PEOPLE:
        raise DataError(
            f"pilot {pilot.source or pilot.id} has {pilot.n} people, and no question of the instrument has answers of "
            f"more than {most} of them; expected answers of {FEWEST_PEOPLE} people or more to a question: field more"
        )
    prompts, positions = zip(*columns, strict=True)
    weights = np.ones(pilot.n) if pilot.weights is None else pilot.weights / pilot.weights.mean()
    return Pilot(prompts, np.stack(positions, 1), weights)


def _answers(pilot: DataSet, item: Item, instrument: Instrument) -> tuple[Prompt, np.ndarray] | None:
    """Prompt and positions of one item; the instrument's options decide, the pilot's codes must be among them."""
    if item.options:
        known = {option.code: k for k, option in enumerate(item.options)}
        codes = pilot.codes(item.name)
        strange = sorted({str(c) for c in codes.drop_nulls().unique() if c not in known})
        if strange:
            raise DataError(
                f"pilot {pilot.source or pilot.id}, column {item.name!r}: code {strange[0]} is not an option "
                f"of the instrument (it has {', '.join(map(str, known))}): recode the column or add the option"
            )
        positions = np.array([known.get(c, -1) for c in codes], dtype=np.int64)
        return (prompt_of(item, instrument.year, instrument.country), positions) if (positions >= 0).any() else None
    if item.numeric is None or pilot.codebook.variable(item.name).type != "numeric":
        return None
    bins = bins_of(item, pilot.values(item.name) if item.role == "background" else None)
    return prompt_of(item, instrument.year, instrument.country, bins), bins.positions(pilot.values(item.name)).astype(
        np.int64
    )


def _adapted(model: SurveyLM, pilot: Pilot) -> KnownQuestions:
    """The pilot's questions with their new margins and loadings."""
    model.prepare(pilot.prompts)
    before = model.read(pilot.prompts)
    margins = _margins(model, pilot, [margin for margin, _ in before])
    columns = columns_of(pilot.prompts, margins, with_bends=False)
    rows = np.diff(columns.start)
    expected = np.concatenate([before[q][1][:count] for q, count in enumerate(rows)])
    curves = Curves.of(margins, columns)
    observed, variance = _pilot_correlations(pilot, columns)
    within = _within(margins, columns)
    loadings = adapted_loadings(expected, observed, variance, within, curves)
    parts = [loadings[a:b] for a, b in zip(columns.start[:-1], columns.start[1:], strict=True)]
    return KnownQuestions.of([key_of(p) for p in pilot.prompts], margins, parts)


def _margins(model: SurveyLM, pilot: Pilot, priors: list[np.ndarray]) -> list[np.ndarray]:
    """Dirichlet posterior means (n p + a m) / (n + a), n the Kish size of those who answered.

    How many people `a` the model's own margins m are worth is read off the pilot: the number that makes the pilot's
    counts likeliest, one for questions met in training and one for others.
    """
    counts = [_counts(pilot, q, len(prior)) for q, prior in enumerate(priors)]
    origins = np.array([model.origin(prompt) == "text" for prompt in pilot.prompts])
    people = np.empty(len(priors))
    for group in (origins, ~origins):
        members = np.nonzero(group)[0]
        people[members] = people_behind([priors[q] for q in members], [counts[q] for q in members])
    return [(c + a * m) / (c.sum() + a) for c, a, m in zip(counts, people, priors, strict=True)]


def _counts(pilot: Pilot, question: int, options: int) -> np.ndarray:
    """(K,) weighted counts that sum to the Kish effective size."""
    chosen = pilot.positions[:, question]
    weights = pilot.weights[chosen >= 0]
    counts = np.bincount(chosen[chosen >= 0], weights, minlength=options)
    return counts * weights.sum() / max((weights**2).sum(), 1e-9)


def people_behind(priors: list[np.ndarray], counts: list[np.ndarray]) -> float:
    """Number of pseudo-people behind prior margins under which counts are likeliest (Dirichlet-multinomial)."""
    grid = np.geomspace(0.5, 200, 40)
    total = np.zeros(len(grid))
    for prior, count in zip(priors, counts, strict=True):
        shape = grid[:, None] * np.maximum(prior, 1e-4)
        total += gammaln(shape.sum(1)) - gammaln(shape.sum(1) + count.sum())
        total += (gammaln(shape + count) - gammaln(shape)).sum(1)
    return float(grid[np.argmax(total)])


def _within(margins: list[np.ndarray], columns: Columns) -> np.ndarray:
    """(C, C) correlations of the columns of one question, which exclude each other; zero between questions."""
    out = np.zeros((len(columns.scores), len(columns.scores)))
    for q, margin in enumerate(margins):
        rows = np.nonzero(columns.question == q)[0]
        stacked = np.stack([columns.scores[i] for i in rows])
        out[np.ix_(rows, rows)] = (stacked * margin) @ stacked.T
    return out


def _pilot_correlations(pilot: Pilot, columns: Columns) -> tuple[np.ndarray, np.ndarray]:
    """(C, C) weighted pairwise correlations of the pilot and their sampling variances; inf where there is none."""
    told = (pilot.positions >= 0)[:, columns.question] * np.sqrt(pilot.weights)[:, None]
    pairs = zip(columns.question, columns.scores, strict=True)
    values = np.stack([score[pilot.positions[:, q]] for q, score in pairs], 1)
    total = np.maximum((told**2).sum(0), 1e-9)
    mean = (told**2 * values).sum(0) / total
    spread = np.sqrt((told**2 * (values - mean) ** 2).sum(0) / total)
    scored = told * (values - mean) / np.maximum(spread, 0.2)
    common = told.T @ told
    size = common**2 / np.maximum((told**2).T @ told**2, 1e-9)
    correlation = np.clip(scored.T @ scored / np.maximum(common, 1e-9), -0.95, 0.95)
    # the second term keeps a few people from proving a perfect correlation
    variance = (1 - correlation**2) ** 2 / np.maximum(size - 1, 1) + 0.02 / np.maximum(size, 1)
    unusable = (size < FEWEST_PEOPLE) | (columns.question[:, None] == columns.question[None])
    return correlation, np.where(unusable, np.inf, variance)


def shrunk_correlations(expected: np.ndarray, observed: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """(C, C) observed correlations shrunk towards expected ones.

    The variance of true correlations around expected ones is estimated from the pilot itself (method of moments); a
    pair that lies further away than chance and that variance allow keeps more of its distance (limited translation,
    Efron and Morris 1972).
    """
    gap = observed - expected
    usable = np.isfinite(variance)
    typical = max(float(np.mean(gap[usable] ** 2 - variance[usable])) if usable.any() else 0.0, 0.03**2)
    spread = np.maximum(typical, gap**2 - 2 * variance)
    return expected + gap * np.where(usable, spread / (spread + np.where(usable, variance, 1.0)), 0.0)


def leaning_on_factors(correlations: np.ndarray, usable: np.ndarray) -> np.ndarray:
    """(C, C) correlations moved half-way to those that a few common factors give.

    Noise of a pilot scatters over all pairs, while what people's answers share lies along a few factors: each pair
    then learns from all others. Factors are principal axes with communalities iterated from the largest correlation
    of a column. Pairs that are not `usable` (columns of one question) stay as they are and count as zero.
    """
    factors = min(FACTORS, len(correlations) // 3)
    if not factors:
        return correlations
    shared = np.where(usable, correlations, 0.0)
    np.fill_diagonal(shared, 0.0)
    own = np.abs(shared).max(1)
    for _ in range(30):
        size, axes = np.linalg.eigh(shared + np.diag(own))
        loadings = axes[:, -factors:] * np.sqrt(np.maximum(size[-factors:], 0.0))
        own = np.minimum((loadings**2).sum(1), 0.98)
    return np.where(usable, (1 - LEAN) * correlations + LEAN * loadings @ loadings.T, correlations)


@dataclass(frozen=True)
class Curves:
    """How every column's expected score bends along its direction, at any size of loading."""

    #: (C,) largest loading of every column
    longest: np.ndarray
    #: (C,) share of it that an adapted column has
    share: np.ndarray
    #: (G,) sizes as shares of the largest, and (C, G, TERMS) Hermite coefficients there
    grid: np.ndarray
    coefficients: np.ndarray

    @classmethod
    def of(cls, margins: list[np.ndarray], columns: Columns) -> Curves:
        """Tabulate the columns of a list of questions."""
        pairs = [(margins[q], score) for q, score in zip(columns.question, columns.scores, strict=True)]
        longest = np.array([longest_loading(*pair) for pair in pairs])
        grid = np.array([0.0, 0.3, 0.6, 0.8, 0.9, 0.95, 0.985, 1.0])
        rows = zip(pairs, longest, strict=True)
        table = [[hermite_coefficients(share * most, *pair, TERMS) for share in grid] for pair, most in rows]
        ordered = np.diff(columns.start)[columns.question] == 1
        return cls(longest, np.where(ordered, ORDERED_SHARE, OPTION_SHARE), grid, np.array(table))

    def correlations(self, loadings: np.ndarray) -> np.ndarray:
        """(C, C) correlations of scores that these loadings give: a power series in the cosines of directions."""
        sizes = np.linalg.norm(loadings, axis=1)
        terms = self._terms(np.minimum(sizes / self.longest, 1))
        cosines = loadings @ loadings.T / np.maximum(np.outer(sizes, sizes), 1e-9)
        return sum(np.outer(terms[:, h], terms[:, h]) * cosines ** (h + 1) for h in range(TERMS))

    def cosines(self, correlations: np.ndarray) -> np.ndarray:
        """(C, C) cosines of directions that give these correlations when all columns have their share."""
        terms = self._terms(self.share)
        tried = np.linspace(-0.99, 0.99, 67)
        powers = tried ** np.arange(1, TERMS + 1)[:, None]
        out = np.empty_like(correlations)
        for i in range(len(out)):
            reached = np.maximum.accumulate((terms[i] * terms) @ powers, axis=1)
            out[i] = [np.interp(r, row, tried) for r, row in zip(correlations[i], reached, strict=True)]
        return (out + out.T) / 2

    def _terms(self, shares: np.ndarray) -> np.ndarray:
        """(C, TERMS) coefficients at sizes given as shares of the largest."""
        rows = zip(self.coefficients, shares, strict=True)
        return np.array([[np.interp(share, self.grid, row[:, h]) for h in range(TERMS)] for row, share in rows])


def adapted_loadings(
    expected: np.ndarray, observed: np.ndarray, variance: np.ndarray, within: np.ndarray, curves: Curves
) -> np.ndarray:
    """(C, width + added) loadings that give the shrunk correlations.

    Every column becomes a cut through a normal variable of its own: the cosines of these variables follow from the
    shrunk correlations, their covariances with the shared space are the loadings the model had (as far as a joint
    distribution can have both), and what is left goes into added dimensions.
    """
    shrunk = shrunk_correlations(curves.correlations(shortened(expected, curves.longest)), observed, variance)
    usable = np.isfinite(variance)
    cosines = np.where(usable, curves.cosines(leaning_on_factors(shrunk, usable)), within)
    size, axes = np.linalg.eigh(cosines - np.diag(np.diag(cosines)) + np.eye(len(cosines)))
    size = np.maximum(size, 1e-3)
    unit = 1 / np.sqrt((axes**2) @ size)
    root, inverse = (unit[:, None] * axes) * np.sqrt(size), axes.T / np.sqrt(size)[:, None] / unit
    shared = root @ _no_more_than_one(inverse @ (expected / (curves.share * curves.longest)[:, None]))
    added = _roots(root @ root.T - shared @ shared.T)
    return np.concatenate([shared, added], 1) * (curves.share * curves.longest)[:, None]


def _no_more_than_one(matrix: np.ndarray) -> np.ndarray:
    """Singular values cut to .99: canonical correlations of two sets of variables cannot exceed one."""
    left, size, right = np.linalg.svd(matrix, full_matrices=False)
    return (left * np.minimum(size, 0.99)) @ right


def _roots(covariance: np.ndarray) -> np.ndarray:
    """(C, m) main axes of a covariance matrix, at most MOST_ADDED."""
    size, axes = np.linalg.eigh(covariance)
    keep = np.nonzero(size > LEAST_EIGENVALUE)[0][-MOST_ADDED:]
    return axes[:, keep] * np.sqrt(size[keep])
