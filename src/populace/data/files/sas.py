"""SAS .sas7bdat and .xpt: wordings and values, and labels from the catalog of formats that lies beside the file.

A SAS data set holds wordings and the names of formats, and no labels: they stand in a catalog, FILE.sas7bcat or
formats.sas7bcat beside it. Missing values `.A` to `.Z` and `._` become codes below zero that are missing options;
`.` is no answer. Transport files hold no labels, and their missing values all become no answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from populace.confined import Limits
from populace.data.dataset import DataSet
from populace.data.files import spss
from populace.data.files.foreign import load
from populace.errors import DataError

#: bytes of a record of a transport file
_RECORD = 80
#: width and decimals at the end of a format, whose name never ends in a digit
_WIDTH = re.compile(r"\d*(?:\.\d*)?$")
#: formats that SAS brings along for dates, times and numbers need no catalog
_OWN_FORMAT = re.compile(
    r"\$?|\$CHAR|\$?F|BEST|COMMA|DOLLAR|PERCENT|NUMX|EURO|Z|E|HEX|DATE|DATETIME|TIME|TOD|HHMM|MMSS|JULIAN|MON\w*|"
    r"(?:E8601|B8601|IS8601|MMDDYY|DDMMYY|YYMMDD|YYMM|MMYY|YYQ|WEEK|WORD|DOW|NLD|DTDATE|YEAR|QTR|DAY)\w*",
    re.IGNORECASE,
)


def read(path: Path, limits: Limits | None = None) -> DataSet:
    """A SAS data set with the labels of its catalog, or a transport file."""
    if path.suffix.lower() == ".xpt" and path.stat().st_size % _RECORD:
        raise DataError(
            f"{path} stops in the middle of a record of {_RECORD} bytes; expected a whole transport file: "
            "export or copy it again"
        )
    frame, said = load(path, limits)
    catalog, notes = _catalog(path, said["formats"], limits)
    meta = spss.Meta(**said)
    labels = {name: _labelled(name, frame[name].dtype == pl.String, meta, catalog) for name in frame.columns}
    meta = replace(meta, labels=labels)
    return spss.dataset_of(path, frame, meta).noting(notes)


def write(dataset: DataSet, path: Path) -> None:
    """SAS files are read only; raises `DataError`."""
    raise DataError(f"{path}: SAS files are read only; expected a format that is written: write .sav, which SAS reads")


def _catalog(path: Path, formats: Mapping[str, str], limits: Limits | None) -> tuple[dict[str, Any], list[str]]:
    """Format -> pairs of code and label, from the catalog beside the file; and what is to be said of it."""
    if path.suffix.lower() != ".sas7bdat":
        return {}, []
    beside = [path.with_suffix(".sas7bcat"), path.with_name("formats.sas7bcat")]
    found = next((file for file in beside if file.is_file()), None)
    wanted = sorted({name for form in formats.values() if not _OWN_FORMAT.fullmatch(name := _name(form))})
    if found is None:
        words = f"{path}: labels of the formats {', '.join(wanted[:8])} are not in the file"
        return {}, [f"{words}: put their catalog beside it as {beside[0].name}"] if wanted else []
    try:
        catalog = {name.upper(): pairs for name, pairs in load(found, limits)[1]["catalog"].items()}
    except DataError as problem:
        return {}, [f"{problem}; answers are read without its labels"]
    absent = [name for name in wanted if name not in catalog]
    return catalog, [f"{found} has no labels for the formats {', '.join(absent[:8])}"] if absent else []


def _name(form: str) -> str:
    """The name of a format, without its width."""
    return _WIDTH.sub("", form).upper()


def _labelled(name: str, words: bool, meta: spss.Meta, catalog: Mapping[str, Any]) -> list[tuple[Any, str]]:
    """Pairs of code and label of a column, those of missing values with letters too; `words`: are its codes words?"""
    letters = {} if words else meta.letters.get(name, {})
    pairs = catalog.get(_name(meta.formats.get(name, "")), [])
    said = {letters.get(code, code): label for code, label in pairs}
    # a letter of the catalog that nobody has stays away: there is no code for it
    fitting = {code: label for code, label in said.items() if isinstance(code, str) == words}
    return list({**dict(meta.labels.get(name, [])), **fitting}.items())
