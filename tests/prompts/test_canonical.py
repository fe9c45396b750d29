"""One order of reading for every question."""

import numpy as np
import pytest

from populace.prompts.canonical import canonical
from populace.prompts.prompt import Prompt

AGREE = ("Strongly agree", "Agree", "Disagree", "Don't know")
OUTSIDE = (False, False, False, True)


def test_every_order_of_a_list_is_read_in_one_order():
    one, _ = canonical(Prompt("Which?", ("Tea", "Coffee", "Milk")))
    other, _ = canonical(Prompt("Which?", ("Milk", "Tea", "Coffee")))
    assert one == other
    assert one.options == ("Coffee", "Milk", "Tea")


def test_a_scale_and_its_reverse_are_read_in_one_order_and_keep_their_steps():
    one, _ = canonical(Prompt("So?", AGREE, True, OUTSIDE))
    other, _ = canonical(Prompt("So?", ("Disagree", "Agree", "Strongly agree", "Don't know"), True, OUTSIDE))
    assert one == other
    assert one.options[1] == "Agree"


def test_options_outside_the_scale_come_last():
    prompt = Prompt("So?", ("Refused", "Yes", "No"), False, (True, False, False))
    assert canonical(prompt)[0].options == ("No", "Yes", "Refused")
    assert canonical(prompt)[0].missing == (False, False, True)


def test_the_order_says_where_every_option_stood():
    prompt = Prompt("Which?", ("Tea", "Coffee", "Milk"), year=2019)
    read, order = canonical(prompt)
    assert tuple(prompt.options[k] for k in order) == read.options
    assert read.year == 2019


@pytest.mark.parametrize("options", [("A", "B"), ("a", "A", "b")])
def test_reading_twice_changes_nothing(options):
    read, _ = canonical(Prompt("Which?", options))
    again, order = canonical(read)
    assert again is read
    assert (order == np.arange(len(options))).all()
