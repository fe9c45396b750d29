"""`populace scrutinize --choices`: records of choice tasks from files, a report, and one line for whatever is wrong."""

import json

import numpy as np
import polars as pl
import pytest

from populace.data.files import write_dataset
from populace.scrutiny import choices, choices_worth

TASKS = "kind: conjoint\ntitle: Tea\nattributes: [brand, price]\nprice: price\n"


@pytest.fixture(autouse=True)
def short_chains(monkeypatch):
    """Few draws and short chains: these tests are about files."""
    for name, value in (("CHAIN", (10, 20, 1)), ("SPLITS", 3), ("FEW_SPLITS", 1), ("MOST_PERSONS", 60)):
        monkeypatch.setattr(choices, name, value)
    monkeypatch.setattr(choices_worth, "SPLITS", 3)


def chosen(n, seed, scale=1.0):
    """Choices among three teas of a brand at a price in words."""
    rng = np.random.default_rng(seed)
    rows = []
    for person in range(n):
        for task in range(5):
            brand, price = rng.permutation(3), rng.integers(1, 4, 3)
            picked = int((scale * (0.8 * brand - 0.6 * price) + rng.gumbel(size=3)).argmax())
            rows += [(person, task, k, int(k == picked), "ABC"[brand[k]], f"{price[k]},49 €") for k in range(3)]
    names = ["respondent_id", "task", "alternative", "chosen", "brand", "price"]
    return pl.DataFrame(rows, schema=names, orient="row")


@pytest.fixture
def files(tmp_path):
    """(panel.parquet, people.csv, tasks.yaml)"""
    found = tmp_path / "panel.parquet", tmp_path / "people.csv", tmp_path / "tasks.yaml"
    chosen(90, 1).with_columns(_synthetic=True, _model=pl.lit("dice")).write_parquet(found[0])
    chosen(90, 2).write_csv(found[1])
    found[2].write_text(TASKS)
    return found


def judge(cli, files, *more):
    panel, people, tasks = files
    return cli("scrutinize", panel, people, "--choices", tasks, "--out", "report", *more)


def test_two_files_of_choices_become_a_report(cli, files, tmp_path):
    chosen(90, 3).write_parquet(tmp_path / "second.parquet")
    chosen(90, 4, scale=0.2).write_parquet(tmp_path / "rule.parquet")
    more = ["--ceiling", tmp_path / "second.parquet", "--baseline", f"rule={tmp_path / 'rule.parquet'}"]
    outcome = judge(cli, files, *more, "--progress", "--json")
    assert outcome.code == 0, outcome.err
    assert "(checks)" in outcome.err
    report = json.loads((tmp_path / "report" / "report.json").read_text())
    assert outcome.json["verdict"] == report["summary"]["verdict"]
    assert report["summary"]["ceiling"] == "people against people: a second human sample"
    assert report["questions"] == ["brand", "price"]
    assert {name for check in report["checks"] for name in check["baselines"]} == {"random choices", "rule"}
    assert report["tasks"]["remarks"][0].startswith("Prices in column 'price' were read as numbers: '1,49 €' as 1.49")
    assert report["disclosure"]["Synthetic choices"]["Models that answered"] == "dice"
    assert {row["subject"] for row in report["figures"]["part-worths"]} >= {"brand: A", "price: per unit"}
    html = (tmp_path / "report" / "index.html").read_text()
    assert "Tea: do the synthetic choices hold up?" in html and "90 people (people.csv)" in html


def test_too_consistent_choices_fail_and_that_is_a_result(cli, files):
    chosen(90, 1, scale=6.0).write_parquet(files[0])
    outcome = judge(cli, files)
    assert outcome.code == 0
    assert "FAIL: The data do not support choice models." in outcome.out
    assert "no: Share simulator and forecasts" in outcome.out
    assert "checks of single questions" not in outcome.out


def test_a_specification_of_analyze_describes_the_tasks_too(cli, files):
    spec = {"title": "Teas", "choices": "people.csv", "analyses": [
        {"name": "What decides", "kind": "conjoint", "price": "price", "holdout": 0},
        {"name": "Answers", "kind": "frequencies", "questions": "*"},
    ]}  # fmt: skip
    files[2].write_text(json.dumps(spec))
    outcome = judge(cli, files, "--json")
    assert outcome.code == 0, outcome.err


def test_columns_may_have_names_of_their_own(cli, files):
    renamed = {"respondent_id": "ID", "task": "screen", "chosen": "pick"}
    for path, frame in zip(files, (chosen(45, 1), chosen(45, 2)), strict=False):
        frame = frame.rename(renamed)
        frame.write_parquet(path) if path.suffix == ".parquet" else frame.write_csv(path)
    files[2].write_text(f"{TASKS}columns: {json.dumps(renamed)}\n")
    assert judge(cli, files, "--json").code == 0
    files[2].write_text(f"{TASKS}columns: {{task: scren}}\n")
    assert "no column 'scren' (did you mean 'screen'?)" in judge(cli, files).error


def test_best_worst_choices_are_judged_too(cli, files, tmp_path):
    for path, seed in zip(files, (1, 2), strict=False):
        rng = np.random.default_rng(seed)
        rows = [
            (person, task, f"item {item}", (k == 0) - (k == 2))
            for person in range(45)
            for task in range(4)
            for k, item in enumerate(sorted(rng.choice(5, 3, replace=False), key=lambda i: -i - rng.gumbel()))
        ]
        frame = pl.DataFrame(rows, schema=["respondent_id", "task", "item", "best_worst"], orient="row")
        frame.write_parquet(path) if path.suffix == ".parquet" else frame.write_csv(path)
    assert "these choices are best-worst" in judge(cli, files).error
    files[2].write_text("kind: maxdiff\n")
    outcome = judge(cli, files, "--json")
    assert outcome.code == 0, outcome.err


def rewritten(change):
    """A panel changed by `change`."""
    return lambda files: change(pl.read_parquet(files[0])).write_parquet(files[0])


def to_people(change):
    return lambda files: change(pl.read_csv(files[1])).write_csv(files[1])


@pytest.mark.parametrize(("harm", "words"), [
    (lambda files: files[2].write_text("kind: cbc\n"), ["kind 'cbc'", "kind: conjoint"]),
    (lambda files: files[2].write_text("- conjoint\n"), ["no kind", "kind: conjoint"]),
    (lambda files: files[2].write_text("kind: conjoint\nprise: price\n"), ["'prise'", "did you mean 'price'"]),
    (lambda files: files[2].write_text("kind: maxdiff\nprice: price\n"), ["unknown key 'price'", "maxdiff"]),
    (lambda files: files[2].write_text("kind: conjoint\nattributes: 3\n"), ["attributes is 3", "a list"]),
    (lambda files: files[2].write_text("kind: [conjoint"), ["tasks.yaml"]),
    (lambda files: files[2].write_text("kind: maxdiff\n"), ["kind is maxdiff", "conjoint"]),
    (lambda files: files[2].write_text("kind: conjoint\nattributes: [brnd]\n"), ["'brnd'", "did you mean 'brand'"]),
    (lambda files: files[2].write_text('{"analyses": [{"name": "a", "kind": "nps", "questions": "*"}]}'), ["has 0"]),
    (lambda files: files[0].write_bytes(b"PAR1"), ["panel.parquet", "cannot be read"]),
    (rewritten(lambda f: f.drop("brand")), ["synthetic choices", "'brand'"]),
    (rewritten(lambda f: f.with_columns(chosen=1)), ["synthetic choices", "chose 3 alternatives"]),
    (rewritten(lambda f: f.with_columns(chosen=0)), ["synthetic choices", "no task has a choice"]),
    (rewritten(lambda f: f.filter(pl.col("alternative") == 0)), ["synthetic choices", "two alternatives"]),
    (rewritten(lambda f: f.filter(pl.col("respondent_id") == 3)), ["synthetic choices are of 1 respondent"]),
    (rewritten(lambda f: f.with_columns(pl.col("brand").replace("C", "D"))), ["'D'", "never in the human"]),
    (rewritten(lambda f: f.with_columns(price=pl.lit("free"))), ["price", "'free'", "no numbers"]),
    (rewritten(lambda f: f.with_columns(pl.col("price").str.replace(" €", " $"))), ["differ in more than a number"]),
    (to_people(lambda f: f.clear()), ["human choices have no rows"]),
])  # fmt: skip
def test_what_cannot_be_used_is_one_line(cli, files, harm, words):
    harm(files)
    outcome = judge(cli, files)
    assert outcome.code == 1, outcome.err
    assert all(word in outcome.error for word in words), outcome.error


def test_a_panel_of_answers_is_no_record_of_choices(cli, files, people, tmp_path):
    write_dataset(people, tmp_path / "panel.parquet")
    outcome = judge(cli, files)
    assert outcome.code == 1
    assert "one row per alternative shown" in outcome.error


def test_a_folder_is_told_apart_from_the_records_in_it(cli, files, tmp_path):
    folder = tmp_path / "study"
    folder.mkdir()
    chosen(3, 1).write_parquet(folder / "choices.parquet")
    outcome = cli("scrutinize", folder, files[1], "--choices", files[2], "--out", "report")
    assert outcome.code == 1
    assert "it holds choices.parquet" in outcome.error


@pytest.mark.parametrize(("arguments", "word"), [
    (["--background", "sex"], "--background was given with --choices"),
    (["--same-codebook"], "--same-codebook was given with --choices"),
    (["--ceiling", "nowhere.csv"], "--ceiling: there is no file"),
    (["--baseline", "nowhere.csv"], "NAME=FILE"),
    (["--baseline", "rule=nowhere.csv"], "--baseline rule: there is no file"),
])  # fmt: skip
def test_options_that_lead_nowhere_are_refused_before_any_work(cli, files, arguments, word):
    outcome = judge(cli, files, *arguments)
    assert outcome.code == 2
    assert word in outcome.error


def test_people_before_the_panel_are_refused(cli, files):
    outcome = cli("scrutinize", files[1], files[0], "--choices", files[2], "--out", "report")
    assert outcome.code == 2
    assert "swap the two" in outcome.error


def test_a_second_sample_and_a_baseline_go_with_answers_too(cli, study, tmp_path):
    arguments = ["--ceiling", study.human, "--baseline", f"same={study.human}", "--out", "report", "--json"]
    outcome = cli("scrutinize", study.human, study.human, *arguments)
    assert outcome.code == 0, outcome.err
    report = json.loads((tmp_path / "report" / "report.json").read_text())
    assert any("same" in check["baselines"] for check in report["checks"])
    assert "second human sample" in report["summary"]["ceiling"]


@pytest.mark.parametrize("truth", [[1, 0], ["TRUE", "FALSE"], [None, None]])
def test_files_of_other_programs_may_write_truths_in_their_way(cli, files, tmp_path, truth):
    marked = chosen(90, 1).with_columns(_synthetic=pl.lit(truth[0])).write_csv(tmp_path / "panel.csv")
    chosen(90, 2).with_columns(_synthetic=pl.lit(truth[1])).write_csv(files[1])
    assert marked is None
    outcome = judge(cli, (tmp_path / "panel.csv", files[1], files[2]))
    assert outcome.code == 0, outcome.err
    if truth[0] is not None:
        outcome = judge(cli, (files[1], tmp_path / "panel.csv", files[2]), "--json")
        assert outcome.code == 2
        assert "swap the two" in outcome.err + outcome.out


@pytest.mark.parametrize(("text", "words"), [
    ("kind: [conjoint]\n", "expected a mapping with 'kind: conjoint'"),
    (TASKS + "columns: {task: t, alternative: t}\n", "'t' stands for two columns"),
])  # fmt: skip
def test_a_description_that_cannot_be_meant_is_one_line(cli, files, text, words):
    files[2].write_text(text)
    outcome = judge(cli, files)
    assert outcome.code in (1, 2)
    assert words in outcome.err
    assert "fault of Populace" not in outcome.err
