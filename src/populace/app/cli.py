"""The command line: one thin command per verb. Each parses, calls one function, and presents what came back.

Importing this file imports typer and nothing heavier, so that `populace --help` answers at once; a command imports
what it needs when it runs.
"""

from __future__ import annotations

import gc
import sys
import traceback
import warnings
from pathlib import Path
from typing import Annotated, Any

import typer

import populace
from populace.app import cli_files, cli_serve, console, places
from populace.app.choice_options import files_by_name, refuse_with_choices
from populace.app.settings import limit_threads, read_settings, share_threads
from populace.errors import PopulaceError, UsageError

# plain help, no coloured tracebacks: rich costs start-up time, and errors are ours to print
app = typer.Typer(
    name="populace",
    help="Synthetic survey respondents that are checked against people.",
    epilog="First steps: populace demo. Every command: populace COMMAND --help. All of them: docs/cli.md.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
models_app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)
app.add_typer(
    models_app,
    name="models",
    help="List the models at hand, or describe one.",
    epilog="Example: populace models show default",
)

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object for machines.")]
Seed = Annotated[int, typer.Option("--seed", metavar="S", min=0, help="Same seed, same result.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace what an earlier run wrote to --out.")]
Model = Annotated[str, typer.Option("--model", metavar="M", help="Name of a model (populace models), or its folder.")]
Audience = Annotated[str | None, typer.Option("--audience", metavar="NAME", help="Whom to ask, such as us-adults.")]
People = Annotated[
    Path | None,
    typer.Option("--respondents", metavar="PEOPLE", help="Ask these people: a data set with their backgrounds."),
]


#: objects made before unreachable rings are looked for; a command's imports make half a million that all stay
COLLECT_AFTER = 100_000


def main() -> None:
    """Entry point of the console command `populace`."""
    gc.set_threshold(COLLECT_AFTER, *gc.get_threshold()[1:])
    if not sys.warnoptions and not read_debug():
        # warnings of libraries are for developers; a command speaks in results and errors
        warnings.simplefilter("ignore")
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command; return its exit code: 0, 1 (failed), 2 (wrong use), 130 (Ctrl-C). Never raises, never traces."""
    as_json = "--json" in arguments
    try:
        limit_threads(read_settings().threads)
        code = app(arguments, prog_name="populace", standalone_mode=False)
        if code == 130:  # typer turns Ctrl-C into this code
            raise KeyboardInterrupt
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except (BrokenPipeError, SystemExit):  # typer turns a broken pipe into an exit
        return _reader_went_away()
    except typer.TyperException as error:
        return console.fail(_wrong_use(error), error.exit_code, "UsageError", as_json)
    except BaseException as error:  # the edge: whatever happens, one line and an exit code
        if read_debug():
            traceback.print_exc()
        return console.fail(*console.explain(error), type(error).__name__, as_json)


def read_debug() -> bool:
    """POPULACE_DEBUG, also when other settings make no sense."""
    try:
        return read_settings().debug
    except PopulaceError:
        return False


def _wrong_use(error: typer.TyperException) -> str:
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "populace"
    return f"{console.one_line(error.format_message()).rstrip('.')}; see '{command} --help'"


def _reader_went_away() -> int:
    """`populace models | head -1`: the reader has seen enough. Keep Python from complaining at exit."""
    sys.stdout = open(1, "w", closefd=False) if sys.stdout.closed else sys.stdout  # noqa: SIM115
    return 1


def _version(wanted: bool) -> None:
    if wanted:
        print(f"populace {populace.__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def populace_command(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        print(context.get_help())


@app.command(epilog="Example: populace demo --out demo-report")
def demo(
    out: Annotated[Path, typer.Option("--out", metavar="REPORT_DIR", help="Where the report goes.")] = Path(
        "demo-report"
    ),
    seed: Seed = 1996,
    quick: Annotated[bool, typer.Option("--quick", help="Fewer people and fewer resamples.")] = False,
    as_json: AsJson = False,
) -> None:
    """Run a whole study offline: a survey of 1996, synthetic panels, and a report that compares them with people."""
    places.output(out, folder=True)
    from populace.app.demo import run_demo

    with console.interruptible("the report is unfinished; run 'populace demo' again"):
        result = run_demo(out, seed=seed, quick=quick, progress=console.say)
    words = result.pop("words")
    console.show(result, as_json, words)


@app.command(
    epilog='Example line: {"id": "q1", "text": "Do you own a car?", "options": ["Yes", "No"], "type": "single"}'
)
def predict(
    questions: Annotated[
        Path, typer.Argument(metavar="QUESTIONS.jsonl", help="One question a line.", show_default=False)
    ],
    out: Annotated[Path, typer.Option("--out", metavar="PRED.jsonl", help="Where the distributions go.")],
    audience: Audience = None,
    respondents: People = None,
    n: Annotated[
        int | None, typer.Option("-n", metavar="N", min=1, help="People drawn from --audience; default 1000.")
    ] = None,
    model: Model = "default",
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Predict how a population answers each question: the share of every option with its 90 % interval."""
    places.existing(questions, "QUESTIONS.jsonl", "a file with one question a line")
    places.one_population(audience, respondents, n)
    places.output(out, inputs=(questions, respondents))
    from populace.app.predict import predict_file

    with console.interruptible(f"{out} was not written; run the same command again"):
        result = predict_file(questions, out, places.Population(audience, respondents, n or 1000), model, seed)
    asked = console.count(result["questions"], "question")
    console.show(result, as_json, f"{asked} answered by {result['model']} for {result['respondents']:,} people: {out}")


@app.command(epilog="Example: populace simulate survey.json --audience us-adults -n 1000 --seed 1 --out panel.parquet")
def simulate(
    instrument: Annotated[
        Path, typer.Argument(metavar="INSTRUMENT", help="A questionnaire, JSON or YAML.", show_default=False)
    ],
    out: Annotated[Path, typer.Option("--out", metavar="SYN.parquet", help="Where the panel goes.")],
    audience: Audience = None,
    respondents: People = None,
    n: Annotated[int | None, typer.Option("-n", metavar="N", min=1, help="People to draw from --audience.")] = None,
    given: Annotated[
        Path | None, typer.Option("--given", metavar="ANSWERS", help="What these people have already answered.")
    ] = None,
    model: Model = "default",
    seed: Seed = 0,
    skip_open: Annotated[
        bool, typer.Option("--skip-open", help="Leave open-text questions out; no model can write text yet.")
    ] = False,
    batch_size: Annotated[int, typer.Option("--batch-size", metavar="B", min=1, help="People at a time.")] = 2000,
    workers: Annotated[
        int, typer.Option("--workers", metavar="W", min=1, help="Processes that interview side by side.")
    ] = 1,
    as_json: AsJson = False,
) -> None:
    """Let synthetic respondents answer a questionnaire. A run that was stopped goes on when it is started again."""
    places.existing(instrument, "INSTRUMENT", "a questionnaire in JSON or YAML")
    places.existing(given, "--given", "a data set")
    places.one_population(audience, respondents, n, n_needed=True)
    places.output(out, inputs=(instrument, respondents, given), suffix=".parquet")
    share_threads(workers, read_settings().threads)
    from populace.app.panel import simulate_file

    population = places.Population(audience, respondents, n)
    result = simulate_file(instrument, out, population, given, model, seed, batch_size, skip_open, workers)
    who, what = console.count(result["respondents"], "respondent"), console.count(result["questions"], "question")
    words = f"{who}, {what}, {result['seconds']:.1f} s: {out}\n{result['content_hash']}"
    console.show(result, as_json, words)


@app.command(epilog="Example: populace adapt --pilot pilot.parquet --instrument survey.json --out my-model")
def adapt(
    instrument: Annotated[
        Path, typer.Option("--instrument", metavar="INSTRUMENT", help="The questionnaire they answered.")
    ],
    out: Annotated[Path, typer.Option("--out", metavar="MODEL", help="Folder of the adapted model.")],
    pilot: Annotated[
        Path | None, typer.Option("--pilot", metavar="PILOT", help="Answers of real people: a data set.")
    ] = None,
    topline: Annotated[
        Path | None, typer.Option("--topline", metavar="FIGURES.jsonl", help="Known shares, one question a line.")
    ] = None,
    audience: Annotated[
        str | None, typer.Option("--audience", metavar="NAME", help="Whom the topline is about, such as us-adults.")
    ] = None,
    model: Model = "default",
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Adapt a model to your own questions: to a pilot of real people, to figures you know, or to both."""
    places.existing(pilot, "--pilot", "a data set")
    places.existing(topline, "--topline", "a file with one question a line")
    places.existing(instrument, "--instrument", "a questionnaire in JSON or YAML")
    places.output(out, inputs=(pilot, topline, instrument), folder=True, owned="card.json", overwrite=overwrite)
    from populace.app.adapt import adapt_file, check_sources

    check_sources(pilot, topline, audience)
    with console.interruptible(f"{out} was not written; run the same command again"):
        result = adapt_file(instrument, out, pilot, topline, audience, model)
    known = [console.count(result["pilot"], "person").replace("persons", "people")] if pilot else []
    known += [console.count(result["topline"], "figure")] if topline else []
    console.show(result, as_json, f"adapted {model} to {' and '.join(known)}: {out}")


@app.command(
    epilog="Example: populace combine default --with recorded.jsonl --calibrate human_margins.jsonl --out my-model"
)
def combine(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="Name of a survey model, or its folder.", show_default=False)
    ],
    recorded: Annotated[
        list[Path], typer.Option("--with", metavar="RECORDED.jsonl", help="Recorded answers of others; may repeat.")
    ],
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Folder of the combined model.")],
    calibrate: Annotated[
        Path | None, typer.Option("--calibrate", metavar="HUMAN.jsonl", help="Human answers to some of the questions.")
    ] = None,
    seed: Seed = 0,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Combine a survey model with recorded answers of language models or experts."""
    for path in recorded:
        places.existing(path, "--with", "a file of recorded answers")
    places.existing(calibrate, "--calibrate", "a file of human answers")
    places.output(out, inputs=(*recorded, calibrate), folder=True, owned="card.json", overwrite=overwrite)
    from populace.app.combine import combine_files, in_words

    with console.interruptible(f"{out} was not written; run the same command again"):
        result = combine_files(model, recorded, out, calibrate, seed)
    console.show(result, as_json, in_words(result))


@app.command(epilog="Example: populace scrutinize panel.parquet people.parquet --out report")
def scrutinize(
    synthetic: Annotated[
        Path, typer.Argument(metavar="SYN", help="The synthetic panel: a data set.", show_default=False)
    ],
    human: Annotated[Path, typer.Argument(metavar="HUMAN", help="Real people: a data set.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", metavar="REPORT_DIR", help="Folder for index.html and report.json.")],
    train: Annotated[
        Path | None, typer.Option("--train", metavar="TRAIN", help="Whom the model learned from, to look for copies.")
    ] = None,
    stated: Annotated[
        Path | None,
        typer.Option("--stated", metavar="STATED.yaml", help="Which question asks how important which driver is."),
    ] = None,
    choices: Annotated[
        Path | None,
        typer.Option("--choices", metavar="TASKS.yaml", help="The files are records of conjoint or MaxDiff tasks."),
    ] = None,
    ceiling: Annotated[
        Path | None, typer.Option("--ceiling", metavar="FILE", help="A second human sample, for what people reach.")
    ] = None,
    baselines: Annotated[
        list[str] | None,
        typer.Option("--baseline", metavar="NAME=FILE", help="What a simpler method gives; may repeat."),
    ] = None,
    seed: Seed = 0,
    background: Annotated[
        str, typer.Option("--background", metavar="NAMES", help="Columns that define groups and are not judged.")
    ] = "",
    weight: Annotated[
        str | None, typer.Option("--weight", metavar="NAME", help="Column of weights, in the files that have it.")
    ] = None,
    leave_out: Annotated[
        str, typer.Option("--leave-out", metavar="NAMES", help="Columns that are no part of the comparison.")
    ] = "",
    same_codebook: Annotated[
        bool, typer.Option("--same-codebook", help="Read the codes of SYN by the codebook of HUMAN.")
    ] = False,
    progress: Annotated[
        bool, typer.Option("--progress", help="Say what is under way where no terminal looks on, too.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Compare a synthetic panel with people, question by question or choice by choice: what can it be used for?"""
    places.existing(synthetic, "SYN", "a data set")
    places.existing(human, "HUMAN", "a data set")
    places.existing(train, "--train", "a data set")
    places.existing(stated, "--stated", "a file in YAML or JSON")
    places.existing(choices, "--choices", "a description of choice tasks in YAML or JSON")
    places.existing(ceiling, "--ceiling", "a file like HUMAN")
    simpler = files_by_name(baselines or (), "--baseline")
    places.output(out, inputs=(synthetic, human, train, stated, choices, ceiling, *simpler.values()), folder=True)
    if choices is not None:
        about_questions = {"--train": train, "--stated": stated, "--background": background, "--weight": weight,
                           "--leave-out": leave_out, "--same-codebook": same_codebook}  # fmt: skip
        refuse_with_choices(about_questions)
        from populace.app.choice_tasks import Sources, scrutinize_tasks

        kept = f"no report was written to {out}; run the same command again"
        with console.interruptible(kept), console.Progress() as shown:
            told = shown if progress or sys.stderr.isatty() else lambda *_: None
            result, words = scrutinize_tasks(choices, Sources(synthetic, human, ceiling, simpler), out, seed, told)
        console.show(result, as_json, words)
        return
    from populace.app.following import follow
    from populace.app.reports import write_report
    from populace.app.sides import Sides
    from populace.scrutiny.scrutinize import scrutinize as compare
    from populace.scrutiny.stated_importance import read_stated

    declared = read_stated(stated) if stated else None
    sides = Sides(synthetic, human, train, ceiling, simpler)
    panel, people, given = sides.read(background, weight, leave_out, same_codebook)
    with console.interruptible(f"no report was written to {out}; run the same command again"):
        with console.Progress() as shown:
            told = {"progress": follow(shown)} if progress or sys.stderr.isatty() else {}
            report = compare(panel, people, **given, seed=seed, stated=declared, **told)
        write_report(report, panel, people, out)
    summary = report.to_json()["summary"]
    console.show({"out": str(out), **summary}, as_json, f"{report!r}\nreport: {out / 'index.html'}")


@app.command(epilog="Example: populace analyze people.parquet tables.yaml --out report")
def analyze(
    data: Annotated[Path, typer.Argument(metavar="DATA", help="People or synthetic: a data set.", show_default=False)],
    spec: Annotated[
        Path, typer.Argument(metavar="SPEC.yaml", help="Which tables and models, YAML or JSON.", show_default=False)
    ],
    out: Annotated[Path, typer.Option("--out", metavar="REPORT_DIR", help="Folder of the report.")],
    formats: Annotated[
        str, typer.Option("--formats", metavar="html,excel", help="Some of html, excel, powerpoint, json.")
    ] = "html,excel,powerpoint,json",
    as_json: AsJson = False,
) -> None:
    """Make tables and models of a data set: a page, a banner book, slides, and every number with its interval."""
    places.existing(data, "DATA", "a data set")
    places.existing(spec, "SPEC.yaml", "a specification in YAML or JSON")
    places.output(out, inputs=(data, spec), folder=True)
    from populace.app.analyze import analyze_file, check_formats

    wanted = [one.strip() for one in formats.split(",") if one.strip()]
    check_formats(wanted)
    kept = f"no report was written to {out}; run the same command again"
    with console.interruptible(kept), console.Progress() as progress:
        result, words = analyze_file(data, spec, out, wanted, progress)
    console.show(result, as_json, words)


@app.command(epilog="Example: populace train gss_2006_2018 anes_2020 --out my-model")
def train(
    corpora: Annotated[
        list[str],
        typer.Argument(
            metavar="CORPUS...", help="Data sets, or names of folders in POPULACE_DATA.", show_default=False
        ),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="MODEL", help="Folder of the trained model.")],
    base: Annotated[
        str | None, typer.Option("--from", metavar="MODEL", help="Build on this model ('default', or a folder).")
    ] = None,
    causal: Annotated[
        str | None,
        typer.Option("--base", metavar="PATH_OR_ID", help="Fine-tune this causal language model instead."),
    ] = None,
    method: Annotated[
        str | None, typer.Option("--method", metavar="M", help="Of --base: lora (usual), qlora or full (new models).")
    ] = None,
    steps: Annotated[int, typer.Option("--steps", metavar="N", min=1, help="Of --base: steps of training.")] = 1000,
    length: Annotated[int, typer.Option("--length", metavar="N", min=1, help="Of --base: tokens of a text.")] = 1024,
    texts: Annotated[int, typer.Option("--texts", metavar="N", min=1, help="Of --base: texts in a step.")] = 8,
    rate: Annotated[float | None, typer.Option("--rate", metavar="R", help="Of --base: largest step size.")] = None,
    chat: Annotated[bool, typer.Option("--chat", help="Of --base: questions and answers are turns of a chat.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a run that was stopped.")] = False,
    seed: Seed = 0,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Train the survey language model on answers of people. Backgrounds are de-identified first.

    With --from, the surveys are added to what a model knows already, in seconds; without, a new model is trained. With
    --base, a causal language model of Hugging Face is fine-tuned (new-tiny to new-100m begin with random weights).
    """
    if base and causal:
        raise UsageError("--from and --base were both given; expected one way to train: choose one")
    paths = [places.corpus(name, read_settings().data) for name in corpora]
    places.output(out, inputs=tuple(paths), folder=True, owned="card.json", overwrite=overwrite)
    kept = "nothing is kept" if base else "finished stages are kept; add --resume to the same command to go on"
    with console.interruptible(kept), console.Progress() as progress:
        if causal:
            from populace.app.finetuning import Settings, finetune_paths

            way = method or ("full" if causal.startswith("new-") else "lora")
            settings = Settings(way, steps, length, texts, texts, rate, seed=seed)
            folder = finetune_paths(paths, out, causal, settings, resume, chat, progress)
        else:
            from populace.app.training import train_paths

            folder = train_paths(paths, out, base, resume, seed, progress)
    result = {"out": str(folder), "corpora": [str(path) for path in paths], "from": base or causal, "seed": seed}
    console.show(result, as_json, f"trained on {', '.join(path.name for path in paths)}: {folder}")


@app.command(epilog="Example: populace benchmark --only R2,R3 --out docs/benchmark.md")
def benchmark(
    out: Annotated[Path, typer.Option("--out", metavar="PAGE.md", help="Where the page goes.")] = Path("benchmark.md"),
    only: Annotated[str, typer.Option("--only", metavar="R2,R3", help="Measure these regimes only.")] = "",
    work: Annotated[
        Path | None, typer.Option("--work", metavar="FOLDER", help="Results and models of earlier runs.")
    ] = None,
    model: Model = "default",
    seed: Seed = 0,
    quick: Annotated[bool, typer.Option("--quick", help="Small samples: a smoke test, not a result.")] = False,
    no_train: Annotated[bool, typer.Option("--no-train", help="Leave out what needs a model not trained yet.")] = False,
    as_json: AsJson = False,
) -> None:
    """Hold the model against people, baselines and other models, and write the page. A run that was stopped goes on."""
    places.output(out, suffix=".md")
    from populace.app.benchmark.run import benchmark_file

    kept = "finished parts are kept; run the same command to go on"
    with console.interruptible(kept), console.Progress() as progress:
        result = benchmark_file(out, only, work, model, seed, quick, not no_train, progress)
    table = result.pop("table")
    counts = f"{console.count(result['figures'], 'figure')}, {console.count(result['gaps'], 'gap')}"
    console.show(result, as_json, f"{table}\n{counts}: {out}")


@app.command(epilog="Example: populace validate survey.json")
def validate(
    instrument: Annotated[
        Path, typer.Argument(metavar="INSTRUMENT", help="A questionnaire, JSON or YAML.", show_default=False)
    ],
    as_json: AsJson = False,
) -> None:
    """Check a questionnaire: what is in it, what is wrong with it, and what simulate would refuse."""
    places.existing(instrument, "INSTRUMENT", "a questionnaire in JSON or YAML")
    from populace.simulation.plan import obstacles
    from populace.survey.instrument import read_instrument

    found = read_instrument(instrument)
    notes = [console.one_line(problem) for problem in obstacles(found)]
    result = {
        "id": found.id,
        "title": found.title,
        "blocks": len(found.blocks),
        "questions": len(found.questions),
        "answers": len(found.items()),
        "background": len(found.items("background")),
        "hash": found.content_hash,
        "notes": notes,
    }
    kinds = ("block", "question", "answer")
    counts = ", ".join(console.count(result[f"{kind}s"], kind) for kind in kinds)
    words = (
        f"{console.one_line(found.title)}: {counts} a person, {result['background']} of them background",
        *(f"note: simulate would refuse this: {note}" for note in notes),
        f"valid; {found.content_hash}",
    )
    console.show(result, as_json, "\n".join(words))


cli_files.add_to(app)
cli_serve.add_to(app)


@models_app.callback(invoke_without_command=True)
def models(context: typer.Context, as_json: AsJson = False) -> None:
    """List the models at hand, or describe one."""
    if context.invoked_subcommand is not None:
        return
    from populace.models.library import list_models

    cards = list_models()
    console.show({"models": cards}, as_json, "\n".join(_card_line(card) for card in cards))


@models_app.command("show", epilog="Example: populace models show default")
def models_show(
    model: Annotated[str, typer.Argument(metavar="M", help="Name of a model, or its folder.", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """Describe one model: what it is, what it learned from, its scores, what it cannot do."""
    from populace.app.chosen import open_model

    card = open_model(model).describe()
    console.show(card, as_json, "\n".join(f"{key}: {_short(value)}" for key, value in card.items()))


@app.command(epilog="Example: populace doctor")
def doctor(as_json: AsJson = False) -> None:
    """Say what is installed, what is missing, and the command that mends it."""
    from populace.app.doctor import examine

    findings = examine(read_settings())
    healthy = all(finding.ok for finding in findings if finding.needed)
    result = {"ok": healthy, "checks": [finding.as_dict() for finding in findings]}
    verdict = "everything needed is there" if healthy else "something needed is missing: see the commands above"
    console.show(result, as_json, "\n".join([*(finding.line() for finding in findings), verdict]))
    raise typer.Exit(0 if healthy else 1)


def _card_line(card: dict[str, Any]) -> str:
    return f"{card.get('name', '?'):<14} {card.get('kind', ''):<12} {_short(card.get('summary', ''))}"


def _short(value: object, most: int = 300) -> str:
    words = console.one_line(value)
    return words if len(words) <= most else f"{words[: most - 1]}…"
