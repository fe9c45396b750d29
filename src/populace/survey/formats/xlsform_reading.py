"""What the parts of the XLSForm reader share: what rows become, wordings, and the notes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from populace.survey.expression_records import Expression, Truth
from populace.survey.formats.fidelity import Fidelity
from populace.survey.formats.xlsform_expressions import Translation
from populace.survey.formats.xlsform_form import Node
from populace.survey.formats.xlsform_plans import Plans
from populace.survey.formats.xlsform_texts import Texts


@dataclass
class Reading:
    """One form that is being read."""

    #: what its rows become
    plans: Plans
    #: its wordings
    texts: Texts
    #: what became of it
    fidelity: Fidelity
    #: the constraint of the question at hand
    constraint: Expression | None = None
    #: what was noted as not translated: name and reason
    noted: set[tuple[str, str]] = field(default_factory=set)

    def condition(
        self, node: Node, text: Any, element: str, columns: Mapping[str, str] | None = None
    ) -> Expression | None:
        """A condition of the form, None where it always holds; what could not be translated is noted."""
        text = str(text or "").strip()
        if not text:
            return None
        translation = Translation(text, self.plans.lookup, node.name, columns)
        read = translation.condition()
        for kept in translation.kept:
            if (node.name, kept) not in self.noted:  # the same for every choice
                self.noted.add((node.name, kept))
                self.fidelity.lost(element, node.place, f"not translated: {kept}")
        if not translation.kept and columns is None:
            self.fidelity.taken(element)
        return None if read == Truth(True) else read


def written(expression: Expression | None) -> str | None:
    """An expression as a question keeps it."""
    return None if expression is None else str(expression)
