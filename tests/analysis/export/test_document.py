"""Documents: names, marks and what the reader is told first."""

import pytest

from populace.analysis.export.disclosure import disclosure_of
from populace.analysis.export.document import Document, Exhibit, document_of
from populace.analysis.result import Table
from populace.errors import UsageError

from .conftest import FORMS, Shown


def test_a_document_is_as_synthetic_as_its_results(people, panel):
    human, synthetic = (Exhibit(n, Shown(), disclosure_of(d)) for n, d in (("a", people), ("b", panel)))
    assert Document("T", (human,)).mark == ""
    assert Document("T", (synthetic,)).mark == "SYNTHETIC"
    assert Document("T", (human, synthetic)).mark == "PARTLY SYNTHETIC"


def test_a_result_that_says_it_is_synthetic_is_marked_without_a_disclosure():
    assert Exhibit("a", Shown(notes=("SYNTHETIC: all 4 respondents are synthetic.",))).mark == "SYNTHETIC"
    told = Table("T", ("a",), (("x",),), ("SYNTHETIC: 1 of 4 respondents are synthetic.",))
    assert Exhibit("a", Shown(tables=(told,))).mark == "PARTLY SYNTHETIC"


def test_a_disclosure_of_people_does_not_take_the_mark_off(people):
    told = Shown(notes=("SYNTHETIC: all 4 respondents are synthetic.",))
    assert Exhibit("a", told, disclosure_of(people)).mark == "SYNTHETIC"


def test_who_answered_is_said_once_for_each_data_set(people, panel):
    about = disclosure_of(people)
    shown = (Exhibit("a", Shown(), about), Exhibit("b", Shown(), about), Exhibit("c", Shown()))
    document = Document("T", shown)
    assert document.disclosures == (about,)
    assert document.sentences == (about.sentence, "For some results it is not stated who answered.")


def test_only_what_is_shown_is_defined(people):
    document = document_of("T", {"a": Shown(FORMS["bars"])}, people)
    assert document.exhibits[0].definitions() == {"share": "Share of people.", "Tea": "Drinks tea."}


@pytest.mark.parametrize(("title", "names"), [("T", ()), ("T", ("a", "a")), ("T", ("a", " ")), ("", ("a",))], ids=str)
def test_results_need_names_of_their_own(title, names):
    with pytest.raises(UsageError, match="name of its own"):
        Document(title, tuple(Exhibit(name, Shown()) for name in names))
