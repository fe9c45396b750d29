"""What choices among alternatives tell about part-worths: the information of the multinomial logit.

    I(β) = Σ_tasks Σ_j p_j (x_j − x̄)(x_j − x̄)',   p_j = exp(x_j'β) / Σ_k exp(x_k'β),   x̄ = Σ_j p_j x_j
    D-error = det(I⁻¹)^(1/K)

x_j are the effect codes of alternative j (as in `populace.analysis`), choosing none of them has a constant of its own
and no levels, K is the number of columns. Information is that of one respondent: the mean over versions.

References: J. Huber & K. Zwerina, "The importance of utility balance in efficient choice designs", Journal of Marketing
Research 33 (1996); R. Kessels, P. Goos & M. Vandebroek, "A comparison of criteria to design efficient choice
experiments", Journal of Marketing Research 43 (2006).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from populace.survey.tasks import Tasks

#: least eigenvalue of the information, as a share of the largest, below which effects cannot be told apart
LEAST = 1e-9
#: alternatives that are looked at together, which bounds memory
_AT_ONCE = 20_000


def effect_rows(levels: int) -> np.ndarray:
    """(L, L − 1) codes of an attribute's levels: the unit vectors, and −1 everywhere for the last."""
    return np.vstack([np.eye(levels - 1), -np.ones((1, levels - 1))])


def levels_of(tasks: Tasks) -> np.ndarray:
    """(V, T, J, A) levels from 0 on; −1 where a task has fewer alternatives than others."""
    shape = (len(tasks.versions), tasks.count, tasks.alternatives, len(tasks.attributes))
    levels = np.full(shape, -1)
    for v, version in enumerate(tasks.versions):
        for t, task in enumerate(version):
            levels[v, t, : len(task)] = task
    return np.where(levels > 0, levels - 1, -1)


def coded(levels: np.ndarray, counts: Sequence[int]) -> np.ndarray:
    """(…, K) effect codes of alternatives (…, A); zeros where there is none (−1)."""
    return np.concatenate([table[levels[..., a]] for a, table in enumerate(_tables(tuple(counts)))], axis=-1)


@lru_cache(maxsize=16)
def _tables(counts: tuple[int, ...]) -> tuple[np.ndarray, ...]:
    """Codes of every attribute; the last row, which −1 picks, is that of no level. A search asks for them often."""
    return tuple(np.vstack([effect_rows(count), np.zeros((1, count - 1))]) for count in counts)


def roots(levels: np.ndarray, counts: Sequence[int], none: bool, worths: np.ndarray) -> np.ndarray:
    """(N, m, K) rows √p_j (x_j − x̄) of tasks (N, J, A): their products W'W are the information of each.

    `worths` (K,): the part-worths expected, that of choosing none last.
    """
    columns, there = coded(levels, counts), levels[..., 0] >= 0
    if none:
        n, j, k = columns.shape
        wide = np.zeros((n, j + 1, k + 1))
        wide[:, :j, :k], wide[:, j, k] = columns, 1.0
        columns, there = wide, np.concatenate([there, np.ones((n, 1), dtype=bool)], axis=1)
    utility = np.where(there, columns @ worths, -np.inf)
    power = np.exp(utility - utility.max(axis=1, keepdims=True))
    chance = power / power.sum(axis=1, keepdims=True)
    mean = np.einsum("nj,njk->nk", chance, columns)
    return np.sqrt(chance)[..., None] * (columns - mean[:, None, :])


def information(levels: np.ndarray, counts: Sequence[int], none: bool, worths: np.ndarray) -> np.ndarray:
    """(K, K) information of one respondent, from versions (V, T, J, A)."""
    tasks, total = levels.reshape(-1, *levels.shape[2:]), np.zeros((len(worths), len(worths)))
    step = max(_AT_ONCE // tasks.shape[1], 1)
    for start in range(0, len(tasks), step):
        rows = roots(tasks[start : start + step], counts, none, worths).reshape(-1, len(worths))
        total += rows.T @ rows
    return total / len(levels)


def d_error(matrix: np.ndarray) -> float | None:
    """det(I⁻¹)^(1/K) of an information matrix; None when effects cannot be told apart.

    Example: two attributes of two levels, the tasks {(1,1), (2,2)} and {(1,2), (2,1)}. Each task has p = ½ and
    x̄ = 0, so that I = [[1,1],[1,1]] + [[1,−1],[−1,1]] = 2·1, det(I⁻¹) = ¼ and the D-error is ½.
    """
    if not separable(matrix):
        return None
    return float(np.exp(-np.linalg.slogdet(matrix)[1] / len(matrix)))


def separable(matrix: np.ndarray) -> bool:
    values = np.linalg.eigvalsh(matrix)
    return bool(values[0] > LEAST * max(values[-1], 0.0))


def inseparable_columns(matrix: np.ndarray) -> np.ndarray:
    """(K,) bool: the columns that take part in what cannot be told apart."""
    values, vectors = np.linalg.eigh(matrix)
    null = vectors[:, values <= LEAST * max(values[-1], 0.0)]
    return (null**2).sum(axis=1) > 1e-6


def least_d_error(sizes: np.ndarray, counts: Sequence[int], none: bool) -> float:
    """A D-error below which no tasks of these sizes (V, T) come, all part-worths being 0.

    The determinant of I is at most the product of those of its blocks (Fischer). For an attribute of L levels shown
    n_1 … n_L times in a task of J alternatives, m = J (or J + 1 with none), its block is B'CB with
    C = Σ_tasks diag(n)/m − nn'/m²; its determinant is at most L·(τ/(L−1))^(L−1), with τ the trace of C within sums of
    zero, which is largest when Σ n² is as small as can be. It is reached by tasks with least overlap in which levels
    and pairs of levels are balanced and attributes orthogonal. Example: two attributes of two levels, two tasks of two
    alternatives: τ = 2·(1 − ½) = 1, each block has determinant 2, and the bound is 4^(−½) = ½.
    """
    j = sizes.ravel().astype(float)
    m = j + none
    log_det, columns = 0.0, 0
    for levels in counts:
        each, more = np.divmod(j, levels)
        squares = more * (each + 1) ** 2 + (levels - more) * each**2
        trace = (j / m - squares / m**2 - (j / m - j**2 / m**2) / levels).sum() / len(sizes)
        log_det += math.log(levels) + (levels - 1) * math.log(trace / (levels - 1))
        columns += levels - 1
    if none:
        log_det += math.log((j / m**2).sum() / len(sizes))
        columns += 1
    return math.exp(-log_det / columns)


def worth_rows(counts: Sequence[int], none: bool) -> np.ndarray:
    """(levels, K) matrix that turns columns into part-worths of all levels, that of choosing none last."""
    blocks = [effect_rows(count) for count in counts] + ([np.ones((1, 1))] if none else [])
    whole = np.zeros((sum(len(block) for block in blocks), sum(block.shape[1] for block in blocks)))
    row = column = 0
    for block in blocks:
        whole[row : row + len(block), column : column + block.shape[1]] = block
        row, column = row + len(block), column + block.shape[1]
    return whole
