"""Models that begin with random weights: a tokenizer learned from the corpora's words, and a small Llama.

For teams without a pretrained model at hand, for tests, and to know what pretraining is worth.
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoModelForCausalLM, LlamaConfig, PreTrainedModel, PreTrainedTokenizerFast

from populace.errors import UsageError
from populace.prompts.prompt import Prompt
from populace.prompts.template import Template, filled, read_template
from populace.prompts.text import Writer
from populace.training.material import Material

#: tokens that stand for something other than text
BEGIN, END, FILL = "<|begin|>", "<|end|>", "<|fill|>"


@dataclass(frozen=True)
class Size:
    """Measures of a new model."""

    #: width, layers, heads, and words of the tokenizer
    width: int
    layers: int
    heads: int
    words: int
    #: tokens that are read at most
    context: int = 2048


#: by name; parameters are about what the name says
SIZES = {
    "new-tiny": Size(128, 3, 4, 1024, 1024),
    "new-5m": Size(256, 4, 4, 6144),
    "new-15m": Size(384, 6, 6, 8192),
    "new-30m": Size(512, 8, 8, 8192),
    "new-100m": Size(768, 12, 12, 16384),
}


def is_new(base: str) -> bool:
    """Is a base's name that of a model which begins with random weights?"""
    if base.startswith("new-") and base not in SIZES:
        raise UsageError(f"base {base!r} is unknown; expected {', '.join(SIZES)}, a folder, or a model's id")
    return base in SIZES


def new_model(base: str, material: Material, seed: int) -> tuple[PreTrainedModel, PreTrainedTokenizerFast]:
    """A model with random weights and its tokenizer."""
    size = SIZES[base]
    tokenizer = new_tokenizer(_texts(material), size.words)
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=size.width, intermediate_size=size.width * 8 // 3 // 32 * 32,
        num_hidden_layers=size.layers, num_attention_heads=size.heads, num_key_value_heads=size.heads,
        max_position_embeddings=size.context, tie_word_embeddings=True,
        bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    return AutoModelForCausalLM.from_config(config), tokenizer


def new_tokenizer(texts: Iterable[str], words: int) -> PreTrainedTokenizerFast:
    """Byte pairs learned from texts; every letter of an answer is one token."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=words, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), special_tokens=[BEGIN, END, FILL],
        show_progress=False,
    )  # fmt: skip
    tokenizer.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token=BEGIN, eos_token=END, pad_token=FILL)


def _texts(material: Material, template: Template | None = None) -> Iterator[str]:
    """Every question as it is put, and every letter often enough to become a token."""
    template = template or read_template()
    writer = Writer(template)
    letters = [filled(template.letter, letter=letter) for letter in string.ascii_uppercase]
    yield from letters * 1000
    for prompt in _prompts(material):
        order = tuple(range(len(prompt.options)))
        yield writer.question(prompt, order)
        yield from (filled(template.rest, label=label) for label in prompt.options)
        yield writer.known([(prompt.text, label) for label in prompt.options[:2]])


def _prompts(material: Material) -> Iterator[Prompt]:
    for corpus, held in zip(material.corpora, material.held_questions, strict=True):
        yield from (prompt for prompt, aside in zip(corpus.prompts, held, strict=True) if not aside)
    for record, aside in zip(material.records, material.held_records, strict=True):
        if not aside:
            yield record.prompt
