"""Wrong use of the command line: exit code 2 and one line that names the fix, before any work is done."""

import subprocess
import sys

import pytest

from populace.app import cli as cli_module
from populace.errors import PopulaceError


def test_help_answers_without_loading_anything_heavy():
    script = "import sys; from populace.app.cli import run; run(['--help']); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in done.stderr.split()}
    assert not loaded & {"torch", "transformers", "sklearn", "polars", "numpy", "rich"}
    assert all(
        name in done.stdout for name in ("demo", "predict", "simulate", "adapt", "scrutinize", "train", "models")
    )


def test_the_version_is_printed(shell):
    assert shell("--version").out.startswith("populace 0.")


def test_no_command_shows_the_help(cli):
    outcome = cli()
    assert outcome.code == 0
    assert "Usage: populace" in outcome.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["simulat"], "simulat"),
        (["simulate"], "INSTRUMENT"),
        (
            ["simulate", "tea.json", "--audience", "us-adults", "-n", "ten", "--out", "x.parquet"],
            "'-n': Input should be a valid integer",
        ),
        (
            ["simulate", "tea.json", "--audience", "us-adults", "-n", "0", "--out", "x.parquet"],
            "'-n': Input should be greater",
        ),
        (["simulate", "tea.json", "--frobnicate"], "--frobnicate"),
        (["models", "sho"], "sho"),
        (["predict", "q.jsonl", "--audience", "us-adults"], "--out"),
    ],
)
def test_what_the_parser_refuses_is_one_line_with_the_place_to_look(cli, arguments, words):
    outcome = cli(*arguments)
    assert outcome.code == 2
    assert words in outcome.error
    assert "see 'populace" in outcome.error


def simulate(study, *more):
    return ["simulate", study.instrument, *more]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (lambda s: ["simulate", s.instrument, "--out", "x.parquet"], "add --audience"),
        (
            lambda s: simulate(s, "--audience", "us-adults", "-n", 9, "--respondents", s.people, "--out", "x.parquet"),
            "leave one away",
        ),
        (lambda s: simulate(s, "--audience", "us-adults", "--out", "x.parquet"), "add -n 1000"),
        (lambda s: simulate(s, "--respondents", s.people, "-n", 9, "--out", "x.parquet"), "leave -n away"),
        (
            lambda s: simulate(s, "--respondents", "nobody.parquet", "--out", "x.parquet"),
            "--respondents: there is no file",
        ),
        (
            lambda s: simulate(s, "--respondents", s.people, "--given", "no.parquet", "--out", "x.parquet"),
            "--given: there is no",
        ),
        (
            lambda s: ["simulate", "no.json", "--respondents", s.people, "--out", "x.parquet"],
            "INSTRUMENT: there is no file",
        ),
        (lambda s: simulate(s, "--respondents", s.people, "--out", s.people), "is or lies in the input"),
        (lambda s: simulate(s, "--respondents", s.people, "--out", "x.csv"), "such as x.parquet"),
        (lambda s: simulate(s, "--respondents", s.people, "--out", "."), "is a folder already"),
        (lambda s: simulate(s, "--respondents", s.people, "--out", s.human / "x.parquet"), "is not a folder"),
        (
            lambda s: ["predict", "no.jsonl", "--audience", "us-adults", "--out", "p.jsonl"],
            "QUESTIONS.jsonl: there is no file",
        ),
        (lambda s: ["predict", s.instrument, "--out", "p.jsonl"], "add --audience"),
        (lambda s: ["predict", s.instrument, "--audience", "us-adults", "--out", s.instrument], "choose another name"),
        (lambda s: ["scrutinize", "no.parquet", s.human, "--out", "r"], "SYN: there is no file"),
        (lambda s: ["scrutinize", s.human, "no.parquet", "--out", "r"], "HUMAN: there is no file"),
        (lambda s: ["scrutinize", s.human, s.human, "--train", "no", "--out", "r"], "--train: there is no file"),
        (lambda s: ["scrutinize", s.human, s.human, "--out", s.instrument], "is a file already"),
        (lambda s: ["adapt", "--pilot", "no", "--instrument", s.instrument, "--out", "m"], "--pilot: there is no file"),
        (lambda s: ["adapt", "--pilot", s.human, "--instrument", "no", "--out", "m"], "--instrument: there is no file"),
        (lambda s: ["adapt", "--pilot", s.human, "--instrument", s.instrument, "--out", "."], "holds other files"),
        (lambda s: ["train", "no_such_corpus", "--out", "m"], "no data set 'no_such_corpus' here"),
        (lambda s: ["validate", "no.json"], "INSTRUMENT: there is no file"),
    ],
)
def test_wrong_paths_and_combinations_are_refused_with_the_fix(cli, study, arguments, words):
    before = sorted(study.instrument.parent.iterdir())
    outcome = cli(*arguments(study))
    assert outcome.code == 2, outcome
    assert words in outcome.error
    assert "expected" in outcome.error
    assert sorted(study.instrument.parent.iterdir()) == before


def test_a_setting_that_makes_no_sense_is_wrong_use(cli, monkeypatch):
    monkeypatch.setenv("POPULACE_THREADS", "many")
    outcome = cli("models")
    assert outcome.code == 2
    assert "POPULACE_THREADS is 'many'" in outcome.error


def failing(error):
    def fail(*_, **__):
        raise error

    return fail


@pytest.mark.parametrize(
    "error", [ZeroDivisionError("division by zero"), RecursionError(), UnicodeError("bad"), KeyError("q1")]
)
def test_an_error_nobody_foresaw_is_one_line_without_traceback(cli, study, monkeypatch, error):
    monkeypatch.setattr(cli_module.places, "existing", failing(error))
    outcome = cli("validate", study.instrument)
    assert outcome.code == 1
    assert f"unexpected {type(error).__name__}" in outcome.error
    assert "please report" in outcome.error


def test_developers_get_the_traceback_on_request(cli, study, monkeypatch):
    monkeypatch.setenv("POPULACE_DEBUG", "1")
    monkeypatch.setattr(cli_module.places, "existing", failing(PopulaceError("nothing goes")))
    outcome = cli("validate", study.instrument)
    assert "Traceback" in outcome.err
    assert outcome.err.splitlines()[-1] == "error: nothing goes"


def test_ctrl_c_anywhere_is_exit_130_and_one_line(cli, study, monkeypatch):
    monkeypatch.setattr(cli_module.places, "existing", failing(KeyboardInterrupt()))
    outcome = cli("validate", study.instrument)
    assert outcome.code == 130
    assert "interrupted" in outcome.error


def test_a_reader_that_goes_away_is_no_traceback(study):
    command = f'"{sys.executable}" -m populace validate "{study.instrument}" --json | true'
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert "Traceback" not in done.stderr


def test_validate_says_what_is_in_a_questionnaire(cli, study):
    outcome = cli("validate", study.instrument)
    assert outcome.code == 0
    assert "Tea: 2 blocks, 5 questions, 5 answers a person, 2 of them background" in outcome.out
    assert cli("validate", study.instrument, "--json").json["questions"] == 5
