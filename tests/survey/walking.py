"""Respondents with given answers on their way through an instrument, for the tests of the machine."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from populace.simulation.chance import respondent_keys, uniforms
from populace.survey.instrument import Instrument, read_instrument
from populace.survey.walk import Visit, Walk


class Chance:
    """Chance as a run has it: every respondent has numbers of their own, and a place in the run."""

    def __init__(self, n: int, seed: int = 0, first: int = 0) -> None:
        self.places = np.arange(first, first + n)
        self.keys, self.seed = respondent_keys(seed, self.places.tolist()), seed

    def uniforms(self, label, rows):
        return uniforms(self.keys[rows], label, "order")

    def turns(self, rows):
        return self.places[rows]

    def shared(self, label, numbers):
        different, places = np.unique(numbers, return_inverse=True)
        keys = respondent_keys(self.seed, (f"together {one}" for one in different.tolist()))
        return uniforms(keys, label, "order")[places]


@dataclass
class Conducted:
    """What happened."""

    #: the machine at the end
    walk: Walk
    #: every visit, in order
    visits: list[Visit] = field(default_factory=list)

    @property
    def path(self) -> list[tuple[str, list[int]]]:
        """Question under its name in this round, and to whom it was put."""
        return [(visit.question.name + visit.place.suffix, visit.rows.tolist()) for visit in self.visits]

    def to(self, name: str) -> list[int]:
        """Everybody to whom a question was put."""
        return sorted(row for question, rows in self.path if question == name for row in rows)

    def of(self, row: int) -> list[str]:
        """The way of one respondent."""
        return [question for question, rows in self.path if row in rows]

    def visit(self, name: str) -> Visit:
        """The one visit of a question."""
        (found,) = [visit for visit in self.visits if visit.question.name + visit.place.suffix == name]
        return found


def single(name: str, **fields) -> dict:
    """A question with three options, 1 to 3."""
    return {"name": name, "kind": "single", "text": f"{name}?", "options": ["One", "Two", "Three"]} | fields


def block(id: str, *questions: dict | str, **fields) -> dict:
    """A block; a question that is only a name has three options."""
    return {"id": id, "questions": [single(one) if isinstance(one, str) else one for one in questions]} | fields


def survey(*blocks: dict, **fields) -> Instrument:
    """An instrument of these blocks."""
    return read_instrument({"id": "survey", "title": "Survey", "blocks": list(blocks)} | fields)


def conduct(instrument: Instrument, n: int = 1, answers: Mapping[str, list] | None = None, **settings) -> Conducted:
    """n respondents walk; `answers` are those they have ready, by column, None for nothing."""
    ready = {name: _values(values) for name, values in (answers or {}).items()}
    done = Conducted(Walk(instrument, n, **({"chance": Chance(n)} | settings)))
    steps = done.walk.visits()
    visit = next(steps, None)
    while visit is not None:
        done.visits.append(visit)
        try:
            visit = steps.send({item.name: ready[item.name][visit.rows] for item in visit.items if item.name in ready})
        except StopIteration:
            break
    return done


def _values(values: list) -> np.ndarray:
    if any(isinstance(value, str) for value in values):
        return np.array(values, dtype=object)
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
