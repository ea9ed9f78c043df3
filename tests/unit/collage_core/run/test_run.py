from pathlib import Path

import pytest
from msgspec import Struct

from collage_core.contract.manifest import Manifest
from collage_core.contract.receipt import Receipt
from collage_core.errors import MessageError
from collage_core.layout import keys
from collage_core.run.run import Run, missing_chunks
from collage_core.settings import Settings
from collage_core.storage.directory_store import DirectoryStore
from collage_core.storage.documents import to_document
from tests.support.runs import run

SETTINGS = Settings()
TEMP = SETTINGS.temp_bucket
MANIFEST, RECEIPTS = run([{"ana": 3, "bo": 2}, {"cy": 4}])


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    return DirectoryStore({TEMP: tmp_path})


def keep_run(store: DirectoryStore, manifest: Manifest, receipts: list[Receipt]) -> None:
    documents: dict[str, Struct] = {keys.manifest(manifest.run_id): manifest}
    documents |= {keys.receipt(manifest.run_id, receipt.chunk_id): receipt for receipt in receipts}
    for key, document in documents.items():
        store.put(TEMP, key, to_document(document), content_type="application/json")


def test_a_run_is_read_back_as_it_was_written(store: DirectoryStore) -> None:
    keep_run(store, MANIFEST, RECEIPTS)
    found = Run.open(store, SETTINGS, MANIFEST.run_id)
    assert found.manifest == MANIFEST
    assert found.receipts() == RECEIPTS
    assert Run.find(store, SETTINGS, MANIFEST.run_id) == found


def test_receipts_that_are_not_there_yet_are_left_out(store: DirectoryStore) -> None:
    keep_run(store, MANIFEST, RECEIPTS[1:])
    half_done = Run(SETTINGS, store, MANIFEST)
    assert half_done.receipts() == RECEIPTS[1:]
    assert half_done.unfinished() == MANIFEST.chunks[:1]


def test_a_late_receipt_of_the_plan_before_is_not_read(store: DirectoryStore) -> None:
    before, late = run([{"ana": 2, "bo": 2}, {"cy": 5}])
    assert before.run_id == MANIFEST.run_id
    keep_run(store, before, late)
    keep_run(store, MANIFEST, RECEIPTS)
    assert len(list(store.list_keys(TEMP, keys.receipts(MANIFEST.run_id)))) == 4
    assert Run(SETTINGS, store, MANIFEST).receipts() == RECEIPTS


def test_a_run_without_a_manifest_has_none_or_says_so(store: DirectoryStore) -> None:
    assert Run.find(store, SETTINGS, "gone") is None
    with pytest.raises(MessageError, match=r"processing/gone/manifest\.json is not in bucket"):
        Run.open(store, SETTINGS, "gone")


def test_a_run_that_is_planned_half_way_says_which_task_to_clear(store: DirectoryStore) -> None:
    keep_run(store, MANIFEST, RECEIPTS)
    store.put(TEMP, keys.planning(MANIFEST.run_id), b"{}", content_type="application/json")
    with pytest.raises(MessageError, match="if extract is not running, clear it"):
        Run.open(store, SETTINGS, MANIFEST.run_id)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"schema_version":2}', b"\xff"])
def test_a_document_that_cannot_be_read_is_named(store: DirectoryStore, body: bytes) -> None:
    store.put(TEMP, keys.manifest("r"), body, content_type="application/json")
    with pytest.raises(MessageError, match=r"processing/r/manifest\.json .* cannot be read"):
        Run.find(store, SETTINGS, "r")


def test_chunks_are_missing_until_their_receipt_is_listed() -> None:
    first, second = MANIFEST.chunks
    done = keys.receipt(MANIFEST.run_id, first.chunk_id)
    begun = keys.partial_receipt(MANIFEST.run_id, second.chunk_id)
    assert missing_chunks(MANIFEST, []) == [first, second]
    assert missing_chunks(MANIFEST, [begun, done]) == [second]
