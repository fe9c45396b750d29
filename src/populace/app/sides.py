"""The files of a comparison as data sets: the panel, people, and what stands beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from populace.app.chosen import read_data
from populace.app.reports import check_common
from populace.app.roles import read_by, roles_of, with_roles
from populace.data.dataset import DataSet
from populace.errors import UsageError


@dataclass(frozen=True)
class Sides:
    """The files of a comparison."""

    #: the panel
    synthetic: Path
    #: people
    human: Path
    #: whom the model learned from
    train: Path | None = None
    #: a second human sample
    ceiling: Path | None = None
    #: name -> answers by a simpler method
    baselines: Mapping[str, Path] = field(default_factory=dict)

    def read(
        self, background: str, weight: str, leave_out: str, same_codebook: bool
    ) -> tuple[DataSet, DataSet, dict[str, Any]]:
        """Panel, people, and the further arguments of `scrutinize`; columns in the roles that are named.

        Raises `UsageError` when people stand in the panel's place, `DataError` where the sides share no question.
        """
        beside = {"train": self.train, "ceiling": self.ceiling}
        beside = {name: path for name, path in beside.items() if path is not None}
        paths = (self.synthetic, self.human, *beside.values(), *self.baselines.values())
        panel, people, *others = [read_data(path) for path in paths]
        panel = read_by(panel, people) if same_codebook else panel
        panel, people, *others = with_roles(roles_of(background, weight, leave_out), [panel, people, *others])
        if people.synthetic and not panel.synthetic:
            raise UsageError(
                f"{self.human} is marked synthetic and {self.synthetic} is not; expected SYN before HUMAN: swap the two"
            )
        check_common(panel, people)
        given: dict[str, Any] = dict(zip(beside, others, strict=False))
        given["baselines"] = dict(zip(self.baselines, others[len(beside) :], strict=True))
        return panel, people, given
