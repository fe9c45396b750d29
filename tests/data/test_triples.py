"""Triple-S with its data file: every type of variable in fixed width and in CSV, both ways, and broken files."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from populace.data.codebook import Codebook
from populace.data.dataset import DataSet
from populace.data.files import read_dataset, write_dataset
from populace.errors import DataError
from populace.survey.instrument import Block, Instrument
from populace.survey.question import Question
from populace.survey.scale import Option

VARIABLES = """
<variable ident="1" type="character" use="serial"><name>ID</name><label>Serial</label>{0}<size>4</size></variable>
<variable ident="2" type="single"><name>Q1</name><label>Visits?</label>{1}
 <values><value code="1" score="1">First</value><value code="2" score="2">More</value><value code="9">Don't know</value>
 </values></variable>
<variable ident="3" type="multiple"><name>Q2</name><label>Seen</label>{2}
 <values><value code="1">Park</value><value code="2">Zoo</value><value code="9">Other</value></values></variable>
<variable ident="4" type="multiple"><name>Q3</name><label>Best</label>{3}<spread subfields="2" width="2"/>
 <values><value code="1">Park</value><value code="2">Zoo</value><value code="10">Other</value></values></variable>
<variable ident="5" type="quantity"><name>Q4</name><label>Miles</label>{4}
 <values><range from="0.0" to="499.9"/><value code="999">Refused</value></values></variable>
<variable ident="6" type="logical"><name>Q5</name><label>Alone?</label>{5}</variable>
<variable ident="7" type="character"><name>Q6</name><label>Why?</label>{6}<size>9</size></variable>
<variable ident="8" type="date"><name>Q7</name><label>Day</label>{7}</variable>
<variable ident="9" type="time"><name>Q8</name><label>Time</label>{8}</variable>
<variable ident="10" type="quantity" use="weight"><name>W</name><label>Weight</label>{9}
 <values><range from="0.00" to="9.99"/></values></variable>
<variable ident="11" type="single" format="literal"><name>Q9</name><label>Sex</label>{10}
 <values><value code="m">Male</value><value code="f">Female</value></values></variable>
"""
FIXED = [(1, 4), (5, 5), (6, 8), (9, 12), (13, 17), (18, 18), (19, 27), (28, 35), (36, 41), (42, 45), (46, 46)]
ROWS = [
    ("0001", "1", "101", "0110", "012.5", "1", "because  ", "20260501", "235959", "1.25", "m"),
    ("0002", "9", "000", "10  ", "  999", "0", "         ", "        ", "      ", "0.75", "f"),
    ("0003", " ", "   ", "    ", "     ", " ", "         ", "20260102", "000000", "1.00", " "),
]
EXPECTED = {
    "respondent_id": ["0001", "0002", "0003"],
    "Q1": [1, 9, None],
    "Q2_1": [1, 0, None],
    "Q2_2": [0, 0, None],
    "Q2_9": [1, 0, None],
    "Q3_1": [1, 0, None],
    "Q3_2": [0, 0, None],
    "Q3_10": [1, 1, None],
    "Q4": [12.5, 999.0, None],
    "Q5": [1, 0, None],
    "Q6": ["because", None, None],
    "Q7": ["2026-05-01", None, "2026-01-02"],
    "Q8": ["23:59:59", None, "00:00:00"],
    "W": [1.25, 0.75, 1.0],
    "Q9": ["m", "f", None],
}


def definition(places: list[str], more: str = "") -> str:
    return (
        f'<sss version="2.0"><survey><name>cars</name><title>Cars</title><record ident="A" href="cars.dat"{more}>'
        f"{VARIABLES.format(*places)}</record></survey></sss>"
    )


def fixed(folder, rows=ROWS):
    places = [f'<position start="{first}" finish="{last}"/>' for first, last in FIXED]
    (folder / "cars.sss").write_text(definition(places), encoding="utf-8")
    (folder / "cars.dat").write_bytes("".join("".join(row) + "\r\n" for row in rows).encode())
    return folder / "cars.sss"


def test_every_type_of_variable_is_read_from_fixed_width(tmp_path):
    people = read_dataset(fixed(tmp_path))
    assert people.answers.to_dict(as_series=False) == EXPECTED
    assert people.weights.tolist() == [1.25, 0.75, 1.0]
    types = {variable.name: variable.type for variable in people.codebook.variables}
    assert (types["Q1"], types["Q2_1"], types["Q4"], types["Q5"]) == ("ordinal", "multi_item", "numeric", "single")
    assert people.codebook.variable("Q1").options[2].missing
    assert people.notes == ()


def test_the_same_from_csv(tmp_path):
    places = [f'<position start="{place}"/>' for place in (1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12)]
    (tmp_path / "cars.sss").write_text(definition(places, ' format="csv" skip="1"'), encoding="utf-8")
    lines = ["id,q1,q2,q3a,q3b,q4,q5,q6,q7,q8,w,q9"]
    for row in ROWS:
        spread = (row[3][:2], row[3][2:])
        cells = [*row[:3], *spread, *row[4:]]
        lines.append(",".join('"' + cell.strip() + '"' for cell in cells))
    (tmp_path / "cars.dat").write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert read_dataset(tmp_path / "cars.sss").answers.to_dict(as_series=False) == EXPECTED


def test_the_data_file_may_lie_beside_under_the_same_name(tmp_path):
    path = fixed(tmp_path)
    (tmp_path / "cars.dat").rename(tmp_path / "cars.asc")
    assert read_dataset(path).n == 3
    (tmp_path / "cars.asc").unlink()
    with pytest.raises(DataError, match=r"no data file beside it; expected cars\.dat"):
        read_dataset(path)


def test_codes_without_a_label_are_kept_and_told(tmp_path):
    rows = [("0001", "5", *ROWS[0][2:3], "0733", *ROWS[0][4:])]
    people = read_dataset(fixed(tmp_path, rows))
    assert people.codes("Q1").to_list() == [5]
    assert people.codebook.variable("Q1").codes == (1, 2, 9, 5)
    assert len(people.notes) == 2


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"0001x" + b" " * 41 + b"\r\n", "'Q1' has 'x' in row 1"),
        (b"1\r\n", None),
    ],
)
def test_a_wrong_data_file_is_refused_or_short_lines_are_nothing(content, words, tmp_path):
    path = fixed(tmp_path)
    (tmp_path / "cars.dat").write_bytes(content)
    if words is None:
        assert read_dataset(path).codes("Q9").to_list() == [None]
    else:
        with pytest.raises(DataError, match=words):
            read_dataset(path)


def test_a_name_that_leads_elsewhere_is_looked_for_in_the_same_folder(tmp_path):
    path = fixed(tmp_path)
    text = path.read_text(encoding="utf-8").replace("cars.dat", "../../etc/cars.dat")
    path.write_text(text, encoding="utf-8")
    assert read_dataset(path).n == 3


# -- writing ---------------------------------------------------------------------------------------------------------


def dataset(**columns) -> DataSet:
    questions = (
        Question("q", "single", "Which?", options=(Option(1, "Apple"), Option(-2, "Pear"))),
        Question(
            "how", "scale", "How?", options=(Option(1, "Bad"), Option(2, "Good"), Option(9, "Refused", missing=True))
        ),
        Question("m", "multiple", "Which of these?", options=(Option(1, "Tea"), Option(2, "Milk"))),
        Question("n", "numeric", "How many?"),
        Question("t", "open", "Why?"),
    )
    answers = {
        "respondent_id": ["a", "b", "c"], "q": [1, -2, None], "how": [9, 1, 2], "m_1": [1, 0, None],
        "m_2": [0, 0, None], "n": [1.5, -20.0, None], "t": ["so", None, "x  y"],
    } | columns  # fmt: skip
    codebook = Codebook.from_instrument(Instrument("study", "Study", (Block("main", questions),)))
    return DataSet(pl.DataFrame(answers), codebook)


def test_answers_come_back_from_fixed_width(tmp_path):
    people = dataset()
    write_dataset(people, tmp_path / "study.sss")
    assert (tmp_path / "study.asc").read_bytes() == (b"a 1910  1.5so  \r\nb-2100  -20    \r\nc  2       x  y\r\n")
    again = read_dataset(tmp_path / "study.sss")
    assert again.answers.equals(people.answers)
    assert [(v.name, v.type, v.labels) for v in again.codebook.variables] == [
        (v.name, v.type, v.labels) for v in people.codebook.variables
    ]


@pytest.mark.parametrize("text", ["Größe", 'line\nend, "quoted"', " spaces"])
def test_words_that_are_not_plain_make_the_data_file_csv(text, tmp_path):
    people = dataset(t=[text.strip(), None, "x"] if text != " spaces" else ["Größe x", None, "x"])
    write_dataset(people, tmp_path / "study.sss")
    assert not (tmp_path / "study.asc").exists()
    assert read_dataset(tmp_path / "study.sss").answers.equals(people.answers)


def test_options_of_which_some_were_not_asked_are_variables_of_their_own(tmp_path):
    people = dataset(m_1=[1, None, None], m_2=[0, 0, None])
    write_dataset(people, tmp_path / "study.sss")
    assert read_dataset(tmp_path / "study.sss").answers.equals(people.answers)


def test_synthetic_rows_say_so(tmp_path):
    people = dataset(_synthetic=[True, True, False], _model=["m", "m", None], _seed=[1, 1, None])
    write_dataset(people, tmp_path / "study.sss")
    assert "SYNTHETIC" in (tmp_path / "study.sss").read_text(encoding="utf-8")
    again = read_dataset(tmp_path / "study.sss")
    assert again.synthetic
    assert again.answers.equals(people.answers)


def test_weights_are_marked(tmp_path):
    path = fixed(tmp_path)
    write_dataset(read_dataset(path), tmp_path / "again.sss")
    again = read_dataset(tmp_path / "again.sss")
    assert again.codebook.weight == "W"
    assert again.answers.to_dict(as_series=False) == EXPECTED


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("triples")


WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\r"), min_size=1, max_size=8)
TEXTS = WORDS.map(str.strip).filter(bool) | st.none()


@settings(max_examples=12)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([1, -2, None]), st.none() | st.tuples(st.integers(0, 1), st.integers(0, 1)),
            st.none() | st.integers(-(10**6), 10**6) | st.floats(-1e6, 1e6, width=32), TEXTS,
        ),
        min_size=1, max_size=5,
    )
)  # fmt: skip
def test_any_answers_come_back(folder, rows):
    columns = {
        "respondent_id": [f"r{place}" for place in range(len(rows))],
        "q": [row[0] for row in rows],
        "how": [1] * len(rows),
        "m_1": [row[1] and row[1][0] for row in rows],
        "m_2": [row[1] and row[1][1] for row in rows],
        "n": [None if row[2] is None else float(row[2]) for row in rows],
        "t": [row[3] for row in rows],
    }
    schema = {"q": pl.Int64, "m_1": pl.Int8, "m_2": pl.Int8, "n": pl.Float64, "t": pl.String}
    people = dataset(**pl.DataFrame(columns, schema_overrides=schema).to_dict())
    write_dataset(people, folder / "any.sss")
    again = read_dataset(folder / "any.sss")
    assert again.answers.to_dict(as_series=False) == people.answers.to_dict(as_series=False)
    for suffix in (".asc", ".csv"):
        (folder / f"any{suffix}").unlink(missing_ok=True)
