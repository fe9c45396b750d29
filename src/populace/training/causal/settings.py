"""What a fine-tuning is told, and what follows from it."""

from __future__ import annotations

from dataclasses import dataclass

from populace.errors import UsageError

METHODS = ("lora", "qlora", "full")
#: step size by method, and for a model that begins with random weights; LoRA as in SubPOP (arXiv 2502.16761)
RATES = {"lora": 2e-4, "qlora": 2e-4, "full": 2e-5, "new": 2e-3}


@dataclass(frozen=True)
class Settings:
    """How a causal language model is trained. The defaults follow published recipes where there are some."""

    #: lora: a few added weights; qlora: the same on a base of four bits; full: every weight
    method: str = "lora"
    #: passes of the optimiser
    steps: int = 1000
    #: texts that are as long as this at most, in tokens
    length: int = 1024
    #: texts in a step; each is filled with as many interviews as it holds
    texts: int = 8
    #: texts that are read at once; halved where memory does not suffice
    together: int = 8
    #: largest step size; None = what is usual for the method
    rate: float | None = None
    #: share of the steps in which the step size grows
    warm_up: float = 0.05
    #: decay of weights; 0 for adapters
    decay: float = 0.0
    #: largest norm of a gradient
    clip: float = 1.0
    #: share of a step's interviews that teach how groups answer, rather than persons
    groups: float = 0.3
    #: adapters: rank, strength, and share of inputs left out
    rank: int = 8
    alpha: int = 32
    dropout: float = 0.05
    #: steps between looks at questions set aside, and looks without a gain before training ends
    look_every: int = 100
    patience: int = 5
    #: steps between checkpoints
    save_every: int = 100
    #: read layers again in the backward pass instead of keeping them
    checkpointing: bool = False
    #: reduced precision (bf16) in the forward pass; None = on a GPU
    reduced: bool | None = None
    #: where all chance comes from
    seed: int = 0

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise UsageError(f"method is {self.method!r}; expected {', '.join(METHODS)}")
        for name in ("steps", "length", "texts", "together", "rank", "look_every", "save_every", "patience"):
            if getattr(self, name) < 1:
                raise UsageError(f"{name} is {getattr(self, name)}; expected 1 or more")
        if not 0 <= self.groups <= 1:
            raise UsageError(f"groups is {self.groups}; expected a share from 0 to 1")

    def rate_at(self, step: int, new: bool) -> float:
        """Step size: it grows in a line, then falls along half a cosine to a tenth."""
        from math import cos, pi

        most = self.rate or RATES["new" if new else self.method]
        growing = max(1, round(self.warm_up * self.steps))
        if step < growing:
            return most * (step + 1) / growing
        done = (step - growing) / max(1, self.steps - growing)
        return most * (0.1 + 0.9 * (1 + cos(pi * min(done, 1.0))) / 2)
