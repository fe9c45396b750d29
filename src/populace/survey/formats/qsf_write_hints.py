"""What is said of hints: which of them hold what Qualtrics would have to do, and does not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from populace.survey.formats.fidelity import Fidelity

#: what is asked and answered alike without them: spellings, names, and what only readers of data want to know
_QUIET = frozenset(
    {
        "kind", "missing", "off_scale", "exclusive", "role", "stem", "item", "code", "name", "column", "id", "title",
        "text", "label", "show_if", "valid_if", "skips", "when", "rounds", "values", "new_page", "country", "notes",
        "year", "data", "computed", "quotas", "pick", "language",
    }
)  # fmt: skip


@dataclass
class Noted:
    """The hints of one file."""

    #: where they are told
    fidelity: Fidelity
    #: field -> how often
    counts: Counter[str] = field(default_factory=Counter)

    def question(self, place: str, hints: Mapping[str, Any]) -> None:
        """Hints of a question, its options, rows and columns."""
        for name, found in hints.items():
            if name in ("options", "rows", "columns") and isinstance(found, dict):
                for id, own in found.items():
                    self.question(f"{place}, {name.removesuffix('s')} {id}", own)
            elif name in ("options", "rows"):
                self._other(place, name, found[1])
            else:
                self._one(place, name, found)

    def part(self, place: str, hints: Mapping[str, Any]) -> None:
        """Hints of a block, of a step of the flow, of the whole."""
        for name, found in hints.items():
            self._one(place, name, found)

    def _one(self, place: str, name: str, pair: Any) -> None:
        self.counts[name] += 1
        if name in _QUIET or pair[1] in (None, False):  # what is not meant is no loss
            return
        words = f"{pair[1]!r}: Qualtrics has no place for it; kept in the file for Populace"
        self.fidelity.changed(name, place, words)

    def _other(self, place: str, name: str, meant: list[Any]) -> None:
        self.counts[name] += 1
        if meant:
            words = f"{len(meant)} {name} that Qualtrics does not show are kept in the file for Populace"
            self.fidelity.changed(name, place, words)

    def tell(self) -> None:
        """How many hints there are, and of what."""
        if self.counts:
            words = ", ".join(f"{name} {count}" for name, count in sorted(self.counts.items()))
            self.fidelity.changed("hints", "Populace", f"what Qualtrics has no field for is kept in the file: {words}")
