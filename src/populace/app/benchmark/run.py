"""run_benchmark(): every regime in order, one table, one page. The table of regimes is the table of contents."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import populace
from populace import atomic
from populace.app.benchmark import page, splits
from populace.app.benchmark.bench import CODE, Bench, NotTrained, Progress
from populace.app.benchmark.figures import Figure, Gap, from_dict
from populace.app.benchmark.store import digest_of_code
from populace.app.chosen import check_model, vectors_file
from populace.app.settings import read_settings
from populace.errors import UsageError
from populace.models.library import DEFAULT


@dataclass(frozen=True)
class Regime:
    """One part of the benchmark."""

    #: short name, for --only and in figures
    key: str
    #: heading on the page
    title: str
    #: module of this package with `measure(bench) -> list[Figure | Gap]`
    module: str
    #: what is held out and what is judged, for readers of the page
    words: str = ""

    def measure(self, bench: Bench) -> list[Figure | Gap]:
        """All figures of the regime; what needs a model that may not be trained now is one gap."""
        try:
            return import_module(f"populace.app.benchmark.{self.module}").measure(bench)
        except NotTrained as problem:
            return [Gap(self.key, "all", "populace", "everything", str(problem))]


#: in the order of the page
REGIMES = (
    Regime(
        "R1",
        "New people, known questions",
        "known",
        "People set aside from training are told their backgrounds and then answers of theirs; what they say "
        "to questions of training is predicted. Panels: synthetic people with the backgrounds of real ones "
        "answer freely and are held against other people.",
    ),
    Regime(
        "R2",
        "New questions",
        "questions",
        "Whole batteries, with everything worded like them, were set aside from training, in surveys the "
        "model knows. Margins; correlations of new questions with new and with known ones; answers of people "
        "set aside.",
    ),
    Regime(
        "R3",
        "New surveys: how a population answers",
        "surveys",
        "Surveys of which nothing was trained on: each is judged by a model that never saw its house. "
        "Questions worded like one of training are left out, so are backgrounds; lists are shown in random "
        "order. Of the ANES, one stands in the whole.",
    ),
    Regime(
        "panels",
        "New surveys: whole panels",
        "panels",
        "The same surveys, simulated person by person from their backgrounds, and scrutinised beside a copula "
        "that was fitted to people's answers to the same questions.",
    ),
    Regime(
        "synthbench",
        "New surveys, beside large language models",
        "synthbench",
        "Questions of Pew and of Global Attitudes with recorded answers of eight families of language models: "
        "as they answered, shrunk to a uniform guess by a share fitted on other batteries, and pooled with "
        "ours out of fold. The file does not say how many people answered; 1,500 are assumed. Scales are "
        "recognised by their labels. Questions worded like one of training are left out. EAR is the ratio of "
        "root mean square errors, theirs over ours: above 1 ours is nearer to people.",
    ),
    Regime(
        "twins",
        "Twins of given people, beside large language models",
        "twins",
        "Outcomes of five studies are predicted for people of whom backgrounds or other answers are given, "
        "beside twins that a language model made of the same people. Where a question had arms or versions, "
        '"individual r" pools them, as published figures do; "within versions" takes out what a version does to '
        "everybody, which says nothing of a person.",
    ),
    Regime(
        "pilots",
        "After a pilot",
        "pilots",
        "The model is adapted to 20 to 200 people of a survey it has not seen, and judged by the others: how "
        "many people's worth its panel is, beside the pilot by itself.",
    ),
    Regime(
        "drift",
        "Years after training",
        "drift",
        "A model that saw nothing after 2014 predicts the General Social Survey of 2016 to 2020, beside the "
        "last margin that was known then.",
    ),
    Regime(
        "uncertainty",
        "How honest the uncertainty is",
        "uncertainty",
        "Intervals and warnings of the predictions above: how often they hold what people answered, whether "
        'large errors were announced, and whether questions marked "do not use" are the bad ones.',
    ),
)

#: name of the file with all figures, in the work folder
FIGURES = "benchmark.json"


def run_benchmark(bench: Bench, out: Path, only: Sequence[str] = ()) -> dict[str, Any]:
    """Measure the regimes (all, or `only` some) and write the page to `out`; returns what was done.

    Regimes left out keep their figures of an earlier run with the same model, splits, seed and size.
    """
    chosen = choose(only)
    about = about_of(bench)
    measured: dict[str, list[Figure | Gap]] = {}
    for number, regime in enumerate(chosen):
        bench.progress("regimes", number, len(chosen))
        measured[regime.key] = regime.measure(bench)
        # read anew each time: another run may measure other regimes in the same folder
        write_figures(bench.work / FIGURES, about, _earlier(bench, about) | measured)
    bench.progress("regimes", len(chosen), len(chosen))
    found = _earlier(bench, about) | measured
    atomic.write_text(out, page.page(REGIMES, found, about))
    figures = [one for regime in REGIMES for one in found.get(regime.key, ())]
    return {
        "out": str(out),
        "json": str(bench.work / FIGURES),
        "regimes": [regime.key for regime in chosen],
        "figures": sum(isinstance(one, Figure) for one in figures),
        "gaps": sum(isinstance(one, Gap) for one in figures),
        "table": page.table(REGIMES, measured),
    }


def benchmark_file(
    out: Path,
    only: str = "",
    work: Path | None = None,
    model: str = DEFAULT,
    seed: int = 0,
    quick: bool = False,
    may_train: bool = True,
    progress: Progress = lambda stage, done, total: None,
) -> dict[str, Any]:
    """What the command does: settings from the environment, `only` keys with commas between, `work` in the cache."""
    check_page(out)
    wanted = [key.strip() for key in only.split(",") if key.strip()]
    choose(wanted)
    check_model(model)
    settings = read_settings()
    if settings.data is None or not settings.data.is_dir():
        raise UsageError(
            f"POPULACE_DATA is {str(settings.data or 'not set')!r}; expected the folder of corpora that the benchmark "
            "judges by: set it, for example POPULACE_DATA=../shared/data"
        )
    folder = work or settings.cache / "benchmark"
    cache = vectors_file(settings.cache)
    bench = Bench(settings.data, folder, seed, model, cache, quick, may_train, progress)
    return run_benchmark(bench, out, wanted)


def check_page(out: Path) -> None:
    """Refuse to replace a file that is no benchmark page of ours."""
    if out.is_file() and page.GENERATED not in out.read_text(encoding="utf-8", errors="replace"):
        raise UsageError(
            f"--out {out} is there already and was not written by this command; expected a new name, or a page of an "
            "earlier run: choose another name"
        )


def choose(only: Sequence[str]) -> list[Regime]:
    """The regimes of these keys, in the order of the table; all when there are none."""
    known = {regime.key.lower(): regime for regime in REGIMES}
    for key in only:
        if key.lower() not in known:
            raise UsageError(
                f"--only: there is no regime {key!r}; expected some of {', '.join(r.key for r in REGIMES)}: "
                "separate them with commas"
            )
    wanted = {key.lower() for key in only} or set(known)
    return [regime for regime in REGIMES if regime.key.lower() in wanted]


def about_of(bench: Bench) -> dict[str, Any]:
    """What all figures of a run share."""
    model = bench.model()
    return {
        "model": model.name,
        "model_hash": model.hash,
        "version": populace.__version__,
        "code": digest_of_code([*CODE, "app/benchmark"]),
        "splits": splits.SPLITS_VERSION,
        "seed": bench.seed,
        "quick": bench.quick,
        "corpora": list(bench.trained_on()),
    }


def write_figures(path: Path, about: dict[str, Any], found: dict[str, list[Figure | Gap]]) -> None:
    """All figures as JSON, whole or not at all."""
    content = {"about": about, "regimes": {key: [one.to_dict() for one in part] for key, part in found.items()}}
    atomic.write_text(path, json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def _earlier(bench: Bench, about: dict[str, Any]) -> dict[str, list[Figure | Gap]]:
    """Figures of an earlier run that share everything with this one."""
    try:
        content = json.loads((bench.work / FIGURES).read_text(encoding="utf-8"))
        if content["about"] != about:
            return {}
        return {key: [from_dict(one) for one in part] for key, part in content["regimes"].items()}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
