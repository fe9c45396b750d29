"""Results on disk: found again only under everything they depend on."""

import pytest

from populace.app.benchmark.store import Store, digest_of_files


def test_a_part_is_computed_once(tmp_path):
    calls = []
    for _ in range(2):
        value = Store(tmp_path).keep("R2 margins", {"seed": 1}, lambda: calls.append(1) or [1.5, "a", None])
    assert value == [1.5, "a", None]
    assert calls == [1]


def test_another_key_is_another_result(tmp_path):
    store = Store(tmp_path)
    assert store.keep("part", {"model": "a"}, lambda: 1) == 1
    assert store.keep("part", {"model": "b"}, lambda: 2) == 2
    assert store.keep("part", {"model": "a"}, lambda: 3) == 1


def test_a_part_that_was_stopped_leaves_nothing_behind(tmp_path):
    def stopped():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Store(tmp_path).keep("part", {}, stopped)
    assert not list(tmp_path.iterdir())


def test_a_damaged_file_is_computed_anew(tmp_path):
    store = Store(tmp_path)
    store.keep("part", {}, lambda: 1)
    store.path("part", {}).write_text('{"part": "part", "key"')
    assert store.keep("part", {}, lambda: 2) == 2


def test_a_result_that_is_no_number_is_refused(tmp_path):
    with pytest.raises(ValueError, match="JSON"):
        Store(tmp_path).keep("part", {}, lambda: [float("nan")])


def test_a_folder_has_another_digest_when_a_file_in_it_changes(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x").write_text("1")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "x").write_text("2")
    first, second = (digest_of_files((tmp_path / name,)) for name in "ab")
    assert first != second
