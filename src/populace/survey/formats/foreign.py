"""Instruments of other tools, read through a confined process."""

from __future__ import annotations

from pathlib import Path

from populace.confined import Limits, confined
from populace.errors import InstrumentError
from populace.survey.formats.fidelity import Fidelity, Imported
from populace.survey.formats.native import from_dict
from populace.survey.formats.registry import format_named

_WORKER = "populace.survey.formats.worker:parse"


def import_instrument(path: str | Path, format: str | None = None, limits: Limits | None = None) -> Imported:
    """The instrument in a file of another tool, and what was taken, changed and not taken.

    `format`: a name of `populace.survey.formats.registry.FORMATS`, None to find out. Raises `FileRefused` for a file
    that is none of them, is broken, or exhausts the limits, and `InstrumentError` for one that holds no questionnaire.
    """
    path = Path(path)
    if not path.is_file():
        raise InstrumentError(f"{path} is no file; expected a questionnaire: check the path")
    if format is not None:
        format_named(format)
    arguments = {"name": str(path), "suffix": path.suffix.lower(), "format": format}
    answer = confined(_WORKER, path, arguments, limits)
    instrument = from_dict(answer.value["instrument"], str(path))
    return Imported(instrument, Fidelity.from_dict(answer.value["fidelity"]))
