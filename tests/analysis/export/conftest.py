"""Results made by hand, one of every form of chart, with data sets of people, of a model, and of both."""

import re
import zipfile

import polars as pl
import pytest
from lxml import etree

from populace.analysis import charts
from populace.analysis.estimate import Estimate
from populace.analysis.export.disclosure import disclosure_of
from populace.analysis.export.document import Document, Exhibit
from populace.analysis.result import Result, Table
from populace.data.codebook import Codebook, Variable
from populace.data.dataset import DataSet
from populace.survey.scale import Option

SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"

TEA = Table(
    "Drinks <b>",
    ("drink", "n", "share", "words"),
    (("Tea", 250, Estimate(0.25, 0.2, 0.3, 1000), "hot"), ("Coffee", 750, Estimate(0.75, 0.7, 0.8, 1000), None)),
    ("Base: all.", "=1+1"),
)
NAMES = ("Tea", "Coffee", "A drink with a rather long name")
ROWS = [
    {"name": n, "value": v, "low": v - 0.1, "high": v + 0.05} for n, v in zip(NAMES, (0.25, 0.75, 0.4), strict=True)
]
CURVE = [{"x": x, "y": x / 10, "series": s, "low": None, "high": None} for x in range(5) for s in ("demand", "revenue")]
CELLS = [{"row": r, "column": c, "value": (i - j) / 4} for i, r in enumerate("abc") for j, c in enumerate("xy")]


class Shown(Result):
    """A result of one table, with the chart and notes it is given."""

    analysis = "shown"

    def __init__(self, chart=None, tables=(TEA,), notes=("Asked of adults.",)):
        self._chart, self._tables, self._notes = chart, tuple(tables), tuple(notes)

    def tables(self):
        return self._tables

    def chart(self):
        return self._chart

    def notes(self):
        return self._notes

    def definitions(self):
        return {"share": "Share of people.", "Tea": "Drinks tea.", "nowhere": "Not in the table."}


FORMS = {
    "bars": charts.bars(ROWS, "Share", ".0%"),
    "dots": charts.dots([r | {"series": s} for s in ("human", "panel") for r in ROWS], "Effect", reference=0.3),
    "lines": charts.lines(CURVE, "Price", "Demand", ".1%"),
    "quadrants": charts.quadrants([{"name": n, "x": i, "y": i * i} for i, n in enumerate(NAMES)], "Up", "Over", (1, 2)),
    "heat": charts.heat(CELLS, ["x", "y"], ["a", "b", "c"], 1.0, "+.0%"),
}

PROVENANCE = {
    "_synthetic": pl.lit(True),
    "_model": pl.lit("populace-1"),
    "_model_hash": pl.lit("sha256:ab"),
    "_instrument_hash": pl.lit("sha256:cd"),
    "_seed": pl.lit(7, dtype=pl.Int64),
    "_version": pl.lit("0.1.0"),
}


@pytest.fixture(scope="session")
def people():
    variables = (
        Variable("tea", "Do you drink tea?", "single", (Option(1, "Yes"), Option(2, "No"))),
        Variable("w", "Weight", "numeric", role="weight"),
    )
    extra = {"weight": "w", "population": "Adults", "years": [2026], "mode": "Web", "licence": "CC0"}
    answers = pl.DataFrame({"respondent_id": list("abcd"), "tea": [1, 2, 1, 1], "w": [1.0, 1.0, 1.0, 3.0]})
    return DataSet(answers, Codebook("tea", "Tea study", variables, extra))


@pytest.fixture(scope="session")
def panel(people):
    return DataSet(people.answers.with_columns(**PROVENANCE), people.codebook)


@pytest.fixture(scope="session")
def blended(people):
    made = pl.col("respondent_id").is_in(["a"])
    columns = {name: pl.when(made).then(value) for name, value in PROVENANCE.items()}
    return DataSet(people.answers.with_columns(**columns), people.codebook)


@pytest.fixture(scope="session")
def document(panel):
    """A synthetic document with every form of chart."""
    about = disclosure_of(panel)
    exhibits = [Exhibit(f"Result with {form}", Shown(chart), about) for form, chart in FORMS.items()]
    return Document("Tea & coffee", (*exhibits, Exhibit("No chart", Shown(), about)), "Who drinks what", "2026-11-23")


@pytest.fixture(scope="session")
def human_document(people):
    return Document("Tea", (Exhibit("Drinks", Shown(FORMS["bars"]), disclosure_of(people)),), date="2026-11-23")


@pytest.fixture(scope="session")
def sheets():
    """Read a workbook back: name of the sheet -> rows of cells, words and numbers as they are."""

    def read(path):
        with zipfile.ZipFile(path) as archive:
            shared = etree.fromstring(archive.read("xl/sharedStrings.xml"))
            strings = ["".join(t.text or "" for t in entry.iter(f"{SHEET}t")) for entry in shared]
            book = etree.fromstring(archive.read("xl/workbook.xml"))
            names = [sheet.get("name") for sheet in book.iter(f"{SHEET}sheet")]
            trees = [etree.fromstring(archive.read(f"xl/worksheets/sheet{i + 1}.xml")) for i in range(len(names))]
        return {name: _rows(tree, strings) for name, tree in zip(names, trees, strict=True)}

    return read


def _rows(tree, strings):
    """Cell reference -> value."""
    found = {}
    for cell in tree.iter(f"{SHEET}c"):
        value = cell.find(f"{SHEET}v")
        assert cell.find(f"{SHEET}f") is None, "a formula"
        if value is not None:
            found[cell.get("r")] = strings[int(value.text)] if cell.get("t") == "s" else float(value.text)
    return found


@pytest.fixture(scope="session")
def column_of():
    """The letter of the column that holds a value, and its row."""

    def find(cells, value):
        reference = next(key for key, held in cells.items() if held == value)
        return re.match(r"([A-Z]+)(\d+)", reference).groups()

    return find
