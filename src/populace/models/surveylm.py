"""The survey language model: reads a question's words, and answers it as a population of latent persons.

Three parts. A margin tower says from the words how a population answers. A text map says who chooses which option, as
loadings in a space of latent persons that was learned from the correlations of many surveys; questions met in
training have their own margins and loadings. A Gaussian belief about every respondent is updated by backgrounds and
answers, and gives the probability of every option of the next question. The model cannot write text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from populace.errors import ModelError
from populace.models.base import Prediction, Told
from populace.models.beliefs import Beliefs
from populace.models.choice import Choice, choice_from_effects, choice_from_loadings, ordered_scores
from populace.models.columns import one_axis
from populace.models.encoder import RECIPE, WEIGHTS_SHA256, QuestionVectors, TextEncoder
from populace.models.known import KnownQuestions, scale_key
from populace.models.margins import MarginTower, predict_margins
from populace.models.nearby import NearbyMargins
from populace.models.textmap import TextMap
from populace.models.threads import in_threads
from populace.prompts.prompt import Prompt

#: name in cards
KIND = "surveylm"


@dataclass(frozen=True)
class Dials:
    """Numbers fitted on people and batteries set aside from training."""

    #: factor on the loadings of questions met in training (1 = as estimated)
    known: float = 1.0
    #: factor on loadings read from text
    text: float = 1.0
    #: margins of unseen questions: a Dirichlet with this many pseudo-people around the expected shares
    text_people: float = 5.0
    #: the same for questions met in training
    known_people: float = 50.0
    #: share of the towers in margins of unseen questions; the rest is memory of similar questions
    tower_share: float = 0.5
    #: how far a loading vector lies from what its text says (mean variance per dimension)
    variance: float = 0.003


@dataclass(frozen=True)
class Parameters:
    """Everything that is learned."""

    #: ensemble of margin towers
    towers: tuple[MarginTower, ...]
    #: margins of similar training questions
    nearby: NearbyMargins
    #: from words to loadings
    text: TextMap
    #: questions met in training
    known: KnownQuestions
    #: questions of a pilot, in a wider space: the first d dimensions are the shared ones
    adapted: KnownQuestions
    #: average margin of the training questions on each scale, without loadings
    scales: KnownQuestions
    #: fitted numbers
    dials: Dials = Dials()

    @property
    def width(self) -> int:
        """Dimensions of the space of latent persons, those added by a pilot included."""
        return max(self.text.linear.shape[1], self.adapted.loadings.shape[1])


class SurveyLM:
    """A `ResponseModel` (see models/base.py)."""

    def __init__(self, parameters: Parameters, encoder: TextEncoder, card: dict[str, Any]):
        self.parameters = parameters
        self.encoder = encoder
        self.card = card
        self.name: str = card["name"]
        self.hash: str = card.get("hash", "unsaved")
        self._choices: dict[Prompt, Choice] = {}

    def open(self, n: int, history: Sequence[Told] = ()) -> LatentSession:
        """Start interviews with `n` respondents who have already said `history`."""
        self.prepare([told.prompt for told in history])
        session = LatentSession(self, n)
        for told in history:
            session.tell(told.prompt, told.choices)
        return session

    def prepare(self, prompts: Sequence[Prompt]) -> None:
        """Read many questions at once; asking them one by one gives the same numbers, later."""
        new = [p for p in dict.fromkeys(prompts) if p not in self._choices]
        for prompt, (margin, loadings) in zip(new, self.read(new), strict=True):
            self._choices[prompt] = choice_of(prompt, margin, loadings)

    def choice(self, prompt: Prompt) -> Choice:
        """The parameters of one question."""
        if prompt not in self._choices:
            self.prepare([prompt])
        return self._choices[prompt]

    def read(self, prompts: Sequence[Prompt]) -> list[tuple[np.ndarray, np.ndarray]]:
        """Margin (K,) and loadings (columns, width) of every prompt, see models/columns.py."""
        found = [self._find(prompt) for prompt in prompts]
        texts = iter(self._from_text([p for p, known in zip(prompts, found, strict=True) if known is None]))
        read = [next(texts) if known is None else known for known in found]
        return [(margin, self._widened(loadings)) for margin, loadings in read]

    def scale_average(self, prompt: Prompt) -> np.ndarray:
        """(K,) average margin of training questions with the same options, else of all with as many options.

        What anybody could say without reading the question: a baseline, not a prediction.
        """
        scales, size = self.parameters.scales, len(prompt.options)
        found = scales.find_key(scale_key(prompt.options), size) or scales.find_key(size, size)
        return np.full(size, 1 / size) if found is None else found[0] / found[0].sum()

    def origin(self, prompt: Prompt) -> str:
        """Where a prompt's numbers come from: 'adapted', 'known' or 'text'."""
        if self.parameters.adapted.find(prompt) is not None:
            return "adapted"
        return "text" if self.parameters.known.find(prompt) is None else "known"

    def _find(self, prompt: Prompt) -> tuple[np.ndarray, np.ndarray] | None:
        """Margin and column loadings at their final size, or None for new wording."""
        adapted = self.parameters.adapted.find(prompt)
        if adapted is not None:
            return adapted
        known = self.parameters.known.find(prompt)
        return None if known is None else (known[0], known[1] * self.parameters.dials.known)

    def _from_text(self, prompts: Sequence[Prompt]) -> list[tuple[np.ndarray, np.ndarray]]:
        """Margins and column loadings of prompts with new wording."""
        return in_threads(self._from_words, zip(prompts, self.encoder.encode(prompts), strict=True))

    def _from_words(self, asked: tuple[Prompt, QuestionVectors]) -> tuple[np.ndarray, np.ndarray]:
        """Margin and column loadings of one prompt: alone, so that nothing depends on its neighbours."""
        prompt, vectors = asked
        (margin,) = self.text_margins([prompt], [vectors])
        return margin, self.text_loadings(prompt, vectors, margin)

    def text_margins(self, prompts: Sequence[Prompt], vectors: Sequence[QuestionVectors]) -> list[np.ndarray]:
        """(K,) shares of every prompt from its words: the towers and the memory of similar questions, mixed."""
        learned = predict_margins(self.parameters.towers, prompts, vectors)
        nearby, share = self.parameters.nearby, self.parameters.dials.tower_share
        remembered = [nearby.shares(v, self.scale_average(p)) for p, v in zip(prompts, vectors, strict=True)]
        return [share * a + (1 - share) * b for a, b in zip(learned, remembered, strict=True)]

    def text_loadings(self, prompt: Prompt, vectors: QuestionVectors, margin: np.ndarray) -> np.ndarray:
        """(columns, d) loadings read from the words, under a given margin."""
        return self.parameters.text.loadings(prompt, vectors, margin) * self.parameters.dials.text

    def _widened(self, loadings: np.ndarray) -> np.ndarray:
        """Zero loadings on the dimensions that a pilot added."""
        extra = self.parameters.width - loadings.shape[1]
        return np.pad(loadings, ((0, 0), (0, extra))) if extra else loadings

    def predict(self, prompts: Sequence[Prompt], history: Sequence[Told] = (), n: int = 1) -> list[Prediction]:
        """Distribution of each question among the respondents of `history`, with 90 % intervals.

        Intervals are quantiles of a Beta with the number of pseudo-people fitted on batteries set aside: they say
        how far a survey's share may lie from ours, not how many synthetic respondents were drawn.
        """
        self.prepare(prompts)
        session = self.open(n, history)
        return [self._interval(p, session.ask(p).mean(0)) for p in prompts]

    def _interval(self, prompt: Prompt, shares: np.ndarray) -> Prediction:
        people = self.people_behind(prompt)
        # of scipy, only this: scipy.stats, which calls it too, takes a second to import
        from scipy.special import betaincinv

        low, high = (betaincinv(people * shares, people * (1 - shares), q) for q in (0.05, 0.95))
        return Prediction(shares, np.minimum(low, shares), np.maximum(high, shares))

    def people_behind(self, prompt: Prompt) -> float:
        """Pseudo-people behind a prompt's margin."""
        dials = self.parameters.dials
        people = {"adapted": self.card.get("pilot_people", 0) + dials.text_people, "known": dials.known_people}
        return people.get(self.origin(prompt), dials.text_people)

    def describe(self) -> dict[str, Any]:
        """The model's card."""
        return {**self.card, "kind": KIND, "open_text": False, "questions_known": len(self.parameters.known)}


class LatentSession:
    """A batch of interviews with a `SurveyLM`."""

    def __init__(self, model: SurveyLM, n: int):
        self.n = n
        self._model = model
        self._beliefs = Beliefs(n, model.parameters.width)

    def ask(self, prompt: Prompt, rows: np.ndarray | None = None) -> np.ndarray:
        """(rows, K) probability of every option, given what each respondent has said."""
        return self._beliefs.ask(self._model.choice(prompt), rows)

    def tell(self, prompt: Prompt, choices: np.ndarray, rows: np.ndarray | None = None) -> None:
        """Record the options chosen (positions, -1 = no answer)."""
        self._beliefs.tell(self._model.choice(prompt), choices, rows)


def choice_of(prompt: Prompt, margin: np.ndarray, loadings: np.ndarray) -> Choice:
    """Choice parameters from a margin (K,) and column loadings (columns, d)."""
    missing = np.array(prompt.missing)
    if one_axis(prompt):
        return choice_from_loadings(margin, ordered_scores(margin, missing), loadings)
    bounded = np.clip(margin, 1e-4, 1 - 1e-4)
    return choice_from_effects(margin, loadings * np.sqrt((1 - bounded) / bounded)[:, None], False, missing)


def to_tensors(parameters: Parameters) -> dict[str, np.ndarray]:
    """Everything that determines the model's answers, by name."""
    tensors = parameters.text.tensors() | parameters.nearby.tensors()
    for i, tower in enumerate(parameters.towers):
        tensors |= {f"tower.{i}.{name}": value.half().numpy() for name, value in tower.state_dict().items()}
    for name in ("known", "adapted", "scales"):
        tensors |= getattr(parameters, name).tensors(name)
    return tensors | {"dials": np.array(astuple(parameters.dials))}


def from_tensors(tensors: dict[str, np.ndarray]) -> Parameters:
    """Inverse of `to_tensors`."""
    try:
        members = sorted({int(name.split(".")[1]) for name in tensors if name.startswith("tower.")})
        return Parameters(
            tuple(_tower(tensors, f"tower.{i}.") for i in members),
            NearbyMargins.from_tensors(tensors),
            TextMap.from_tensors(tensors),
            *(KnownQuestions.from_tensors(tensors, name) for name in ("known", "adapted", "scales")),
            Dials(*map(float, tensors["dials"])),
        )
    except (KeyError, TypeError, ValueError, RuntimeError) as problem:
        raise ModelError(
            f"weights are not those of a {KIND} of this version ({problem}): train it anew, or use the version it names"
        ) from problem


def _tower(tensors: dict[str, np.ndarray], prefix: str) -> MarginTower:
    state = {k.removeprefix(prefix): torch.from_numpy(v).float() for k, v in tensors.items() if k.startswith(prefix)}
    tower = MarginTower(hidden=state["score.weight"].shape[1])
    tower.load_state_dict(state)
    return tower.eval()


def load(tensors: dict[str, np.ndarray], card: dict[str, Any], cache: Path | None) -> SurveyLM:
    """A model from its weights and card; refuses weights trained on another reading of texts."""
    expected = {"encoder_sha256": WEIGHTS_SHA256, "encoder_recipe": RECIPE}
    for key, value in expected.items():
        if card.get(key) != value:
            raise ModelError(
                f"model {card.get('name')!r} was trained with {key} {card.get(key)!r}, "
                f"this release has {value!r}: train it anew"
            )
    return SurveyLM(from_tensors(tensors), TextEncoder(cache), card)


def with_adapted(parameters: Parameters, adapted: KnownQuestions) -> Parameters:
    """The same model with a pilot's questions."""
    return replace(parameters, adapted=adapted)
