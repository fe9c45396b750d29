"""Templates: the wordings around a question, as versioned text files.

Values are put in once, by name, and are never read as templates themselves: what a study's author writes cannot change
what is around it.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from dataclasses import dataclass, fields
from functools import lru_cache
from importlib import resources

from populace.errors import ModelError

#: the template of new models
LATEST = "survey-1"
_SLOT = re.compile(r"\{([a-z]+)\}")


@dataclass(frozen=True)
class Template:
    """Wordings; a name in braces stands for a value."""

    #: name of the file, version included
    name: str
    #: hash of its wordings, kept with models that were trained with it
    hash: str
    opening: str
    title: str
    year: str
    country: str
    passage: str
    persona: str
    background: str
    question: str
    option: str
    option_in_full: str
    letter: str
    rest: str
    in_full: str
    rest_in_full: str
    silence: str


def filled(wording: str, **values: object) -> str:
    """A wording with its values put in; a value's own braces stay as they are."""
    return _SLOT.sub(lambda slot: str(values[slot[1]]), wording)


@lru_cache
def read_template(name: str = LATEST) -> Template:
    """A template that comes with the package. Raises `ModelError` for a name there is none of."""
    folder = resources.files("populace.prompts") / "templates"
    path = folder / f"{name}.toml"
    if not re.fullmatch(r"[a-z]+-[0-9]+", name) or not path.is_file():
        known = sorted(one.name.removesuffix(".toml") for one in folder.iterdir() if one.name.endswith(".toml"))
        raise ModelError(f"there is no template {name!r}; expected one of {', '.join(known)}: use the version it names")
    wordings = tomllib.loads(path.read_text(encoding="utf-8"))
    digest = hashlib.sha256("\0".join(f"{key}={wordings[key]}" for key in sorted(wordings)).encode()).hexdigest()
    names = {field.name for field in fields(Template)} - {"name", "hash"}
    return Template(name=name, hash=f"sha256:{digest}", **{key: wordings[key] for key in names})
