"""ZIP archives from anywhere: what unpacks to more than it seems, or elsewhere, is refused before it is unpacked."""

import io
import random
import stat
import struct
import zipfile

import pytest

from populace.errors import FileRefused
from populace.survey.formats.archive import Bounds, safe_zip


def zipped(entries, packed=zipfile.ZIP_DEFLATED) -> bytes:
    """An archive of (name or ZipInfo, content)."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", packed) as archive:
        for name, content in entries:
            archive.writestr(name, content, compress_type=packed)
    return buffer.getvalue()


@pytest.fixture
def made(tmp_path):
    def make(content):
        path = tmp_path / "survey.lsa"
        path.write_bytes(content if isinstance(content, bytes) else zipped(content))
        return path

    return make


def refusal(path, bounds=None) -> str:
    with pytest.raises(FileRefused) as caught, safe_zip(path, bounds) as archive:
        for name in archive.names:
            archive.read(name)
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message
    return message


def test_an_archive_is_read_entry_by_entry(made):
    with safe_zip(made([("a/", b""), ("a/survey.lss", b"<x/>"), ("Größe.txt", b"b" * 3000)])) as archive:
        assert archive.names == ("a/survey.lss", "Größe.txt")
        assert archive.read("a/survey.lss") == b"<x/>"
        assert archive.read("Größe.txt") == b"b" * 3000
        with pytest.raises(FileRefused, match="no entry 'b'"):
            archive.read("b")


def test_a_flat_bomb_is_refused_by_its_ratio_its_entry_and_its_total(made):
    path = made([("bomb", b"\0" * 20_000_000)])
    assert "times its size; expected at most 200" in refusal(path)
    loose = Bounds(ratio=1e9, entry=10_000_000)
    assert "unpacks to 20,000,000 bytes; expected at most 10,000,000" in refusal(path, loose)
    path = made([(f"{number}", b"\0" * 900_000) for number in range(20)])
    assert "unpacks to 18,000,000 bytes" in refusal(path, Bounds(total=17_000_000))


def test_a_nested_bomb_is_refused_by_depth_and_by_what_it_comes_to(made):
    inner = zipped([("c", b"\0" * 900_000)])
    middle = zipped([("inner.zip", inner)])
    path = made([("middle.zip", middle)])
    with safe_zip(path) as archive, archive.nested("middle.zip") as one:
        assert one.names == ("inner.zip",)
        with pytest.raises(FileRefused, match="too many archives inside one another"), one.nested("inner.zip"):
            pass
    bounds = Bounds(nested=2, total=800_000)
    with (
        safe_zip(path, bounds) as archive,
        archive.nested("middle.zip") as one,
        pytest.raises(FileRefused, match="unpacks to 900,000 bytes"),
        one.nested("inner.zip"),
    ):
        pass


def test_an_entry_that_is_no_archive_is_refused_as_one(made):
    with (
        safe_zip(made([("inner.zip", b"PK\3\4" * 100)])) as archive,
        pytest.raises(FileRefused, match=r"entry 'inner\.zip' is not a ZIP archive"),
        archive.nested("inner.zip"),
    ):
        pass


def test_a_million_entries_are_refused_before_they_are_listed(made):
    header = struct.pack("<4s4B4HL2L5H2L", b"PK\1\2", 20, 0, 20, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"a"
    listing = header * 1_000_000
    large = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, 1_000_000, 1_000_000, len(listing), 0)
    found = struct.pack("<4sLQL", b"PK\6\7", 0, len(listing), 1)
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    assert "more than 10,000 entries" in refusal(made(listing + large + found + end))
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, len(listing), 0, 0)
    assert "more than 10,000 entries" in refusal(made(listing + end))


def test_more_entries_than_allowed_are_refused(made):
    assert "has 11 entries; expected at most 10" in refusal(
        made([(f"{n}", b"") for n in range(11)]), Bounds(entries=10)
    )


@pytest.mark.parametrize(
    "name", ["../evil", "a/../../evil", "/etc/passwd", "\\evil", "a\\..\\evil", "C:evil", "C:/evil", "a\0.txt", ".."]
)
def test_names_that_lead_elsewhere_are_refused(made, name):
    content = zipped([("x" * len(name), b"evil")]).replace(b"x" * len(name), name.encode())
    assert "leads out of its folder" in refusal(made(content))


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_links_and_devices_are_refused(made, kind):
    entry = zipfile.ZipInfo("link")
    entry.external_attr = (kind | 0o777) << 16
    assert "is a link or a device" in refusal(made([(entry, b"/etc/passwd")]))


def test_two_entries_of_one_name_are_refused(made):
    assert "two entries of one name" in refusal(made([("Survey.xml", b"1"), ("survey.XML", b"2")]))


def test_entries_that_share_bytes_are_refused(made):
    """Many entries that point to one packed piece: the bomb of Fifield (2019)."""
    content = bytearray(zipped([("a", b"1" * 5000), ("b", b"2" * 5000)]))
    second = content.rindex(b"PK\1\2")
    content[second + 42 : second + 46] = struct.pack("<L", 10)
    assert "share bytes" in refusal(made(bytes(content)))


def test_encryption_and_rare_ways_of_packing_are_refused(made):
    content = bytearray(zipped([("a", b"1")]))
    content[content.rindex(b"PK\1\2") + 8] |= 1
    assert "is encrypted" in refusal(made(bytes(content)))
    assert "is packed in way 14" in refusal(made(zipped([("a", b"1")], zipfile.ZIP_LZMA)))


def test_an_entry_that_is_larger_than_it_says_is_refused(made):
    content = bytearray(zipped([("a", b"1" * 5000)]))
    for mark, place in ((b"PK\3\4", 22), (b"PK\1\2", 24)):
        at = content.rindex(mark) + place
        content[at : at + 4] = struct.pack("<L", 10)
    assert "is damaged" in refusal(made(bytes(content)))


@pytest.mark.parametrize("content", [b"", b"PK\5\6", b"PK\3\4" * 50, b"words", b"PK\5\6" + b"\xff" * 18])
def test_what_is_no_archive_is_refused(made, content):
    refusal(made(content))


def test_damaged_archives_are_refused_or_read_whole(made):
    parts = [(f"part{number}.xml", bytes([65 + number]) * 500) for number in range(5)]
    whole, draw, refused = zipped(parts), random.Random(2), 0
    for _ in range(400):
        damaged = bytearray(whole)
        for _ in range(draw.choice([1, 4])):
            damaged[draw.randrange(len(whole))] = draw.randrange(256)
        path = made(bytes(damaged[: draw.choice([len(whole), len(whole), draw.randrange(len(whole))])]))
        try:
            with safe_zip(path) as archive:
                contents = [archive.read(name) for name in archive.names]
        except FileRefused:
            refused += 1
        else:
            # a changed name or date is no loss; content has a checksum
            assert set(contents) <= {content for _, content in parts}
    assert refused > 200
