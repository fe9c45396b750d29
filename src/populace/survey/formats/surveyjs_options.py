"""Options of ours as choices of SurveyJS."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from populace.survey.formats.fidelity import Fidelity
from populace.survey.formats.labels import says_exclusive, says_missing
from populace.survey.formats.surveyjs_choices import SPECIALS, codes_of, columned, special_code
from populace.survey.formats.surveyjs_variables import as_word
from populace.survey.formats.surveyjs_writing import Element, Writing
from populace.survey.question import Question
from populace.survey.scale import Option


def choices(one: Element, question: Question, writing: Writing, several: bool) -> None:
    """Options as choices; the last ones as special choices where these mean the same."""
    place = f"question {question.name!r}"
    options = list(question.options)
    specials: Element = {}
    before = len(SPECIALS)
    while options and (found := _special(options, several, question.randomize, before)) is not None:
        before = found
        special, option = SPECIALS[found], options.pop()
        specials[special.switch[0]] = True
        specials[special.text] = writing.text(option.label, place, f"{question.name}/options/{option.code}")
        if option.show_if:
            writing.fidelity.lost("option.show_if", place, f"{option.label!r} is shown to everybody")
    one["choices"] = [choice(option, question, writing, several) for option in options]
    one |= specials
    if question.randomize:
        one["choicesOrder"] = "random"
    writing.fidelity.taken("option", len(question.options))
    told_codes(question, writing.fidelity, place)


def _special(options: Sequence[Option], several: bool, randomize: bool, before: int) -> int | None:
    """Which special choice the last option is; those that come after it in SurveyJS are told by `before`."""
    *others, last = options
    for number, special in enumerate(SPECIALS[:before]):
        flags = {flag: True for flag in special.flags if several or flag != "exclusive"}
        alike = Option(special_code(special, [o.code for o in others]), last.label, fixed=randomize, **flags)
        if others and replace(last, source=None, column=None) == alike:
            return number
    return None


def choice(option: Option, question: Question, writing: Writing, several: bool) -> Element:
    place = f"question {question.name!r}, option {option.code!r}"
    one: Element = {"value": as_word(option.code)}
    one["text"] = writing.text(option.label, place, f"{question.name}/options/{option.code}")
    if option.show_if:
        one["visibleIf"] = writing.condition(option.show_if, place, "option.show_if")
    if option.exclusive:
        one["isExclusive"] = True
    if option.specify:
        one["showCommentArea"] = True
    if option.fixed:
        one["randomize"] = False
    if option.image and question.look == "imagepicker":
        one["imageLink"] = option.image
    elif option.image:
        writing.fidelity.lost("option.image", place, "pictures are shown in an image picker only")
    _told_option(option, writing.fidelity, place, several, len(question.options))
    return one


def _told_option(option: Option, fidelity: Fidelity, place: str, several: bool, count: int) -> None:
    guessed = says_missing(option.label) and count > 2
    if option.missing and not guessed:
        fidelity.changed("option.missing", place, "an ordinary choice there: nothing says that it is no answer")
    if option.off_scale:
        fidelity.lost("option.off_scale", place, "nothing says that it is outside of the scale")
    if several and not option.exclusive and (guessed or says_exclusive(option.label)):
        fidelity.changed("option.exclusive", place, "read back, its label makes it rule out others")
    elif not option.missing and guessed:
        fidelity.changed("option.missing", place, "read back, its label makes it no answer")


def told_codes(question: Question, fidelity: Fidelity, place: str) -> None:
    """Codes and columns that would be others when the file is read back."""
    codes = [option.code for option in question.options]
    if codes_of(codes) != codes:
        fidelity.changed("option.code", place, "codes that are digits in words are numbers when read back")
    derived = columned(question.name, [replace(option, column=None) for option in question.options])
    if question.kind not in ("multiple", "rank", "sum"):
        derived = [replace(option, column=None) for option in question.options]
    for option, other in zip(question.options, derived, strict=True):
        if option.column != other.column:
            fidelity.lost("option.column", f"{place}, option {option.code!r}", "columns have no names of their own")
