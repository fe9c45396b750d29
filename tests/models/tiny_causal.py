"""Causal models of a few thousand parameters, and a tokenizer for them, made on the spot."""

from __future__ import annotations

from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoModelForCausalLM, LlamaConfig, PreTrainedModel, PreTrainedTokenizerFast

from populace.prompts.prompt import Prompt

TEA = Prompt(
    "How much do you like tea?", ("Very much", "A little", "Not at all", "Don't know"), True, (False,) * 3 + (True,)
)
PARTY = Prompt("Which party do you like best?", ("Reds", "Greens", "Blues"))
TOWNS = Prompt("In which town do you live?", tuple(f"Town {k}" for k in range(1, 31)))
SEX = Prompt("What is your sex?", ("Male", "Female"))

CHAT = (
    "{% for m in messages %}{{ '<|' + m['role'] + '|>' + m['content'] + '<|end|>' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)


def tiny_tokenizer(letters: bool = True) -> PreTrainedTokenizerFast:
    """Byte-level pairs, learned from a few words. Without letters " A" is two tokens."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    words = [f"{TEA.text} {' '.join(TEA.options)} {PARTY.text}"] * 20
    words += [f" {letter}" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"] * 50 if letters else []
    special = ["<|bos|>", "<|pad|>", "<|system|>", "<|user|>", "<|assistant|>", "<|end|>"]
    trainer = trainers.BpeTrainer(
        vocab_size=600 if letters else 262,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=special,
        show_progress=False,
    )
    tokenizer.train_from_iterator(words, trainer)
    named = {"bos_token": special[0], "pad_token": special[1]}
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, **named)
    fast.chat_template = CHAT
    return fast


def sizes(tokenizer, **more) -> dict:
    return {
        "vocab_size": len(tokenizer), "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2,
        "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 1024,
        "bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 1,
    } | more  # fmt: skip


def tiny_model(tokenizer, config=LlamaConfig, seed: int = 0, **more) -> PreTrainedModel:
    """Random weights, large enough that answers differ."""
    torch.manual_seed(seed)
    model = AutoModelForCausalLM.from_config(config(**sizes(tokenizer, **more)))
    for parameter in model.parameters():
        parameter.data.mul_(2.0)
    return model.eval()


def tiny_folder(folder: Path, **more) -> Path:
    """A model folder."""
    tokenizer = tiny_tokenizer()
    tiny_model(tokenizer, **more).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
