"""Disclosure: who answered, how, and what cannot be concluded; the page that every export carries.

Items follow the disclosure elements of the AAPOR Transparency Initiative, with what ESOMAR asks of buyers and sellers
of synthetic data to say besides: that answers were simulated, by which model, trained on what, checked how.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from populace.data.dataset import DataSet
from populace.data.design import design_of, kish_deff

__all__ = ["Disclosure", "disclosure_of", "PARTLY", "PEOPLE", "SYNTHETIC"]

#: kinds of data: nobody simulated, everybody, some
PEOPLE, SYNTHETIC, PARTLY = "people", "synthetic", "partly synthetic"
#: what stands where the data say nothing and nobody else did
NOT_STATED = "not stated"

_OF_SYNTHETIC = (
    "Synthetic answers are a model's guess at what people would say; no person gave them.",
    "Intervals say how many respondents were simulated, not how wrong the model may be.",
    "More synthetic respondents do not bring more information.",
)
_OF_PEOPLE = (
    "Intervals cover sampling error only: wording, non-response and coverage can add errors that nobody measured.",
)


@dataclass(frozen=True)
class Disclosure:
    """What has to be said about the data behind a result."""

    #: title of the data set
    title: str
    #: `PEOPLE`, `SYNTHETIC` or `PARTLY`
    kind: str
    #: interviews (rows), and how many of them were simulated
    interviews: int
    simulated: int
    #: different respondents
    respondents: int
    #: Kish effective number of interviews
    effective: float
    #: who sponsored and who conducted the study
    sponsor: str = NOT_STATED
    conducted_by: str = NOT_STATED
    #: whom the answers stand for
    population: str = NOT_STATED
    #: how respondents were found, or of what synthetic ones were made
    sampling: str = NOT_STATED
    #: how the questions were put
    mode: str = NOT_STATED
    #: when
    dates: str = NOT_STATED
    #: models that answered, and hashes of their weights
    models: tuple[str, ...] = ()
    model_hashes: tuple[str, ...] = ()
    #: what the models learned from
    training: str = NOT_STATED
    #: how the answers were compared with people's
    validation: str = NOT_STATED
    #: hashes of the questionnaires
    instruments: tuple[str, ...] = ()
    #: seeds and versions of the program
    seeds: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()
    #: how answers were weighted, in a sentence
    weighting: str = NOT_STATED
    #: what was done to the answers
    processing: tuple[str, ...] = ()
    #: what cannot be concluded
    limits: tuple[str, ...] = ()
    #: where the data came from, under which licence
    source: str = NOT_STATED
    licence: str = NOT_STATED
    #: hash of codebook and answers
    content_hash: str = ""

    @property
    def mark(self) -> str:
        """The word that everything made from the data carries, "" for people."""
        return {PEOPLE: "", SYNTHETIC: "SYNTHETIC", PARTLY: "PARTLY SYNTHETIC"}[self.kind]

    @property
    def sentence(self) -> str:
        """Who answered, in one sentence."""
        rows = f"{self.interviews:,} interviews" if self.interviews != 1 else "1 interview"
        if self.kind == PEOPLE:
            return f"{self.title}: {rows} with people."
        by = f" by {', '.join(self.models)}" if self.models else ""
        if self.kind == SYNTHETIC:
            return f"{self.title}: {rows}, all simulated{by}; no person gave these answers."
        return f"{self.title}: {rows}, of which {self.simulated:,} were simulated{by}."

    def items(self) -> tuple[tuple[str, str], ...]:
        """(label, text) of everything to be disclosed, in order; what is not known says so."""
        of_models = (
            ("Models that answered", _words(self.models)),
            ("Hashes of the models", _words(self.model_hashes)),
            ("Training data of the models", self.training),
            ("Comparison with people", self.validation),
            ("Seeds", _words(self.seeds)),
        )
        return (
            ("Who answered", self.sentence),
            ("Sponsor", self.sponsor),
            ("Conducted by", self.conducted_by),
            ("Population", self.population),
            ("How respondents were found or made", self.sampling),
            ("Mode", self.mode),
            ("Dates of the answers", self.dates),
            ("Questionnaire (hash)", _words(self.instruments)),
            ("Sample size", self._size()),
            ("Weighting", self.weighting),
            *(of_models if self.kind != PEOPLE else ()),
            ("Processing", " ".join(self.processing) or NOT_STATED),
            ("Source of the data", self.source),
            ("Licence", self.licence),
            ("Hash of the data", self.content_hash or NOT_STATED),
            ("Program versions", _words(self.versions)),
            ("Limits", " ".join(self.limits) or NOT_STATED),
        )

    def _size(self) -> str:
        simulated = f", {self.simulated:,} of them simulated" if self.simulated else ""
        people = f" of {self.respondents:,} respondents" if self.respondents != self.interviews else ""
        return f"{self.interviews:,} interviews{people}{simulated}; effective number {self.effective:,.0f}"


def disclosure_of(data: DataSet, **told: Any) -> Disclosure:
    """The disclosure of a data set: provenance columns and codebook, and what the caller tells.

    `told`: fields of `Disclosure` that the data cannot know or that correct them, such as sponsor, dates, training,
    validation; `limits` are added to the standing ones.
    """
    simulated = int(data.answers["_synthetic"].sum()) if data.synthetic else 0
    kind = PEOPLE if not simulated else SYNTHETIC if simulated == data.n else PARTLY
    design = design_of(data)
    limits = (*(_OF_SYNTHETIC if simulated else ()), *(_OF_PEOPLE if simulated < data.n else ()))
    found: dict[str, Any] = {
        "title": data.codebook.title,
        "kind": kind,
        "interviews": data.n,
        "simulated": simulated,
        "respondents": data.n_respondents,
        "effective": design.effective_n,
        "weighting": f"{design.words} Design effect of the weights {kish_deff(design.weights):.2f}.",
        "models": _different(data, "_model"),
        "model_hashes": _different(data, "_model_hash"),
        "instruments": _different(data, "_instrument_hash"),
        "seeds": _different(data, "_seed"),
        "versions": _different(data, "_version"),
        "validation": "No comparison with people is part of this report." if simulated else NOT_STATED,
        "processing": data.notes,
        "content_hash": data.content_hash,
    }
    found |= _of_codebook(data.codebook.extra)
    return Disclosure(**found | told | {"limits": (*limits, *told.get("limits", ()))})


def _of_codebook(extra: Mapping[str, Any]) -> dict[str, str]:
    """What the codebook says of the survey."""
    found = {key: extra[key] for key in ("population", "mode", "source", "licence") if extra.get(key)}
    years = extra.get("years") or []
    dates = ", ".join(str(year) for year in years) if isinstance(years, list) else str(years)
    found |= {"dates": dates} if dates else {}
    if "population" not in found and extra.get("country"):
        found["population"] = f"{extra['country']} ({NOT_STATED} who in it)"
    return {key: str(value) for key, value in found.items()}


def _different(data: DataSet, column: str) -> tuple[str, ...]:
    """Different values of a provenance column."""
    if column not in data.answers.columns:
        return ()
    return tuple(str(value) for value in data.codes(column).drop_nulls().unique().sort())


def _words(values: tuple[str, ...]) -> str:
    return ", ".join(values) or NOT_STATED
