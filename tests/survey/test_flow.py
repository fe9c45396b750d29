"""The flow: what its steps demand, and what is found in it."""

from collections import Counter

import pytest
from hypothesis import given, settings

from populace.errors import InstrumentError
from populace.survey.expression_checks import Known, problems, scope_of
from populace.survey.expressions import parse
from populace.survey.flow import (
    MOST_LEVELS,
    Branch,
    CheckQuota,
    Computed,
    Element,
    End,
    Field,
    Loop,
    Quota,
    Roll,
    Round,
    Section,
    SetData,
    ShowBlock,
    Shuffle,
    elements,
    loops_of,
)
from populace.survey.instrument import Block, Instrument, embedded, read_instrument
from populace.survey.question import END_OF_BLOCK, END_OF_SURVEY, Question, Skip
from populace.survey.scale import Option

from .strategies import instruments

YES_NO = (Option(1, "Yes"), Option(2, "No"))
A, B, C = (ShowBlock(id) for id in "abc")
ROUNDS = (Round("x", (("brand", "Acme"),)), Round("y", (("brand", "Bolt"),)))


def instrument(*flow: Element, **fields) -> Instrument:
    """Blocks a, b and c with one question each."""
    texts = {"a": "A?", "b": "How is ${loop.brand}?", "c": "C?"}
    blocks = tuple(Block(id, (Question(f"q{id}", "multiple", text, YES_NO),)) for id, text in texts.items())
    return Instrument("t", "T", blocks, flow=flow, **fields)


def columns(made: Instrument) -> list[str]:
    return [item.name for item in made.items()]


def test_without_a_flow_all_blocks_are_put_in_order():
    assert instrument().steps == (A, B, C)
    assert instrument(C, A).steps == (C, A)


def test_elements_are_listed_with_those_within_others_in_order():
    flow = (Branch("qa_1 == 1", (A, End()), (B,)), Shuffle("s", (Section((C,)), Roll("n", 1, 2))))
    kinds = [type(element).__name__ for element in elements(flow)]
    assert kinds == ["Branch", "ShowBlock", "End", "ShowBlock", "Shuffle", "Section", "ShowBlock", "Roll"]


def test_questions_of_a_loop_have_their_columns_once_per_round_with_the_rounds_words():
    made = instrument(A, Loop("l", ROUNDS, (B,)), C)
    assert columns(made) == ["qa_1", "qa_2", "qb_1.x", "qb_2.x", "qb_1.y", "qb_2.y", "qc_1", "qc_2"]
    item = made.items()[4]
    assert (item.text, item.battery, item.stem) == ("How is Bolt? Yes", "qb.y", "How is Bolt?")


def test_a_loop_within_a_loop_has_the_columns_of_both():
    inner = Loop("inner", (Round("1"), Round("2")), (B,))
    made = instrument(A, Loop("outer", ROUNDS, (inner,)), C)
    assert [name for name in columns(made) if name.startswith("qb_1")] == [
        "qb_1.x.1",
        "qb_1.x.2",
        "qb_1.y.1",
        "qb_1.y.2",
    ]
    assert [loop.id for loop in loops_of(made.flow)["b"]] == ["outer", "inner"]


def test_a_block_stands_in_one_loop_wherever_it_stands():
    loop = Loop("l", ROUNDS, (Branch("qa_1 == 1", (B,), (B,)),))
    assert len(columns(instrument(loop))) == 8
    with pytest.raises(InstrumentError, match="block 'b' is put within a loop and elsewhere too"):
        instrument(B, loop)


def test_data_are_those_declared_and_those_written_on_the_way():
    made = instrument(SetData((("seen", "yes"), ("panel", "B"))), Roll("arm", 1, 2), A, data=(Field("panel"),))
    assert list(dict.fromkeys(embedded(made))) == ["panel", "seen", "arm"]


@pytest.mark.parametrize(
    ("flow", "fields", "words"),
    [
        ((ShowBlock("d"),), {}, "flow puts block 'd'"),
        ((A, CheckQuota("yung")), {"quotas": (Quota("young", "qa_1 == 1", 5),)}, "'yung' (did you mean 'young'?)"),
        ((A,), {"quotas": (Quota("n", "qa_1 == 1", 5),) * 2}, "quota 'n' is named twice"),
        ((A,), {"computed": (Computed("n", "1"), Computed("n", "2"))}, "computed value 'n' is named twice"),
        ((A,), {"computed": (Computed("qa", "1"),)}, "computed value 'qa' collides with question 'qa'"),
        ((A,), {"data": (Field("qa_1"),)}, "embedded data 'qa_1' collides with question 'qa'"),
        ((Roll("qa_1", 1, 2),), {}, "embedded data 'qa_1' collides with question 'qa'"),
        ((Shuffle("qa", (A,)),), {}, "loop or shuffle 'qa' collides with question 'qa'"),
        ((Branch("true", (ShowBlock("d"),)),), {}, "flow puts block 'd'"),
    ],
)
def test_a_flow_that_names_what_is_not_there_is_refused(flow, fields, words):
    with pytest.raises(InstrumentError) as caught:
        instrument(*flow, **fields)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Branch(" "), "a branch has when ' '"),
        (lambda: Shuffle("s", ()), "shuffle 's' has no members"),
        (lambda: Shuffle("s", (A,), pick=2), "pick is 2; expected 1 to 1"),
        (lambda: Shuffle("s s", (A,)), "cannot be a column"),
        (lambda: Loop("l", (), (A,)), "needs rounds and a flow"),
        (lambda: Loop("l", ROUNDS, ()), "needs rounds and a flow"),
        (lambda: Loop("l", ROUNDS * 2, (A,)), "two rounds of one name"),
        (lambda: Loop("l", ROUNDS, (A,), pick=3), "pick is 3; expected 1 to 2"),
        (lambda: Loop("l", ROUNDS, (A,), pick=True), "pick is True; expected a whole number"),
        (lambda: Round("a b"), "cannot be a column"),
        (lambda: Roll("n", 3, 2), "low 3 is above high 2"),
        (lambda: Roll("n", 1.5, 2), "low is 1.5; expected a whole number"),
        (lambda: SetData((("a b", "x"),)), "cannot be a column"),
        (lambda: SetData((("a", 5),)), "put it in quotes"),
        (lambda: End("ended"), "an end is 'ended'; expected one of complete, screened out, over quota"),
        (lambda: Quota("n", "", 5), "needs a condition and a limit"),
        (lambda: Quota("n", "true", -1), "needs a condition and a limit"),
        (lambda: Field("n", kind="date"), "is 'date'; expected one of text, number"),
        (lambda: Computed("n", ""), "expected an expression"),
    ],
)
def test_a_step_that_breaks_a_rule_is_refused(make, words):
    with pytest.raises(InstrumentError) as caught:
        make()
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def nested(levels: int) -> Element:
    flow: tuple[Element, ...] = (A,)
    for _ in range(levels):
        flow = (Section(flow),)
    return flow[0]


def test_steps_stand_within_one_another_so_deep_and_no_deeper():
    assert instrument(nested(MOST_LEVELS - 1)).items()
    with pytest.raises(InstrumentError, match="nested more than 50 deep"):
        instrument(nested(MOST_LEVELS + 1))
    step: dict = {"block": "a"}
    for _ in range(5_000):
        step = {"section": {"flow": [step]}}
    with pytest.raises(InstrumentError, match="nested more than 50 deep"):
        read_instrument(instrument().to_dict() | {"flow": [step]})


@pytest.mark.parametrize("to", ["q2", "q3", END_OF_BLOCK, END_OF_SURVEY])
def test_a_skip_leads_to_a_later_question_of_the_block_or_to_an_end(to):
    first = Question("q1", "open", "One?", skips=(Skip(to, "answered(q1)"),))
    assert Block("b", (first, Question("q2", "open", "Two?"), Question("q3", "open", "Three?"))).questions[0] == first


@pytest.mark.parametrize("to", ["q1", "q0", "q9", "end"])
def test_a_skip_that_leads_back_or_nowhere_is_refused(to):
    asked = [Question(f"q{n}", "open", "Well?", skips=(Skip(to),) if n == 1 else ()) for n in range(3)]
    with pytest.raises(InstrumentError, match=f"question 'q1': skips to '{to}'; expected a later question"):
        Block("b", tuple(asked))


# -- the strategy of the other tests ---------------------------------------------------------------------------------


def conditions_of(made: Instrument):
    for question in made.questions:
        yield from (question.show_if, question.valid_if, *(skip.when for skip in question.skips))
        yield from (part.show_if for part in (*question.options, *question.rows))
    for element in elements(made.flow):
        yield getattr(element, "when", None)
        yield from (one.show_if for one in getattr(element, "rounds", ()))
    yield from (quota.when for quota in made.quotas)


@settings(max_examples=60)
@given(instruments())
def test_conditions_of_made_up_instruments_fit_what_is_asked(made):
    scope = scope_of(made) | {name: Known("unknown") for name in embedded(made)}
    for condition in filter(None, conditions_of(made)):
        expression = parse(condition)
        assert str(expression) == condition
        assert problems(expression, scope, "truth") == ()


def test_made_up_instruments_have_every_step_of_a_flow():
    seen: Counter[str] = Counter()

    @settings(max_examples=120)
    @given(instruments(kinds=("single", "open"), most_questions=1))
    def gather(made):
        seen.update(type(element).__name__ for element in elements(made.flow))

    gather()
    assert set(seen) == {kind.__name__ for kind in Element.__subclasses__()}


@given(
    instruments(
        ("single", "multiple"),
        flow=False,
        data=False,
        computed=False,
        quotas=False,
        skips=False,
        translations=False,
        logic=False,
        piping=False,
        codes="places",
        without=("look", "option.image", "source", "option.source"),
    )
)
def test_what_is_switched_off_does_not_come(made):
    assert {question.kind for question in made.questions} <= {"single", "multiple"}
    assert (made.flow, made.data, made.computed, made.quotas, made.translations) == ((), (), (), (), {})
    for question in made.questions:
        assert (question.skips, question.show_if, question.look, question.source) == ((), None, None, None)
        assert "${" not in question.text
        assert [option.code for option in question.options] == list(range(1, len(question.options) + 1))
        assert not any(option.image or option.source or option.show_if for option in question.options)
