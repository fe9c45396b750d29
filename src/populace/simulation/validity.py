"""Answers that meet the condition of their question (`valid_if`).

A form sends a person back until the answer will do. Here a question is put again, with new random numbers, to whoever
has not met its condition: what comes out is the model's answer given that it is valid (rejection sampling; von
Neumann 1951). Nothing of an answer that was sent back is told to the model.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from populace.models.base import Session
from populace.prompts.prompt import Prompt
from populace.simulation.answering import Answers, Interviewing, nothing_like
from populace.survey.expression_records import names_in
from populace.survey.expressions import parse
from populace.survey.kinds import chosen_columns
from populace.survey.names import shown
from populace.survey.walk import Visit, Walk

#: how often a respondent is asked before a question is left unanswered
MOST_ATTEMPTS = 200

#: who is asked, and where answers come from -> answers
Put = Callable[[Visit, Interviewing], Answers]


def valid_answers(walk: Walk, visit: Visit, asking: Interviewing, put: Put) -> Answers:
    """Answers of everybody; nothing for whoever gave no valid one in `MOST_ATTEMPTS`, of which a warning tells."""
    kept: Answers = {}
    heard = _Heard()
    left = np.arange(len(visit.rows))
    attempts = MOST_ATTEMPTS if _hangs_on_the_answer(walk, visit) else 1
    for attempt in range(attempts):
        trial = _Trial(asking.session.copy())
        here = visit.some(left)
        answers = put(here, replace(asking, session=trial, attempt=attempt))
        good = walk.accepts(here, answers)
        for name, values in answers.items():
            kept.setdefault(name, nothing_like(values, len(visit.rows)))[left[good]] = values[good]
        heard.keep(trial, here.rows[good])
        left = left[~good]
        if not len(left):
            break
    heard.pass_on(asking.session)
    if len(left):
        _warn(visit, len(left), attempts)
    return kept


def _hangs_on_the_answer(walk: Walk, visit: Visit) -> bool:
    """Does the condition name what the question asks, or a computed value? If not, asking again changes nothing."""
    question = visit.question
    own = {question.name, *chosen_columns(question), *(item.name for item in question.items())}
    return bool({*own, *walk.state.computed} & set(names_in(parse(question.valid_if))))


class _Trial:
    """A session whose answers may be sent back: what is told is written down as well."""

    def __init__(self, session: Session) -> None:
        self.n = session.n
        self._session = session
        #: (prompt, how often it was told before) -> (n,) positions, -1 = nothing
        self.told: dict[tuple[Prompt, int], np.ndarray] = {}
        self._times: Counter[Prompt] = Counter()

    def ask(self, prompt: Prompt, rows: np.ndarray | None = None) -> np.ndarray:
        """(rows, K) probability of every option."""
        return self._session.ask(prompt, rows)

    def tell(self, prompt: Prompt, choices: np.ndarray, rows: np.ndarray | None = None) -> None:
        """Record the options chosen."""
        self._session.tell(prompt, choices, rows)
        positions = np.full(self.n, -1, dtype=np.int64)
        positions[slice(None) if rows is None else rows] = choices
        self.told[prompt, self._times[prompt]] = positions
        self._times[prompt] += 1


class _Heard:
    """What is told in the end: the answers of all attempts together, each question once.

    How often a model is told something must not depend on who else is in the batch, for its rounding would too.
    """

    def __init__(self) -> None:
        self._told: dict[tuple[Prompt, int], np.ndarray] = {}

    def keep(self, trial: _Trial, rows: np.ndarray) -> None:
        """Take over what these respondents said."""
        for key, positions in trial.told.items():
            self._told.setdefault(key, np.full(trial.n, -1, dtype=np.int64))[rows] = positions[rows]

    def pass_on(self, session: Session) -> None:
        """Tell it."""
        for (prompt, _), positions in self._told.items():
            session.tell(prompt, positions)


def _warn(visit: Visit, count: int, attempts: int) -> None:
    name = f"{visit.question.name}{visit.place.suffix}"
    warnings.warn(
        f"question {name!r}: {count:,} of {len(visit.rows):,} respondents gave no answer in {attempts} attempts "
        f"that meets valid_if {shown(visit.question.valid_if)}, and are left without one; expected a condition that "
        "answers can meet: widen it, or write it as limits of the question",
        stacklevel=2,
    )
