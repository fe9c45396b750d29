"""What tests of several formats share: texts to files and back, conditions and answers to draw, what a refusal is."""

from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import strategies as st

from populace.errors import InstrumentError
from populace.survey.formats.fidelity import Fidelity, Imported
from populace.survey.instrument import Instrument

from ..strategies import instruments


def read_text(form: ModuleType, text: str | bytes, path: Path) -> Imported:
    """What a format reads in a text."""
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return form.read(path, path.name)


def back(form: ModuleType, instrument: Instrument, path: Path) -> tuple[Instrument, Fidelity]:
    """The instrument after writing and reading it, and what was lost on the way out."""
    fidelity = form.write(instrument, path)
    assert form.recognises(path)
    return form.read(path, path.name).instrument, fidelity


def refused(form: ModuleType, text: str | bytes, words: str, path: Path) -> None:
    """Is a broken text refused in one line with these words?"""
    with pytest.raises(InstrumentError, match=words) as caught:
        read_text(form, text, path)
    assert "\n" not in str(caught.value)


def lists_of_questions(kinds: tuple[str, ...], without: tuple[str, ...]) -> st.SearchStrategy[Instrument]:
    """Instruments of one block without logic, for formats that describe variables only."""
    return instruments(
        kinds, flow=False, data=False, computed=False, quotas=False, skips=False, most_blocks=1, without=without
    )


# -- conditions over a single choice q, a multiple choice m, numbers n and k, a text t --------------------------------


def conditions(numbers: list[str], *more: str) -> st.SearchStrategy[str]:
    """Conditions of every kind; `numbers` are what is compared with numbers, `more` further ones a language can say."""
    order = st.sampled_from(["==", "<", ">", "<=", ">="])
    atoms = st.one_of(
        st.builds("q {} {}".format, st.sampled_from(["==", "!=", "<", ">="]), st.sampled_from([1, 2, 10])),
        st.sampled_from(["q in [1, 2]", "q not in [2, 10]", "selected(q, 1, 2)", "answered(q)", "answered(t)"]),
        st.sampled_from(['selected(m, "a")', 'selected(m, "a", "b")', "count(m) >= 1", *more]),
        st.builds("{} {} {}".format, st.sampled_from(numbers), order, st.integers(-3, 6)),
        st.sampled_from(
            ['t == "ab"', 't != "ab"', 'contains(t, "b")', 'startswith(t, "a")', 'matches(t, "a*")', "length(t) > 1"]
        ),
    )
    return st.recursive(atoms, _joined, max_leaves=6)


def _joined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("not ({})".format, inner),
        st.builds("({}) and ({})".format, inner, inner),
        st.builds("({}) or ({})".format, inner, inner),
        st.builds("if({}, {}, {})".format, inner, inner, inner),
    )


ANSWERS = st.fixed_dictionaries(
    {
        "q": st.sampled_from([None, 1, 2, 10]),
        "m": st.sets(st.sampled_from("ab")),
        "n": st.none() | st.integers(-3, 6),
        "k": st.none() | st.integers(-3, 6),
        "t": st.sampled_from([None, "ab", "b", "a"]),
    }
)
