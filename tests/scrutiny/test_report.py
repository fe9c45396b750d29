"""Report: data first, then something to read."""

import json
from dataclasses import replace

import numpy as np
import pytest

from populace.errors import InputError, OutOfSpace
from populace.scrutiny.report import VERDICTS, Check, Report, interval, number
from populace.scrutiny.summary import HEADLINE, overall, summarize, worst

KEYS = {
    "check",
    "group",
    "scope",
    "subject",
    "value",
    "low",
    "high",
    "ceiling",
    "floor",
    "verdict",
    "baselines",
    "words",
}


def check(name="tvd", group="margins", verdict="USABLE", subject="all", scope="all", value=0.1):
    return Check(name, group, scope, subject, value, 0.05, 0.15, 0.03, 0.02, verdict, {"uniform": 0.3}, "in words")


def report(*checks):
    return Report(checks, summarize(checks, "halves"), "panel", "people", 100, 200, ("q1", "q2"))


@pytest.fixture
def small():
    return report(check(), check("tvd", subject="q1", scope="question", verdict="FAIL"), check("slope", "association"))


def test_the_json_has_the_keys_of_the_contract(small):
    content = small.to_json()
    assert set(content["checks"][0]) == KEYS
    assert content["summary"]["verdict"] in VERDICTS
    assert content["n_synthetic"] == 100
    assert json.loads(json.dumps(content, allow_nan=False)) == content


def test_numbers_that_are_not_finite_become_null():
    content = check(value=float("inf")).to_json()
    assert content["value"] is None


def test_a_check_is_found_by_name_and_subject(small):
    assert small.check("tvd").scope == "all"
    assert small.check("tvd", "q1").verdict == "FAIL"


def test_a_name_that_is_not_there_is_refused_with_the_nearest(small):
    with pytest.raises(InputError, match=r"'tdv'.*did you mean 'tvd'"):
        small.check("tdv")
    with pytest.raises(InputError, match=r"no subject 'q9'.*'q1'"):
        small.check("tvd", "q9")


def test_the_table_shows_the_panel_and_counts_the_questions(small):
    text = repr(small)
    assert text.startswith("Report: panel (100) against people (200)")
    assert "[0.050, 0.150]" in text
    assert "1 checks of single questions: 0 INDISTINGUISHABLE, 0 USABLE, 1 FAIL" in text


def test_no_line_is_wider_than_a_terminal_and_what_is_cut_says_so():
    battery = "How much do you agree with each of these statements about the place where you live?"
    name, verdict = "correlation_of_correlations", "INDISTINGUISHABLE"
    wide = replace(check(name, "association", verdict, battery, "battery"), low=-12_345.0, high=67_890.0)
    found = report(check(), wide)
    text = repr(found)
    assert max(map(len, text.splitlines())) <= 120
    row = next(line for line in text.splitlines() if line.startswith(f"{name} "))
    assert "How much" in row and "…" in row and row.endswith(verdict)
    # sentences are wrapped, not cut
    assert len(found.summary["sentence"]) > 120 and found.summary["sentence"] in " ".join(text.split())


def test_a_column_in_which_no_check_has_anything_is_not_shown():
    plain = replace(check(), floor=None)
    assert " floor " not in repr(report(plain)) and " floor " in repr(report(plain, check("slope")))


def test_the_html_escapes_what_people_wrote():
    one = check(verdict="UNVERIFIED", subject="<b>")
    assert "<b>" not in report(one)._repr_html_().split("</p>", 1)[1]


def test_a_written_report_is_its_json(small, tmp_path):
    path = small.write(tmp_path / "folder" / "report.json")
    assert json.loads(path.read_text(encoding="utf-8")) == small.to_json()


def test_a_report_that_cannot_be_written_says_where(small, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutOfSpace, match=r"report\.json"):
        small.write(tmp_path / "file" / "report.json")


@pytest.mark.parametrize(("value", "text"), [
    (None, "–"), (float("inf"), "∞"), (1234.5, "1,234"), (0.12345, "0.123"), (0.00012, "0.00012"), (0.0, "0.000"),
    (np.float64("nan"), "–"),
])  # fmt: skip
def test_numbers_are_written_for_people(value, text):
    assert number(value) == text


def test_an_interval_without_end_is_written_so():
    assert interval(500.0, None) == "[500, ∞]"
    assert interval(None, None) == "–"


def test_the_worst_verdict_counts_for_a_family():
    assert worst([check(verdict=name) for name in ("INDISTINGUISHABLE", "USABLE", "UNDERPOWERED")]) == "UNDERPOWERED"
    assert worst([check(verdict=name) for name in ("UNDERPOWERED", "FAIL")]) == "FAIL"
    assert worst([]) == "UNVERIFIED"


@pytest.mark.parametrize(("groups", "verdict"), [
    ({"margins": "USABLE", "variance": "INDISTINGUISHABLE", "subgroups": "UNDERPOWERED"}, "USABLE"),
    ({"margins": "UNDERPOWERED", "variance": "INDISTINGUISHABLE", "style": "INDISTINGUISHABLE"}, "UNDERPOWERED"),
    ({"margins": "USABLE", "variance": "UNDERPOWERED", "subgroups": "UNDERPOWERED"}, "UNDERPOWERED"),
    ({"margins": "USABLE", "detection": "FAIL"}, "FAIL"),
    ({"margins": "INDISTINGUISHABLE", "privacy": "UNVERIFIED"}, "INDISTINGUISHABLE"),
    ({"margins": "UNVERIFIED"}, "UNVERIFIED"),
])  # fmt: skip
def test_one_verdict_is_made_of_those_of_the_families(groups, verdict):
    assert overall(groups) == verdict


def test_the_summary_counts_names_and_admits():
    checks = [check(), check("slope", "association", "FAIL"), check("sd_ratio", "variance", "UNDERPOWERED")]
    found = summarize(checks, "halves")
    assert found["verdicts"]["USABLE"] == 1
    assert set(found["headline"]) == set(HEADLINE)
    assert found["headline"]["mean_tvd"]["low"] == 0.05
    assert found["supported"] == ["shares and means of single questions"]
    assert found["not_supported"] == ["correlations"]
    assert "do not support correlations" in found["sentence"]
    assert "too few answers to say of spread" in found["sentence"]
    assert "[0.050, 0.150]" in found["sentence"]


def test_a_failed_gate_is_the_only_thing_said():
    checks = [check(), check("exact_copies", "privacy", "FAIL")]
    assert summarize(checks, "halves")["sentence"].startswith("People were copied, so no other score counts")
