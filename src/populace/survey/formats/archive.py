"""ZIP archives from anywhere (.xlsx, .docx, .lsa): looked through before anything is unpacked.

For readers inside a confined process. All raise `FileRefused`: one line with file, entry, what was found and what was
expected. Nothing is unpacked to disk.
"""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from populace.errors import FileRefused

_MEGABYTE = 1 << 20
_END, _END64, _LOCATOR64 = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"
#: bytes of fixed parts: end of the archive, its comment at most, the larger end, what leads to it, header of an entry
_END_SIZE, _COMMENT, _END64_SIZE, _LOCATOR64_SIZE, _HEADER = 22, 1 << 16, 56, 20, 30
#: most bytes of the table of contents that an entry takes; real names are far shorter
_ENTRY = 512
#: entries of fewer bytes may be packed as tightly as they like
_SMALL = _MEGABYTE
_GIVE_UP = "check where the file comes from, and export it again"


@dataclass(frozen=True)
class Bounds:
    """How large an archive may be when it is unpacked."""

    #: entries
    entries: int = 10_000
    #: bytes of all entries together, archives inside included
    total: int = 512 * _MEGABYTE
    #: bytes of one entry
    entry: int = 256 * _MEGABYTE
    #: how many times larger an entry may be than it is packed
    ratio: float = 200
    #: archives inside archives
    nested: int = 1


class SafeZip:
    """An archive that was looked through; gives entries as bytes."""

    def __init__(self, archive: zipfile.ZipFile, place: str, bounds: Bounds) -> None:
        self._archive, self._place, self._bounds = archive, place, bounds
        #: names of the entries that are files, in the archive's order
        self.names = tuple(entry.filename for entry in archive.infolist() if not entry.is_dir())

    def read(self, name: str) -> bytes:
        """The bytes of an entry; its checksum must be right."""
        if name not in self.names:
            raise FileRefused(f"{self._place} has no entry {name!r}; expected one: {_GIVE_UP}")
        try:
            return self._archive.read(name)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as problem:
            raise FileRefused(f"{self._place}, entry {name!r} is damaged ({problem}): {_GIVE_UP}") from None

    @contextmanager
    def nested(self, name: str) -> Iterator[SafeZip]:
        """An archive inside this one; what it unpacks to counts with the rest."""
        if self._bounds.nested < 1:
            raise FileRefused(f"{self._place}, entry {name!r}: too many archives inside one another: {_GIVE_UP}")
        used = sum(entry.file_size for entry in self._archive.infolist())
        bounds = replace(self._bounds, nested=self._bounds.nested - 1, total=self._bounds.total - used)
        with _opened(io.BytesIO(self.read(name)), f"{self._place}, entry {name!r}", bounds) as inner:
            yield inner


@contextmanager
def safe_zip(path: Path, bounds: Bounds | None = None) -> Iterator[SafeZip]:
    """An archive, opened when all its entries keep the bounds and could be unpacked into one folder.

    Refused are: more or larger entries than `bounds` allow, entries that share bytes, names that lead elsewhere or
    stand twice, links, encryption, and ways of packing other than the two that tools for surveys use.
    """
    with path.open("rb") as file, _opened(file, str(path), bounds or Bounds()) as archive:
        yield archive


@contextmanager
def _opened(file: BinaryIO, place: str, bounds: Bounds) -> Iterator[SafeZip]:
    _refuse_long_contents(file, place, bounds.entries)
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, struct.error) as problem:
        raise FileRefused(f"{place} is not a ZIP archive that can be read ({problem}): {_GIVE_UP}") from None
    with archive:
        entries = archive.infolist()
        for entry in entries:
            if fault := _fault(entry, bounds):
                raise FileRefused(f"{place}, entry {entry.filename[:80]!r} {fault}: {_GIVE_UP}")
        if fault := _fault_of_all(entries, bounds):
            raise FileRefused(f"{place} {fault}: {_GIVE_UP}")
        yield SafeZip(archive, place, bounds)


def _refuse_long_contents(file: BinaryIO, place: str, entries: int) -> None:
    """Look at the size of the table of contents before the library reads it into memory."""
    end = file.seek(0, io.SEEK_END)
    start = max(0, end - _END_SIZE - _COMMENT - _LOCATOR64_SIZE - _END64_SIZE)
    file.seek(start)
    tail = file.read()
    file.seek(0)
    for at in _all(tail, _END):
        sizes = [struct.unpack_from("<I", tail, at + 12)[0]] if at + _END_SIZE <= len(tail) else []
        large = at - _LOCATOR64_SIZE - _END64_SIZE
        if large >= 0 and tail[large : large + 4] == _END64 and tail[at - _LOCATOR64_SIZE :][:4] == _LOCATOR64:
            sizes = [struct.unpack_from("<Q", tail, large + 40)[0]]
        if any(size > entries * _ENTRY for size in sizes):
            raise FileRefused(f"{place} lists more than {entries:,} entries; expected at most these: {_GIVE_UP}")


def _all(content: bytes, mark: bytes) -> Iterator[int]:
    at = content.find(mark)
    while at >= 0:
        yield at
        at = content.find(mark, at + 1)


def _fault(entry: zipfile.ZipInfo, bounds: Bounds) -> str | None:
    """What is wrong with an entry, if anything."""
    name = entry.filename
    # the name as it stands in the file: the library cuts it at a zero and turns separators
    for spelled in {name, entry.orig_filename}:
        if not spelled or spelled.startswith(("/", "\\")) or "\\" in spelled or "\0" in spelled or spelled[1:2] == ":":
            return "has a name that leads out of its folder; expected plain names"
        if ".." in PurePosixPath(spelled).parts:
            return "has a name that leads out of its folder; expected plain names"
    if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "is a link or a device; expected files"
    if entry.flag_bits & 0x1:
        return "is encrypted; expected a file without password"
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return f"is packed in way {entry.compress_type}; expected 0 or 8"
    if entry.file_size > bounds.entry:
        return f"unpacks to {entry.file_size:,} bytes; expected at most {bounds.entry:,}"
    ratio = entry.file_size / max(entry.compress_size, 1)
    if entry.file_size > _SMALL and ratio > bounds.ratio:
        return f"unpacks to {ratio:,.0f} times its size; expected at most {bounds.ratio:g}"
    return None


def _fault_of_all(entries: Sequence[zipfile.ZipInfo], bounds: Bounds) -> str | None:
    """What is wrong with the entries together, if anything."""
    if len(entries) > bounds.entries:
        return f"has {len(entries):,} entries; expected at most {bounds.entries:,}"
    total = sum(entry.file_size for entry in entries)
    if total > bounds.total:
        return f"unpacks to {total:,} bytes; expected at most {bounds.total:,}"
    # systems that take capitals for small letters would unpack one over the other
    names = [entry.filename.casefold() for entry in entries]
    if len(set(names)) < len(names):
        return "has two entries of one name; expected one of each"
    ordered = sorted(entries, key=lambda entry: entry.header_offset)
    for entry, following in pairwise(ordered):
        if entry.header_offset + _HEADER + entry.compress_size > following.header_offset:
            return f"has entries that share bytes ({entry.filename[:40]!r}, {following.filename[:40]!r}); expected none"
    return None
