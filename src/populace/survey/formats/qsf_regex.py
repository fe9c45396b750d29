"""Regular expressions of Qualtrics conditions that say no more than our own functions do, in both directions.

What is understood: letters, escaped signs, `.` and `.*`, anchors, alternatives, and capitals that do not count.
"""

from __future__ import annotations

import re

from populace.survey.expression_records import Call, Compare, Expression, Logic, Text
from populace.survey.formats.qsf_places import Unknown, literal

#: a pattern between slashes, with flags
_SLASHED = re.compile(r"/(.*)/([a-z]{0,5})", re.DOTALL)
#: one sign, or a wildcard
_TOKEN = re.compile(r"\\(?P<escaped>\W)|(?P<any>\.\*)|(?P<one>\.)|(?P<plain>[^\\.*+?^$|()\[\]{}])", re.DOTALL)
_GROUP = re.compile(r"(\^?)\(([^()]*)\)(\$?)", re.DOTALL)
#: characters of one expression
_MOST = 1_000


def from_regex(value: Expression, pattern: str) -> Expression:
    """The condition that a value fits a regular expression. Raises `Unknown`."""
    if len(pattern) > _MOST:
        raise Unknown("the regular expression is too long")
    slashed = _SLASHED.fullmatch(pattern)
    pattern, flags = (slashed[1], slashed[2]) if slashed else (pattern, "")
    if set(flags) - {"i"}:
        raise Unknown(f"regular expression with flags {flags!r}")
    if "i" in flags:
        value, pattern = Call("lower", (value,)), pattern.lower()
    grouped = _GROUP.fullmatch(pattern)
    before, pattern, behind = grouped.groups() if grouped else ("", pattern, "")
    found = [_fits(value, f"{before}{one}{behind}") for one in _alternatives(pattern)]
    return found[0] if len(found) == 1 else Logic("or", tuple(found))


def _alternatives(pattern: str) -> list[str]:
    """What stands between bars that are no text."""
    found, start = [], 0
    for place, sign in enumerate(pattern):
        if sign == "|" and not _escaped(pattern, place):
            found.append(pattern[start:place])
            start = place + 1
    return [*found, pattern[start:]]


def _escaped(pattern: str, place: int) -> bool:
    """Does an odd number of backslashes stand before a sign?"""
    before = pattern[:place]
    return (len(before) - len(before.rstrip("\\"))) % 2 == 1


def _fits(value: Expression, pattern: str) -> Expression:
    start, end = pattern.startswith("^"), pattern.endswith("$") and not _escaped(pattern, len(pattern) - 1)
    text, wild = _unescaped(pattern.removeprefix("^").removesuffix("$") if end else pattern.removeprefix("^"))
    if not text:
        raise Unknown(f"regular expression {pattern!r} fits everything")
    if not wild and start and end:
        return Compare("==", value, literal(text))
    if not wild and not end:
        return Call("startswith" if start else "contains", (value, Text(text)))
    if not wild and ("*" in text or "?" in text):
        raise Unknown(f"regular expression {pattern!r} looks for a wildcard")
    return Call("matches", (value, Text(f"{'' if start else '*'}{text}{'' if end else '*'}")))


def _unescaped(pattern: str) -> tuple[str, bool]:
    """The text that a pattern stands for, with our wildcards; are there any?"""
    written, end, wild = "", 0, False
    while end < len(pattern):
        found = _TOKEN.match(pattern, end)
        if found is None:
            raise Unknown(f"regular expression {pattern!r} is more than letters, wildcards and alternatives")
        end = found.end()
        if found["any"] or found["one"]:
            written, wild = written + ("*" if found["any"] else "?"), True
        else:
            written += found["escaped"] or found["plain"]
    if wild and re.search(r"\\[*?]", pattern):
        raise Unknown(f"regular expression {pattern!r} looks for a wildcard")
    return written, wild


def to_regex(text: str, start: bool = True, end: bool = True, wildcards: bool = False) -> str:
    """A regular expression for a text, or for one with our wildcards."""
    signs = {"*": ".*", "?": "."} if wildcards else {}
    written = "".join(signs.get(sign) or _sign(sign) for sign in text)
    return f"{'^' * start}{written}{'$' * end}"


def _sign(sign: str) -> str:
    """A sign that stands for itself."""
    return sign if sign.isalnum() or sign in " _-" else f"\\{sign}"
