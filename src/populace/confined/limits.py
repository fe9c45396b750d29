"""How much a foreign file may cost: limits that grow with its size, so that a small bomb gets little."""

from __future__ import annotations

from dataclasses import dataclass, fields

from populace.errors import UsageError

_MEGABYTE = 1 << 20
_GIGABYTE = 1 << 30


@dataclass(frozen=True)
class Limits:
    """What the parsing of one file may use; amounts for an empty file and, where it says so, more by its size."""

    #: bytes that the file may have
    file: int = 2 * _GIGABYTE
    #: bytes of memory, beyond what the parser's own libraries take
    memory: int = _GIGABYTE
    #: further bytes of memory for each byte of the file
    memory_per_byte: float = 32
    #: seconds of processor time, the start of the process included
    seconds: float = 10
    #: further seconds for each 2^20 bytes of the file
    seconds_per_megabyte: float = 1
    #: seconds on the clock for each second of processor time that is allowed
    patience: float = 3
    #: bytes that the parser may answer with
    output: int = 256 * _MEGABYTE
    #: further bytes of the answer for each byte of the file
    output_per_byte: float = 32
    #: bytes that one temporary file may have
    written: int = 16 * _MEGABYTE
    #: files that may be open at a time
    open_files: int = 64

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
                raise UsageError(f"limit {field.name!r} is {value!r}; expected a number from 0 on: correct it")


@dataclass(frozen=True)
class Allowance:
    """The limits of one file, worked out for its size."""

    #: bytes of memory, beyond what the parser's own libraries take
    memory: int
    #: whole seconds of processor time
    seconds: int
    #: seconds on the clock
    clock: float
    #: bytes that the parser may answer with
    output: int
    #: bytes that one temporary file may have
    written: int
    #: files that may be open at a time
    open_files: int


def allowance(limits: Limits, size: int) -> Allowance:
    """What a file of `size` bytes may use."""
    seconds = limits.seconds + limits.seconds_per_megabyte * size / _MEGABYTE
    return Allowance(
        memory=int(limits.memory + limits.memory_per_byte * size),
        # the system counts whole seconds, and none would be less than the start takes
        seconds=max(1, round(seconds)),
        clock=seconds * limits.patience,
        output=int(limits.output + limits.output_per_byte * size),
        written=int(limits.written),
        open_files=int(limits.open_files),
    )


def bytes_in_words(size: float) -> str:
    """A number of bytes as people read it."""
    for unit in ("bytes", "kB", "MB"):
        if size < 1024:
            return f"{size:,.0f} {unit}"
        size /= 1024
    return f"{size:,.1f} GB"
