"""Every exception Populace raises on purpose.

PopulaceError
├── InputError            a file or value we were given cannot be used
│   ├── InstrumentError   an instrument breaks a rule; names file, block, question, fix
│   ├── DataError         answers, codebook or weights break a rule; names file, column, code
│   ├── ModelError        a model folder is incomplete, altered or of another kind
│   └── FileRefused       a foreign file could not be parsed in its confined process; also a DataError and an
│       │                 InstrumentError, because it was to hold one of them
│       ├── FileTooLarge       it is larger than allowed; it was not opened
│       ├── ParserOutOfMemory  it needs more memory than allowed
│       ├── ParserTooSlow      it takes longer than allowed
│       ├── ParserOverflow     it gives a larger answer, or larger temporary files, than allowed
│       ├── ParserForbidden    its parser tried what no parser needs (a connection, a program, another file)
│       ├── ParserCrashed      it ends the parser by a signal (a fault in a C library)
│       ├── ParserNonsense     what came back is no answer
│       └── ParserFailed       its parser gave up with an error of its own
├── JournalError          a run's journal belongs to another run or was altered
├── CannotAnswer          a model was asked for something it cannot do (open text, say)
├── MissingExtra          an optional package is not installed; names the command
├── OutOfSpace            the disk is full or a file cannot be written
├── Interrupted           the user stopped a run (exit code 130); says what is kept
│   └── BudgetSpent       a run stopped before it would cost more than it may (exit code 1)
└── UsageError            a command or call was put wrongly (exit code 2; all others, Interrupted excepted: 1)

What a command line names and is not there (file, model, audience, corpus) is wrong use; what is there and cannot be
used is wrong input.

A message says what happened (with the value), where, what was expected, and what to do next, in one line.
"""


class PopulaceError(Exception):
    """Base of all errors that Populace raises on purpose."""

    #: exit code of the command line for this error
    exit_code = 1


class InputError(PopulaceError):
    """A file or value we were given cannot be used."""


class InstrumentError(InputError):
    """An instrument breaks a rule of the format."""


class DataError(InputError):
    """Answers, codebook or weights break a rule."""


class ModelError(InputError):
    """A model folder is incomplete, altered or of another kind."""


class FileRefused(InstrumentError, DataError):
    """A foreign file could not be parsed in its confined process."""


class FileTooLarge(FileRefused):
    """A foreign file is larger than allowed; it was not opened."""


class ParserOutOfMemory(FileRefused):
    """A foreign file needs more memory than allowed."""


class ParserTooSlow(FileRefused):
    """A foreign file takes longer than allowed."""


class ParserOverflow(FileRefused):
    """A foreign file gives a larger answer, or larger temporary files, than allowed."""


class ParserForbidden(FileRefused):
    """The parser of a foreign file tried what no parser needs."""


class ParserCrashed(FileRefused):
    """A foreign file ends its parser by a signal."""


class ParserNonsense(FileRefused):
    """What came back from the parser of a foreign file is no answer."""


class ParserFailed(FileRefused):
    """The parser of a foreign file gave up with an error of its own."""


class JournalError(PopulaceError):
    """The journal of a run belongs to another run or was altered."""


class CannotAnswer(PopulaceError):
    """A model was asked for something it declares it cannot do."""


class MissingExtra(PopulaceError):
    """An optional package is not installed."""


class OutOfSpace(PopulaceError):
    """A file could not be written: no space, no permission, or the device failed."""


class Interrupted(PopulaceError):
    """The user stopped a run; the message says what is kept and how to go on."""

    #: what a shell reports for a command ended by Ctrl-C
    exit_code = 130


class BudgetSpent(Interrupted):
    """The budget of a run is spent; the message says what it cost, what is kept and how to go on."""

    exit_code = 1


class UsageError(PopulaceError):
    """A command or call was put wrongly."""

    exit_code = 2
