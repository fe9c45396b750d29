"""Which weights are trained: all of them, or a few that are added (LoRA, on a base of 4 bits QLoRA)."""

from __future__ import annotations

import warnings

import torch
from transformers import PreTrainedModel

from populace.errors import MissingExtra, UsageError
from populace.training.causal.settings import Settings


def prepared(model: PreTrainedModel, settings: Settings) -> torch.nn.Module:
    """The model with the weights that are to be trained, and no others, set free."""
    if settings.checkpointing:
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
        model.enable_input_require_grads()
    if settings.method == "full":
        model.requires_grad_(True)
        return model
    return _with_adapter(model, settings)


def _with_adapter(model: PreTrainedModel, settings: Settings) -> torch.nn.Module:
    try:
        from peft import LoraConfig, get_peft_model, prepare_model_for_kbit_training
    except ImportError as problem:
        raise MissingExtra(f"method {settings.method} needs peft: pip install 'populace[train]'") from problem
    if settings.method == "qlora":
        if not getattr(model, "is_loaded_in_4bit", False):
            raise UsageError("method qlora needs a base of 4 bits, which needs a GPU and bitsandbytes: use lora here")
        model = prepare_model_for_kbit_training(model, use_gradient_checkpointing=settings.checkpointing)
    config = LoraConfig(
        r=settings.rank, lora_alpha=settings.alpha, lora_dropout=settings.dropout, target_modules="all-linear",
        task_type="CAUSAL_LM",
    )  # fmt: skip
    torch.manual_seed(settings.seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # peft asks transformers by old names
        return get_peft_model(model, config)


def trained_weights(model: torch.nn.Module) -> dict[str, torch.nn.Parameter]:
    """name -> weights that are trained, in a fixed order."""
    return {name: one for name, one in model.named_parameters() if one.requires_grad}


def whole(model: torch.nn.Module) -> PreTrainedModel:
    """The causal model itself, with or without an adapter around it; added weights are in its layers."""
    return model.get_base_model() if hasattr(model, "get_base_model") else model
