"""What belongs to a loop is named by its round outside of it; and other conditions that nobody could ever meet."""

import pytest

from populace.survey.expression_checks import Known
from populace.survey.routing import named_before_put, routing_problems

from .walking import block, single, survey

ROUNDS = [{"name": "x", "fields": {"brand": "Acme"}}, {"name": "y", "fields": {"brand": "Bolt"}}]
MEDIA = {"name": "media", "kind": "multiple", "text": "Which?", "options": ["Paper", "Web"]}


def looped(*questions, after=(), before=(), rounds=ROUNDS, **fields):
    """Questions in a loop, and some before and after it."""
    blocks = [block(id, *some) for id, some in (("a", before), ("b", questions), ("c", after)) if some]
    flow = [{"loop": {"id": "l", "rounds": rounds, "flow": [{"block": "b"}]}}]
    flow = [*([{"block": "a"}] if before else []), *flow, *([{"block": "c"}] if after else [])]
    return survey(*blocks, flow=flow, **fields)


def words(instrument, **settings):
    return [str(problem) for problem in routing_problems(instrument, {}, **settings)]


def test_within_the_loop_and_by_the_round_it_is_named():
    inside = single("q2", text="${loop.brand}: ${q1}?", show_if="q1 == 1 and loop.brand == 'Acme'")
    after = single("q3", show_if="q1.x == 1 and selected(media.y, 2)")
    assert words(looped("q1", MEDIA, inside, after=[after])) == []


@pytest.mark.parametrize(("fields", "named"), [
    ({"show_if": "q1 == 1"}, "such as 'q1.x'"),
    ({"text": "You said ${q1}?"}, "such as 'q1.x'"),
    ({"show_if": "selected(media, 1)"}, "such as 'media.x'"),
    ({"show_if": "loop.brand == 'Acme'"}, "is a field of loop 'l'"),
    ({"text": "${loop.brand}?"}, "is a field of loop 'l'"),
])  # fmt: skip
def test_outside_the_loop_it_is_refused_without_a_round(fields, named):
    (problem,) = words(looped("q1", MEDIA, after=[single("q3", **fields)]))
    assert "question 'q3'" in problem and named in problem


def test_a_field_of_one_loop_is_none_in_another():
    other = {"loop": {"id": "m", "rounds": [{"name": "p", "fields": {"size": "big"}}], "flow": [{"block": "b"}]}}
    one = {"loop": {"id": "l", "rounds": ROUNDS, "flow": [{"block": "a"}]}}
    blocks = block("a", single("q1", text="${loop.brand}?")), block("b", single("q2", text="${loop.brand}?"))
    (problem,) = words(survey(*blocks, flow=[one, other]))
    assert "question 'q2', wording" in problem and "loop 'l'" in problem
    # two loops may have a field of one name
    other["loop"]["rounds"] = ROUNDS
    assert words(survey(*blocks, flow=[one, other])) == []


def test_the_inner_loop_names_what_the_outer_asks():
    inner = {"loop": {"id": "i", "rounds": [{"name": "1", "show_if": "q1 == 1"}], "flow": [{"block": "b"}]}}
    outer = {"loop": {"id": "o", "rounds": ROUNDS, "flow": [{"block": "a"}, inner]}}
    inside = single("q2", show_if="q1 == 1 and loop.brand == 'Acme'")
    assert words(survey(block("a", "q1"), block("b", inside), flow=[outer])) == []


def test_a_round_that_is_put_later_cannot_decide():
    (problem,) = words(looped("q1", before=[single("q0", show_if="q1.y == 1")]))
    assert "'q1.y' is asked later" in problem


def test_fields_are_looked_at_like_other_words():
    rounds = [{"name": "x", "fields": {"brand": "${nobody}"}}]
    (problem,) = words(looped("q1", rounds=rounds))
    assert "loop 'l', round 'x', field 'brand'" in problem and "'nobody'" in problem


def test_rows_of_several_choices_are_asked_when_their_question_is():
    grid = {"name": "g", "kind": "grid_multiple", "text": "Which?", "rows": ["a"], "options": ["A", "B"]}
    (problem,) = words(survey(block("a", single("q", show_if="selected(g_1, 1)"), grid)))
    assert "'g_1' is asked later" in problem
    assert words(survey(block("a", grid, single("q", show_if="selected(g_1, 1)")))) == []


def test_what_is_known_beforehand_may_have_the_name_of_a_question_in_a_loop():
    instrument = looped("q1", after=[single("q3", show_if="q1 == 1")])
    assert list(routing_problems(instrument, {"q1": Known("closed", (1, 2, 3))})) == []


@pytest.mark.parametrize("column", [
    {"show_if": "q == 1"},
    {"options": [{"code": 1, "label": "A", "show_if": "q == 1"}, {"code": 2, "label": "B"}]},
])  # fmt: skip
def test_conditions_of_columns_side_by_side_are_refused(column):
    made = {"name": "c", "kind": "single", "text": "C?", "options": ["A", "B"]} | column
    side = {"name": "s", "kind": "side_by_side", "text": "Both?", "rows": ["a"], "columns": [made]}
    (problem,) = words(survey(block("a", "q", side)))
    assert "question 's', column 'c'" in problem
    assert words(survey(block("a", "q", side)), apart=["s"]) == []


def test_computed_values_that_go_in_circles_are_all_named():
    computed = [{"name": name, "value": value} for name, value in (("x", "y + 1"), ("y", "x"), ("z", "x"), ("u", "u"))]
    found = words(survey(block("a", "q"), computed=computed))
    assert [one.split("'")[1] for one in found] == ["x", "y", "u"]


def test_what_has_to_be_known_beforehand_is_listed():
    instrument = survey(
        block("a", single("q1", show_if="region == 1 and other == 2"), "region", single("q2", show_if="q1 == 1"))
    )
    assert named_before_put(instrument) == {"region"}
