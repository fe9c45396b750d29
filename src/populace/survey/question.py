"""Questions of every kind, as their author writes them. What a kind demands stands in `populace.survey.kinds`."""

from __future__ import annotations

from dataclasses import dataclass

from populace.errors import InstrumentError
from populace.survey.item import Item, NumericRange, Row
from populace.survey.kinds import ALIASES, KINDS, NPS, RULES, KindRule, special_problem
from populace.survey.names import did_you_mean, name_problem, shown
from populace.survey.scale import Option
from populace.survey.tasks import Tasks

__all__ = ["ALIASES", "KINDS", "ROLES", "RULES", "Item", "KindRule", "NumericRange", "Question", "Row", "Skip"]

ROLES = ("question", "background")
#: places a skip can lead to, besides the name of a later question
END_OF_BLOCK, END_OF_SURVEY = "end of block", "end of survey"

_WORDS = ("stem", "item", "unit", "show_if", "valid_if", "valid_text", "look", "source")
_NUMBERS = ("minimum", "maximum", "step", "total")


@dataclass(frozen=True)
class Skip:
    """After a question: where to go on when a condition holds."""

    #: name of a later question of the block, `END_OF_BLOCK` or `END_OF_SURVEY`
    to: str
    #: condition, None = always; see `populace.survey.expressions`
    when: str | None = None


@dataclass(frozen=True)
class Question:
    """One question of an instrument. Raises `InstrumentError` when it breaks a rule of its kind."""

    #: short unique name; becomes the column name
    name: str
    #: one of `KINDS` (aliases in `ALIASES` are accepted)
    kind: str
    #: full wording; `${…}` is replaced by what an expression gives, see `populace.survey.piping`
    text: str
    #: answers that can be chosen; the objects of a ranking, a sum, best and worst
    options: tuple[Option, ...] = ()
    #: common wording when the question is one of a battery
    stem: str | None = None
    #: own wording within that battery
    item: str | None = None
    #: rows of a grid, of sliders, of numbers, of a form
    rows: tuple[Row, ...] = ()
    #: "question", or "background" for what is known of a respondent beforehand
    role: str = "question"
    #: smallest answer to a numeric question
    minimum: float | None = None
    #: largest answer to a numeric question
    maximum: float | None = None
    #: unit of a numeric question
    unit: str | None = None
    #: may the options (where there are rows: the rows) be shown in random order?
    randomize: bool = False
    #: condition under which the question is put, see `populace.survey.expressions`
    show_if: str | None = None
    #: distance between possible numbers
    step: float | None = None
    #: decimals a number may have; None = those of the limits and the step
    decimals: int | None = None
    #: what the numbers of a sum add up to
    total: float | None = None
    #: how many options of a ranking are put in order; None = all
    ranked: int | None = None
    #: fewest options of a multiple choice
    at_least: int | None = None
    #: most options of a multiple choice
    at_most: int | None = None
    #: questions side by side, put for every row
    columns: tuple[Question, ...] = ()
    #: versions of best-worst sets, each with the codes shown together in every set
    sets: tuple[tuple[tuple[int | str, ...], ...], ...] = ()
    #: attributes and alternatives of choice tasks
    tasks: Tasks | None = None
    #: what an open answer has to look like, one of `populace.survey.kinds.FORMATS`
    format: str | None = None
    #: most characters of an open answer
    longest: int | None = None
    #: is an open answer written in a field of several lines?
    several_lines: bool = False
    #: must it be answered before one can go on?
    required: bool = False
    #: is whoever leaves it out asked once more?
    requested: bool = False
    #: condition that answers must meet
    valid_if: str | None = None
    #: what is said when they do not
    valid_text: str | None = None
    #: options in reverse order for half of the respondents
    flip: bool = False
    #: how many options, drawn at random, are shown; None = all
    show_only: int | None = None
    #: stays in its place when the questions of its block are put in random order
    fixed: bool = False
    #: starts a new page
    new_page: bool = False
    #: where to go on after it
    skips: tuple[Skip, ...] = ()
    #: how it is laid out ("dropdown", "horizontal", "stars"); the same question by any look
    look: str | None = None
    #: what it is called in the tool it came from; no part of the content
    source: str | None = None

    def __post_init__(self) -> None:
        if isinstance(self.kind, str):
            object.__setattr__(self, "kind", ALIASES.get(self.kind, self.kind))
        for field in ("options", "rows", "columns", "skips"):
            object.__setattr__(self, field, tuple(getattr(self, field)))
        object.__setattr__(self, "sets", tuple(tuple(tuple(one) for one in version) for version in self.sets))
        for limit in _NUMBERS:  # 1 and 1.0 are one limit, and must have one hash
            value = getattr(self, limit)
            if isinstance(value, float) and value.is_integer():
                object.__setattr__(self, limit, int(value))
        if self.kind == "nps" and not self.options:
            object.__setattr__(self, "options", NPS)
        problem = _common_problem(self) or special_problem(self) or RULES[self.kind].problem(self)
        if problem:
            raise InstrumentError(f"question {shown(self.name)}: {problem}")

    def items(self) -> tuple[Item, ...]:
        """The answerable columns of this question, in order; none for display text."""
        return RULES[self.kind].items(self)


def _common_problem(question: Question) -> str | None:
    """Rules that hold for every kind."""
    problem = name_problem(question.name)
    if problem:
        return problem
    if not isinstance(question.kind, str) or question.kind not in RULES:
        hint = did_you_mean(question.kind, [*RULES, *ALIASES])
        return f"kind {shown(question.kind)} is unknown{hint}; expected one of {', '.join(KINDS)}: change the kind"
    if not isinstance(question.text, str) or not question.text.strip():
        return f"text is {shown(question.text)}; expected the wording of the question: write what is asked"
    if question.role not in ROLES:
        hint = did_you_mean(question.role, ROLES)
        return f"role is {shown(question.role)}{hint}; expected 'question' or 'background': change the role"
    for field in _WORDS:
        value = getattr(question, field)
        if value is not None and (not isinstance(value, str) or not value.strip()):
            return f"{field} is {shown(value)}; expected words: write it out or leave it away"
    return None
