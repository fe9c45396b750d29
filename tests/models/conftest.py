"""The shipped model, loaded once for all tests of a process."""

import pytest

from populace.models.library import load_model


@pytest.fixture(scope="session")
def shipped(tmp_path_factory):
    """The default model, with a cache of text vectors of its own."""
    return load_model("default", tmp_path_factory.mktemp("cache") / "texts.sqlite")
