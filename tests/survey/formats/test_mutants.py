"""Damaged questionnaires of every format are read or refused in one line, never a crash, never a hang.

Two thousand mutants of files that our own writers made; `benchmarks/fuzz.py` takes tens of thousands of real ones.
"""

import sys
from pathlib import Path

import pytest

from populace.survey.formats.registry import FORMATS
from populace.survey.instrument import read_instrument

ROOT = Path(__file__).parents[3]
WRITTEN = [one for one in FORMATS.values() if one.writes]
#: mutants of each of the two examples, so that all formats together make two thousand
EACH = 145


@pytest.fixture(scope="module")
def fuzz():
    sys.path.insert(0, str(ROOT / "benchmarks"))
    try:
        import fuzz
    finally:
        sys.path.pop(0)
    return fuzz.fuzz


def test_there_are_two_thousand_mutants():
    assert len(WRITTEN) * 2 * EACH >= 2_000


@pytest.mark.parametrize("example", ["coffee.yaml", "loyalty.yaml"])
@pytest.mark.parametrize("form", WRITTEN, ids=lambda one: one.name)
def test_a_damaged_file_is_read_or_refused_in_one_line(form, example, fuzz, tmp_path):
    path = tmp_path / f"sample{form.suffixes[0]}"
    form.module.write(read_instrument(ROOT / "examples" / example), path)
    ends, errors, _ = fuzz(path, form.name, EACH, seed=1)
    assert not errors
    assert ends["refused"]
