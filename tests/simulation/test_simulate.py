"""simulate(): the panel it returns, what the model is told, and what is refused."""

import numpy as np
import polars as pl
import pytest

import populace
from populace.data.codebook import Codebook, Variable
from populace.data.dataset import DataSet
from populace.data.files import read_dataset
from populace.data.files.parquet import hash_in
from populace.errors import CannotAnswer, DataError, InputError, ModelError, PopulaceError, UsageError
from populace.models.base import Told
from populace.models.baselines import Copula, Uniform
from populace.models.fake import FakeModel
from populace.models.library import load_model
from populace.prompts.prompt import Prompt
from populace.simulation.plan import obstacles
from populace.simulation.simulate import simulate, simulate_to
from populace.survey.scale import Option


def texts(told):
    return [one.prompt.text if isinstance(one, Told) else one[0].text for one in told]


# -- the panel -------------------------------------------------------------------------------------------------------


def test_a_panel_has_the_people_in_their_order_their_backgrounds_and_one_column_per_item(people, survey):
    panel = simulate(survey, people, FakeModel(), seed=1)
    assert panel.respondent_ids.tolist() == people.respondent_ids.tolist()
    items = ["car", "taste_tea", "taste_coffee", "cups", "brand_1", "brand_2", "brand_9"]
    assert panel.names("question") == tuple(items)
    assert panel.names("background") == ("sex", "age", "town")
    for name in panel.names("background"):
        assert panel.codes(name).equals(people.codes(name))
    assert panel.answers.select(items).null_count().sum_horizontal().item() == 0
    assert set(panel.codes("taste_tea").unique()) <= {1, 2, 3, 9}


def test_every_row_says_who_made_it_from_what(people, survey):
    model = FakeModel(3)
    panel = simulate(survey, people, model, seed=11)
    assert panel.synthetic
    expected = (True, "fake", model.hash, survey.content_hash, 11, populace.__version__)
    columns = ("_synthetic", "_model", "_model_hash", "_instrument_hash", "_seed", "_version")
    assert panel.answers.select(columns).unique().row(0) == expected


def test_weights_and_waves_are_carried_along(make):
    weight = Variable("w", "Weight", "numeric", role="weight")
    wave = Variable("wave", "Wave", "numeric", role="design")
    people = make.people(4, (weight, wave), respondent_id=[1, 1, 2, 2], w=[1.0, 1.0, 2.0, 2.0], wave=[1, 2, 1, 2])
    people = DataSet(people.answers, Codebook("p", "P", people.codebook.variables, {"weight": "w"}))
    panel = simulate(make.survey(), people, FakeModel())
    assert panel.weights.tolist() == [1, 1, 2, 2]
    assert panel.codes("wave").to_list() == [1, 2, 1, 2]


def test_two_interviews_of_one_respondent_are_two_draws(make):
    wave = Variable("wave", "Wave", "numeric", role="design")
    people = make.people(2, (wave,), respondent_id=[5, 5], wave=[1, 2])
    questions = [{"name": f"q{i}", "kind": "single", "text": f"Q{i}?", "options": ["a", "b"]} for i in range(40)]
    first, second = simulate(make.survey(*questions), people, Uniform()).answers.select(r"^q\d+$").rows()
    assert first != second


def test_people_without_backgrounds_and_no_people_at_all_are_fine(make):
    assert simulate(make.survey(), make.people(3, ()), FakeModel()).n == 3
    nobody = make.people(5).rows(np.arange(0))
    panel = simulate(make.survey(), nobody, FakeModel())
    assert panel.n == 0
    assert panel.answers.schema == simulate(make.survey(), make.people(5), FakeModel()).answers.schema


def test_numbers_are_whole_and_within_their_range(make):
    # an age: what is estimated heaps at round numbers
    question = {"name": "q", "kind": "numeric", "text": "How old are you?", "minimum": 0, "maximum": 20}
    values = simulate(make.survey(question), make.people(4000), Uniform()).codes("q")
    assert values.dtype == pl.Int64
    assert set(values.unique()) == set(range(21))
    counts = values.value_counts()["count"]
    assert counts.max() < 2.2 * counts.min()


def test_a_number_with_decimal_limits_has_decimals(make):
    question = {"name": "q", "kind": "numeric", "text": "How many?", "minimum": 0.5, "maximum": 2.5}
    values = simulate(make.survey(question), make.people(50), Uniform()).codes("q")
    assert values.dtype == pl.Float64
    assert values.is_between(0.5, 2.5).all()


def test_word_codes_are_kept_as_words(make):
    options = [{"code": "x", "label": "One"}, {"code": "y", "label": "Two"}]
    question = {"name": "q", "kind": "single", "text": "Which?", "options": options}
    assert set(simulate(make.survey(question), make.people(40), Uniform()).codes("q")) == {"x", "y"}


# -- the same panel every time ---------------------------------------------------------------------------------------

OPTIONS = ("Bad", "Fair", "Good", "Don't know")


def copula():
    """A copula of the survey's own wording, so that its answers depend on one another."""
    people = np.random.default_rng(0).integers(0, 3, (300, 2))
    people[:, 1] = np.where(people[:, 1] == 0, people[:, 0], people[:, 1])
    flags = (False, False, False, True)
    texts = ("How good is the taste of tea?", "How good is the taste of coffee?")
    return Copula([Prompt(text, OPTIONS, True, flags) for text in texts], list(people.T))


#: every family of models has to pass: (model, survey made of the grid only?)
MODELS = {
    "uniform": (Uniform, False),
    "fake": (FakeModel, False),
    "copula": (copula, True),
    "default": (lambda: load_model("default"), False),
}


@pytest.mark.parametrize("name", MODELS)
def test_the_panel_does_not_depend_on_how_the_work_is_cut(make, name):
    """Same probabilities whatever the batch, and random numbers that know no batch: the same panel to the last code."""
    build, grid_only = MODELS[name]
    survey = make.survey(_grid()) if grid_only else make.survey()
    people, model = make.people(103), build()
    whole = simulate(survey, people, model, seed=5, batch_size=1000)
    for size in (1, 7, 64):
        assert simulate(survey, people, model, seed=5, batch_size=size).answers.equals(whole.answers)
    backwards = simulate(survey, people.rows(np.arange(103)[::-1]), model, seed=5)
    assert backwards.answers.reverse().equals(whole.answers)


def _grid():
    rows = [{"name": "tea", "text": "tea?"}, {"name": "coffee", "text": "coffee?"}]
    options = [*OPTIONS[:3], {"code": 9, "label": OPTIONS[3], "missing": True}]
    return {"name": "taste", "kind": "grid", "text": "How good is the taste of", "rows": rows, "options": options}


def test_another_seed_is_another_panel(people, survey):
    one, two = (simulate(survey, people, FakeModel(), seed=seed).answers.drop("_seed") for seed in (1, 2))
    assert not one.equals(two)


def test_processes_give_the_same_panel(people, survey):
    alone = simulate(survey, people, FakeModel(), batch_size=20)
    assert simulate(survey, people, FakeModel(), batch_size=20, workers=2).answers.equals(alone.answers)


def test_a_panel_on_disk_is_the_panel_in_memory(tmp_path, people, survey):
    path = simulate_to(tmp_path / "panel.parquet", survey, people, FakeModel(), seed=4, batch_size=25)
    panel = simulate(survey, people, FakeModel(), seed=4)
    assert read_dataset(path).answers.equals(panel.answers)
    assert read_dataset(path).content_hash == panel.content_hash
    assert [file.name for file in tmp_path.iterdir()] == ["panel.parquet"]


def test_a_panel_of_nobody_can_be_written(tmp_path, make, survey):
    path = simulate_to(tmp_path / "panel.parquet", survey, make.people(5).rows(np.arange(0)), FakeModel())
    assert read_dataset(path).n == 0


def test_answers_have_the_probabilities_of_the_model(make):
    spy = make.spy({"Q?": [0.2, 0.5, 0.3]})
    question = {"name": "q", "kind": "single", "text": "Q?", "options": ["a", "b", "c"]}
    codes = simulate(make.survey(question), make.people(20_000), spy).codes("q").to_numpy()
    assert np.bincount(codes, minlength=4)[1:] / 20_000 == pytest.approx([0.2, 0.5, 0.3], abs=0.012)


# -- what the model is told ------------------------------------------------------------------------------------------


def test_backgrounds_are_told_in_words_and_every_answer_before_the_next_question(people, survey, make):
    spy = make.spy()
    simulate(survey, people, spy)
    assert texts(spy.history) == ["Are you male or female?", "How old are you?", "Do you live in a town?"]
    sex, age, town = spy.history
    assert sex.choices[:4].tolist() == [0, 1, 0, 1]
    assert sex.prompt.options == ("Male", "Female")
    assert age.prompt.ordinal
    assert len(age.prompt.options) > 3
    assert town.choices[:3].tolist() == [-1, 0, 0]
    assert [prompt.text for prompt, _ in spy.asked] == texts(spy.told)


def test_year_and_country_are_part_of_every_prompt(people, make):
    spy = make.spy()
    simulate(make.survey(year=2019, country="AU"), people, spy)
    prompts = [told.prompt for told in spy.history] + [prompt for prompt, _ in spy.asked]
    assert {(prompt.year, prompt.country) for prompt in prompts} == {(2019, "AU")}


def test_a_background_that_tells_nothing_is_not_told_and_that_is_said(make):
    country = Variable("land", "Country?", "single", (Option(1, "Norway"),), "background")
    same = Variable("age", "How old are you?", "numeric", role="background")
    people, spy, notes = make.people(3, (country, same), land=[1, 1, 1], age=[30, 30, None]), make.spy(), Notes()
    panel = simulate(make.survey(), people, spy, progress=notes)
    assert spy.history == []
    assert panel.names("background") == ("land", "age")
    assert "only one option" in notes.said[0]
    assert "fewer than two different values" in notes.said[1]


class Notes:
    """A watcher that keeps what was said."""

    def __init__(self):
        self.said = []

    def start(self, total, answers_each):
        self.said = []

    def update(self, done, total):
        self.last = (done, total)

    def note(self, text):
        self.said.append(text)

    def close(self):
        self.closed = True


# -- given answers ---------------------------------------------------------------------------------------------------


def given_answers(ids, **columns):
    """Earlier answers: a closed question, a number, text, and the survey's own car question."""
    variables = (
        Variable("dog", "Do you have a dog?", "single", (Option(1, "Yes"), Option(0, "No"))),
        Variable("height", "How tall are you?", "numeric"),
        Variable("story", "Tell us.", "text"),
        Variable("car", "Do you own a car?", "single", (Option(1, "Yes"), Option(2, "No"))),
        Variable("sex", "Are you male or female?", "single", (Option(1, "Male"), Option(2, "Female")), "background"),
    )
    n = len(ids)
    answers = {"respondent_id": ids, "dog": [i % 2 for i in range(n)], "height": [150 + i for i in range(n)]}
    answers |= {"story": ["x"] * n, "car": [1] * n, "sex": [1] * n} | columns
    return DataSet(pl.DataFrame(answers), Codebook("given", "Given", variables), "given")


def test_given_answers_are_told_by_id_but_not_those_that_are_asked_or_known(people, survey, make):
    spy, notes = make.spy(), Notes()
    given = given_answers(["p3", "stranger", "p1"], dog=[1, 1, 0], height=[180, 150, 160])
    simulate(survey, people, spy, given=given, progress=notes)
    assert texts(spy.history)[3:] == ["Do you have a dog?", "How tall are you?"]
    dog, height = spy.history[3:]
    assert dog.choices[:4].tolist() == [1, -1, 0, -1]
    assert height.choices[1] == -1
    assert height.choices[2] > height.choices[0] >= 0
    assert "58 of 60 respondents have no given answers" in notes.said[0]
    assert "1 given variables cannot be told" in notes.said[1]


def test_given_answers_change_what_is_answered_and_not_only_for_those_asked_alone(make, survey):
    people = make.people(400)
    yes, no = (given_answers(people.respondent_ids, dog=[code] * 400) for code in (1, 0))
    one, two = (simulate(survey, people, FakeModel(), given=given).answers for given in (yes, no))
    assert not one.equals(two)
    assert simulate(survey, people, FakeModel(), given=yes, batch_size=33).answers.equals(one)


def test_given_answers_of_other_people_are_refused_with_examples(people, survey):
    with pytest.raises(DataError, match=r"none of the 60 respondent_ids of PEOPLE \(such as 'p1'.*\(such as '7', '8'"):
        simulate(survey, people, FakeModel(), given=given_answers([7, 8]))


def test_ids_written_as_numbers_and_as_words_are_the_same_people(make, survey):
    people, spy = make.people(2, respondent_id=["1", "2"]), make.spy()
    simulate(survey, people, spy, given=given_answers([1, 2]))
    assert spy.history[-1].choices.tolist()[0] >= 0


def test_several_given_interviews_of_one_person_are_refused(people, survey):
    wave = Variable("wave", "Wave", "numeric", role="design")
    given = given_answers(["p1", "p2"])
    twice = pl.concat([given.answers] * 2).with_columns(pl.Series("wave", [1, 1, 2, 2]))
    given = DataSet(twice, Codebook("given", "Given", (*given.codebook.variables, wave)))
    with pytest.raises(DataError, match=r"2 rows repeat a respondent_id.*keep one wave"):
        simulate(survey, people, FakeModel(), given=given)


# -- copying what is known -------------------------------------------------------------------------------------------


def sex_question(*options, text="Are you male or female?"):
    return {"name": "sex", "kind": "single", "text": text, "options": list(options)}


def test_a_background_that_is_asked_again_is_copied_by_its_label_and_not_asked(people, make):
    survey = make.survey(sex_question("Female", "Male", "Other"), _car())
    spy = make.spy()
    panel = simulate(survey, people, spy)
    assert panel.codes("sex").to_list()[:4] == [2, 1, 2, 1]
    assert [prompt.text for prompt, _ in spy.asked] == ["Do you own a car?"]
    assert panel.codebook.variable("sex").role == "background"
    assert texts(spy.history).count("Are you male or female?") == 1


@pytest.mark.parametrize("text", ["ARE YOU MALE, OR FEMALE", "Are you  male or female ?"])
def test_case_spacing_and_punctuation_make_no_other_question(people, make, text):
    panel = simulate(make.survey(sex_question("Female", "Male", text=text), _car()), people, FakeModel())
    assert panel.codes("sex").to_list()[:4] == [2, 1, 2, 1]


def test_a_background_in_other_words_is_refused_with_both_wordings_and_the_way_out(people, make):
    survey = make.survey(sex_question("Female", "Male", text="What sex was your first doctor?"), _car())
    with pytest.raises(DataError, match=r"'sex' asks 'What sex was your first doctor\?'.*'Are you male or fem.*rename"):
        simulate(survey, people, FakeModel())


def _car():
    return {"name": "car", "kind": "single", "text": "Do you own a car?", "options": ["Yes", "No"]}


def test_a_background_asked_with_other_answers_is_refused(people, make):
    with pytest.raises(DataError, match=r"item 'sex' is a background of PEOPLE with other answers \('Male'\)"):
        simulate(make.survey(sex_question("Female", "Man")), people, FakeModel())


def test_a_number_that_is_known_is_copied(people, make):
    age = {"name": "age", "kind": "numeric", "text": "How old are you?", "minimum": 18, "maximum": 99}
    panel = simulate(make.survey(age, _car()), people, FakeModel())
    assert panel.codes("age").equals(people.codes("age"))


# -- several answers to one question ---------------------------------------------------------------------------------


def test_who_selects_none_of_these_selects_nothing_else(make, survey):
    panel = simulate(survey, make.people(3000), FakeModel())
    none, others = panel.codes("brand_9") == 1, (panel.codes("brand_1") == 1) | (panel.codes("brand_2") == 1)
    assert 100 < none.sum() < 2900
    assert not (none & others).any()
    assert (~none & ~others).any()  # nothing selected at all is an answer too


def test_an_exclusive_option_keeps_its_probability_and_the_others_theirs_among_the_rest(make, survey):
    text = "Which brands do you know?"
    chances = {f"{text} None of these": [0.7, 0.3], f"{text} Alpha": [0.4, 0.6]}
    panel = simulate(survey, make.people(10_000), make.spy(chances))
    none = panel.codes("brand_9").to_numpy() == 1
    assert none.mean() == pytest.approx(0.3, abs=0.015)
    assert panel.codes("brand_1").to_numpy()[~none].mean() == pytest.approx(0.6, abs=0.015)


def test_everybody_is_told_not_selected_after_an_exclusive_option_and_nobody_is_asked_in_vain(make, survey, people):
    chances = {"Which brands do you know? None of these": [0.0, 1.0]}
    spy = make.spy(chances)
    simulate(survey, people, spy)
    asked = [prompt.text for prompt, _ in spy.asked]
    assert asked[-1].endswith("None of these")
    assert [choices.max() for _, choices in spy.told[-2:]] == [0, 0]


def test_of_two_exclusive_options_one_is_selected_at_most(make):
    options = [
        "Alpha",
        {"code": 8, "label": "None", "exclusive": True},
        {"code": 9, "label": "Unsure", "exclusive": True},
    ]
    question = {"name": "b", "kind": "multiple", "text": "Brands?", "options": options}
    panel = simulate(make.survey(question), make.people(500), Uniform())
    assert panel.answers.select(pl.sum_horizontal("b_8", "b_9")).max().item() == 1


# -- what is refused -------------------------------------------------------------------------------------------------

OPEN = {"name": "why", "kind": "open", "text": "Why?"}


def test_open_text_is_refused_by_name(people, make):
    with pytest.raises(CannotAnswer, match=r"question 'why' asks for text.*skip_open=True"):
        simulate(make.survey(_car(), OPEN), people, FakeModel())


def test_open_text_is_left_out_when_allowed_and_that_is_said(people, make):
    notes = Notes()
    panel = simulate(make.survey(_car(), OPEN), people, FakeModel(), skip_open=True, progress=notes)
    assert panel.names("question") == ("car",)
    assert "'why' left out" in notes.said[0]


def test_display_text_has_no_column(people, make):
    display = {"name": "hello", "kind": "display", "text": "Welcome."}
    assert simulate(make.survey(display, _car()), people, FakeModel()).names("question") == ("car",)


def test_what_simulate_would_refuse_is_known_beforehand_in_its_own_words(people, make):
    routed, unbounded = _car() | {"show_if": "sex == "}, {"name": "q", "kind": "numeric", "text": "How many?"}
    found = [str(problem) for problem in obstacles(make.survey(routed, OPEN, unbounded))]
    assert [name in problem for name, problem in zip(("'car'", "'why'", "'q'"), found, strict=True)] == [True] * 3
    for question, problem in zip((routed, OPEN, unbounded), found, strict=True):
        with pytest.raises(PopulaceError) as refusal:
            simulate(make.survey(question, _car() | {"name": "other"}), people, FakeModel())
        assert str(refusal.value) == problem


def test_a_survey_that_can_be_simulated_has_no_obstacles(make, survey):
    assert obstacles(survey) == []
    assert obstacles(make.survey(OPEN, _car()), skip_open=True) == []


def test_a_number_without_limits_is_no_obstacle_where_it_is_known(people, make):
    survey = make.survey({"name": "age", "kind": "numeric", "text": "How old are you?"}, _car())
    assert simulate(survey, people, FakeModel()).codes("age").equals(people.codes("age"))


def test_answers_changed_on_the_way_in_are_said(make, survey):
    people, notes = make.people(3, age=[20.0, float("nan"), 40.0]), Notes()
    simulate(survey, people, FakeModel(), progress=notes)
    assert "1 cell holds NaN" in notes.said[0]


def test_a_background_without_wording_is_refused_by_name(make, survey):
    silent = Variable("v17", " ", "single", (Option(1, "a"), Option(2, "b")), "background")
    with pytest.raises(DataError, match=r"people: background 'v17' has no wording"):
        simulate(survey, make.people(2, (silent,), v17=[1, 2]), FakeModel())


def test_a_background_of_text_is_refused_by_name(make, survey):
    words = Variable("job", "What is your job?", "text", role="background")
    with pytest.raises(DataError, match=r"background 'job' holds text; expected options or numbers"):
        simulate(survey, make.people(2, (words,), job=["a", "b"]), FakeModel())


def test_a_number_without_limits_is_refused_by_name(people, make):
    with pytest.raises(InputError, match=r"'q'.*minimum"):
        simulate(make.survey({"name": "q", "kind": "numeric", "text": "How many?"}), people, FakeModel())


@pytest.mark.parametrize("chance", [[0.7, 0.7], [-0.1, 1.1], [np.nan, 1.0], [0.5, 0.2, 0.3]])
def test_a_model_that_gives_no_probabilities_is_caught(people, make, chance):
    with pytest.raises(ModelError, match="'Do you own a car\\?'"):
        simulate(make.survey(_car()), people, make.spy({"Do you own a car?": chance}))


def test_a_streamed_panel_carries_the_hash_of_the_same_panel_in_memory(tmp_path, people, survey):
    panel = simulate(survey, people, FakeModel(), seed=2)
    for size in (7, 64):
        path = simulate_to(tmp_path / f"{size}.parquet", survey, people, FakeModel(), seed=2, batch_size=size)
        assert hash_in(path) == panel.content_hash == read_dataset(path).content_hash


def test_a_streamed_panel_that_was_altered_is_refused(tmp_path, people, survey):
    path = simulate_to(tmp_path / "panel.parquet", survey, people, FakeModel())
    metadata = {key: value for key, value in pl.read_parquet_metadata(path).items() if key.startswith("populace")}
    pl.read_parquet(path).with_columns(car=pl.lit(1, pl.Int16)).write_parquet(path, metadata=metadata)
    with pytest.raises(DataError, match="other answers than were written"):
        read_dataset(path)


def test_a_batch_of_nobody_and_another_suffix_are_wrong_use(tmp_path, people, survey):
    with pytest.raises(UsageError, match="batch size is 0"):
        simulate(survey, people, FakeModel(), batch_size=0)
    with pytest.raises(UsageError, match=r"ends in '.csv'"):
        simulate_to(tmp_path / "panel.csv", survey, people, FakeModel())
