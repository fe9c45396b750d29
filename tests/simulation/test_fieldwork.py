"""Fieldwork: killed, interrupted and damaged runs go on, and give the panel of an uninterrupted run."""

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

import populace
from populace.data.files import read_dataset, write_dataset
from populace.errors import Interrupted, JournalError, OutOfSpace
from populace.models.fake import FakeModel
from populace.simulation.simulate import simulate, simulate_to
from populace.survey.instrument import write_instrument

N, BATCH = 45, 10

#: runs simulate_to and dies by SIGKILL just before the k-th step that changes what is on disk (0: never): 1 the header
#: is renamed into place, 2-6 the batches, 7 the panel; 8-12 the batches are removed, 13 the header, 14 the folder
SCRIPT = """
    import os, signal, sys
    from pathlib import Path
    from populace.data.files import read_dataset
    from populace.models.fake import FakeModel
    from populace.simulation.simulate import simulate_to
    from populace.survey.instrument import read_instrument

    folder, k = sys.argv[1], int(sys.argv[2])
    count, rename, unlink, rmdir = 0, os.replace, Path.unlink, Path.rmdir

    def step(action, *arguments, **options):
        global count
        count += not str(arguments[0].name).startswith(".") or action is rename  # half-written files do not count
        if k and count == k:
            os.kill(os.getpid(), signal.SIGKILL)
        return action(*arguments, **options)

    os.replace = lambda *arguments: step(rename, *arguments)
    Path.unlink = lambda *arguments, **options: step(unlink, *arguments, **options)
    Path.rmdir = lambda *arguments: step(rmdir, *arguments)
    people, survey = read_dataset(folder + "/people.parquet"), read_instrument(folder + "/survey.json")
    simulate_to(folder + "/panel.parquet", survey, people, FakeModel(), seed=3, batch_size=10)
"""


@pytest.fixture
def folder(tmp_path, make):
    write_dataset(make.people(N), tmp_path / "people.parquet")
    write_instrument(make.survey(), tmp_path / "survey.json")
    return tmp_path


def run_and_kill(folder, k):
    """Start the script; it ends by SIGKILL."""
    source = str(Path(populace.__file__).parents[1])
    command = [sys.executable, "-c", textwrap.dedent(SCRIPT), str(folder), str(k)]
    done = subprocess.run(
        command, env={"PYTHONPATH": source, "POLARS_MAX_THREADS": "1"}, capture_output=True, check=False
    )
    assert done.returncode == (-9 if k else 0), done.stderr.decode()


@pytest.fixture(scope="module")
def whole(tmp_path_factory, make):
    """Bytes of the panel of a run that nobody disturbed."""
    folder = tmp_path_factory.mktemp("whole")
    write_dataset(make.people(N), folder / "people.parquet")
    path = folder / "panel.parquet"
    simulate_to(path, make.survey(), read_dataset(folder / "people.parquet"), FakeModel(), seed=3, batch_size=BATCH)
    return path.read_bytes()


def resume(folder, make, model=None, **changes):
    arguments = {"seed": 3, "batch_size": BATCH, **changes}
    people = arguments.pop("people", None) or read_dataset(folder / "people.parquet")
    survey = arguments.pop("survey", None) or make.survey()
    return simulate_to(folder / "panel.parquet", survey, people, model or FakeModel(), **arguments)


@pytest.mark.parametrize("k", [1, 2, 4, 6, 7, 8, 10, 13, 14])
def test_a_killed_run_goes_on_and_gives_the_bytes_of_an_undisturbed_one(folder, make, whole, k):
    run_and_kill(folder, k)
    panel = folder / "panel.parquet"
    assert panel.exists() == (k >= 8)  # whole or not at all
    path = resume(folder, make)
    assert path.read_bytes() == whole
    assert not (folder / "panel.parquet.journal").exists()


def test_a_run_that_is_killed_again_and_again_arrives(folder, make, whole):
    for k in (2, 2, 2):  # one batch further each time: the header is there already, so the second rename is a batch
        run_and_kill(folder, k)
    run_and_kill(folder, 0)
    assert (folder / "panel.parquet").read_bytes() == whole


class Counting(FakeModel):
    """Counts the interviews it is asked for."""

    interviews = 0

    def open(self, n, history=()):
        self.interviews += n
        return super().open(n, history)


class StopsAt:
    """A watcher that presses Ctrl-C."""

    def __init__(self, when):
        self.when = when

    def start(self, total, answers_each):
        pass

    def update(self, done, total):
        if done >= self.when:
            raise KeyboardInterrupt

    def note(self, text):
        pass

    def close(self):
        self.closed = True


def test_ctrl_c_says_how_to_go_on_and_nothing_is_asked_twice(folder, make, whole):
    watcher = StopsAt(20)
    with pytest.raises(Interrupted, match=r"stopped after 20 of 45 respondents.*panel.parquet.journal.*again to go on"):
        resume(folder, make, progress=watcher)
    assert watcher.closed
    assert not (folder / "panel.parquet").exists()
    model = Counting()
    assert resume(folder, make, model).read_bytes() == whole
    assert model.interviews == 25


def stopped(folder, make):
    """A journal with two finished batches; returns its folder."""
    with pytest.raises(Interrupted):
        resume(folder, make, progress=StopsAt(20))
    return folder / "panel.parquet.journal"


@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "rename"])
def test_a_damaged_batch_is_made_again(folder, make, whole, damage):
    batch = sorted(stopped(folder, make).glob("batch-*"))[0]
    content = bytearray(batch.read_bytes())
    content[len(content) // 2] ^= 1
    written = {"flip": content, "cut": content[:-7], "empty": b"", "rename": batch.read_bytes()}[damage]
    if damage == "rename":
        batch.rename(batch.with_name("batch-000001.parquet"))
    else:
        batch.write_bytes(bytes(written))
    model = Counting()
    assert resume(folder, make, model).read_bytes() == whole
    assert model.interviews == 35


def test_half_written_files_are_swept_up(folder, make, whole):
    journal = stopped(folder, make)
    (journal / ".batch-000002-abc.0123.parquet").write_bytes(b"half")
    assert resume(folder, make).read_bytes() == whole


def other_instrument(make):
    return make.survey({"name": "car", "kind": "single", "text": "Do you own a bus?", "options": ["Yes", "No"]})


@pytest.mark.parametrize("field", ["seed", "batch_size", "model_hash", "instrument_hash", "people_hash", "given_hash"])
def test_the_journal_of_another_run_is_refused_naming_what_differs(folder, make, field):
    stopped(folder, make)
    changes = {
        "seed": {"seed": 4},
        "batch_size": {"batch_size": 11},
        "model_hash": {"model": FakeModel(1)},
        "instrument_hash": {"survey": other_instrument(make)},
        "people_hash": {"people": make.people(N).rows(np.arange(N)[::-1])},
        "given_hash": {"given": make.people(N)},
    }[field]
    with pytest.raises(JournalError, match=rf"journal of another run: {field} is .* there and .* here"):
        resume(folder, make, **changes)
    assert resume(folder, make).exists()  # the journal was left alone


def test_another_version_does_not_continue_a_journal(folder, make):
    header = stopped(folder, make) / "header.json"
    header.write_text(json.dumps(json.loads(header.read_text()) | {"version": "0.0.1"}))
    with pytest.raises(JournalError, match=r"version is '0.0.1' there and"):
        resume(folder, make)


def test_a_broken_header_is_refused(folder, make):
    (stopped(folder, make) / "header.json").write_text("{")
    with pytest.raises(JournalError, match="cannot be read"):
        resume(folder, make)


def test_a_folder_that_is_no_journal_is_left_alone(folder, make):
    stranger = folder / "panel.parquet.journal" / "thesis.txt"
    stranger.parent.mkdir()
    stranger.write_text("ten years of work")
    with pytest.raises(JournalError, match="is not the journal of a run"):
        resume(folder, make)
    assert stranger.read_text() == "ten years of work"


def test_two_runs_into_one_journal_at_a_time_are_refused(folder, make):
    class StartsAnother(StopsAt):
        def update(self, done, total):
            if done == 20:
                resume(folder, make)

    with pytest.raises(JournalError, match="another process is writing to"):
        resume(folder, make, progress=StartsAnother(0))
    assert resume(folder, make).exists()


def test_simulate_with_a_journal_goes_on_too_and_leaves_it(folder, make):
    people, survey, journal = make.people(N), make.survey(), folder / "kept"
    with pytest.raises(Interrupted):
        simulate(survey, people, FakeModel(), batch_size=BATCH, journal=journal, progress=StopsAt(10))
    model = Counting()
    panel = simulate(survey, people, model, batch_size=BATCH, journal=journal)
    assert model.interviews == N - 10
    assert panel.answers.equals(simulate(survey, people, FakeModel()).answers)
    assert len(list(journal.glob("batch-*"))) == 5


def test_without_a_journal_ctrl_c_is_ctrl_c(make):
    with pytest.raises(KeyboardInterrupt):
        simulate(make.survey(), make.people(N), FakeModel(), batch_size=BATCH, progress=StopsAt(10))


def test_an_error_of_the_model_leaves_the_finished_batches(folder, make, whole):
    class Breaks(Counting):
        def open(self, n, history=()):
            if self.interviews >= 20:
                raise RuntimeError("out of order")
            return super().open(n, history)

    with pytest.raises(RuntimeError, match="out of order"):
        resume(folder, make, Breaks())
    model = Counting()
    assert resume(folder, make, model).read_bytes() == whole
    assert model.interviews == 25


def test_a_folder_that_cannot_be_written_is_said_so(folder, make):
    (folder / "file").write_text("")
    with pytest.raises(OutOfSpace, match="could not be written"):
        simulate_to(folder / "file" / "panel.parquet", make.survey(), make.people(3), FakeModel())
