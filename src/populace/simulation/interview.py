"""One batch of respondents through an instrument: ask, draw, tell, next question.

The model gives probabilities; drawing is done here, so that every family of models inherits it. Each answer is told
to the model before the next question, so that answers of one respondent hang together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import polars as pl

import populace
from populace.data.dataset import PROVENANCE, DataSet
from populace.errors import ModelError
from populace.models.base import ResponseModel, Session, Told
from populace.prompts.prompt import Prompt
from populace.simulation.chance import choose, uniforms
from populace.simulation.plan import Asked, Plan, Put, column_of
from populace.simulation.said import Said
from populace.survey.question import Item

#: how far from one the probabilities of a row may sum
_TOLERANCE = 1e-6


def interview(plan: Plan, model: ResponseModel, rows: np.ndarray) -> pl.DataFrame:
    """Answers of the respondents in these rows of the plan, in the panel's columns and in their order."""
    _read_ahead(plan, model)
    people = plan.people.rows(rows)
    session = model.open(len(rows), list(_history(plan, people, rows)))
    columns = {name: people.codes(name) for name in people.answers.columns if name in plan.codebook}
    known = {name: _told(people, name) for name in people.names("background")} | _copied(plan, people)
    said = Said(len(rows), known, plan.labels)
    for put in plan.questions:
        shown = said.meets(put.condition)
        answers = {column.name: column for column in _answers(put, session, plan.keys[rows], shown)}
        answers |= {
            item.name: _where(shown, known[item.name]) for item in put.question.items() if item.name in plan.copied
        }
        said.add(put.question, list(answers.values()), shown)
        columns |= answers
    ordered = [columns[variable.name] for variable in plan.codebook.variables]
    return pl.DataFrame(ordered).with_columns(**_provenance(plan, model))


def _read_ahead(plan: Plan, model: ResponseModel) -> None:
    """Let a model that reads texts read all of them at once: faster than one by one, and the same."""
    if prepare := getattr(model, "prepare", None):
        known = [known.prompt for known in (*plan.backgrounds, *plan.earlier)]
        prepare([*known, *(asked.prompt for put in plan.questions for asked in put.asked)])


def _history(plan: Plan, people: DataSet, rows: np.ndarray) -> Iterator[Told]:
    """What these respondents have already said: their backgrounds, then given answers."""
    for known in plan.backgrounds:
        yield Told(known.prompt, known.choices(people), background=True)
    if plan.given is None or not plan.earlier:
        return
    places = plan.given_rows[rows]
    given = plan.given.rows(np.maximum(places, 0))
    for known in plan.earlier:
        yield Told(known.prompt, np.where(places < 0, -1, known.choices(given)))


def _answers(put: Put, session: Session, keys: np.ndarray, shown: np.ndarray) -> Iterator[pl.Series]:
    """Ask the items of one question of the respondents to whom it is shown, draw, and tell the model what was drawn.

    The exclusive options of a multiple-choice question are put first, and who selects one is not asked the others:
    they are "Not selected". An exclusive option so keeps the probability the model gives it, and the others are
    drawn knowing that it was not selected. Whom the question is not shown to has no answer.
    """
    free = shown.copy()
    for asked in put.asked:
        positions = np.where(shown, _draw(asked, session, keys, free), -1)
        session.tell(asked.prompt, positions)
        if asked.exclusive:
            free &= positions == 0
        yield _column(asked, positions, keys)


def _draw(asked: Asked, session: Session, keys: np.ndarray, free: np.ndarray) -> np.ndarray:
    """(n,) positions: drawn for those who are free to answer, 0 ("Not selected") for the others."""
    numbers = uniforms(keys, asked.item.name)
    if free.all():
        return choose(_checked(session.ask(asked.prompt), session.n, asked.prompt), numbers)
    positions = np.zeros(session.n, dtype=np.int64)
    rows = np.flatnonzero(free)
    if len(rows):
        positions[rows] = choose(_checked(session.ask(asked.prompt, rows), len(rows), asked.prompt), numbers[rows])
    return positions


def _checked(probabilities: np.ndarray, n: int, prompt: Prompt) -> np.ndarray:
    """The probabilities if they are any; drawing from something else would pass unnoticed."""
    probabilities = np.asarray(probabilities, dtype=np.float64)
    expected = (n, len(prompt.options))
    if probabilities.shape != expected:
        raise ModelError(
            f"the model answered {prompt.text!r} with an array of shape {probabilities.shape}; expected {expected}, "
            "one probability per respondent and option: mend the model"
        )
    if not (probabilities >= 0).all() or not (np.abs(probabilities.sum(axis=1) - 1) <= _TOLERANCE).all():
        raise ModelError(
            f"the model answered {prompt.text!r} with probabilities that are negative, undefined, or do not sum to "
            "one: mend the model"
        )
    return probabilities


def _column(asked: Asked, positions: np.ndarray, keys: np.ndarray) -> pl.Series:
    """Codes of the positions, or numbers drawn within the bins."""
    if asked.bins is None:
        return column_of(asked.item, positions)
    values = asked.bins.draw(np.maximum(positions, 0), uniforms(keys, asked.item.name, "within the bin"))
    column = pl.Series(asked.item.name, values.astype(np.int64) if asked.bins.integer else values)
    return _where(positions >= 0, column)


def _copied(plan: Plan, people: DataSet) -> dict[str, pl.Series]:
    """Items that were answered as a background, under the codes of the instrument."""
    items = {item.name: item for item in plan.instrument.items()}
    return {name: _copy(items[name], _told(people, name), codes) for name, codes in plan.copied.items()}


def _told(people: DataSet, name: str) -> pl.Series:
    """The codes of a background; of a number, null for what stands for no answer, as the model is told."""
    column = people.codes(name)
    numeric = people.codebook.variable(name).type == "numeric"
    return _where(~np.isnan(people.values(name)), column) if numeric else column


def _copy(item: Item, column: pl.Series, translation: Mapping | None) -> pl.Series:
    if translation is None:
        return column
    codes = [option.code for option in item.options]
    place = {code: codes.index(translated) for code, translated in translation.items()}
    return column_of(item, np.array([place.get(code, -1) for code in column.to_list()], dtype=np.int64))


def _where(there: np.ndarray, column: pl.Series) -> pl.Series:
    """The column with null for whoever has no answer."""
    return column if there.all() else column.set(pl.Series(~there), None)


def _provenance(plan: Plan, model: ResponseModel) -> dict[str, pl.Expr]:
    values = (True, model.name, model.hash, plan.instrument.content_hash, plan.seed, populace.__version__)
    pairs = zip(PROVENANCE.items(), values, strict=True)
    return {name: pl.lit(value, dtype=kind) for (name, kind), value in pairs}
