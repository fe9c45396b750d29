"""populace import, export, check: questionnaires and answers of other tools, in and out.

A study is a folder: instrument.yaml, and where there are answers codebook.json and answers.parquet beside it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from populace import atomic
from populace.data.audit import Audit, audit
from populace.data.dataset import DataSet
from populace.data.files import forms, named, qualtrics, read_dataset, write_dataset
from populace.errors import UsageError
from populace.survey.formats.fidelity import Fidelity, Imported
from populace.survey.formats.foreign import import_instrument
from populace.survey.formats.registry import FORMATS as INSTRUMENTS
from populace.survey.instrument import Instrument, read_instrument, write_instrument
from populace.survey.length import minutes
from populace.survey.lint import lint
from populace.survey.lint_designs import design_lines
from populace.survey.lint_remark import Remark
from populace.survey.names import did_you_mean, listed
from populace.survey.reach import reach

#: names of the files of a study
INSTRUMENT, REPORT = "instrument.yaml", "import"
#: name of exports of Google Forms and SurveyMonkey, which are questionnaire and answers in one
FORMS = "forms"
#: name of questionnaires of ours, and suffixes that are theirs alone
NATIVE, _YAML = "native", (".yaml", ".yml")
#: suffixes of tables
_TABLES = (".csv", ".tsv", ".xlsx")
#: suffixes of questionnaires of our own
_OWN = (".json", ".yaml", ".yml")


@dataclass(frozen=True)
class Answers:
    """A format of answers that `populace export` writes."""

    #: name for people
    words: str
    #: writes answers to an instrument (None where none is needed); gives what could not be written
    write: Callable[[DataSet, Instrument | None, Path, dict[str, Any]], list[str]]
    #: is an instrument needed?
    needs_instrument: bool = False


def import_study(
    file: Path, out: Path, data: Path | None = None, format: str | None = None, id_column: str | None = None
) -> dict[str, Any]:
    """Read a questionnaire, and answers to it, into a study folder with a report. Gives the report's content."""
    answers = None
    if format == FORMS or (format is None and file.suffix.lower() in _TABLES[:2]):
        imported, answers = forms.read(file)
    elif format == NATIVE or (format is None and file.suffix.lower() in _YAML):
        imported = _our_own(file)
    else:
        imported = import_instrument(file, format)
    # all is read before anything is written: broken answers leave no half of a study
    dataset, notes = answers, []
    if data is not None:
        dataset, notes = read_answers(data, imported.instrument, imported.fidelity.format, id_column)
    lines = imported.fidelity.lines(None)
    result: dict[str, Any] = {"instrument": imported.instrument.content_hash, "fidelity": imported.fidelity.to_dict()}
    out.mkdir(parents=True, exist_ok=True)
    if dataset is not None:
        write_dataset(dataset, out)
    write_instrument(imported.instrument, out / INSTRUMENT)
    if dataset is not None:
        result |= {"respondents": dataset.n, "data_notes": notes}
        lines += ["", f"answers of {dataset.n:,} respondents in {len(dataset.codebook.variables):,} columns", *notes]
    atomic.write_text(out / f"{REPORT}.txt", "\n".join(lines) + "\n")
    atomic.write_text(out / f"{REPORT}.json", json.dumps(result, ensure_ascii=False, indent=1) + "\n")
    questions = len(imported.instrument.questions)
    counts = {"questions": questions, "answers": len(imported.instrument.items()), "out": str(out)}
    return result | counts | {"words": "\n".join(imported.fidelity.lines(8))}


def _our_own(file: Path) -> Imported:
    """A questionnaire of ours, of which everything is taken."""
    instrument = read_instrument(file)
    fidelity = Fidelity("Populace")
    fidelity.taken("question", len(instrument.questions))
    return Imported(instrument, fidelity)


def read_answers(
    path: Path, instrument: Instrument, format: str = "", id_column: str | None = None
) -> tuple[DataSet, list[str]]:
    """Answers to an instrument from an export of its tool, and what was changed or left out."""
    if path.suffix.lower() in (*_TABLES, ".txt"):
        if "Qualtrics" in format or any((question.source or "").startswith("QID") for question in instrument.questions):
            dataset, found = qualtrics.read(path, instrument, id_column)
            return dataset, [*(f"{kind} columns: {count:,}" for kind, count in found.counts.items()), *found.notes]
        return named.read(path, instrument, id_column)
    dataset = read_dataset(path)
    found = named.belonging(path, dataset.answers.columns, instrument)
    return dataset, [*dataset.notes, f"{len(found):,} columns are named after answers to the questionnaire"]


def read_study(path: Path) -> tuple[Instrument | None, DataSet | None]:
    """The questionnaire and the answers of a study folder, or of a single file of ours."""
    if path.is_dir():
        instrument = read_instrument(path / INSTRUMENT) if (path / INSTRUMENT).exists() else None
        answers = read_dataset(path) if (path / "codebook.json").exists() else None
        if instrument is None and answers is None:
            raise UsageError(f"{path} holds neither {INSTRUMENT} nor answers; expected a study: check the folder")
        return instrument, answers
    if path.suffix.lower() in _OWN:
        return read_instrument(path), None
    return None, read_dataset(path)


def export_study(
    study: Path, format: str, out: Path, answers: Path | None = None, like: Path | None = None, labels: bool = False
) -> dict[str, Any]:
    """Write a study's questionnaire or answers in another format. Gives what could not be carried, with its places."""
    instrument, own = read_study(study)
    dataset = read_dataset(answers) if answers is not None else own
    if format in INSTRUMENTS or format == NATIVE:
        return _export_instrument(instrument, format, out, study)
    if format not in ANSWERS:
        known = [NATIVE, *(name for name, one in INSTRUMENTS.items() if one.writes), *ANSWERS]
        raise UsageError(f"--format {format!r} is unknown{did_you_mean(format, known)}; expected {', '.join(known)}")
    chosen = ANSWERS[format]
    if dataset is None:
        raise UsageError(f"{study} holds no answers; expected some to write as {chosen.words}: add --answers PANEL")
    if instrument is None and chosen.needs_instrument:
        raise UsageError(f"{study} holds no questionnaire, which {chosen.words} needs: give the study's folder")
    lost = chosen.write(dataset, instrument, out, {"like": like, "labels": labels})
    words = f"{dataset.n:,} respondents as {chosen.words}: {out}"
    return {"out": str(out), "respondents": dataset.n, "not_written": lost, "words": "\n".join([words, *lost])}


def _export_instrument(instrument: Instrument | None, format: str, out: Path, study: Path) -> dict[str, Any]:
    if instrument is None:
        raise UsageError(f"{study} holds no questionnaire; expected one to write: give the study's folder")
    if format == NATIVE:
        write_instrument(instrument, out)
        return {"out": str(out), "words": f"{len(instrument.questions):,} questions: {out}"}
    one = INSTRUMENTS[format]
    if not one.writes:
        raise UsageError(f"{one.words} can be read only; expected a format that can be written: choose another")
    fidelity: Fidelity = one.module.write(instrument, out)
    return {"out": str(out), "fidelity": fidelity.to_dict(), "words": "\n".join([*fidelity.lines(12), str(out)])}


def check_study(study: Path, answers: Path | None = None) -> dict[str, Any]:
    """What is doubtful in a questionnaire, how long it takes, which questions nobody reaches; with answers, whether
    they keep its rules, and which ways were gone."""
    instrument, own = read_study(study)
    if instrument is None:
        raise UsageError(f"{study} holds no questionnaire; expected one to check: give the study's folder or file")
    remarks, found = lint(instrument), reach(instrument)
    lines = _remark_lines(remarks)
    lines += [f"fault: question {name!r}: cannot be reached: {why}" for name, why in found.unreachable.items()]
    if found.undecided:
        lines.append(f"caution: neither shown to be reachable nor not: {listed(found.undecided)}")
    if found.proven:
        lines.append(f"every one of the {len(found.reached):,} questions can be reached (by example)")
    designs = design_lines(instrument)
    lines += designs
    result: dict[str, Any] = {
        "remarks": [vars(remark) for remark in remarks],
        "minutes": minutes(instrument),
        "designs": designs,
        "reached": list(found.reached),
        "unreachable": dict(found.unreachable),
        "undecided": list(found.undecided),
    }
    dataset = read_dataset(answers) if answers is not None else own
    if dataset is not None:
        judged = audit(instrument, dataset)
        result |= _judged(judged)
        lines += _judged_lines(judged, dataset.n)
    return result | {"words": "\n".join([*lines, f"{len(remarks)} remarks; about {result['minutes']:.0f} minutes"])}


def _remark_lines(remarks: Sequence[Remark]) -> list[str]:
    """A line for each remark; the same one about several places once."""
    places: dict[tuple[str, str, str], list[str]] = {}
    for remark in remarks:
        places.setdefault((remark.severity, remark.words, remark.remedy), []).append(remark.place)
    return [
        f"{severity}: {_listed_words(where)}: {words}: {remedy}" for (severity, words, remedy), where in places.items()
    ]


def _listed_words(places: Sequence[str], most: int = 4) -> str:
    """Up to so many places, and how many more there are."""
    more = len(places) - most
    return ", ".join(places[:most]) + (f" and {more:,} more" if more > 0 else "")


def _judged(judged: Audit) -> dict[str, Any]:
    violations = [{"rule": rule, "column": column, "respondents": n} for (rule, column), n in judged.violations.items()]
    passed = [{"condition": what, "holds": holds, "respondents": n} for (what, holds), n in judged.passed.items()]
    return {"violations": violations, "put": judged.put, "answered": judged.answered, "passed": passed}


def _judged_lines(judged: Audit, n: int) -> list[str]:
    """Whether answers keep the rules, and how much of the questionnaire they went through."""
    never = [column for column, put in judged.put.items() if not put]
    conditions = {what for what, _ in judged.passed}
    both = sum(judged.passed[what, True] > 0 and judged.passed[what, False] > 0 for what in conditions)
    verdict = f"{judged.total:,} answers break a rule" if judged.total else "no answer breaks a rule"
    lines = [f"answers of {n:,} respondents: {verdict}", *judged.lines()[:20]]
    lines.append(f"ways: {len(judged.put) - len(never):,} columns were put to somebody, {len(never):,} to nobody")
    return [*lines, f"conditions: {both:,} of {len(conditions):,} came out both ways"]


def _plain(dataset: DataSet, instrument: Instrument | None, out: Path, options: dict[str, Any]) -> list[str]:
    write_dataset(dataset, out)
    return []


def _qualtrics(dataset: DataSet, instrument: Instrument | None, out: Path, options: dict[str, Any]) -> list[str]:
    return qualtrics.write(dataset, instrument, out, options["like"], options["labels"])


def _spss(dataset: DataSet, instrument: Instrument | None, out: Path, options: dict[str, Any]) -> list[str]:
    """SPSS with a syntax file beside it, for what a .sav file cannot say."""
    write_dataset(dataset, out)
    syntax = import_module("populace.data.files.spss_syntax")
    path = out.with_suffix(".sps")
    atomic.write_text(path, syntax.syntax_of(dataset, out.name))
    return [f"multiple-response sets, weight and levels stand in {path}: run it on the file"]


def _stata(dataset: DataSet, instrument: Instrument | None, out: Path, options: dict[str, Any]) -> list[str]:
    write_dataset(dataset, out)
    return [f"missing values and the weight stand in {out.with_suffix('.do')}: run it on the file"]


ANSWERS: dict[str, Answers] = {
    "qualtrics-csv": Answers("Qualtrics export", _qualtrics, needs_instrument=True),
    "spss": Answers("SPSS", _spss),
    "stata": Answers("Stata", _stata),
    "triples-data": Answers("Triple-S", _plain),
    "csv": Answers("CSV with codebook", _plain),
    "parquet": Answers("Parquet", _plain),
}
