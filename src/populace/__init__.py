"""Populace: synthetic survey respondents that are checked against people.

Five verbs, in the order of the work: `read_instrument`, `recruit`, `train` or `adapt`, `simulate`, `scrutinize`.

Importing this package does nothing but define names. A name is fetched from its home on first use, so that
`import populace` takes milliseconds, and only who simulates pays for loading torch.
"""

from importlib import import_module

__version__ = "0.1.0"

#: public name -> module it lives in
_HOMES = {
    "adapt": "populace.training.adapt",
    "analyze": "populace.app.analyze",
    "Audience": "populace.survey.audience",
    "Block": "populace.survey.instrument",
    "Check": "populace.scrutiny.report",
    "Codebook": "populace.data.codebook",
    "combine": "populace.training.combine",
    "DataSet": "populace.data.dataset",
    "Estimate": "populace.analysis.estimate",
    "Instrument": "populace.survey.instrument",
    "list_models": "populace.models.library",
    "load_model": "populace.models.library",
    "Option": "populace.survey.scale",
    "PopulaceError": "populace.errors",
    "Prediction": "populace.models.base",
    "Prompt": "populace.prompts.prompt",
    "Question": "populace.survey.question",
    "read_dataset": "populace.data.files",
    "read_instrument": "populace.survey.instrument",
    "recruit": "populace.simulation.recruit",
    "Report": "populace.scrutiny.report",
    "ResponseModel": "populace.models.base",
    "scrutinize": "populace.scrutiny.scrutinize",
    "simulate": "populace.simulation.simulate",
    "train": "populace.training.train",
    "Variable": "populace.data.codebook",
    "write_dataset": "populace.data.files",
    "write_instrument": "populace.survey.instrument",
}

__all__ = ["__version__", *_HOMES]


def __getattr__(name: str):
    """Fetch a public name from its home, once."""
    if name not in _HOMES:
        raise AttributeError(f"module 'populace' has no attribute {name!r}; it offers {', '.join(_HOMES)}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
