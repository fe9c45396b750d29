"""What is disclosed of the data behind a report."""

from populace.analysis.export.disclosure import NOT_STATED, disclosure_of


def test_people_are_described_without_a_mark(people):
    about = disclosure_of(people)
    items = dict(about.items())
    assert (about.kind, about.mark) == ("people", "")
    assert about.sentence == "Tea study: 4 interviews with people."
    assert items["Population"] == "Adults" and items["Dates of the answers"] == "2026"
    assert items["Sample size"] == "4 interviews; effective number 3"
    assert "Models that answered" not in items


def test_synthetic_answers_say_so_with_model_seed_and_questionnaire(panel):
    about = disclosure_of(panel)
    items = dict(about.items())
    assert (about.kind, about.mark) == ("synthetic", "SYNTHETIC")
    assert "all simulated by populace-1; no person gave these answers" in items["Who answered"]
    assert items["Hashes of the models"] == "sha256:ab"
    assert items["Questionnaire (hash)"] == "sha256:cd"
    assert items["Seeds"] == "7" and items["Program versions"] == "0.1.0"
    assert items["Training data of the models"] == NOT_STATED
    assert "No comparison with people" in items["Comparison with people"]
    assert "More synthetic respondents do not bring more information." in items["Limits"]


def test_a_blend_counts_the_simulated(blended):
    about = disclosure_of(blended)
    assert (about.kind, about.mark, about.simulated) == ("partly synthetic", "PARTLY SYNTHETIC", 1)
    assert "of which 1 were simulated" in about.sentence
    assert any("no person gave them" in limit for limit in about.limits)
    assert any("sampling error only" in limit for limit in about.limits)


def test_the_caller_tells_what_data_cannot_know(panel):
    about = disclosure_of(panel, sponsor="Tea Board", training="Public surveys to 2021", limits=("Adults only.",))
    items = dict(about.items())
    assert items["Sponsor"] == "Tea Board" and items["Training data of the models"] == "Public surveys to 2021"
    assert items["Limits"].endswith("Adults only.") and "guess" in items["Limits"]


def test_every_item_has_words(people, panel, blended):
    for data in (people, panel, blended):
        assert all(label and text for label, text in disclosure_of(data).items())
