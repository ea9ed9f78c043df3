"""A pack's object says what an index needs of it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from collage_core.contract.pack import Pack
from collage_core.packs.description import describe, pack_of
from collage_core.storage.object_store import ObjectHead

PACK = Pack(
    key="downloads/2026/10/01/r/c/000000000000.zip",
    etag="e7a9",
    bytes=300,
    directory_at=200,
    covers=2,
    first_creator="Ana % ü",
    last_creator="bo\n",
)


def head(metadata: dict[str, str]) -> ObjectHead:
    return ObjectHead(PACK.etag, PACK.bytes, metadata, datetime(2026, 10, 1, tzinfo=UTC))


def test_what_is_described_is_read_as_it_was() -> None:
    said = describe(PACK)
    assert all(value.isascii() and value.isprintable() for value in said.values())
    assert pack_of(PACK.key, head(said)) == PACK


def test_names_that_are_too_long_for_metadata_are_left_out() -> None:
    said = describe(replace(PACK, first_creator="ü" * 200))
    assert said == {}
    assert pack_of(PACK.key, head(said)) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"directory": "x"},
        {"directory": "300"},
        {"directory": "0"},
        {"directory": "-1"},
        {"covers": "0"},
        {"first": ""},
    ],
)
def test_an_object_that_says_nonsense_is_no_pack(wrong: dict[str, Any]) -> None:
    assert pack_of(PACK.key, head({**describe(PACK), **wrong})) is None
