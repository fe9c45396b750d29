"""The functions that may be run on a foreign file; a name that is not here is refused, wherever it comes from.

A worker is a function of (path, arguments) that returns something JSON can say, or an `Answer` when tables come with
it. It is imported before the file is opened, in a process in which nothing but that file can be reached.
"""

from __future__ import annotations

#: "package.module:function" of every worker
WORKERS = frozenset(
    {
        "populace.data.files.readstat:parse",
        "populace.data.files.sheets:parse",
        "populace.survey.formats.triples_meta:parse",
        "populace.survey.formats.worker:parse",
    }
)
