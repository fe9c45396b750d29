"""The doctor finds what is missing and names the command that mends it."""

import importlib.metadata

import pytest

from populace.app import doctor
from populace.app.settings import read_settings
from populace.errors import ModelError
from populace.models import encoder


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Loading the default model takes seconds; what is told of it is tried apart."""
    monkeypatch.setattr(doctor, "_default_model", lambda: doctor.Finding("default model", True, True, "surveylm"))


def settings(tmp_path, **environ):
    return read_settings({"POPULACE_CACHE": str(tmp_path / "cache")} | environ)


def finding(name, found):
    return next(one for one in found if one.name == name)


def without(monkeypatch, *names):
    """The same installation without these packages."""
    version = importlib.metadata.version

    def lookup(name):
        if name in names:
            raise importlib.metadata.PackageNotFoundError(name)
        return version(name)

    monkeypatch.setattr(doctor.importlib.metadata, "version", lookup)


def test_a_whole_installation_is_healthy(tmp_path):
    found = doctor.examine(settings(tmp_path))
    assert [one.name for one in found if one.needed and not one.ok] == []
    assert finding("torch", found).found.startswith("2.13.0")
    assert finding("text encoder", found).ok


def test_a_missing_package_is_named_with_the_command_that_installs_it(tmp_path, monkeypatch):
    without(monkeypatch, "torch", "polars", "ray")
    found = doctor.examine(settings(tmp_path))
    assert "pip install torch==2.13.0 --index-url" in finding("torch", found).fix
    assert finding("polars", found).fix.startswith("pip install 'polars")
    assert finding("polars", found).needed
    assert finding("ray", found).fix == "pip install 'populace[ray]'"
    assert not finding("ray", found).needed


def test_altered_encoder_weights_are_found(tmp_path, monkeypatch):
    def altered():
        raise ModelError("encoder weights have SHA-256 000, expected 53a")

    monkeypatch.setattr(encoder, "check", altered)
    weights = finding("text encoder", doctor.examine(settings(tmp_path)))
    assert not weights.ok
    assert "SHA-256 000" in weights.found
    assert "--force-reinstall" in weights.fix


def test_a_cache_that_cannot_be_written_to_is_found(tmp_path):
    (tmp_path / "file").touch()
    cache = finding("cache", doctor.examine(settings(tmp_path, POPULACE_CACHE=str(tmp_path / "file" / "cache"))))
    assert not cache.ok
    assert "POPULACE_CACHE" in cache.fix


def test_corpora_are_counted_and_their_absence_is_no_illness(tmp_path):
    none = finding("corpora", doctor.examine(settings(tmp_path)))
    assert (none.ok, none.needed) == (False, False)
    (tmp_path / "data" / "gss").mkdir(parents=True)
    (tmp_path / "data" / "gss" / "codebook.json").touch()
    some = finding("corpora", doctor.examine(settings(tmp_path, POPULACE_DATA=str(tmp_path / "data"))))
    assert some.found == f"1 in {tmp_path / 'data'}: gss"


def test_the_command_prints_a_line_for_each_thing_and_ends_well(cli):
    outcome = cli("doctor")
    assert outcome.code == 0
    assert any(line.startswith("ok") and "torch" in line for line in outcome.out.splitlines())


def test_the_command_fails_when_something_needed_is_missing(cli, monkeypatch):
    without(monkeypatch, "polars")
    outcome = cli("doctor", "--json")
    assert outcome.code == 1
    assert outcome.json["ok"] is False
    (missing,) = [check for check in outcome.json["checks"] if check["needed"] and not check["ok"]]
    assert missing["name"] == "polars"
    assert missing["fix"].startswith("pip install 'polars")
