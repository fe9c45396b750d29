"""The JSON Schema of SurveyJS: is an object what its form library takes?

The schema comes from the library itself (see NOTICE). It knows properties and their types; that names are unique and
expressions make sense, it does not say.
"""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

_FILE = "surveyjs_definition.schema.json"
#: problems told of one file
_MOST = 20


def schema() -> dict[str, Any]:
    """The schema, JSON Schema draft 7."""
    return json.loads(resources.files("populace.survey.formats").joinpath(_FILE).read_text(encoding="utf-8"))


@cache
def _validator() -> Validator:
    from jsonschema import Draft7Validator

    return Draft7Validator(schema())


def schema_problems(content: Any) -> list[str]:
    """What the schema objects to, a line each, at most 20; empty for a valid survey."""
    found = []
    for problem in _validator().iter_errors(content):
        found.append(f"{problem.json_path}: {problem.message[:200]}")
        if len(found) == _MOST:
            break
    return found
