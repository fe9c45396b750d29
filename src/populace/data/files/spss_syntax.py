"""SPSS syntax that goes with a .sav file: what the file itself cannot say.

Multiple-response sets (MRSETS), the weight in use (WEIGHT BY) and levels of measurement (VARIABLE LEVEL). Run it once
on the open file.
"""

from __future__ import annotations

from collections.abc import Iterator

from populace.data.codebook import Variable
from populace.data.dataset import DataSet
from populace.data.files.spss import spss_names

#: characters of a label of a set
_LABEL = 120


def syntax_of(dataset: DataSet, file: str) -> str:
    """The syntax for a data set that was written as this file."""
    names = spss_names(list(dataset.answers.columns))
    lines = ["* Encoding: UTF-8.", f"* What {file} cannot say by itself: run this on the open file."]
    if dataset.synthetic:
        lines.append("* Some or all rows are SYNTHETIC respondents: see the variables of provenance.")
    return "\n".join([*lines, "", *_sets(dataset, names), *_levels(dataset, names), *_weight(dataset, names)]) + "\n"


def _sets(dataset: DataSet, names: dict[str, str]) -> Iterator[str]:
    """Dichotomy sets, one for each multiple choice."""
    groups: dict[str, list[Variable]] = {}
    for variable in dataset.codebook.variables:
        if variable.type == "multi_item" and variable.battery:
            groups.setdefault(variable.battery, []).append(variable)
    taken: set[str] = set()
    for battery, members in groups.items():
        name = _set_name(battery, taken)
        label = _quoted((members[0].stem or battery)[:_LABEL])
        columns = " ".join(names[member.name] for member in members)
        yield "MRSETS"
        yield f"  /MDGROUP NAME=${name} LABEL={label} CATEGORYLABELS=VARLABELS VARIABLES={columns} VALUE=1"
        yield f"  /DISPLAY NAME=[${name}]."
        yield ""


def _levels(dataset: DataSet, names: dict[str, str]) -> Iterator[str]:
    levels = {"numeric": "SCALE", "ordinal": "ORDINAL", "single": "NOMINAL", "multi_item": "NOMINAL"}
    for kind, level in levels.items():
        columns = [names[one.name] for one in dataset.codebook.variables if one.type == kind]
        if columns and kind != "multi_item":
            yield f"VARIABLE LEVEL {' '.join(columns)} ({level})."


def _weight(dataset: DataSet, names: dict[str, str]) -> Iterator[str]:
    weight = dataset.codebook.weight
    if weight is not None and weight in names:
        yield f"WEIGHT BY {names[weight]}."


def _set_name(battery: str, taken: set[str]) -> str:
    base = "".join(sign if sign.isascii() and sign.isalnum() else "_" for sign in battery)[:55].strip("_") or "set"
    name, count = base, 2
    while name.lower() in taken:
        name, count = f"{base}_{count}", count + 1
    taken.add(name.lower())
    return name


def _quoted(text: str) -> str:
    return "'" + " ".join(text.split()).replace("'", "''") + "'"
