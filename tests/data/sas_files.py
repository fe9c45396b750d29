"""SAS data sets and catalogs for tests, written by the C library inside pyreadstat, which reads them only in Python."""

import ctypes
import struct
from collections.abc import Sequence
from pathlib import Path

from pyreadstat import _readstat_writer

_C = ctypes.CDLL(_readstat_writer.__file__)
_WRITER = ctypes.CFUNCTYPE(ctypes.c_ssize_t, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p)
_TEXT, _NUMBER = 0, 5
for _function in ("readstat_writer_init", "readstat_add_variable", "readstat_add_label_set"):
    getattr(_C, _function).restype = ctypes.c_void_p


def _written(begin: str, build, *more) -> bytes:
    """What the library writes after `build(writer)`; `more` are further arguments of its beginning."""
    content = bytearray()

    @_WRITER
    def keep(data, length, _):
        content.extend(ctypes.string_at(data, length))
        return length

    writer = ctypes.c_void_p(_C.readstat_writer_init())
    assert _C.readstat_set_data_writer(writer, keep) == 0
    rows = build(writer)
    assert getattr(_C, begin)(writer, None, *more) == 0
    rows(writer)
    assert _C.readstat_end_writing(writer) == 0
    _C.readstat_writer_free(writer)
    return bytes(content)


def _tagged(letter: str) -> float:
    """The NaN that the library writes as a missing value with a letter; its own function for them writes 0."""
    return struct.unpack("<d", struct.pack("<Q", ~(ord(letter) << 40 | 0xFFFFFFFFFF) & 0xFFFFFFFFFFFFFFFF))[0]


def catalog(path: Path, formats: dict[str, dict[float | str, str]]) -> None:
    """Labels of formats; the code of a missing value is its letter, for formats of numbers."""

    def build(writer):
        for name, labels in formats.items():
            words = name.startswith("$")
            labelled = ctypes.c_void_p(_C.readstat_add_label_set(writer, _TEXT if words else _NUMBER, name.encode()))
            for code, label in labels.items():
                if words:
                    _C.readstat_label_string_value(labelled, code.encode(), label.encode())
                elif isinstance(code, str):
                    _C.readstat_label_double_value(labelled, ctypes.c_double(_tagged(code)), label.encode())
                else:
                    _C.readstat_label_double_value(labelled, ctypes.c_double(code), label.encode())
        return lambda writer: None

    path.write_bytes(_written("readstat_begin_writing_sas7bcat", build))


def data(path: Path, columns: dict[str, tuple[str, str | None, Sequence]], words: int = 12) -> None:
    """Name -> (wording, format, answers). Answers are numbers, None, a letter in place of a number; or texts."""
    rows = len(next(iter(columns.values()))[2])

    def build(writer):
        variables = []
        for name, (label, form, answers) in columns.items():
            text = form is None and any(isinstance(one, str) and len(one) > 1 for one in answers)
            text = text or (form or "").startswith("$")
            kind, width = (_TEXT, words) if text else (_NUMBER, 8)
            variable = ctypes.c_void_p(_C.readstat_add_variable(writer, name.encode(), kind, ctypes.c_size_t(width)))
            _C.readstat_variable_set_label(variable, label.encode())
            if form:
                _C.readstat_variable_set_format(variable, form.encode())
            variables.append((variable, text, answers))
        return lambda writer: [_row(writer, variables, row) for row in range(rows)]

    path.write_bytes(_written("readstat_begin_writing_sas7bdat", build, ctypes.c_long(rows)))


def _row(writer, variables, row: int) -> None:
    assert _C.readstat_begin_row(writer) == 0
    for variable, text, answers in variables:
        answer = answers[row]
        if answer is None:
            done = _C.readstat_insert_missing_value(writer, variable)
        elif text:
            done = _C.readstat_insert_string_value(writer, variable, answer.encode())
        elif isinstance(answer, str):
            done = _C.readstat_insert_tagged_missing_value(writer, variable, ctypes.c_char(answer.encode()))
        else:
            done = _C.readstat_insert_double_value(writer, variable, ctypes.c_double(answer))
        assert done == 0
    assert _C.readstat_end_row(writer) == 0
