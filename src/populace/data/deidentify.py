"""Strip and coarsen answers before anything is trained on them.

Three steps: refuse files that carry direct identifiers, drop what could carry them (open text, further ids), and blank
background values that single somebody out. The screen is k^m-anonymity (Terrovitis, Mamoulis and Kalnis 2008): nobody
who knows up to m background values of a respondent finds fewer than k respondents with these values.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
import polars as pl

from populace.data.codebook import Variable
from populace.data.dataset import DataSet
from populace.errors import DataError
from populace.survey.names import RESPONDENT_ID, listed

#: numbers with more different values than this are screened in bins
_MOST_VALUES = 12
#: combinations numbered beyond this are renumbered before they are counted
_SMALL_TABLE = 1_000_000
#: a column of words is an identifier when this share of its answers look like one
_MOSTLY = 0.5

_EMAIL = r"[^@\s]+@[^@\s]+\.[^@\s]+"
_IP = r"^(?:\d{1,3}\.){3}\d{1,3}$|^(?:[0-9a-fA-F]{1,4}:){2,7}[0-9a-fA-F:]*$"
_PHONE = r"^(?:\+|\(\d|0\d+[\s/-]|\d{3}[\s.-]\d)[\d\s().\-/]{5,18}$"
_LOOKS = {"e-mail addresses": _EMAIL, "IP addresses": _IP, "phone numbers": _PHONE}

#: column names of direct identifiers, as survey platforms write them
_NAMES = re.compile(
    r"^(recipient|respondent|contact|your|home|work)?_?("
    r"e_?mail(_?address)?|(tele|cell|mobile)?_?phone(_?number)?|mobile(_?number)?|ip(_?addr(ess)?|v4|v6)?"
    r"|(first|last|full|sur|family|given|middle|maiden)_?name|name|(street|postal|mailing)?_?address"
    r"|ssn|social_?security(_?number)?|passport(_?number)?|(location)?_?(latitude|longitude)"
    r"|date_?of_?birth|birth_?date|dob|external_?(data_?)?reference"
    r")$"
)


@dataclass(frozen=True)
class Deidentified:
    """What was taken out of a data set, and what is now true of it."""

    #: dropped column -> why
    dropped: dict[str, str] = field(default_factory=dict)
    #: background column -> number of values blanked
    blanked: dict[str, int] = field(default_factory=dict)
    #: every combination of up to `width` background values is shared by at least this many respondents
    k: int = 5
    #: number of background values an outsider may know
    width: int = 2
    #: number of interviews screened
    n: int = 0

    def __repr__(self) -> str:
        values = sum(self.blanked.values())
        return (
            f"Deidentified({self.n:,} interviews: {len(self.dropped):,} columns dropped, {values:,} background values "
            f"blanked; every {self.width} background values are shared by {self.k} respondents or more)"
        )


def deidentify(
    dataset: DataSet, k: int = 5, width: int = 2, drop: Collection[str] = ()
) -> tuple[DataSet, Deidentified]:
    """The data set fit for training, and a report.

    Raises `DataError` naming every column that holds direct identifiers (e-mail, phone, IP address, name), unless it
    is listed in `drop`. Respondents keep their respondent_id, so that people stay on one side of a split; models
    never see it.
    """
    refuse_identifiers(dataset, drop)
    dropped = dict(_droppable(dataset, drop))
    kept = dataset.keep(name for name in dataset.names() if name not in dropped)
    blank = _singled_out(kept, k, width)
    if blank:
        columns = [kept.answers[name].zip_with(pl.Series(~mask), _nulls(kept, name)) for name, mask in blank.items()]
        kept = DataSet(kept.answers.with_columns(columns), kept.codebook, kept.source)
    blanked = {name: int(mask.sum()) for name, mask in blank.items()}
    return kept, Deidentified(dropped, blanked, k, width, dataset.n)


def refuse_identifiers(dataset: DataSet, drop: Collection[str] = ()) -> None:
    """Raise `DataError` naming every column that is a direct identifier and not in `drop`."""
    for name in drop:
        dataset.codebook.variable(name)
    found = {
        variable.name: what
        for variable in dataset.codebook.variables
        if variable.name not in drop and (what := _identifier(variable, dataset.codes(variable.name)))
    }
    if found:
        columns = ", ".join(f"{name!r} ({what})" for name, what in found.items())
        coded = RESPONDENT_ID in found
        remedy = "put numbers in the place of identifiers" if coded else f"drop=[{listed(found)}] leaves them out"
        raise DataError(
            f"{dataset.source or dataset.id}: direct identifiers in {columns}; "
            f"expected data without names, addresses or numbers of people: {remedy}"
        )


def _identifier(variable: Variable, column: pl.Series) -> str | None:
    """What kind of identifier a column holds, or None. Coded answers cannot hold one."""
    if variable.closed or variable.role == "weight" or not column.count():
        return None
    plain = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[\W_]+", "_", variable.name).lower().strip("_")
    if _NAMES.match(plain) and column.n_unique() > 2:
        return f"named like {plain.replace('_', ' ')}"
    if column.dtype != pl.String:
        return None
    answers = column.drop_nulls().str.strip_chars()
    needed = 0 if variable.name == RESPONDENT_ID else _MOSTLY * len(answers)
    for what, pattern in _LOOKS.items():
        if int(answers.str.contains(pattern).sum()) > needed:
            return what
    return None


def _droppable(dataset: DataSet, drop: Collection[str]) -> Iterator[tuple[str, str]]:
    for variable in dataset.codebook.variables:
        if variable.name == RESPONDENT_ID:
            continue
        if variable.name in drop:
            yield variable.name, "named by the caller"
        elif variable.role == "id":
            yield variable.name, "identifier"
        elif variable.type == "text":
            yield variable.name, "open text"


def _nulls(dataset: DataSet, name: str) -> pl.Series:
    return pl.Series([None], dtype=dataset.answers[name].dtype)


def _singled_out(dataset: DataSet, k: int, width: int) -> dict[str, np.ndarray]:
    """Background column -> (n,) mask of the values to blank.

    In every combination shared by fewer than k respondents the value that is rarest by itself is blanked. Blanking
    thins out other combinations, so those of a changed column are looked at again until none is left below k.
    """
    cells = {name: _cells(dataset, name) for name in dataset.names("background")}
    before = {name: codes.copy() for name, codes in cells.items()}
    person = np.unique(dataset.respondent_ids.astype(str), return_inverse=True)[1]
    tables = [names for size in range(1, width + 1) for names in combinations(cells, size)]
    touched = set(cells)
    while touched:
        again, touched = touched, set()
        for names in tables:
            if not again.isdisjoint(names) or not touched.isdisjoint(names):
                touched |= _blank_rare(names, cells, person, k)
    masks = {name: (before[name] >= 0) & (cells[name] < 0) for name in cells}
    return {name: mask for name, mask in masks.items() if mask.any()}


def _cells(dataset: DataSet, name: str) -> np.ndarray:
    """(n,) value of a background variable as a small integer; -1 for null and for don't know or refused."""
    variable = dataset.codebook.variable(name)
    if variable.closed:
        positions = dataset.positions(name).astype(np.int64)
        known = np.array([not option.missing for option in variable.options] + [False])
        return np.where(known[positions], positions, -1)
    values = dataset.values(name)
    present = values[~np.isnan(values)]
    edges = np.unique(present)
    if len(edges) > _MOST_VALUES:  # a model sees numbers in bins, so they are screened in bins
        edges = np.unique(np.quantile(present, np.arange(8) / 8, method="lower"))
    return np.where(np.isnan(values), -1, np.searchsorted(edges, values, side="right") - 1)


def _blank_rare(names: tuple[str, ...], cells: dict[str, np.ndarray], person: np.ndarray, k: int) -> set[str]:
    """Blank one value in each row whose combination of `names` is held by fewer than k; the columns changed."""
    whole = cells[names[0]] >= 0
    for name in names[1:]:
        whole &= cells[name] >= 0
    rows = np.flatnonzero(whole)
    if not len(rows):
        return set()
    combination = np.zeros(len(rows), dtype=np.int64)
    for name in names:
        combination = combination * (cells[name].max() + 1) + cells[name][rows]
    rare = rows[_holders(combination, person[rows], k) < k]
    if not len(rare):
        return set()
    alone = np.stack([np.bincount(cells[name][cells[name] >= 0])[cells[name][rare]] for name in names])
    victim = np.argmin(alone, axis=0)
    for number, name in enumerate(names):
        cells[name][rare[victim == number]] = -1
    return {name for number, name in enumerate(names) if (victim == number).any()}


def _holders(combination: np.ndarray, person: np.ndarray, k: int) -> np.ndarray:
    """(rows,) number of different respondents with each row's combination; exact where it is below k."""
    if combination.max() > _SMALL_TABLE:
        combination = np.unique(combination, return_inverse=True)[1]
    held = np.bincount(combination)[combination]
    doubtful = np.flatnonzero(held < k * np.bincount(person).max())
    people = person.max() + 1
    pairs = np.unique(combination[doubtful] * people + person[doubtful])
    held[doubtful] = np.bincount(pairs // people, minlength=combination.max() + 1)[combination[doubtful]]
    return held
