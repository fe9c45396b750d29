"""Broken files, altered models, a full disk, Ctrl-C, kill: one clear line, nothing half-written, the journal intact."""

import errno
import json
import os
import signal
import subprocess
import sys
import time

import polars as pl
import pytest

from populace import atomic
from populace.data.files import read_dataset, write_dataset
from populace.data.files.parquet import CODEBOOK_KEY
from populace.models.fake import FakeModel


def simulate(cli, study, *more, out="panel.parquet"):
    arguments = ["--respondents", study.people, "--model", "fake", "--seed", 1, "--out", out]
    return cli("simulate", study.instrument, *arguments, *more)


def instrument_with(study, **changes):
    """The questionnaire with its last question changed."""
    survey = json.loads(study.instrument.read_text())
    survey["blocks"][1]["questions"][-1] |= changes
    study.instrument.write_text(json.dumps(survey))


def rewritten(path, answers=None, **codebook):
    """A data set with other answers or another codebook, written without the checks of ours."""
    frame = pl.read_parquet(path) if answers is None else answers
    content = json.loads(pl.read_parquet_metadata(path)[CODEBOOK_KEY]) | codebook
    frame.write_parquet(path, metadata={CODEBOOK_KEY: json.dumps(content)})


def unworded(path):
    """The codebook's variables, backgrounds without wording."""
    content = json.loads(pl.read_parquet_metadata(path)[CODEBOOK_KEY])["variables"]
    return [variable | {"text": ""} if variable["role"] == "background" else variable for variable in content]


def cut_short(path):
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 2 // 3])


def truncated_sav(study):
    path = study.people.with_suffix(".sav")
    write_dataset(read_dataset(study.people), path)
    cut_short(path)
    return path


BROKEN_INSTRUMENTS = [
    (lambda s: s.instrument.write_text('{"id": "tea", "title"'), ["tea.json"]),
    (lambda s: s.instrument.write_text("[]"), ["tea.json", "expected"]),
    (lambda s: s.instrument.write_bytes(b"\xff\xfe\x00"), ["tea.json"]),
    (lambda s: s.instrument.write_text(""), ["tea.json"]),
    (lambda s: instrument_with(s, kind="sliding"), ["milk", "'slider'", "single"]),
    (lambda s: instrument_with(s, text=""), ["milk", "text is"]),
    (lambda s: instrument_with(s, options=[]), ["milk", "options"]),
    (lambda s: instrument_with(s, opions=[]), ["milk", "opions", "did you mean 'options'"]),
    (lambda s: instrument_with(s, name="taste"), ["taste", "block"]),
    (
        lambda s: instrument_with(s, options=[{"code": 1, "label": "Yes"}, {"code": 1, "label": "No"}]),
        ["milk", "code 1"],
    ),
]


@pytest.mark.parametrize(("harm", "words"), BROKEN_INSTRUMENTS)
@pytest.mark.parametrize("command", ["validate", "simulate"])
def test_a_broken_instrument_is_named_with_its_place(cli, study, command, harm, words):
    harm(study)
    outcome = cli("validate", study.instrument) if command == "validate" else simulate(cli, study)
    assert outcome.code == 1
    assert all(word in outcome.error for word in words), outcome.error
    assert not (study.instrument.parent / "panel.parquet").exists()


BROKEN_PEOPLE = [
    (
        lambda s: rewritten(s.people, pl.read_parquet(s.people).with_columns(sex=pl.lit(7))),
        ["people.parquet", "'sex'", "code 7", "60 rows", "1, 2"],
    ),
    (
        lambda s: rewritten(s.people, pl.read_parquet(s.people).with_columns(shoe=pl.lit(1))),
        ["people.parquet", "'shoe'", "codebook"],
    ),
    (
        lambda s: rewritten(s.people, pl.read_parquet(s.people).drop("age")),
        ["people.parquet", "'age'", "no column"],
    ),
    (lambda s: rewritten(s.people, variables=unworded(s.people)), ["people.parquet", "'sex'", "wording"]),
    (lambda s: pl.read_parquet(s.people).write_parquet(s.people), ["people.parquet", "no codebook"]),
    (lambda s: cut_short(s.people), ["people.parquet", "cut short"]),
    (lambda s: s.people.write_bytes(b""), ["people.parquet", "empty"]),
    (lambda s: s.people.write_bytes(b"PAR1 but no more"), ["people.parquet", "cut short"]),
    (lambda s: (s.people.unlink(), s.people.mkdir()), ["people.parquet", "no codebook.json"]),
]


@pytest.mark.parametrize(("harm", "words"), BROKEN_PEOPLE)
def test_broken_people_are_named_with_their_place(cli, study, harm, words):
    harm(study)
    outcome = simulate(cli, study)
    assert outcome.code == 1
    assert all(word in outcome.error for word in words), outcome.error
    assert not (study.instrument.parent / "panel.parquet").exists()


def test_a_truncated_sav_file_is_named(cli, study):
    path = truncated_sav(study)
    outcome = cli("scrutinize", path, study.human, "--out", "report")
    assert outcome.code == 1
    assert "people.sav" in outcome.error
    assert not (study.instrument.parent / "report" / "report.json").exists()


def test_a_file_of_another_kind_is_refused_with_the_kinds_there_are(cli, study):
    path = study.people.with_suffix(".xlsx")
    path.write_bytes(b"PK")
    outcome = cli("scrutinize", path, study.human, "--out", "report")
    assert outcome.code == 1
    assert ".parquet, .csv, .sav" in outcome.error


def test_given_answers_of_other_people_are_refused_with_examples_of_both_ids(cli, study, tmp_path):
    human = read_dataset(study.human)
    strangers = human.answers.with_columns(respondent_id=pl.col("respondent_id") + 1000)
    rewritten(study.human, strangers)
    survey = json.loads(study.instrument.read_text())
    survey["blocks"][1]["questions"] = survey["blocks"][1]["questions"][2:]
    study.instrument.write_text(json.dumps(survey))
    outcome = simulate(cli, study, "--given", study.human)
    assert outcome.code == 1
    assert "respondent_id" in outcome.error
    assert "1001" in outcome.error


def model_folder(path, **card):
    path.mkdir()
    (path / "weights.safetensors").write_bytes(b"\x00" * 64)
    (path / "card.json").write_text(json.dumps({"name": "mine", "kind": "surveylm", "hash": "sha256:0"} | card))
    return path


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda f: None, ["weights.safetensors", "hash"]),
        (lambda f: (f / "weights.safetensors").unlink(), ["no weights.safetensors"]),
        (lambda f: (f / "card.json").unlink(), ["no card.json"]),
        (lambda f: (f / "card.json").write_text("{"), ["card.json", "JSON"]),
        (lambda f: (f / "card.json").write_text('{"kind": "pickle"}'), ["card.json", "'pickle'"]),
    ],
)
def test_an_altered_model_folder_is_refused(cli, study, tmp_path, harm, words):
    folder = model_folder(tmp_path / "mine")
    harm(folder)
    outcome = cli(
        "simulate", study.instrument, "--respondents", study.people, "--model", folder, "--out", "panel.parquet"
    )
    assert outcome.code == 1
    assert all(word in outcome.error for word in words), outcome.error


@pytest.mark.parametrize("command", ["simulate", "predict", "show"])
def test_a_model_nobody_knows_is_wrong_use(cli, study, tmp_path, command):
    (tmp_path / "q.jsonl").write_text('{"id": 1, "text": "Well?", "options": ["Yes", "No"], "type": "single"}')
    arguments = {
        "simulate": [
            "simulate",
            study.instrument,
            "--respondents",
            study.people,
            "--model",
            "gpt",
            "--out",
            "p.parquet",
        ],
        "predict": ["predict", "q.jsonl", "--respondents", study.people, "--model", "gpt", "--out", "p.jsonl"],
        "show": ["models", "show", "gpt"],
    }
    outcome = cli(*arguments[command])
    assert outcome.code == 2
    assert "'gpt'" in outcome.error
    assert "default" in outcome.error


def test_a_bad_line_of_questions_is_named_before_any_model_is_loaded(cli, study, tmp_path):
    (tmp_path / "q.jsonl").write_text('\n{"id": 1, "text": "Well?", "options": ["Yes"], "type": "single"}')
    outcome = cli("predict", "q.jsonl", "--respondents", study.people, "--out", "p.jsonl")
    assert outcome.code == 1
    assert "q.jsonl, line 2: options of 1: found 1 option(s)" in outcome.error
    assert not (tmp_path / "p.jsonl").exists()


def test_an_audience_nobody_knows_is_named(cli, study):
    outcome = cli(
        "simulate", study.instrument, "--audience", "us-adlts", "-n", 9, "--model", "fake", "--out", "p.parquet"
    )
    assert outcome.code == 2
    assert "no audience 'us-adlts' (did you mean 'us-adults'?)" in outcome.error


def renamed(path, **names):
    """A data set whose variables have other names."""
    found = read_dataset(path)
    variables = [variable | {"name": names.get(variable["name"], variable["name"])}
                 for variable in found.codebook.to_dict()["variables"]]  # fmt: skip
    rewritten(path, found.answers.rename(names), variables=variables)


def test_people_who_were_asked_nothing_in_common_are_refused_with_the_closest_name(cli, study, tmp_path):
    simulate(cli, study)
    renamed(study.human, taste="Taste1", calm="x", milk="y")
    outcome = cli("scrutinize", "panel.parquet", study.human, "--out", "report")
    assert outcome.code == 1
    assert "share no question" in outcome.error
    assert "'taste' (did you mean 'Taste1'?)" in outcome.error
    assert not (tmp_path / "report").exists()


def test_a_question_that_is_a_background_on_the_other_side_is_pointed_out(cli, study, tmp_path):
    simulate(cli, study)
    outcome = cli("scrutinize", "panel.parquet", study.people, "--out", "report")
    assert outcome.code == 1
    content = json.loads(pl.read_parquet_metadata(study.human)[CODEBOOK_KEY])["variables"]
    roles = {"question": "background"}
    rewritten(study.human, variables=[v | {"role": roles.get(v["role"], v["role"])} for v in content])
    outcome = cli("scrutinize", "panel.parquet", study.human, "--out", "report")
    assert "'taste' is a question in panel.parquet and a background in" in outcome.error


# -- the disk --------------------------------------------------------------------------------------------------------


@pytest.fixture
def full_disk(monkeypatch):
    """Nothing can be flushed to the device any more, as on a full disk."""

    def full(path):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    monkeypatch.setattr(atomic, "sync", full)


@pytest.mark.parametrize("command", ["simulate", "predict", "scrutinize"])
def test_a_full_disk_is_one_line_and_leaves_nothing_half_written(cli, study, tmp_path, full_disk, command):
    (tmp_path / "q.jsonl").write_text('{"id": 1, "text": "Well?", "options": ["Yes", "No"], "type": "single"}')
    people = ["--respondents", study.people, "--model", "fake"]
    arguments = {
        "simulate": ["simulate", study.instrument, *people, "--out", "out.parquet"],
        "predict": ["predict", "q.jsonl", *people, "--out", "out.jsonl"],
        "scrutinize": ["scrutinize", study.human, study.human, "--out", "out"],
    }
    before = set(tmp_path.rglob("*"))
    outcome = cli(*arguments[command])
    assert outcome.code == 1
    assert "No space left on device" in outcome.error
    assert "free some space" in outcome.error
    left = {path for path in set(tmp_path.rglob("*")) - before if "cache" not in path.parts}
    # the interviews that were made are kept, for the run that goes on
    assert not {path for path in left if path.parent.name != "out.parquet.journal" and path.suffix != ".journal"}


def test_a_failed_run_leaves_the_older_file_as_it_was(cli, study, tmp_path, full_disk):
    (tmp_path / "panel.parquet").write_bytes(b"older")
    assert simulate(cli, study).code == 1
    assert (tmp_path / "panel.parquet").read_bytes() == b"older"


def on_a_small_disk(folder):
    """True when a file system of 64 kB could be mounted there (root on Linux only)."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    try:
        return subprocess.run(command, capture_output=True).returncode == 0
    except OSError:
        return False


def test_a_disk_that_is_really_full_is_one_line_too(cli, study, tmp_path):
    small = tmp_path / "small"
    if not on_a_small_disk(small):
        pytest.skip("a small file system can only be mounted by root: the full disk was tried by a double only")
    try:
        (small / "ballast").write_bytes(b"x" * 60_000)
        outcome = simulate(cli, study, out=small / "panel.parquet")
        left = [path.name for path in small.rglob("*") if path.is_file()]
    finally:
        subprocess.run(["umount", str(small)], check=True)
    assert outcome.code == 1
    assert "No space left" in outcome.error or "disk is full" in outcome.error
    assert "panel.parquet" not in left


# -- stopped runs ----------------------------------------------------------------------------------------------------


class Stopper(FakeModel):
    """A model at whose third batch the user presses Ctrl-C."""

    batches = 0

    def open(self, n, history=()):
        Stopper.batches += 1
        if Stopper.batches == 3:
            raise KeyboardInterrupt
        return super().open(n, history)


def test_ctrl_c_keeps_what_is_finished_and_the_same_command_goes_on(cli, study, tmp_path, monkeypatch):
    simulate(cli, study, out="whole.parquet")
    monkeypatch.setattr(Stopper, "batches", 0)
    monkeypatch.setattr("populace.models.fake.FakeModel", Stopper)
    stopped = simulate(cli, study, "--batch-size", 10)
    assert stopped.code == 130
    assert "20 of 60 respondents" in stopped.error
    assert "panel.parquet.journal" in stopped.error
    assert "again" in stopped.error
    assert not (tmp_path / "panel.parquet").exists()
    resumed = simulate(cli, study, "--batch-size", 10)
    assert resumed.code == 0
    assert Stopper.batches == 3 + 4
    assert pl.read_parquet(tmp_path / "panel.parquet").equals(pl.read_parquet(tmp_path / "whole.parquet"))
    assert not (tmp_path / "panel.parquet.journal").exists()


def test_the_journal_of_another_run_is_not_mixed_in(cli, study, monkeypatch):
    monkeypatch.setattr(Stopper, "batches", 0)
    monkeypatch.setattr("populace.models.fake.FakeModel", Stopper)
    simulate(cli, study, "--batch-size", 10)
    outcome = simulate(cli, study, "--batch-size", 10, "--seed", 2)
    assert outcome.code == 1
    assert "another run" in outcome.error
    assert "seed" in outcome.error


def started(study, out, folder):
    """A run of 4,000 respondents in small batches, in a process of its own."""
    people = read_dataset(study.people)
    many = people.rows([row % people.n for row in range(4000)])
    ids = pl.Series("respondent_id", range(4000))
    rewritten(study.people, many.answers.with_columns(ids))
    command = [sys.executable, "-m", "populace", "simulate", study.instrument, "--respondents", study.people]
    options = ["--model", "fake", "--seed", "1", "--batch-size", "20", "--out", out]
    return subprocess.Popen([*command, *options], cwd=folder, stderr=subprocess.PIPE, text=True)


def wait_for_batches(journal, process, wanted=3):
    while len(list(journal.glob("batch-*.parquet"))) < wanted:
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.01)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_stopped_process_leaves_a_journal_from_which_the_panel_is_the_same(shell, study, tmp_path, how):
    process = started(study, "panel.parquet", tmp_path)
    wait_for_batches(tmp_path / "panel.parquet.journal", process)
    process.send_signal(how)
    error = process.communicate()[1]
    assert not (tmp_path / "panel.parquet").exists()
    if how == signal.SIGINT:
        assert process.returncode == 130
        assert [line for line in error.splitlines() if "error" in line] == [error.splitlines()[-1]]
        assert "start the same run again" in error
    arguments = ["simulate", study.instrument, "--respondents", study.people, "--model", "fake", "--seed", 1]
    assert shell(*arguments, "--batch-size", 20, "--out", "panel.parquet").code == 0
    assert shell(*arguments, "--out", "whole.parquet").code == 0
    assert pl.read_parquet(tmp_path / "panel.parquet").equals(pl.read_parquet(tmp_path / "whole.parquet"))
