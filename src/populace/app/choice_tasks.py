"""populace scrutinize --choices: records of conjoint or MaxDiff tasks, a panel's against people's, judged and written.

The description of the tasks uses the words of `populace analyze`, and a specification of that command is one too.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

import populace
from populace import atomic
from populace.analysis.export.disclosure import PEOPLE, SYNTHETIC, Disclosure
from populace.app.analysis_spec.run import read_choices
from populace.app.analysis_spec.schema import ABOUT, argument_keys
from populace.app.analysis_spec.spec import from_dict
from populace.app.analysis_spec.values import check
from populace.errors import DataError, InputError, InstrumentError, UsageError
from populace.scrutiny.choices import judged
from populace.scrutiny.choices_page import PANEL, ChoicePage, render_choices
from populace.scrutiny.choices_sides import Choices, coded
from populace.scrutiny.report import Report
from populace.survey.formats import native
from populace.survey.names import RESPONDENT_ID, did_you_mean, listed, shown

#: kinds of choice tasks -> columns of their records that may have other names in the files
KINDS = {
    "conjoint": (RESPONDENT_ID, "task", "alternative", "chosen"),
    "maxdiff": (RESPONDENT_ID, "task", "item", "best_worst", "best", "worst", "shown"),
}
#: arguments of a kind that describe tasks; the others say how to fit, which scrutiny decides itself
_DESCRIBING = ("attributes", "levels", "price")
_TEXT = {"type": "string", "minLength": 1}
_SIDES = ("synthetic", "human")
#: column of provenance -> field of the disclosure
_PROVENANCE = {
    "_model": "models", "_model_hash": "model_hashes", "_instrument_hash": "instruments", "_seed": "seeds",
    "_version": "versions",
}  # fmt: skip


@dataclass(frozen=True)
class Tasks:
    """What the choice tasks were."""

    #: one of `KINDS`
    kind: str
    #: heading of the report, "" for none
    title: str = ""
    #: our name of a column -> its name in the files
    columns: Mapping[str, str] = field(default_factory=dict)
    #: columns that are attributes; None for all that vary within tasks
    attributes: Sequence[str] | None = None
    #: attribute -> its levels in order
    levels: Mapping[str, Sequence[str]] | None = None
    #: attribute in units of money
    price: str | None = None
    #: "synthetic" or "human" -> facts for the disclosure
    about: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Sources:
    """The files of a comparison."""

    #: records of the panel
    synthetic: Path
    #: records of people
    human: Path
    #: records of a second human sample
    ceiling: Path | None = None
    #: name -> records of a simpler method
    baselines: Mapping[str, Path] = field(default_factory=dict)

    def by_side(self) -> dict[str, Path]:
        """Side, as scrutiny calls it -> file."""
        found = {"synthetic": self.synthetic, "human": self.human}
        found |= {"ceiling": self.ceiling} if self.ceiling else {}
        return found | {f"baseline {name}": path for name, path in self.baselines.items()}


def scrutinize_tasks(tasks: Path, sources: Sources, out: Path, seed: int, progress: Any) -> tuple[dict[str, Any], str]:
    """Judge the choices and write the report; the result for machines, and in words."""
    described = read_tasks(tasks)
    progress("choices", 0, 3, "reading")
    frames = {side: read_records(path, described) for side, path in sources.by_side().items()}
    _check_order(sources, frames)
    choices = coded(frames, described.attributes, described.levels, described.price, seed)
    _check_kind(tasks, described, choices)
    progress("choices", 1, 3, "checks")
    report = judged(choices, (sources.synthetic.name, sources.human.name))
    progress("choices", 2, 3, "report")
    page = _page(described, sources, frames, choices, report)
    write_choice_report(page, described, out)
    progress("choices", 3, 3)
    # no question was asked: the count of checks of questions is left out
    words = f"{repr(report).rpartition(chr(10) * 2)[0]}\nreport: {out / 'index.html'}"
    return {"out": str(out), **report.to_json()["summary"]}, words


def write_choice_report(page: ChoicePage, described: Tasks, folder: Path) -> None:
    """`folder`/index.html and `folder`/report.json; both are complete on disk before either replaces an older one."""
    html = render_choices(page)
    figures = {part.anchor: part.exhibit.spec["data"]["values"] for part in page.parts}
    tasks = {"kind": described.kind, "remarks": list(page.choices.remarks)}
    plain = page.report.to_json() | {"tasks": tasks, "figures": figures, "disclosure": page.provenance}
    numbers = json.dumps(plain, ensure_ascii=False, indent=1, allow_nan=False)
    with atomic.replacing_all([folder / "index.html", folder / "report.json"]) as (page_file, numbers_file):
        page_file.write_text(html, encoding="utf-8", newline="\n")
        numbers_file.write_text(numbers, encoding="utf-8", newline="\n")


# ---------------------------------------------------------------------------------------- description of the tasks


def read_tasks(path: Path) -> Tasks:
    """The description of the tasks from YAML or JSON. Raises `InputError` for what breaks a rule."""
    try:
        content = native.load(path)
    except InstrumentError as problem:
        raise InputError(
            str(problem).replace("expected an instrument file", "expected a description of choice tasks")
        ) from None
    if isinstance(content, Mapping) and "analyses" in content:
        return _of_analysis(content, path)
    return _of_mapping(content, str(path))


def _of_analysis(content: Mapping[str, Any], path: Path) -> Tasks:
    """The tasks of the one conjoint or MaxDiff of a specification of `populace analyze`."""
    found = [one for one in from_dict(content, str(path), path.parent).analyses if one.kind in KINDS]
    if len(found) != 1:
        raise InputError(
            f"{path}: has {len(found)} analyses of kind conjoint or maxdiff; expected one: describe the tasks in a "
            "file of their own, with kind, attributes, price and levels"
        )
    arguments = {key: found[0].arguments[key] for key in _DESCRIBING if key in found[0].arguments}
    return Tasks(found[0].kind, str(content.get("title", "")), **arguments)


def _of_mapping(content: Any, where: str) -> Tasks:
    if not isinstance(content, Mapping) or content.get("kind") not in list(KINDS):
        kind = f"kind {shown(content['kind'])}" if isinstance(content, Mapping) and "kind" in content else "no kind"
        raise InputError(f"{where}: {kind}; expected a mapping with 'kind: conjoint' or 'kind: maxdiff': add it")
    keys = _keys(content["kind"])
    for key, value in content.items():
        if key not in keys:
            raise InputError(
                f"{where}: unknown key {shown(key)}{did_you_mean(key, keys)}; tasks of kind {content['kind']} may have "
                f"{', '.join(keys)}: rename or remove it"
            )
        check(value, keys[key], f"{where}: {key}")
    named = list(content.get("columns", {}).values())
    twice = next((name for name in named if named.count(name) > 1), None)
    if twice is not None:
        raise InputError(f"{where}: columns: {twice!r} stands for two columns; expected one each: correct one of them")
    return Tasks(**content)


def _keys(kind: str) -> dict[str, dict[str, Any]]:
    """Keys of a description with the schema of each."""
    columns = {"type": "object", "properties": dict.fromkeys(KINDS[kind], _TEXT), "additionalProperties": False}
    facts = {name: {"type": "string"} for name in ABOUT} | {"limits": {"type": "array", "items": {"type": "string"}}}
    side = {"type": "object", "properties": facts, "additionalProperties": False}
    about = {"type": "object", "properties": dict.fromkeys(_SIDES, side), "additionalProperties": False}
    known = argument_keys(kind)
    described = {name: known[name] for name in _DESCRIBING if name in known}
    return {"kind": _TEXT, "title": _TEXT, "columns": columns, **described, "about": about}


def _check_kind(path: Path, tasks: Tasks, choices: Choices) -> None:
    found = "maxdiff" if choices.best_worst else "conjoint"
    if found != tasks.kind:
        raise DataError(f"{path}: kind is {tasks.kind}, the records are those of {found} tasks: correct 'kind'")


# ------------------------------------------------------------------------------------------------------- records


def read_records(path: Path, tasks: Tasks) -> pl.DataFrame:
    """Long records from a .parquet or .csv file, columns renamed as the description says."""
    if path.is_dir() or path.suffix.lower() not in (".parquet", ".csv"):
        inside = " (it holds choices.parquet: name that)" if (path / "choices.parquet").is_file() else ""
        raise DataError(f"{path} is no file of choice records{inside}; expected a .parquet or .csv file: convert it")
    frame = read_choices(path)
    for ours, theirs in tasks.columns.items():
        if theirs not in frame.columns:
            hint = did_you_mean(theirs, frame.columns)
            raise DataError(f"{path}: no column {theirs!r}{hint}; expected it for {ours!r}: correct 'columns'")
    moved = {theirs: ours for ours, theirs in tasks.columns.items()}
    hidden = [name for name in frame.columns if name in tasks.columns and name not in moved]
    return frame.drop(hidden).rename(moved)


def _check_order(sources: Sources, frames: Mapping[str, pl.DataFrame]) -> None:
    """Refuse people in the panel's place where the files tell."""
    marked = {side: "_synthetic" in frames[side].columns and _any_true(frames[side]["_synthetic"]) for side in _SIDES}
    if marked["human"] and not marked["synthetic"]:
        raise UsageError(
            f"{sources.human} is marked synthetic and {sources.synthetic} is not; expected SYN before HUMAN: swap the "
            "two"
        )


def _any_true(column: pl.Series) -> bool:
    """Other programs write truths as numbers or words."""
    return column.cast(pl.String).str.to_lowercase().is_in(["1", "1.0", "true"]).any()


# ---------------------------------------------------------------------------------------------------- the report


def _page(
    tasks: Tasks, sources: Sources, frames: Mapping[str, pl.DataFrame], choices: Choices, report: Report
) -> ChoicePage:
    title = tasks.title or f"{sources.synthetic.stem} against {sources.human.stem}"
    cards = {
        "This report": {
            "Populace version": populace.__version__,
            "Choice tasks": f"{tasks.kind}: {listed(a.name for a in choices.attributes).replace(chr(39), '')}",
            "Seed": str(choices.seed),
            **{f"Baseline {name}": path.name for name, path in sources.baselines.items()},
            **({"Second human sample": sources.ceiling.name} if sources.ceiling else {}),
        },
        PANEL: _disclosed(tasks, sources.synthetic, frames["synthetic"], "synthetic", choices),
        "People's choices": _disclosed(tasks, sources.human, frames["human"], "human", choices),
    }
    return ChoicePage(f"{title}: do the synthetic choices hold up?", report, choices, cards)


def _disclosed(tasks: Tasks, path: Path, frame: pl.DataFrame, side: str, choices: Choices) -> dict[str, str]:
    """Everything to be disclosed of one side, label -> text."""
    n = len(choices.sides[side].ids)
    known = {field: _different(frame, column) for column, field in _PROVENANCE.items() if column in frame.columns}
    told = dict(tasks.about.get(side, {}))
    synthetic = side == "synthetic"
    limits = [
        "Synthetic choices are a model's guess at what people would choose; no person made them." if synthetic else
        "Stated choices among described offers; what people buy depends on more."
    ]  # fmt: skip
    found = Disclosure(
        **{
            "title": path.name, "kind": SYNTHETIC if synthetic else PEOPLE, "interviews": n,
            "simulated": n if synthetic else 0, "respondents": n, "effective": float(n),
            "weighting": "Every respondent counts the same.",
            "content_hash": f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}",
        } | ({"validation": "This report."} if synthetic else {}) | known | told
        | {"limits": (*limits, *told.get("limits", ()))}
    )  # fmt: skip
    return dict(found.items())


def _different(frame: pl.DataFrame, column: str) -> tuple[str, ...]:
    return tuple(str(value) for value in frame[column].drop_nulls().unique().sort())
