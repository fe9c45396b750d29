"""populace demo: one whole study, offline, on data that come with a dependency.

The 1996 American National Election Study asked 944 people what they think. A hundred of them are a pilot; the others
judge three things against each other: a model that has never seen these questions, the same model after the pilot,
and simpler methods that had the same pilot. A concept test that nobody has answered closes the report.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

import populace
from populace import atomic
from populace.app.chosen import open_model
from populace.data.codebook import Codebook
from populace.data.dataset import DataSet
from populace.models.base import ResponseModel
from populace.models.baselines import Cells, Copula, Fixed, Margins, Uniform
from populace.models.surveylm import SurveyLM
from populace.prompts.render import prompt_of
from populace.scrutiny.page import PageDocument, Panel, UnverifiedSection, render_page
from populace.scrutiny.report import Report
from populace.scrutiny.scrutinize import scrutinize
from populace.simulation.plan import told_by
from populace.simulation.recruit import recruit
from populace.simulation.simulate import simulate
from populace.survey.instrument import Instrument, read_instrument
from populace.training.adapt import adapt, pilot_of

#: people in the pilot
PILOT = 100
#: synthetic respondents of the concept test, and the audience they stand for
CONCEPT_PEOPLE, CONCEPT_AUDIENCE = 1000, "us-adults"
#: background that makes the cells of the demographic baseline: a hundred people do not fill more
CELL_BACKGROUND = "educ"
#: rows of the printed table: check -> (wording, decimals)
TABLE = {
    "tvd": ("distance of shares (TVD)", 3),
    "n_star": ("worth how many people", 0),
    "sd_ratio": ("spread (SD ratio)", 2),
    "correlation_rmse": ("correlations (RMSE)", 3),
    "slope": ("correlations (slope)", 2),
    "pc1_ratio": ("first component (ratio)", 2),
    "c2st": ("told apart by a classifier (AUC)", 2),
}


@dataclass(frozen=True)
class Study:
    """The survey of 1996, ready to be simulated."""

    #: its questionnaire
    instrument: Instrument
    #: a hundred people who teach
    pilot: DataSet
    #: the others, who judge
    judges: DataSet
    #: backgrounds of the others: all a zero-shot panel knows of them
    people: DataSet


def run_demo(
    out: Path, seed: int = 1996, quick: bool = False, progress: Callable[[str], None] = lambda words: None
) -> dict[str, Any]:
    """Run the study, write `out`/index.html and `out`/report.json, return the numbers and a table in words."""
    progress("reading the 1996 American National Election Study (944 people)")
    study = read_study(seed)
    model = open_model("default")
    progress(f"adapting the model to a pilot of {study.pilot.n} people")
    adapted = adapt(study.pilot, study.instrument, model)
    progress(f"simulating {study.people.n} people who were not in the pilot")
    panels = _panels(study, model, adapted, seed)
    baselines = {
        name: simulate(study.instrument, study.people, m, seed) for name, m in _baselines(study, model).items()
    }
    reports = {}
    for name, panel in panels.items():
        progress(f"scrutinising the {name} panel")
        resamples = 50 if quick else 200
        reports[name] = scrutinize(panel, study.judges, study.pilot, None, baselines, seed, resamples)
    progress("asking 1,000 US adults about a product that nobody has seen")
    concept = concept_test(model, seed, 200 if quick else CONCEPT_PEOPLE)
    document = _document(study, model, panels, reports, baselines, concept, seed)
    numbers = _numbers(study, model, reports, concept, seed)
    _write(out, document, numbers)
    return {**numbers, "out": str(out), "words": f"{_table(reports)}\n\nreport: {out / 'index.html'}"}


def read_study(seed: int) -> Study:
    """The 944 people of statsmodels' extract, with our questionnaire for codebook."""
    instrument = study_instrument("anes96")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from statsmodels.datasets import anes96

        table = anes96.load_pandas().data
    names = [item.name for item in instrument.items()]
    columns = {"respondent_id": np.arange(1, len(table) + 1)} | {n: table[n].to_numpy().astype(int) for n in names}
    codebook = Codebook.from_instrument(instrument)
    everyone = DataSet(pl.DataFrame(columns), codebook, "ANES 1996")
    order = np.random.default_rng(seed).permutation(everyone.n)
    pilot_rows, judge_rows = np.sort(order[:PILOT]), np.sort(order[PILOT:])
    judges = everyone.rows(judge_rows)
    return Study(instrument, everyone.rows(pilot_rows), judges, judges.keep(judges.names("background")))


def study_instrument(name: str) -> Instrument:
    """A questionnaire that ships with the package."""
    return read_instrument(Path(str(resources.files("populace.app") / "studies" / f"{name}.json")))


def _panels(study: Study, model: ResponseModel, adapted: ResponseModel, seed: int) -> dict[str, DataSet]:
    return {
        "zero-shot": simulate(study.instrument, study.people, model, seed),
        "adapted": simulate(study.instrument, study.people, adapted, seed),
    }


def _baselines(study: Study, model: SurveyLM) -> dict[str, ResponseModel]:
    """What anybody could do without the model: guess, know the scale, or use the pilot by itself."""
    pilot = pilot_of(study.pilot, study.instrument)
    choices = [pilot.positions[:, q] for q in range(len(pilot.prompts))]
    cell = [item.name for item in study.instrument.items()].index(CELL_BACKGROUND)
    return {
        "uniform": Uniform(),
        "same-scale": Fixed("same-scale", pilot.prompts, [model.scale_average(p) for p in pilot.prompts]),
        "pilot": Margins(pilot.prompts, choices),
        "cells": Cells(pilot.prompts, choices, [pilot.prompts[cell]], [choices[cell]], least=10),
        "copula": Copula(pilot.prompts, choices),
    }


@dataclass(frozen=True)
class ConceptTest:
    """Answers to a questionnaire nobody has fielded."""

    #: the questionnaire
    instrument: Instrument
    #: synthetic answers
    panel: DataSet
    #: item name -> (distribution, low, high), 90 % intervals
    intervals: Mapping[str, tuple[list[float], list[float], list[float]]]


def concept_test(model: ResponseModel, seed: int, n: int) -> ConceptTest:
    """A market-research questionnaire for US adults, with the model's own intervals."""
    instrument = study_instrument("concept_test")
    people = recruit(CONCEPT_AUDIENCE, n, model, seed)
    panel = simulate(instrument, people, model, seed)
    items = [item for item in instrument.items() if item.options]
    prompts = [prompt_of(item, instrument.year, instrument.country) for item in items]
    predictions = model.predict(prompts, told_by(people, instrument.year, instrument.country), people.n)
    numbers = [tuple(part.tolist() for part in (p.distribution, p.low, p.high)) for p in predictions]
    return ConceptTest(instrument, panel, dict(zip((item.name for item in items), numbers, strict=True)))


def _document(
    study: Study,
    model: ResponseModel,
    panels: Mapping[str, DataSet],
    reports: Mapping[str, Report],
    baselines: Mapping[str, DataSet],
    concept: ConceptTest,
    seed: int,
) -> PageDocument:
    how = {
        "zero-shot": "The shipped model, which was never trained on this survey, knew only age, education and income.",
        "adapted": f"The same model after a pilot of {study.pilot.n} people, none of whom is compared with.",
    }
    return PageDocument(
        title="Can synthetic respondents stand in for the voters of 1996?",
        lead=_lead(study, reports),
        human=study.judges,
        panels=tuple(Panel(name, panels[name], reports[name], how[name]) for name in panels),
        baselines=baselines,
        unverified=(_unverified(concept),),
        provenance={
            "human data": "American National Election Study 1996, extract in statsmodels (944 people)",
            "model": f"{model.name} {model.hash[:19]}",
            "instrument": f"{study.instrument.id} {study.instrument.content_hash[:19]}",
            "seed": seed,
            "version": populace.__version__,
        },
    )


def _lead(study: Study, reports: Mapping[str, Report]) -> tuple[str, ...]:
    zero, adapted = (reports[name].check("n_star") for name in ("zero-shot", "adapted"))
    slope = reports["adapted"].check("slope")
    return (
        f"{study.people.n} synthetic respondents were given the age, education and income of {study.judges.n} people "
        "interviewed in 1996, and answered what these people were asked.",
        f"Without having seen any answer, the shares they give are as accurate as asking about {_whole(zero.value)} "
        f"people; after a pilot of {study.pilot.n}, about {_whole(adapted.value)}.",
        f"After the pilot, correlations between answers have {slope.value:.2f} times the human size "
        f"[{slope.low:.2f}, {slope.high:.2f}].",
        "The concept test at the end has no human answers to be held against: it shows what the model says, not what "
        "people think.",
    )


def _whole(value: float | None) -> str:
    return "no number of" if value is None else f"{value:,.0f}"


def _unverified(concept: ConceptTest) -> UnverifiedSection:
    return UnverifiedSection(
        concept.instrument.title,
        f"{concept.panel.n:,} synthetic US adults, drawn from the model and brought to census margins, were asked "
        "about a product that does not exist. No person has answered these questions, so nobody knows the error. The "
        "intervals are those the model had on questions set aside in training: nine in ten should hold the true share.",
        concept.panel,
        concept.intervals,
    )


def _numbers(
    study: Study, model: ResponseModel, reports: Mapping[str, Report], concept: ConceptTest, seed: int
) -> dict[str, Any]:
    """What report.json holds: the reports, and the concept test marked as what it is."""
    unverified = [
        {"question": name, "verdict": "UNVERIFIED", "distribution": d, "low": low, "high": high}
        for name, (d, low, high) in concept.intervals.items()
    ]
    return {
        "study": study.instrument.id,
        "seed": seed,
        "model_hash": model.hash,
        "pilot": study.pilot.n,
        "judges": study.judges.n,
        "panels": {name: report.to_json() for name, report in reports.items()},
        "concept_test": unverified,
    }


def _write(out: Path, document: PageDocument, numbers: Mapping[str, Any]) -> None:
    page = render_page(document)
    text = json.dumps(numbers, ensure_ascii=False, indent=1, allow_nan=False)
    with atomic.replacing_all([out / "index.html", out / "report.json"]) as (page_file, numbers_file):
        page_file.write_text(page, encoding="utf-8", newline="\n")
        numbers_file.write_text(text, encoding="utf-8", newline="\n")


def _table(reports: Mapping[str, Report]) -> str:
    """The headline numbers, panels beside people and baselines, one row a check."""
    simple = list(next(iter(reports.values())).check("tvd").baselines)
    head = f"{'':34}{'zero-shot':>24}{'adapted':>24}{'people':>9}" + "".join(f"{name:>12}" for name in simple)
    lines = [head]
    for check, (words, digits) in TABLE.items():
        found = [report.check(check) for report in reports.values()]
        cells = "".join(f"{_cell(f.value, f.low, f.high, digits):>24}" for f in found)
        known = "".join(f"{_figure(found[0].baselines.get(name), digits):>12}" for name in simple)
        lines.append(f"{words:34}{cells}{_figure(found[0].ceiling, digits):>9}{known}")
    verdicts = "".join(f"{report.summary['verdict']:>24}" for report in reports.values())
    return "\n".join([*lines, f"{'verdict':34}{verdicts}"])


def _cell(value: float | None, low: float | None, high: float | None, digits: int) -> str:
    return f"{_figure(value, digits)} [{_figure(low, digits)}, {_figure(high, digits)}]"


def _figure(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:,.{digits}f}"
