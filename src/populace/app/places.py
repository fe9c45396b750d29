"""Where a command reads and writes: checked before any work is done, so that a typing error costs no time.

Names and paths that lead nowhere, and wrong combinations, are wrong use (exit code 2); what is inside a file is judged
by whoever reads it (exit code 1).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from populace.errors import UsageError


@dataclass(frozen=True)
class Population:
    """Whom a command asks: an audience to draw from, or people in a file."""

    #: name of an audience, None when people are given
    audience: str | None
    #: data set with backgrounds, None when an audience is given
    respondents: Path | None
    #: people to draw from the audience
    n: int | None


def one_population(audience: str | None, respondents: Path | None, n: int | None, n_needed: bool = False) -> None:
    """Refuse both or neither of --audience and --respondents, and -n where it has no say."""
    if audience is not None and respondents is not None:
        raise UsageError(
            f"--audience {audience} and --respondents {respondents} were both given; expected one: leave one away"
        )
    if audience is None and respondents is None:
        raise UsageError(
            "nobody to ask; expected --audience NAME or --respondents PEOPLE: add --audience us-adults, for example"
        )
    if n is not None and audience is None:
        raise UsageError(f"-n {n} was given with --respondents; expected -n with --audience only: leave -n away")
    if n is None and audience is not None and n_needed:
        raise UsageError(f"--audience {audience} was given without -n; expected how many people to draw: add -n 1000")
    existing(respondents, "--respondents", "a data set")


def existing(path: Path | None, argument: str, what: str) -> None:
    """Refuse a path that leads nowhere; None (an option left away) passes."""
    if path is None or path.exists():
        return
    near = path.absolute().parent
    hint = "check the spelling" if near.is_dir() else f"there is no folder {str(near)!r} either"
    raise UsageError(f"{argument}: there is no file or folder {str(path)!r}; expected {what}: {hint}")


def output(
    path: Path,
    inputs: tuple[Path | None, ...] = (),
    *,
    folder: bool = False,
    suffix: str | None = None,
    owned: str | None = None,
    overwrite: bool = True,
) -> None:
    """Refuse an --out that cannot be written or would harm an input or earlier work.

    `owned` names the file by which a folder of ours is known: any other folder with something in it is left alone.
    `overwrite`: may what an earlier run wrote there be replaced?
    """
    for source in inputs:
        if source is not None and _touches(path, source):
            raise UsageError(
                f"--out {path} is or lies in the input {source}; expected a place of its own: choose another name"
            )
    if path.exists() and path.is_dir() != folder:
        found, expected = ("folder", "file") if path.is_dir() else ("file", "folder")
        raise UsageError(f"--out {path} is a {found} already; expected the name of a {expected}: choose another name")
    if suffix is not None and path.suffix.lower() != suffix:
        raise UsageError(
            f"--out {path} does not end in {suffix}; expected a name such as {path.stem or 'panel'}{suffix}"
        )
    if owned is not None and path.is_dir() and any(path.iterdir()) and not (path / owned).exists():
        raise UsageError(
            f"--out {path} holds other files and no {owned}; expected a new or empty folder: choose another name"
        )
    if not overwrite:
        _refuse_to_replace(path, owned)
    _check_parents(path)


def _refuse_to_replace(path: Path, owned: str | None) -> None:
    written = path / owned if owned else path
    if written.exists():
        what = "model" if owned else "file"
        raise UsageError(
            f"--out {path} is there already; expected a new name, so that no earlier {what} is lost: choose another "
            "name, or add --overwrite to replace it"
        )


def _touches(path: Path, source: Path) -> bool:
    """Is `path` the input itself, or inside an input folder?"""
    here, there = path.resolve(), source.resolve()
    return here == there or (source.is_dir() and there in here.parents)


def _check_parents(path: Path) -> None:
    """Can the folders above be written to, or be made? They are made when there is something to put there."""
    parent = next(place for place in path.absolute().parents if place.exists() or place.is_symlink())
    if not parent.is_dir():
        raise UsageError(f"--out {path}: its parent {str(parent)!r} is not a folder; expected one: choose another name")
    if not os.access(parent, os.W_OK):
        raise UsageError(
            f"--out {path}: folder {str(parent)!r} cannot be written to; expected one that can: choose another"
        )


def corpus(name: str, data: Path | None) -> Path:
    """The folder or file of a corpus: a path, or the name of a folder in POPULACE_DATA."""
    if Path(name).exists():
        return Path(name)
    if data is not None and (data / name).exists():
        return data / name
    where = f"nor in POPULACE_DATA ({data})" if data else "and POPULACE_DATA is not set"
    raise UsageError(
        f"CORPUS: there is no data set {name!r} here, {where}; expected a folder with codebook.json and "
        "answers.parquet: check the name"
    )
