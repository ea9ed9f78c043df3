"""A CRC-32 that is put together is the one that zlib finds in all bytes."""

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collage_core.packs.crc import joined_crc
from collage_core.packs.limits import MOST_COVER_BYTES


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_it_is_that_of_both_together(first: bytes, second: bytes) -> None:
    joined = joined_crc(zlib.crc32(first), zlib.crc32(second), len(second))
    assert joined == zlib.crc32(first + second)


@pytest.mark.parametrize("size", [126_000, MOST_COVER_BYTES])
def test_it_is_that_of_both_if_the_second_part_is_long(size: int) -> None:
    second = bytes(range(256)) * (size // 256)
    joined = joined_crc(zlib.crc32(b"first"), zlib.crc32(second), len(second))
    assert joined == zlib.crc32(b"first" + second)
