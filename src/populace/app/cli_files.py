"""Commands for questionnaires and answers of other tools: import, export, check."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from populace.app import console, places

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object for machines.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace what an earlier run wrote to --out.")]
Study = Annotated[
    Path, typer.Argument(metavar="STUDY", help="A study's folder, or one file of it.", show_default=False)
]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("import", epilog="Example: populace import survey.qsf --data export.csv --out study")(import_file)
    app.command("export", epilog="Example: populace export study --format qsf --out survey.qsf")(export_file)
    app.command("check", epilog="Example: populace check study")(check_file)


def import_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A questionnaire of another tool.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", metavar="STUDY", help="Folder of the study.")],
    data: Annotated[Path | None, typer.Option("--data", metavar="EXPORT", help="Answers to it.")] = None,
    form: Annotated[
        str | None, typer.Option("--format", metavar="F", help="Format of FILE, where it is not found out.")
    ] = None,
    id_column: Annotated[
        str | None, typer.Option("--id-column", metavar="NAME", help="Column of EXPORT with the respondents' ids.")
    ] = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Read a questionnaire of another tool, and answers to it, with a report of what was taken."""
    places.existing(file, "FILE", "a questionnaire")
    places.existing(data, "--data", "answers to it")
    places.output(out, inputs=(file, data), folder=True, owned="instrument.yaml", overwrite=overwrite)
    from populace.app.exchange import import_study

    result = import_study(file, out, data, form, id_column)
    words = result.pop("words")
    asked = console.count(result["questions"], "question")
    who = f", {console.count(result['respondents'], 'respondent')}" if "respondents" in result else ""
    console.show(result, as_json, f"{words}\n{asked}{who}: {out} (the whole report: {out / 'import.txt'})")


def export_file(
    study: Study,
    form: Annotated[str, typer.Option("--format", metavar="F", help="qsf, limesurvey, spss, qualtrics-csv …")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where it goes.")],
    answers: Annotated[
        Path | None, typer.Option("--answers", metavar="PANEL", help="These answers, not those of the study.")
    ] = None,
    like: Annotated[
        Path | None, typer.Option("--like", metavar="EXPORT", help="Write the columns of this Qualtrics export.")
    ] = None,
    labels: Annotated[bool, typer.Option("--labels", help="Wordings in place of codes (qualtrics-csv).")] = False,
    as_json: AsJson = False,
) -> None:
    """Write a questionnaire or answers for another tool, and say what its format cannot carry."""
    places.existing(study, "STUDY", "a study")
    places.existing(answers, "--answers", "a data set")
    places.existing(like, "--like", "an export of Qualtrics")
    places.output(out, inputs=(answers, like))
    from populace.app.exchange import export_study

    result = export_study(study, form, out, answers, like, labels)
    console.show(result, as_json, result.pop("words"))


def check_file(
    study: Study,
    answers: Annotated[
        Path | None, typer.Option("--answers", metavar="PANEL", help="Check these answers, not those of the study.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Look a questionnaire over: wordings, scales, length, ways to every question; whether answers keep its rules."""
    places.existing(study, "STUDY", "a questionnaire")
    places.existing(answers, "--answers", "a data set")
    from populace.app.exchange import check_study

    result = check_study(study, answers)
    console.show(result, as_json, result.pop("words"))
