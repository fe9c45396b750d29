"""Breakdown: a question turned into the lines of a table: options, nets, boxes, selections, a mean.

Every line is a column of numbers over the respondents, NaN for those who are not in its base. Frequencies, nets, boxes
and both sides of a crosstab are made of the same lines.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

import numpy as np

from populace.analysis.columns import event_of
from populace.data.codebook import Variable
from populace.data.dataset import DataSet
from populace.errors import DataError
from populace.survey.names import did_you_mean, listed, shown

__all__ = ["Breakdown", "Line", "Lines", "lines_of", "offset", "option_place", "option_words", "wordings"]


@dataclass(frozen=True)
class Breakdown:
    """A question and what is to be made of it."""

    #: a variable, the battery of a select-all question, or several columns of one
    question: str | tuple[str, ...]
    #: name of each group of options -> their codes or labels; of a select-all question: columns or their wordings
    nets: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    #: options counted at each end of the scale, 0 for no boxes
    boxes: int = 0
    #: with a mean, where answers have numbers
    mean: bool = True
    #: count don't know, refused … as answers of their own, in the base
    missing: bool = False
    #: instead of the wording
    title: str | None = None


@dataclass(frozen=True, eq=False)
class Line:
    """One line of a table."""

    #: what it is called
    label: str
    #: "option", "net", "box" (shares) or "mean"
    kind: str
    #: (n,) 0 or 1, or numbers to average; NaN for respondents not in the base
    values: np.ndarray

    @property
    def share(self) -> bool:
        """Is its mean a share?"""
        return self.kind != "mean"


@dataclass(frozen=True, eq=False)
class Lines:
    """A question as lines."""

    #: name of the variable or battery
    name: str
    #: wording
    title: str
    #: in the order of the questionnaire, then nets, boxes and mean
    lines: tuple[Line, ...]
    #: (n,) who is in the base of the table
    base: np.ndarray
    #: (n,) number of the option, -1 for none; None where several may be chosen or there are no options
    places: np.ndarray | None
    #: who is not in the base, and what lines mean
    notes: tuple[str, ...]


def lines_of(data: DataSet, asked: Breakdown | str | Sequence[str]) -> Lines:
    """The lines of a question; raises `DataError` for open text, unknown names and unknown options."""
    breakdown = asked if isinstance(asked, Breakdown) else Breakdown(asked if isinstance(asked, str) else tuple(asked))
    variables = _variables(data, breakdown.question)
    if len(variables) > 1 or variables[0].type == "multi_item":
        return _selections(data, breakdown, variables)
    variable = variables[0]
    if variable.type == "text":
        raise DataError(f"variable {variable.name!r} is open text; expected options or numbers: choose another one")
    return _options(data, breakdown, variable) if variable.closed else _numbers(data, breakdown, variable)


def offset(variable: Variable) -> float:
    """What is added to `DataSet.scores` for people: the first code where codes rise by one from 1 or less, else 1.

    Example: a scale with codes 0 … 10 has numbers 0 … 10; one with codes 5, 4, 3, 2, 1 has numbers 1 … 5 in its order.
    """
    codes = [option.code for option in variable.scale]
    if not variable.closed:
        return 0.0
    rising = all(isinstance(code, int) for code in codes) and codes == list(range(codes[0], codes[0] + len(codes)))
    return float(codes[0]) if rising and codes[0] <= 1 else 1.0


def option_words(variable: Variable) -> list[str]:
    """Labels of the options, with the code where two labels are the same."""
    labels = [" ".join(option.label.split()) for option in variable.options]
    twice = {label for label in labels if labels.count(label) > 1}
    return [
        f"{label} ({option.code})" if label in twice else label
        for label, option in zip(labels, variable.options, strict=True)
    ]


def option_place(variable: Variable, key: Any) -> int:
    """Position of the option that a code or a label names; raises `DataError` naming the closest one."""
    codes = list(variable.codes)
    if key in codes and not isinstance(key, bool):
        return codes.index(key)
    words = [label.casefold() for label in option_words(variable)]
    wanted = " ".join(str(key).split()).casefold()
    if words.count(wanted) == 1:
        return words.index(wanted)
    hint = did_you_mean(key, option_words(variable))
    raise DataError(
        f"variable {variable.name!r} has no option {shown(key)}{hint}; expected a code or a label of "
        f"{listed(option_words(variable), 6)}: correct it"
    )


def _variables(data: DataSet, question: str | tuple[str, ...]) -> tuple[Variable, ...]:
    names = (question,) if isinstance(question, str) else question
    if not names:
        raise DataError("a question is named by no variable; expected one or more: write its name")
    if len(names) > 1 or names[0] in data.codebook:
        variables = tuple(data.codebook.variable(name) for name in names)
    else:
        variables = tuple(v for v in data.codebook.variables if v.battery == names[0])
        if not variables:
            known = [*data.names(), *{v.battery for v in data.codebook.variables if v.battery}]
            hint = did_you_mean(names[0], known)
            raise DataError(f"{data.id!r} has no variable or battery {names[0]!r}{hint}: check the name")
    wrong = [v for v in variables if v.type != "multi_item"]
    if len(variables) > 1 and wrong:
        raise DataError(
            f"{wrong[0].name!r} is of type {wrong[0].type!r}; only the columns of a select-all question (multi_item) "
            "stand in one table: name the variables one by one"
        )
    return variables


def _options(data: DataSet, asked: Breakdown, variable: Variable) -> Lines:
    positions = data.positions(variable.name)
    shown_at = [i for i, option in enumerate(variable.options) if asked.missing or not option.missing]
    places = np.array([*(shown_at.index(i) if i in shown_at else -1 for i in range(len(variable.options))), -1])[
        positions
    ]
    base = places >= 0
    words = option_words(variable)
    lines = [Line(words[i], "option", _among(places == k, base)) for k, i in enumerate(shown_at)]
    lines += [_net(name, keys, positions, variable, base) for name, keys in asked.nets.items()]
    notes = [_base_note(data, base, variable, positions)]
    if asked.boxes:
        boxes, note = _boxes(data, variable, asked.boxes)
        lines, notes = lines + boxes, [*notes, note]
    if asked.mean and variable.scored and len(variable.scale) > 2:
        lines.append(_mean(data, variable))
    title = asked.title or variable.text or variable.name
    return Lines(variable.name, title, tuple(lines), base, places, tuple(notes))


def _among(chosen: np.ndarray, base: np.ndarray) -> np.ndarray:
    return np.where(base, chosen.astype(float), np.nan)


def _net(name: str, keys: Sequence[Any], positions: np.ndarray, variable: Variable, base: np.ndarray) -> Line:
    if isinstance(keys, str) or not len(keys):
        raise DataError(f"net {name!r} is {shown(keys)}; expected a list of options of {variable.name!r}: list them")
    places = [option_place(variable, key) for key in keys]
    return Line(name, "net", _among(np.isin(positions, places), base))


def _boxes(data: DataSet, variable: Variable, boxes: int) -> tuple[list[Line], str]:
    """Lines for the highest and lowest options of the scale, and which these are."""
    steps = len(variable.scale)
    if variable.type != "ordinal" or not 0 < 2 * boxes <= steps:
        raise DataError(
            f"{variable.name!r} ({variable.type}) has {steps} options on its scale; expected an ordinal question with "
            f"{2 * boxes} or more for top and bottom {boxes}: choose another question or fewer boxes"
        )
    ranks = data.scores(variable.name)
    answered = ~np.isnan(ranks)
    top = Line(f"Top {boxes}", "box", _among(ranks >= steps - boxes, answered))
    bottom = Line(f"Bottom {boxes}", "box", _among(ranks < boxes, answered))
    labels = [option.label for option in variable.scale]
    ends = [listed(part, boxes) for part in (labels[-boxes:], labels[:boxes])]
    return [top, bottom], f"Top {boxes}: {ends[0]}. Bottom {boxes}: {ends[1]}."


def _mean(data: DataSet, variable: Variable) -> Line:
    first = offset(variable)
    label = f"Mean ({first:g} to {first + len(variable.scale) - 1:g})" if variable.closed else "Mean"
    return Line(label, "mean", data.scores(variable.name) + first)


def _numbers(data: DataSet, asked: Breakdown, variable: Variable) -> Lines:
    if asked.nets or asked.boxes:
        raise DataError(f"variable {variable.name!r} is numeric and has no options for nets or boxes: leave them out")
    line = _mean(data, variable)
    base = ~np.isnan(line.values)
    notes = (f"Base: {int(base.sum()):,} of {data.n:,} respondents who gave a number.",)
    return Lines(variable.name, asked.title or variable.text or variable.name, (line,), base, None, notes)


def _selections(data: DataSet, asked: Breakdown, variables: Sequence[Variable]) -> Lines:
    columns = np.column_stack([_selected(data, variable) for variable in variables])
    base = ~np.isnan(columns).all(axis=1)
    # some files write only what was selected; there an empty cell of somebody who selected anything is a "no"
    unsaid = np.isnan(columns) & base[:, None] & ~(columns == 0).any(axis=0)
    columns[unsaid] = 0.0
    labels = wordings(variables)
    lines = [Line(label, "option", column) for label, column in zip(labels, columns.T, strict=True)]
    for name, keys in asked.nets.items():
        chosen = columns[:, [_column(variables, labels, key) for key in keys]]
        lines.append(Line(name, "net", _among((chosen == 1).any(axis=1), ~np.isnan(chosen).all(axis=1))))
    if asked.mean and len(variables) > 1:
        lines.append(Line("Selected, on average", "mean", np.where(base, np.nansum(columns, axis=1), np.nan)))
    name = asked.question if isinstance(asked.question, str) else variables[0].battery or variables[0].name
    notes = (
        f"Base: {int(base.sum()):,} of {data.n:,} respondents who answered. Several answers possible: shares need "
        "not sum to 100 %.",
    )
    return Lines(name, asked.title or _stem(variables), tuple(lines), base, None, notes if len(variables) > 1 else ())


def _selected(data: DataSet, variable: Variable) -> np.ndarray:
    """(n,) 1 selected, 0 not, NaN no answer."""
    selected = event_of(variable).code
    values = [float(option.code == selected) if not option.missing else np.nan for option in variable.options]
    return np.array([*values, np.nan])[data.positions(variable.name)]


def wordings(variables: Sequence[Variable]) -> list[str]:
    """What tells the variables of a set apart: the rows' own wordings, or the wordings less what all begin with."""
    if all(variable.item for variable in variables):
        labels = [" ".join(str(variable.item).split()) for variable in variables]
    else:
        texts = [" ".join(variable.text.split()) for variable in variables]
        start = _shared(texts)
        labels = [text[start:].strip(" :-–") or text for text in texts]
    return [
        label if label and labels.count(label) == 1 else f"{label} ({variable.name})".strip()
        for label, variable in zip(labels, variables, strict=True)
    ]


def _shared(texts: Sequence[str]) -> int:
    """How many characters the texts have in common at their beginning, in whole words."""
    if len(texts) < 2:
        return 0
    same = "".join(
        letters[0] for letters in takewhile(lambda letters: len(set(letters)) == 1, zip(*texts, strict=False))
    )
    return same.rfind(" ") + 1


def _stem(variables: Sequence[Variable]) -> str:
    if variables[0].stem:
        return variables[0].stem
    texts = [" ".join(variable.text.split()) for variable in variables]
    return texts[0][: _shared(texts)].strip(" :-–") or texts[0]


def _column(variables: Sequence[Variable], labels: Sequence[str], key: Any) -> int:
    for known in ([variable.name for variable in variables], labels):
        if key in known:
            return list(known).index(key)
    hint = did_you_mean(key, [*labels, *(variable.name for variable in variables)])
    raise DataError(f"the select-all question has no column {shown(key)}{hint}; expected one of {listed(labels, 6)}")


def _base_note(data: DataSet, base: np.ndarray, variable: Variable, positions: np.ndarray) -> str:
    out = [(option.label, int((positions[~base] == i).sum())) for i, option in enumerate(variable.options)]
    counted = [f"{label} {count:,}" for label, count in (*out, ("no answer", int((positions < 0).sum()))) if count]
    left = f" Not in the base: {', '.join(counted)}." if counted else ""
    return f"Base: {int(base.sum()):,} of {data.n:,} respondents who answered.{left}"
