"""Interview: a batch of respondents answer an instrument, question by question.

What is asked next, of whom and with which options is settled by `populace.survey.walk`; how each kind of question is
answered by `answering`. Each answer is told to the model before the next question, so that answers of one respondent
hang together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np
import polars as pl

import populace
from populace.data.codebook import Variable
from populace.data.dataset import PROVENANCE, DataSet
from populace.models.base import ResponseModel, Told
from populace.simulation.answering import Answers, Interviewing, answers_to, nothing_like, prompts_of
from populace.simulation.chance import respondent_keys, uniforms
from populace.simulation.failed import FAILED, Failures
from populace.simulation.plan import Plan, column_of
from populace.simulation.recorded import by_name, recorded
from populace.simulation.validity import valid_answers
from populace.survey.item import Item
from populace.survey.walk import Visit, Walk
from populace.survey.wording import has_piping, worded


class Dice:
    """Random orders of one batch, from the keys of its respondents and their places in the whole run."""

    def __init__(self, plan: Plan, rows: np.ndarray) -> None:
        self._keys, self._rows, self._seed = plan.keys[rows], rows, plan.seed

    def uniforms(self, label: str, rows: np.ndarray) -> np.ndarray:
        """(m,) numbers in [0, 1), one for each respondent."""
        return uniforms(self._keys[rows], label, "order")

    def turns(self, rows: np.ndarray) -> np.ndarray:
        """(m,) places of these respondents in the run."""
        return self._rows[rows]

    def shared(self, label: str, numbers: np.ndarray) -> np.ndarray:
        """(m,) numbers in [0, 1); the same for the same of `numbers`."""
        different, places = np.unique(numbers, return_inverse=True)
        keys = respondent_keys(self._seed, (f"together {number}" for number in different.tolist()))
        return uniforms(keys, label, "order")[places]


def interview(
    plan: Plan, model: ResponseModel, rows: np.ndarray, full: Mapping[str, np.ndarray] | None = None
) -> pl.DataFrame:
    """Answers of the respondents in these rows of the plan, in the panel's columns and in their order.

    full: quota -> (plan.n,) for whom it is full; None = there is room everywhere.
    """
    if prepare := getattr(model, "prepare", None):  # faster than text by text, and the same
        prepare([*(known.prompt for known in (*plan.backgrounds, *plan.earlier)), *plan.prompts])
    people = plan.people.rows(rows)
    session = model.open(len(rows), list(_history(plan, people, rows)))
    copied = _copied(plan, people)
    may_fail = getattr(model, "may_fail", False)
    asking = Interviewing(session, plan.keys[rows], *plan.place, plan.settled, may_fail=may_fail)
    closed = {quota: who[rows] for quota, who in (full or {}).items()}
    walk = Walk(plan.instrument, len(rows), _beforehand(plan, people, copied), Dice(plan, rows), closed)
    walk.state.labels = {**plan.labels, **walk.state.labels}
    failures = Failures(session, may_fail)
    _conduct(walk, asking, {name: values_of(column) for name, column in copied.items()}, prepare, failures)
    columns = _columns(plan, people, walk, copied, failures)
    return pl.DataFrame(columns).with_columns(**_provenance(plan, model))


def _conduct(
    walk: Walk, asking: Interviewing, copied: Answers, prepare: Callable[[list], None] | None, failures: Failures
) -> None:
    """From the first question to the last."""
    steps = walk.visits()
    visit = next(steps, None)
    while visit is not None:
        try:
            answers = _answers(walk, visit, asking, copied, prepare)
            failures.note(f"{visit.question.name}{visit.place.suffix}")
            visit = steps.send(answers)
        except StopIteration:
            return


def _answers(
    walk: Walk, visit: Visit, asking: Interviewing, copied: Answers, prepare: Callable[[list], None] | None
) -> Answers:
    """The answers of everybody a question is put to: copied where they are known, else asked for."""
    names = {item.name for item in visit.items}

    def known(some: Visit) -> Answers:
        return {name: values[some.rows] for name, values in copied.items() if name in names}

    if names - copied.keys() <= asking.settled:
        return known(visit)
    if prepare and has_piping(visit.question):  # the same question in several wordings: read together
        groups = worded(walk.state, visit)
        prepare([one for _, question in groups for one in prompts_of(question, asking)])
    if visit.question.valid_if is None:
        return known(visit) | _asked(walk, visit, asking)
    return valid_answers(walk, visit, asking, lambda some, again: known(some) | _asked(walk, some, again))


def _asked(walk: Walk, visit: Visit, asking: Interviewing) -> Answers:
    """The answers to a question, each group in its wording."""
    groups = worded(walk.state, visit)
    answers: Answers = {}
    for group, question in groups:
        own = answers_to(visit, question, group, asking)
        if len(groups) == 1:
            return own
        for name, values in own.items():
            answers.setdefault(name, nothing_like(values, len(visit.rows)))[group] = values
    return answers


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


# -- what is known beforehand ----------------------------------------------------------------------------------------


def _beforehand(plan: Plan, people: DataSet, copied: Mapping[str, pl.Series]) -> dict[str, np.ndarray]:
    """Values that conditions may name: backgrounds, under the codes of the instrument where it asks them."""
    known = {name: _told(people, name) for name in people.names("background")} | dict(copied)
    return {name: values_of(column) for name, column in known.items()}


def values_of(column: pl.Series) -> np.ndarray:
    """Numbers with NaN for null, or texts with None."""
    if column.dtype == pl.String:
        return np.array(column.to_list(), dtype=object)
    return column.cast(pl.Float64).to_numpy()


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


# -- the panel -------------------------------------------------------------------------------------------------------


def _columns(
    plan: Plan, people: DataSet, walk: Walk, copied: Mapping[str, pl.Series], failures: Failures
) -> list[pl.Series]:
    """The panel: what is carried along, what is recorded beside the answers, and the answers."""
    items = {item.name for item in plan.instrument.items()}
    beside = by_name(recorded(plan.instrument))
    columns = []
    for variable in plan.codebook.variables:
        name = variable.name
        if name in copied:
            columns.append(_where(walk.put_to.get(name, np.zeros(walk.n, dtype=bool)), copied[name]))
        elif name == FAILED and failures.wanted:
            columns.append(failures.series())
        elif name in items:
            columns.append(series_of(variable, walk.state.values.get(name), walk.n))
        else:
            columns.append(beside[name].series(walk) if name in beside else people.codes(name))
    return columns


def series_of(variable: Variable, values: np.ndarray | None, n: int) -> pl.Series:
    """Values of an interview as a column of the panel; None where nobody came by."""
    kind = _type_of(variable)
    if values is None:
        return pl.Series(variable.name, [None] * n, dtype=kind)
    if values.dtype == object:
        return pl.Series(variable.name, values.tolist(), dtype=pl.String, strict=False)
    column = pl.Series(variable.name, values, nan_to_null=True)
    return column.cast(pl.String) if kind == pl.String else column.cast(kind)


def _type_of(variable: Variable) -> pl.DataType:
    """The same type for every batch."""
    if variable.type == "numeric":
        return pl.Int64() if variable.extra.get("integer", True) else pl.Float64()
    if variable.type == "text" or any(isinstance(code, str) for code in variable.codes):
        return pl.String()
    return pl.Int16() if max(map(abs, variable.codes)) < 2**15 else pl.Int64()


def _provenance(plan: Plan, model: ResponseModel) -> dict[str, pl.Expr]:
    values = (True, model.name, model.hash, plan.instrument.content_hash, plan.seed, populace.__version__)
    pairs = zip(PROVENANCE.items(), values, strict=True)
    return {name: pl.lit(value, dtype=kind) for (name, kind), value in pairs}
