"""The page: honest first words, targets with verdicts, reasons for what is missing."""

import math

from populace.app.benchmark import page
from populace.app.benchmark.figures import Figure, Gap
from populace.app.benchmark.run import REGIMES

ABOUT = {
    "model": "tea",
    "model_hash": "sha256:123",
    "version": "1",
    "splits": "2",
    "seed": 0,
    "quick": False,
    "corpora": ["a"],
}


def figure(system="populace", measure="TVD", value=0.2, study="all", regime="R2", **more):
    low, high = more.pop("low", value - 0.01), more.pop("high", value + 0.01)
    return Figure(regime, study, system, measure, value, low, high, 40, "questions", **more)


def made(figures):
    return page.page(REGIMES, {"R2": figures}, ABOUT)


def line_of(text, *words):
    return next(line for line in text.splitlines() if all(word in line for word in words))


def test_a_target_is_met_or_not_by_its_estimate():
    assert line_of(made([figure(value=0.2)]), "| R2 |", "all: TVD").endswith("| met |")
    assert line_of(made([figure(value=0.3)]), "| R2 |", "all: TVD").endswith("| **not met** |")


def test_a_target_without_a_figure_was_not_measured_and_is_not_met():
    text = made([Gap("R2", "all", "populace", "TVD", "no data here")])
    assert line_of(text, "| R2 |", "all: TVD").endswith("| not measured |")
    assert "TVD, populace: no data here" in text


def test_the_first_words_say_how_often_baselines_are_not_beaten():
    text = made([figure(value=0.25), figure("uniform", value=0.31), figure("same scale", value=0.24)])
    assert "in 0 of 1 comparisons" in text
    assert text.index("in 0 of 1") < text.index("## Targets")


def test_a_figure_stands_with_its_interval_beside_what_people_reach():
    text = made([figure(value=0.25, ceiling=0.02), figure("uniform", value=0.31)])
    assert "| TVD | 0.250 [0.240, 0.260] | 0.310 [0.300, 0.320] | 0.020 |" in text


def test_a_figure_without_an_upper_limit_reads_at_least():
    assert page.shown(figure(measure="n*", value=12, low=12, high=math.inf)) == "at least 12.0"


def test_a_quick_run_says_that_it_is_no_result():
    assert "not a result" in page.page(REGIMES, {}, ABOUT | {"quick": True})


def test_a_regime_that_was_not_measured_is_named():
    text = made([])
    assert text.index("## R1: New people") < text.index("Not measured yet.") < text.index("## R2")


def test_figures_of_parts_are_folded_away_and_there():
    text = made([figure(), figure(study="anes"), figure(study="all, new and new", measure="r of correlations")])
    assert "1 parts of it" in text
    assert text.index("### all") < text.index("<details>") < text.index("### anes")


def test_measures_that_few_systems_have_stand_in_a_table_of_their_own():
    systems = ["populace", *(f"model {i}" for i in range(6))]
    text = made([figure(system) for system in systems] + [figure(measure="EAR against somebody", value=1.2)])
    assert "| measure | populace |\n" in text
    assert "EAR against somebody" not in line_of(text, "| system |")


def test_many_systems_stand_in_the_order_of_their_errors():
    text = made([figure(f"model {i}", value=1 - 0.1 * i) for i in range(9)] + [figure(value=0.15)])
    rows = [line.split("|")[1].strip() for line in text.splitlines() if line.startswith(("| model", "| populace"))]
    assert rows == ["populace", *(f"model {i}" for i in reversed(range(9)))]


def test_notes_that_repeat_stand_once():
    text = made([figure(note="a remark"), figure("uniform", note="a remark")])
    assert text.count("a remark") == 1


def test_the_terminal_gets_one_line_a_figure():
    lines = page.table(REGIMES, {"R2": [figure(ceiling=0.02), Gap("R2", "all", "us", "n*", "too few")]}).splitlines()
    assert len(lines) == 3
    assert "0.200 [0.190, 0.210]" in lines[1]
    assert "too few" in lines[2]
