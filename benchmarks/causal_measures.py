"""What causal language models take: reading on against reading all anew, and training beside the matrix rate."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import torch
from timing import best
from transformers import PreTrainedModel

from populace.data.codebook import Codebook, Variable
from populace.data.dataset import DataSet
from populace.models.causal import CausalLM
from populace.models.causal_text import TokenWriter
from populace.models.decision import Decision, orders_of
from populace.prompts.prompt import Prompt
from populace.survey.scale import Option
from populace.training.causal.finetune import lessons
from populace.training.causal.loop import Loop
from populace.training.causal.new import new_model
from populace.training.causal.settings import Settings
from populace.training.corpus import corpus_of, margins_of
from populace.training.material import Material, hold_out

#: words that questions are made of
_WORDS = (
    "money", "work", "family", "health", "school", "country", "police", "water", "music", "travel", "garden", "market",
)  # fmt: skip
_LABELS = ("Agree strongly", "Agree somewhat", "Neither", "Disagree somewhat", "Disagree strongly")


def scoring(people: int, questions: int, base: str) -> dict[str, float]:
    """Interviews read on from question to question, and the same answers with every text read anew, in batches."""
    model = _model(base, _material(questions))
    prompts = [_prompt(number) for number in range(questions)]
    random = np.random.default_rng(0)
    chosen = random.integers(0, len(_LABELS), (questions, people))

    def read_on() -> list[np.ndarray]:
        session = model.open(people)
        found = []
        for prompt, said in zip(prompts, chosen, strict=True):
            found.append(session.ask(prompt))
            session.tell(prompt, said)
        return found

    def read_anew() -> list[np.ndarray]:
        return [_anew(model, prompts[:k], chosen[:k], prompts[k]) for k in range(questions)]

    apart = max(float(np.abs(one - other).max()) for one, other in zip(read_on(), read_anew(), strict=True))
    if apart > 1e-5:
        raise SystemExit(
            f"reading on and reading anew differ by {apart}: they are to be the same before they are timed"
        )
    seconds, anew = best(read_on, 0), best(read_anew, 0)
    return {
        "questions_per_second": people * questions / seconds,
        "anew_per_second": people * questions / anew,
        "times_faster": anew / seconds,
    }


def training(texts: int, length: int, base: str, rate: float) -> dict[str, float]:
    """Tokens a second of a step of training, and the share of the matrix rate: six operations a weight and token."""
    material = _material(40)
    settings = Settings(method="full", steps=100, texts=texts, length=length, together=texts)
    model, tokenizer = new_model(base, material, 0)
    tokens = TokenWriter(tokenizer, "survey-1", lettered=False)
    draw = lessons(tokens, material, settings)
    loop = Loop(model, settings, draw, [draw(np.random.default_rng(0))], Path("nowhere"), new=True)
    read = loop.take_step()[1]
    seconds = best(loop.take_step)
    # words of the tokenizer are looked up, and scored where answers begin only
    weights = sum(one.numel() for one in model.parameters()) - model.get_input_embeddings().weight.numel()
    return {
        "tokens_per_second": read / seconds,
        "share_of_matrix_rate": 6 * read * weights / seconds / 1e9 / rate,
        "parameters": float(sum(one.numel() for one in model.parameters())),
    }


def _anew(model: CausalLM, asked: list[Prompt], chosen: np.ndarray, prompt: Prompt) -> np.ndarray:
    """(n, K) probabilities with all texts read from their beginning, filled up to the longest, in one batch."""
    tokens, found = model.tokens, []
    orders = orders_of(prompt, model.decision.orders)
    for order in orders:
        question, answers = tokens.question(prompt, order), tokens.answers(prompt, order)
        texts = [
            tokens.opening(model.context, None, None, []) + _said(model, asked, chosen[:, row]) + question
            for row in range(chosen.shape[1])
        ]
        scores = _last_scores(model.model, texts)[:, [answer[0] for answer in answers]]
        found.append(model.decision.shares(prompt, order, scores))
    return np.mean(found, axis=0)


def _said(model: CausalLM, asked: list[Prompt], chosen: np.ndarray) -> list[int]:
    ids: list[int] = []
    for prompt, choice in zip(asked, chosen.tolist(), strict=True):
        order = orders_of(prompt, 1)[0]
        tokens = model.tokens
        ids += tokens.question(prompt, order) + tokens.answers(prompt, order)[choice] + tokens.rests(prompt)[choice]
    return ids


@torch.inference_mode()
def _last_scores(model: PreTrainedModel, texts: list[list[int]]) -> np.ndarray:
    """(n, V) log probabilities of what comes after each text."""
    longest = max(map(len, texts))
    ids, mask = torch.zeros(len(texts), longest, dtype=torch.long), torch.zeros(len(texts), longest, dtype=torch.long)
    for row, text in enumerate(texts):
        ids[row, longest - len(text) :], mask[row, longest - len(text) :] = torch.tensor(text), 1
    positions = (mask.cumsum(1) - 1).clamp(min=0)
    logits = model(input_ids=ids, attention_mask=mask, position_ids=positions, logits_to_keep=1, use_cache=False).logits
    return torch.log_softmax(logits[:, -1].float(), dim=-1).double().numpy()


def _model(base: str, material: Material) -> CausalLM:
    model, tokenizer = new_model(base, material, 0)
    card = {"name": base, "hash": "sha256:benchmark"}
    return CausalLM(model.eval(), TokenWriter(tokenizer, "survey-1"), Decision(), card, together=1024)


def _prompt(number: int) -> Prompt:
    words = [_WORDS[(number * 7 + k * (1 + number % 3)) % len(_WORDS)] for k in range(10)]
    return Prompt(f"How far do you agree that {' '.join(words)} ({number})?", _LABELS, True)


def _material(questions: int) -> Material:
    """A made-up survey with these questions."""
    random = np.random.default_rng(1)
    prompts = [_prompt(number) for number in range(questions)]
    options = tuple(Option(place, label) for place, label in enumerate(_LABELS, 1))
    variables = tuple(Variable(f"q{k}", prompt.text, "ordinal", options) for k, prompt in enumerate(prompts))
    columns = {f"q{k}": random.integers(1, len(_LABELS) + 1, 400) for k in range(questions)}
    answers = pl.DataFrame({"respondent_id": np.arange(400), **columns})
    corpus = corpus_of(DataSet(answers, Codebook("made_up", "Made up", variables, {"years": [2020]})))
    return hold_out([corpus], margins_of(corpus))
