"""The environment is read once, into one frozen record."""

from pathlib import Path

import pytest

from populace.app.settings import VARIABLES, _cache, limit_threads, read_settings
from populace.errors import UsageError


def test_an_empty_environment_gives_usable_settings():
    settings = read_settings({})
    assert settings.data is None
    assert settings.threads is None
    assert settings.debug is False
    assert settings.cache.is_absolute()


def test_every_variable_has_its_say(tmp_path):
    environ = {
        "POPULACE_DATA": str(tmp_path / "data"),
        "POPULACE_CACHE": str(tmp_path / "cache"),
        "POPULACE_THREADS": "2",
        "POPULACE_DEBUG": "1",
    }
    assert set(environ) == set(VARIABLES)
    settings = read_settings(environ)
    assert (settings.data, settings.cache) == (tmp_path / "data", tmp_path / "cache")
    assert (settings.threads, settings.debug) == (2, True)


@pytest.mark.parametrize("value", ["0", "-1", "two", "1.5", "²"])
def test_a_number_of_threads_that_makes_no_sense_is_refused_by_name(value):
    with pytest.raises(UsageError, match=r"POPULACE_THREADS is .*whole number"):
        read_settings({"POPULACE_THREADS": value})


def test_a_relative_data_folder_is_settled_before_anybody_changes_folders(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = read_settings({"POPULACE_DATA": "corpora"})
    assert settings.data == tmp_path / "corpora"


@pytest.mark.parametrize(
    ("platform", "environ", "expected"),
    [
        ("linux", {}, Path.home() / ".cache" / "populace"),
        ("linux", {"XDG_CACHE_HOME": str(Path("xdg").absolute())}, Path("xdg").absolute() / "populace"),
        ("linux", {"XDG_CACHE_HOME": "relative"}, Path.home() / ".cache" / "populace"),
        ("darwin", {}, Path.home() / "Library" / "Caches" / "populace"),
        ("win32", {"LOCALAPPDATA": "C"}, Path("C") / "populace" / "Cache"),
    ],
)
def test_the_cache_lies_where_the_platform_keeps_caches(platform, environ, expected):
    assert _cache(environ, platform) == expected


def test_a_limit_on_threads_reaches_the_numerical_libraries():
    environ = {}
    limit_threads(3, environ)
    assert environ["OMP_NUM_THREADS"] == environ["POLARS_MAX_THREADS"] == "3"


def test_without_a_limit_the_number_of_threads_stays_as_it_is_and_waiting_threads_sleep():
    environ = {"OMP_NUM_THREADS": "1"}
    limit_threads(None, environ)
    assert environ == {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}
