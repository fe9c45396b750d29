"""map_work: the same results in the same order, wherever the work is done."""

import os

import pytest

from populace.errors import MissingExtra, UsageError
from populace.parallel import map_work


def add(shared, piece):
    return shared + piece


def where(shared, piece):
    return os.getpid()


def fail(shared, piece):
    if piece == 3:
        raise ValueError(f"piece {piece}")
    return piece


@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_in_the_order_of_the_work(workers):
    assert list(map_work(add, range(20), 100, workers)) == list(range(100, 120))


def test_one_worker_is_this_process_and_two_are_others():
    assert set(map_work(where, range(3))) == {os.getpid()}
    assert os.getpid() not in set(map_work(where, range(3), workers=2))


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_in_the_work_is_raised_here(workers):
    with pytest.raises(ValueError, match="piece 3"):
        list(map_work(fail, range(10), workers=workers))


def test_work_is_taken_only_a_little_ahead_of_the_results():
    taken = []
    results = map_work(add, (taken.append(i) or i for i in range(100)), 0, workers=2)
    next(results)
    assert len(taken) < 10
    results.close()


def test_no_workers_and_unknown_engines_are_wrong_use():
    with pytest.raises(UsageError, match="0 workers"):
        map_work(add, [], workers=0)
    with pytest.raises(UsageError, match="'threads'"):
        map_work(add, [], workers=2, engine="threads")


def test_without_ray_the_error_names_the_command(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "ray", None)
    with pytest.raises(MissingExtra, match=r"pip install 'populace\[ray\]'"):
        list(map_work(add, range(3), 1, workers=2, engine="ray"))
