"""populace train --base: a causal language model fine-tuned on answers of people."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from populace.app.curves import write_curves
from populace.app.training import PAGE
from populace.training.causal.finetune import finetune
from populace.training.causal.settings import Settings
from populace.training.curves import Curve
from populace.training.material import Progress
from populace.training.work import CURVES, work_folder

#: name of the stage in the file of losses
STAGE = "fine-tuning"


def finetune_paths(
    paths: Sequence[Path], out: Path, base: str, settings: Settings, resume: bool, chat: bool, progress: Progress
) -> Path:
    """Fine-tune on data sets, with the losses as a file that can be watched; returns the model's folder."""
    curve = Curve(work_folder(out) / CURVES, STAGE)
    last: list[float] = []

    def report(step: int, steps: int, loss: float, read: int, looked: float | None) -> None:
        if looked is not None:
            last[:] = [looked]
        curve.add(step, steps, loss, (lambda: last[0]) if last else None)
        words = f"loss {loss:.3f}" + (f", set aside {last[0]:.3f}" if last else "") + f", {read:,} tokens a step"
        progress(f"{STAGE} ({words})" if step == steps else STAGE, step, steps)

    folder = finetune(base, paths, out, settings, resume, chat, report=report)
    if (folder / CURVES).is_file():
        write_curves(folder / CURVES, folder / PAGE, running=False)
    return folder
