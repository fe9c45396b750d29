"""Every exception Populace raises on purpose.

PopulaceError
├── InputError            a file or value we were given cannot be used
│   ├── InstrumentError   an instrument breaks a rule; names file, block, question, fix
│   ├── DataError         answers, codebook or weights break a rule; names file, column, code
│   └── ModelError        a model folder is incomplete, altered or of another kind
├── JournalError          a run's journal belongs to another run or was altered
├── CannotAnswer          a model was asked for something it cannot do (open text, say)
├── MissingExtra          an optional package is not installed; names the command
├── OutOfSpace            the disk is full or a file cannot be written
├── Interrupted           the user stopped a run (exit code 130); says what is kept
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


class UsageError(PopulaceError):
    """A command or call was put wrongly."""

    exit_code = 2
