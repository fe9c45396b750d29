"""simulate(): an instrument, respondents and a model -> a panel of answers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from populace import atomic
from populace.data.dataset import DataSet, content_hash_of
from populace.data.files.parquet import metadata_of
from populace.errors import OutOfSpace, UsageError
from populace.models.base import ResponseModel
from populace.simulation.failed import FAILED, in_words, listing
from populace.simulation.fieldwork import conduct, conduct_to_journal, header_of
from populace.simulation.interview import interview
from populace.simulation.journal import Journal
from populace.simulation.plan import Plan, make_plan
from populace.simulation.progress import Silent, Watcher
from populace.simulation.quotas import close_in_files, close_in_memory, has_quotas
from populace.survey.instrument import Instrument


def simulate(
    instrument: Instrument,
    respondents: DataSet,
    model: ResponseModel | str = "default",
    seed: int = 0,
    given: DataSet | None = None,
    batch_size: int = 2000,
    journal: str | Path | None = None,
    progress: Watcher | None = None,
    skip_open: bool = False,
    workers: int = 1,
) -> DataSet:
    """Let respondents answer an instrument.

    The panel has the ids of `respondents` in their order, their backgrounds, one column per item, and provenance.
    Items that they have already answered as a background are copied. `given`: answers they have given elsewhere,
    matched by respondent_id; they inform the model. Same seed, same panel, whatever `batch_size` and `workers`.
    `journal`: a folder in which finished batches are kept, so that a run that was stopped goes on; it stays until
    you delete it. `skip_open` leaves open-text items out instead of refusing them.

    Raises `InstrumentError`, `DataError`, `CannotAnswer` before anything is asked, `JournalError` for the journal of
    another run, `Interrupted` on Ctrl-C when there is a journal.
    """
    model, watcher = _model(model), progress or Silent()
    plan = listing(make_plan(instrument, respondents, given, seed, skip_open), model)
    if journal is None:
        frames = conduct(plan, model, batch_size, watcher, workers)
    else:
        with _journal(Path(journal), plan, model, batch_size, respondents, given) as kept:
            conduct_to_journal(plan, model, batch_size, watcher, kept, workers)
            frames = [pl.read_parquet(path, glob=False) for path in kept.paths]
    if has_quotas(plan):
        frames = close_in_memory(plan, model, frames)
    answers = pl.concat(frames) if frames else _nobody(plan, model)
    notes = _closing_notes(model, answers)
    for note in notes:
        watcher.note(note)
    return DataSet(answers, plan.codebook, f"panel of {model.name!r}").noting(notes)


def simulate_to(
    path: str | Path,
    instrument: Instrument,
    respondents: DataSet,
    model: ResponseModel | str = "default",
    seed: int = 0,
    given: DataSet | None = None,
    batch_size: int = 2000,
    progress: Watcher | None = None,
    skip_open: bool = False,
    workers: int = 1,
) -> Path:
    """Like `simulate`, into a Parquet file, in memory that does not grow with the panel.

    Finished batches are kept in the folder `PATH.journal` until the file is complete: the same call continues a run
    that was stopped or killed. The file appears whole or not at all, and carries the content hash of the panel, taken
    one column at a time: the same as that of `simulate` with the same arguments.
    """
    path, model = Path(path), _model(model)
    if path.suffix.lower() != ".parquet":
        raise UsageError(f"{path} ends in {path.suffix!r}; a panel is written as .parquet: rename it, convert it later")
    plan = listing(make_plan(instrument, respondents, given, seed, skip_open), model)
    folder = path.with_name(path.name + ".journal")
    with _journal(folder, plan, model, batch_size, respondents, given) as journal:
        watcher = progress or Silent()
        conduct_to_journal(plan, model, batch_size, watcher, journal, workers)
        _assemble(path, plan, model, journal)
        journal.remove()
    if getattr(model, "may_fail", False):
        for note in _closing_notes(model, pl.read_parquet(path, columns=[FAILED], glob=False)):
            watcher.note(note)
    return path


def _closing_notes(model: ResponseModel, answers: pl.DataFrame) -> list[str]:
    """What the user should know at the end of a run with a model that may fail: how often it did, and what it cost."""
    if not getattr(model, "may_fail", False):
        return []
    return [in_words(answers[FAILED]), f"model {model.name!r}: {model.bill()}"]


def _assemble(path: Path, plan: Plan, model: ResponseModel, journal: Journal) -> None:
    """The panel from the journal's batches, streamed."""
    paths = journal.paths
    if has_quotas(plan):
        paths = close_in_files(plan, model, paths, journal.folder)
    frames = pl.scan_parquet(paths, glob=False) if paths else _nobody(plan, model).lazy()
    columns = (frames.select(name).collect().to_series() for name in frames.collect_schema().names())
    metadata = metadata_of(plan.codebook, content_hash_of(plan.codebook, columns))
    try:
        with atomic.replacing(path) as temporary:
            frames.sink_parquet(temporary, compression="zstd", metadata=metadata, maintain_order=True)
        for made in set(paths) - set(journal.paths):
            made.unlink()
    except pl.exceptions.PolarsError as problem:
        # the batches were read back intact a moment ago, so what fails here is the writing
        raise OutOfSpace(
            f"{path} could not be written ({problem}); expected room for the whole panel: free some space and run the "
            "same command again, finished batches are kept"
        ) from problem


def _journal(
    folder: Path, plan: Plan, model: ResponseModel, batch_size: int, people: DataSet, given: DataSet | None
) -> Journal:
    given_hash = None if given is None else given.content_hash
    return Journal(folder, header_of(plan, model, batch_size, people.content_hash, given_hash))


def _model(model: ResponseModel | str) -> ResponseModel:
    """A model by name, loaded here so that only who simulates pays for it."""
    if not isinstance(model, str):
        return model
    from populace.models.library import load_model

    return load_model(model)


def _nobody(plan: Plan, model: ResponseModel) -> pl.DataFrame:
    """The columns of a panel without respondents."""
    return interview(plan, model, np.arange(0))
