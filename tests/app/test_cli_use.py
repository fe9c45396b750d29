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
        (lambda s: ["train", "x", "--from", "default", "--base", "new-tiny", "--out", "m"], "choose one"),
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


#: every kind of name and path that a command line can hold -> the exit code where it leads nowhere
NOWHERE = {
    "a questionnaire": (lambda s: ["validate", "no.json"], 2),
    "people": (lambda s: simulate(s, "--respondents", "no.parquet", "--out", "x.parquet"), 2),
    "an audience": (lambda s: simulate(s, "--audience", "martians", "-n", 5, "--out", "x.parquet"), 2),
    "an audience file": (lambda s: simulate(s, "--audience", "no.json", "-n", 5, "--out", "x.parquet"), 2),
    "an audience to predict": (lambda s: ["predict", s.instrument, "--audience", "martians", "--out", "p"], 2),
    "a model": (lambda s: simulate(s, "--respondents", s.people, "--model", "gpt", "--out", "x.parquet"), 2),
    "a model to show": (lambda s: ["models", "show", "gpt"], 2),
    "a corpus": (lambda s: ["train", "no_corpus", "--out", "m"], 2),
    # what is there and cannot be used is bad input
    "a folder that is no model": (lambda s: ["models", "show", s.instrument.parent], 1),
    "a file that is no questionnaire": (lambda s: ["validate", s.people], 1),
    "a file that is no data set": (lambda s: ["scrutinize", s.instrument, s.human, "--out", "r"], 1),
    "a file that is no audience": (lambda s: simulate(s, "--audience", s.instrument, "-n", 5, "--out", "x.parquet"), 1),
}


@pytest.mark.parametrize("what", NOWHERE)
def test_what_is_not_there_is_wrong_use_and_what_is_not_right_is_bad_input(cli, study, what):
    arguments, code = NOWHERE[what]
    outcome = cli(*arguments(study))
    assert outcome.code == code, outcome
    assert outcome.error


@pytest.mark.parametrize(("arguments", "kind"), [
    (["validate", "no.json"], "UsageError"),
    (["validate"], "UsageError"),
    (["validate", "broken.json"], "InstrumentError"),
])  # fmt: skip
def test_with_json_an_error_is_one_object_and_the_line_stays(cli, tmp_path, arguments, kind):
    (tmp_path / "broken.json").write_text("[]")
    outcome = cli(*arguments, "--json")
    error = outcome.json["error"]
    assert len(outcome.out.splitlines()) == 1
    assert set(error) == {"message", "kind", "exit_code"}
    assert outcome.error == f"error: {error['message']}"
    assert (error["kind"], error["exit_code"]) == (kind, outcome.code)


def test_without_json_an_error_leaves_standard_output_empty(cli):
    assert cli("validate", "no.json").out == ""


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
    found = cli("validate", study.instrument, "--json").json
    assert found["questions"] == 5
    assert found["notes"] == []


def test_validate_lists_what_simulate_would_refuse(cli, tmp_path):
    (tmp_path / "survey.yaml").write_text(
        "id: a\ntitle: A\nquestions:\n"
        "  - {name: tea, kind: single, text: 'Tea?', options: [A, B], show_if: 'cups =='}\n"
        "  - {name: why, kind: open, text: 'Why?'}\n"
        "  - {name: cups, kind: numeric, text: 'How many?'}\n"
    )
    outcome = cli("validate", "survey.yaml")
    assert outcome.code == 0
    notes = [line for line in outcome.out.splitlines() if line.startswith("note: simulate would refuse this")]
    found = cli("validate", "survey.yaml", "--json").json["notes"]
    for line, note, words in zip(
        notes, found, ("'tea', show_if", "--skip-open", "'minimum' and 'maximum'"), strict=True
    ):
        assert words in note
        assert note in line
