"""Parquet: one file with the codebook in its metadata, or a folder with codebook.json and answers.parquet."""

from __future__ import annotations

import json
import os
from pathlib import Path

import polars as pl

from populace import atomic
from populace.data.codebook import Codebook
from populace.data.dataset import DataSet, hash_of
from populace.data.files.problems import cannot_write, readable, refuse
from populace.errors import DataError, FileTooLarge

#: key under which a Parquet file carries its codebook as JSON
CODEBOOK_KEY = "populace.codebook"
#: key under which a Parquet file carries the content hash of its data set, because pages have no checksum of their own
HASH_KEY = "populace.content_hash"

#: a table of more cells, with more of them for each byte of its file, is a bomb: answers do not compress that well
_MANY_CELLS, _CELLS_PER_BYTE = 100_000_000, 100
#: the bytes a Parquet file begins and ends with
_MAGIC = b"PAR1"


def read_folder(folder: Path) -> DataSet:
    """A folder with codebook.json and answers.parquet."""
    for name in ("codebook.json", "answers.parquet"):
        if not (folder / name).is_file():
            raise DataError(f"{folder} has no {name}; expected codebook.json and answers.parquet: check the folder")
    codebook = Codebook.from_json(readable(folder / "codebook.json"), str(folder / "codebook.json"))
    answers = folder / "answers.parquet"
    return DataSet(_load(answers)[0], codebook, str(answers))


def read(path: Path) -> DataSet:
    """A single Parquet file, its codebook in the metadata or else beside it (NAME.codebook.json, codebook.json)."""
    frame, metadata = _load(path)
    if CODEBOOK_KEY in metadata:
        codebook = Codebook.from_json(metadata[CODEBOOK_KEY], f"{path} (codebook in its metadata)")
        return DataSet(frame, codebook, str(path))
    for beside in (path.with_suffix(".codebook.json"), path.with_name("codebook.json")):
        if beside.is_file():
            return DataSet(frame, Codebook.from_json(readable(beside), str(beside)), str(path))
    raise DataError(
        f"{path} carries no codebook under {CODEBOOK_KEY!r} and there is none beside it: "
        f"put {path.with_suffix('.codebook.json').name} next to it"
    )


def write(dataset: DataSet, path: Path) -> None:
    """One file, codebook inside."""
    with atomic.replacing(path) as temporary:
        _write(dataset, temporary)


def write_folder(dataset: DataSet, folder: Path) -> None:
    """codebook.json and answers.parquet; both are complete on disk before either replaces an older one."""
    with atomic.replacing_all([folder / "answers.parquet", folder / "codebook.json"]) as (answers, codebook):
        _write(dataset, answers)
        codebook.write_text(dataset.codebook.to_json(), encoding="utf-8", newline="\n")


def _write(dataset: DataSet, path: Path) -> None:
    metadata = metadata_of(dataset.codebook, dataset.content_hash)
    with cannot_write():
        dataset.answers.write_parquet(path, compression="zstd", metadata=metadata)


def metadata_of(codebook: Codebook, content_hash: str) -> dict[str, str]:
    """What a Parquet file of ours says of itself."""
    return {CODEBOOK_KEY: codebook.to_json(indent=None), HASH_KEY: content_hash}


def hash_in(path: Path) -> str | None:
    """The content hash that a Parquet file carries, read from its footer alone; None where it has none."""
    return pl.read_parquet_metadata(path).get(HASH_KEY)


def _load(path: Path) -> tuple[pl.DataFrame, dict[str, str]]:
    """Answers and metadata; a file that ends too early or was altered since `write` is refused."""
    if readable(path, at_most=4) != _MAGIC or not _ends_well(path):
        raise refuse(path, "a Parquet file", ValueError(f"it does not begin and end with {_MAGIC.decode()}"))
    try:
        _refuse_bomb(path)
        frame = pl.read_parquet(path, glob=False)
        metadata = pl.read_parquet_metadata(path)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError) as problem:
        raise refuse(path, "a Parquet file", problem) from None
    if HASH_KEY in metadata and not _sealed(frame, metadata):
        raise DataError(
            f"{path} holds other answers than were written (its {HASH_KEY} does not match); the file is damaged or "
            "was edited: copy it again, or write the edited data with write_dataset"
        )
    return frame, metadata


def _refuse_bomb(path: Path) -> None:
    """A small file may say a billion times "the same again"; its footer tells before anything is unpacked."""
    rows = pl.scan_parquet(path, glob=False).select(pl.len()).collect().item()
    cells = rows * len(pl.read_parquet_schema(path))
    if cells > max(_MANY_CELLS, _CELLS_PER_BYTE * path.stat().st_size):
        raise FileTooLarge(
            f"{path} has {path.stat().st_size:,} bytes and unpacks to {cells:,} cells; expected at most "
            f"{_CELLS_PER_BYTE} for each byte: check where it comes from"
        )


def _sealed(frame: pl.DataFrame, metadata: dict[str, str]) -> bool:
    """Does the content still have the hash it was written with?"""
    text = metadata.get(CODEBOOK_KEY, "")
    if hash_of(_sorted_keys(text), frame) == metadata[HASH_KEY]:
        return True
    # files of the first releases hashed the codebook's text as it stood
    return hash_of(text, frame) == metadata[HASH_KEY]


def _sorted_keys(text: str) -> str:
    try:
        return json.dumps(json.loads(text), sort_keys=True)
    except ValueError:
        return text


def _ends_well(path: Path) -> bool:
    """Does the file end in its footer? A copy that stopped halfway does not."""
    with path.open("rb") as file:
        file.seek(-len(_MAGIC), os.SEEK_END)
        return file.read() == _MAGIC
