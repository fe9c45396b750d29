"""Atoms of a condition, and the answers that make them true or false."""

from itertools import product

import pytest

from populace.survey.expression_atoms import Atom, atoms
from populace.survey.expression_checks import Known
from populace.survey.expression_values import holds
from populace.survey.expressions import parse

SCOPE = {
    "q1": Known("closed", (1, 2, 9), ("Yes", "No", "Don't know")),
    "sex": Known("closed", ("m", "f"), ("Man", "Woman")),
    "media": Known("multiple", (1, 2)),
    "age": Known("number"),
    "long": Known("closed", tuple(range(200))),
    "longer": Known("closed", tuple(range(200))),
}


def only(text) -> Atom:
    (atom,) = atoms(parse(text), SCOPE)
    return atom


def test_a_condition_falls_into_its_comparisons_each_once_in_the_order_written():
    found = atoms(parse('not (q1 == 2 and age > 3) or if(answered(q1), sex == "f", q1 == 2) or true'), SCOPE)
    assert [str(atom.expression) for atom in found] == ["q1 == 2", "age > 3", "answered(q1)", 'sex == "f"']
    assert [atom.names for atom in found] == [("q1",), ("age",), ("q1",), ("sex",)]


@pytest.mark.parametrize(
    ("text", "true"),
    [
        ("q1 == 2", [2]),
        ("q1 != 2", [1, 9]),
        ("q1 > 1", [2, 9]),
        ("q1 in [1, 9]", [1, 9]),
        ("q1 not in [1, 9]", [2]),
        ("answered(q1)", [1, 2, 9]),
        ("selected(q1, 1)", [1]),
        ("q1 + 1 == 3", [2]),
        ('label(q1) == "No"', [2]),
        ("q1 == q1", [1, 2, 9]),
        ("q1 == 3", []),
    ],
)
def test_codes_of_a_closed_question_are_sorted_into_true_and_false(text, true):
    atom = only(text)
    assert atom.true_when == tuple((code,) for code in true)
    assert atom.false_when == tuple((code,) for code in (1, 2, 9, None) if code not in true)


def test_an_atom_of_two_questions_lists_pairs_of_answers():
    atom = only('contains(label(sex), "man") == (q1 == 1)')
    assert atom.names == ("sex", "q1")
    expected = {(sex, q1) for sex, q1 in product(("m", "f", None), (1, 2, 9, None)) if (sex == "f") == (q1 == 1)}
    assert set(atom.true_when) == expected
    assert len(atom.true_when) + len(atom.false_when) == 12


@pytest.mark.parametrize(
    "text", ["age > 3", "selected(media, 1)", "shown(q1)", "q1 == age", "other == 1", "long == longer"]
)
def test_what_has_no_short_list_of_answers_has_none(text):
    atom = only(text)
    assert atom.names
    assert atom.true_when is atom.false_when is None


def test_every_listed_answer_does_what_the_list_says():
    for atom in atoms(parse('q1 >= 2 and sex == "m" or (sex != "f") == (q1 < 2)'), SCOPE):
        for answers, truth in [(atom.true_when, True), (atom.false_when, False)]:
            assert all(
                holds(atom.expression, dict(zip(atom.names, answer, strict=True))) is truth for answer in answers
            )
