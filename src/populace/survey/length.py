"""How long an instrument takes, by a rule of thumb for online surveys.

    minutes = (words / 5 + 5 x questions + 2.5 x decisions + 15 x open ends) / 60

Puleston & Eggers (2012), "Dimensions of online survey data quality: what really matters?", ESOMAR Congress: people read
five words a second, need five seconds to take in a new question, two and a half for each decision and fifteen for each
text they write. A rule of thumb: people differ by a factor of two and more, and none of it was measured here.
Decisions: one for each answer, half a one for each option of a multiple choice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from populace.errors import InstrumentError
from populace.survey.expression_records import Expression
from populace.survey.flow import Branch, Element, End, Flow, Loop, ShowBlock, Shuffle
from populace.survey.instrument import Block, Instrument
from populace.survey.kinds import sides
from populace.survey.piping import pieces
from populace.survey.question import Question

WORDS_PER_SECOND = 5
SECONDS_PER_QUESTION, SECONDS_PER_DECISION, SECONDS_PER_TEXT = 5, 2.5, 15


@dataclass(frozen=True)
class Length:
    """What takes time; fractions where not everybody is put everything."""

    #: words to read
    words: float = 0
    #: questions to take in
    questions: float = 0
    #: decisions to make
    decisions: float = 0
    #: texts to write
    texts: float = 0

    def __add__(self, other: Length) -> Length:
        return Length(*(mine + others for mine, others in zip(self._parts(), other._parts(), strict=True)))

    def times(self, factor: float) -> Length:
        """The same so many times."""
        return Length(*(part * factor for part in self._parts()))

    def _parts(self) -> tuple[float, float, float, float]:
        return self.words, self.questions, self.decisions, self.texts

    @property
    def minutes(self) -> float:
        """By the rule of thumb."""
        acting = SECONDS_PER_QUESTION * self.questions + SECONDS_PER_DECISION * self.decisions
        return (self.words / WORDS_PER_SECOND + acting + SECONDS_PER_TEXT * self.texts) / 60


def minutes(instrument: Instrument, put: Mapping[str, float] | None = None) -> float:
    """How many minutes the instrument takes.

    put: how often each question is put to a respondent on average, by name. Without it: the longer way at every branch,
    all questions and rounds whatever their conditions, and the mean of what is drawn at random.
    """
    if put is None:
        return length_of(instrument).minutes
    return _total(question_length(one).times(put.get(one.name, 0)) for one in instrument.questions).minutes


def length_of(instrument: Instrument) -> Length:
    """What the longest way through an instrument asks for."""
    return _flow_length(instrument.steps, {block.id: block for block in instrument.blocks})


def question_length(question: Question) -> Length:
    """What a question asks of a respondent once."""
    if question.kind == "technical":
        return Length()
    words = _count_words(_texts(question))
    if question.kind == "display":
        return Length(words)
    return Length(words, 1, _decisions(question), _open_ends(question))


def _decisions(question: Question) -> float:
    if question.kind == "side_by_side":
        return sum(_decisions(side) for side in sides(question))
    count = _DECISIONS.get(question.kind, lambda one: max(len(one.rows), 1))
    return count(question)


#: kind -> decisions; every other kind has one, or one for each row
_DECISIONS: dict[str, Callable[[Question], float]] = {
    "multiple": lambda question: len(question.options) / 2,
    "grid_multiple": lambda question: len(question.options) / 2 * len(question.rows),
    "rank": lambda question: question.ranked or len(question.options),
    "sum": lambda question: len(question.options),
    "best_worst": lambda question: 2 * len(question.sets[0]),
    "choice_task": lambda question: question.tasks.count,
    "open": lambda question: 0,
}


def _open_ends(question: Question) -> int:
    if question.kind == "side_by_side":
        return sum(_open_ends(side) for side in sides(question))
    return max(len(question.rows), 1) if question.kind == "open" else 0


def _texts(question: Question) -> Iterable[str]:
    """What is read, each text as often as it is."""
    yield question.text
    if question.kind == "best_worst":
        labels = {option.code: option.label for option in question.options}
        yield from (labels[code] for together in question.sets[0] for code in together)
    else:
        yield from (option.label for option in question.options)
    yield from (row.text for row in question.rows)
    for column in question.columns:
        yield from _texts(column)
    if question.tasks:
        first = enumerate(question.tasks.versions[0])
        yield from (question.tasks.wording(0, task, place) for task, cards in first for place in range(len(cards)))


def _count_words(texts: Iterable[str]) -> int:
    """Words between spaces; something piped in counts as one."""
    return sum(len(piece.split()) if isinstance(piece, str) else 1 for text in texts for piece in _pieces(text))


def _pieces(text: str) -> Iterable[str | Expression]:
    """The pieces of a text; one whose piping is broken is read as it stands."""
    try:
        return pieces(text)
    except InstrumentError:
        return (text,)


def _flow_length(flow: Flow, blocks: Mapping[str, Block]) -> Length:
    total = Length()
    for step in flow:
        if isinstance(step, End):
            break
        total += _step_length(step, blocks)
    return total


def _step_length(step: Element, blocks: Mapping[str, Block]) -> Length:
    if isinstance(step, ShowBlock):
        return _block_length(blocks[step.block])
    inner = [_flow_length(flow, blocks) for flow in step.inner()]
    if isinstance(step, Branch):
        return max(inner, key=lambda length: length.minutes)
    if isinstance(step, Shuffle):
        return _total(inner).times((step.pick or len(inner)) / len(inner))
    return _total(inner).times((step.pick or len(step.rounds)) if isinstance(step, Loop) else 1)


def _block_length(block: Block) -> Length:
    """All questions, or the mean of those that are drawn; fixed ones are always put."""
    fixed = [question_length(one) for one in block.questions if one.fixed]
    drawn = [question_length(one) for one in block.questions if not one.fixed]
    left = len(drawn) if block.pick is None else min(max(block.pick, 0), len(drawn))
    return _total(fixed) + (_total(drawn).times(left / len(drawn)) if drawn else Length())


def _total(lengths: Iterable[Length]) -> Length:
    return sum(lengths, Length())
