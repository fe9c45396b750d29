"""Names of questions, rows and columns: what they may look like, and what was probably meant."""

from __future__ import annotations

import difflib
import re
import reprlib
from collections.abc import Iterable

#: the first column of every data set
RESPONDENT_ID = "respondent_id"

# set one by one: the constructor takes no arguments before Python 3.12
_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 80
_SHORT.maxlong = 40
_SHORT.maxlist = _SHORT.maxdict = 4
_SHORT.maxlevel = 2
_NAME = re.compile(r"[^\W_][\w.\-]*")


def name_problem(name: object) -> str | None:
    """Why `name` cannot name a question, or None when it can.

    A question becomes a column, so names are letters, digits, '_', '.' and '-'; a leading '_' marks provenance.
    """
    if not isinstance(name, str) or not name.strip():
        return f"name is {shown(name)}; expected a short word such as 'q1': give it one"
    if name == RESPONDENT_ID:
        return f"name {RESPONDENT_ID!r} is taken by the respondents' own column: choose another name"
    if not _NAME.fullmatch(name):
        return (
            f"name {shown(name)} cannot be a column; expected letters, digits, '_', '.' or '-', "
            "starting with a letter or digit: rename it"
        )
    return None


def shown(value: object) -> str:
    """repr() that stays short, whatever a file put there."""
    return _SHORT.repr(value)


def did_you_mean(word: object, known: Iterable[object]) -> str:
    """' (did you mean …?)' for the closest known word, or an empty string."""
    if not isinstance(word, str | int):
        return ""
    words = {str(other).lower(): str(other) for other in known}
    close = difflib.get_close_matches(str(word).lower(), list(words), n=1, cutoff=0.6)
    return f" (did you mean {words[close[0]]!r}?)" if close else ""


def listed(values: Iterable[object], most: int = 8) -> str:
    """Up to `most` values, comma separated, and how many more there are."""
    values = list(values)
    more = len(values) - most
    return ", ".join(shown(value) for value in values[:most]) + (f" and {more:,} more" if more > 0 else "")
