"""A fielded survey, cut to some of its questions: how a model is put to it, and how its panel is judged.

Panels of known questions, of unseen surveys and after pilots all go this way: an instrument is made from a codebook,
synthetic people get the backgrounds of real ones and the gaps of their answers, and scrutiny compares.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from populace.app.benchmark.figures import Figure, Gap
from populace.data.codebook import Codebook, Variable
from populace.data.dataset import DataSet
from populace.errors import InstrumentError
from populace.models.base import ResponseModel
from populace.models.baselines import Copula, Margins
from populace.prompts.prompt import Prompt
from populace.prompts.render import prompt_of
from populace.scrutiny.report import INDISTINGUISHABLE, UNVERIFIED, USABLE, Check, Report, interval
from populace.scrutiny.scrutinize import scrutinize
from populace.simulation.simulate import simulate
from populace.survey.instrument import Block, Instrument
from populace.survey.question import Question

#: options a question may have; longer ones are lists to look things up in
MOST_OPTIONS = 12
#: share of people who answered, and largest share of one answer, of a question worth asking
LEAST_ANSWERED, LARGEST_SHARE = 0.6, 0.95
#: backgrounds told to a model at most
MOST_BACKGROUNDS = 12
#: a slope with a wider interval than this is mostly noise: these people's own correlations, or groups, hardly differ
WIDEST_SLOPE = 1.0
#: draws behind the intervals of shares of checks
DRAWS = 2000

#: what a panel is compared with, in the order of the page
OURS, COPULA, INDEPENDENT, PEOPLE = "populace", "copula", "independent margins", "people"
#: scrutiny's check -> measure, in the order of the page
MEASURES = {
    "tvd": "TVD",
    "n_star": "n*",
    "sd_ratio": "SD ratio",
    "slope": "correlation slope",
    "correlation_rmse": "correlation RMSE",
    "n_star_structure": "n* of correlations",
    "pc1_ratio": "PC1 ratio",
    "congruence": "congruence of factors",
    "dimensions": "number of dimensions, difference",
    "driver_shares": "importance of drivers, distance",
    "r2_ratio": "R2 of drivers, ratio",
    "segments_ari": "agreement of segments (ARI)",
    "class_likelihood": "likelihood lost under its classes",
    "background_r2": "background R2 ratio",
    "within_cell_sd": "SD ratio within groups",
    "difference_slope": "group difference slope",
    "c2st": "C2ST AUC",
}


@dataclass(frozen=True)
class Fielded:
    """A survey of people, cut to the questions that are asked."""

    #: ids, the backgrounds that are told, the answers to what is asked; one interview a person, no weights
    people: DataSet
    #: what is asked
    instrument: Instrument

    @property
    def questions(self) -> tuple[str, ...]:
        """Names of the questions."""
        return tuple(item.name for item in self.instrument.items())

    @property
    def backgrounds(self) -> tuple[str, ...]:
        """Names of the backgrounds that are told."""
        return self.people.names("background")

    @property
    def prompts(self) -> tuple[Prompt, ...]:
        """The questions as a model sees them."""
        year, country = self.instrument.year, self.instrument.country
        return tuple(prompt_of(item, year, country) for item in self.instrument.items())


def fielded(dataset: DataSet, questions: Sequence[str], backgrounds: Sequence[str]) -> Fielded:
    """A survey cut to these questions and backgrounds; of every person the first interview."""
    kept = dataset.rows(first_interviews(dataset)).keep([*backgrounds, *questions])
    roles = dict.fromkeys(backgrounds, "background") | dict.fromkeys(questions, "question")
    variables = [replace(v, role=roles.get(v.name, v.role)) for v in kept.codebook.variables]
    codebook = Codebook(dataset.id, kept.codebook.title, tuple(variables), {**kept.codebook.extra, "weight": None})
    asked = tuple(question_of(codebook.variable(name)) for name in questions)
    country = dataset.codebook.extra.get("country")
    country = country if isinstance(country, str) and len(country) == 2 else None
    instrument = Instrument(dataset.id, codebook.title, (Block("main", asked),), year_of(dataset), country)
    return Fielded(DataSet(kept.answers, codebook, dataset.id), instrument)


def first_interviews(dataset: DataSet) -> np.ndarray:
    """Rows of every respondent's first interview."""
    return np.sort(np.unique(dataset.respondent_ids.astype(str), return_index=True)[1])


def year_of(dataset: DataSet) -> int | None:
    """The latest year of fieldwork that the codebook names."""
    years = dataset.codebook.extra.get("years") or []
    return int(max(years)) if years else None


def question_of(variable: Variable) -> Question:
    """A closed variable as a question; raises `InstrumentError` where an instrument would not take it."""
    kind = "scale" if variable.type == "ordinal" else "single"
    return Question(variable.name, kind, variable.text, variable.options)


def can_be_put(variable: Variable) -> bool:
    """Does the codebook's wording make a question that an instrument takes?"""
    try:
        question_of(variable)
    except InstrumentError:
        return False
    return True


def askable(dataset: DataSet) -> list[str]:
    """Closed questions, backgrounds aside, that most people answered and that divide them."""
    return [name for name in dataset.names("question") if _askable(dataset, name)]


def _askable(dataset: DataSet, name: str) -> bool:
    variable = dataset.codebook.variable(name)
    if not variable.closed or not 2 <= len(variable.options) <= MOST_OPTIONS:
        return False
    positions = dataset.positions(name)
    answered = positions[positions >= 0]
    if len(answered) < LEAST_ANSWERED * len(positions):
        return False
    return np.bincount(answered).max() < LARGEST_SHARE * len(answered) and can_be_put(variable)


def tellable(dataset: DataSet) -> list[str]:
    """Backgrounds that can be told to a model: worded, closed or numeric, not the same for everybody."""
    return [variable.name for variable in dataset.codebook.by_role("background") if _tells(dataset, variable)][
        :MOST_BACKGROUNDS
    ]


def _tells(dataset: DataSet, variable: Variable) -> bool:
    worded = bool(variable.text.strip()) and variable.type != "text"
    return worded and dataset.codes(variable.name).drop_nulls().n_unique() > 1


# -- panels ----------------------------------------------------------------------------------------------------------


def panel_of(survey: Fielded, model: ResponseModel, people: DataSet, seed: int) -> DataSet:
    """Synthetic answers of respondents with these people's backgrounds, with gaps where these people have them."""
    told = people.keep(survey.backgrounds)
    return with_gaps(simulate(survey.instrument, told, model, seed), people, survey.questions)


def with_gaps(panel: DataSet, people: DataSet, questions: Sequence[str]) -> DataSet:
    """The panel without the answers that the people, row by row the same, did not give."""
    gaps = [people.codes(name).is_null() for name in questions]
    columns = [
        panel.codes(name).set(gap, None).alias(name) if gap.any() else panel.codes(name)
        for name, gap in zip(questions, gaps, strict=True)
    ]
    return DataSet(panel.answers.with_columns(columns), panel.codebook, panel.source)


def simple_models(survey: Fielded, people: DataSet) -> dict[str, ResponseModel]:
    """What the answers of these people give without a language model: a Gaussian copula, and margins alone."""
    prompts, choices = material(survey, people)
    return {COPULA: Copula(prompts, choices), INDEPENDENT: Margins(prompts, choices)}


def material(survey: Fielded, people: DataSet) -> tuple[list[Prompt], list[np.ndarray]]:
    """Prompts and positions of the questions, and of the closed backgrounds, as simulation puts and tells them."""
    year, country = survey.instrument.year, survey.instrument.country
    prompts = list(survey.prompts)
    choices = [people.positions(name) for name in survey.questions]
    for name in survey.backgrounds:
        variable = people.codebook.variable(name)
        if variable.closed and (people.positions(name) >= 0).any():
            prompts.append(prompt_of(variable.to_item(), year, country))
            choices.append(people.positions(name))
    return prompts, choices


# -- judging ---------------------------------------------------------------------------------------------------------


def judged(
    panel: DataSet,
    human: DataSet,
    ceiling: DataSet | None = None,
    train: DataSet | None = None,
    seed: int = 0,
    resamples: int = 200,
) -> Report:
    """Scrutiny without baselines, so that every system is held to the same verdicts."""
    return scrutinize(panel, human, train, ceiling, None, seed, resamples)


def passed(report: Report) -> dict[str, bool]:
    """Check of the whole panel -> passed (indistinguishable from people, or usable), where there is a verdict."""
    judged_checks = [check for check in report.checks if check.scope == "all" and check.verdict != UNVERIFIED]
    return {check.check: check.verdict in (INDISTINGUISHABLE, USABLE) for check in judged_checks}


def report_figures(regime: str, study: str, system: str, report: Report, note: str = "") -> list[Figure | Gap]:
    """The headline measures of a report as figures."""
    found = {check.check: check for check in report.checks if check.scope == "all"}
    questions = len(report.questions)
    return [
        _figure((regime, study, system, words), found.get(name), questions, note) for name, words in MEASURES.items()
    ]


def _figure(place: tuple[str, str, str, str], check: Check | None, questions: int, note: str) -> Figure | Gap:
    if check is None or check.value is None or check.low is None:
        return Gap(*place, check.words if check else "the check does not apply")
    value, low = float(check.value), float(check.low)
    high = float("inf") if check.high is None else float(check.high)
    if not np.isfinite(low) or np.isnan(high):
        return Gap(*place, check.words)
    if place[-1].endswith("slope") and high - low > WIDEST_SLOPE:
        return Gap(*place, f"mostly noise, {interval(low, high)}: {check.words}")
    value = value if np.isfinite(value) and np.isfinite(high) else low
    ceiling = float(check.ceiling) if check.ceiling is not None and np.isfinite(check.ceiling) else None
    return Figure(*place, value, min(low, value), max(high, value), questions, "questions", ceiling, note)


def passed_figures(
    regime: str,
    study: str,
    system: str,
    ours: Mapping[str, Mapping[str, bool]],
    people: Mapping[str, Mapping[str, bool]],
    random: np.random.Generator,
) -> list[Figure | Gap]:
    """Share of the checks that a system passes, and the same as a share of what people pass.

    ours, people: survey -> check -> passed. Several surveys are drawn with replacement. Of one survey its checks are:
    they are no sample of anything, so that interval says only how much hangs on single checks.
    """
    pairs = {s: [(c[n], people[s][n]) for n in c if n in people[s]] for s, c in ours.items()}
    if len(pairs) > 1:
        counts, unit = np.array([[*np.sum(p, axis=0), len(p)] for p in pairs.values() if p], float), "surveys"
    else:
        counts, unit = np.array([[one, other, 1] for p in pairs.values() for one, other in p], float), "checks"
    place = (regime, study, system)
    if not len(counts):
        return [Gap(*place, "checks passed", "no check of the whole panel came to a verdict on both sides")]
    draws = random.multinomial(len(counts), np.full(len(counts), 1 / len(counts)), DRAWS) @ counts
    mine, theirs, total = counts.sum(axis=0)
    note = f"{total:.0f} checks of whole panels"
    share = _bounded(mine / total, draws[:, 0] / draws[:, 2])
    found: list[Figure | Gap] = [
        Figure(*place, "checks passed", *share, len(counts), unit, float(theirs / total), note),
    ]
    if theirs:
        ratio = _bounded(mine / theirs, draws[:, 0] / np.maximum(draws[:, 1], 1))
        found.append(Figure(*place, "checks passed, share of people", *ratio, len(counts), unit, 1.0, note))
    return found


def _bounded(value: float, replicates: np.ndarray) -> tuple[float, float, float]:
    low, high = np.quantile(replicates, (0.025, 0.975))
    return float(value), float(min(low, value)), float(max(high, value))
