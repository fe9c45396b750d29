"""train(): from corpora to a model folder, readable top to bottom.

Stages, each kept in a work folder beside the model so that a run that was stopped goes on where it was: reading
(vectors stay in the encoder's cache), structure (correlations to loadings), one margin tower after another, dials.
People and batteries set aside (training/corpus.py, hold_out below) are used for the dials and the scores on the card
alone.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file

import populace
from populace.data.splits import batteries, split_batteries
from populace.errors import JournalError
from populace.models.columns import Columns, column_features, columns_of
from populace.models.encoder import RECIPE, WEIGHTS_SHA256, QuestionVectors, TextEncoder
from populace.models.features import FeatureMap, fit_features
from populace.models.known import KnownQuestions, key_of, scale_key
from populace.models.library import save_model
from populace.models.margins import MarginTower
from populace.models.nearby import NearbyMargins, remember
from populace.models.surveylm import KIND, Dials, Parameters, SurveyLM, to_tensors
from populace.models.textmap import TextMap, fit_text_map
from populace.prompts.prompt import Prompt
from populace.training.calibrate import fit_dials, people_for_coverage, trials
from populace.training.corpus import HOLD_OUT_SEED, Corpus, MarginRecord, read_material
from populace.training.margins import train_margin_tower
from populace.training.structure import WIDTH, Structure, correlate, fit_structure

#: share of batteries set aside
HELD_BATTERIES = 0.08
#: members of the margin ensemble and passes over the questions for each
TOWERS, EPOCHS = 3, 30
#: how much the kernel part of the text map smooths
KERNEL_NOISE = 0.05

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
) -> Path:
    """Train a survey language model on corpora and write its folder; returns the folder.

    `corpora` are data sets (folders or files) and folders of margin counts. Raises `JournalError` when a work folder
    of another run is in the way, or exists although `resume` was not asked for.
    """
    material = hold_out(*_step(progress, "reading corpora", lambda: read_material([Path(p) for p in corpora])))
    work = _Work.open(Path(out), _plan(material, seed, towers, epochs), resume)
    encoder = TextEncoder(cache or work.folder / "vectors.sqlite")
    vectors = _encode(material, encoder, progress)
    structure = work.keep("structure", lambda: _structure(material, vectors, progress))
    members = _towers(material, vectors, work, seed, towers, epochs, progress)
    parameters = _parameters(material, vectors, structure, members)
    parameters, scores = _calibrated(parameters, material, vectors, encoder, seed, progress)
    card = _card(name or Path(out).name, material, seed, towers, epochs, scores)
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
    margins = [_margins(corpus) for corpus in material.corpora]
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
    stacked = (np.concatenate(parts) for parts in (features, fitted.loadings))
    return fit_text_map(feature_map, topics, owner, *stacked, fitted.text, np.concatenate(importance), KERNEL_NOISE)


def _margins(corpus: Corpus) -> list[np.ndarray]:
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


def _towers(
    material: Material, vectors, work: _Work, seed: int, towers: int, epochs: int, progress: Progress
) -> tuple[MarginTower, ...]:
    """Stage 3: the margin ensemble."""
    kept = np.nonzero(~material.held_records)[0]
    records = [material.records[i] for i in kept]
    inputs = [vectors[r.prompt] for r in records]

    def one(member: int) -> dict[str, np.ndarray]:
        stage = f"margin tower {member + 1} of {towers}"
        weights = material.record_weights[kept]
        tower = train_margin_tower(records, inputs, weights, seed + member, epochs, lambda d, t: progress(stage, d, t))
        return {key: value.float().numpy() for key, value in tower.state_dict().items()}

    return tuple(_tower_of(work.keep(f"tower-{m}", lambda m=m: one(m))) for m in range(towers))


def _tower_of(state: dict[str, np.ndarray]) -> MarginTower:
    import torch

    tower = MarginTower(hidden=state["score.weight"].shape[1])
    tower.load_state_dict({key: torch.from_numpy(value) for key, value in state.items()})
    return tower.eval()


def _parameters(
    material: Material,
    vectors: dict[Prompt, QuestionVectors],
    structure: dict[str, np.ndarray],
    towers: tuple[MarginTower, ...],
) -> Parameters:
    """Put the stages together; of a question asked in several surveys the latest margin and loadings stay."""
    keys, margins, loadings = [], [], []
    for s in np.argsort([corpus.years.max() for corpus in material.corpora], kind="stable"):
        corpus, own = material.corpora[s], _margins(material.corpora[s])
        start, columns = structure[f"starts.{s}"], structure[f"loadings.{s}"]
        for i, q in enumerate(np.nonzero(~material.held_questions[s])[0]):
            keys.append(key_of(corpus.prompts[q]))
            margins.append(own[q])
            loadings.append(columns[start[i] : start[i + 1]])
    dials = Dials(variance=float(structure["variance"].mean()))
    tables = (KnownQuestions.of(keys, margins, loadings), KnownQuestions.empty(WIDTH), _scales(material))
    return Parameters(towers, _nearby(material, vectors), TextMap.from_tensors(structure), *tables, dials)


def _nearby(material: Material, vectors: dict[Prompt, QuestionVectors]) -> NearbyMargins:
    """The memory of training questions, each wording once."""
    kept = {r.prompt: r for r, held in zip(material.records, material.held_records, strict=True) if not held}
    return remember([vectors[prompt] for prompt in kept], [_latest_shares(record) for record in kept.values()])


def _scales(material: Material) -> KnownQuestions:
    """Average margin by option list, and by number of options (under the number itself)."""
    grouped: dict[int, list[np.ndarray]] = {}
    for record, held in zip(material.records, material.held_records, strict=True):
        if not held:
            for key in (scale_key(record.prompt.options), len(record.prompt.options)):
                grouped.setdefault(key, []).append(_latest_shares(record))
    margins = [np.mean([m for m in group if len(m) == len(group[0])], 0) for group in grouped.values()]
    return KnownQuestions.of(list(grouped), margins, [np.zeros((1, 1)) for _ in margins])


def _calibrated(
    parameters: Parameters, material: Material, vectors, encoder: TextEncoder, seed: int, progress: Progress
) -> tuple[Parameters, dict]:
    """Stage 4: dials, and the scores that go on the card."""
    known, unseen = trials(material.corpora, material.held_questions, seed)
    build = lambda p: SurveyLM(p, encoder, {"name": "in training"})  # noqa: E731
    held = [material.records[i] for i in np.nonzero(material.held_records)[0]]
    true = [_latest_shares(record) for record in held]
    asked = [r.prompt for r in held], [vectors[r.prompt] for r in held]
    parameters = replace(
        parameters, dials=replace(parameters.dials, tower_share=_tower_share(build(parameters), *asked, true))
    )
    progress("dials", 1, 3)
    dials, scores = fit_dials(parameters, build, known, unseen)
    progress("dials", 2, 3)
    guessed = build(parameters).text_margins(*asked)
    text_people = people_for_coverage(guessed, true) if held else dials.text_people
    dials = replace(dials, text_people=text_people, known_people=_people_behind_known(material.records))
    averages = [build(parameters).scale_average(prompt) for prompt in asked[0]]
    scores |= _margin_scores(guessed, averages, true) | dict(
        zip((f.name for f in fields(dials)), astuple(dials), strict=True)
    )
    progress("dials", 3, 3)
    return replace(parameters, dials=dials), scores


def _tower_share(
    model: SurveyLM, prompts: list[Prompt], vectors: list[QuestionVectors], true: list[np.ndarray]
) -> float:
    """Share of the towers that gives the held-out shares the highest likelihood."""
    if not true:
        return model.parameters.dials.tower_share
    tried = {}
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        dials = replace(model.parameters.dials, tower_share=share)
        mixed = SurveyLM(replace(model.parameters, dials=dials), model.encoder, model.card).text_margins(
            prompts, vectors
        )
        tried[share] = -np.mean([t @ np.log(np.maximum(m, 1e-4)) for m, t in zip(mixed, true, strict=True)])
    return min(tried, key=tried.get)


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


def _margin_scores(guessed: Sequence[np.ndarray], averages: Sequence[np.ndarray], true: Sequence[np.ndarray]) -> dict:
    """Mean total variation distance on batteries set aside, beside a uniform guess."""
    distance = lambda parts: float(np.mean([np.abs(p - t).sum() / 2 for p, t in zip(parts, true, strict=True)]))  # noqa: E731
    if not true:
        return {}
    return {
        "held_questions": len(true),
        "held_tvd": distance(guessed),
        "held_tvd_same_scale": distance(averages),
        "held_tvd_uniform": distance([np.full(len(t), 1 / len(t)) for t in true]),
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
        "data": {"interviews": people, "answers": answers, "margin_questions": len(material.records)},
        "hold_out": {"seed": HOLD_OUT_SEED, "people": 0.1, "batteries": HELD_BATTERIES},
        "scores": {key: round(float(value), 4) for key, value in scores.items()},
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
