"""R1: people that training never saw, questions that it did.

Two parts. *Answers*: twelve backgrounds of a person are told, then 5, 15, 50 and 100 of the person's answers in random
order, and the probability of every other answer is scored. *Panels*: synthetic people with the backgrounds of real
ones answer forty questions freely, and scrutiny holds them against other people.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import rankdata

from populace.analysis.estimate import person_numbers
from populace.app.benchmark import fielded
from populace.app.benchmark.bench import Bench
from populace.app.benchmark.bootstrap import RESAMPLES, Spread, cluster_draws, mean
from populace.app.benchmark.figures import Figure, Gap, from_dict
from populace.app.benchmark.splits import SHIPPED
from populace.data.dataset import DataSet
from populace.data.splits import batteries
from populace.models.base import ResponseModel
from populace.models.baselines import Cells, Copula
from populace.models.surveylm import SurveyLM
from populace.training.corpus import Corpus

REGIME = "R1"
#: corpus -> the twelve backgrounds that are told first (all ten where there are no more)
BACKGROUNDS = {
    "gss_2006_2018": (
        "age", "sex", "race", "degree", "region", "marital", "partyid", "income", "wrkstat", "polviews", "hispanic",
        "relig",
    ),
    "anes_2020": (
        "V201507x", "V201600", "V201549x", "V201511x", "V201508", "V201231x", "V201200", "V201617x", "V201435",
        "V201453", "V201517", "V201546",
    ),
    "shed_2021": (
        "ppage", "ppgender", "ppethm", "ppeduc5", "ppinc7", "ppemploy", "ppmarit5", "pphhsize", "pphouse4", "pprent",
        "ppmsacat", "ppreg9",
    ),
    "young_people": ("c140", "c141", "c142", "c143", "c144", "c145", "c146", "c147", "c148", "c149"),
}  # fmt: skip
#: backgrounds (sex, education) whose cells are the demographic baseline
CELLS = {
    "gss_2006_2018": ("sex", "degree", "partyid"),
    "anes_2020": ("V201600", "V201511x", "V201231x"),
    "shed_2021": ("ppgender", "ppeduc5", "ppinc7"),
    "young_people": ("c144", "c146"),
}
#: answers told before the others are scored
STAGES = (0, 5, 15, 50, 100)
#: people, questions scored, and people from whom baselines learn
PEOPLE, TARGETS, TEACHERS = 512, 300, 6000
#: people whom the copula is asked about: it solves one regression for every person and question
COPULA_PEOPLE, COPULA_STAGES = 96, (0, 50)
#: choosers and others that an option needs to be ranked by
LEAST_RANKED = 5
#: what gives the ceiling where people were interviewed twice, and people added to every row of its transition table
OWN_ANSWER, SHRUNK = "own answer about two years earlier", 5.0
#: probabilities are raised to this before logarithms, of every system alike
SMALLEST = 1e-5

#: questions of a panel, answers a pair of them needs, and people in it
PANEL_QUESTIONS, PAIR_ANSWERS, PANEL_PEOPLE = 40, 250, 1500
#: options and largest share of a question of a panel
MOST_PANEL_OPTIONS, PANEL_SHARE = 8, 0.93


def measure(bench: Bench) -> list[Figure | Gap]:
    """All figures of the regime."""
    found: list[Figure | Gap] = []
    for name in BACKGROUNDS:
        for kind in ("all questions", "questions of role question"):
            found += _kept(bench, f"{REGIME} answers {name} {kind}", name, kind)
    pieces = {name: _kept_panel(bench, name) for name in BACKGROUNDS}
    found += [from_dict(one) for piece in pieces.values() for one in piece["figures"]]
    return found + _checks_passed(bench, pieces)


def _kept(bench: Bench, part: str, name: str, kind: str) -> list[Figure | Gap]:
    kept = bench.keep(
        part,
        lambda: [one.to_dict() for one in answer_figures(bench, name, kind)],
        models=(SHIPPED,),
        data=(name,),
        uses=("app/benchmark/bootstrap.py",),
    )
    return [from_dict(one) for one in kept]


def _kept_panel(bench: Bench, name: str) -> dict[str, Any]:
    return bench.keep(
        f"{REGIME} panel {name}",
        lambda: panel_results(bench, name),
        models=(SHIPPED,),
        data=(name,),
        uses=("app/benchmark/fielded.py", "scrutiny", "simulation"),
    )


# -- answers ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Interviews:
    """People set aside, what each is told when, and what is scored."""

    #: the corpus they come from
    corpus: Corpus
    #: (n,) rows of the people
    rows: np.ndarray
    #: columns of the backgrounds
    background: np.ndarray
    #: (n, Q) stage before which an answer is told; -1 = never
    told_at: np.ndarray
    #: (T,) columns that are scored
    targets: np.ndarray
    #: (Q,) battery of every column
    battery: np.ndarray

    @property
    def answers(self) -> np.ndarray:
        """(n, Q) positions, -1 = no answer."""
        return self.corpus.positions[self.rows].astype(np.int64)

    @property
    def scored(self) -> np.ndarray:
        """(n, T) answers that are scored at every stage: given, and never told."""
        return (self.answers[:, self.targets] >= 0) & (self.told_at[:, self.targets] < 0)

    @property
    def scored_alone(self) -> np.ndarray:
        """(n, T) those of them that have no battery-mate among the answers told."""
        mates = np.zeros((len(self.rows), self.battery.max() + 1), bool)
        person, column = np.nonzero(self.told_at >= 0)
        mates[person, self.battery[column]] = True
        return self.scored & ~mates[:, self.battery[self.targets]]

    def of(self, people: int) -> Interviews:
        """The first of the people."""
        return Interviews(
            self.corpus, self.rows[:people], self.background, self.told_at[:people], self.targets, self.battery
        )


def interviews(
    corpus: Corpus,
    background: Sequence[str],
    kind: str,
    people: int,
    targets: int,
    random: np.random.Generator,
    met: np.ndarray | None = None,
) -> Interviews:
    """Draw people, what they are told and what is scored; only questions that are `met` ((Q,) True) in training.

    At most half of a person's answers are told, so that there is something to score at every stage.
    """
    names = [item.name for item in corpus.items]
    told = np.array([names.index(name) for name in background if name in names], int)
    roles = np.array([item.role for item in corpus.items])
    pool = np.setdiff1d(np.arange(len(names)) if met is None else np.flatnonzero(met), told)
    pool = pool if kind == "all questions" else pool[roles[pool] == "question"]
    held = np.flatnonzero(corpus.judging)
    first = np.unique(corpus.respondents[held].astype(str), return_index=True)[1]
    rows = random.permutation(held[np.sort(first)])[:people]
    told_at = np.full((len(rows), len(names)), -1, np.int8)
    for i, row in enumerate(rows):
        answered = random.permutation(pool[corpus.positions[row, pool] >= 0])
        context = answered[: min(STAGES[-1], len(answered) // 2)]
        told_at[i, context] = np.searchsorted(STAGES, np.arange(len(context)), side="right")
    asked = random.permutation(pool[(corpus.positions[rows][:, pool] >= 0).any(axis=0)])[:targets]
    return Interviews(corpus, rows, told, told_at, np.sort(asked), batteries(corpus.items))


def probabilities(
    model: ResponseModel, drawn: Interviews, stages: Sequence[int], random: np.random.Generator
) -> Iterator[tuple[int, list[np.ndarray]]]:
    """(stage, [(n, K) probabilities of every target]) after each of the stages, one interview throughout."""
    prompts, answers = drawn.corpus.prompts, drawn.answers
    session = model.open(len(drawn.rows))
    for q in drawn.background:
        session.tell(prompts[q], answers[:, q])
    for number, stage in enumerate(STAGES):
        told = drawn.told_at == number
        # in random order, so that no battery is told in one go
        for q in random.permutation(np.flatnonzero(told.any(axis=0))):
            session.tell(prompts[q], np.where(told[:, q], answers[:, q], -1))
        if stage in stages:
            yield stage, [np.asarray(session.ask(prompts[q])) for q in drawn.targets]


def margins_of(corpus: Corpus, columns: np.ndarray) -> list[np.ndarray]:
    """(K,) shares of every column among the people who were not set aside, half an answer added to each option."""
    found = []
    for q in columns:
        chosen = corpus.positions[~corpus.held, q]
        counts = np.bincount(chosen[chosen >= 0], minlength=len(corpus.prompts[q].options)) + 0.5
        found.append(counts / counts.sum())
    return found


def losses(shares: Sequence[np.ndarray], drawn: Interviews) -> np.ndarray:
    """(n, T) minus log probability of the answer given; 0 where there is none. Shares are (n, K) or (K,) a target."""
    answers = drawn.answers[:, drawn.targets]
    out = np.zeros(answers.shape)
    for t, share in enumerate(shares):
        rows = np.flatnonzero(answers[:, t] >= 0)
        share = np.broadcast_to(share, (len(answers), np.shape(share)[-1]))
        out[rows, t] = -np.log(np.maximum(share[rows, answers[rows, t]], SMALLEST))
    return out


def auc_within(share: np.ndarray, chosen: np.ndarray) -> float:
    """Area under the curve of each option among those who answered, averaged by how often it was chosen.

    share: (m, K), chosen: (m,). .5: nothing is known of a person beyond the question's margin. NaN where no option
    has `LEAST_RANKED` on both sides. Reference: Hanley & McNeil 1982. Example: probabilities of "yes" (.9, .2) for
    people who said yes and no: 1.
    """
    areas, weights = [], []
    for k in range(share.shape[1]):
        hit = chosen == k
        if min(hit.sum(), (~hit).sum()) >= LEAST_RANKED:
            ranks = rankdata(share[:, k])
            over = ranks[hit].sum() - hit.sum() * (hit.sum() + 1) / 2
            areas.append(over / (hit.sum() * (~hit).sum()))
            weights.append(hit.sum())
    return float(np.average(areas, weights=weights)) if areas else float("nan")


def met_in_training(model: SurveyLM, corpus: Corpus) -> np.ndarray:
    """(Q,) which questions the model met: batteries set aside belong to another regime."""
    return np.array([model.origin(prompt) == "known" for prompt in corpus.prompts])


def answer_figures(bench: Bench, name: str, kind: str) -> list[Figure | Gap]:
    """Gain over margins and AUC at every stage, for our model and for baselines."""
    corpus, random = bench.corpus(name), bench.random(REGIME, name, kind)
    people, targets = bench.size(PEOPLE, 48), bench.size(TARGETS, 30)
    model = bench.model()
    met = met_in_training(model, corpus)
    drawn = interviews(corpus, BACKGROUNDS[name], kind, people, targets, random, met)
    draws = Draws.of(drawn, bench.size(RESAMPLES, 200), random)
    study = name if kind == "all questions" else f"{name}, questions only"
    note = f"{len(drawn.rows)} people set aside; questions met in training ({met.mean():.0%} of all)"
    margin = losses(margins_of(corpus, drawn.targets), drawn)
    own = retest_figure(bench, study, drawn)
    found: list[Figure | Gap] = [] if own is None else [own]
    ceiling = own.value if isinstance(own, Figure) else None
    for stage, shares in probabilities(model, drawn, STAGES, bench.random(REGIME, name, "order")):
        ours = losses(shares, drawn)
        found += _stage_figures(study, "populace", stage, ours, margin, drawn.scored, draws, note, ceiling)
        found.append(_auc_figure(study, "populace", stage, shares, drawn, draws, note))
        if kind != "all questions":
            alone = f"{study}, no battery-mates told"
            found += _stage_figures(alone, "populace", stage, ours, margin, drawn.scored_alone, draws, note)
    return found + _baseline_figures(bench, study, drawn, margin) if kind == "all questions" else found


def _baseline_figures(bench: Bench, study: str, drawn: Interviews, margin: np.ndarray) -> list[Figure | Gap]:
    """The same for demographic cells, and for a copula of the people who were not set aside."""
    corpus, name = drawn.corpus, drawn.corpus.name
    found: list[Figure | Gap] = []
    for system, model, people, stages in _baselines(bench, drawn, CELLS[name]):
        part = drawn.of(people)
        draws = Draws.of(part, bench.size(RESAMPLES, 200), bench.random(REGIME, name, system))
        note = f"learned from {TEACHERS:,} of the other people at most; {len(part.rows)} people"
        for stage, shares in probabilities(model, part, stages, bench.random(REGIME, corpus.name, "order")):
            ours = losses(shares, part)
            found += _stage_figures(study, system, stage, ours, margin[:people], part.scored, draws, note)
            found.append(_auc_figure(study, system, stage, shares, part, draws, note))
    return found


def _baselines(
    bench: Bench, drawn: Interviews, cells: Sequence[str]
) -> Iterator[tuple[str, ResponseModel, int, Sequence[int]]]:
    """(name, model, people it is asked about, stages)."""
    corpus = drawn.corpus
    random = bench.random(REGIME, corpus.name, "teachers")
    teachers = random.permutation(np.flatnonzero(~corpus.held))[: bench.size(TEACHERS, 500)]
    names = [item.name for item in corpus.items]
    choices = corpus.positions[teachers].astype(np.int64)
    usable = _usable(corpus, choices)
    prompts, columns = [corpus.prompts[q] for q in usable], [choices[:, q] for q in usable]
    places = [names.index(cell) for cell in cells if cell in names]
    cell_prompts, cell_columns = [corpus.prompts[q] for q in places], [choices[:, q] for q in places]
    yield "demographic cells", Cells(prompts, columns, cell_prompts, cell_columns), len(drawn.rows), (0,)
    yield "copula", Copula(prompts, columns), bench.size(COPULA_PEOPLE, 16), COPULA_STAGES


def _usable(corpus: Corpus, choices: np.ndarray) -> np.ndarray:
    """Columns of the corpus, one for each wording: baselines know a question by its words."""
    seen = {(prompt.text, prompt.options): q for q, prompt in enumerate(corpus.prompts)}
    return np.array(sorted(seen.values()))


@dataclass(frozen=True)
class Draws:
    """One bootstrap of people and of questions."""

    #: (R, n) how often every person is drawn
    people: np.ndarray
    #: (R, T) how often every question is drawn, batteries as clusters
    questions: np.ndarray

    @classmethod
    def of(cls, drawn: Interviews, resamples: int, random: np.random.Generator) -> Draws:
        """Draws of these people and of the questions that are scored."""
        people = len(drawn.rows)
        counts = random.multinomial(people, np.full(people, 1 / people), resamples)
        return cls(counts, cluster_draws([drawn.battery[drawn.targets]], resamples, random))

    def ratio(self, over: np.ndarray, under: np.ndarray) -> Spread:
        """Sum of one (n, T) array over the sum of another."""
        sums = [((self.people @ part) * self.questions).sum(axis=1) for part in (over, under)]
        replicates = np.divide(*sums, out=np.full(len(sums[0]), np.nan), where=sums[1] > 0)
        return Spread(float(over.sum() / under.sum()) if under.sum() > 0 else float("nan"), replicates)


def _stage_figures(
    study: str,
    system: str,
    stage: int,
    ours: np.ndarray,
    margin: np.ndarray,
    scored: np.ndarray,
    draws: Draws,
    note: str,
    ceiling: float | None = None,
) -> list[Figure | Gap]:
    """Loss against the margin's, in nats an answer and in per cent."""
    answers, words = int(scored.sum()), _stage_words(stage)
    percent = draws.ratio(100 * scored * (ours - margin), scored * margin)
    nats = draws.ratio(scored * (margin - ours), scored.astype(float))
    place = (REGIME, study, system)
    return [
        percent.figure(*place, f"NLL against the margin (%), {words}", answers, "answers", ceiling, note),
        nats.figure(*place, f"gain over the margin (nats), {words}", answers, "answers", None, note),
    ]


def _auc_figure(
    study: str, system: str, stage: int, shares: Sequence[np.ndarray], drawn: Interviews, draws: Draws, note: str
) -> Figure | Gap:
    """AUC within questions, averaged by their answers; questions are drawn, people are not."""
    answers, scored = drawn.answers[:, drawn.targets], drawn.scored
    rows = [np.flatnonzero(scored[:, t]) for t in range(len(drawn.targets))]
    areas = np.array([auc_within(shares[t][r], answers[r, t]) for t, r in enumerate(rows)])
    kept = np.flatnonzero(np.isfinite(areas))
    weights = scored.sum(axis=0)[kept].astype(float)
    words = f"AUC within questions, {_stage_words(stage)}"
    if not len(kept):
        return Gap(REGIME, study, system, words, f"no option was chosen by {LEAST_RANKED} of the people")
    spread = mean(areas[kept], draws.questions[:, kept], weights)
    return spread.figure(REGIME, study, system, words, len(kept), "questions", None, note)


def _stage_words(stage: int) -> str:
    return f"+{stage} answers" if stage else "background only"


# -- the ceiling: people's own answers at another time -----------------------------------------------------------------


@dataclass(frozen=True)
class Retest:
    """People set aside who were interviewed twice, predicted from their own earlier answer to the same question."""

    #: (m, T) loss of that prediction, and of the margin; 0 where not answered twice
    losses: np.ndarray
    margin: np.ndarray
    #: (m, T) answered twice
    scored: np.ndarray
    #: (m,) person of each pair of interviews
    person: np.ndarray


def retest_of(corpus: Corpus, targets: np.ndarray) -> Retest | None:
    """How people of other pairs of interviews moved from answer to answer predicts the second of each pair.

    Rows of the transition table are shrunk towards the margin as if `SHRUNK` more people had given that first answer.
    None where nobody set aside was interviewed twice.
    """
    order = np.lexsort((corpus.years, corpus.respondents.astype(str)))
    again = np.flatnonzero(corpus.respondents[order][1:] == corpus.respondents[order][:-1])
    first, second = order[again], order[again + 1]
    held = corpus.held[first]
    if not held.any() or held.all():
        return None
    columns = [_retest_column(corpus, q, first, second, held) for q in targets]
    losses_, margin, scored = (np.stack(part, axis=1) for part in zip(*columns, strict=True))
    return Retest(losses_, margin, scored, person_numbers(corpus.respondents[first[held]]))


def _retest_column(
    corpus: Corpus, q: int, first: np.ndarray, second: np.ndarray, held: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Losses of the pairs set aside, of the margin, and whether both were answered."""
    before, after = (corpus.positions[rows, q].astype(int) for rows in (first, second))
    both = (before >= 0) & (after >= 0)
    taught, asked = both & ~held, both[held]
    (margin,) = margins_of(corpus, np.array([q]))
    table = np.tile(SHRUNK * margin, (len(margin), 1))
    np.add.at(table, (before[taught], after[taught]), 1)
    table /= table.sum(axis=1, keepdims=True)
    chance = np.maximum(table[before[held], after[held]], SMALLEST)
    usual = np.maximum(margin[after[held]], SMALLEST)
    return np.where(asked, -np.log(chance), 0.0), np.where(asked, -np.log(usual), 0.0), asked


def retest_figure(bench: Bench, study: str, drawn: Interviews) -> Figure | Gap | None:
    """What a person's own earlier answer is worth, for the questions that are scored; None without a panel."""
    found = retest_of(drawn.corpus, drawn.targets)
    if found is None or not found.scored.any():
        return None
    random = bench.random(REGIME, study, "retest")
    persons = int(found.person.max()) + 1
    counts = random.multinomial(persons, np.full(persons, 1 / persons), bench.size(RESAMPLES, 200))
    draws = Draws(counts[:, found.person], cluster_draws([drawn.battery[drawn.targets]], len(counts), random))
    spread = draws.ratio(100 * found.scored * (found.losses - found.margin), found.scored * found.margin)
    note = f"{persons:,} people set aside who were interviewed again; questions that were put again"
    words = f"NLL against the margin (%), {OWN_ANSWER}"
    return spread.figure(REGIME, study, "people", words, int(found.scored.sum()), "answers", None, note)


# -- panels ----------------------------------------------------------------------------------------------------------


def panel_results(bench: Bench, name: str) -> dict[str, Any]:
    """Figures of the panels of one corpus, and the checks that each system and people passed."""
    dataset, random = bench.dataset(name), bench.random(REGIME, name, "panel")
    rows = fielded.first_interviews(dataset)
    held, trained = bench.corpus(name).judging[rows], ~bench.corpus(name).held[rows]
    corpus = bench.corpus(name)
    met = {item.name for item, known in zip(corpus.items, met_in_training(bench.model(), corpus), strict=True) if known}
    names = panel_questions(dataset.rows(rows), held, bench.size(PANEL_QUESTIONS, 10), met)
    told = [background for background in BACKGROUNDS[name] if background in dataset.codebook]
    survey = fielded.fielded(dataset, names, told)
    judges = random.permutation(np.flatnonzero(held))[: bench.size(PANEL_PEOPLE, 150)]
    others = random.permutation(np.flatnonzero(trained))
    ceiling, train = others[: len(judges)], others[len(judges) :][: bench.size(TEACHERS, 600)]
    sides = (survey.people.rows(np.sort(part)) for part in (judges, ceiling, train))
    return _judged_panels(bench, name, survey, *sides)


def panel_questions(dataset: DataSet, held: np.ndarray, wanted: int, met: Collection[str]) -> list[str]:
    """Questions of role "question" met in training that divide people, any two answered by enough people set aside.

    Greedy, the most answered first. Enough are `PAIR_ANSWERS`, or half of the (n,) `held` where those are few.
    """
    least = min(PAIR_ANSWERS, held.sum() / 2)
    usable = (name for name in dataset.names("question") if name in met and _fit(dataset, name))
    candidates = {name: dataset.positions(name)[held] >= 0 for name in usable}
    found: dict[str, np.ndarray] = {}
    for name, answered in sorted(candidates.items(), key=lambda pair: -pair[1].sum()):
        if all((answered & other).sum() >= least for other in (answered, *found.values())):
            found[name] = answered
        if len(found) == wanted:
            break
    return list(found)


def _fit(dataset: DataSet, name: str) -> bool:
    """A closed question of few options, no one of which nearly everybody chose, that can be put."""
    variable = dataset.codebook.variable(name)
    if not variable.closed or not 2 <= len(variable.options) <= MOST_PANEL_OPTIONS or not fielded.can_be_put(variable):
        return False
    answered = dataset.positions(name)
    answered = answered[answered >= 0]
    return len(answered) > 0 and np.bincount(answered).max() < PANEL_SHARE * len(answered)


def _judged_panels(
    bench: Bench, name: str, survey: fielded.Fielded, human: DataSet, ceiling: DataSet, train: DataSet
) -> dict[str, Any]:
    """Our panel, the copula's and one of margins alone against the same people; other people as the ceiling."""
    systems = {fielded.OURS: bench.model(), **fielded.simple_models(survey, train)}
    resamples = bench.size(200, 20)
    note = f"{human.n:,} people set aside judge; ceiling: {ceiling.n:,} others"
    figures, passed = [], {}
    for system, model in systems.items():
        panel = fielded.panel_of(survey, model, human, bench.seed)
        report = fielded.judged(panel, human, ceiling, train, bench.seed, resamples)
        figures += fielded.report_figures(REGIME, f"{name}, panel", system, report, note)
        passed[system] = fielded.passed(report)
    third = survey_part(train, ceiling.n)
    passed[fielded.PEOPLE] = fielded.passed(fielded.judged(ceiling, human, third, None, bench.seed, resamples))
    return {"figures": [one.to_dict() for one in figures], "passed": passed}


def survey_part(people: DataSet, n: int) -> DataSet:
    """The first n of some people."""
    return people.rows(np.arange(min(n, people.n)))


def _checks_passed(bench: Bench, pieces: dict[str, dict[str, Any]]) -> list[Figure | Gap]:
    """Checks passed over all corpora, by system."""
    found: list[Figure | Gap] = []
    passed = {name: piece["passed"] for name, piece in pieces.items()}
    people = {name: by_system[fielded.PEOPLE] for name, by_system in passed.items()}
    for system in (fielded.OURS, fielded.COPULA, fielded.INDEPENDENT):
        ours = {name: by_system[system] for name, by_system in passed.items()}
        found += fielded.passed_figures(REGIME, "all panels", system, ours, people, bench.random(REGIME, "passed"))
    return found
