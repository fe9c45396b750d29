"""Documentation that cannot go stale: commands and options are described, marked code blocks run, links lead somewhere.

A code block is run when the line before it is `<!-- runnable -->`. The blocks of one document run in order, in one
empty folder that holds only `examples/`: `bash` blocks in a shell, `python` blocks in one namespace.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from populace.app.cli import app
from populace.app.settings import VARIABLES

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "populace"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "dev").glob("*.md")])
CLI = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")

#: the vocabulary that the design asks for, one word each
WORDS = (
    "instrument", "audience", "respondent", "answer", "data set", "corpus", "prompt", "response model", "estimate",
    "report", "question", "item", "panel", "pilot", "journal", "verdict", "ceiling", "baseline", "seed", "check",
)  # fmt: skip

RUNNABLE = re.compile(r"^<!-- runnable -->\n+```(bash|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def commands(group=None, words=("populace",)):
    """(words, command) of every command, groups included."""
    for name, command in (group or get_command(app)).commands.items():
        path = (*words, name)
        yield " ".join(path), command
        if hasattr(command, "commands"):
            yield from commands(command, path)


def section(title):
    """The text under the heading of that title, up to the next heading."""
    found = re.search(rf"^#+ {re.escape(title)}\n(.*?)(?=^#|\Z)", CLI, re.MULTILINE | re.DOTALL)
    return found.group(1) if found else ""


@pytest.mark.parametrize("title", [title for title, _ in commands()])
def test_a_command_has_its_section_with_an_example(title):
    assert f"```\n{title}" in section(title), f"docs/cli.md: no section '{title}' with an example"


@pytest.mark.parametrize(
    ("title", "option"),
    [
        (title, option)
        for title, command in commands()
        for param in command.params
        for option in (param.opts if param.param_type_name == "option" else [param.metavar])
        if option not in ("--help", "-h")
    ],
)
def test_an_option_is_described_where_its_command_is(title, option):
    assert re.search(rf"^\| `{re.escape(option)}[ `]", section(title), re.MULTILINE), (
        f"docs/cli.md, '{title}': no {option}"
    )


def test_no_option_is_described_that_does_not_exist():
    for title, command in commands():
        real = {option for param in command.params for option in param.opts}
        told = set(re.findall(r"^\| `(-[-\w]+)", section(title), re.MULTILINE))
        assert told <= real, f"docs/cli.md, '{title}': {told - real} do not exist"


@pytest.mark.parametrize("title", [title for title, _ in commands()])
def test_the_help_of_a_command_carries_an_example(title):
    command = dict(commands())[title]
    assert "Example" in (command.epilog or ""), f"{title} --help has no example"


@pytest.mark.parametrize("option", ["--json", "--help", "--version"])
def test_an_option_of_every_command_is_described_at_the_top(option):
    assert option in section("What holds for every command")


@pytest.mark.parametrize("variable", VARIABLES)
def test_a_setting_is_described(variable):
    assert f"`{variable}`" in section("Environment")


@pytest.mark.parametrize("word", WORDS)
def test_a_word_of_the_design_is_in_the_glossary(word):
    assert f"| **{word}** |" in GLOSSARY


def test_the_glossary_has_every_word_once_and_leads_to_files_that_exist():
    rows = re.findall(r"^\| \*\*(.+?)\*\* \| (.+) \| `(.+)` \|$", GLOSSARY, re.MULTILINE)
    assert len(rows) == GLOSSARY.count("\n| **")
    assert len({word for word, _, _ in rows}) == len(rows)
    assert not [f"{word}: {home}" for word, _, home in rows if not (SOURCE / home).is_file()]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_link_to_a_file_of_ours_leads_there(document):
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", document.read_text(encoding="utf-8"))
    assert not [link for link in links if not (document.parent / link).exists()]


def test_the_readme_shows_commands_that_run():
    assert RUNNABLE.search((ROOT / "README.md").read_text(encoding="utf-8")), (
        "README.md: mark a block <!-- runnable -->"
    )


@pytest.mark.parametrize(
    "document",
    [path for path in DOCUMENTS if RUNNABLE.search(path.read_text(encoding="utf-8"))],
    ids=lambda path: path.relative_to(ROOT).as_posix(),
)
def test_marked_code_blocks_run(document, tmp_path):
    prepare(tmp_path)
    python = []
    for language, code in RUNNABLE.findall(document.read_text(encoding="utf-8")):
        if language == "python":
            # earlier blocks are run again with the later one: a document is one session
            python.append(code)
            execute([sys.executable, "-W", "error", "-c", "\n".join(python)], tmp_path, code)
        else:
            assert "make " not in code, "a runnable block would start the tests from within the tests"
            execute(["bash", "-eu", "-c", code], tmp_path, code)


def prepare(folder):
    """Examples, and a command `populace` that runs this very source."""
    (folder / "examples").symlink_to(ROOT / "examples")
    command = folder / ".bin" / "populace"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m populace "$@"\n')
    command.chmod(0o755)


def execute(arguments, folder, code):
    environ = os.environ | {
        "PATH": f"{folder / '.bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT / "src"),
        "OMP_NUM_THREADS": "1",
    }
    done = subprocess.run(arguments, cwd=folder, env=environ, capture_output=True, text=True)
    assert done.returncode == 0, f"{code}\n{done.stdout}\n{done.stderr}"
