"""The refresh list: the covers of a run whose URLs are dead."""

import codecs
import csv
import logging
from collections.abc import Mapping, Sequence

import pytest
from msgspec.structs import replace

from collage_core.contract.manifest import Manifest
from collage_core.contract.receipt import DeadCover, Receipt
from collage_core.layout import keys
from collage_core.run.close import ClosedRun, close_run
from collage_core.run.corrected_receipt import with_creator
from collage_core.run.refresh_list import REFRESH_COLUMNS, write_refresh_list
from collage_core.run.run import Run
from collage_core.run.usable_receipts import RunFolder, read_receipts
from collage_core.settings import Settings
from collage_core.storage.documents import JSON, to_document
from tests.support.memory_store import MemoryStore
from tests.support.runs import TIMESTAMP, run
from tests.support.strategies import HOSTILE_NAMES

SETTINGS = Settings()
OUTPUT, TEMP = SETTINGS.output_bucket, SETTINGS.temp_bucket
KEY = keys.refresh_list(TIMESTAMP)
SEEN = TIMESTAMP.moment.isoformat()


def dead(creator: str, number: int = 1, reason: str = "http_403") -> DeadCover:
    url = f"https://cdn.example/{number}.jpg"
    return DeadCover(creator, f"{number:032x}", url, reason, "2026-09-30T00:00:00+00:00")


def stored(
    store: MemoryStore,
    rows_by_creator: Sequence[Mapping[str, int]],
    dead_by_chunk: Sequence[Sequence[DeadCover]],
    *,
    run_id: str = "monthly-1",
) -> tuple[Manifest, list[Receipt]]:
    """A run whose receipts are in the temp bucket."""
    manifest, receipts = run(rows_by_creator, run_id=run_id)
    receipts = [
        replace(receipt, dead=covers)
        for receipt, covers in zip(receipts, dead_by_chunk, strict=True)
    ]
    for receipt in receipts:
        key = keys.receipt(run_id, receipt.chunk_id)
        store.put(TEMP, key, to_document(receipt), content_type=JSON)
    return manifest, receipts


def close(store: MemoryStore, manifest: Manifest) -> ClosedRun:
    return close_run(Run(SETTINGS, store, manifest), compare=False)


def lines(store: MemoryStore, key: str = KEY) -> list[list[str]]:
    body = store.objects[OUTPUT, key]
    assert body.startswith(codecs.BOM_UTF8)
    text = body.decode("utf-8-sig")
    assert text.count("\r\n") == text.count("\n") or '"' in text
    header, *rows = csv.reader(text.splitlines(keepends=True), strict=True)
    assert header == list(REFRESH_COLUMNS)
    return rows


def test_a_run_without_dead_urls_writes_no_list() -> None:
    store = MemoryStore()
    manifest, _ = stored(store, [{"ana": 1}], [[]])
    assert close(store, manifest).refresh_key is None
    assert (OUTPUT, KEY) not in store.objects


def test_dead_covers_are_listed_in_the_order_of_the_chunks(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    store = MemoryStore()
    chunks = [{f"creator-{number:02d}": 1} for number in range(25)]  # more than are read together
    covers = [[dead(f"creator-{number:02d}", number, "expired_url")] for number in range(25)]
    covers[7] = []
    manifest, _ = stored(store, chunks, covers)
    assert close(store, manifest).refresh_key == KEY
    found = lines(store)
    assert [line[0] for line in found] == [f"creator-{n:02d}" for n in range(25) if n != 7]
    assert found[0] == [
        "creator-00", f"{0:032x}", "https://cdn.example/0.jpg", "expired_url",
        "2026-09-30T00:00:00+00:00", SEEN,
    ]  # fmt: skip
    assert f"Refresh list s3://{OUTPUT}/{KEY}: 24 covers whose URLs are dead" in caplog.text


def test_it_is_there_before_the_summary_and_the_same_when_it_is_repeated() -> None:
    store = MemoryStore()
    manifest, _ = stored(store, [{"ana": 2}], [[dead("ana"), dead("ana", 2)]])
    close(store, manifest)
    written = list(store.objects)
    assert written.index((OUTPUT, KEY)) < written.index(
        (OUTPUT, keys.processing_summary(TIMESTAMP))
    )
    before = dict(store.objects)
    close(store, manifest)
    assert store.objects == before


def test_no_name_is_a_formula() -> None:
    store = MemoryStore()
    names = [*HOSTILE_NAMES, "=HYPERLINK(1)", "+1", "@a", "'x", "line\r\nbreak"]
    covers = [replace(dead(name), updated_at=None) for name in names]
    manifest, _ = stored(store, [{"ana": 1}], [covers])
    close(store, manifest)
    body = store.objects[OUTPUT, KEY].decode("utf-8-sig")
    cells = [line[0] for line in csv.reader(body.splitlines(keepends=True), strict=True)][1:]
    assert len(cells) == len(names)
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert [cell.removeprefix("'") if cell != name else cell for cell, name in
            zip(cells, names, strict=True)] == names  # fmt: skip


def test_a_run_that_is_closed_again_without_dead_urls_leaves_only_the_columns() -> None:
    store = MemoryStore()
    manifest, receipts = stored(store, [{"ana": 1}], [[dead("ana")]])
    close(store, manifest)
    alive = replace(receipts[0], dead=())
    key = keys.receipt(manifest.run_id, alive.chunk_id)
    store.put(TEMP, key, to_document(alive), content_type=JSON)
    assert close(store, manifest).refresh_key is None
    assert lines(store) == []


def test_two_runs_of_one_second_have_a_list_each() -> None:
    store = MemoryStore()
    first, _ = stored(store, [{"ana": 1}], [[dead("ana")]], run_id="first")
    other, receipts = stored(store, [{"bo": 1}], [[dead("bo")]], run_id="other")
    assert close(store, first).refresh_key == KEY
    own = keys.refresh_list(TIMESTAMP, "other")
    for _ in range(2):
        assert close(store, other).refresh_key == own
    assert [line[0] for line in lines(store)] == ["ana"]
    assert [line[0] for line in lines(store, own)] == ["bo"]
    alive = replace(receipts[0], dead=())
    store.put(TEMP, keys.receipt("other", alive.chunk_id), to_document(alive), content_type=JSON)
    close(store, other)
    assert [line[0] for line in lines(store)] == ["ana"]
    assert lines(store, own) == []


def test_a_run_without_dead_urls_leaves_another_runs_list_alone() -> None:
    store = MemoryStore()
    first, _ = stored(store, [{"ana": 1}], [[dead("ana")]], run_id="first")
    other, _ = stored(store, [{"bo": 1}], [[]], run_id="other")
    close(store, first)
    assert close(store, other).refresh_key is None
    assert [line[0] for line in lines(store)] == ["ana"]
    assert (OUTPUT, keys.refresh_list(TIMESTAMP, "other")) not in store.objects


def test_a_creator_as_another_worker_made_it_is_left_out() -> None:
    store = MemoryStore()
    manifest, _ = stored(store, [{"ana": 2, "bo": 2}], [[dead("ana"), dead("bo", 2)]])
    opened = Run(SETTINGS, store, manifest)
    found = read_receipts(RunFolder.of(opened))
    assert found.with_dead == [manifest.chunks[0].chunk_id]
    assert [receipt.dead for receipt in found.usable] == [()]
    old = found.usable[0].results[0]
    counted = with_creator(found.usable[0], old, replace(old, pictures="others"))
    assert write_refresh_list(opened, [counted], found.with_dead) == KEY
    assert [line[0] for line in lines(store)] == ["bo"]


def test_a_corrected_receipt_has_no_dead_covers_of_the_creator() -> None:
    _, (receipt,) = run([{"ana": 2, "bo": 2}])
    receipt = replace(receipt, dead=[dead("ana"), dead("bo")])
    old = receipt.results[0]
    corrected = with_creator(receipt, old, replace(old, pictures="others"))
    assert [cover.creator for cover in corrected.dead] == ["bo"]


def test_a_receipt_that_broke_while_the_run_is_closed_does_not_keep_it_from_being_closed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    store = MemoryStore()
    manifest, _ = stored(store, [{"ana": 1}, {"bo": 1}], [[dead("ana")], [dead("bo", 2)]])
    found = read_receipts(RunFolder.of(Run(SETTINGS, store, manifest)))
    key = keys.receipt(manifest.run_id, manifest.chunks[0].chunk_id)
    store.put(TEMP, key, b"{", content_type=JSON)
    close_run(Run(SETTINGS, store, manifest), compare=False, found=found)
    assert [line[0] for line in lines(store)] == ["bo"]
    assert f"not listed: {key} in bucket {TEMP} cannot be read" in caplog.text
