"""Exports of Google Forms and SurveyMonkey: a questionnaire inferred from answers."""

import pytest

from populace.data.files import forms
from populace.data.files.forms_kinds import guess
from populace.errors import DataError


def write(tmp_path, *rows, name="form.csv"):
    path = tmp_path / name
    path.write_text("\n".join(",".join(f'"{cell}"' for cell in row) for row in rows) + "\n")
    return path


GOOGLE = [
    ["Timestamp", "Email address", "How satisfied are you?", "Which colours do you like?", "Rate us [Speed]",
     "Rate us [Price]", "Anything else?"],
    *([["t", "a@b.c", "Satisfied", "Red, Green", "Good", "Poor", f"Text {number} of mine"] for number in range(6)]),
    *([["t", "a@b.c", "Very satisfied", "Blue", "Fair", "Good", ""] for _ in range(6)]),
    *([["t", "a@b.c", "Dissatisfied", "Green, Blue", "Poor", "Fair", "Other text"] for _ in range(6)]),
    *([["t", "a@b.c", "Neutral", "Red", "Good", "Good", ""] for _ in range(6)]),
]  # fmt: skip


def test_a_google_form_becomes_a_questionnaire_with_its_answers(tmp_path):
    imported, answers = forms.read(write(tmp_path, *GOOGLE))
    kinds = {question.text: question.kind for question in imported.instrument.questions}
    assert kinds == {
        "How satisfied are you?": "scale",
        "Which colours do you like?": "multiple",
        "Rate us": "grid",
        "Anything else?": "open",
    }
    satisfied, colours, rate, _ = imported.instrument.questions
    assert [option.label for option in satisfied.options] == ["Dissatisfied", "Neutral", "Satisfied", "Very satisfied"]
    assert sorted(option.label for option in colours.options) == ["Blue", "Green", "Red"]
    assert [row.text for row in rate.rows] == ["Speed", "Price"]
    assert answers.n == 24
    assert answers.codes(satisfied.name)[0] == 3


def test_choices_of_one_cell_become_columns(tmp_path):
    imported, answers = forms.read(write(tmp_path, *GOOGLE))
    colours = imported.instrument.questions[1]
    columns = {option.label: f"{colours.name}_{option.code}" for option in colours.options}
    assert [answers.codes(columns[label])[0] for label in ("Red", "Green", "Blue")] == [1, 1, 0]
    assert [answers.codes(columns[label])[6] for label in ("Red", "Green", "Blue")] == [0, 0, 1]


def test_who_people_are_is_not_taken(tmp_path):
    imported, answers = forms.read(write(tmp_path, *GOOGLE))
    assert "a@b.c" not in str(answers.answers.to_dict(as_series=False))
    assert ("personal column", "not taken") in imported.fidelity.counts


def test_a_wording_with_a_comma_is_not_split_and_the_doubt_is_told():
    found = guess(["Red", "Red, White", "Online (such as Coursera, edX)", "Online (such as Coursera, edX), Red"] * 5)
    assert sorted(found.labels) == ["Online (such as Coursera, edX)", "Red", "White"]
    assert any("edX)" in doubt for doubt in found.doubts)


def test_a_choice_among_wordings_with_commas_is_no_multiple_choice():
    degrees = ["Master (MA, MBA)", "Bachelor (BA, BSc)", "Doctorate (PhD, EdD)"]
    found = guess(degrees * 10)
    assert found.kind == "single"
    assert sorted(found.labels) == sorted(degrees)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1", "2", "3", "4", "5"] * 4, "scale"),
        (["1980", "1975", "2001", "1966", "1990"] * 4, "numeric"),
        ([f"my own words {number}" for number in range(20)], "open"),
        (["Yes", "No"] * 10, "single"),
        (["Never", "Sometimes", "Often", "Always"] * 5, "scale"),
        (["Under 30", "30-49", "50-64", "65+"] * 5, "scale"),
        (["a;b", "b;c", "a", "c"] * 5, "multiple"),
    ],
)
def test_the_kind_is_guessed_from_the_answers(values, kind):
    assert guess(values).kind == kind


def test_rare_answers_are_taken_for_other():
    found = guess(["Twitter"] * 20 + ["E-mail"] * 20 + ["My aunt", "A poster"])
    assert found.labels == ("Twitter", "E-mail", "Other")
    assert found.options[-1].specify
    assert found.others == {"My aunt", "A poster"}


def test_what_was_written_in_beside_other_is_kept(tmp_path):
    rows = [["How did you hear of us?"], *[["Twitter"]] * 20, *[["E-mail"]] * 20, ["My aunt"], ["A poster"]]
    imported, answers = forms.read(write(tmp_path, *rows))
    (question,) = imported.instrument.questions
    assert answers.codes(question.name)[-1] == 3
    assert answers.codes(f"{question.name}_3_text")[-2:].to_list() == ["My aunt", "A poster"]


def test_surveymonkey_has_a_second_header_row_with_the_choices(tmp_path):
    rows = [
        ["Respondent ID", "What do you drink?", "", "How often?"],
        ["", "Tea", "Coffee", "Response"],
        *[["1", "Tea", "", "Daily"], ["2", "", "Coffee", "Weekly"], ["3", "Tea", "Coffee", "Daily"]] * 4,
    ]
    imported, answers = forms.read(write(tmp_path, *rows))
    drink, often = imported.instrument.questions
    assert (drink.kind, [option.label for option in drink.options]) == ("multiple", ["Tea", "Coffee"])
    assert answers.codes(f"{drink.name}_2").to_list()[:3] == [0, 1, 1]
    assert often.kind in ("single", "scale")


def test_a_table_without_questions_is_refused(tmp_path):
    with pytest.raises(DataError, match="no column looks like a question"):
        forms.read(write(tmp_path, ["Timestamp", "Email"], ["t", "a"], ["t", "b"]))
