"""Models on disk: a folder with weights.safetensors and card.json, nothing pickled; and models by name."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from populace.errors import ModelError, OutOfSpace
from populace.models.base import ResponseModel

WEIGHTS, CARD = "weights.safetensors", "card.json"
#: name of the model that ships with the package
DEFAULT = "default"
#: models without weights, by name
PLAIN = ("fake", "uniform")


def load_model(name: str | Path = DEFAULT, cache: Path | None = None) -> ResponseModel:
    """A model by name ('default', 'fake', 'uniform') or from its folder; any causal model of Hugging Face is one.

    A file ending in .toml describes a remote model (docs/remote.md).

    `cache` is the SQLite file that keeps text vectors between runs; without it each run reads its texts anew.
    Raises `ModelError` when the folder is incomplete, altered, or of an unknown kind.
    """
    if str(name) in PLAIN:
        return _plain(str(name))
    if Path(name).suffix == ".toml":
        from populace.models.remote import load_remote

        return load_remote(name)
    folder = shipped_folder() if str(name) == DEFAULT else Path(name)
    if any((folder / one).is_file() for one in ("config.json", "adapter_config.json")):
        from populace.models.causal_files import load_causal

        return load_causal(folder)
    card = read_card(folder)
    if card.get("kind") == "combined":
        return _combined(folder, card, cache)
    if card.get("kind") != "surveylm":
        raise ModelError(
            f"{folder / CARD} has kind {card.get('kind')!r}; expected 'surveylm' or 'combined': "
            "use a model made by this version"
        )
    from populace.models import surveylm

    return surveylm.load(_read_weights(folder, card), card, cache)


def list_models() -> list[dict[str, Any]]:
    """Cards of the models that come with the package, the default first."""
    cards = [read_card(shipped_folder())] if (shipped_folder() / CARD).is_file() else []
    return [*({**card, "name": DEFAULT} for card in cards), *(_plain(name).describe() for name in PLAIN)]


def shipped_folder() -> Path:
    """Folder of the model that ships with the package."""
    return Path(str(resources.files("populace.models") / "weights"))


def read_card(folder: Path) -> dict[str, Any]:
    """The card of a model folder."""
    path = Path(folder) / CARD
    if not path.is_file():
        raise ModelError(
            f"{folder} is not a model folder: it has no {CARD}; "
            "give 'default', 'fake', 'uniform' or a folder made by train or adapt"
        )
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as problem:
        raise ModelError(f"{path} is not JSON ({problem}): restore it from where the model was made") from problem
    if not isinstance(card, dict):
        raise ModelError(
            f"{path} holds a {type(card).__name__}, expected an object: restore it from where the model was made"
        )
    return card


def save_model(folder: Path, tensors: dict[str, np.ndarray], card: dict[str, Any]) -> str:
    """Write a model folder whole or not at all; returns its hash. An existing model folder is replaced."""
    folder = Path(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    if folder.exists() and not (folder / CARD).is_file():
        raise ModelError(f"{folder} exists and is not a model folder: choose another place for the model")
    work = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        save_file({name: np.ascontiguousarray(array) for name, array in tensors.items()}, work / WEIGHTS)
        (work / WEIGHTS).chmod(0o644)
        digest = _digest(work / WEIGHTS)
        text = json.dumps({**card, "hash": digest}, indent=2, ensure_ascii=False)
        (work / CARD).write_text(text + "\n", encoding="utf-8")
        _put_in_place(work, folder)
    except (OSError, SafetensorError) as problem:
        raise OutOfSpace(
            f"model {folder} could not be written ({problem}): free space or choose another place"
        ) from problem
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return digest


def _put_in_place(work: Path, folder: Path) -> None:
    work.chmod(0o755)  # a temporary folder is private, a model is not
    if folder.exists():
        for name in (WEIGHTS, CARD):
            (work / name).replace(folder / name)
    else:
        work.rename(folder)


def _read_weights(folder: Path, card: dict[str, Any]) -> dict[str, np.ndarray]:
    path = folder / WEIGHTS
    if not path.is_file():
        raise ModelError(f"{folder} has no {WEIGHTS}: the model folder is incomplete, copy it again")
    digest = _digest(path)
    if digest != card.get("hash"):
        raise ModelError(
            f"{path} has hash {digest[:19]}…, its card says {str(card.get('hash'))[:19]}…: "
            "the weights were altered or cut off, copy the folder again"
        )
    try:
        return load_file(path)
    except SafetensorError as problem:
        raise ModelError(f"{path} cannot be read ({problem}): copy the model folder again") from problem


def _combined(folder: Path, card: dict[str, Any], cache: Path | None) -> ResponseModel:
    """A combined model with the survey model that it was made from."""
    from populace.models import combined
    from populace.models.surveylm import SurveyLM

    weights, base = _read_weights(folder, card), combined.base_of(folder, card)
    survey = load_model(base, cache)
    if not isinstance(survey, SurveyLM):
        raise ModelError(f"{folder} was combined with {str(base)!r}, which is no survey model: combine it anew")
    return combined.load(weights, card, survey)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return "sha256:" + hashlib.file_digest(file, "sha256").hexdigest()


def _plain(name: str) -> ResponseModel:
    if name == "fake":
        from populace.models.fake import FakeModel

        return FakeModel()
    from populace.models.baselines import Uniform

    return Uniform()
