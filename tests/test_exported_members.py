"""The public surface: sorted, complete, fetched on first use."""

import importlib

import pytest

import populace


def test_the_public_names_are_sorted():
    names = [name for name in populace.__all__ if name != "__version__"]
    assert names == sorted(names, key=str.casefold)


def test_the_five_verbs_are_there():
    assert {"read_instrument", "recruit", "train", "adapt", "simulate", "scrutinize"} <= set(populace.__all__)


@pytest.mark.parametrize("name", [name for name in populace.__all__ if name != "__version__"])
def test_a_public_name_leads_to_what_it_says(name):
    found = getattr(populace, name)
    assert found.__name__ == name
    assert found.__module__.startswith("populace.")


def test_a_public_thing_has_a_docstring():
    assert not [name for name in populace.__all__ if name != "__version__" and not getattr(populace, name).__doc__]


def test_an_unknown_name_is_refused_with_what_there_is():
    with pytest.raises(AttributeError, match=r"no attribute 'simulat'.*simulate"):
        populace.simulat


def test_public_names_can_be_listed_without_loading_them():
    assert set(populace.__all__) <= set(dir(importlib.reload(populace)))
