"""Foreign files are parsed in a process that is thrown away: little memory, little time, no network, no other files.

`confined` starts a fresh Python for one file, takes from it whatever a parser does not need, and brings back JSON and
Arrow tables, never pickles. Every way in which that can end has its error (`populace.errors.FileRefused`). What holds
on which system stands in docs/foreign_files.md.
"""

from populace.confined.limits import Limits
from populace.confined.run import confined
from populace.confined.wire import Answer, Protection

__all__ = ["Answer", "confined", "Limits", "Protection"]
