"""What choice data support: the analyses that choice tasks are made for, and which checks speak of which."""

from __future__ import annotations

from collections.abc import Sequence

from populace.scrutiny.analyses import Analysis, Role
from populace.scrutiny.choices_worth import ChoiceWorth
from populace.scrutiny.report import Check
from populace.scrutiny.supports import Supports, supports_of

__all__ = ["supports_of_choices"]

_PEOPLE = "People who do the same choice tasks."
#: in the order of a report; what needs a check that there is not can be refused, and is else not looked at
_ANALYSES = (
    # what it is worth in people counts its scale too, which part-worths and importance leave out
    Analysis("preferences", "Part-worths and importance", _PEOPLE),
    Analysis("simulator", "Share simulator and forecasts", _PEOPLE, "choices"),
    Analysis("persons", "Utilities of single persons, and segments of them", _PEOPLE, needs=("spread_of_utilities",)),
)
_PRICE = Analysis("prices", "Willingness to pay", _PEOPLE, needs=("willingness_to_pay",))
#: check -> its role
_ROLES = {
    "part_worths": Role(("preferences", "simulator", "prices")),
    "choice_importance": Role(("preferences",)),
    "choice_scale": Role(("simulator",)),
    "choice_likelihood": Role(("simulator",), ("preferences",)),
    "rlh": Role(("persons",), ("simulator",)),
}


def supports_of_choices(
    checks: Sequence[Check], n_synthetic: int, n_human: int, worth: ChoiceWorth, priced: bool
) -> Supports:
    """What the choices support; willingness to pay is listed where the tasks have a price."""
    wanted = (*_ANALYSES, *((_PRICE,) if priced else ()))
    return supports_of(checks, n_human, n_synthetic, worth, wanted, lambda check, _: _ROLES.get(check))
