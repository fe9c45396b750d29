"""New people, known questions: backgrounds and cells of every corpus."""

import json

from populace.app.benchmark.interviews import BACKGROUNDS
from populace.app.benchmark.known import CELLS


def test_every_corpus_has_its_backgrounds_and_cells(corpora):
    for name, backgrounds in BACKGROUNDS.items():
        codebook = json.loads((corpora / name / "codebook.json").read_text(encoding="utf-8"))
        variables = {v["name"]: v["role"] for v in codebook["variables"]}
        assert all(variables[b] == "background" for b in (*backgrounds, *CELLS[name])), name
