"""A receipt counts only if it is that of its chunk; the others are set aside."""

from collections.abc import Iterator
from typing import override

import pytest
from msgspec.structs import replace

from collage_core.contract.receipt import Receipt
from collage_core.errors import BooksError
from collage_core.layout import keys
from collage_core.run.run import Run
from collage_core.run.usable_receipts import (
    FoundReceipts,
    RunFolder,
    read_receipts,
    set_aside,
)
from collage_core.settings import Settings
from collage_core.storage.documents import to_document
from collage_core.storage.object_store import ListedObject, StoredObject
from tests.support.memory_store import MemoryStore
from tests.support.runs import run

SETTINGS = Settings()
TEMP = SETTINGS.temp_bucket
MANIFEST, RECEIPTS = run([{"ana": 3, "bo": 2}, {"cy": 4}])
FIRST, SECOND = MANIFEST.chunks
RUN_ID = MANIFEST.run_id


class Counting(MemoryStore):
    """Counts the requests that read."""

    def __init__(self) -> None:
        super().__init__()
        self.gets = self.lists = 0

    @override
    def get(
        self,
        bucket: str,
        key: str,
        *,
        byte_range: tuple[int, int] | None = None,
        etag: str | None = None,
    ) -> StoredObject | None:
        self.gets += 1
        return super().get(bucket, key, byte_range=byte_range, etag=etag)

    @override
    def list_objects(self, bucket: str, prefix: str, *, after: str = "") -> Iterator[ListedObject]:
        self.lists += 1
        return super().list_objects(bucket, prefix, after=after)


@pytest.fixture
def store() -> Counting:
    return Counting()


def write(store: MemoryStore, body: bytes | Receipt, chunk_id: str = SECOND.chunk_id) -> None:
    stored = body if isinstance(body, bytes) else to_document(body)
    store.put(TEMP, keys.receipt(RUN_ID, chunk_id), stored, content_type="application/json")


def found_in(store: MemoryStore) -> FoundReceipts:
    return read_receipts(RunFolder.of(Run(SETTINGS, store, MANIFEST)))


def test_a_run_without_receipts_costs_one_listing(store: Counting) -> None:
    found = found_in(store)
    assert found.missing == [FIRST, SECOND]
    assert (store.lists, store.gets) == (1, 0)


UNUSABLE = {
    "unreadable": b'{"run_id": ',
    "of another schema": to_document(RECEIPTS[1]).replace(
        b'"schema_version": 1', b'"schema_version": 2'
    ),
    "of another chunk": RECEIPTS[0],
    "of another run": replace(RECEIPTS[1], run_id="another"),
    "unfinished": replace(RECEIPTS[1], resume_at=700),
    "of another length": replace(RECEIPTS[1], byte_range=(0, 9)),
    "without its results": replace(RECEIPTS[1], results=[]),
    "off by one row": replace(
        RECEIPTS[1],
        books=replace(RECEIPTS[1].books, rows=replace(RECEIPTS[1].books.rows, placed=3)),
    ),
}


@pytest.mark.parametrize("what", UNUSABLE)
def test_a_receipt_that_cannot_be_used_is_named_with_a_fix_that_has_its_chunk_done_again(
    store: Counting, what: str
) -> None:
    write(store, RECEIPTS[0], FIRST.chunk_id)
    write(store, UNUSABLE[what])
    found = found_in(store)
    assert found.usable == [RECEIPTS[0]]
    assert [one.chunk for one in found.unusable] == [SECOND]
    with pytest.raises(BooksError, match=rf"receipts/{SECOND.chunk_id}\.json: .* Clear dispatch"):
        found.check(MANIFEST)
    set_aside(Run(SETTINGS, store, MANIFEST), found.unusable)
    after = found_in(store)
    assert (after.missing, after.unusable) == ([SECOND], [])
    folder = RunFolder.of(Run(SETTINGS, store, MANIFEST))
    assert folder.times_set_aside(SECOND) == 1
    assert folder.times_set_aside(FIRST) == 0


def test_a_receipt_that_was_replaced_meanwhile_is_left_alone(store: Counting) -> None:
    write(store, b"{}")
    found = found_in(store)
    write(store, RECEIPTS[1])
    set_aside(Run(SETTINGS, store, MANIFEST), found.unusable)
    assert found_in(store).usable == [RECEIPTS[1]]


def test_setting_aside_may_be_repeated(store: Counting) -> None:
    write(store, b"{}")
    found = found_in(store)
    for _ in range(2):
        set_aside(Run(SETTINGS, store, MANIFEST), found.unusable)
    assert found_in(store).missing == [FIRST, SECOND]
