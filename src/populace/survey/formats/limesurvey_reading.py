"""What the parts of the LimeSurvey reader share: the file, its names, its wordings, and the notes."""

from __future__ import annotations

from dataclasses import dataclass, field

from populace.survey.expression_records import Expression, Truth
from populace.survey.formats.fidelity import Fidelity
from populace.survey.formats.limesurvey_expressions import Translation
from populace.survey.formats.limesurvey_names import Lookup
from populace.survey.formats.limesurvey_plans import Plan
from populace.survey.formats.limesurvey_raw import Raw
from populace.survey.formats.limesurvey_texts import Texts
from populace.survey.formats.names import Names, legal
from populace.survey.formats.translated import holds_unsupported


@dataclass
class Reading:
    """One file that is being read."""

    #: its parts
    raw: Raw
    #: what names in it stand for
    lookup: Lookup
    #: its wordings
    texts: Texts
    #: what became of it
    fidelity: Fidelity
    #: what becomes of the questions, in order
    listed: list[Plan]
    #: code in the file -> what becomes of the first question of that code
    plans: dict[str, Plan]
    #: names that are taken
    names: Names
    #: number of a question -> the questions that filter it, and those that exclude what they have
    sources: dict[str, tuple[list[Plan], ...]] = field(default_factory=dict)

    def condition(self, text: str, element: str, place: str, own: str | None = None) -> Expression | None:
        """A condition of the file, None where it always holds; what could not be translated is noted."""
        text = text.strip()
        if text in ("", "1"):
            return None
        self.lookup.own = own
        translation = Translation(text, self.lookup)
        read = translation.condition()
        for kept in translation.kept:
            self.fidelity.lost(element, place, f"not translated: {kept}")
        for decided in translation.decided:
            self.fidelity.changed(element, place, decided)
        if not holds_unsupported(read) and not translation.decided:
            self.fidelity.taken(element)
        return None if read == Truth(True) else read


def block_of(gid: str) -> str:
    """Our id of a group."""
    return legal(f"g{gid}")


def written(expression: Expression | None) -> str | None:
    """An expression as a question keeps it."""
    return None if expression is None else str(expression)
