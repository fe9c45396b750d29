"""Triple-S written: a definition file and its data file, fixed width where all words are plain, else CSV."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from populace import atomic
from populace.data.codebook import Variable as Column
from populace.data.dataset import DataSet
from populace.data.files.problems import cannot_write
from populace.survey.formats.fidelity import unlike
from populace.survey.formats.triples_meta import Survey, Value, Variable, Words, xml_of
from populace.survey.names import RESPONDENT_ID
from populace.survey.scale import Option

#: names of variables that say who made a row begin with it
PREFIX = "populace_"


@dataclass(frozen=True)
class _Written:
    """A variable and the words of its column."""

    #: the variable, without its place
    variable: Variable
    #: the words, "" where there is no answer
    words: pl.Series
    #: do numbers stand at the right of their field?
    right: bool = False


def write(dataset: DataSet, path: Path) -> None:
    """The definition and, beside it, the data; both are complete on disk before either replaces an older one."""
    written = _unique(list(_variables(dataset)))
    fixed = all(_plain(one.words) for one in written)
    beside = path.with_suffix(".asc" if fixed else ".csv")
    placed = _placed(written, fixed)
    remark = "; ".join(dataset.synthetic_note) or None
    survey = Survey(
        Words(dataset.codebook.title), tuple(one.variable for one in placed), name=dataset.id, href=beside.name,
        csv=not fixed, skip=0 if fixed else 1,
    )  # fmt: skip
    with atomic.replacing_all([path, beside]) as (definition, data), cannot_write():
        definition.write_text(xml_of(survey, remark), encoding="utf-8", newline="\n")
        if fixed:
            data.write_text(_lines(placed), encoding="ascii", newline="")
        else:
            pl.DataFrame([one.words.rename(one.variable.name) for one in placed]).write_csv(data)


def _unique(written: list[_Written]) -> list[_Written]:
    """Variables with names that the standard allows, and identifiers."""
    names: list[str] = []
    found = []
    for number, one in enumerate(written, 1):
        bare = "".join(sign if sign.isalnum() or sign in "_." else "_" for sign in one.variable.name)
        bare = bare if bare[:1].isalpha() else f"v_{bare}"
        name = unlike(names, bare) if bare.lower() in {other.lower() for other in names} else bare
        names.append(name)
        found.append(replace(one, variable=replace(one.variable, ident=str(number), name=name)))
    return found


def _variables(dataset: DataSet) -> Iterator[_Written]:
    ids = dataset.answers[RESPONDENT_ID]
    kind = "quantity" if ids.dtype.is_integer() else "character"
    yield _text_or_number(RESPONDENT_ID, "Respondent identifier", ids, kind, use="serial")
    done: set[str] = set()
    for column in dataset.codebook.variables:
        if column.role == "id" or column.name in done:
            continue
        battery = _battery(dataset, column)
        if len(battery) > 1:
            done |= {other.name for other in battery}
            yield _multiple(dataset, battery)
        else:
            yield _single(dataset, column)
    for name in dataset.answers.columns:
        if name.startswith("_"):
            yield _of_provenance(name, dataset.answers[name])


def _battery(dataset: DataSet, column: Column) -> list[Column]:
    """The 0/1 columns that are one multiple choice: one battery, and the same people were asked all of them."""
    if column.type != "multi_item" or not column.battery or set(column.codes) != {0, 1}:
        return [column]
    found = [other for other in dataset.codebook.variables if other.battery == column.battery]
    alike = all(other.type == "multi_item" and set(other.codes) == {0, 1} for other in found)
    asked = dataset.answers[column.name].is_null()
    named = all(other.name.startswith(f"{column.battery}_") for other in found)
    codes = [other.name.removeprefix(f"{column.battery}_") for other in found]
    if not alike or not named or len(set(codes)) < len(codes):
        return [column]
    return found if all((dataset.answers[other.name].is_null() == asked).all() for other in found) else [column]


def _multiple(dataset: DataSet, battery: list[Column]) -> _Written:
    """A variable of bits."""
    first = battery[0]
    codes = [column.name.removeprefix(f"{first.battery}_") for column in battery]
    values = tuple(Value(code, Words(column.item or column.text)) for code, column in zip(codes, battery, strict=True))
    literal = not all(code.isdecimal() and str(int(code)) == code for code in codes)
    bits = [dataset.answers[column.name].cast(pl.String).fill_null("") for column in battery]
    words = pl.DataFrame([bit.rename(str(place)) for place, bit in enumerate(bits)]).select(pl.concat_str(pl.all()))
    variable = Variable(
        "", first.battery or "", "multiple", Words(first.stem or first.text), values=values, literal=literal
    )
    return _Written(variable, words.to_series())


def _single(dataset: DataSet, column: Column) -> _Written:
    answers = dataset.answers[column.name]
    if not column.closed:
        kind = "character" if answers.dtype == pl.String else "quantity"
        use = "weight" if column.role == "weight" and column.name == dataset.codebook.weight else None
        return _text_or_number(column.name, column.text, answers, kind, use, column.options)
    values = tuple(_value(column, option) for option in column.options)
    literal = isinstance(column.codes[0], str)
    variable = Variable("", column.name, "single", Words(column.text), values=values, literal=literal)
    return _Written(variable, answers.cast(pl.String).fill_null(""), right=not literal)


def _value(column: Column, option: Option) -> Value:
    ranked = column.type == "ordinal" and option in column.scale
    score = float(column.scale.index(option) + 1) if ranked else None
    return Value(str(option.code), Words(option.label), score)


def _text_or_number(
    name: str, text: str, answers: pl.Series, kind: str, use: str | None = None, options: Sequence[Option] = ()
) -> _Written:
    if kind == "character":
        words = answers.cast(pl.String).fill_null("")
        size = max(int(words.str.len_chars().max() or 1), 1)
        return _Written(Variable("", name, "character", Words(text or name), size=size, use=use), words)
    words = _as_words(answers)
    values = tuple(Value(str(option.code), Words(option.label)) for option in options)
    variable = Variable("", name, "quantity", Words(text or name), ranges=_range(words), values=values, use=use)
    return _Written(variable, words, right=True)


def _as_words(answers: pl.Series) -> pl.Series:
    """Numbers as they are read back to the same numbers."""
    if answers.dtype.is_integer():
        return answers.cast(pl.String).fill_null("")
    return pl.Series([_number(value) for value in answers.to_list()], dtype=pl.String)


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return str(int(value)) if float(value).is_integer() and abs(value) < 2**53 else f"{value!r}"


def _range(words: pl.Series) -> tuple[tuple[str, str], ...]:
    """The smallest and the largest number, with as many decimals as the longest has."""
    numbers = words.set(words == "", None).cast(pl.Float64).drop_nulls()
    if not len(numbers):
        return (("0", "9"),)
    decimals = int(words.str.extract(r"\.(\d+)$").fill_null("").str.len_chars().max() or 0)
    low, high = float(numbers.min() or 0), float(numbers.max() or 0)
    return ((f"{low:.{decimals}f}", f"{high:.{decimals}f}"),)


def _of_provenance(name: str, column: pl.Series) -> _Written:
    label = f"Provenance: {name[1:]}"
    if column.dtype == pl.Boolean:
        words = column.cast(pl.Int8).cast(pl.String).fill_null("")
        return _Written(Variable("", PREFIX + name[1:], "logical", Words(label)), words)
    kind = "quantity" if column.dtype.is_integer() else "character"
    return _text_or_number(PREFIX + name[1:], label, column, kind)


def _plain(words: pl.Series) -> bool:
    """Can the words stand in a line of characters that all programs count alike?"""
    return not bool(words.str.contains(r"[^ -~]|^ | $").any())


def _placed(written: list[_Written], fixed: bool) -> list[_Written]:
    """Variables with their places in the data file."""
    start, found = 1, []
    for one in written:
        width = _width(one) if fixed else 1
        variable = replace(one.variable, start=start, finish=start + width - 1)
        start += width
        found.append(replace(one, variable=variable))
    return found


def _width(one: _Written) -> int:
    """Characters that all answers and codes of a variable fit into."""
    words = [len(value.code) for value in one.variable.values] if one.variable.type != "multiple" else []
    ends = [len(word) for pair in one.variable.ranges for word in pair]
    return max([int(one.words.str.len_chars().max() or 0), *words, *ends, 1])


def _lines(placed: list[_Written]) -> str:
    """The data file of fixed width."""
    padded = [_padded(one).rename(str(place)) for place, one in enumerate(placed)]
    lines = pl.DataFrame(padded).select(pl.concat_str(pl.all())).to_series()
    return "".join(f"{line}\r\n" for line in lines.to_list())


def _padded(one: _Written) -> pl.Series:
    width = one.variable.finish - one.variable.start + 1
    return one.words.str.pad_start(width) if one.right else one.words.str.pad_end(width)
