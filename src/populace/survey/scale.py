"""Options of a closed question: codes, labels, and which of them are missing, exclusive or off the scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from populace.survey.names import shown


@dataclass(frozen=True)
class Option:
    """One answer that can be chosen. Its place in the list, not its code, says where it stands on a scale."""

    #: what is stored in the data: a whole number or a short string
    code: int | str
    #: wording shown to the respondent
    label: str
    #: don't know, refused or no answer, kept as an option of its own
    missing: bool = False
    #: in a multiple-choice question: chosen alone or not at all ("none of these")
    exclusive: bool = False
    #: outside an otherwise ordered scale ("it depends", "other")
    off_scale: bool = False
    #: whoever chooses it is asked to write more ("other, please specify")
    specify: bool = False
    #: condition under which it can be chosen, see `populace.survey.expressions`
    show_if: str | None = None
    #: stays in its place when the options are shown in random order
    fixed: bool = False
    #: address of a picture that is shown with it; the label says in words what is on it
    image: str | None = None
    #: name of its column where an option has one (multiple choice, ranking, sum) and it is not name_code
    column: str | None = None
    #: what it is called in the tool it came from; no part of the content
    source: str | None = None


#: the options of every column of a multiple-choice question
SELECTED = (Option(0, "Not selected"), Option(1, "Selected"))


def option_problem(options: Sequence[Option]) -> str | None:
    """Why these options cannot be told apart by their codes, or None when they can.

    Labels may repeat here: published data do so. Instruments are stricter, see `populace.survey.question`.
    """
    seen: dict[int | str, str] = {}
    for option in options:
        if isinstance(option.code, bool) or not isinstance(option.code, int | str) or option.code == "":
            code = shown(option.code)
            return f"option {shown(option.label)} has code {code}; expected a whole number or a word: change it"
        if not isinstance(option.label, str) or not option.label.strip():
            return f"option with code {option.code!r} has label {shown(option.label)}; expected words: give it a label"
        if option.code in seen:
            return (
                f"code {option.code!r} is used by {seen[option.code]!r} and by {option.label!r}; "
                "expected one code per option: change one of them"
            )
        seen[option.code] = option.label
    if len({isinstance(code, str) for code in seen}) > 1:
        return "codes mix numbers and words; expected one or the other: write all codes the same way"
    return None
