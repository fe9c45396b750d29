"""Corpora as arrays: what people were asked, and the option each of them chose.

Two kinds of material teach the model. A *corpus* has people (a data set: folder with codebook.json and
answers.parquet, or any file `read_dataset` takes); a *margin file* has counts by year without people (a folder with
questions.jsonl). Both become prompts through the renderer that simulation uses, options in the order of reading
(prompts/canonical.py).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from populace.data.dataset import DataSet
from populace.data.deidentify import deidentify
from populace.data.files import read_dataset
from populace.data.splits import split_people
from populace.errors import DataError
from populace.prompts.canonical import canonical
from populace.prompts.prompt import Prompt
from populace.prompts.render import bins_of, prompt_of
from populace.survey.question import Item
from populace.survey.scale import Option

#: fewer answers than this and a question teaches nothing
FEWEST_ANSWERS = 100
#: more options than this are lists to look things up in (occupations, states), not answers to a question
MOST_OPTIONS = 30
#: share of people set aside in every corpus, and the seed of that split; part of the definition of our hold-outs
HELD_PEOPLE, HOLD_OUT_SEED = 0.1, 20261


@dataclass(frozen=True)
class Corpus:
    """Answers of people to closed questions, numbers in bins."""

    #: short name
    name: str
    #: (Q,) prompts
    prompts: tuple[Prompt, ...]
    #: (Q,) items the prompts were rendered from
    items: tuple[Item, ...]
    #: (n, Q) int8 position of the option chosen, -1 = no answer
    positions: np.ndarray
    #: (n,) respondent of every interview
    respondents: np.ndarray
    #: (n,) year of every interview
    years: np.ndarray
    #: (n,) True for the people set aside, whom training never sees
    held: np.ndarray
    #: (n,) True for the half of them on whom dials are fitted, the others are for judging alone; None = all of them
    tuning: np.ndarray | None = None
    #: terms under which the data may be used, and how they are cited
    licence: str = ""
    citation: str = ""
    #: (n,) survey weights; None = everybody counts alike
    weights: np.ndarray | None = None

    @property
    def judging(self) -> np.ndarray:
        """(n,) True for the people set aside on whom nothing was ever fitted."""
        return self.held if self.tuning is None else self.held & ~self.tuning


@dataclass(frozen=True)
class MarginRecord:
    """Counts of one question, by year; people set aside are not counted."""

    #: the question, without a year
    prompt: Prompt
    #: year -> (K,) counts
    counts: dict[int, np.ndarray]
    #: name of the survey it comes from
    source: str
    #: the item the prompt was rendered from
    item: Item


def read_material(paths: Sequence[Path], until: int | None = None) -> tuple[list[Corpus], list[MarginRecord]]:
    """Corpora and margin records of all paths; the corpora's own margins are among the records.

    `until` is the last year of fieldwork that is used: what came later is left out.
    """
    corpora, records = [], []
    for path in paths:
        if (Path(path) / "questions.jsonl").is_file():
            records += read_margins(Path(path), until)
        else:
            corpus = corpus_of(deidentify(read_dataset(path))[0], until)
            if corpus is not None:
                corpora.append(corpus)
                records += margins_of(corpus)
    if not corpora:
        raise DataError(
            "no corpus with people among the paths: give at least one folder with codebook.json and answers.parquet"
        )
    return corpora, records


def corpus_of(dataset: DataSet, until: int | None = None) -> Corpus | None:
    """Closed and numeric questions and backgrounds of a data set, as prompts and positions.

    None when nobody was interviewed before the end of `until`.
    """
    if until is not None:
        early = np.nonzero(_years(dataset) <= until)[0]
        if not len(early):
            return None
        dataset = dataset.rows(early)
    kept = [column for name in _asked(dataset) if (column := _column(dataset, name)) is not None]
    if not kept:
        raise DataError(f"{dataset.id}: no question with {FEWEST_ANSWERS} answers or more and two options in use")
    items, prompts, positions = zip(*kept, strict=True)
    tuning, judging = (np.zeros(dataset.n, bool) for _ in range(2))
    halves = split_people(dataset, (HELD_PEOPLE / 2, HELD_PEOPLE / 2), HOLD_OUT_SEED)
    tuning[halves[0]], judging[halves[1]] = True, True
    arrays = np.stack(positions, 1), dataset.respondent_ids, _years(dataset), tuning | judging, tuning
    terms = (str(dataset.codebook.extra.get(name) or "") for name in ("licence", "citation"))
    return Corpus(dataset.id, prompts, items, *arrays, *terms, weights=dataset.weights)


def _asked(dataset: DataSet) -> tuple[str, ...]:
    return (*dataset.names("background"), *dataset.names("question"))


def _column(dataset: DataSet, name: str) -> tuple[Item, Prompt, np.ndarray] | None:
    """Item, prompt and int8 positions of one variable, or None when it teaches nothing."""
    variable = dataset.codebook.variable(name)
    item = variable.to_item()
    if variable.closed:
        prompt = prompt_of(item) if 2 <= len(item.options) <= MOST_OPTIONS else None
        positions = dataset.positions(name)
    elif variable.type == "numeric":
        values = dataset.values(name)
        if len(np.unique(values[~np.isnan(values)])) < 3:
            return None
        bins = bins_of(item, values)
        prompt, positions = prompt_of(item, bins=bins), bins.positions(values)
    else:
        return None
    answered = positions[positions >= 0]
    if prompt is None or len(answered) < FEWEST_ANSWERS or len(np.unique(answered)) < 2:
        return None
    prompt, order = canonical(prompt)
    read_at = np.append(np.argsort(order), -1)  # the last one keeps -1 where it is
    return item, prompt, read_at[positions].astype(np.int8)


def _years(dataset: DataSet) -> np.ndarray:
    """(n,) year of every interview: a column `year`, else the codebook's latest year, else 0."""
    if "year" in dataset.answers.columns:
        return dataset.codes("year").fill_null(0).to_numpy().astype(int)
    years = dataset.codebook.extra.get("years") or [0]
    return np.full(dataset.n, int(max(years)))


def margins_of(corpus: Corpus) -> list[MarginRecord]:
    """The corpus' own margins, one record a question."""
    records = []
    for q, (prompt, item) in enumerate(zip(corpus.prompts, corpus.items, strict=True)):
        counts = {}
        for year in np.unique(corpus.years):
            chosen = corpus.positions[(corpus.years == year) & ~corpus.held, q]
            chosen = chosen[chosen >= 0]
            if len(chosen) >= FEWEST_ANSWERS:
                counts[int(year)] = np.bincount(chosen, minlength=len(prompt.options)).astype(float)
        if counts:
            records.append(MarginRecord(prompt, counts, corpus.name, item))
    return records


def read_margins(folder: Path, until: int | None = None) -> list[MarginRecord]:
    """Records of a margin file (one JSON object a line: name, text, options, type, battery, counts by year)."""
    records = []
    for number, line in enumerate((folder / "questions.jsonl").read_text(encoding="utf-8").splitlines(), 1):
        try:
            record = _margin_record(json.loads(line), folder.name, until)
        except (KeyError, TypeError, ValueError) as problem:
            raise DataError(
                f"{folder / 'questions.jsonl'}, line {number}: {problem!r}; expected the layout of the data notes"
            ) from problem
        if record:
            records.append(record)
    return records


def _margin_record(row: dict, source: str, until: int | None = None) -> MarginRecord | None:
    options = row["options"]
    if not 2 <= len(options) <= MOST_OPTIONS:
        return None
    choices = tuple(Option(o["code"], o["label"], bool(o.get("missing"))) for o in options)
    place = {"battery": row.get("battery"), "stem": row.get("stem"), "item": row.get("item")}
    item = Item(row["name"], row["text"], choices, row["type"] == "ordinal", row.get("role", "question"), **place)
    prompt, order = canonical(prompt_of(item))
    codes = [str(options[k]["code"]) for k in order]
    counts = {int(y): np.array([c.get(code, 0) for code in codes], float) for y, c in row["counts"].items()}
    counts = {y: count for y, count in counts.items() if count.sum() >= FEWEST_ANSWERS and y <= (until or y)}
    return MarginRecord(prompt, counts, source, item) if counts else None
