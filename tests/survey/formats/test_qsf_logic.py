"""Conditions of Qualtrics files in our language, and back."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from populace.survey.expression_checks import check, scope_of
from populace.survey.expression_values import evaluate, holds
from populace.survey.expressions import parse
from populace.survey.flow import Field
from populace.survey.formats.fidelity import Fidelity
from populace.survey.formats.qsf_logic import LogicReader
from populace.survey.formats.qsf_regex import from_regex, to_regex
from populace.survey.formats.qsf_places import Unknown
from populace.survey.formats.qsf_write import _read, to_qsf
from populace.survey.formats.qsf_write_ids import Ids
from populace.survey.formats.qsf_write_logic import LogicWriter
from populace.survey.formats.qsf_write_places import targets_of
from populace.survey.formats.qsf_write_texts import TextWriter
from populace.survey.expression_records import Name
from populace.survey.instrument import Block, Instrument
from populace.survey.question import Question, Row
from populace.survey.scale import Option

from ..strategies import conditions
from .qsf_files import choices, embedded, logic, question, read, survey, term, words

THREE = (Option(1, "One"), Option(2, "Two"), Option(5, "Five"))
INSTRUMENT = Instrument(
    "all",
    "All",
    (
        Block(
            "b",
            (
                Question("sex", "single", "Sex?", (Option("f", "Woman"), Option("m", "Man", specify=True))),
                Question("pick", "single", "Pick?", THREE),
                Question("media", "multiple", "Media?", THREE),
                Question("grid", "grid", "Grid?", THREE, rows=(Row("a", "A"), Row("b", "B", specify=True))),
                Question("many", "grid_multiple", "Many?", THREE, rows=(Row("a", "A"), Row("b", "B"))),
                Question("age", "numeric", "Age?", minimum=0, maximum=99),
                Question("hours", "numeric", "Hours?", rows=(Row("x", "X"), Row("y", "Y"))),
                Question("warm", "slider", "Warm?", minimum=0, maximum=10),
                Question("warms", "slider", "Warm?", minimum=0, maximum=10, rows=(Row("x", "X"),)),
                Question("why", "open", "Why?"),
                Question("form", "open", "Form?", rows=(Row("x", "X"), Row("y", "Y"))),
                Question("day", "date", "Day?"),
                Question("order", "rank", "Order?", THREE),
                Question("split", "sum", "Split?", THREE, total=10),
                Question("text", "display", "Read this."),
                Question(
                    "side", "side_by_side", "Side?", rows=(Row("x", "X"), Row("y", "Y")),
                    columns=(Question("c1", "single", "C1?", THREE), Question("c2", "open", "C2?")),
                ),
            ),
        ),
    ),
    data=(Field("panel"), Field("wave", kind="number")),
)  # fmt: skip
SCOPE = scope_of(INSTRUMENT)
LABELS = {}


def written(condition: str, instrument: Instrument = INSTRUMENT) -> str | None:
    """The condition as it is read back from what is written of it, without hints; None where it is not written."""
    content, _ = to_qsf(instrument)
    reader, _ = _read(content)
    writer = writer_of(instrument)
    made = writer.logic(condition, "condition", "here")
    return None if made is None else reader_of(reader).condition(made, "condition", "here")


def writer_of(instrument: Instrument) -> LogicWriter:
    ids = Ids(instrument)
    targets = targets_of(instrument, ids)
    fidelity = Fidelity("test")
    return LogicWriter(targets, {}, TextWriter(targets, {}, fidelity), fidelity)
