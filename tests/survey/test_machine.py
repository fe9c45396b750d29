"""The whole machine, for any instrument: one respondent alone is the same as among others, and no rule is broken."""

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from populace.data.audit import audit
from populace.data.codebook import Codebook, Variable
from populace.data.dataset import DataSet
from populace.models.fake import FakeModel
from populace.simulation import validity
from populace.simulation.interview import interview
from populace.simulation.plan import make_plan, obstacles
from populace.survey.kinds import KINDS
from populace.survey.scale import Option

from .strategies import instruments

N = 4
BRANDS = Variable("region", "Where do you live?", "single", (Option(1, "North"), Option(2, "South")), "background")
PEOPLE = DataSet(
    pl.DataFrame({"respondent_id": [f"p{place}" for place in range(N)], "region": [1, 2, None, 1]}),
    Codebook("people", "People", (BRANDS,)),
    "people",
)
#: nobody writes texts here
ASKED = tuple(kind for kind in KINDS if kind not in ("open", "date"))


@st.composite
def plans(draw):
    """A plan of any instrument that can be put to the people."""
    instrument = draw(instruments(ASKED, data=False, translations=False, most_questions=3))
    assume(not obstacles(instrument, True, PEOPLE))
    return make_plan(instrument, PEOPLE, None, draw(st.integers(0, 99)), True)


@pytest.fixture(autouse=True)
def soon_tired():
    """Made-up conditions are seldom met: who finds no valid answer soon is left without one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(validity, "MOST_ATTEMPTS", 3)
        yield


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plans())
@pytest.mark.filterwarnings("ignore:question .* gave no answer in [13] attempts")
def test_a_respondent_alone_answers_as_among_others_and_nobody_breaks_a_rule(plan):
    together = interview(plan, FakeModel(), np.arange(N))
    alone = [interview(plan, FakeModel(), np.array([row])) for row in range(N)]
    assert pl.concat(alone).equals(together)
    assert interview(plan, FakeModel(), np.array([3, 0])).equals(together[[3, 0]])
    found = audit(plan.instrument, DataSet(together, plan.codebook, "panel"))
    assert found.lines() == []
    # whoever was put a question has answered it
    kinds = {item.name: question.kind for question in plan.instrument.questions for item in question.items()}
    unsure = {item.name for question in plan.instrument.questions if question.valid_if for item in question.items()}
    for name, put in found.put.items():
        base = next(one for one in sorted(kinds, key=len, reverse=True) if name == one or name.startswith(f"{one}."))
        # places beyond the first few, and sets of which fewer than two are offered, have no answer; a number whose
        # "don't know" is a word has none either
        if name in unsure:
            continue
        if name not in plan.left_out and kinds[base] not in ("rank", "best_worst", "numeric", "slider"):
            assert found.answered[name] == put
