"""JSON of every number with its definition."""

import json

from populace.analysis.export.document import Document, Exhibit
from populace.analysis.export.json import content_of, write_json

from .conftest import Shown


def test_every_number_has_interval_base_definition_and_mark(document, tmp_path):
    content = json.loads(write_json(document, tmp_path / "d.json").read_text(encoding="utf-8"))
    number = next(n for n in content["numbers"] if n["column"] == "share")
    assert number == {
        "exhibit": "Result with bars",
        "analysis": "shown",
        "table": "Drinks <b>",
        "row": "Tea",
        "column": "share",
        "value": 0.25,
        "low": 0.2,
        "high": 0.3,
        "n": 1000,
        "definition": "Share of people. Drinks tea.",
        "mark": "SYNTHETIC",
        "synthetic": True,
    }
    assert content["synthetic"] and content["mark"] == "SYNTHETIC" and content["interval_level"] == 0.95


def test_results_point_to_their_disclosure(document):
    content = content_of(document)
    assert [result["disclosure"] for result in content["results"]] == [0] * 6
    assert content["disclosures"][0]["items"]["Weighting"].startswith("Sample: weighted")
    assert content["results"][0]["tables"][0]["columns"] == ["drink", "n", "share", "words"]


def test_people_are_not_marked(human_document):
    assert not content_of(human_document)["synthetic"]


def test_a_result_without_a_disclosure_says_so():
    assert content_of(Document("T", (Exhibit("a", Shown()),)))["results"][0]["disclosure"] is None
