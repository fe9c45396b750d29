"""train(): from corpora to a model folder, readable top to bottom.

Stages, each kept in a work folder beside the model so that a run that was stopped goes on where it was: reading
(vectors stay in the encoder's cache), structure (correlations to loadings), one margin tower after another, then
towers without one survey house at a time (training/doubts.py), and dials.
People and batteries set aside (training/corpus.py, hold_out below) are used for the dials and the scores on the card
alone.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple, dataclass, fields, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file

import populace
from populace.data.splits import batteries, split_batteries
from populace.errors import JournalError
from populace.models.columns import Columns, bends, column_features, columns_of
from populace.models.doubt import Doubt
from populace.models.encoder import RECIPE, WEIGHTS_SHA256, QuestionVectors, TextEncoder
from populace.models.features import FeatureMap, fit_features
from populace.models.known import KnownQuestions, key_of, scale_key
from populace.models.library import save_model
from populace.models.margins import MarginTower, Reduced, Reduction, reduced
from populace.models.nearby import NearbyMargins, on_scale, ordered, remember, scale_of
from populace.models.surveylm import KIND, OUTSIDE, Dials, Parameters, SurveyLM, to_tensors
from populace.models.textmap import TextMap, fit_text_map
from populace.prompts.prompt import Prompt
from populace.training.batteries import shared_in_batteries
from populace.training.calibrate import fit_dials, people_for_coverage, trials
from populace.training.corpus import HOLD_OUT_SEED, Corpus, MarginRecord, read_material
from populace.training.doubts import FEWEST_OF_HOUSE, Lesson, fit_doubt, houses_of
from populace.training.margins import train_margin_tower
from populace.training.structure import WIDTH, Structure, correlate, fit_structure

#: share of batteries set aside
HELD_BATTERIES = 0.08
#: members of the margin ensemble and passes over the questions for each
TOWERS, EPOCHS = 3, 30
#: years in which what an earlier survey found loses half its weight
HALF_LIFE = 4.0
#: how much the kernel part of the text map smooths
KERNEL_NOISE = 0.05

#: what every card says, whatever the data
INTENDED_USE = (
    "Drafting and testing questionnaires, planning fieldwork, filling gaps beside a pilot, teaching. Judge a panel "
    "with `populace scrutinize` before acting on it. Not for deciding about persons, and not a replacement for a "
    "survey where decisions of weight depend on it."
)
LIMITS = (
    "Zero-shot margins of new questions are worth a few people each; intervals say how few.",
    "Zero-shot correlations among questions of houses and topics unlike the training surveys are close to none.",
    "Opinions are those of the years and countries of the corpora; nothing later is known.",
    "A pilot of 100 repairs margins and structure of its own questions, and of nothing else.",
)
CANNOT_KNOW = (
    "names, brands, products and events that the corpora do not ask about",
    "populations and countries outside the corpora",
    "what an individual person thinks",
)

#: what progress is told: stage, steps done, steps in all
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Material:
    """Everything read, with what is set aside."""

    #: surveys with people
    corpora: list[Corpus]
    #: question-years
    records: list[MarginRecord]
    #: per corpus (Q,) True for questions set aside
    held_questions: list[np.ndarray]
    #: (R,) True for records set aside
    held_records: np.ndarray
    #: per corpus (Q,) weight of a question: items of a large battery count less
    weights: list[np.ndarray]
    #: (R,) the same for records
    record_weights: np.ndarray


def train(
    corpora: Sequence[Path],
    out: Path,
    resume: bool = False,
    seed: int = 0,
    cache: Path | None = None,
    progress: Progress = lambda stage, done, total: None,
    towers: int = TOWERS,
    epochs: int = EPOCHS,
    name: str | None = None,
    until: int | None = None,
) -> Path:
    """Train a survey language model on corpora and write its folder; returns the folder.

    `corpora` are data sets (folders or files) and folders of margin counts; `until` is the last year of fieldwork
    that is used. Raises `JournalError` when a work folder
    of another run is in the way, or exists although `resume` was not asked for.
    """
    paths = [Path(path) for path in corpora]
    material = hold_out(*_step(progress, "reading corpora", lambda: read_material(paths, until)))
    work = _Work.open(Path(out), _plan(material, seed, towers, epochs), resume)
    encoder = TextEncoder(cache or work.folder / "vectors.sqlite")
    vectors = _encode(material, encoder, progress)
    structure = work.keep("structure", lambda: _structure(material, vectors, progress))
    trainer = _TowerTrainer(material, vectors, work, seed, epochs, progress)
    members, outsiders = trainer.members(towers), trainer.lessons_without_houses()
    parameters = _parameters(material, vectors, structure, trainer.reduction, members)
    parameters, scores = _calibrated(parameters, outsiders, material, vectors, encoder, seed, progress)
    card = _card(name or Path(out).name, material, seed, towers, epochs, scores)
    if until is not None:
        card["data"]["until"] = until
    save_model(Path(out), to_tensors(parameters), card)
    shutil.rmtree(work.folder)
    return Path(out)


def hold_out(corpora: list[Corpus], records: list[MarginRecord]) -> Material:
    """Set batteries aside, the same in corpora and margin files; backgrounds are never set aside."""
    items = [item for corpus in corpora for item in corpus.items] + [record.item for record in records]
    surveys = [c.name for c in corpora for _ in c.items] + [r.source for r in records]
    groups = batteries(items, surveys)
    held = np.zeros(len(items), bool)
    held[split_batteries(items, (HELD_BATTERIES,), HOLD_OUT_SEED, surveys)[0]] = True
    background = np.array([item.role == "background" for item in items])
    held &= ~np.isin(groups, groups[background])
    weights = 1 / np.sqrt(np.bincount(groups)[groups])
    ends = np.cumsum([len(c.items) for c in corpora])
    parts, shares = np.split(held, ends), np.split(weights, ends)
    return Material(corpora, records, parts[:-1], parts[-1], shares[:-1], shares[-1])


def _encode(material: Material, encoder: TextEncoder, progress: Progress) -> dict[Prompt, QuestionVectors]:
    """Vectors of every prompt, in portions so that progress can be told and a stop loses little."""
    prompts = [p for c in material.corpora for p in c.prompts] + [r.prompt for r in material.records]
    prompts = list(dict.fromkeys(prompts))
    vectors: dict[Prompt, QuestionVectors] = {}
    for start in range(0, len(prompts), 200):
        portion = prompts[start : start + 200]
        vectors |= dict(zip(portion, encoder.encode(portion), strict=True))
        progress("reading texts", min(start + 200, len(prompts)), len(prompts))
    return vectors


def _structure(material: Material, vectors: dict[Prompt, QuestionVectors], progress: Progress) -> dict[str, np.ndarray]:
    """Stage 2: margins, features, loadings, as tensors."""
    margins = [margins_among(corpus) for corpus in material.corpora]
    used = [
        (p, m, w)
        for c, ms, ws in zip(material.corpora, margins, material.weights, strict=True)
        for p, m, w in zip(c.prompts, ms, ws, strict=True)
    ]
    prompts, shares, weights = zip(*used, strict=True)
    feature_map = fit_features(prompts, [vectors[p] for p in prompts], shares, np.array(weights))
    columns, surveys, features, importance = [], [], [], []
    for corpus, own, held, weight in zip(
        material.corpora, margins, material.held_questions, material.weights, strict=True
    ):
        asked = np.nonzero(~held)[0]
        part = columns_of([corpus.prompts[q] for q in asked], [own[q] for q in asked])
        options = [feature_map.features(corpus.prompts[q], vectors[corpus.prompts[q]], own[q]) for q in asked]
        columns.append(part)
        surveys.append(correlate(corpus.positions[~corpus.held][:, asked], part))
        features.append(column_features(options, [own[q] for q in asked], part))
        importance.append(_column_weights(weight[asked], part))
        progress("correlations", len(surveys), len(material.corpora))
    fitted = fit_structure(surveys, features, importance, progress=lambda d, t: progress("structure", d, t))
    text = _text_map(material, vectors, feature_map, columns, features, importance, fitted)
    tensors = {f"loadings.{s}": part for s, part in enumerate(fitted.loadings)}
    tensors |= {f"starts.{s}": part.start for s, part in enumerate(columns)}
    return tensors | text.tensors() | {"variance": fitted.variance.astype(np.float32)}


def _text_map(
    material: Material,
    vectors: dict[Prompt, QuestionVectors],
    feature_map: FeatureMap,
    columns: Sequence[Columns],
    features: Sequence[np.ndarray],
    importance: Sequence[np.ndarray],
    fitted: Structure,
) -> TextMap:
    """From words to loadings, fitted on all surveys' columns end to end."""
    asked = [
        corpus.prompts[q]
        for corpus, held in zip(material.corpora, material.held_questions, strict=True)
        for q in np.nonzero(~held)[0]
    ]
    topics = np.stack([vectors[prompt].question for prompt in asked])
    firsts = np.cumsum([0, *(len(part.start) - 1 for part in columns)])
    owner = np.concatenate([part.question + first for part, first in zip(columns, firsts, strict=False)])
    looked_up = np.concatenate([~_is_bend(part, prompts) for part, prompts in _by_survey(columns, asked)])
    stacked = (np.concatenate(parts)[looked_up] for parts in (features, fitted.loadings))
    weights = np.concatenate(importance)[looked_up]
    return fit_text_map(feature_map, topics, owner[looked_up], *stacked, fitted.text, weights, KERNEL_NOISE)


def _by_survey(columns: Sequence[Columns], asked: Sequence[Prompt]) -> Iterator[tuple[Columns, Sequence[Prompt]]]:
    """The columns of every survey with its prompts, which stand end to end."""
    ends = np.cumsum([len(part.start) - 1 for part in columns])
    for part, end in zip(columns, ends, strict=True):
        yield part, asked[end - len(part.start) + 1 : end]


def _is_bend(columns: Columns, prompts: Sequence[Prompt]) -> np.ndarray:
    """(C,) True for the second column of a scale."""
    second = np.arange(len(columns.question)) == columns.start[columns.question] + 1
    return second & np.array([bends(prompts[q]) for q in columns.question])


def margins_among(corpus: Corpus) -> list[np.ndarray]:
    """(K,) shares of every question among the people not set aside, half an answer added to each option."""
    positions = corpus.positions[~corpus.held]
    out = []
    for q, prompt in enumerate(corpus.prompts):
        chosen = positions[:, q]
        counts = np.bincount(chosen[chosen >= 0], minlength=len(prompt.options)) + 0.5
        out.append(counts / counts.sum())
    return out


def _column_weights(weights: np.ndarray, columns: Columns) -> np.ndarray:
    """Weight of every column: a question with many option columns counts no more than one with two."""
    per_question = np.diff(columns.start)
    return (weights / np.sqrt(per_question))[columns.question]


@dataclass(frozen=True)
class _TowerTrainer:
    """Stages 3 and 4: the margin ensemble, and towers that have not seen a house."""

    material: Material
    vectors: dict[Prompt, QuestionVectors]
    work: _Work
    seed: int
    epochs: int
    progress: Progress

    @cached_property
    def kept(self) -> np.ndarray:
        """Positions of the records that are not set aside."""
        return np.nonzero(~self.material.held_records)[0]

    @cached_property
    def reduction(self) -> Reduction:
        """Axes of all questions that are not set aside."""
        return Reduction.of([self.vectors[self.material.records[i].prompt] for i in self.kept])

    @cached_property
    def inputs(self) -> list[Reduced]:
        """Every record as the towers see it."""
        prompts = [record.prompt for record in self.material.records]
        return [reduced(self.reduction, prompt, self.vectors[prompt]) for prompt in prompts]

    def members(self, towers: int) -> tuple[MarginTower, ...]:
        """The ensemble that ships."""
        return tuple(
            self._tower(f"tower-{m}", f"margin tower {m + 1} of {towers}", self.kept, m) for m in range(towers)
        )

    def lessons_without_houses(self) -> list[Lesson]:
        """What towers and memory guess about houses they were trained without; none where there is one house."""
        houses = houses_of([self.material.records[i].source for i in self.kept])
        names = [
            name for name, count in zip(*np.unique(houses, return_counts=True), strict=True) if count >= FEWEST_OF_HOUSE
        ]
        if len(np.unique(houses)) < 2:
            return []
        return [
            lesson
            for name in names
            for lesson in self._lessons(name, self.kept[houses == name], self.kept[houses != name])
        ]

    def _lessons(self, house: str, asked: np.ndarray, seen: np.ndarray) -> list[Lesson]:
        tower = self._tower(f"without-{house}", f"tower without {house}", seen, 0)
        own = lambda i: self.material.records[i]  # noqa: E731
        nearby = memory_of(self.material, self.vectors, _each_once(self.material, seen))
        scales = _scales(self.material, seen)
        blind = replace(_blind_parameters(self.reduction), towers=(tower,), nearby=nearby, scales=scales)
        model = SurveyLM(blind, TextEncoder(), {"name": f"without {house}"})
        guesses = model.guesses([_asked_last(own(i)) for i in asked], [self.vectors[own(i).prompt] for i in asked])
        weights = self.material.record_weights[asked] ** 2
        return [
            Lesson(guess, own(i).counts[max(own(i).counts)], weight / weights.sum())
            for guess, i, weight in zip(guesses, asked, weights, strict=True)
        ]

    def _tower(self, stage: str, words: str, seen: np.ndarray, member: int) -> MarginTower:
        records, inputs = [self.material.records[i] for i in seen], [self.inputs[i] for i in seen]
        tell = lambda done, total: self.progress(words, done, total)  # noqa: E731

        def compute() -> dict[str, np.ndarray]:
            tower = train_margin_tower(records, inputs, self.seed + member, self.epochs, tell)
            return {key: value.float().numpy() for key, value in tower.state_dict().items()}

        return _tower_of(self.work.keep(stage, compute))


def _blind_parameters(reduction: Reduction) -> Parameters:
    """Parameters of a model that knows nothing: what guessing needs is put in afterwards."""
    empty = KnownQuestions.empty(WIDTH)
    return Parameters(reduction, (), None, None, empty, empty, empty, Doubt.unfitted())


def _tower_of(state: dict[str, np.ndarray]) -> MarginTower:
    import torch

    tower = MarginTower(hidden=state["score.weight"].shape[1])
    tower.load_state_dict({key: torch.from_numpy(value) for key, value in state.items()})
    return tower.eval()


def _parameters(
    material: Material,
    vectors: dict[Prompt, QuestionVectors],
    structure: dict[str, np.ndarray],
    reduction: Reduction,
    towers: tuple[MarginTower, ...],
) -> Parameters:
    """Put the stages together."""
    dials = Dials(variance=float(structure["variance"].mean()))
    kept = np.nonzero(~material.held_records)[0]
    tables = (_known(material, structure), KnownQuestions.empty(WIDTH), _scales(material, kept))
    nearby = memory_of(material, vectors, _each_once(material, kept))
    return Parameters(reduction, towers, nearby, TextMap.from_tensors(structure), *tables, Doubt.unfitted(), dials)


def _known(material: Material, structure: dict[str, np.ndarray]) -> KnownQuestions:
    """Questions met in training; one that several surveys asked has the mean of their margins and loadings.

    Surveys count by their answers, halved for every HALF_LIFE years before the last of them.
    """
    met: dict[tuple[int, int], list[tuple[int, int, np.ndarray, np.ndarray]]] = {}
    for s, corpus in enumerate(material.corpora):
        own, start, columns = margins_among(corpus), structure[f"starts.{s}"], structure[f"loadings.{s}"]
        answers, year = (corpus.positions[~corpus.held] >= 0).sum(0), int(corpus.years.max())
        for i, q in enumerate(np.nonzero(~material.held_questions[s])[0]):
            loadings = columns[start[i] : start[i + 1]]
            met.setdefault((key_of(corpus.prompts[q]), len(loadings)), []).append(
                (year, int(answers[q]), own[q], loadings)
            )
    # where the same words are a scale here and a list there, the form with more answers comes last and stays
    by_answers = sorted(met.items(), key=lambda entry: sum(n for _, n, _, _ in entry[1]))
    means = [_mean_of_surveys(asked) for _, asked in by_answers]
    return KnownQuestions.of([key for (key, _), _ in by_answers], *zip(*means, strict=True))


def _mean_of_surveys(asked: list[tuple[int, int, np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """Margin and loadings of one question from (year, answers, margin, loadings) of every survey that asked it."""
    last = max(year for year, *_ in asked)
    weights = np.array([answers * 0.5 ** ((last - year) / HALF_LIFE) for year, answers, *_ in asked])
    weights /= weights.sum()
    return tuple(sum(w * one[part] for w, one in zip(weights, asked, strict=True)) for part in (2, 3))


def _each_once(material: Material, kept: Sequence[int]) -> list[int]:
    """Of these records, one for each wording, in whatever batteries it stands: the last."""
    return list({replace(material.records[i].prompt, battery=None): i for i in kept}.values())


def memory_of(
    material: Material, vectors: dict[Prompt, QuestionVectors], kept: Sequence[int], axes: np.ndarray | None = None
) -> NearbyMargins:
    """The memory of these records, each wording once; at least two options on the scale."""
    used = [i for i in kept if material.records[i].prompt.missing.count(False) > 1]
    prompts = [material.records[i].prompt for i in used]
    shares = [_latest_shares(material.records[i]) for i in used]
    return remember(prompts, [vectors[prompt] for prompt in prompts], shares, material.record_weights[used], axes)


def _scales(material: Material, kept: Sequence[int]) -> KnownQuestions:
    """Average margin by scale, by number of steps of any scale (under the number), and of options outside scales."""
    grouped: dict[int, list[tuple[float, np.ndarray]]] = {}
    outside: list[tuple[float, float]] = []
    for i in kept:
        prompt, shares, weight = (
            material.records[i].prompt,
            _latest_shares(material.records[i]),
            material.record_weights[i],
        )
        labels = scale_of(prompt)
        outside += [(weight, shares[k]) for k, missing in enumerate(prompt.missing) if missing]
        if len(labels) < 2:
            continue
        for key in (scale_key(labels), *([len(labels)] if ordered(prompt) else [])):
            grouped.setdefault(key, []).append((weight, on_scale(prompt, shares)))
    margins = [sum(w * m for w, m in group) / sum(w for w, _ in group) for group in grouped.values()]
    aside = sum(w * share for w, share in outside) / sum(w for w, _ in outside) if outside else 0.01
    keys, margins = [*grouped, OUTSIDE], [*margins, np.array([aside, 1 - aside])]
    return KnownQuestions.of(keys, margins, [np.zeros((1, 1)) for _ in margins])


def _calibrated(
    parameters: Parameters,
    outsiders: list[Lesson],
    material: Material,
    vectors,
    encoder: TextEncoder,
    seed: int,
    progress: Progress,
) -> tuple[Parameters, dict]:
    """Last stage: mixing and doubt, dials, and the scores that go on the card."""
    known, unseen = trials(material.corpora, material.held_questions, seed)
    build = lambda p: SurveyLM(p, encoder, {"name": "in training"})  # noqa: E731
    insiders = _lessons_set_aside(build(parameters), material, vectors)
    parameters = replace(parameters, doubt=fit_doubt([*insiders, *outsiders]))
    progress("dials", 1, 3)
    dials, scores = fit_dials(parameters, build, known, unseen)
    parameters = replace(parameters, dials=dials)
    shared = shared_in_batteries(build(parameters), material.corpora, material.held_questions)
    dials = dials if shared is None else replace(dials, battery=shared)
    progress("dials", 2, 3)
    parameters = replace(parameters, dials=replace(dials, known_people=_people_behind_known(material.records)))
    scores |= _margin_scores(build(parameters), insiders, "held") | _margin_scores(
        build(parameters), outsiders, "house"
    )
    scores |= dict(zip((f.name for f in fields(Dials)), astuple(parameters.dials), strict=True))
    progress("dials", 3, 3)
    return parameters, scores


def _lessons_set_aside(model: SurveyLM, material: Material, vectors) -> list[Lesson]:
    """Guesses about the batteries set aside; together they count as much as two houses."""
    held = np.nonzero(material.held_records)[0]
    records, weights = [material.records[i] for i in held], material.record_weights[held] ** 2
    guesses = model.guesses([_asked_last(r) for r in records], [vectors[r.prompt] for r in records])
    return [
        Lesson(guess, record.counts[max(record.counts)], 2 * weight / weights.sum())
        for guess, record, weight in zip(guesses, records, weights, strict=True)
    ]


def _asked_last(record: MarginRecord) -> Prompt:
    """The prompt in the year whose shares are judged."""
    return replace(record.prompt, year=max(record.counts) or None)


def _latest_shares(record: MarginRecord) -> np.ndarray:
    counts = record.counts[max(record.counts)]
    return counts / counts.sum()


def _people_behind_known(records: Sequence[MarginRecord]) -> float:
    """Drift of questions asked again four years later or more, as a number of pseudo-people."""
    earlier, later = [], []
    for record in records:
        last = max(record.counts)
        before = [year for year in record.counts if year <= last - 4]
        if before:
            counts = record.counts[max(before)] + 0.5
            earlier.append(counts / counts.sum())
            later.append(record.counts[last] / record.counts[last].sum())
    return people_for_coverage(earlier, later) if earlier else Dials.known_people


def _margin_scores(model: SurveyLM, lessons: Sequence[Lesson], what: str) -> dict:
    """Mean total variation distance of guesses beside a uniform guess."""
    if not lessons:
        return {}
    true = [lesson.counts / lesson.counts.sum() for lesson in lessons]
    systems = {
        "": [model.parameters.doubt.shares(lesson.guess) for lesson in lessons],
        "_uniform": [np.full(len(t), 1 / len(t)) for t in true],
    }
    distance = lambda parts: float(np.mean([np.abs(p - t).sum() / 2 for p, t in zip(parts, true, strict=True)]))  # noqa: E731
    return {
        f"{what}_questions": len(lessons),
        **{f"{what}_tvd{name}": distance(parts) for name, parts in systems.items()},
    }


def _card(name: str, material: Material, seed: int, towers: int, epochs: int, scores: dict) -> dict:
    people = {c.name: int((~c.held).sum()) for c in material.corpora}
    answers = sum(int((c.positions[~c.held] >= 0).sum()) for c in material.corpora)
    return {
        "name": name,
        "kind": KIND,
        "summary": "survey language model: reads a question, answers as a population of latent persons; CPU",
        "version": populace.__version__,
        "commit": _commit(),
        "encoder_sha256": WEIGHTS_SHA256,
        "encoder_recipe": RECIPE,
        "seed": seed,
        "settings": {"width": WIDTH, "towers": towers, "epochs": epochs},
        "data": {
            "interviews": people,
            "margin_files": sorted({record.source for record in material.records} - set(people)),
            "answers": answers,
            "margin_questions": len(material.records),
        },
        "hold_out": {"seed": HOLD_OUT_SEED, "people": 0.1, "batteries": HELD_BATTERIES},
        "scores": {key: round(float(value), 4) for key, value in scores.items()},
        "sources": {
            c.name: {"licence": c.licence, "citation": c.citation} for c in material.corpora if c.licence or c.citation
        },
        "intended_use": INTENDED_USE,
        "limits": list(LIMITS),
        "cannot_know": list(CANNOT_KNOW),
        "cannot": ["open text"],
    }


def _commit() -> str | None:
    """Commit of the code that trains, where it runs from a checkout."""
    here = Path(__file__).parent
    try:
        found = subprocess.run(["git", "rev-parse", "HEAD"], cwd=here, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return found.stdout.strip()


def _plan(material: Material, seed: int, towers: int, epochs: int) -> dict:
    """What makes two runs the same run."""
    digest = hashlib.sha256()
    for corpus in material.corpora:
        digest.update(corpus.name.encode() + corpus.positions.tobytes())
    for record in material.records:
        digest.update(repr((record.prompt, sorted(record.counts))).encode())
    return {
        "material": digest.hexdigest(),
        "seed": seed,
        "towers": towers,
        "epochs": epochs,
        "version": populace.__version__,
    }


def _step(progress: Progress, stage: str, work: Callable):
    progress(stage, 0, 1)
    result = work()
    progress(stage, 1, 1)
    return result


@dataclass(frozen=True)
class _Work:
    """The work folder: finished stages, each a safetensors file written whole or not at all."""

    folder: Path

    @classmethod
    def open(cls, out: Path, plan: dict, resume: bool) -> _Work:
        folder = out.parent / f"{out.name}.training"
        path = folder / "plan.json"
        if path.is_file():
            before = json.loads(path.read_text(encoding="utf-8"))
            changed = sorted(key for key in plan if before.get(key) != plan[key])
            if changed:
                raise JournalError(
                    f"{folder} belongs to a training with another {', '.join(changed)}: "
                    "remove it, or choose another --out"
                )
            if not resume:
                raise JournalError(
                    f"{folder} holds an unfinished training: add --resume to go on, or remove it to start again"
                )
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(plan, indent=2), encoding="utf-8")
        return cls(folder)

    def keep(self, stage: str, compute: Callable[[], dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
        """The tensors of a stage: read when it is finished, computed and kept when it is not."""
        path = self.folder / f"{stage}.safetensors"
        if not path.is_file():
            started = time.monotonic()
            tensors = {name: np.ascontiguousarray(array) for name, array in compute().items()}
            save_file(tensors, path.with_suffix(".part"), {"seconds": f"{time.monotonic() - started:.0f}"})
            path.with_suffix(".part").rename(path)
        return load_file(path)
