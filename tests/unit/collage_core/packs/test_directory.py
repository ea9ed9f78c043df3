"""What a pack's directory may say: only what we would write. All else is refused."""

import io
import struct
import zipfile
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collage_core.packs.directory import BrokenPackError, Member, read_directory
from collage_core.packs.limits import MOST_COVER_BYTES, MOST_COVERS
from collage_core.sources.http.bodies import MAX_BODY_BYTES
from tests.support.packs import a_pack, stem, zipped

COVERS = {stem("ana", 1): b"\xff\xd8\xffone", stem("bo", 2): b"\xff\xd8\xfftwo!"}
BODY, DIRECTORY_AT = zipped(COVERS)


def members(body: bytes, directory_at: int = DIRECTORY_AT) -> list[Member]:
    return read_directory(body[directory_at:], a_pack(body, directory_at))


def taken(body: bytes, member: Member) -> bytes:
    """A cover out of a pack, checked."""
    cover = body[member.body_at : member.end]
    member.check(body[member.at : member.body_at], cover)
    return cover


def read(body: bytes) -> dict[str, bytes]:
    """All covers of a pack, by stem."""
    return {item.stem: taken(body, item) for item in members(body)}


def changed(at: int, text: bytes) -> bytes:
    """The pack with other bytes in its directory, `at` from where that begins."""
    at += DIRECTORY_AT
    return BODY[:at] + text + BODY[at + len(text) :]


def at_end(at: int, text: bytes) -> bytes:
    """The pack with other bytes in its last record."""
    return changed(len(BODY) - DIRECTORY_AT - 22 + at, text)


def test_what_was_written_is_read() -> None:
    assert read(BODY) == COVERS


def test_only_what_is_wanted_is_read() -> None:
    wanted = {stem("bo", 2), stem("zoe", 9)}
    found = read_directory(BODY[DIRECTORY_AT:], a_pack(BODY, DIRECTORY_AT), wanted=wanted)
    assert [item.stem for item in found] == [stem("bo", 2)]


def test_a_cover_in_a_pack_may_be_as_large_as_one_from_the_web() -> None:
    assert MOST_COVER_BYTES == MAX_BODY_BYTES


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(BODY[:-1], id="one byte is missing"),
        pytest.param(BODY + b"\0", id="one byte too many"),
        pytest.param(BODY[:DIRECTORY_AT], id="no directory"),
        pytest.param(changed(0, b"PK\1\3"), id="another mark"),
        pytest.param(changed(8, b"\1\0"), id="encrypted"),
        pytest.param(changed(8, b"\x08\0"), id="sizes behind the data"),
        pytest.param(changed(10, b"\x08\0"), id="deflated"),
        pytest.param(changed(20, b"\xff\xff\xff\xff"), id="another packed size"),
        pytest.param(changed(20, b"\xff\xff\xff\xff" * 2), id="ZIP64 sizes"),
        pytest.param(changed(28, b"\xff\xff"), id="a name beyond the end"),
        pytest.param(changed(28, b"\0\0"), id="no name"),
        pytest.param(changed(30, b"\1\0"), id="an extra field"),
        pytest.param(changed(32, b"\1\0"), id="a comment"),
        pytest.param(changed(34, b"\1\0"), id="on another disk"),
        pytest.param(changed(20, b"\0" * 8), id="an empty cover"),
        pytest.param(changed(42, b"\1\0\0\0"), id="over the next member"),
        pytest.param(changed(42, struct.pack("<L", DIRECTORY_AT)), id="over the directory"),
        pytest.param(changed(42, b"\xff\xff\xff\xff"), id="ZIP64 offset"),
        pytest.param(changed(46, b"../"), id="up"),
        pytest.param(changed(46, b"/an"), id="absolute"),
        pytest.param(changed(46, b".na"), id="hidden"),
        pytest.param(changed(46, b"an."), id="a dot at the end"),
        pytest.param(changed(46, b"Ana"), id="a capital that names do not have"),
        pytest.param(changed(46, b"a\0a"), id="a zero in the name"),
        pytest.param(changed(46, b"\xff\xfea"), id="not ASCII"),
        pytest.param(changed(46, b"a/a"), id="two folders"),
        pytest.param(at_end(4, b"\1\0"), id="two disks"),
        pytest.param(at_end(8, b"\3\0"), id="other counts"),
        pytest.param(at_end(8, b"\3\0\3\0"), id="one too many"),
        pytest.param(at_end(8, b"\1\0\1\0"), id="one too few"),
        pytest.param(at_end(8, b"\xff\xff\xff\xff"), id="ZIP64 counts"),
        pytest.param(at_end(16, b"\0\0\0\0"), id="another place"),
        pytest.param(at_end(20, b"\1\0"), id="a comment at the end"),
    ],
)
def test_what_we_would_not_write_is_refused(body: bytes) -> None:
    with pytest.raises(BrokenPackError):
        read_directory(body[DIRECTORY_AT:], a_pack(BODY, DIRECTORY_AT))


def by_zipfile(write: Callable[[zipfile.ZipFile], None], method: int = zipfile.ZIP_STORED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        write(archive)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "size", "method"),
    [
        ("../../etc/passwd", 1, zipfile.ZIP_STORED),
        ("ana/../bo/1.jpg", 1, zipfile.ZIP_STORED),
        ("C:\\1.jpg", 1, zipfile.ZIP_STORED),
        ("ana/", 0, zipfile.ZIP_STORED),
        (f"{stem('ana', 1)}.jpg", 10**7, zipfile.ZIP_DEFLATED),
        (f"{stem('ana', 1)}.jpg", MOST_COVER_BYTES + 1, zipfile.ZIP_STORED),
    ],
)
def test_zips_of_others_are_refused(name: str, size: int, method: int) -> None:
    body = by_zipfile(lambda archive: archive.writestr(name, b"\0" * size), method)
    directory_at = body.index(b"PK\1\2")
    with pytest.raises(BrokenPackError):
        read_directory(body[directory_at:], a_pack(body, directory_at))


def test_a_name_that_is_there_twice_says_nothing() -> None:
    def write(archive: zipfile.ZipFile) -> None:
        archive.writestr(f"{stem('ana', 1)}.jpg", b"one")
        archive.writestr(f"{stem('bo', 2)}.jpg", b"two")
        archive.writestr(f"{stem('ana', 1)}.png", b"another")

    body = by_zipfile(write)
    directory_at = body.index(b"PK\1\2")
    found = read_directory(body[directory_at:], a_pack(body, directory_at))
    assert [item.stem for item in found] == [stem("bo", 2)]


def test_an_empty_cover_is_refused_because_it_would_fail_and_not_be_fetched() -> None:
    body, directory_at = zipped({stem("ana", 1): b""})
    with pytest.raises(BrokenPackError, match="has 0 bytes"):
        read_directory(body[directory_at:], a_pack(body, directory_at))


def test_bytes_between_the_last_cover_and_the_directory_are_refused() -> None:
    out = io.BytesIO(BODY)
    with zipfile.ZipFile(out, "a") as archive:
        archive.fp.seek(DIRECTORY_AT)  # type: ignore[union-attr]
        archive.fp.write(b"hidden")  # type: ignore[union-attr]
        archive.start_dir = DIRECTORY_AT + 6
        archive._didModify = True  # type: ignore[attr-defined]
    body = out.getvalue()
    assert zipfile.ZipFile(out).testzip() is None, "others open it"
    with pytest.raises(BrokenPackError, match="of no member"):
        members(body, DIRECTORY_AT + 6)


def test_more_members_than_we_would_write_are_refused_before_they_are_read() -> None:
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, MOST_COVERS + 1, MOST_COVERS + 1, 0, 0, 0)
    with pytest.raises(BrokenPackError, match="do not agree"):
        read_directory(end, a_pack(b"x" * len(end), 0))


@pytest.mark.parametrize("at", [0, 6, 8, 14, 18, 22, 26, 28, 30, 35])
def test_a_header_that_says_something_else_than_the_directory_is_refused(at: int) -> None:
    (member, *_) = members(BODY)
    body = bytearray(BODY)
    body[member.at + at] ^= 1
    with pytest.raises(BrokenPackError):
        taken(bytes(body), member)


@given(st.data())
def test_whatever_is_changed_no_cover_is_another_one(data: st.DataObject) -> None:
    body = bytearray(BODY)
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(DIRECTORY_AT, len(body) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = members(bytes(body))
        read_back = {item: taken(bytes(body), item) for item in found}
    except BrokenPackError:
        return
    for item, cover in read_back.items():
        assert COVERS.get(item.stem, cover) == cover
