"""A closed run has an index of its packs: those of its receipts, and those that none names."""

from datetime import date, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from collage_core.contract.pack import ChunkPacks, Pack, PackIndex
from collage_core.errors import RaceError
from collage_core.layout import keys
from collage_core.packs.day_index import packs_of_last_days, put_into_day
from collage_core.packs.description import describe
from collage_core.run import pack_index
from collage_core.run.close import close_run
from collage_core.run.pack_index import write_pack_index
from collage_core.run.plan_packs import plan_packs
from collage_core.run.run import Run
from collage_core.settings import Settings
from collage_core.storage.documents import JSON, read_document, to_document
from tests.support.kept_packs import a_pack
from tests.support.memory_store import MemoryStore
from tests.support.runs import run

SETTINGS = Settings()
BUCKET = SETTINGS.temp_bucket
MANIFEST, RECEIPTS = run([{"ana": 3, "bo": 2}, {"cy": 4}])
RUN_ID = MANIFEST.run_id
DAY = date(2026, 10, 1)
FOLDER = keys.packs_of_run(DAY, RUN_ID)
INDEX = keys.pack_index(FOLDER)


@pytest.fixture
def store() -> MemoryStore:
    store = MemoryStore()
    plan = to_document(ChunkPacks(folder=FOLDER))
    store.put(BUCKET, keys.packs_of_all_chunks(RUN_ID), plan, content_type=JSON)
    return store


def written(store: MemoryStore, first: str, last: str, *, describes: bool = True) -> Pack:
    """A pack of the run as a worker has written it."""
    pack = a_pack(first, last, day=DAY, run_id=RUN_ID)
    metadata = describe(pack) if describes else {}
    etag = store.put(
        BUCKET, pack.key, b"." * pack.bytes, content_type="application/zip", metadata=metadata
    )
    return replace(pack, etag=etag)


def index_of(store: MemoryStore, *named: Pack, today: date = DAY) -> PackIndex | None:
    receipts = [replace(RECEIPTS[0], packs=named), *RECEIPTS[1:]]
    write_pack_index(Run(SETTINGS, store, MANIFEST), receipts, today=today)
    return read_document(store, BUCKET, INDEX, PackIndex)


def test_it_has_the_packs_of_the_receipts_in_the_order_of_their_creators(
    store: MemoryStore,
) -> None:
    bo, ana = written(store, "bo", "cy"), written(store, "ana", "bo")
    assert index_of(store, bo, ana) == PackIndex(runs=[RUN_ID], packs=[ana, bo])


def test_a_pack_that_no_receipt_names_says_itself_what_it_has(store: MemoryStore) -> None:
    named, orphan = written(store, "ana", "bo"), written(store, "Ünal, 你好", "é")
    index = index_of(store, named)
    assert index is not None
    assert index.packs == [named, orphan]


def test_a_pack_that_says_nothing_is_left_out(
    store: MemoryStore, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    named, silent = written(store, "ana", "bo"), written(store, "cy", "cy", describes=False)
    assert index_of(store, named) == PackIndex(runs=[RUN_ID], packs=[named])
    assert f"{silent.key} is left out" in caplog.text


def test_a_pack_that_says_a_name_which_no_document_can_have_is_left_out(
    store: MemoryStore,
) -> None:
    key = keys.pack(FOLDER, "c", 0)
    metadata = {"directory": "9", "covers": "1", "first": "ana", "last": "%ED%A0%80"}
    store.put(BUCKET, key, b"." * 10, content_type="application/zip", metadata=metadata)
    assert index_of(store) is None


def test_a_pack_that_is_gone_is_left_out_and_one_that_was_replaced_is_as_it_is_now(
    store: MemoryStore,
) -> None:
    gone, replaced = written(store, "ana", "bo"), written(store, "cy", "cy")
    store.delete_keys(BUCKET, [gone.key])
    index = index_of(store, gone, replace(replaced, etag="another", covers=99))
    assert index == PackIndex(runs=[RUN_ID], packs=[replaced])


def test_a_pack_in_the_folder_of_an_earlier_plan_counts(store: MemoryStore) -> None:
    earlier = a_pack("ana", "bo", day=DAY - timedelta(days=9), run_id=RUN_ID)
    assert index_of(store, earlier) == PackIndex(runs=[RUN_ID], packs=[earlier])


def test_a_run_that_keeps_nothing_costs_one_request_and_writes_nothing() -> None:
    store = MemoryStore()
    assert index_of(store, a_pack("ana", "bo", day=DAY, run_id=RUN_ID)) is None
    assert store.objects == {}


def test_a_run_without_packs_has_no_index(store: MemoryStore) -> None:
    assert index_of(store) is None


def test_another_round_writes_the_index_again_and_puts_it_into_that_of_the_day(
    store: MemoryStore,
) -> None:
    first = written(store, "ana", "bo")
    index_of(store, first)
    assert packs_of_last_days(store, BUCKET, today=DAY, days=40) == [first]
    second = written(store, "cy", "cy")
    assert index_of(store, first, second) == PackIndex(runs=[RUN_ID], packs=[first, second])
    assert packs_of_last_days(store, BUCKET, today=DAY, days=40) == [first, second]


@pytest.mark.parametrize(("days", "is_put_in"), [(2, False), (3, True), (30, True)])
def test_a_run_that_is_closed_late_puts_itself_into_its_day(
    store: MemoryStore, days: int, is_put_in: bool
) -> None:
    other = keys.pack_index(keys.downloads_of_day(DAY))
    put_into_day(store, BUCKET, DAY, [])
    pack = written(store, "ana", "bo")
    index_of(store, pack, today=DAY + timedelta(days=days))
    day = read_document(store, BUCKET, other, PackIndex)
    assert day == PackIndex(runs=[RUN_ID] if is_put_in else [], packs=[pack] if is_put_in else [])


@pytest.mark.parametrize("days", [0, 3])
def test_what_was_not_put_into_the_day_is_put_there_when_the_run_is_closed_again(
    store: MemoryStore, monkeypatch: pytest.MonkeyPatch, days: int
) -> None:
    first = written(store, "ana", "bo")
    index_of(store, first)
    packs_of_last_days(store, BUCKET, today=DAY, days=40)
    second = written(store, "cy", "cy")

    def die(*_: Any) -> None:
        raise RaceError("others were faster")

    with monkeypatch.context() as patch:
        patch.setattr(pack_index, "put_into_day", die)
        with pytest.raises(RaceError):
            index_of(store, first, second, today=DAY + timedelta(days=days))
    index_of(store, first, second, today=DAY + timedelta(days=days))
    later = DAY + timedelta(days=9)
    assert packs_of_last_days(store, BUCKET, today=later, days=40) == [first, second]


def test_a_plan_that_cannot_be_read_does_not_keep_a_run_from_being_closed(
    store: MemoryStore, caplog: pytest.LogCaptureFixture
) -> None:
    key = keys.packs_of_all_chunks(RUN_ID)
    store.put(BUCKET, key, b"{", content_type=JSON)
    pack = written(store, "ana", "bo")
    assert index_of(store, pack) is None
    assert f"nobody finds them: {key} in bucket {BUCKET} cannot be read" in caplog.text
    assert "clear plan, and then reconcile" in caplog.text

    later = DAY + timedelta(days=1)
    plan_packs(Run(SETTINGS, store, MANIFEST), today=later)
    assert index_of(store, pack, today=later) is None, "it is in the folder of that day"
    assert packs_of_last_days(store, BUCKET, today=later, days=40) == [pack]


def test_closing_a_run_writes_its_index(store: MemoryStore) -> None:
    pack = written(store, "ana", "bo")
    for receipt in [replace(RECEIPTS[0], packs=[pack]), *RECEIPTS[1:]]:
        body = to_document(receipt)
        store.put(BUCKET, keys.receipt(RUN_ID, receipt.chunk_id), body, content_type=JSON)
    for _ in range(2):
        close_run(Run(SETTINGS, store, MANIFEST), compare=False, today=DAY)
        found = read_document(store, BUCKET, INDEX, PackIndex)
        assert found == PackIndex(runs=[RUN_ID], packs=[pack])
