"""What is held out: people, batteries of questions, or whole surveys.

All splits are pure functions of the seed and of what is split, never of the order it comes in. Shares are met up to
chance, because every respondent (or survey) is placed on its own: somebody who is in two data sets lands on the same
side in both.
"""

from __future__ import annotations

import hashlib
import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

import numpy as np

from populace.data.codebook import Variable
from populace.data.dataset import DataSet
from populace.errors import DataError, UsageError
from populace.survey.question import Item

#: token sets this similar ask the same thing
SAME_WORDING = 0.8


def split_people(dataset: DataSet, shares: Sequence[float], seed: int) -> tuple[np.ndarray, ...]:
    """Row positions of each part, all interviews of a respondent in one part.

    `shares` are proportions with a sum of one or less; what is left over belongs to no part.
    Raises `DataError` when a part would be empty.
    """
    cuts = _cuts(shares)
    ids, person = np.unique(dataset.respondent_ids.astype(str), return_inverse=True)
    part = np.searchsorted(cuts, _uniforms(ids, seed, "people"), side="right")[person]
    parts = tuple(np.flatnonzero(part == number) for number in range(len(shares)))
    for share, rows in zip(shares, parts, strict=True):
        if not len(rows):
            raise DataError(
                f"a share of {share:g} of {len(ids):,} respondents is nobody; "
                "expected someone in every part: raise the share, change the seed or add respondents"
            )
    return parts


def split_batteries(
    items: Sequence[Item | Variable | str], shares: Sequence[float], seed: int, surveys: Sequence[str] | None = None
) -> tuple[np.ndarray, ...]:
    """Positions of the items of each part; items of one battery (see `batteries`) stay together.

    Shares count items. Groups go one by one, in an order drawn from the seed, to the part that lacks most.
    """
    _cuts(shares)
    groups = batteries(items, surveys)
    words = [" ".join(sorted(tokens(_text(item)))) for item in items]
    first = [min(words[i] for i in np.flatnonzero(groups == group)) for group in range(groups.max(initial=-1) + 1)]
    order = np.argsort(_uniforms(first, seed, "batteries"), kind="stable")
    wanted = np.array([*shares, max(0.0, 1.0 - math.fsum(shares))]) * len(items)
    sizes, part = np.bincount(groups, minlength=len(first)), np.empty(len(first), dtype=int)
    for group in order:
        part[group] = int(np.argmax(wanted))
        wanted[part[group]] -= sizes[group]
    return tuple(np.flatnonzero(part[groups] == number) for number in range(len(shares)))


def split_surveys(
    names: Sequence[str], shares: Sequence[float], seed: int, together: Iterable[Collection[str]] = ()
) -> tuple[tuple[str, ...], ...]:
    """Names of the surveys of each part; those named `together` (they share people, say) stay in one part.

    Shares count surveys. Raises `UsageError` when `together` names an unknown survey.
    """
    _cuts(shares)
    groups = _Groups(len(names))
    place = {name: number for number, name in enumerate(names)}
    for members in together:
        unknown = [name for name in members if name not in place]
        if unknown:
            raise UsageError(f"survey {unknown[0]!r} is not among the {len(names)} to split: check 'together'")
        groups.join_all(place[name] for name in members)
    label = groups.labels()
    first = [min(names[i] for i in np.flatnonzero(label == group)) for group in range(label.max(initial=-1) + 1)]
    wanted = np.array([*shares, max(0.0, 1.0 - math.fsum(shares))]) * len(names)
    part: dict[int, int] = {}
    for group in np.argsort(_uniforms(first, seed, "surveys"), kind="stable"):
        part[group] = int(np.argmax(wanted))
        wanted[part[group]] -= np.count_nonzero(label == group)
    return tuple(
        tuple(name for name, group in zip(names, label, strict=True) if part[group] == number)
        for number in range(len(shares))
    )


def batteries(items: Sequence[Item | Variable | str], surveys: Sequence[str] | None = None) -> np.ndarray:
    """(n,) group number of every item, counted from 0 in order of appearance.

    Two items are in one group when they share a battery id (within a survey, when `surveys` names each item's), share
    a stem, or are worded almost alike: Jaccard similarity of their sets of words of `SAME_WORDING` or more. Groups
    are closed under these relations, so a chain of near-twins is one group.
    """
    groups = _Groups(len(items))
    keys: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for number, item in enumerate(items):
        scope = surveys[number] if surveys is not None else ""
        for key in _keys(item, scope):
            keys[key].append(number)
    for members in keys.values():
        groups.join_all(members)
    for one, other in near_twins([tokens(_text(item)) for item in items], SAME_WORDING, groups.same):
        groups.join(one, other)
    return groups.labels()


def near_twins(
    sets: Sequence[frozenset[str]], threshold: float, skip: Callable[[int, int], bool] = lambda one, other: False
) -> Iterator[tuple[int, int]]:
    """Pairs (i, j) of sets with Jaccard similarity |A ∩ B| / |A ∪ B| of `threshold` or more.

    Exact, by prefix filtering (Chaudhuri, Ganti and Kaushik 2006): with tokens ordered from rare to common, two such
    sets share one of their first |A| - ceil(threshold · |A|) + 1 tokens, so only sets that meet there are compared.
    Pairs for which `skip(i, j)` holds are passed over. Empty sets have no twins.
    """
    count = Counter(token for words in sets for token in words)
    met: dict[str, list[int]] = defaultdict(list)
    for number in sorted(range(len(sets)), key=lambda n: len(sets[n])):
        words = sorted(sets[number], key=lambda token: (count[token], token))
        prefix = words[: len(words) - math.ceil(threshold * len(words) - 1e-9) + 1] if words else []
        for other in dict.fromkeys(other for token in prefix for other in met[token]):
            if not skip(other, number) and _jaccard(sets[other], sets[number]) >= threshold:
                yield other, number
        for token in prefix:
            met[token].append(number)


def tokens(text: str) -> frozenset[str]:
    """The different words of a text, without case, markup and punctuation."""
    plain = unicodedata.normalize("NFKC", re.sub(r"<[^>]*>", " ", text)).casefold().replace("’", "'")
    return frozenset(word.strip("'_") for word in re.findall(r"[\w']+", plain)) - {""}


def _jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    shared = len(one & other)
    return shared / (len(one) + len(other) - shared)


def _keys(item: Item | Variable | str, scope: str) -> Iterator[tuple[str, ...]]:
    """What makes two items neighbours for certain."""
    if isinstance(item, str):
        return
    if item.battery:
        yield ("battery", scope, item.battery)
    if item.stem and tokens(item.stem):
        yield ("stem", *sorted(tokens(item.stem)))


def _text(item: Item | Variable | str) -> str:
    return item if isinstance(item, str) else item.text


def _cuts(shares: Sequence[float]) -> np.ndarray:
    """Cumulative shares; refuses shares that are no proportions."""
    total = math.fsum(shares)
    if not len(shares) or any(not share > 0 for share in shares) or total > 1 + 1e-9:
        raise UsageError(f"shares are {list(shares)}; expected positive ones with a sum of one or less: correct them")
    cuts = np.cumsum(shares)
    if abs(total - 1) < 1e-9:
        cuts[-1] = np.inf
    return cuts


def _uniforms(words: Iterable[str], seed: int, purpose: str) -> np.ndarray:
    """A number in [0, 1) for every word, the same wherever and whenever it is asked for."""
    salt = f"{purpose}:{seed}:".encode()
    raw = b"".join(hashlib.blake2b(salt + word.encode(), digest_size=8).digest() for word in words)
    return (np.frombuffer(raw, dtype="<u8") >> np.uint64(11)).astype(float) * 2.0**-53


class _Groups:
    """Union of overlapping groups (disjoint-set forest with path halving)."""

    def __init__(self, n: int) -> None:
        self._parent = list(range(n))

    def root(self, one: int) -> int:
        while self._parent[one] != one:
            self._parent[one] = self._parent[self._parent[one]]
            one = self._parent[one]
        return one

    def same(self, one: int, other: int) -> bool:
        return self.root(one) == self.root(other)

    def join(self, one: int, other: int) -> None:
        low, high = sorted((self.root(one), self.root(other)))
        self._parent[high] = low

    def join_all(self, members: Iterable[int]) -> None:
        members = list(members)
        for other in members[1:]:
            self.join(members[0], other)

    def labels(self) -> np.ndarray:
        """(n,) group numbers from 0 in order of appearance."""
        _, first, inverse = np.unique(
            [self.root(one) for one in range(len(self._parent))], return_index=True, return_inverse=True
        )
        return np.argsort(np.argsort(first))[inverse]
