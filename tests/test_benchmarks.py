"""The benchmarks still run, and print what they promise; how fast it is, no test says."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

RUN = Path(__file__).parents[1] / "benchmarks" / "run.py"


def run(*arguments):
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1"}
    return subprocess.run([sys.executable, RUN, *arguments], capture_output=True, text=True, env=environment)


@pytest.fixture(scope="module")
def printed():
    """Everything but the sections that start whole commands, which test_a_whole_command_is_measured does."""
    sections = ("encoder", "reading", "answers")
    done = run("--tiny", "--json", *(word for section in sections for word in ("--only", section)))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_rates_stand_beside_the_matrix_rate_of_the_same_run(printed):
    assert printed["results"]["machine"]["float32_gflops"] > 0
    for section, rate in (("encoder", "tokens_per_second"), ("answers", "answers_per_second")):
        assert printed["results"][section][rate] > 0
        assert 0 < printed["results"][section]["share_of_matrix_rate"] < 1


def test_growth_is_a_ratio_of_two_times(printed):
    answers = printed["results"]["answers"]
    assert answers["respondents_ratio"] > 0
    assert answers["questions_ratio"] > 0


def test_every_target_that_was_measured_is_judged(printed):
    assert set(printed["met"]) == {
        "answers.answers_per_second", "answers.respondents_ratio", "answers.questions_ratio"
    }  # fmt: skip


def test_a_whole_command_is_measured_with_its_memory():
    done = run("--tiny", "--only", "large")
    assert done.returncode == 0, done.stderr
    assert "peak_megabytes" in done.stdout
    assert "target <=" in done.stdout


def test_an_unknown_section_is_refused_by_name():
    done = run("--tiny", "--only", "speed")
    assert done.returncode != 0
    assert "no section speed" in done.stderr


def test_our_numbers_are_those_of_other_libraries_before_they_are_timed():
    done = run("--tiny", "--json", "--only", "libraries")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["results"]["libraries"]
    assert all(found[f"{name}_ratio"] > 0 for name in ("shares", "correlations", "regressions"))


def test_a_battery_is_measured_with_its_slowest_families():
    done = run("--tiny", "--json", "--only", "battery")
    assert done.returncode == 0, done.stderr
    printed = json.loads(done.stdout)
    assert printed["results"]["battery"]["peak_megabytes"] > 0
    assert set(printed["met"]) == {"battery.seconds", "battery.peak_megabytes"}
    families = [key for key in printed["results"]["battery"] if key.endswith("_processor_seconds")]
    assert len(families) == 3


def test_routing_importing_and_spss_are_measured():
    done = run("--tiny", "--json", *(word for section in ("routing", "import", "spss") for word in ("--only", section)))
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout)["results"]
    assert results["routing"]["put"] > 0
    assert results["import"]["questions"] == 20
    assert results["spss"]["equal"] == 1


def test_reading_on_is_timed_against_reading_anew_and_gives_the_same():
    done = run("--tiny", "--json", "--only", "causal", "--only", "finetune")
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout)["results"]
    assert results["causal"]["times_faster"] > 0 and results["finetune"]["tokens_per_second"] > 0
