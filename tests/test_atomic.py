"""Files are written whole or not at all."""

import errno
import os

import pytest

from populace import atomic
from populace.errors import OutOfSpace


def test_the_target_holds_the_new_content_and_nothing_else_is_left(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    atomic.write_text(path, "new\n")
    assert path.read_bytes() == b"new\n"
    assert list(tmp_path.iterdir()) == [path]


def test_the_temporary_file_lies_beside_the_target_and_keeps_its_suffix(tmp_path):
    with atomic.replacing(tmp_path / "a.sav") as temporary:
        temporary.write_text("x")
        assert temporary.parent == tmp_path
        assert temporary.suffix == ".sav"


def test_missing_parent_folders_are_made(tmp_path):
    atomic.write_text(tmp_path / "new" / "folder" / "a.txt", "x")
    assert (tmp_path / "new" / "folder" / "a.txt").read_text() == "x"


@pytest.mark.parametrize("problem", [RuntimeError("stop"), KeyboardInterrupt()])
def test_whatever_goes_wrong_the_old_file_stays(tmp_path, problem):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(type(problem)), atomic.replacing(path) as temporary:
        temporary.write_text("half")
        raise problem
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_told_in_one_line_with_the_file_and_the_way_out(tmp_path):
    path = tmp_path / "a.txt"
    with pytest.raises(OutOfSpace) as caught, atomic.replacing(path) as temporary:
        temporary.write_text("half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert str(caught.value) == (
        f"{path} could not be written (No space left on device); nothing was changed: "
        "free some space or choose another disk"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_really_a_file_is_told(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutOfSpace, match="part of the path is a file"):
        atomic.write_text(tmp_path / "file" / "a.txt", "x")


def test_files_that_belong_together_are_replaced_together_or_not_at_all(tmp_path):
    paths = [tmp_path / "a", tmp_path / "b"]
    for path in paths:
        path.write_text("old")
    with pytest.raises(OutOfSpace), atomic.replacing_all(paths) as (first, _):
        first.write_text("new")  # the second is never written, so neither may be replaced
    assert [path.read_text() for path in paths] == ["old", "old"]
    assert sorted(tmp_path.iterdir()) == paths


def test_the_content_is_on_the_device_before_the_name_changes(tmp_path, monkeypatch):
    happened = []
    real_sync, real_replace = atomic.sync, type(tmp_path).replace
    monkeypatch.setattr(atomic, "sync", lambda path: (happened.append("sync"), real_sync(path)))
    monkeypatch.setattr(type(tmp_path), "replace", lambda a, b: (happened.append("rename"), real_replace(a, b)))
    atomic.write_text(tmp_path / "a.txt", "x")
    assert happened == ["sync", "rename", "sync"]


def test_folders_made_for_a_file_that_fails_are_gone_again(tmp_path):
    target = tmp_path / "new" / "folder" / "file.txt"
    with pytest.raises(OutOfSpace), atomic.replacing(target) as temporary:
        temporary.write_text("half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert not list(tmp_path.iterdir())


def test_a_folder_that_was_there_before_stays(tmp_path):
    (tmp_path / "old").mkdir()
    with pytest.raises(OutOfSpace), atomic.replacing(tmp_path / "old" / "file.txt"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert (tmp_path / "old").is_dir()
