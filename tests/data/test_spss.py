"""SPSS files: what SPSS users see, and what is recovered, from our files and from anybody's."""

from pathlib import Path

import polars as pl
import pyreadstat
import pytest

from populace.data.codebook import Codebook, Variable
from populace.data.dataset import DataSet
from populace.data.files import read_dataset, write_dataset
from populace.data.files.spss import spss_names
from populace.errors import DataError
from populace.survey.scale import Option


def seen(dataset: DataSet, folder: Path):
    """Frame and metadata as another program sees them."""
    write_dataset(dataset, folder / "panel.sav")
    return pyreadstat.read_sav(folder / "panel.sav", output_format="polars", user_missing=True)


def survey(*variables: Variable, **columns) -> DataSet:
    ids = range(len(next(iter(columns.values()))))
    return DataSet(pl.DataFrame({"respondent_id": ids, **columns}), Codebook("t", "T", variables))


def scale(*codes: int, missing: tuple[int, ...] = ()) -> tuple[Option, ...]:
    return tuple(Option(code, f"label {code}", missing=code in missing) for code in (*codes, *missing))


# -- what SPSS users see ---------------------------------------------------------------------------------------------


def test_wordings_labels_and_measure_levels_are_there(tmp_path, dataset):
    _, meta = seen(dataset, tmp_path)
    assert meta.column_names_to_labels["tax"] == "Taxes are too high."
    assert meta.variable_value_labels["tax"] == {3: "Agree", 1: "Neither", 2: "Disagree", -9: "Don't know"}
    assert meta.variable_value_labels["sex"] == {"m": "Male", "f": "Female"}
    levels = {name: meta.variable_measure[name] for name in ("sex", "age", "tax", "news_tv")}
    assert levels == {"sex": "nominal", "age": "scale", "tax": "ordinal", "news_tv": "nominal"}


def test_missing_options_are_user_missing_and_keep_their_codes(tmp_path, dataset):
    frame, meta = seen(dataset, tmp_path)
    assert frame["tax"].to_list() == [3, -9, None, 2]
    assert meta.missing_ranges["tax"] == [{"lo": -9, "hi": -9}]


def test_three_missing_codes_are_declared_one_by_one(tmp_path):
    options = scale(1, 2, missing=(-1, 7, 99))
    _, meta = seen(survey(Variable("q", "Q?", "ordinal", options), q=[1, -1, 99]), tmp_path)
    assert [span["lo"] for span in meta.missing_ranges["q"]] == [-1, 7, 99]


def test_more_missing_codes_are_declared_as_a_range_around_no_valid_code(tmp_path):
    options = scale(1, 2, missing=(-1, 96, 97, 98, 99))
    _, meta = seen(survey(Variable("q", "Q?", "ordinal", options), q=[1, -1, 99]), tmp_path)
    assert sorted((span["lo"], span["hi"]) for span in meta.missing_ranges["q"]) == [(-1, -1), (96, 99)]


def test_missing_codes_that_spss_cannot_declare_keep_labels_and_are_named_in_the_note(tmp_path):
    options = scale(2, 4, missing=(1, 3, 5, 7))
    _, meta = seen(survey(Variable("q", "Q?", "ordinal", options), q=[2, 3, 7]), tmp_path)
    assert "q" not in meta.missing_ranges
    assert len(meta.variable_value_labels["q"]) == 6
    assert "declare by hand, see the labels: q." in " ".join(meta.notes)
    assert read_dataset(tmp_path / "panel.sav").codebook.variable("q").options == options


def test_a_range_of_missing_codes_never_covers_a_number_that_was_answered(tmp_path):
    options = scale(missing=(-4, -3, -2, -1))
    variable = Variable("income", "Income?", "numeric", options)
    _, meta = seen(survey(variable, income=[-2.5, 10.0, -4.0]), tmp_path)
    assert "income" not in meta.missing_ranges


def test_the_note_says_that_data_are_synthetic_and_where_they_come_from(tmp_path, synthetic):
    _, meta = seen(synthetic, tmp_path)
    note = " ".join(meta.notes)
    assert "SYNTHETIC DATA: 4 of 4 rows were answered by a model, not by people." in note
    assert "model: fake" in note
    assert "seed: 7" in note
    assert "WEIGHT BY w." in note


def test_the_note_of_human_data_says_nothing_of_models(tmp_path, dataset):
    _, meta = seen(dataset, tmp_path)
    assert "SYNTHETIC" not in " ".join(meta.notes)


def test_long_wordings_are_cut_at_whole_characters_for_spss_and_kept_for_us(tmp_path):
    text, label = "ü" * 300, "é" * 200
    dataset = survey(Variable("q", text, "single", (Option(1, label), Option(2, "B"))), q=[1, 2])
    _, meta = seen(dataset, tmp_path)
    assert meta.column_names_to_labels["q"] == "ü" * 126 + "…"
    assert meta.variable_value_labels["q"][1] == "é" * 58 + "…"
    assert read_dataset(tmp_path / "panel.sav").codebook == dataset.codebook


def test_whole_numbers_are_shown_without_decimals(tmp_path, dataset):
    _, meta = seen(dataset, tmp_path)
    assert meta.original_variable_types["tax"] == "F8.0"


@pytest.mark.parametrize(
    ("columns", "names"),
    [
        (["q1", "Q1"], ["q1", "Q1_2"]),
        (["a-b", "a_b"], ["a_b", "a_b_2"]),
        (["1st", "all"], ["v_1st", "v_all"]),
        (["_synthetic"], ["populace_synthetic"]),
        (["end."], ["end"]),
        (["x" * 70, "x" * 71], ["x" * 64, "x" * 62 + "_2"]),
        (["ü" * 40], ["ü" * 32]),
    ],
)
def test_names_become_names_that_spss_accepts(columns, names):
    assert list(spss_names(columns).values()) == names


def test_names_that_spss_cannot_have_come_back_as_they_were(tmp_path):
    odd = ("a-b", "a_b", "1st", "x" * 80)
    dataset = survey(*(Variable(name, name, "numeric") for name in odd), **{name: [1, 2] for name in odd})
    write_dataset(dataset, tmp_path / "panel.sav")
    assert read_dataset(tmp_path / "panel.sav").content_hash == dataset.content_hash


def test_a_whole_number_that_spss_would_round_is_refused(tmp_path):
    dataset = survey(Variable("n", "N?", "numeric"), n=[2**53 + 1, 1])
    with pytest.raises(DataError, match="column 'n' has 9007199254740993, which SPSS cannot hold exactly"):
        write_dataset(dataset, tmp_path / "panel.sav")
    assert not list(tmp_path.iterdir())


# -- our files after SPSS users worked on them -----------------------------------------------------------------------


def reworked(path: Path, work, **changes) -> None:
    """Write the file again as SPSS would after `work` on its data, note included."""
    frame, meta = pyreadstat.read_sav(path, output_format="polars", user_missing=True)
    fields = {
        "column_labels": meta.column_names_to_labels,
        "variable_value_labels": meta.variable_value_labels,
        "missing_ranges": meta.missing_ranges,
        "variable_measure": meta.variable_measure,
        "note": meta.notes,
    }
    pyreadstat.write_sav(work(frame), path, **(fields | changes))


@pytest.fixture
def path(tmp_path, dataset) -> Path:
    write_dataset(dataset, tmp_path / "panel.sav")
    return tmp_path / "panel.sav"


def test_columns_that_were_dropped_are_dropped_from_the_codebook(path, codebook):
    reworked(path, lambda frame: frame.drop("why", "w"))
    back = read_dataset(path)
    assert "why" not in back.codebook
    assert back.codebook.weight is None
    assert back.codebook.variable("tax") == codebook.variable("tax")


def test_a_column_that_was_added_is_described_from_its_labels(path):
    reworked(path, lambda frame: frame.with_columns(new=pl.Series([1.5, 2.5, None, 3.0])))
    assert read_dataset(path).codebook.variable("new").type == "numeric"


def test_rows_may_be_selected_in_spss(path):
    reworked(path, lambda frame: frame.head(2))
    assert read_dataset(path).n == 2


def test_labels_that_were_changed_in_spss_are_believed_and_the_battery_is_kept(path):
    labels = {"tax": {1: "Agree", 2: "Disagree", 3: "Neither", -9: "Don't know"}}
    reworked(path, lambda frame: frame, variable_value_labels=labels)
    variable = read_dataset(path).codebook.variable("tax")
    assert variable.labels == ("Agree", "Disagree", "Neither", "Don't know")
    assert (variable.battery, variable.options[-1].missing) == ("views", True)


def test_a_code_that_was_added_in_spss_becomes_an_option(path):
    reworked(path, lambda frame: frame.with_columns(tax=pl.Series([3.0, 4.0, None, 2.0])))
    assert read_dataset(path).codebook.variable("tax").codes == (1, 2, 3, 4, -9)


def test_provenance_survives_a_program_that_drops_the_note(tmp_path, synthetic):
    write_dataset(synthetic, tmp_path / "panel.sav")
    reworked(tmp_path / "panel.sav", lambda frame: frame, note="")
    assert read_dataset(tmp_path / "panel.sav").synthetic


def test_a_damaged_note_is_ignored_and_the_labels_are_used(path):
    _, meta = pyreadstat.read_sav(path, metadataonly=True)
    notes = [line[::-1] if len(line) == 80 else line for line in meta.notes]
    reworked(path, lambda frame: frame, note=notes)
    assert read_dataset(path).codebook.variable("tax").type == "ordinal"


# -- files from elsewhere --------------------------------------------------------------------------------------------


def foreign(folder: Path, frame: dict, **meta) -> DataSet:
    path = folder / "theirs.sav"
    pyreadstat.write_sav(pl.DataFrame(frame), path, **meta)
    return read_dataset(path)


def test_respondents_are_numbered_when_the_file_has_none(tmp_path):
    dataset = foreign(tmp_path, {"q": [1.0, 2.0]})
    assert dataset.respondent_ids.tolist() == [1, 2]
    assert dataset.codebook.variable("respondent_id").role == "id"


def test_labelled_columns_are_closed_and_ordinal_when_the_file_says_so(tmp_path):
    dataset = foreign(
        tmp_path,
        {"a": [1, 2, 9], "b": [1, 2, 1], "s": ["x", "y", ""]},
        variable_value_labels={
            "a": {1: "Low", 2: "High", 9: "DK"},
            "b": {1: "Yes", 2: "No"},
            "s": {"x": "Ex", "y": "Why"},
        },
        variable_measure={"a": "ordinal", "b": "nominal"},
        missing_ranges={"a": [9]},
        column_labels={"a": "How much?"},
    )
    a = dataset.codebook.variable("a")
    assert (a.type, a.text, a.labels) == ("ordinal", "How much?", ("Low", "High", "DK"))
    assert [option.missing for option in a.options] == [False, False, True]
    assert dataset.codebook.variable("b").type == "single"
    assert dataset.codes("s").to_list() == ["x", "y", None]
    assert dataset.codebook.weight is None


def test_a_scale_of_which_only_the_ends_are_labelled_gets_its_numbers_as_labels(tmp_path):
    dataset = foreign(tmp_path, {"q": [1, 2, 3, 4, 5]}, variable_value_labels={"q": {1: "Not at all", 5: "Very"}})
    assert dataset.codebook.variable("q").labels == ("Not at all", "2", "3", "4", "Very")


def test_a_number_of_which_only_missing_codes_are_labelled_stays_a_number(tmp_path):
    dataset = foreign(
        tmp_path,
        {"kids": [0, 1, 2, 99]},
        variable_value_labels={"kids": {99: "Refused"}},
        missing_ranges={"kids": [99]},
    )
    variable = dataset.codebook.variable("kids")
    assert (variable.type, variable.codes) == ("numeric", (99,))
    assert dataset.values("kids")[:3].tolist() == [0, 1, 2]


def test_a_labelled_column_with_very_many_other_values_is_a_number(tmp_path):
    dataset = foreign(tmp_path, {"age": list(range(18, 60))}, variable_value_labels={"age": {18: "18 or younger"}})
    assert dataset.codebook.variable("age").type == "numeric"


def test_columns_without_labels_are_numbers_or_text(tmp_path):
    dataset = foreign(tmp_path, {"x": [1.5, None], "t": ["hello", ""]})
    assert [dataset.codebook.variable(name).type for name in ("x", "t")] == ["numeric", "text"]


def test_a_real_file_of_somebody_else_is_read(corpora):
    dataset = read_dataset(corpora / "instruments" / "spss" / "flying_etiquette.sav")
    original = read_dataset(corpora / "538_flying_etiquette")
    assert dataset.n == original.n
    assert dataset.codebook.variable("c001").labels == original.codebook.variable("c001").labels
