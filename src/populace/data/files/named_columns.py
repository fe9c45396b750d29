"""Which column of a table belongs to which answer, by its header: exports of LimeSurvey, ODK, Kobo and plain tables.

Every tool spells a part of a question in its own way: `Q[SQ001]`, `Q[row_col]`, `Q[SQ001][2]`, `Q[other]` and
`Q[1]` (the first choice of a ranking) in LimeSurvey, `group/q/option` in Kobo, `group-q` in ODK. All spellings of an
instrument are listed, and a header is looked up, with and without its groups. Where two headers lead to one answer,
the one with the closer spelling has it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from populace.data.files.qualtrics_columns import Meant
from populace.survey.instrument import Instrument
from populace.survey.kinds import chosen_columns, option_column, row_column, sides
from populace.survey.question import Question

#: headers of columns that tell who somebody is or which device was used, without signs; they are not taken
_PERSONAL = frozenset(
    {
        "ipaddr", "ipaddress", "email", "emailaddress", "firstname", "lastname", "username", "phonenumber", "deviceid",
        "subscriberid", "simserial", "simid", "imei", "geolocation", "submittedby", "submittername", "devicephonenum",
        "latitude", "longitude", "altitude", "systemsubmittername", "systemsubmitterid", "systemdeviceid",
    }
)  # fmt: skip
#: what separates groups from questions in headers, the commoner first
_GROUPS = "/:.-"


def meant(headers: Sequence[str], instrument: Instrument) -> list[Meant]:
    """What every column stands for; of several that mean the same the one with the closest spelling, then the first."""
    known = _known(instrument)
    found = [next(((place, known[one]) for place, one in enumerate(_spellings(header)) if one in known), None)
             for header in headers]  # fmt: skip
    best: dict[Meant, int] = {}
    for column, one in enumerate(found):
        if one and (one[1] not in best or one[0] < found[best[one[1]]][0]):
            best[one[1]] = column
    return [
        one[1] if one and best[one[1]] == column else Meant("personal" if _is_personal(headers[column]) else "unknown")
        for column, one in enumerate(found)
    ]


def _is_personal(header: str) -> bool:
    return any(re.sub(r"[^a-z]", "", part) in _PERSONAL for part in (header.lower(), header.lower().split("/")[-1]))


def _spellings(header: str) -> Iterator[str]:
    """What a header may stand for, the closest first: itself, without its groups, with brackets in its name."""
    text = " ".join(header.lower().split())
    yield text
    starts = sorted(
        (match.end() for match in re.finditer(f"[{_GROUPS}]", text) if match.end() < len(text)),
        key=lambda start: (_GROUPS.index(text[start - 1]), start),
    )
    bare = [text, *(text[start:] for start in starts)]
    yield from bare[1:]
    for one in bare:
        flat = re.sub(r"\[([^\[\]]+)\]", r"_\1", one)
        yield flat
        yield re.sub(r"[^\w.\-]+", "_", flat).strip("_")


def _known(instrument: Instrument) -> dict[str, Meant]:
    """Spelling in small letters -> what it stands for; the first in this order wins."""
    found: dict[str, Meant] = {}
    exact = {item.name: Meant("answer", item.name) for item in instrument.items()}
    # questions within loops have columns for each round, which only their exact names tell apart
    single = [question for question in instrument.questions if all(item.name in exact for item in question.items())]
    special = {name: one for question in single for name, one in _special(question)}
    loose = {name: one for question in single for name, one in _loose(question, exact)}
    for spelled in (special, exact, loose):
        for name, one in spelled.items():
            found.setdefault(name.lower(), one)
    return found


def _special(question: Question) -> Iterator[tuple[str, Meant]]:
    """Spellings that mean something else than the column of that name."""
    name = question.name
    if question.kind == "rank":
        for place in range(1, len(question.options) + 1):
            yield f"{name}[{place}]", Meant("place", name, place)
    if question.kind == "multiple":
        for option in question.options:
            yield f"{name}/{option.code}", Meant("answer", option_column(question, option))
    if other := _other(question):
        yield f"{name}[other]", other
        if other.name == f"{name}_other":  # our column of that name says whether it was chosen
            yield other.name, other
    for row, column, answer in _cells(question):
        yield f"{name}[{row}_{column}]", answer
        if _two_scales(question):
            yield f"{name}[{row}][{int(column) + 1}]", answer
            yield f"{name}[{row}#{column}]", answer
            yield f"{name}_{row}#{column}", answer
        else:
            yield f"{name}[{row}][{column}]", answer


def _other(question: Question) -> Meant | None:
    """The text beside the one option that asks for more; of several the one that is called "other"."""
    asking = [option for option in question.options if option.specify]
    asking = [one for one in asking if one.code in ("other", "-oth-")] or asking
    if len(asking) != 1 or question.kind not in ("multiple", "single", "scale"):
        return None
    if question.kind == "multiple":
        return Meant("other", option_column(question, asking[0]))
    return Meant("answer", f"{question.name}_{asking[0].code}_text")


def _cells(question: Question) -> Iterator[tuple[str, str, Meant]]:
    """Name of a row, name of a column, and the answer where they cross; other tools name the row first, we do not."""
    for side, column in zip(sides(question), question.columns, strict=True) if question.columns else ():
        for row in side.rows if side.kind != "grid_multiple" else ():
            yield row.name, column.name, Meant("answer", row_column(side, row))


def _two_scales(question: Question) -> bool:
    """Are its columns the two scales of an array? In brackets LimeSurvey counts them from 1, elsewhere from 0."""
    return [column.name for column in question.columns] == ["0", "1"]


def _loose(question: Question, items: dict[str, Meant]) -> Iterator[tuple[str, Meant]]:
    """Spellings that stand back behind columns of that name."""
    for name, columns in chosen_columns(question).items():
        yield name, Meant("choices", name)
        for code, column in columns.items():
            yield f"{name}/{code}", Meant("answer", column)
    if question.kind == "rank":
        yield question.name, Meant("ranking", question.name)
        for place in range(1, len(question.options) + 1):
            yield f"{question.name}_{place}", Meant("place", question.name, place)
    for row, column, answer in _cells(question):
        yield f"{question.name}_{row}_{column}", answer
    if other := _other(question):
        yield f"{question.name}_other", other
    if question.source and not question.source.isdecimal() and question.name in items:
        yield question.source, items[question.name]
    for row in question.rows:
        if row.source and row_column(question, row) in items:
            yield f"{question.name}[{row.source}]", items[row_column(question, row)]
