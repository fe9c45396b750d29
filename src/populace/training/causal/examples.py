"""Examples: interviews as a model reads them, with the places where it is to learn.

Two kinds. A *person* answers a number of questions one after the other, each answer in view of those before: this
teaches how answers of one person hang together. A *group* is asked one question, and its shares are the answer: this
teaches margins and differences between groups with little noise. Options are shown in random order, scales either way
round. What is drawn is a function of the random generator alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from populace.models.causal_text import Ids, TokenWriter
from populace.prompts.context import Context
from populace.prompts.prompt import Prompt
from populace.training.corpus import Corpus, MarginRecord
from populace.training.material import Material

#: shares of interviews in which nothing is known of the person, nothing of time and place, and in which questions keep
#: their order
NAMELESS, TIMELESS, IN_ORDER = 0.1, 0.3, 0.5
#: backgrounds that are told at most
MOST_FACTS = 12
#: people in a group, at least
FEWEST_IN_GROUP = 50
#: titles and documents are not among what corpora tell
NOTHING = Context()


@dataclass(frozen=True)
class Spot:
    """A place where the model learns: what should follow the tokens up to `at`."""

    #: place of the token after which the answer begins
    at: int
    #: (K,) tokens of the options; of answers of several tokens, one entry with the token that comes
    tokens: tuple[int, ...]
    #: (K,) how probable they should be
    shares: tuple[float, ...]
    #: how much it counts
    weight: float = 1.0
    #: among these tokens only, rather than among all the model has
    among: bool = True
    #: the question, the order in which its options are shown, and the option chosen, at the beginning of an answer
    asked: tuple[Prompt, tuple[int, ...], int] | None = None


@dataclass
class Example:
    """Tokens to be read, and where to learn."""

    tokens: Ids = field(default_factory=list)
    spots: list[Spot] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.tokens)


@dataclass(frozen=True)
class Group:
    """People who share a background, or everybody; and how they answer one question."""

    #: place of the corpus
    corpus: int
    #: place of the background in the corpus, -1 = everybody
    background: int
    #: position of the option chosen there
    option: int


class PeopleSampler:
    """Interviews of the people of some corpora.

    people: per corpus (n,) True for whom to interview. learned: per corpus (Q,) True for questions to learn from; the
    others are asked too, if `asked` has them, and only read.
    """

    def __init__(
        self,
        tokens: TokenWriter,
        corpora: Sequence[Corpus],
        people: Sequence[np.ndarray],
        learned: Sequence[np.ndarray],
        asked: Sequence[np.ndarray],
        weights: Sequence[np.ndarray],
        length: int,
    ) -> None:
        self._tokens, self._corpora, self._length = tokens, corpora, length
        self._learned, self._asked, self._weights = learned, asked, weights
        self._people = [np.flatnonzero(one) for one in people]
        sizes = [(c.positions[p] >= 0).sum() for c, p in zip(corpora, self._people, strict=True)]
        # large surveys teach more, but not in proportion: the square root
        odds = np.sqrt(np.array(sizes, dtype=float))
        self._odds = odds / odds.sum()

    def draw(self, random: np.random.Generator) -> Example:
        """One person's interview, until the text is full."""
        place = int(random.choice(len(self._corpora), p=self._odds))
        corpus = self._corpora[place]
        row = int(random.choice(self._people[place]))
        facts = facts_of(corpus, row, random)
        example = Example(opening_of(self._tokens, corpus, row, facts, random))
        for question in self._questions(place, row, random):
            choice = int(corpus.positions[row, question])
            weight = float(self._weights[place][question]) if self._learned[place][question] else 0.0
            piece = _asked(self._tokens, corpus.prompts[question], random, choice=choice)
            if len(example) + len(piece.tokens) > self._length:
                break
            _append(example, piece, weight)
        return example

    def _questions(self, place: int, row: int, random: np.random.Generator) -> np.ndarray:
        """Questions that the person answered: some in the order of the questionnaire, or all mixed."""
        there = (self._corpora[place].positions[row] >= 0) & (self._asked[place] | self._learned[place])
        there &= np.array([item.role != "background" for item in self._corpora[place].items])
        found = np.flatnonzero(there)
        if len(found) and random.random() < IN_ORDER:
            return np.roll(found, -int(random.integers(len(found))))
        return random.permutation(found)


class GroupSampler:
    """Groups of the people of some corpora, and margin records: one question each, with shares as the answer."""

    def __init__(self, tokens: TokenWriter, material: Material, fewest: int = FEWEST_IN_GROUP) -> None:
        self._tokens, self._material, self._fewest = tokens, material, fewest
        self._groups = [group for place in range(len(material.corpora)) for group in self._groups_of(place)]
        self._records = np.flatnonzero(~material.held_records)
        odds = material.record_weights[self._records]
        self._odds = odds / odds.sum() if len(odds) else odds

    def draw(self, random: np.random.Generator) -> Example:
        """One group's answer to one question. Every group is drawn as often as every other, however large it is."""
        if len(self._records) and random.random() < 0.5:
            return self._everybody(random)
        group = self._groups[int(random.integers(len(self._groups)))]
        corpus = self._material.corpora[group.corpus]
        inside = ~corpus.held
        facts = []
        if group.background >= 0:
            inside &= corpus.positions[:, group.background] == group.option
            prompt = corpus.prompts[group.background]
            facts = [(prompt.text, prompt.options[group.option])]
        questions = self._learned(group.corpus)
        counts = None
        for question in random.permutation(questions)[:20]:
            chosen = corpus.positions[inside, question]
            counts = _counts(chosen, corpus, inside, len(corpus.prompts[question].options))
            if (chosen >= 0).sum() >= self._fewest:
                break
        else:
            return self._everybody(random) if len(self._records) else self.draw(random)
        row = int(np.flatnonzero(inside)[0])
        weight = float(self._material.weights[group.corpus][question])
        example = Example(opening_of(self._tokens, corpus, row, facts, random))
        _append(example, _asked(self._tokens, corpus.prompts[question], random, shares=counts / counts.sum()), weight)
        return example

    def _everybody(self, random: np.random.Generator) -> Example:
        place = int(random.choice(self._records, p=self._odds))
        record: MarginRecord = self._material.records[place]
        year = list(record.counts)[int(random.integers(len(record.counts)))]
        counts = record.counts[year]
        example = Example(self._tokens.opening(NOTHING, year or None, record.prompt.country, []))
        piece = _asked(self._tokens, record.prompt, random, shares=counts / counts.sum())
        _append(example, piece, float(self._material.record_weights[place]))
        return example

    def _learned(self, place: int) -> np.ndarray:
        corpus = self._material.corpora[place]
        asked = np.array([item.role != "background" for item in corpus.items])
        return np.flatnonzero(asked & ~self._material.held_questions[place])

    def _groups_of(self, place: int) -> list[Group]:
        corpus = self._material.corpora[place]
        found = [Group(place, -1, -1)]
        for number, item in enumerate(corpus.items):
            if item.role == "background":
                counts = np.bincount(_given(corpus.positions[~corpus.held, number]))
                found += [Group(place, number, k) for k in np.flatnonzero(counts >= self._fewest).tolist()]
        return found


def facts_of(corpus: Corpus, row: int, random: np.random.Generator) -> list[tuple[str, str]]:
    """Some of what is known of a person: question and answer of backgrounds, in random order."""
    known = [
        number
        for number, item in enumerate(corpus.items)
        if item.role == "background" and corpus.positions[row, number] >= 0
    ]
    if not known or random.random() < NAMELESS:
        return []
    count = int(random.integers(1, min(len(known), MOST_FACTS) + 1))
    chosen = random.permutation(known)[:count]
    return [(corpus.prompts[k].text, corpus.prompts[k].options[corpus.positions[row, k]]) for k in chosen]


def opening_of(
    tokens: TokenWriter, corpus: Corpus, row: int, facts: Sequence[tuple[str, str]], random: np.random.Generator
) -> Ids:
    """The beginning of an interview, most often with the year in which it took place: in use it may not be known."""
    if random.random() < TIMELESS:
        return tokens.opening(NOTHING, None, None, facts)
    country = next((prompt.country for prompt in corpus.prompts if prompt.country), None)
    return tokens.opening(NOTHING, int(corpus.years[row]) or None, country, facts)


@dataclass(frozen=True)
class _Piece:
    """A question with its answer, and where to learn in it."""

    tokens: Ids
    spots: tuple[Spot, ...]


def _asked(
    tokens: TokenWriter, prompt: Prompt, random: np.random.Generator, choice: int | None = None,
    shares: np.ndarray | None = None,
) -> _Piece:  # fmt: skip
    """A question with the options in random order; `choice` of a person, or `shares` (K,) of a group."""
    order = random_order(prompt, random)
    question, answers = tokens.question(prompt, order), tokens.answers(prompt, order)
    size = len(answers)
    given = int(random.choice(size, p=shares)) if choice is None else choice
    wanted = np.eye(size)[given] if shares is None else shares
    text = question + answers[given] + tokens.rests(prompt)[given]
    at, asked = len(question) - 1, (prompt, order, given)
    if all(len(one) == 1 for one in answers):
        return _Piece(text, (Spot(at, tuple(one[0] for one in answers), tuple(wanted.tolist()), asked=asked),))
    spots = [Spot(at + k, (token,), (1.0,), among=False) for k, token in enumerate(answers[given])]
    return _Piece(text, (replace(spots[0], asked=asked), *spots[1:]))


def random_order(prompt: Prompt, random: np.random.Generator) -> tuple[int, ...]:
    """Lists in any order, scales either way round; what stands outside the scale stays at the end."""
    inside = [position for position, missing in enumerate(prompt.missing) if not missing]
    outside = [position for position, missing in enumerate(prompt.missing) if missing]
    if prompt.ordinal:
        inside = inside[::-1] if random.random() < 0.5 else inside
    else:
        inside = random.permutation(inside).tolist()
    return (*inside, *outside)


def _append(example: Example, piece: _Piece, weight: float) -> None:
    start = len(example.tokens)
    example.tokens += piece.tokens
    if weight > 0:
        example.spots += [replace(spot, at=spot.at + start, weight=weight) for spot in piece.spots]


def _given(positions: np.ndarray) -> np.ndarray:
    return positions[positions >= 0].astype(np.int64)


def _counts(chosen: np.ndarray, corpus: Corpus, inside: np.ndarray, size: int) -> np.ndarray:
    """(K,) how many of the group chose each option, weighted as the survey is."""
    there = chosen >= 0
    weights = None if corpus.weights is None else corpus.weights[inside][there]
    return np.bincount(chosen[there].astype(np.int64), weights, minlength=size).astype(float)
