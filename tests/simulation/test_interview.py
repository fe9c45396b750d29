"""interview(): what a model gets to see, and in which order."""

import numpy as np

from populace.simulation.interview import interview
from populace.simulation.plan import make_plan


def test_a_model_that_reads_texts_may_read_all_of_them_before_the_first_answer(make, people, survey):
    spy = make.spy()
    read = []
    spy.prepare = lambda prompts: read.append((list(prompts), len(spy.asked)))
    interview(make_plan(survey, people, None, 0, False), spy, np.arange(people.n))
    ((prompts, asked_before),) = read
    assert asked_before == 0
    assert {told.prompt for told in spy.history} | {prompt for prompt, _ in spy.asked} == set(prompts)


def test_a_model_that_reads_nothing_need_not_be_prepared(make, people, survey):
    spy = make.spy()
    assert interview(make_plan(survey, people, None, 0, False), spy, np.arange(3)).height == 3
