"""What --model, --audience and --respondents stand for."""

import pytest

from populace.app.chosen import VECTORS, open_model, people_of, vectors_file
from populace.app.places import Population
from populace.data.files import read_dataset
from populace.errors import UsageError
from populace.models.fake import FakeModel


def test_a_model_is_found_by_name_and_a_typing_error_is_named():
    assert open_model("fake").name == "fake"
    with pytest.raises(UsageError, match=r"no model or folder 'fakee'.*default, fake, uniform"):
        open_model("fakee")


def test_text_vectors_are_kept_in_the_cache_folder(tmp_path):
    assert vectors_file(tmp_path / "new" / "cache") == tmp_path / "new" / "cache" / VECTORS
    assert (tmp_path / "new" / "cache").is_dir()


def test_a_cache_that_cannot_be_used_costs_time_and_nothing_else(tmp_path, capsys):
    (tmp_path / "file").touch()
    assert vectors_file(tmp_path / "file" / "cache") is None
    assert "POPULACE_CACHE sets another" in capsys.readouterr().err


def test_people_come_from_their_file_as_they_are(study):
    people = people_of(Population(None, study.people, None), FakeModel(), seed=0)
    assert people.answers.equals(read_dataset(study.people).answers)


def test_people_are_drawn_for_an_audience_as_many_as_wanted():
    people = people_of(Population("us-adults", None, 50), FakeModel(), seed=0)
    assert people.n == 50
    assert set(people.names("background")) == {"sex", "agegroup", "race", "education", "region"}
