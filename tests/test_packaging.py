"""What is installed: licences of everything needed at run time, files that ship, one version everywhere."""

import re
import tomllib
from fnmatch import fnmatch
from importlib.metadata import PackageNotFoundError, files, metadata, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import populace

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
SOURCE = ROOT / "src" / "populace"


def closure() -> set[str]:
    """Names of all distributions that `pip install populace` brings, extras left away."""
    found: set[str] = set()
    waiting = [Requirement(line) for line in PROJECT["project"]["dependencies"]]
    while waiting:
        requirement = waiting.pop()
        name = requirement.name.lower().replace("_", "-")
        if name in found or (requirement.marker and not requirement.marker.evaluate({"extra": ""})):
            continue
        found.add(name)
        try:
            waiting += [Requirement(line) for line in requires(name) or ()]
        except PackageNotFoundError:
            pytest.fail(f"{name} is needed at run time and not installed")
    return found


def licence(name: str) -> str:
    """What the distribution says of its licence: expression, classifiers, first line, or the text it ships."""
    about = metadata(name)
    classified = [line for line in about.get_all("Classifier", []) if line.startswith("License ::")]
    said = about.get("License-Expression") or "; ".join(classified) or (about.get("License") or "").split("\n")[0]
    return said or shipped_licence(name)


def shipped_licence(name: str) -> str:
    """The kind of the licence text among the files of a distribution, "" for none that is known."""
    wordings = {"Redistribution and use in source and binary forms": "BSD", "Permission is hereby granted, free": "MIT"}
    texts = [file.locate().read_text() for file in files(name) or () if file.name.upper().startswith("LICENSE")]
    return next((kind for text in texts for words, kind in wordings.items() if words in text), "")


def test_nothing_under_gpl_is_needed_at_run_time():
    licences = {name: licence(name) for name in closure()}
    assert len(licences) > 30
    assert not {name: words for name, words in licences.items() if re.search(r"\b[AL]?GPL|General Public", words)}


def test_everything_needed_at_run_time_says_under_which_licence_it_is():
    assert not [name for name in closure() if not licence(name)]


def test_every_file_of_the_package_ships():
    patterns = PROJECT["tool"]["setuptools"]["package-data"]["populace"]
    names = [path.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("*") if path.is_file()]
    ours = [name for name in names if "__pycache__" not in name and not name.endswith(".py")]
    assert not [name for name in ours if not any(fnmatch(name, pattern.removeprefix("**/")) for pattern in patterns)]


def test_every_folder_of_modules_is_a_package():
    folders = {path.parent for path in SOURCE.rglob("*.py")}
    assert not [folder for folder in folders if not (folder / "__init__.py").is_file()]


def test_torch_is_pinned_to_one_release_everywhere():
    pins = {
        match
        for name in ("pyproject.toml", "Makefile", "CONTRIBUTING.md", "src/populace/app/doctor.py")
        for match in re.findall(r"torch==([\d.]+\d)", (ROOT / name).read_text(encoding="utf-8"))
    }
    assert pins == {"2.13.0"}


def test_the_changelog_speaks_of_this_version():
    assert f"\n## {populace.__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_weights_that_ship_stay_small():
    assert sum(path.stat().st_size for path in SOURCE.rglob("*.safetensors")) < 40_000_000
