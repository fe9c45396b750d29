"""What the data say: every analysis on any data set, weighted, each figure with its interval.

Importing this package does nothing but define names. A name is fetched from its home on first use. `ANALYSES` is the
list of all analyses: what `populace analyze` offers, and nothing else.
"""

import sys
from importlib import import_module
from types import ModuleType

#: analysis -> module of this package it lives in; each is a function that takes data and returns a `Result`
ANALYSES = {
    "calibrate": "weighting",
    "cfa": "cfa",
    "conjoint": "conjoint",
    "crosstab": "crosstab",
    "dif": "dif",
    "factors": "factors",
    "frequencies": "tables",
    "gabor_granger": "pricing",
    "invariance": "invariance",
    "item_response": "irt",
    "key_drivers": "drivers",
    "latent_classes": "latent_classes",
    "maxdiff": "maxdiff",
    "means": "tables",
    "multi_select": "tables",
    "nets": "tables",
    "nps": "tables",
    "penalty_reward": "nonlinear",
    "polychoric": "polychoric",
    "post_stratify": "weighting",
    "rake": "weighting",
    "regression": "regression",
    "reliability": "reliability",
    "segment_profiles": "segment_profiles",
    "segments": "segments",
    "spline_gain": "nonlinear",
    "stated_derived": "importance",
    "top_box": "tables",
    "turf": "turf",
    "typing_tool": "typing_tool",
    "van_westendorp": "pricing",
    "weight_report": "weighting",
}

#: public name -> module of this package it lives in
_HOMES = ANALYSES | {
    "Breakdown": "breakdown",
    "disclosure_of": "export.disclosure",
    "Document": "export.document",
    "document_of": "export.document",
    "Estimate": "estimate",
    "Exhibit": "export.document",
    "Result": "result",
    "Table": "result",
    "write_document": "export.write",
}

__all__ = ["ANALYSES", *sorted(_HOMES, key=str.casefold)]


def __getattr__(name: str):
    """Fetch a public name from its home, once."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it offers {', '.join(__all__)}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


class _Package(ModuleType):
    """This package: `populace.analysis.crosstab` is the analysis, whether or not the file of that name was imported."""

    def __setattr__(self, name: str, value: object) -> None:
        # the import system puts a file under its name into the package; there the analysis of that name stands
        if not (name in _HOMES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
