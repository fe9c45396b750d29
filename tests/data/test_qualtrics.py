"""Exports of Qualtrics read: dialects of headers, codes and wordings, several choices in a cell, who people are."""

import json

import pytest

from populace.data.files import qualtrics, sheets
from populace.errors import DataError, FileRefused
from populace.survey.flow import Field, Loop, Roll, Round, ShowBlock, Shuffle
from populace.survey.instrument import Block, Instrument
from populace.survey.question import Question, Row
from populace.survey.scale import Option

TEA = (Option(1, "Tea, hot", source="1"), Option(3, "Coffee", source="2"), Option(8, "Other", specify=True, source="3"))
LIKING = (Option(1, "Bad", source="1"), Option(2, "Good", source="2"))
INSTRUMENT = Instrument(
    "drinks",
    "Drinks",
    (
        Block(
            "BL_1",
            (
                Question("drink", "single", "Which?", TEA, source="QID1", randomize=True),
                Question("several", "multiple", "Which ones?", TEA, source="QID2"),
                Question("cups", "numeric", "How many?", source="QID3"),
                Question("why", "open", "Why?", source="QID4"),
                Question(
                    "liking",
                    "grid",
                    "Like?",
                    LIKING,
                    rows=(Row("1", "Tea", source="1"), Row("4", "Milk", source="4", specify=True)),
                    source="QID5",
                ),
                Question(
                    "side",
                    "side_by_side",
                    "Side?",
                    rows=(Row("1", "Tea", source="1"),),
                    source="QID6",
                    columns=(
                        Question("1", "single", "Like?", LIKING, source="1"),
                        Question("2", "multiple", "Which?", LIKING, source="2"),
                        Question("3", "open", "Note", source="3"),
                    ),
                ),
                Question("warm", "slider", "Warm?", minimum=0, maximum=10, source="QID7"),
                Question("order", "rank", "Order?", LIKING, source="QID8"),
                Question("text", "display", "Thanks.", source="QID9"),
            ),
        ),
        Block("BL_2", (Question("again", "single", "Again ${loop.field1}?", LIKING, source="QID10"),)),
        Block("BL_3", (Question("last", "open", "Last?", source="QID11"),)),
    ),
    flow=(
        ShowBlock("BL_1"),
        Loop("BL_2_loop", (Round("1", [("field1", "tea")]), Round("2", [("field1", "milk")])), (ShowBlock("BL_2"),)),
        Shuffle("FL_4", (ShowBlock("BL_3"),), sources=("Block 3",)),
        Roll("arm", 1, 2),
    ),
    data=(Field("panel"),),
)


def modern(*ids, choice=()):
    """The third header row of today."""
    return [json.dumps({"ImportId": one} | ({"choiceId": choice[one]} if one in choice else {})) for one in ids]


def older(*ids):
    """The third header row of "Insights" exports, as Python writes it."""
    return [str({"ImportId": one}) for one in ids]


def table(folder, rows, name="export.csv"):
    """The rows as a file."""
    path = folder / name
    cells = [['"' + str(cell).replace('"', '""') + '"' for cell in row] for row in rows]
    delimiter = "\t" if name.endswith(".tsv") else ","
    path.write_text("\ufeff" + "\n".join(delimiter.join(row) for row in cells) + "\n", encoding="utf-8")
    return path


def read(folder, ids, *rows, third=modern, names=None, **more):
    """The data set of an export with these columns, and what became of the columns."""
    names = names or [f"H{n}" for n in range(len(ids))]
    return qualtrics.read(
        table(folder, [names, [f"Wording {n}" for n in range(len(ids))], third(*ids), *rows]), INSTRUMENT, **more
    )


IDS = [
    "_recordId",
    "QID1",
    "QID1_3_TEXT",
    "QID2_1",
    "QID2_2",
    "QID3_TEXT",
    "QID4_TEXT",
    "QID5_1",
    "QID5_4",
    "QID5_4_TEXT",
]
ROWS = [
    ["R_1", "3", "", "1", "", "2", "because, \"so\"", "1", "2", "oat"],
    ["R_2", "8", "Cocoa", "", "1", "3.5", "", "", "", ""],
    ["R_3", "-99", "", "", "", "-99", "-99", "-99", "", ""],
]  # fmt: skip


def test_todays_export(tmp_path):
    found, about = read(tmp_path, IDS, *ROWS)
    assert found.respondent_ids.tolist() == ["R_1", "R_2", "R_3"]
    assert found.answers["drink"].to_list() == [3, 8, -99]
    assert found.codebook.variable("drink").options[-1].label == "Seen, not answered"
    assert found.codebook.variable("drink").options[-1].missing
    assert found.answers["drink_8_text"].to_list() == [None, "Cocoa", None]
    assert found.answers["several_1"].to_list() == [1, 0, None]
    assert found.answers["several_3"].to_list() == [0, 1, None]
    assert found.answers["cups"].to_list() == [2.0, 3.5, -99.0]
    assert found.answers["why"].to_list() == ['because, "so"', None, None]
    assert found.answers["liking_1"].to_list() == [1, None, -99]
    assert found.answers["liking_4_text"].to_list() == ["oat", None, None]
    assert about.counts == {"recorded": 1, "answer": 9}


def test_older_exports_join_ids_otherwise(tmp_path):
    ids = [
        "responseId",
        "QID1",
        "QID1-3-TEXT",
        "QID2-1",
        "QID5-4",
        "QID5-4-TEXT",
        "QID6#1-1",
        "QID6#2-1-2",
        "QID6#3-1",
        "QID8-2",
    ]
    rows = [["R_1", "8", "Cocoa", "1", "2", "oat", "2", "1", "note", "1"]]
    found, _ = read(tmp_path, ids, *rows, third=older)
    row = found.answers.row(0, named=True)
    assert row["respondent_id"] == "R_1" and row["drink_8_text"] == "Cocoa" and row["liking_4_text"] == "oat"
    assert (row["side_1_1"], row["side_2_1_2"], row["side_3_1"], row["order_2"]) == (2, 1, "note", 1)


def test_two_header_rows_are_read_by_name(tmp_path):
    names = [
        "V1",
        "V5",
        "V6",
        "V8",
        "drink",
        "DRINK_8_TEXT",
        "several_1",
        "side#1_1",
        "warm_1",
        "liking_2",
        "LocationLatitude",
        "extra",
    ]
    texts = [
        "ResponseID",
        "EmailAddress",
        "IPAddress",
        "StartDate",
        "Welches?",
        "",
        "",
        "",
        "",
        "",
        "LocationLatitude",
        "Something",
    ]
    path = table(
        tmp_path, [names, texts, ["R_9", "a@b.c", "1.2.3.4", "2016", "Coffee", "x", "1", "Good", "7", "2", "47.1", "y"]]
    )
    found, about = qualtrics.read(path, INSTRUMENT)
    row = found.answers.row(0, named=True)
    assert row["respondent_id"] == "R_9" and row["drink"] == 3 and row["drink_8_text"] == "x" and row["several_1"] == 1
    assert (row["side_1_1"], row["warm"], row["liking_4"], row["extra"]) == (2, 7.0, 2, "y")
    assert about.counts["personal"] == 3 and not {"a@b.c", "1.2.3.4", "47.1"} & {str(value) for value in row.values()}


def test_names_and_wordings_of_headers_do_not_matter(tmp_path):
    german = ["Antwort-ID", "Frage eins"]
    found, _ = read(tmp_path, ["_recordId", "QID1"], ["R_1", "3"], names=german)
    assert found.answers["drink"].to_list() == [3]


def test_wordings_in_place_of_codes(tmp_path):
    ids = ["_recordId", "QID1", "QID2_1", "QID2_2", "QID5_1"]
    found, about = read(tmp_path, ids, ["a", "Tea,  hot", "Tea, hot", "", "Good"], ["b", "Mead", "", "Coffee", "Bad"])
    assert found.answers["drink"].to_list() == [1, 9]
    assert found.codebook.variable("drink").options[-1].label == "Mead (not in the questionnaire)"
    assert found.answers["several_1"].to_list() == [1, 0]
    assert found.answers["liking_1"].to_list() == [2, 1]
    assert any("drink: 'Mead' are no choices of the question" in note for note in about.notes)


def test_several_choices_in_one_cell(tmp_path):
    """Wordings may hold commas themselves."""
    cells = ["Tea, hot,Coffee", "1,8", "", "-99", "Coffee,Gin"]
    found, about = read(tmp_path, ["_recordId", "QID2"], *([str(n), cell] for n, cell in enumerate(cells)))
    assert found.answers["several_1"].to_list() == [1, 1, None, None, 0]
    assert found.answers["several_3"].to_list() == [1, 0, None, None, 1]
    assert found.answers["several_8"].to_list() == [0, 1, None, None, 0]
    assert any("several: 'Gin' are no choices" in note for note in about.notes)


def test_rounds_orders_and_embedded_data(tmp_path):
    ids = [
        "_recordId",
        "1_QID10",
        "2_QID10",
        "QID1_DO",
        "QID1_DO ",
        "QID1_DO  ",
        "FL_4_DO",
        "arm",
        "panel",
        "QID9_FIRST_CLICK",
    ]
    path = table(
        tmp_path,
        [
            [f"H{n}" for n in range(10)],
            ["x"] * 10,
            modern(*ids),
            ["R_1", "1", "2", "3", "1", "2", "1", "2", "web", "0.7"],
        ],
    )
    text = path.read_text(encoding="utf-8-sig")
    for number, spaces in ((1, ""), (2, " "), (3, "  ")):
        plain, chosen = (
            json.dumps(one).replace('"', '""')
            for one in ({"ImportId": f"QID1_DO{spaces}"}, {"ImportId": "QID1_DO", "choiceId": str(number)})
        )
        text = text.replace(plain, chosen)
    one = json.dumps({"ImportId": "FL_4_DO", "choiceId": "Block 3"}).replace('"', '""')
    path.write_text(text.replace(json.dumps({"ImportId": "FL_4_DO"}).replace('"', '""'), one), encoding="utf-8")
    found, about = qualtrics.read(path, INSTRUMENT)
    row = found.answers.row(0, named=True)
    assert (row["again.1"], row["again.2"], row["arm"], row["panel"]) == (1, 2, "2", "web")
    assert row["drink_order"] == "3|8|1" and row["FL_4"] == "BL_3"
    assert about.counts == {"recorded": 1, "answer": 2, "order": 4, "embedded": 2, "technical": 1}
    assert any("timers, browsers" in note for note in about.notes)


def test_who_people_are_is_not_taken(tmp_path):
    ids = ["_recordId", "ipAddress", "recipientEmail", "locationLatitude", "QID1"]
    found, about = read(tmp_path, ids, ["R_1", "1.2.3.4", "a@b.c", "47", "1"], names=["Id", "IP", "Mail", "Lat", "Q"])
    assert found.answers.columns == ["respondent_id", "Id", "drink"]
    assert "columns that tell who people are were not taken: 'IP', 'Mail', 'Lat'" in about.notes


def test_ids_of_respondents(tmp_path):
    ids = ["_recordId", "QID1", "twin"]
    rows = ["R_1", "1", "7.0"], ["R_1", "3", "8.0"]
    found, _ = read(tmp_path, ids, *rows)
    assert found.respondent_ids.tolist() == ["1", "2"]  # the export's own are not unique
    found, _ = read(tmp_path, ids, *rows, names=["Id", "Q", "TWIN"], id_column="TWIN")
    assert found.respondent_ids.tolist() == ["7", "8"]
    with pytest.raises(DataError, match=r"has no column 'who'; its columns are 'H0', 'H1', 'H2'"):
        read(tmp_path, ids, *rows, id_column="who")
    with pytest.raises(DataError, match="1 rows have no id"):
        read(tmp_path, ids, ["", "1", ""], ["R", "1", ""], id_column="H0")


def test_numbers_that_are_none_are_named(tmp_path):
    found, about = read(tmp_path, ["_recordId", "QID3_TEXT"], ["a", "many"], ["b", "1,000"])
    assert found.answers["cups"].to_list() == [None, 1000.0]
    assert "cups: 'many' are no numbers; they were left out" in about.notes


@pytest.mark.parametrize("suffix", [".csv", ".tsv"])
def test_other_encodings_and_separators(tmp_path, suffix):
    path = table(tmp_path, [["Id", "Q"], ["x", "y"], modern("_recordId", "QID4_TEXT"), ["R_1", "Thé, ?"]], f"e{suffix}")
    path.write_bytes(path.read_text(encoding="utf-8-sig").encode("utf-16"))
    assert qualtrics.read(path, INSTRUMENT)[0].answers["why"].to_list() == ["Thé, ?"]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "is empty"), ("a,b\n", "has 1 row;"), ("a,b\nc,d\n1,2\n", "none of its 2 columns belongs to a question"),
        (b"\xff\xfea", "is not UTF-8 or UTF-16"), (b"drink\nx\n\xe9\n", "is not UTF-8 or UTF-16"),
        ("drink\nx\n" + "y" * 200_000, "is no table of cells"),
    ],
)  # fmt: skip
def test_what_is_no_export_is_refused(tmp_path, content, why):
    path = tmp_path / "e.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError, match=why) as raised:
        qualtrics.read(path, INSTRUMENT)
    assert "\n" not in str(raised.value)


def test_spreadsheets_are_read_as_tables(tmp_path):
    rows = [[f"H{n}" for n in range(len(IDS))], ["x"] * len(IDS), modern(*IDS), *ROWS]
    sheets.write(tmp_path / "e.xlsx", rows)
    csv_, _ = read(tmp_path, IDS, *ROWS)
    xlsx, _ = qualtrics.read(tmp_path / "e.xlsx", INSTRUMENT)
    assert xlsx.answers.drop("H0").equals(csv_.answers.drop("H0"))


@pytest.mark.parametrize("damage", ["no archive", "half", "no sheet"])
def test_broken_spreadsheets_are_refused_in_one_line(tmp_path, damage):
    path = tmp_path / "e.xlsx"
    sheets.write(path, [["a", "b"], ["c", "d"]])
    content = path.read_bytes()
    if damage == "no archive":
        path.write_bytes(b"drink\n1\n")
    elif damage == "half":
        path.write_bytes(content[: len(content) // 2])
    else:
        path.write_bytes(content.replace(b"xl/worksheets/sheet1.xml", b"xl/worksheets/sheet9.xml"))
    with pytest.raises(FileRefused) as raised:
        qualtrics.read(path, INSTRUMENT)
    assert "\n" not in str(raised.value) and "e.xlsx" in str(raised.value)
