"""Before training: identifiers are refused, open text is dropped, rare combinations are blanked."""

from itertools import combinations

import polars as pl
import pytest

from populace.data.codebook import Codebook, Variable
from populace.data.dataset import DataSet
from populace.data.deidentify import deidentify
from populace.data.files import read_dataset
from populace.errors import DataError
from populace.survey.scale import Option

SEX = (Option(1, "Male"), Option(2, "Female"), Option(9, "Refused", missing=True))
REGION = tuple(Option(code, f"Region {code}") for code in range(1, 5))


def people(*extra: Variable, ids=None, **columns) -> DataSet:
    """Two background questions and whatever else is wanted."""
    n = len(next(iter(columns.values())))
    variables = (
        Variable("sex", "Sex", "single", SEX, "background"),
        Variable("region", "Region", "single", REGION, "background"),
    )
    known = {"respondent_id": ids if ids is not None else range(n), "sex": [1] * n, "region": [1] * n}
    return DataSet(pl.DataFrame(known | columns), Codebook("p", "P", (*variables, *extra)))


def refusal(dataset: DataSet) -> str:
    with pytest.raises(DataError) as caught:
        deidentify(dataset)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def text(name: str, wording: str = "What?", role: str = "question") -> Variable:
    return Variable(name, wording, "text", role=role)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("ann@example.org", "e-mail addresses"),
        ("192.168.10.7", "IP addresses"),
        ("2001:db8::ff00:42:8329", "IP addresses"),
        ("+49 170 1234567", "phone numbers"),
        ("(555) 010-9999", "phone numbers"),
        ("555-010-9999", "phone numbers"),
    ],
)
def test_a_column_of_identifiers_is_refused_by_name_whatever_it_is_called(value, kind):
    message = refusal(people(text("c17"), c17=[value] * 4 + ["none"]))
    assert f"'c17' ({kind})" in message
    assert "drop=['c17'] leaves them out" in message


@pytest.mark.parametrize(
    "name",
    [
        "email",
        "RecipientEmail",
        "e_mail",
        "phone",
        "Mobile.Number",
        "IPAddress",
        "ip",
        "first_name",
        "LastName",
        "name",
        "LocationLatitude",
        "street_address",
        "ssn",
        "dob",
    ],
)
def test_a_column_that_is_called_like_an_identifier_is_refused(name):
    assert f"'{name}' (named like" in refusal(people(text(name), **{name: ["a", "b", "c", "d"]}))


def test_every_identifying_column_is_named_at_once():
    message = refusal(people(text("email"), text("x"), email=["a", "b", "c"], x=["1.2.3.4"] * 3))
    assert "'email'" in message
    assert "'x'" in message


def test_a_coded_question_about_phones_is_no_identifier():
    phone = Variable("phone", "Do you have a phone?", "single", (Option(1, "Yes"), Option(2, "No")))
    kept, _ = deidentify(people(phone, phone=[1, 2] * 5))
    assert "phone" in kept.codebook


def test_respondent_ids_that_are_addresses_are_refused_with_the_way_out():
    message = refusal(people(ids=["ann@example.org", "2", "3"], sex=[1, 1, 1]))
    assert "'respondent_id' (e-mail addresses)" in message
    assert "put numbers in the place of identifiers" in message


def test_ordinary_numbers_as_respondent_ids_are_fine():
    kept, _ = deidentify(people(ids=["1000000001", "1000000002", "20061"], sex=[1, 1, 1]))
    assert kept.respondent_ids.tolist() == ["1000000001", "1000000002", "20061"]


def test_a_caller_may_have_identifiers_left_out():
    kept, report = deidentify(people(text("email"), email=["a@b.org"] * 6), drop=["email"])
    assert "email" not in kept.codebook
    assert report.dropped == {"email": "named by the caller"}


def test_open_text_and_further_identifiers_are_dropped():
    dataset = people(text("why"), text("panel_id", role="id"), why=["because"] * 6, panel_id=["x"] * 6)
    kept, report = deidentify(dataset)
    assert kept.names() == ("respondent_id", "sex", "region")
    assert report.dropped == {"why": "open text", "panel_id": "identifier"}


def test_an_address_that_somebody_wrote_into_an_open_answer_is_dropped_with_it():
    answers = ["fine", "good", "mail me: a@b.org", "bad", "so so"]
    kept, _ = deidentify(people(text("why"), why=answers))
    assert "why" not in kept.codebook


def test_the_rarer_value_of_a_combination_that_few_share_is_blanked():
    # Worked by hand: (sex 1, region 1) x 10, (2, 1) x 10, (2, 2) x 6, and one lone (1, 2). Region 2 is held by 7
    # respondents and sex 1 by 11, so the lone respondent loses the region.
    sex = [1] * 10 + [2] * 10 + [2] * 6 + [1]
    region = [1] * 10 + [1] * 10 + [2] * 6 + [2]
    kept, report = deidentify(people(sex=sex, region=region))
    assert kept.codes("region").to_list() == [*region[:-1], None]
    assert kept.codes("sex").to_list() == sex
    assert report.blanked == {"region": 1}


def test_a_value_that_few_have_is_blanked_alone():
    kept, report = deidentify(people(region=[1] * 20 + [2] * 4))
    assert kept.codes("region").to_list() == [1] * 20 + [None] * 4
    assert report.blanked == {"region": 4}


def test_k_decides_how_many_are_few():
    dataset = people(region=[1] * 20 + [2] * 4)
    assert deidentify(dataset, k=4)[1].blanked == {}


def test_several_interviews_of_one_person_count_once():
    wave = Variable("wave", "Wave", "numeric", role="design")
    ids = [*range(20), 20, 20, 20, 20, 20]
    waves = [1] * 20 + [1, 2, 3, 4, 5]
    _, report = deidentify(people(wave, ids=ids, wave=waves, region=[1] * 20 + [2] * 5))
    assert report.blanked == {"region": 5}


def test_a_refusal_to_answer_singles_nobody_out():
    kept, report = deidentify(people(sex=[1] * 20 + [9]))
    assert kept.codes("sex")[20] == 9
    assert report.blanked == {}


def test_answers_to_questions_are_never_blanked():
    opinion = Variable("q", "Q?", "single", REGION)
    kept, _ = deidentify(people(opinion, q=[1] * 20 + [2]))
    assert kept.codes("q").to_list() == [1] * 20 + [2]


def test_numbers_are_screened_in_ranges_not_one_by_one():
    age = Variable("age", "Age", "numeric", role="background")
    _, report = deidentify(people(age, age=list(range(18, 98))))
    assert report.blanked == {}


def test_afterwards_no_pair_of_values_is_held_by_fewer_than_k(corpora):
    kept, _ = deidentify(read_dataset(corpora / "538_masculinity_raw"))
    names = [name for name in kept.names("background") if kept.codebook.variable(name).closed]
    for pair in combinations(names, 2):
        shared = kept.answers.select(pair).drop_nulls().group_by(pair).len()
        known = [option.code for name in pair for option in kept.codebook.variable(name).options if option.missing]
        shared = shared.filter(~pl.any_horizontal(pl.col(name).is_in(known) for name in pair))
        assert shared["len"].min() is None or shared["len"].min() >= 5, pair


def test_the_report_reads_as_a_sentence():
    _, report = deidentify(people(text("why"), why=["x"] * 6))
    assert repr(report) == (
        "Deidentified(6 interviews: 1 columns dropped, 0 background values blanked; "
        "every 2 background values are shared by 5 respondents or more)"
    )
