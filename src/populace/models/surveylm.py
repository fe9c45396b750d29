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
from populace.models.battery import with_battery
from populace.models.beliefs import Beliefs
from populace.models.choice import Choice, choice_from_effects, choice_from_loadings
from populace.models.columns import axis_scores, column_count, one_axis
from populace.models.doubt import Doubt, Guess
from populace.models.encoder import RECIPE, WEIGHTS_SHA256, QuestionVectors, TextEncoder
from populace.models.known import KnownQuestions, scale_key
from populace.models.margins import MarginTower, Reduction, predict_margins, reduced
from populace.models.nearby import NearbyMargins, ordered, scale_of
from populace.models.textmap import TextMap
from populace.models.threads import in_threads
from populace.models.tuned import Tuned
from populace.prompts.canonical import canonical
from populace.prompts.prompt import Prompt

#: name in cards
KIND = "surveylm"
#: a prediction whose shares are expected to be further off than this, root mean square, should not be used
MOST_ERROR = 0.2
#: key among the scales of the average share of an option outside the scale
OUTSIDE = 0


@dataclass(frozen=True)
class Dials:
    """Numbers fitted on people and batteries set aside from training."""

    #: factor on the loadings of questions met in training (1 = as estimated)
    known: float = 1.0
    #: factor on loadings read from text
    text: float = 1.0
    #: margins of questions met in training: a Dirichlet with this many pseudo-people around the expected shares
    known_people: float = 50.0
    #: how far a loading vector lies from what its text says (mean variance per dimension)
    variance: float = 0.003
    #: what questions of one battery correlate beyond what their words say, where these are new
    battery: float = 0.0
    #: factor on how far backgrounds take respondents from the population, so that groups of a panel differ as people do
    background: float = 1.0


@dataclass(frozen=True)
class Parameters:
    """Everything that is learned."""

    #: axes on which the margin towers read
    reduction: Reduction
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
    #: how guessed margins are mixed, and what they are worth
    doubt: Doubt
    #: fitted numbers
    dials: Dials = Dials()
    #: upper layers of the model's own, through which questions are read a second time
    tuned: Tuned | None = None

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
        """Start interviews with `n` respondents who have already said `history`.

        What backgrounds say of respondents is taken `Dials.background` times as far: a best guess lies nearer to the
        average than people do, and a panel of best guesses would have groups that are too alike.
        """
        self.prepare([told.prompt for told in history])
        session = LatentSession(self, n)
        backgrounds = [told for told in history if told.background]
        for told in backgrounds:
            session.tell(told.prompt, told.choices)
        if backgrounds:
            session.take_further(self.parameters.dials.background)
        for told in history:
            if not told.background:
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
        """Margin (K,) and loadings (columns, width) of every prompt, see models/columns.py.

        Everything but a pilot's own questions is read in one order of options and turned back, so that the order
        shown changes nothing (prompts/canonical.py).
        """
        found = [self.parameters.adapted.find(prompt) for prompt in prompts]
        turned = [canonical(prompt) for prompt, adapted in zip(prompts, found, strict=True) if adapted is None]
        read = zip(self._read_in_order([prompt for prompt, _ in turned]), turned, strict=True)
        shown = (as_shown(prompt, order, *numbers) for numbers, (prompt, order) in read)
        numbers = [next(shown) if adapted is None else adapted for adapted in found]
        return [(margin, self._widened(loadings)) for margin, loadings in numbers]

    def _read_in_order(self, prompts: Sequence[Prompt]) -> list[tuple[np.ndarray, np.ndarray]]:
        """Margins and column loadings of prompts in the order of reading."""
        found = [self._known(prompt) for prompt in prompts]
        texts = iter(self._from_text([p for p, known in zip(prompts, found, strict=True) if known is None]))
        return [next(texts) if known is None else known for known in found]

    def scale_average(self, prompt: Prompt) -> np.ndarray:
        """(K,) average margin of training questions with the same scale, else of all scales with as many options.

        What anybody could say without reading the question: a baseline, not a prediction. Options outside the scale
        have what such options have on average.
        """
        read, order = canonical(prompt)
        outside = np.array(read.missing)
        aside = float(self.parameters.scales.find_key(OUTSIDE, 2)[0][0])
        shares = np.where(outside, min(aside, 0.5 / max(outside.sum(), 1)), 0.0)
        shares[~outside] = (1 - shares.sum()) * self._on_scale_average(read)
        return (shares / shares.sum())[np.argsort(order)]

    def _on_scale_average(self, read: Prompt) -> np.ndarray:
        """(S,) the same among the options on the scale, for a prompt in the order of reading."""
        labels = scale_of(read)
        if len(labels) < 2:
            return np.ones(len(labels))
        found = self.parameters.scales.find_key(scale_key(labels), len(labels))
        if found is None and ordered(read):
            found = self.parameters.scales.find_key(len(labels), len(labels))
        return np.full(len(labels), 1 / len(labels)) if found is None else found[0] / found[0].sum()

    def origin(self, prompt: Prompt) -> str:
        """Where a prompt's numbers come from: 'adapted', 'known' or 'text'."""
        if self.parameters.adapted.find(prompt) is not None:
            return "adapted"
        return "text" if self._known(canonical(prompt)[0]) is None else "known"

    def _known(self, prompt: Prompt) -> tuple[np.ndarray, np.ndarray] | None:
        """Margin and column loadings of a question met in training, at their final size; None for new wording."""
        known = self.parameters.known.find(prompt)
        # the same words may stand on a scale in one survey and in a list in another: then the columns do not fit
        if known is None or len(known[1]) != column_count(prompt):
            return None
        return known[0], known[1] * self.parameters.dials.known

    def _from_text(self, prompts: Sequence[Prompt]) -> list[tuple[np.ndarray, np.ndarray]]:
        """Margins and column loadings of prompts with new wording."""
        return in_threads(self._from_words, zip(prompts, self.encoder.encode(prompts), strict=True))

    def _from_words(self, asked: tuple[Prompt, QuestionVectors]) -> tuple[np.ndarray, np.ndarray]:
        """Margin and column loadings of one prompt: alone, so that nothing depends on its neighbours."""
        prompt, vectors = asked
        (margin,) = self.text_margins([prompt], [vectors])
        return margin, self.text_loadings(prompt, vectors, margin)

    def text_margins(self, prompts: Sequence[Prompt], vectors: Sequence[QuestionVectors]) -> list[np.ndarray]:
        """(K,) shares of every prompt, in the order of reading, from its words."""
        return [self.parameters.doubt.shares(guess) for guess in self.guesses(prompts, vectors)]

    def guesses(self, prompts: Sequence[Prompt], vectors: Sequence[QuestionVectors]) -> list[Guess]:
        """What towers and memory make of every prompt, in the order of reading."""
        parameters = self.parameters
        pairs = list(zip(prompts, vectors, strict=True))
        inputs = [reduced(parameters.reduction, prompt, own) for prompt, own in pairs]
        learned = predict_margins(parameters.towers, inputs, [prompt.year for prompt in prompts])
        return [
            Guess(p, towers, self._memory(p, v), parameters.nearby.nearest(v), self._second(p, v))
            for towers, (p, v) in zip(learned, pairs, strict=True)
        ]

    def _second(self, read: Prompt, vectors: QuestionVectors) -> np.ndarray | None:
        """What the second reading of a question makes of it."""
        tuned = self.parameters.tuned
        return tuned.shares(read, vectors.tuned) if tuned and vectors.tuned else None

    def _memory(self, read: Prompt, vectors: QuestionVectors) -> np.ndarray | None:
        if read.missing.count(False) < 2:
            return None
        return self.parameters.nearby.shares(read, vectors, self._on_scale_average(read))

    def text_loadings(self, prompt: Prompt, vectors: QuestionVectors, margin: np.ndarray) -> np.ndarray:
        """(columns, d) loadings read from the words and the battery, under a given margin."""
        loadings = self.parameters.text.loadings(prompt, vectors, margin) * self.parameters.dials.text
        return with_battery(loadings, prompt, self.parameters.dials.battery)

    def loadings_under(self, prompts: Sequence[Prompt], margins: Sequence[np.ndarray]) -> list[np.ndarray]:
        """(columns, d) loadings read from the words of every prompt under a given margin (K,), as if never met."""
        turned = [canonical(prompt) for prompt in prompts]
        vectors = self.encoder.encode([prompt for prompt, _ in turned])
        out = []
        for (read, order), own, margin in zip(turned, vectors, margins, strict=True):
            out.append(as_shown(read, order, margin[order], self.text_loadings(read, own, margin[order]))[1])
        return out

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
        error = float(np.sqrt(np.mean(shares * (1 - shares) / (people + 1))))
        return Prediction(shares, np.minimum(low, shares), np.maximum(high, shares), people, error > MOST_ERROR)

    def people_behind(self, prompt: Prompt) -> float:
        """How many people's answers a prompt's margin is worth."""
        origin = self.origin(prompt)
        if origin == "known":
            return self.parameters.dials.known_people
        read = canonical(prompt)[0]
        (guess,) = self.guesses([read], self.encoder.encode([read]))
        guessed = self.parameters.doubt.people_behind(guess)
        return guessed + self.card.get("pilot_people", 0) if origin == "adapted" else guessed

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

    def copy(self) -> LatentSession:
        """The same interviews once more."""
        other = LatentSession(self._model, 0)
        other.n, other._beliefs = self.n, self._beliefs.copy()
        return other

    def take_further(self, factor: float) -> None:
        """Move every respondent's belief away from the population, or back to it (factor below one)."""
        self._beliefs.take_further(factor)


def as_shown(
    read: Prompt, order: np.ndarray, margin: np.ndarray, loadings: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Margin and column loadings, found in the order of reading, in the order shown; `order` as in `canonical`."""
    back = np.argsort(order)
    if not one_axis(read):
        return margin[back], loadings[back]
    on_scale = order[~np.array(read.missing)]
    turned = len(on_scale) > 1 and on_scale[0] > on_scale[1]
    # from the other end the steps point the other way, and the bend is the same
    return margin[back], np.concatenate([-loadings[:1], loadings[1:]]) if turned else loadings


def choice_of(prompt: Prompt, margin: np.ndarray, loadings: np.ndarray) -> Choice:
    """Choice parameters from a margin (K,) and column loadings (columns, d); a scale's bend may be left away."""
    missing = np.array(prompt.missing)
    if one_axis(prompt):
        return choice_from_loadings(margin, axis_scores(prompt, margin)[:, : len(loadings)], loadings)
    bounded = np.clip(margin, 1e-4, 1 - 1e-4)
    return choice_from_effects(margin, loadings * np.sqrt((1 - bounded) / bounded)[:, None], False, missing)


def to_tensors(parameters: Parameters) -> dict[str, np.ndarray]:
    """Everything that determines the model's answers, by name."""
    tensors = parameters.text.tensors() | parameters.nearby.tensors() | parameters.doubt.tensors()
    tensors |= {
        f"reduction.{name}": getattr(parameters.reduction, name).astype(np.float16) for name in ("means", "axes")
    }
    for i, tower in enumerate(parameters.towers):
        tensors |= {f"tower.{i}.{name}": value.half().numpy() for name, value in tower.state_dict().items()}
    for name in ("known", "adapted", "scales"):
        tensors |= getattr(parameters, name).tensors(name)
    tensors |= parameters.tuned.tensors() if parameters.tuned else {}
    return tensors | {"dials": np.array(astuple(parameters.dials))}


def from_tensors(tensors: dict[str, np.ndarray]) -> Parameters:
    """Inverse of `to_tensors`."""
    try:
        members = sorted({int(name.split(".")[1]) for name in tensors if name.startswith("tower.")})
        return Parameters(
            Reduction(*(tensors[f"reduction.{name}"].astype(np.float32) for name in ("means", "axes"))),
            tuple(_tower(tensors, f"tower.{i}.") for i in members),
            NearbyMargins.from_tensors(tensors),
            TextMap.from_tensors(tensors),
            *(KnownQuestions.from_tensors(tensors, name) for name in ("known", "adapted", "scales")),
            Doubt.from_tensors(tensors),
            Dials(*map(float, tensors["dials"])),
            Tuned.from_tensors(tensors),
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
    parameters = from_tensors(tensors)
    return SurveyLM(parameters, TextEncoder(cache, parameters.tuned and parameters.tuned.reading), card)


def with_adapted(parameters: Parameters, adapted: KnownQuestions) -> Parameters:
    """The same model with a pilot's questions."""
    return replace(parameters, adapted=adapted)
