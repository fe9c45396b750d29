"""Answers written as Qualtrics exports them: its layout, that of a given export, nothing that a spreadsheet runs."""

import csv
import json

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from populace.data.codebook import RESPONDENT, Codebook, variable_of
from populace.data.dataset import DataSet
from populace.data.files import qualtrics, sheets
from populace.survey.instrument import Block, Instrument
from populace.survey.question import Question
from populace.survey.scale import Option

from .test_qualtrics import INSTRUMENT, modern, table

ITEMS = {item.name: item for item in INSTRUMENT.items()}


def dataset(**columns):
    """Answers to some items."""
    n = len(next(iter(columns.values())))
    variables = [variable_of(ITEMS[name]) for name in columns]
    series = [pl.Series(name, values, strict=False) for name, values in columns.items()]
    frame = pl.DataFrame([pl.Series("respondent_id", [f"r{k}" for k in range(n)]), *series])
    return DataSet(frame, Codebook("drinks", "Drinks", (RESPONDENT, *variables)))


ANSWERS = dataset(
    drink=[3, 8, None],
    drink_8_text=[None, "=1+1", None],
    several_1=[1, 0, None],
    several_3=[0, 0, None],
    several_8=[0, 1, None],
    cups=[2.0, -3.5, None],
    why=["so", "-5", "@me"],
    liking_4=[1, 2, None],
    warm=[3.0, None, 10.0],
)


def cells(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def columns(path):
    """ImportId -> the cells of its column."""
    _, _, third, *rows = cells(path)
    described = [json.loads(cell) for cell in third]
    return {(one["ImportId"], one.get("choiceId")): [row[k] for row in rows] for k, one in enumerate(described)}


def test_the_layout_is_that_of_qualtrics(tmp_path):
    assert qualtrics.write(ANSWERS, INSTRUMENT, tmp_path / "e.csv") == []
    names, texts, third, *rows = cells(tmp_path / "e.csv")
    assert len(rows) == 3 and len({len(row) for row in (names, texts, third, *rows)}) == 1
    assert names[:3] == ["StartDate", "EndDate", "Status"] and third[0] == '{"ImportId":"startDate"}'
    found = columns(tmp_path / "e.csv")
    assert found["_recordId", None] == ["r0", "r1", "r2"] and found["finished", None] == ["1", "1", "1"]
    assert found["QID1", None] == ["3", "8", ""]
    assert found["QID2_1", None] == ["1", "", ""] and found["QID2_3", None] == ["", "1", ""]
    assert found["QID3_TEXT", None] == ["2", "-3.5", ""] and found["QID7_1", None] == ["3", "", "10"]
    assert found["QID5_4", None] == ["1", "2", ""] and found["QID5_4_TEXT", None] == ["", "", ""]
    assert {("1_QID10", None), ("QID6#2_1_2", None), ("QID1_DO", "3"), ("FL_4_DO", "Block 3"), ("arm", None)} <= set(
        found
    )
    assert dict(zip(third, names, strict=True))['{"ImportId":"QID5_4"}'] == "liking_2"  # statements are numbered


def test_no_text_is_a_formula(tmp_path):
    qualtrics.write(ANSWERS, INSTRUMENT, tmp_path / "e.csv")
    found = columns(tmp_path / "e.csv")
    assert found["QID1_3_TEXT", None] == ["", "'=1+1", ""]
    assert found["QID4_TEXT", None] == ["so", "-5", "'@me"]
    qualtrics.write(ANSWERS, INSTRUMENT, tmp_path / "e.xlsx")
    assert "'=1+1" in [cell for row in sheets.rows_of(tmp_path / "e.xlsx") for cell in row]


@pytest.mark.parametrize("name", ["e.csv", "e.tsv", "e.xlsx"])
@pytest.mark.parametrize("labels", [False, True])
def test_what_is_written_reads_back(tmp_path, name, labels):
    qualtrics.write(ANSWERS, INSTRUMENT, tmp_path / name, labels=labels)
    back, _ = qualtrics.read(tmp_path / name, INSTRUMENT)
    assert back.respondent_ids.tolist() == ["r0", "r1", "r2"]
    for column in ANSWERS.answers.columns[1:]:
        assert back.answers[column].to_list() == ANSWERS.answers[column].to_list(), column


def test_wordings_in_place_of_codes(tmp_path):
    qualtrics.write(ANSWERS, INSTRUMENT, tmp_path / "e.csv", labels=True)
    found = columns(tmp_path / "e.csv")
    assert found["QID1", None] == ["Coffee", "Other", ""] and found["QID2_1", None] == ["Tea, hot", "", ""]


@pytest.mark.parametrize("depth", [3, 2])
def test_the_layout_of_an_export_is_kept_to_the_letter(tmp_path, depth):
    names = ["Id\xa0", "Mail", "drink", "what?", "cups", "Q_Extra"]
    ids = modern("_recordId", "recipientEmail", "QID1", "nonsense", "QID3_TEXT", "QID4_FIRST_CLICK")
    texts = ["Response ID", "E-mail", "Which [Field-x]?", "", "How  many?", "x"]
    above = [names, texts, ids][:depth]
    like = table(tmp_path, [*above, ["R_1", "a@b.c", "1", "", "5", "0.3"]], "like.csv")
    left = qualtrics.write(ANSWERS, INSTRUMENT, tmp_path / "e.csv", like=like)
    written = cells(tmp_path / "e.csv")
    assert written[:depth] == above
    own = [["r0", "r1", "r2"], ["", "", ""]] if depth == 3 else [["", "", ""]] * 2
    assert [list(column) for column in zip(*written[depth:], strict=True)] == [
        *own, ["3", "8", ""], ["", "", ""], ["2", "-3.5", ""], ["", "", ""],
    ]  # fmt: skip
    assert left == [
        "7 columns have no place in the layout and were not written: 'drink_8_text', 'several_1', 'several_3', "
        "'several_8', 'why', 'liking_4', 'warm'"
    ]


codes = st.none() | st.sampled_from([1, 2, 5])
#: texts as people write them; what CSV files cannot tell apart from nothing is left out
TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=8).filter(
    lambda text: text != "-99"
)


@settings(max_examples=30)
@example([(None, [False] * 3, "'=x"), (None, [False] * 3, "''-y"), (None, [False] * 3, "'z")])
@given(
    st.lists(
        st.tuples(codes, st.lists(st.booleans(), min_size=3, max_size=3), st.none() | TEXT), min_size=1, max_size=5
    )
)
def test_any_answers_read_back(tmp_path_factory, people):
    options = tuple(Option(code, f"No. {code}, really", source=str(code)) for code in (1, 2, 5))
    asked = (
        Question("a", "single", "A?", options),
        Question("b", "multiple", "B?", options),
        Question("c", "open", "C?"),
    )
    instrument = Instrument("x", "X", (Block("b", asked),))
    items = {item.name: item for item in instrument.items()}
    several = {f"b_{code}": [int(one[k]) for _, one, _ in people] for k, code in enumerate((1, 2, 5))}
    several = {
        name: [v if any(one) else None for v, (_, one, _) in zip(values, people, strict=True)]
        for name, values in several.items()
    }
    values = {"a": [one for one, _, _ in people], **several, "c": [text for _, _, text in people]}
    types = {"a": pl.Int64, "c": pl.String}
    frame = pl.DataFrame(
        [
            pl.Series("respondent_id", [str(k) for k in range(len(people))]),
            *(pl.Series(n, v, dtype=types.get(n, pl.Int16)) for n, v in values.items()),
        ]
    )
    panel = DataSet(frame, Codebook("x", "X", (RESPONDENT, *(variable_of(items[name]) for name in values))))
    path = tmp_path_factory.mktemp("q") / "e.csv"
    qualtrics.write(panel, instrument, path)
    back, _ = qualtrics.read(path, instrument)
    assert {name: back.answers[name].to_list() for name in values} == values
