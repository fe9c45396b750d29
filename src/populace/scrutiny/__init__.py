"""Does it hold up? Two data sets in, a report out; nothing here knows how either was made."""

from populace.scrutiny.report import VERDICTS, Check, Report
from populace.scrutiny.scrutinize import scrutinize

__all__ = ["VERDICTS", "Check", "Report", "scrutinize"]
