"""finetune(): from a base model and corpora to a model folder, readable top to bottom."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

import populace
from populace.errors import UsageError
from populace.models.causal_files import load_parts, quietly, weights_hash
from populace.models.causal_text import TokenWriter
from populace.models.decision import Decision, write_decision
from populace.prompts.template import LATEST
from populace.training.card import INTENDED_USE, LIMITS
from populace.training.causal.adapters import prepared, whole
from populace.training.causal.calibrate import answers_of, calibrated
from populace.training.causal.examples import Example, GroupSampler, PeopleSampler
from populace.training.causal.loop import Loop, Report
from populace.training.causal.new import is_new, new_model
from populace.training.causal.settings import Settings
from populace.training.corpus import HOLD_OUT_SEED, read_material
from populace.training.material import HELD_BATTERIES, Material, hold_out
from populace.training.work import Work, plan_of

#: interviews of people set aside that are looked at, and that calibration learns from
LOOKED_AT, CALIBRATED_ON = 96, 384


def finetune(
    base: str | Path,
    corpora: Sequence[Path],
    out: Path,
    settings: Settings = Settings(),
    resume: bool = False,
    chat: bool = False,
    until: int | None = None,
    report: Report = lambda *told: None,
    stop_after: int | None = None,
) -> Path:
    """Fine-tune a causal language model on answers of people, calibrate it, and write its folder; returns the folder.

    base: a folder of Hugging Face, or a name in `new.SIZES` for a model that begins with random weights. A LoRA is
    written as an adapter that names its base by hash. `stop_after` ends the run early, as a kill would. Raises
    `JournalError` when another training's work folder is in the way, or one exists although `resume` was not asked for.
    """
    material = hold_out(*read_material([Path(path) for path in corpora], until))
    model, tokenizer, new = _begin(str(base), material, settings)
    work = Work.open(Path(out), _plan(material, str(base), settings), resume)
    # a model without any training learns words much sooner than which letter stands for which
    start = Decision(LATEST, chat, lettered=not new)
    tokens = TokenWriter(tokenizer, start.template, start.chat, start.lettered)
    loop = Loop(
        prepared(model, settings), settings, lessons(tokens, material, settings),
        _aside(tokens, material, settings, LOOKED_AT, tuned=False), work.folder, new, report,
    )  # fmt: skip
    loop.run(stop_after)
    if stop_after is not None and loop.step < settings.steps:
        return work.folder
    loop.best()
    examples = _aside(tokens, material, settings, CALIBRATED_ON, tuned=True)
    random = np.random.default_rng([settings.seed, 0xCA11])
    decision, losses = calibrated(start, list(answers_of(whole(loop.model), tokens, examples, random)))
    card = _card(Path(out).name, str(base), material, settings, loop, losses)
    _write(Path(out), loop.model, tokenizer, decision, tokens, card, Path(base) if not new else None)
    work.close(Path(out))
    return Path(out)


# -- what is learned from --------------------------------------------------------------------------------------------


def lessons(tokens: TokenWriter, material: Material, settings: Settings) -> Callable[[np.random.Generator], Example]:
    """Where examples come from: persons and groups, in the shares that the settings say."""
    known = [~held & _questions(corpus) for corpus, held in zip(material.corpora, material.held_questions, strict=True)]
    people = [~corpus.held for corpus in material.corpora]
    length = settings.length
    persons = PeopleSampler(tokens, material.corpora, people, known, known, material.weights, length)
    groups = GroupSampler(tokens, material) if settings.groups else None

    def draw(random: np.random.Generator) -> Example:
        # a person's interview fills a text, a group's is one question: shares are of places to learn at
        if groups is not None and random.random() < settings.groups:
            return groups.draw(random)
        return persons.draw(random)

    return draw


def _aside(tokens: TokenWriter, material: Material, settings: Settings, count: int, tuned: bool) -> list[Example]:
    """Interviews of people set aside; places to learn at are questions set aside, or all where there are none.

    tuned: calibration uses all their questions, for it is to hold for known and new ones.
    """
    people = [corpus.held if corpus.tuning is None else corpus.tuning for corpus in material.corpora]
    asked = [_questions(corpus) for corpus in material.corpora]
    held = [aside & own for aside, own in zip(material.held_questions, asked, strict=True)]
    learned = asked if tuned or not any(one.any() for one in held) else held
    weights = [np.ones(len(corpus.items)) for corpus in material.corpora]
    sampler = PeopleSampler(tokens, material.corpora, people, learned, asked, weights, settings.length)
    random = np.random.default_rng([settings.seed, 0xA51DE, int(tuned)])
    found: list[Example] = []
    for _ in range(50 * count):
        example = sampler.draw(random)
        if example.spots:
            found.append(example)
        if len(found) == count:
            break
    return found


def _questions(corpus: Any) -> np.ndarray:
    return np.array([item.role != "background" for item in corpus.items])


# -- begin and end ---------------------------------------------------------------------------------------------------


def _begin(base: str, material: Material, settings: Settings) -> tuple[PreTrainedModel, PreTrainedTokenizerBase, bool]:
    if is_new(base):
        if settings.method != "full":
            raise UsageError(f"base {base} begins with random weights: all of them are trained, use method full")
        return *new_model(base, material, settings.seed), True
    model, tokenizer = load_parts(base, four_bits=settings.method == "qlora")
    return model, tokenizer, False


def _plan(material: Material, base: str, settings: Settings) -> dict[str, Any]:
    """What makes two trainings the same one."""
    return {**plan_of(material, settings.seed, 0, 0, 0), "base": base, "settings": asdict(settings)}


def _card(
    name: str, base: str, material: Material, settings: Settings, loop: Loop, losses: dict[str, tuple[float, float]]
) -> dict[str, Any]:
    looks = {str(step): round(loss, 4) for step, loss in sorted(loop.looks.items())}
    return {
        "name": name,
        "kind": "causal",
        "summary": f"causal language model fine-tuned on answers of people ({settings.method}, base {Path(base).name})",
        "version": populace.__version__,
        "base": Path(base).name,
        "settings": asdict(settings),
        "steps": loop.step,
        "data": {
            "interviews": {corpus.name: int((~corpus.held).sum()) for corpus in material.corpora},
            "margin_files": sorted({r.source for r in material.records} - {c.name for c in material.corpora}),
        },
        "hold_out": {"seed": HOLD_OUT_SEED, "people": 0.1, "batteries": HELD_BATTERIES},
        "scores": {
            "loss_on_questions_set_aside": looks,
            "calibration": {kind: [round(one, 4) for one in pair] for kind, pair in losses.items()},
        },
        "sources": {
            c.name: {"licence": c.licence, "citation": c.citation} for c in material.corpora if c.licence or c.citation
        },
        "intended_use": INTENDED_USE,
        "limits": list(LIMITS),
    }


def _write(
    out: Path, model: torch.nn.Module, tokenizer: PreTrainedTokenizerBase, decision: Decision, tokens: TokenWriter,
    card: dict[str, Any], base: Path | None,
) -> None:  # fmt: skip
    """The model folder, whole or not at all."""
    out.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    try:
        with quietly():
            model.save_pretrained(work)
        adapter = (work / "adapter_config.json").is_file()
        if adapter:
            decision = replace(decision, base=weights_hash(base))
        else:
            tokenizer.save_pretrained(work)
        write_decision(decision, tokens.writer.letters, work)
        (work / "card.json").write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        work.chmod(0o755)
        if out.exists():
            shutil.rmtree(out)
        work.rename(out)
    finally:
        shutil.rmtree(work, ignore_errors=True)
