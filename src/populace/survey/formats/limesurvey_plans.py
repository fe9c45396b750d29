"""What each question of a LimeSurvey file becomes with us: its name, codes, rows and columns.

They are settled for all questions before any is read, since conditions and wordings name any of them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from populace.survey.formats.fidelity import Fidelity
from populace.survey.formats.limesurvey_names import Lookup, Variable
from populace.survey.formats.limesurvey_raw import Asked, Raw
from populace.survey.formats.limesurvey_types import BUILT_IN, ROWED, TICKED, TYPES
from populace.survey.formats.names import Names, legal

#: characters of a name; LimeSurvey allows 20
_LONGEST = 100
_WHOLE = re.compile(r"-?[1-9][0-9]{0,14}|0")

Codes = dict[str, int | str]


@dataclass
class Plan:
    """What becomes of one question."""

    #: the question in the file
    asked: Asked
    #: our name
    name: str
    #: scale -> code in the file -> our code
    answers: dict[int, Codes] = field(default_factory=dict)
    #: code of a sub-question -> name of our row, code of our option
    rows: Codes = field(default_factory=dict)
    #: code of a column -> our name of it
    columns: Codes = field(default_factory=dict)
    #: our code of "other", None when it has none
    other: int | str | None = None
    #: is it put to everybody?
    always: bool = False
    #: "question"; "field" for what comes with the respondents; "computed"
    role: str = "question"

    @property
    def grid_of_boxes(self) -> bool:
        """Is it an array of boxes to tick?"""
        return self.asked.type == ":" and self.asked.on("multiflexible_checkbox")


def plans_of(raw: Raw, lookup: Lookup, names: Names, fidelity: Fidelity) -> list[Plan]:
    """A plan for every question that can be one of ours, in order; fills the lookup and the names."""
    plans = []
    counts: Counter[str] = Counter()
    for group in raw.groups:
        open_to_all = group.relevance.strip() in ("", "1")
        for asked in group.asked:
            if problem := _unusable(asked):
                fidelity.lost("question", asked.place, problem)
                continue
            plan = _plan(asked, fidelity)
            plan.always = open_to_all and asked.row.get("relevance", "").strip() in ("", "1") and not asked.conditions
            plan.name = _claimed(plan, names, counts, fidelity)
            _register(plan, raw, lookup)
            plans.append(plan)
    return plans


def _unusable(asked: Asked) -> str | None:
    """Why a question can be none of ours, or None."""
    if asked.type not in TYPES:
        return f"its type {asked.type!r} is none that LimeSurvey has"
    rows = any(sub.scale == 0 for sub in asked.subs)
    if asked.type in ROWED and asked.type != "R" and not rows and not (asked.type in TICKED and _has_other(asked)):
        return "has no sub-questions, so that nothing can be answered"
    if asked.type in ":;" and not any(sub.scale == 1 for sub in asked.subs):
        return "has no columns, so that nothing can be answered"
    scales = {answer.scale for answer in asked.answers}
    wanted = {"L": {0}, "!": {0}, "O": {0}, "F": {0}, "H": {0}, "1": {0, 1}}.get(asked.type, set())
    if (wanted - scales and not _has_other(asked)) or (asked.type == "R" and not (asked.answers or asked.subs)):
        return "has no answer options"
    return None


def _has_other(asked: Asked) -> bool:
    return asked.row.get("other", "") == "Y" and asked.type in "L!OMP"


def _plan(asked: Asked, fidelity: Fidelity) -> Plan:
    plan = Plan(asked, asked.code or f"q{asked.qid}", role=_role(asked))
    scales = dict.fromkeys(answer.scale for answer in asked.answers)
    other = _has_other(asked)
    for scale in scales:
        words = [answer.code for answer in asked.answers if answer.scale == scale]
        plan.answers[scale] = codes_of(words, asked, fidelity, mixed=other)
    if asked.type in BUILT_IN:
        plan.answers[0] = codes_of([code for code, _ in BUILT_IN[asked.type]], asked, fidelity)
    rows = [sub.code for sub in asked.subs if sub.scale == 0]
    plan.rows = codes_of(rows, asked, fidelity, mixed=other)
    plan.columns = codes_of([sub.code for sub in asked.subs if sub.scale == 1], asked, fidelity)
    if asked.type == "R" and not asked.answers:
        plan.answers[0] = dict(plan.rows)
    if other:
        plan.other = "other" if asked.type in TICKED else "-oth-"
    return plan


def _role(asked: Asked) -> str:
    if asked.type == "*":
        return "computed"
    single = TYPES[asked.type][0] in ("single", "scale", "open", "numeric", "date")
    return "field" if asked.on("hidden") and single and asked.type not in ROWED else "question"


def codes_of(words: Iterable[str], asked: Asked, fidelity: Fidelity, mixed: bool = False) -> Codes:
    """Our codes: whole numbers where all are (and none is a word), legal parts of names, each once."""
    words = list(words)
    whole = bool(words) and not mixed and all(_WHOLE.fullmatch(word) for word in words)
    found: Codes = {}
    for word in words:
        code = int(word) if whole else re.sub(r"[^\w.\-]+", "_", word) or "_"
        if word in found:
            fidelity.lost("answer option", f"{asked.place}, code {word}", "stands more than once; the first counts")
            continue
        while code in found.values():
            code = f"{code}_2"
        if str(code) != word:
            fidelity.changed("answer option", f"{asked.place}, code {word!r}", f"its code is {code!r} here")
        found[word] = code
    return found


def _claimed(plan: Plan, names: Names, counts: Counter[str], fidelity: Fidelity) -> str:
    """A name such that neither it nor one of its columns is taken."""
    wanted = legal(plan.name[:_LONGEST])
    name = wanted if not counts[wanted] else f"{wanted}_{counts[wanted] + 1}"
    while any(one in names for one in _columns(plan, name)):
        counts[wanted] += 1
        name = f"{wanted}_{counts[wanted] + 1}"
    counts[wanted] += 1
    names.add(*_columns(plan, name))
    if name != plan.asked.code:
        words = f"name {plan.asked.code!r} is {name!r} here: names and columns are unique words"
        fidelity.changed("question", plan.asked.place, words)
    return name


def _columns(plan: Plan, name: str) -> list[str]:
    """The question's name and those of its columns, as far as they could be others' names."""
    suffixes = [*plan.rows.values(), *(plan.answers.get(0, {}).values() if plan.asked.type == "R" else ())]
    if plan.asked.type == "1":
        suffixes = [f"{scale}_{row}" for scale in (0, 1) for row in plan.rows.values()]
    elif plan.columns:
        pairs = [(column, row) for column in plan.columns.values() for row in plan.rows.values()]
        suffixes = [f"{row}_{column}" if plan.grid_of_boxes else f"{column}_{row}" for column, row in pairs]
        suffixes += [str(one) for one in (plan.rows if plan.grid_of_boxes else plan.columns).values()]
    if plan.other is not None:
        suffixes += [str(plan.other), f"{plan.other}_text"]
    if plan.asked.type in "OP*":
        suffixes += ["comment", *(f"{row}comment" for row in plan.rows.values() if plan.asked.type == "P")]
    return [name, *(f"{name}_{suffix}" for suffix in suffixes)]


# -- what names stand for --------------------------------------------------------------------------------------------


def _register(plan: Plan, raw: Raw, lookup: Lookup) -> None:
    asked, name = plan.asked, plan.name
    address = f"{raw.sid}X{asked.gid}X{asked.qid}"
    facts = {
        "qid": asked.qid, "gid": asked.gid, "sgqa": address, "type": asked.type,
        "mandatory": asked.row.get("mandatory", "N"),
    }  # fmt: skip
    wording = asked.texts.get(raw.languages[0], "")

    def add(column: str, kind: str, *names: str, words: str = wording, **more: object) -> None:
        variable = Variable(column, kind, question=name, wording=words, facts=facts, always=plan.always, **more)
        lookup.add(
            variable, *(f"{start}{one}" for one in names for start in (f"{asked.code}_", address)), part_of=asked.code
        )

    kind = variable_kind(plan)
    if asked.type in TICKED:
        for sub in asked.subs:
            box = plan.rows.get(sub.code)
            add(f"{name}_{box}", "ticked", sub.code, words=_words(sub.texts, raw), box=box)
    elif plan.columns or asked.type == "1":
        _register_cells(plan, raw, add)
    elif asked.type == "R":
        columns = {word: f"{name}_{code}" for word, code in plan.answers.get(0, {}).items()}
        for place in range(1, len(columns) + 1):
            add(name, "placed", str(place), codes=columns, box=place)
    elif asked.type in ROWED:
        for sub in asked.subs:
            column = f"{name}_{plan.rows.get(sub.code)}"
            add(column, kind, sub.code, words=_words(sub.texts, raw), codes=plan.answers.get(0, {}))
    else:
        codes = dict(plan.answers.get(0, {}))
        codes |= {"-oth-": plan.other} if plan.other is not None else {}
        variable = Variable(name, kind, codes, name, None, wording, facts, plan.always)
        lookup.add(variable, asked.code, address, part_of=asked.code)
    _register_further(plan, add)


def _register_further(plan: Plan, add) -> None:
    """What is written beside: other, comments."""
    asked, name = plan.asked, plan.name
    if plan.other is not None:
        box = plan.other if asked.type in TICKED else None
        add(f"{name}_{plan.other}_text", "text", "other", words="Other", box=box)
    if asked.type == "O":
        add(f"{name}_comment", "text", "comment")
    if asked.type == "P":
        for sub in asked.subs:
            add(f"{name}_{plan.rows.get(sub.code)}comment", "text", f"{sub.code}comment")


def _register_cells(plan: Plan, raw: Raw, add) -> None:
    """Cells of arrays with two dimensions: `q_row_column`, of dual scales `q_row_0` and `q_row_1`."""
    name, kind = plan.name, variable_kind(plan)
    for sub in (one for one in plan.asked.subs if one.scale == 0):
        row, words = plan.rows.get(sub.code), _words(sub.texts, raw)
        if plan.asked.type == "1":
            for scale in (0, 1):
                column, codes = f"{name}_{scale}_{row}", plan.answers.get(scale, {})
                add(column, "closed", f"{sub.code}_{scale}", f"{sub.code}#{scale}", words=words, codes=codes)
        for word, column in plan.columns.items():
            if plan.grid_of_boxes:
                add(f"{name}_{row}_{column}", "closed", f"{sub.code}_{word}", words=words, codes={"1": 1, "0": 0})
            else:
                add(f"{name}_{column}_{row}", kind, f"{sub.code}_{word}", words=words)


def variable_kind(plan: Plan) -> str:
    """What its answers are: "closed", "number", "text", "unknown" or "none"."""
    asked = plan.asked
    if plan.role == "computed":
        return "unknown"
    if asked.type in "X|I":
        return "none"
    if asked.type in "NK:" or (asked.type in "SQ;" and asked.on("numbers_only")):
        return "number"
    return "text" if asked.type in "STUQ;D" else "closed"


def _words(texts: dict[str, str], raw: Raw) -> str:
    return texts.get(raw.languages[0], "")
