"""Choice tasks: alternatives described by the levels of attributes, one of which is chosen (choice-based conjoint).

Several versions of the tasks exist side by side, and a respondent works through one of them.
"""

from __future__ import annotations

from dataclasses import dataclass

from populace.survey.scale import Option

#: versions x tasks x alternatives of one question
_MOST = 1_000_000


@dataclass(frozen=True)
class Attribute:
    """Something by which alternatives differ."""

    #: short name
    name: str
    #: its levels, in order
    levels: tuple[str, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "levels", tuple(self.levels))


@dataclass(frozen=True)
class Tasks:
    """Attributes, and which of their levels every alternative has."""

    #: what alternatives differ by
    attributes: tuple[Attribute, ...]
    #: versions x tasks x alternatives x attributes: place of the level in its attribute, from 1 on
    versions: tuple[tuple[tuple[tuple[int, ...], ...], ...], ...]
    #: wording of choosing none of them; None = one has to be chosen
    none: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "attributes", tuple(self.attributes))
        versions = tuple(
            tuple(tuple(tuple(alternative) for alternative in task) for task in version) for version in self.versions
        )
        object.__setattr__(self, "versions", versions)

    @property
    def count(self) -> int:
        """Tasks of one version."""
        return len(self.versions[0])

    @property
    def alternatives(self) -> int:
        """Most alternatives of a task."""
        return max(len(task) for version in self.versions for task in version)

    def options(self) -> tuple[Option, ...]:
        """What can be answered: the number of an alternative, or 0 for none of them."""
        chosen = tuple(Option(place, f"Alternative {place}") for place in range(1, self.alternatives + 1))
        return (*chosen, Option(0, self.none)) if self.none else chosen

    def wording(self, version: int, task: int, alternative: int) -> str:
        """What is on the card of an alternative; versions, tasks and alternatives count from 0."""
        levels = self.versions[version][task][alternative]
        pairs = zip(self.attributes, levels, strict=True)
        return "; ".join(f"{attribute.name}: {attribute.levels[level - 1]}" for attribute, level in pairs)

    def problem(self) -> str | None:
        """What is wrong with these tasks, or None."""
        names = [attribute.name for attribute in self.attributes]
        if not names or len(set(names)) < len(names):
            return "attributes are none, or two have one name; expected unique names: add or rename them"
        for attribute in self.attributes:
            if len(attribute.levels) < 2 or len(set(attribute.levels)) < len(attribute.levels):
                return f"attribute {attribute.name!r} needs two different levels or more: add or reword them"
        if not self.versions or not all(self.versions):
            return "versions is empty; expected at least one with at least one task: add it"
        if len({len(version) for version in self.versions}) > 1:
            return "versions have different numbers of tasks; expected as many in each: complete them"
        if sum(len(task) for version in self.versions for task in version) > _MOST:
            return f"has more than {_MOST:,} alternatives: use fewer versions"
        return self._alternative_problem()

    def _alternative_problem(self) -> str | None:
        counts = [len(attribute.levels) for attribute in self.attributes]
        for number, task in enumerate(task for version in self.versions for task in version):
            place = f"version {number // self.count + 1}, task {number % self.count + 1}"
            if len(task) < 2:
                return f"{place} has {len(task)} alternatives; expected two or more: add some"
            for levels in task:
                if len(levels) != len(counts) or not all(
                    isinstance(level, int) and 1 <= level <= count for level, count in zip(levels, counts, strict=False)
                ):
                    return f"{place} has levels {list(levels)}; expected one number per attribute, from 1 on"
        return None
