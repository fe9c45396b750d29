"""The public names of populace.analysis: sorted, fetched on first use, and complete."""

import importlib
import inspect
import pkgutil
import subprocess
import sys
import typing

import polars as pl
import pytest

import populace.analysis
from populace.analysis.result import Result
from populace.data.dataset import DataSet


def analyses_in(module):
    """Public functions of a module that take data and return a result."""
    for name in getattr(module, "__all__", ()):
        found = getattr(module, name)
        if inspect.isfunction(found) and found.__module__ == module.__name__:
            hints = typing.get_type_hints(found)
            returned = hints.pop("return", None)
            if (
                inspect.isclass(returned)
                and issubclass(returned, Result)
                and {DataSet, pl.DataFrame} & {*hints.values()}
            ):
                yield name


def test_the_names_are_sorted():
    names = [name for name in populace.analysis.__all__ if name != "ANALYSES"]
    assert names == sorted(names, key=str.casefold)
    assert list(populace.analysis.ANALYSES) == sorted(populace.analysis.ANALYSES)


@pytest.mark.parametrize("name", [name for name in populace.analysis.__all__ if name != "ANALYSES"])
def test_a_name_leads_to_what_it_says(name):
    found = getattr(populace.analysis, name)
    assert found.__name__ == name
    assert found.__doc__


def test_every_public_analysis_is_listed():
    modules = [
        importlib.import_module(f"populace.analysis.{m.name}") for m in pkgutil.iter_modules(populace.analysis.__path__)
    ]
    found = {name for module in modules for name in analyses_in(module)}
    assert found == set(populace.analysis.ANALYSES)


def test_an_analysis_is_the_function_also_when_its_file_was_imported():
    module = importlib.import_module("populace.analysis.crosstab")
    # what the import system does when a file of a package was imported
    populace.analysis.crosstab = module
    assert populace.analysis.crosstab is module.crosstab


def test_the_package_loads_nothing_heavy():
    script = "import sys, populace.analysis; print({'numpy', 'scipy', 'polars', 'sklearn'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_an_unknown_name_is_refused_with_what_there_is():
    with pytest.raises(AttributeError, match=r"crosstabs.*crosstab"):
        populace.analysis.crosstabs
