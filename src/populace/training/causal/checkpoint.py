"""Checkpoints: everything a training needs to go on as if it had not been stopped, written whole or not at all.

Nothing is pickled. Chance needs no state: it is drawn anew at every step from the seed and the step's number.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from populace.errors import JournalError

WEIGHTS, OPTIMISER, STATE = "weights.safetensors", "optimiser.safetensors", "state.json"
#: checkpoints that are kept, the best one besides
KEPT = 2


@dataclass(frozen=True)
class Checkpoint:
    """A training after some steps."""

    #: steps taken
    step: int
    #: name -> weights that are trained
    weights: dict[str, torch.Tensor]
    #: name -> what the optimiser keeps of them
    optimiser: dict[str, torch.Tensor]
    #: what else the training knows: the looks so far, the best of them
    state: dict[str, Any]


def save(folder: Path, checkpoint: Checkpoint, best: bool) -> Path:
    """Write a checkpoint into its folder; older ones are removed, but for the best."""
    folder.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=".checkpoint.", dir=folder))
    try:
        save_file({name: one.contiguous() for name, one in checkpoint.weights.items()}, work / WEIGHTS)
        save_file({name: one.contiguous() for name, one in checkpoint.optimiser.items()}, work / OPTIMISER)
        hashes = {name: _digest(work / name) for name in (WEIGHTS, OPTIMISER)}
        state = {"step": checkpoint.step, "hashes": hashes, **checkpoint.state}
        (work / STATE).write_text(json.dumps(state, indent=2) + "\n", encoding="utf-8")
        target = folder / f"step-{checkpoint.step:07d}"
        if target.exists():
            shutil.rmtree(target)
        work.rename(target)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    if best:
        _mark_best(folder, target)
    _remove_old(folder)
    return target


def latest(folder: Path) -> Checkpoint | None:
    """The last checkpoint that is whole, or None."""
    for path in sorted(folder.glob("step-*"), reverse=True):
        try:
            return load(path)
        except JournalError:
            continue  # a later one that was altered; an earlier one may be whole
    return None


def best_of(folder: Path) -> Checkpoint | None:
    """The checkpoint with the best look so far, or None."""
    mark = folder / "best"
    return load(folder / mark.read_text(encoding="utf-8").strip()) if mark.is_file() else None


def load(path: Path) -> Checkpoint:
    """A checkpoint. Raises `JournalError` where a file is missing or its hash is another."""
    try:
        state = json.loads((path / STATE).read_text(encoding="utf-8"))
        hashes = state.pop("hashes")
        for name, expected in hashes.items():
            if _digest(path / name) != expected:
                raise JournalError(
                    f"{path / name} was altered or cut off: remove {path}, an earlier checkpoint is used"
                )
        return Checkpoint(state.pop("step"), load_file(path / WEIGHTS), load_file(path / OPTIMISER), state)
    except (OSError, ValueError, KeyError, SafetensorError) as problem:
        raise JournalError(f"checkpoint {path} cannot be read ({problem}): remove it") from problem


def _mark_best(folder: Path, target: Path) -> None:
    part = folder / ".best"
    part.write_text(target.name, encoding="utf-8")
    part.replace(folder / "best")


def _remove_old(folder: Path) -> None:
    mark = folder / "best"
    best = mark.read_text(encoding="utf-8").strip() if mark.is_file() else None
    for path in sorted(folder.glob("step-*"))[:-KEPT]:
        if path.name != best:
            shutil.rmtree(path)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return "sha256:" + hashlib.file_digest(file, "sha256").hexdigest()
