"""A pack that is read from where its covers lie has the bytes of one that was written as a file."""

import io
import os
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collage_core.packs.archive import directory_of, header_of, write_pack
from collage_core.packs.spool import Spool, SpooledPack
from tests.support.packs import MOMENT

BODIES = st.lists(st.binary(min_size=1, max_size=200), min_size=1, max_size=8)


def spooled(spool: Spool) -> SpooledPack:
    covers = spool.sorted()
    headers = [header_of(item.cover, MOMENT) for item in covers]
    return SpooledPack(
        spool, covers, headers, directory_of((item.cover for item in covers), MOMENT)
    )


def filled(bodies: list[bytes]) -> Spool:
    """A spool with these covers; the last one came first."""
    spool = Spool()
    for number, body in reversed(list(enumerate(bodies))):
        spool.add(number, "leo", f"leo/{number}.jpg", body)
    return spool


@given(BODIES, st.data())
def test_it_reads_like_the_file(bodies: list[bytes], data: st.DataObject) -> None:
    out = io.BytesIO()
    write_pack(out, ((f"leo/{number}.jpg", body) for number, body in enumerate(bodies)), MOMENT)
    pack = spooled(filled(bodies))
    assert pack.read() == out.getvalue()
    assert pack.crc == zlib.crc32(out.getvalue())
    assert pack.seek(0, os.SEEK_END) == pack.size == len(out.getvalue())
    assert pack.read(1) == b""
    for _ in range(5):
        at, size = data.draw(st.integers(0, pack.size)), data.draw(st.integers(0, pack.size + 3))
        assert pack.seek(at) == pack.tell() == at
        assert pack.read(size) == out.getvalue()[at : at + size]
        assert pack.tell() == min(at + size, pack.size)


def test_a_file_that_was_cut_off_meanwhile_is_an_error_and_no_short_pack() -> None:
    spool = filled([b"x" * 100])
    pack = spooled(spool)
    os.ftruncate(spool._file.fileno(), 50)
    with pytest.raises(OSError, match="gone before they were packed"):
        pack.read()
