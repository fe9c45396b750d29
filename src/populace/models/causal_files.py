"""Causal language models on disk: folders of Hugging Face with safetensors, and adapters that belong to one of them.

Nothing is fetched unless it is asked for, no code that comes with weights is run, and pickled weights are refused.
"""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    BitsAndBytesConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)
from transformers.utils import logging as hf_logging

from populace.errors import MissingExtra, ModelError
from populace.models.causal import CausalLM
from populace.models.causal_text import TokenWriter
from populace.models.decision import DECISION, Decision, read_decision
from populace.models.library import CARD, read_card

CONFIG, ADAPTER = "config.json", "adapter_config.json"
#: files whose content decides what a model answers, besides its weights
_DECIDING = ("config.json", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja", ADAPTER, DECISION)
_PICKLED = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")


def is_causal_folder(folder: Path) -> bool:
    """Does a folder hold a model of Hugging Face, or an adapter?"""
    return (folder / CONFIG).is_file() or (folder / ADAPTER).is_file()


def load_causal(
    place: str | Path,
    base: str | Path | None = None,
    online: bool = False,
    device: str | None = None,
    dtype: torch.dtype | None = None,
    chat: bool | None = None,
) -> CausalLM:
    """A causal language model from its folder, or by its id on a hub.

    base: where the base of an adapter is, if not where the adapter says. online: fetch what is not there. device:
    "cpu", "cuda", "auto" for all there are; the first GPU is taken where there is one. dtype: as stored, but float32
    on a CPU. chat: put questions as turns of a chat; as decision.json says, otherwise. Raises `ModelError`.
    """
    folder = _folder_of(place, online)
    decision = read_decision(folder)
    decision = decision if chat is None else replace(decision, chat=chat)
    whole = folder
    if (folder / ADAPTER).is_file():
        whole = _base_of(folder, decision, base, online)
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    model = _model(whole, device, dtype)
    if whole != folder:
        model = _with_adapter(model, folder)
    # an adapter may bring a tokenizer of its own; most leave it to their base
    tokenizer = _tokenizer(folder if (folder / "tokenizer_config.json").is_file() else whole)
    tokens = TokenWriter(tokenizer, decision.template, decision.chat, decision.lettered)
    card = _card(folder, str(place)) | {"hash": hash_of(folder) if whole == folder else _joined(folder, whole)}
    return CausalLM(model.eval(), tokens, decision, card)


def load_parts(
    place: str | Path, online: bool = False, device: str | None = None, four_bits: bool = False
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Model and tokenizer, for training: in full precision, or in four bits (on a GPU, with bitsandbytes)."""
    folder = _folder_of(place, online)
    if (folder / ADAPTER).is_file():
        raise ModelError(f"{folder} is an adapter: give the model it belongs to, or merge them first")
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    return _model(folder, device, torch.float32, four_bits), _tokenizer(folder)


def hash_of(folder: Path) -> str:
    """Hash of everything in a model folder that decides what it answers."""
    digest = hashlib.sha256()
    files = sorted(folder.glob("*.safetensors")) + [folder / name for name in _DECIDING if (folder / name).is_file()]
    for path in files:
        with path.open("rb") as file:
            digest.update(f"{path.name}:{hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return f"sha256:{digest.hexdigest()}"


def weights_hash(folder: Path) -> str:
    """Hash of the weights alone: what an adapter names its base by."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.safetensors")):
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return f"sha256:{digest.hexdigest()}"


def _joined(folder: Path, whole: Path) -> str:
    return "sha256:" + hashlib.sha256(f"{hash_of(folder)}\n{hash_of(whole)}".encode()).hexdigest()


def _folder_of(place: str | Path, online: bool) -> Path:
    folder = Path(place)
    if folder.is_dir():
        if not is_causal_folder(folder):
            raise ModelError(
                f"{folder} is no model of Hugging Face: it has neither {CONFIG} nor {ADAPTER}; give the folder that "
                "has them"
            )
        return folder
    return _from_hub(str(place), online)


def _from_hub(name: str, online: bool) -> Path:
    """The folder of a model that was fetched before, or is fetched now."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    wanted = ["*.json", "*.safetensors", "*.jinja", "tokenizer.model", "*.txt"]
    try:
        return Path(snapshot_download(name, allow_patterns=wanted, local_files_only=not online))
    except LocalEntryNotFoundError as problem:
        raise ModelError(
            f"model {name!r} is no folder, and was not fetched before: give a folder, or say --online to fetch it"
        ) from problem
    except (HfHubHTTPError, HFValidationError, OSError, ValueError) as problem:
        raise ModelError(f"model {name!r} could not be fetched ({_first_line(problem)}): check its name") from problem


def _model(folder: Path, device: str, dtype: torch.dtype | None, four_bits: bool = False) -> PreTrainedModel:
    if not list(folder.glob("*.safetensors")):
        pickled = [path.name for pattern in _PICKLED for path in folder.glob(pattern)]
        found = f"only pickled weights ({pickled[0]}), which can run code" if pickled else "no weights"
        raise ModelError(f"{folder} has {found}; expected *.safetensors: convert the model, or fetch its safetensors")
    if not (folder / CONFIG).is_file():
        raise ModelError(f"{folder} has weights but no {CONFIG}: copy the whole folder again")
    dtype = dtype or (torch.float32 if device == "cpu" else "auto")
    quantised = _four_bits(four_bits)
    try:
        with quietly():
            model = AutoModelForCausalLM.from_pretrained(
                folder, dtype=dtype, use_safetensors=True, trust_remote_code=False, local_files_only=True,
                device_map=device if device == "auto" or four_bits else None, **quantised,
            )  # fmt: skip
    except Exception as problem:  # the library and what it reads raise what they like: one line for the user
        raise ModelError(f"model {folder} cannot be loaded ({_first_line(problem)}): check the folder") from problem
    return model if device == "auto" or four_bits else model.to(device)


def _four_bits(wanted: bool) -> dict[str, Any]:
    if not wanted:
        return {}
    try:
        import bitsandbytes  # noqa: F401
    except ImportError as problem:
        raise MissingExtra("four bits need a GPU and bitsandbytes: pip install bitsandbytes, or use lora") from problem
    config = BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16,
    )  # fmt: skip
    return {"quantization_config": config}


def _tokenizer(folder: Path) -> PreTrainedTokenizerBase:
    known = ("tokenizer.json", "tokenizer.model", "vocab.json", "tokenizer_config.json")
    if not any((folder / name).is_file() for name in known):
        raise ModelError(f"{folder} has no tokenizer; expected tokenizer.json beside the weights: copy it there")
    try:
        return AutoTokenizer.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
    except Exception as problem:
        raise ModelError(
            f"the tokenizer of {folder} cannot be loaded ({_first_line(problem)}): copy it again"
        ) from problem


def _base_of(folder: Path, decision: Decision, base: str | Path | None, online: bool) -> Path:
    """The folder of an adapter's base, which has to be the very weights it was trained on."""
    named = base or _named_base(folder)
    if not named:
        raise ModelError(f"adapter {folder} does not say what it belongs to: name its base")
    relative = folder / str(named)
    found = relative if base is None and relative.is_dir() else _base_folder(folder, named, online)
    if decision.base is None:
        raise ModelError(f"adapter {folder} does not name its base by hash in {DECISION}: it was not made by Populace")
    if weights_hash(found) != decision.base:
        raise ModelError(
            f"adapter {folder} was trained on weights {decision.base[:19]}…, those of {found} are "
            f"{weights_hash(found)[:19]}…: give the base it was trained on"
        )
    return found


def _base_folder(folder: Path, named: str | Path, online: bool) -> Path:
    try:
        return _folder_of(named, online)
    except ModelError as problem:
        raise ModelError(f"the base of adapter {folder} is not there: {problem}") from problem


def _with_adapter(model: PreTrainedModel, folder: Path) -> PreTrainedModel:
    try:
        from peft import PeftModel
    except ImportError as problem:
        raise MissingExtra(f"{folder} is an adapter and needs peft: pip install 'populace[train]'") from problem
    if not (folder / "adapter_model.safetensors").is_file():
        raise ModelError(f"adapter {folder} has no adapter_model.safetensors: copy the whole folder again")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # peft asks transformers by old names
            return PeftModel.from_pretrained(model, str(folder)).merge_and_unload()
    except Exception as problem:
        raise ModelError(f"adapter {folder} cannot be put on its base ({_first_line(problem)})") from problem


def _card(folder: Path, place: str) -> dict[str, Any]:
    """The card that training wrote; of other models, their name."""
    return read_card(folder) if (folder / CARD).is_file() else {"name": Path(place).name, "kind": "causal"}


def _named_base(folder: Path) -> str | None:
    """What an adapter's own file says that it belongs to."""
    try:
        return json.loads((folder / ADAPTER).read_text(encoding="utf-8")).get("base_model_name_or_path")
    except (ValueError, AttributeError) as problem:
        raise ModelError(f"{folder / ADAPTER} cannot be read ({problem}): copy the whole folder again") from problem


@contextmanager
def quietly() -> Iterator[None]:
    """Without a bar for weights that are loaded within a second."""
    shown = hf_logging.is_progress_bar_enabled()
    hf_logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            hf_logging.enable_progress_bar()


def _first_line(problem: BaseException) -> str:
    text = str(problem).strip() or type(problem).__name__
    return text.splitlines()[0][:300]
