"""Running the benchmark: what is chosen, what is kept, and what is refused."""

import json

import pytest

from populace.app.benchmark import run as module
from populace.app.benchmark.bench import Bench, NotTrained
from populace.app.benchmark.figures import Figure, Gap
from populace.app.cli import run
from populace.errors import UsageError

from .conftest import Told


class Counted:
    """Stands for the modules of all regimes."""

    def __init__(self):
        self.measured = []

    def measure(self, regime, bench):
        self.measured.append(regime.key)
        return [Figure(regime.key, "all", "populace", "TVD", 0.2, 0.1, 0.3, 10, "questions")]


@pytest.fixture
def counted(monkeypatch):
    counted = Counted()
    monkeypatch.setattr(module.Regime, "measure", lambda regime, bench: counted.measure(regime, bench))
    return counted


@pytest.fixture
def bench(tmp_path, monkeypatch):
    monkeypatch.setattr("populace.app.benchmark.bench.load_model", lambda name, cache: Told({}))
    return Bench(tmp_path, tmp_path / "work")


def test_all_regimes_are_measured_in_order_and_the_page_has_them(bench, counted, tmp_path):
    result = module.run_benchmark(bench, tmp_path / "page.md")
    assert counted.measured == [regime.key for regime in module.REGIMES]
    assert result["figures"] == len(module.REGIMES)
    assert "Not measured yet" not in (tmp_path / "page.md").read_text()


def test_regimes_left_out_keep_their_earlier_figures(bench, counted, tmp_path):
    module.run_benchmark(bench, tmp_path / "page.md")
    counted.measured.clear()
    result = module.run_benchmark(bench, tmp_path / "page.md", ["r2"])
    assert counted.measured == ["R2"]
    assert result["figures"] == len(module.REGIMES)


def test_two_runs_side_by_side_keep_each_others_figures(bench, monkeypatch, tmp_path):
    def measure(regime, bench):
        if regime.key == "R1":  # meanwhile the other run finishes
            module.run_benchmark(bench, tmp_path / "other.md", ["R2"])
        return [Gap(regime.key, "all", "populace", "TVD", "made up")]

    monkeypatch.setattr(module.Regime, "measure", measure)
    assert module.run_benchmark(bench, tmp_path / "page.md", ["R1"])["gaps"] == 2


def test_figures_of_another_model_are_not_kept(bench, counted, tmp_path):
    module.run_benchmark(bench, tmp_path / "page.md")
    bench.model().hash = "sha256:other"
    assert module.run_benchmark(bench, tmp_path / "page.md", ["R2"])["figures"] == 1


def test_a_run_that_was_stopped_keeps_the_regimes_it_finished(bench, monkeypatch, tmp_path):
    def stops(regime, bench):
        if regime.key == "R3":
            raise KeyboardInterrupt
        return [Gap(regime.key, "all", "populace", "TVD", "made up")]

    monkeypatch.setattr(module.Regime, "measure", stops)
    with pytest.raises(KeyboardInterrupt):
        module.run_benchmark(bench, tmp_path / "page.md")
    kept = json.loads((bench.work / module.FIGURES).read_text())
    assert list(kept["regimes"]) == ["R1", "R2"]
    assert not (tmp_path / "page.md").exists()


def test_a_regime_that_needs_a_model_that_is_not_there_is_a_gap_with_the_reason(bench, monkeypatch):
    def missing(bench):
        raise NotTrained("model 'until 2014' is not trained")

    monkeypatch.setattr("populace.app.benchmark.drift.measure", missing)
    (gap,) = next(r for r in module.REGIMES if r.key == "drift").measure(bench)
    assert "until 2014" in gap.reason


def test_an_unknown_regime_is_named_with_those_there_are():
    with pytest.raises(UsageError, match=r"'R9'.*R1, R2"):
        module.choose(["R9"])


def test_a_file_that_is_no_page_of_ours_is_not_replaced(tmp_path):
    (tmp_path / "notes.md").write_text("# My notes\n")
    with pytest.raises(UsageError, match="not written by this command"):
        module.check_page(tmp_path / "notes.md")
    (tmp_path / "page.md").write_text(f"# Benchmark\n{module.page.GENERATED}\n")
    module.check_page(tmp_path / "page.md")


def test_the_command_says_what_it_needs_where_there_are_no_corpora(monkeypatch, tmp_path, capsys):
    monkeypatch.delenv("POPULACE_DATA", raising=False)
    assert run(["benchmark", "--out", str(tmp_path / "page.md")]) == 2
    assert "POPULACE_DATA" in capsys.readouterr().err
