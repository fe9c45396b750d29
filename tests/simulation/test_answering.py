"""How each kind of question is answered: within its limits, and with the probabilities that the model gives."""

from collections import Counter
from dataclasses import replace
from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from populace.errors import ModelError
from populace.simulation.answering import Interviewing, answers_to, prompts_of, rounded_parts
from populace.simulation.chance import respondent_keys
from populace.survey.instrument import read_instrument
from populace.survey.kinds import KINDS
from populace.survey.state import Place
from populace.survey.walk import Visit

#: chi-square exceeded once in a thousand, by degrees of freedom
CRITICAL = {1: 10.83, 2: 13.82, 3: 16.27, 4: 18.47, 5: 20.52, 9: 27.88, 11: 31.26}


class Session:
    """Gives every prompt the chances listed for its last words, else every option the same; remembers what happens."""

    def __init__(self, n, chances):
        self.n, self.chances, self.asked, self.told = n, chances, [], []

    def ask(self, prompt, rows=None):
        self.asked.append((prompt, rows))
        size = len(prompt.options)
        found = next(
            (one for words, one in self.chances.items() if prompt.text.endswith(words)), np.full(size, 1 / size)
        )
        return np.tile(np.asarray(found, dtype=float), (self.n if rows is None else len(rows), 1))

    def tell(self, prompt, choices, rows=None):
        self.told.append((prompt, np.asarray(choices), rows))


def question_of(**fields):
    content = {"name": "q", "text": "Q?"} | fields
    return read_instrument({"id": "s", "title": "S", "questions": [content]}).questions[0]


def answered(question, n=1, chances=None, settled=(), **visit):
    """Answers of n respondents, and the session."""
    session = Session(n, chances or {})
    rows = visit.pop("rows", np.arange(n))
    asking = Interviewing(session, respondent_keys(7, range(n)), None, None, frozenset(settled))
    several = {name: np.asarray(value) for name, value in visit.items() if name in ("offered", "lines", "versions")}
    place = visit.get("place", Place())
    seen = Visit(question, question.items(), rows, place, **several)
    group = visit.get("group", np.arange(len(rows)))
    return answers_to(seen, question, group, asking), session


def table(answers, *names):
    return np.column_stack([answers[name] for name in names])


def fits(counts, chances):
    """Counts against the chances they should follow."""
    n = sum(counts.values())
    assert set(counts) <= set(chances), "something came up that cannot"
    away = sum((counts.get(one, 0) - n * chance) ** 2 / (n * chance) for one, chance in chances.items())
    assert away < CRITICAL[len(chances) - 1], (away, counts, chances)


# -- one of several --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["single", "scale"])
def test_one_option_is_drawn_with_the_chances_of_the_model(kind):
    answers, session = answered(question_of(kind=kind, options=["A", "B", "C"]), 3000, {"Q?": [0.5, 0.3, 0.2]})
    fits(Counter(answers["q"].tolist()), {1: 0.5, 2: 0.3, 3: 0.2})
    ((prompt, told, rows),) = session.told
    assert prompt.ordinal is (kind == "scale") and rows is None
    assert (told + 1 == answers["q"]).all()


def test_words_stay_words():
    question = question_of(kind="single", options=[{"code": "f", "label": "Female"}, {"code": "m", "label": "Male"}])
    answers, _ = answered(question, 20)
    assert answers["q"].dtype == object and set(answers["q"]) == {"f", "m"}


def test_only_what_is_offered_is_chosen_and_in_proportion():
    offered = np.array([[True, False, True]] * 2000 + [[False, True, False]] * 100)
    question = question_of(kind="single", options=["A", "B", "C"])
    answers, _ = answered(question, 2100, {"Q?": [0.6, 0.2, 0.2]}, offered=offered)
    fits(Counter(answers["q"][:2000].tolist()), {1: 0.75, 3: 0.25})
    assert set(answers["q"][2000:]) == {2}


def test_where_the_model_expects_nothing_that_is_offered_all_of_it_is_as_likely():
    offered = np.tile([True, True, False], (2000, 1))
    question = question_of(kind="single", options=["A", "B", "C"])
    answers, _ = answered(question, 2000, {"Q?": [0, 0, 1]}, offered=offered)
    fits(Counter(answers["q"].tolist()), {1: 0.5, 2: 0.5})


def test_where_there_is_one_option_nobody_asks_the_model():
    answers, session = answered(question_of(kind="single", options=["A"]), 3)
    assert answers["q"].tolist() == [1, 1, 1] and session.asked == [] and session.told == []


def test_rows_of_a_grid_are_put_one_after_the_other_to_whom_they_are_shown():
    grid = question_of(kind="grid", rows=["tea", "milk"], options=["Bad", "Good"])
    answers, session = answered(grid, 2, lines=[[True, False], [True, True]])
    assert not np.isnan(answers["q_1"]).any()
    assert np.isnan(answers["q_2"]).tolist() == [True, False]
    assert [(prompt.text, None if rows is None else rows.tolist()) for prompt, rows in session.asked] == [
        ("Q? tea", None),
        ("Q? milk", [1]),
    ]


def test_what_is_settled_is_not_asked():
    grid = question_of(kind="grid", rows=["tea", "milk"], options=["Bad", "Good"])
    answers, session = answered(grid, 2, settled=["q_1"])
    assert set(answers) == {"q_2"} and len(session.asked) == 1


def test_in_a_loop_columns_have_the_name_of_the_round_and_numbers_of_their_own():
    question = question_of(kind="single", options=["A", "B"])
    x, _ = answered(question, 200, place=Place(".x"))
    y, _ = answered(question, 200, place=Place(".y"))
    assert set(x) == {"q.x"} and set(y) == {"q.y"} and x["q.x"].tolist() != y["q.y"].tolist()


@pytest.mark.parametrize("chances", [[0.5, 0.6], [-0.1, 1.1], [np.nan, 1]])
def test_chances_that_are_none_are_refused(chances):
    with pytest.raises(ModelError, match="Q\\?"):
        answered(question_of(kind="single", options=["A", "B"]), 2, {"Q?": chances})


# -- numbers ---------------------------------------------------------------------------------------------------------


def test_a_number_lies_in_its_bin_and_dont_know_is_a_code():
    unsure = {"code": -8, "label": "Don't know", "missing": True}
    question = question_of(kind="numeric", minimum=0, maximum=4, options=[unsure])
    answers, session = answered(question, 4000, {"Q?": [0.1, 0.2, 0.3, 0.1, 0.1, 0.2]})
    assert session.asked[0][0].options == ("0", "1", "2", "3", "4", "Don't know")
    assert session.asked[0][0].missing == (False,) * 5 + (True,)
    fits(Counter(answers["q"].tolist()), {0: 0.1, 1: 0.2, 2: 0.3, 3: 0.1, 4: 0.1, -8: 0.2})


def test_dont_know_is_not_said_where_it_is_not_offered():
    unsure = {"code": 99, "label": "Don't know", "missing": True}
    question = question_of(kind="numeric", minimum=0, maximum=1, options=[unsure])
    answers, _ = answered(question, 400, {"Q?": [0.1, 0.1, 0.8]}, offered=[[True], [False]] * 200)
    assert 99 in answers["q"][::2] and 99 not in answers["q"][1::2]


def test_a_dont_know_that_is_a_word_is_no_number():
    unsure = {"code": "dk", "label": "Don't know", "missing": True}
    answers, _ = answered(question_of(kind="numeric", minimum=0, maximum=1, options=[unsure]), 60)
    values = answers["q"]
    assert values.dtype == np.float64 and np.isnan(values).any() and set(values[~np.isnan(values)]) == {0, 1}


@pytest.mark.parametrize(("fields", "possible"), [
    ({"minimum": 0, "maximum": 100, "step": 25}, {0, 25, 50, 75, 100}),
    ({"minimum": 1, "maximum": 10, "step": 4}, {1, 5, 9}),
    ({"minimum": -1, "maximum": 1, "step": 0.5}, {-1, -0.5, 0, 0.5, 1}),
    ({"minimum": 0, "maximum": 0.3, "step": 0.1}, {0, 0.1, 0.2, 0.3}),
    ({"minimum": 0, "maximum": 3, "step": 5}, {0}),
    ({"minimum": 0.25, "maximum": 1.75, "decimals": 0}, {1}),
    ({"minimum": 0, "maximum": 1, "decimals": 1}, {place / 10 for place in range(11)}),
    ({"minimum": 3, "maximum": 6}, {3, 4, 5, 6}),
])  # fmt: skip
@pytest.mark.parametrize("kind", ["slider", "numeric"])
def test_numbers_are_among_those_that_can_be_given(kind, fields, possible):
    answers, _ = answered(question_of(kind=kind, **fields), 600)
    found = set(answers["q"].tolist())
    assert found <= possible and len(found) == len(possible)


def test_sliders_in_rows_are_numbers_for_each_row():
    question = question_of(kind="slider", minimum=0, maximum=10, step=5, rows=["a", "b"])
    answers, _ = answered(question, 50, lines=[[True, True], [True, False]] * 25)
    assert set(answers["q_1"]) == {0, 5, 10}
    assert np.isnan(answers["q_2"][1::2]).all() and not np.isnan(answers["q_2"][::2]).any()


# -- several options -------------------------------------------------------------------------------------------------

YES = {"A": [0.8, 0.2], "B": [0.5, 0.5], "C": [0.3, 0.7], "D": [0.6, 0.4]}
CHANCE = {1: 0.2, 2: 0.5, 3: 0.7, 4: 0.4}


def several(**fields):
    return question_of(kind="multiple", options=list("ABCD"), **fields)


def sets_of(answers, codes=(1, 2, 3, 4), name="q"):
    chosen = table(answers, *(f"{name}_{code}" for code in codes)) == 1
    return [frozenset(code for code, yes in zip(codes, row, strict=True) if yes) for row in chosen]


def exactly(codes, least=0, most=9):
    """What a sampler that draws again until the number is right would give."""
    chances = {}
    for count in range(least, min(most, len(codes)) + 1):
        for chosen in combinations(codes, count):
            chances[frozenset(chosen)] = np.prod(
                [CHANCE[code] if code in chosen else 1 - CHANCE[code] for code in codes]
            )
    total = sum(chances.values())
    return {chosen: chance / total for chosen, chance in chances.items()}


def test_every_option_is_chosen_or_not():
    answers, session = answered(several(), 3000, YES)
    for code, chance in CHANCE.items():
        fits(Counter(answers[f"q_{code}"].tolist()), {1: chance, 0: 1 - chance})
    assert [prompt.options for prompt, _ in session.asked] == [("Not selected", "Selected")] * 4
    assert all((told == answers[f"q_{code}"]).all() for code, (_, told, _) in enumerate(session.told, 1))


@pytest.mark.parametrize(("least", "most"), [(2, 3), (3, None), (None, 1), (2, 2), (4, 4)])
def test_the_number_is_kept_with_the_chances_of_a_sampler_that_draws_until_it_is_right(least, most):
    answers, _ = answered(several(at_least=least, at_most=most), 6000, YES)
    wanted = exactly(CHANCE, least or 0, 4 if most is None else most)
    counts = Counter(sets_of(answers))
    if len(wanted) == 1:
        assert set(counts) == set(wanted)
    else:
        fits(counts, wanted)


def test_the_number_is_kept_among_what_is_offered():
    offered = np.array([[True, False, True, True]] * 4000 + [[False, True, False, False]] * 50)
    answers, _ = answered(several(at_least=2), 4050, YES, offered=offered)
    chosen = sets_of(answers)
    fits(Counter(chosen[:4000]), exactly((1, 3, 4), 2))
    assert set(chosen[4000:]) == {frozenset({2})}  # who is offered fewer selects what there is
    assert np.isnan(answers["q_2"][:4000]).all() and not np.isnan(answers["q_1"][:4000]).any()


@pytest.mark.parametrize("yes", [[1, 0], [0, 1]])
def test_the_number_is_kept_though_the_model_is_sure_of_the_contrary(yes):
    answers, _ = answered(several(at_least=2, at_most=3), 200, dict.fromkeys(YES, yes))
    assert set(map(len, sets_of(answers))) == {2 if yes[1] == 0 else 3}


def test_who_selects_an_exclusive_option_selects_nothing_else():
    options = ["A", "B", {"code": 9, "label": "None", "exclusive": True}]
    answers, session = answered(
        question_of(kind="multiple", options=options, at_least=1), 4000, YES | {"None": [0.7, 0.3]}
    )
    chosen = Counter(sets_of(answers, (1, 2, 9)))
    some = exactly((1, 2), 1)
    fits(chosen, {frozenset({9}): 0.3} | {one: 0.7 * chance for one, chance in some.items()})
    # the exclusive option is put first, and the others only to whoever did not select it
    alone = answers["q_9"] == 1
    assert session.asked[0][0].text.endswith("None")
    assert (answers["q_1"][alone] == 0).all() and (answers["q_2"][alone] == 0).all()


def test_rows_of_several_options_keep_their_numbers_each():
    grid = question_of(kind="grid_multiple", rows=["x", "y"], options=list("ABCD"), at_least=1, at_most=2)
    answers, _ = answered(grid, 600, lines=[[True, True], [True, False]] * 300)
    assert set(map(len, sets_of(answers, name="q_1"))) == {1, 2}
    assert np.isnan(answers["q_2_1"][1::2]).all()
    assert set(map(len, sets_of(answers, name="q_2")[::2])) == {1, 2}


# -- in order --------------------------------------------------------------------------------------------------------

STRENGTHS = {1: 0.5, 2: 0.3, 3: 0.15, 4: 0.05}
OBJECTS = {"kind": "rank", "options": list("ABCD")}


def in_turn(codes, count):
    """Plackett-Luce: one after the other, each among those left in proportion to its strength."""
    chances = {}
    for order in permutations(codes, count):
        left, chance = sum(STRENGTHS[code] for code in codes), 1.0
        for code in order:
            chance, left = chance * STRENGTHS[code] / left, left - STRENGTHS[code]
        chances[order] = chance
    return chances


def orders_of(answers, codes, count):
    places = table(answers, *(f"q_{code}" for code in codes))
    assert (np.sort(places, axis=1)[:, :count] == np.arange(1, count + 1)).all()
    assert np.isnan(np.sort(places, axis=1)[:, count:]).all()
    return [tuple(codes[int(np.flatnonzero(row == place)[0])] for place in range(1, count + 1)) for row in places]


@pytest.mark.parametrize("count", [1, 2])
def test_the_first_few_are_put_in_order_one_after_the_other(count):
    question = question_of(**OBJECTS, ranked=count)
    answers, session = answered(question, 8000, {"Q?": list(STRENGTHS.values())})
    found = orders_of(answers, (1, 2, 3, 4), count)
    fits(Counter(found), in_turn((1, 2, 3, 4), count))
    ((_, told, _),) = session.told  # the model hears what came first
    assert [order[0] - 1 for order in found] == told.tolist()


def test_all_that_is_offered_is_put_in_order():
    offered = np.tile([True, True, False, True], (8000, 1))
    answers, _ = answered(question_of(**OBJECTS), 8000, {"Q?": list(STRENGTHS.values())}, offered=offered)
    assert np.isnan(answers["q_3"]).all()
    fits(Counter(orders_of({**answers, "q_3": np.full(8000, np.nan)}, (1, 2, 4), 3)), in_turn((1, 2, 4), 3))


def test_an_option_without_a_chance_comes_last_and_has_its_place():
    answers, _ = answered(question_of(**OBJECTS), 300, {"Q?": [0.5, 0, 0.25, 0.25]})
    assert (answers["q_2"] == 4).all()


def test_fewer_offered_than_are_wanted_are_all_put_in_order():
    question = question_of(**OBJECTS, ranked=3)
    answers, _ = answered(question, 40, offered=np.tile([True, False, False, True], (40, 1)))
    assert {tuple(row) for row in table(answers, "q_1", "q_4").tolist()} == {(1, 2), (2, 1)}


def best_and_worst(codes):
    total = sum(STRENGTHS[code] for code in codes)
    chances = {}
    for best, worst in permutations(codes, 2):
        weak = {code: 1 / STRENGTHS[code] for code in codes if code != best}
        chances[best, worst] = STRENGTHS[best] / total * weak[worst] / sum(weak.values())
    return chances


def test_the_best_is_drawn_by_strength_and_the_worst_of_the_others_by_weakness():
    sets = [[[1, 2, 3], [2, 3, 4]], [[4, 1, 2], [1, 3, 4]]]
    question = question_of(kind="best_worst", options=list("ABCD"), sets=sets)
    versions = np.array([0, 1] * 6000)
    answers, session = answered(question, 12000, {"Q?": list(STRENGTHS.values())}, versions=versions)
    for version, number in ((0, 0), (0, 1), (1, 0), (1, 1)):
        ends = table(answers, f"q_{number + 1}_best", f"q_{number + 1}_worst")[versions == version]
        fits(Counter(map(tuple, ends.tolist())), best_and_worst(sets[version][number]))
    assert len(session.asked) == 1


def test_what_is_not_offered_is_in_no_set_and_of_one_there_is_no_best():
    question = question_of(kind="best_worst", options=list("ABC"), sets=[[[1, 2, 3]]])
    offered = [[True, True, False]] * 30 + [[False, True, False]] * 10
    answers, _ = answered(question, 40, offered=offered, versions=np.zeros(40, dtype=int))
    ends = table(answers, "q_1_best", "q_1_worst")
    assert {tuple(row) for row in ends[:30].tolist()} == {(1, 2), (2, 1)}
    assert np.isnan(ends[30:]).all()


# -- sums ------------------------------------------------------------------------------------------------------------


def parts_of(total=100, **fields):
    return question_of(kind="sum", options=list("ABCD"), total=total, **fields)


@pytest.mark.parametrize(("total", "decimals"), [(100, None), (7, None), (1, None), (10.5, None), (1, 1), (3, 2)])
def test_parts_add_up_to_the_total_and_are_never_negative(total, decimals):
    answers, _ = answered(parts_of(total, decimals=decimals), 500, {"Q?": [0.7, 0.2, 0.1, 0]})
    values = table(answers, "q_1", "q_2", "q_3", "q_4")
    assert np.allclose(values.sum(axis=1), total, atol=1e-9) and (values >= 0).all()
    if float(total).is_integer() and not decimals:
        assert (values == np.round(values)).all()
    elif decimals:
        assert np.allclose(values, np.round(values, decimals), atol=1e-9)


def test_parts_follow_the_strengths_and_are_rounded_as_people_round():
    answers, _ = answered(parts_of(), 6000, {"Q?": [0.4, 0.3, 0.2, 0.1]})
    values = table(answers, "q_1", "q_2", "q_3", "q_4")
    assert np.abs(values.mean(axis=0) - [40, 30, 20, 10]).max() < 1
    tens = (values % 10 == 0).all(axis=1).mean()
    fives = (values % 5 == 0).all(axis=1).mean()
    # of people with four parts .63 and .90; standard errors here are below .01
    assert 0.58 < tens < 0.68 and 0.86 < fives < 0.94
    assert values.std(axis=0).min() > 5


def test_what_is_not_offered_gets_no_part_and_what_has_no_chance_gets_nothing():
    offered = np.tile([True, False, True, True], (50, 1))
    answers, _ = answered(parts_of(), 50, {"Q?": [0.5, 0, 0.5, 0]}, offered=offered)
    assert np.isnan(answers["q_2"]).all()
    assert (answers["q_4"] == 0).all()
    assert (answers["q_1"] + answers["q_3"] == 100).all()


def test_a_single_option_gets_the_total():
    answers, session = answered(question_of(kind="sum", options=["A"], total=10), 3)
    assert answers["q_1"].tolist() == [10, 10, 10] and session.asked == []


@given(
    st.lists(
        st.lists(st.floats(0, 1), min_size=3, max_size=3).filter(lambda one: sum(one) > 0.01), min_size=1, max_size=5
    ),
    st.sampled_from([1, 7, 100, 10.5]),
    st.sampled_from([0.1, 0.35, 1, 5, 10]),
)
def test_rounded_parts_add_up_whatever_the_shares(shares, total, step):
    shares = np.array(shares) / np.array(shares).sum(axis=1, keepdims=True)
    values = rounded_parts(shares, float(total), np.full(len(shares), float(step)))
    assert np.allclose(values.sum(axis=1), total, atol=1e-9) and (values >= -1e-12).all()
    # no part is further from its share than two steps, the one that takes the rest included
    assert np.abs(values - shares * total).max() <= 2 * step + 1e-9


# -- tasks, and questions side by side -------------------------------------------------------------------------------


def test_a_task_is_answered_among_its_cards():
    attributes = [{"name": "price", "levels": ["low", "high"]}, {"name": "color", "levels": ["red", "blue"]}]
    versions = [[[[1, 1], [2, 2]], [[1, 2], [2, 1], [2, 2]]], [[[2, 1], [1, 2]], [[1, 1], [2, 1]]]]
    question = question_of(
        kind="choice_task", tasks={"attributes": attributes, "versions": versions, "none": "Neither"}
    )
    answers, session = answered(question, 400, {}, versions=np.array([0, 1] * 200))
    assert set(answers["q_1"]) == {0, 1, 2}
    assert set(answers["q_2"][::2]) == {0, 1, 2, 3} and set(answers["q_2"][1::2]) == {0, 1, 2}
    cards = [prompt.options for prompt, _ in session.asked]
    assert cards[0] == ("price: low; color: red", "price: high; color: blue", "Neither")
    assert cards[1] == ("price: high; color: red", "price: low; color: blue", "Neither")
    assert [rows.tolist() for _, rows in session.asked[:2]] == [list(range(0, 400, 2)), list(range(1, 400, 2))]
    # the place told to the model is that of the card, and none of them comes last
    _, told, rows = session.told[0]
    assert [{0: 1, 1: 2, 2: 0}[place] for place in told.tolist()] == answers["q_1"][rows].tolist()


def test_columns_side_by_side_are_answered_like_the_grids_they_are():
    columns = [
        {"name": "like", "kind": "scale", "text": "Like?", "options": ["No", "Yes"]},
        {"name": "use", "kind": "multiple", "text": "Use?", "options": ["Home", "Work"], "at_least": 1},
        {"name": "often", "kind": "numeric", "text": "Often?", "minimum": 0, "maximum": 2},
        {"name": "why", "kind": "open", "text": "Why?"},
    ]
    question = question_of(kind="side_by_side", rows=["tea", "milk"], columns=columns)
    settled = ["q_why_1", "q_why_2"]
    answers, _ = answered(question, 60, lines=[[True, True], [False, True]] * 30, settled=settled)
    assert set(answers) == {item.name for item in question.items()} - set(settled)
    assert set(answers["q_like_2"]) == {1, 2} and set(answers["q_often_2"]) == {0, 1, 2}
    assert (answers["q_use_2_1"] + answers["q_use_2_2"] >= 1).all()
    assert all(
        np.isnan(answers[name][1::2]).all() for name in answers if "_1" in name and not name.startswith("q_use_2")
    )


# -- some of the respondents -----------------------------------------------------------------------------------------

SAMPLES = {
    "single": {"options": list("ABC")},
    "multiple": {"options": list("ABC"), "at_least": 1, "at_most": 2},
    "scale": {"options": list("ABC")},
    "nps": {},
    "grid": {"options": list("AB"), "rows": ["x", "y"]},
    "grid_multiple": {"options": list("AB"), "rows": ["x", "y"]},
    "side_by_side": {"rows": ["x"], "columns": [{"name": "c", "kind": "scale", "text": "C?", "options": ["1", "2"]}]},
    "numeric": {"minimum": 0, "maximum": 50},
    "slider": {"minimum": 0, "maximum": 50},
    "rank": {"options": list("ABC")},
    "sum": {"options": list("ABC"), "total": 10},
    "best_worst": {"options": list("ABC"), "sets": [[[1, 2, 3]], [[3, 2, 1]]]},
    "choice_task": {"tasks": {"attributes": [{"name": "a", "levels": ["x", "y"]}], "versions": [[[[1], [2]]]] * 2}},
    "display": {},
    "technical": {},
}


@pytest.mark.parametrize("kind", SAMPLES)
def test_a_group_of_a_visit_answers_as_it_would_among_all(kind):
    question = question_of(kind=kind, **SAMPLES[kind]) if kind not in ("display", "technical") else _silent(kind)
    versions = {"versions": np.array([0, 1, 0, 1, 1, 0])} if kind in ("best_worst", "choice_task") else {}
    everybody, _ = answered(question, 6, **versions)
    group, session = answered(question, 6, **versions, group=np.array([1, 4]))
    assert set(group) == set(everybody) == {item.name for item in question.items()}
    assert all(group[name].tolist() == everybody[name][[1, 4]].tolist() for name in group)
    asked = {row for _, rows in session.asked for row in rows.tolist()}
    assert asked <= {1, 4} and bool(asked) is bool(group)


def _silent(kind):
    content = [{"name": "q", "kind": kind, "text": "Q"}, {"name": "other", "kind": "nps", "text": "O?"}]
    return read_instrument({"id": "s", "title": "S", "questions": content}).questions[0]


def test_every_kind_that_has_answers_is_tried_here():
    assert set(SAMPLES) | {"open", "date"} == set(KINDS)


@pytest.mark.parametrize("kind", sorted(set(SAMPLES) - {"choice_task"}))
def test_a_model_can_read_ahead_what_it_will_be_asked(kind):
    question = question_of(kind=kind, **SAMPLES[kind]) if kind not in ("display", "technical") else _silent(kind)
    versions = {"versions": np.zeros(3, dtype=int)} if kind == "best_worst" else {}
    _, session = answered(question, 3, **versions)
    asking = Interviewing(session, respondent_keys(7, range(3)), None, None, frozenset())
    assert {prompt for prompt, _ in session.asked} == set(prompts_of(question, asking))


def test_reworded_questions_keep_the_random_numbers_of_their_respondents():
    question = question_of(kind="single", options=["A", "B"])
    other = replace(question, text="In other words?")
    assert answered(question, 50)[0]["q"].tolist() == answered(other, 50)[0]["q"].tolist()
