"""Data sets in files: one reader and one writer for each format, chosen by suffix."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from populace.data.dataset import DataSet
from populace.errors import DataError

#: suffix -> module of this package with read(path) and write(dataset, path)
FORMATS = {
    ".parquet": "parquet",
    ".csv": "csv",
    ".sav": "spss",
    ".zsav": "spss",
    ".por": "spss",
    ".dta": "stata",
    ".sas7bdat": "sas",
    ".xpt": "sas",
    ".sss": "triples",
}


def read_dataset(path: str | Path) -> DataSet:
    """Read a folder (codebook.json + answers.parquet) or a file of one of `FORMATS` (.csv with NAME.codebook.json).

    Raises `DataError` naming file, column and code when file or content cannot be used.
    """
    path = Path(path)
    if path.is_dir():
        return import_module("populace.data.files.parquet").read_folder(path)
    if not path.exists():
        raise DataError(f"{path} does not exist; expected a folder or a file ({', '.join(FORMATS)}): check the path")
    return _format(path).read(path)


def write_dataset(dataset: DataSet, path: str | Path) -> None:
    """Write by suffix; a path without suffix becomes a folder. Whole or not at all (`OutOfSpace` on failure)."""
    path = Path(path)
    if not path.suffix or path.is_dir():
        import_module("populace.data.files.parquet").write_folder(dataset, path)
    else:
        _format(path).write(dataset, path)


@dataclass(frozen=True)
class _Format:
    """The two functions of a format."""

    #: path -> data set
    read: Callable[[Path], DataSet]
    #: data set to path
    write: Callable[[DataSet, Path], None]


def _format(path: Path) -> _Format:
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        known = ", ".join(FORMATS)
        raise DataError(f"{path} ends in {path.suffix!r}; expected {known} or a folder: rename or convert it")
    module = import_module(f"populace.data.files.{FORMATS[suffix]}")
    return _Format(module.read, module.write)
