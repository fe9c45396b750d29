"""The loop: steps of the optimiser, looks at what was set aside, checkpoints; and what to do when things go wrong."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

from populace.errors import ModelError
from populace.training.causal import checkpoint as checkpoints
from populace.training.causal.adapters import trained_weights, whole
from populace.training.causal.checkpoint import Checkpoint
from populace.training.causal.examples import Example
from populace.training.causal.objective import losses, places
from populace.training.causal.packing import Batch, filled, packed
from populace.training.causal.settings import Settings

#: examples for one text, at most: short ones share it
MOST_IN_TEXT = 64

#: (step, steps, loss, tokens read, look or None): what the loop tells
Report = Callable[[int, int, float, int, float | None], None]
#: (random generator) -> an example
Draw = Callable[[np.random.Generator], Example]


@dataclass
class Loop:
    """A training of a model."""

    #: the model, with some weights set free
    model: torch.nn.Module
    settings: Settings
    #: where examples come from
    draw: Draw
    #: fixed examples of what was set aside
    aside: Sequence[Example]
    #: where checkpoints are kept
    folder: Path
    #: does the model begin with random weights?
    new: bool = False
    report: Report = lambda *told: None
    #: step -> mean loss where it was looked
    looks: dict[int, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._weights = trained_weights(self.model)
        decay = self.settings.decay
        self._optimiser = torch.optim.AdamW(self._weights.values(), lr=1.0, betas=(0.9, 0.95), weight_decay=decay)
        self._device = next(self.model.parameters()).device
        self._together = self.settings.together
        wanted = self.settings.reduced
        self._reduced = self._device.type == "cuda" if wanted is None else wanted
        self.step = 0

    def run(self, until: int | None = None) -> float:
        """Train until the steps are done, or looks no longer get better; gives the best look. `until` stops earlier."""
        self._resume()
        settings = self.settings
        last = min(settings.steps, until or settings.steps)
        if not self.looks:
            self.looks[0] = self.look()
        while self.step < last and not self._tired():
            loss, read = self.take_step()
            self.step += 1
            looked = None
            if self.step % settings.look_every == 0 or self.step == settings.steps:
                looked = self.looks[self.step] = self.look()
            if looked is not None or self.step % settings.save_every == 0 or self.step == last:
                self._save(best=looked is not None and looked == min(self.looks.values()))
            self.report(self.step, settings.steps, loss, read, looked)
        return min(self.looks.values())

    def best(self) -> None:
        """Put the weights of the best look into the model."""
        kept = checkpoints.best_of(self.folder)
        if kept is not None:
            self._put(kept)

    def look(self) -> float:
        """Mean loss per answer on what was set aside."""
        total = weight = 0.0
        for batch, logits in self.read(self.aside):
            each, weights = losses(logits, batch)
            total, weight = total + float((each * weights).sum()), weight + float(weights.sum())
        return total / weight

    @torch.no_grad()
    def read(self, examples: Sequence[Example]) -> Iterator[tuple[Batch, torch.Tensor]]:
        """Batches of examples with (S, V) scores of all tokens at their spots."""
        self.model.eval()
        for start in range(0, len(examples), MOST_IN_TEXT):
            rows = filled(examples[start : start + MOST_IN_TEXT], self.settings.length)
            for place in range(0, len(rows), self._together):
                batch = packed(rows[place : place + self._together], self.settings.length).to(self._device)
                yield batch, self._read(batch)

    # -- a step -----------------------------------------------------------------------------------------------------

    def take_step(self) -> tuple[float, int]:
        """One step of the optimiser; (loss, tokens read)."""
        # chance is a function of seed and step: a run that goes on draws what it would have drawn
        rows = self._rows(np.random.default_rng([self.settings.seed, self.step]))
        while True:
            try:
                loss, read = self._gradients(rows)
                break
            except torch.OutOfMemoryError as problem:
                self._halve(problem)
        if not np.isfinite(loss) or not self._gradients_are_numbers():
            raise ModelError(
                f"the loss is {loss} at step {self.step + 1}: training has stopped, the checkpoint of step "
                f"{self._last_saved()} in {self.folder} is kept; go on with a smaller --rate"
            )
        torch.nn.utils.clip_grad_norm_(self._weights.values(), self.settings.clip)
        for group in self._optimiser.param_groups:
            group["lr"] = self.settings.rate_at(self.step, self.new)
        self._optimiser.step()
        return loss, read

    def _rows(self, random: np.random.Generator) -> list[list[Example]]:
        """Texts of a step: as many as are wanted, each as full as examples make it."""
        settings = self.settings
        room = settings.texts * settings.length
        examples: list[Example] = []
        while len(examples) < settings.texts * MOST_IN_TEXT:
            example = self.draw(random)
            if len(example) > room:
                break
            if example.spots and len(example) <= settings.length:
                examples.append(example)
                room -= len(example)
        return filled(examples, settings.length)

    def _gradients(self, rows: list[list[Example]]) -> tuple[float, int]:
        self.model.train()
        torch.manual_seed(self.settings.seed * 1_000_003 + self.step)
        self._optimiser.zero_grad(set_to_none=True)
        weight = sum(spot.weight for row in rows for example in row for spot in example.spots)
        total, read = 0.0, 0
        for start in range(0, len(rows), self._together):
            batch = packed(rows[start : start + self._together], self.settings.length).to(self._device)
            each, weights = losses(self._read(batch), batch)
            loss = (each * weights).sum() / weight
            loss.backward()
            total, read = total + float(loss.detach()), read + batch.size
        return total, read

    def _read(self, batch: Batch) -> torch.Tensor:
        """(S, V) scores of all tokens where answers begin."""
        with torch.autocast(self._device.type, dtype=torch.bfloat16, enabled=self._reduced):
            # layers without the head: scores of all tokens are needed at few places only
            hidden = (
                whole(self.model)
                .base_model(
                    input_ids=batch.tokens,
                    attention_mask=batch.mask(torch.bfloat16 if self._reduced else torch.float32),
                    position_ids=batch.positions,
                    use_cache=False,
                )
                .last_hidden_state
            )
            return whole(self.model).get_output_embeddings()(hidden[places(batch)])

    def _gradients_are_numbers(self) -> bool:
        return all(one.grad is None or bool(torch.isfinite(one.grad).all()) for one in self._weights.values())

    def _halve(self, problem: Exception) -> None:
        if self._together == 1:
            raise ModelError(
                f"there is no memory for a single text of {self.settings.length} tokens ({problem}): "
                "use a smaller --length, --checkpointing, or a smaller base"
            ) from problem
        self._together //= 2
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        warnings.warn(f"out of memory: {self._together} texts are read at once from now on", stacklevel=2)

    def _tired(self) -> bool:
        """Have the looks not got better for so long?"""
        steps = sorted(self.looks)
        best = min(steps, key=lambda step: self.looks[step])
        return len([step for step in steps if step > best]) >= self.settings.patience

    # -- checkpoints --------------------------------------------------------------------------------------------------

    def _save(self, best: bool) -> None:
        kept = self._optimiser.state_dict()["state"]
        names = list(self._weights)
        optimiser = {f"{names[i]}|{key}": one.clone() for i, own in kept.items() for key, one in own.items()}
        weights = {name: one.detach().clone() for name, one in self._weights.items()}
        state = {"looks": {str(step): loss for step, loss in self.looks.items()}}
        checkpoints.save(self.folder, Checkpoint(self.step, weights, optimiser, state), best)

    def _resume(self) -> None:
        kept = checkpoints.latest(self.folder)
        if kept is None or kept.step <= self.step:
            return
        self._put(kept)
        self.step = kept.step
        self.looks = {int(step): loss for step, loss in kept.state["looks"].items()}
        names = list(self._weights)
        state: dict[int, dict[str, torch.Tensor]] = {}
        for name, one in kept.optimiser.items():
            weight, _, key = name.rpartition("|")
            state.setdefault(names.index(weight), {})[key] = one
        self._optimiser.load_state_dict({**self._optimiser.state_dict(), "state": state})

    @torch.no_grad()
    def _put(self, kept: Checkpoint) -> None:
        for name, one in self._weights.items():
            one.copy_(kept.weights[name])

    def _last_saved(self) -> int:
        kept = checkpoints.latest(self.folder)
        return 0 if kept is None else kept.step
