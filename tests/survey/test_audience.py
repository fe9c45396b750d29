"""Audiences: the shipped one against people, and what is wrong with a file of one's own."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from populace.errors import InstrumentError
from populace.survey.audience import audience, list_audiences

OWN = {
    "id": "club",
    "title": "Members",
    "questions": [
        {
            "name": "sex",
            "kind": "single",
            "role": "background",
            "text": "Male or female?",
            "options": ["Male", "Female"],
        }
    ],
    "margins": [
        {"variables": ["sex"], "unit": "percent", "figures": [["Male", 40], ["Female", 60]], "source": "register 2024"}
    ],
}


def write(folder: Path, **changes) -> Path:
    path = folder / "club.json"
    path.write_text(json.dumps(OWN | changes), encoding="utf-8")
    return path


def shares_of(*variables):
    return next(margin.shares for margin in audience("us-adults").margins if margin.variables == variables)


def test_us_adults_asks_five_background_questions_and_names_a_source_for_every_figure():
    adults = audience("us-adults")
    assert [question.name for question in adults.questions] == ["sex", "agegroup", "race", "education", "region"]
    assert all(question.text.endswith("?") for question in adults.questions)
    assert adults.country == adults.instrument.country == "US"
    for margin in adults.margins:
        assert sum(margin.shares.values()) == pytest.approx(1)
        assert "US Census Bureau" in margin.source
        assert "20" in margin.source
    assert "us-adults" in list_audiences()


def test_half_of_us_adults_are_women_and_three_in_eight_live_in_the_south():
    women = sum(share for (_, sex), share in shares_of("agegroup", "sex").items() if sex == "Female")
    assert women == pytest.approx(0.508, abs=0.001)
    assert shares_of("region")[("South",)] == pytest.approx(0.384, abs=0.001)


@pytest.fixture(scope="module")
def shed(corpora):
    return pl.read_parquet(corpora / "shed_2021" / "answers.parquet")


def weighted(shed, name, groups):
    """Weighted shares of groups of codes."""
    total = shed["weight"].sum()
    return np.array([shed.filter(pl.col(name).is_in(codes))["weight"].sum() / total for codes in groups])


def test_us_adults_agree_within_two_points_with_a_weighted_probability_panel(shed):
    region = weighted(shed, "ppreg4", [[1], [2], [3], [4]])
    assert list(shares_of("region").values()) == pytest.approx(region, abs=0.02)
    race = weighted(shed, "race_5cat", [[1], [2], [3], [4], [5]])
    assert list(shares_of("race").values()) == pytest.approx(race, abs=0.02)
    sex = weighted(shed, "ppgender", [[1], [2]])
    cross = shares_of("agegroup", "sex")
    assert [sum(v for k, v in cross.items() if k[1] == s) for s in ("Male", "Female")] == pytest.approx(sex, abs=0.02)
    # the panel is weighted to four levels of education: the split above a bachelor's degree is the panel's own
    education = weighted(shed, "ppeducat", [[1], [2], [3], [4]])
    ours = list(shares_of("education").values())
    assert [*ours[:3], ours[3] + ours[4]] == pytest.approx(education, abs=0.02)


def test_broad_ages_agree_within_two_points_with_the_panel(shed):
    """The panel is weighted to 18-29, 30-44, 45-59 and 60+, so its ages within these groups are its own."""
    young, middle, old = weighted(shed, "ppagecat", [[1, 2], [3], [4, 5, 6, 7]])
    ages = {}
    for (age, _), share in shares_of("agegroup", "sex").items():
        ages[age] = ages.get(age, 0) + share
    assert ages["18-24"] + ages["25-34"] == pytest.approx(young, abs=0.02)
    assert ages["35-44"] == pytest.approx(middle, abs=0.02)
    assert ages["45-54"] + ages["55-64"] + ages["65 or older"] == pytest.approx(old, abs=0.02)


def test_an_unknown_audience_is_refused_with_the_closest_name():
    with pytest.raises(InstrumentError, match=r"audience 'us-adult' is unknown \(did you mean 'us-adults'\?\)"):
        audience("us-adult")


def test_an_audience_of_ones_own_is_read_from_a_file(tmp_path):
    club = audience(write(tmp_path))
    assert club.margins[0].shares == {("Male",): 0.4, ("Female",): 0.6}
    assert repr(club) == "Audience('club', 1 questions, 1 margins)"


def margin(**changes):
    return [OWN["margins"][0] | changes]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"margins": margin(figures=[["Male", 40], ["Femal", 60]])}, r"'Femal' is no option"),
        ({"margins": margin(figures=[["Male", 100]])}, r"no figure for 'Female'"),
        ({"margins": margin(figures=[["Male", 40], ["Female", 20]])}, r"percentages sum to 60"),
        ({"margins": margin(unit="pct")}, r"unit is 'pct'"),
        ({"margins": margin(source=" ")}, r"has no source"),
        ({"margins": margin(variables=["gender"])}, r"no question 'gender'"),
        ({"margin": []}, r"unknown key 'margin' \(did you mean 'margins'\?\)"),
        ({"questions": [OWN["questions"][0] | {"role": "question"}]}, r"question 'sex': expected role 'background'"),
    ],
)
def test_a_faulty_audience_file_is_refused_by_name(tmp_path, changes, message):
    with pytest.raises(InstrumentError, match=message):
        audience(write(tmp_path, **changes))


def test_an_audience_file_that_is_absent_or_broken_is_refused(tmp_path):
    with pytest.raises(InstrumentError, match="No such file"):
        audience(tmp_path / "nobody.json")
    (tmp_path / "broken.json").write_text("{", encoding="utf-8")
    with pytest.raises(InstrumentError, match="line 1, column 2: not valid JSON"):
        audience(tmp_path / "broken.json")
