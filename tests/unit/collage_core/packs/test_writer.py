"""Packs are put before a receipt names them, once, whoever else works on the chunk."""

import io
import zipfile
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collage_core.contract.pack import Pack
from collage_core.covers.rows import CoverRow
from collage_core.errors import ConditionFailedError, RaceError
from collage_core.packs import writer as writer_module
from collage_core.packs.description import pack_of
from collage_core.packs.reader import PackReader
from collage_core.packs.spool import Spool
from collage_core.packs.writer import PackWriter
from tests.support.memory_store import MemoryStore
from tests.support.packs import BUCKET, MOMENT, stem, url
from tests.support.turns import InlineExecutor

FOLDER = "downloads/2026/10/01/daily-1/"


def row(number: int, creator: str = "leo") -> CoverRow:
    """The cover of that number; its row begins at ten times the number."""
    return CoverRow(creator, url(number), None, line=number + 1, offset=10 * number)


def body_of(number: int) -> bytes:
    return b"\xff\xd8\xff%d" % number


def new_writer(store: MemoryStore, *, begin: int = 0, **machine: Any) -> PackWriter:
    return PackWriter(
        store, BUCKET, folder=FOLDER, chunk_id="c", begin=begin, moment=MOMENT, **machine
    )


def add(writer: PackWriter, *numbers: int) -> None:
    for number in numbers:
        writer.add(row(number), body_of(number))


def members(store: MemoryStore, pack: Pack) -> list[str]:
    stored = store.get(BUCKET, pack.key, etag=pack.etag)
    assert stored is not None
    with zipfile.ZipFile(io.BytesIO(stored.body)) as archive:
        assert len(archive.namelist()) == pack.covers
        return [name.removesuffix(".jpg") for name in archive.namelist()]


def names(*numbers: int) -> list[str]:
    return [stem("leo", number) for number in numbers]


def refuse(*_: Any, **__: Any) -> str:
    raise ConditionFailedError("another request was faster")


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


def test_covers_are_in_the_order_of_their_rows_whenever_they_came(store: MemoryStore) -> None:
    writer = new_writer(store)
    add(writer, 3, 1, 2)
    assert store.objects == {}
    writer.flush(None)
    (pack,) = writer.packs
    assert pack.key == f"{FOLDER}c/000000000010.zip"
    assert members(store, pack) == names(1, 2, 3)


def test_what_is_not_accounted_for_yet_stays_for_the_next_pack(store: MemoryStore) -> None:
    writer = new_writer(store)
    add(writer, 5, 1, 2)
    writer.flush(20)
    add(writer, 3)
    writer.flush(None)
    assert [members(store, pack) for pack in writer.packs] == [names(1), names(2, 3, 5)]


def test_without_a_cover_there_is_no_pack(store: MemoryStore) -> None:
    writer = new_writer(store)
    add(writer, 5)
    writer.flush(50)
    assert store.objects == {}
    writer.close()


def test_a_worker_that_continues_counts_from_where_it_began(store: MemoryStore) -> None:
    writer = new_writer(store, begin=500)
    add(writer, 1)
    writer.flush(20)
    assert [pack.key for pack in writer.packs] == [f"{FOLDER}c/000000000510.zip"]


def test_the_object_says_what_an_index_needs(store: MemoryStore) -> None:
    writer = new_writer(store)
    writer.add(row(1, "Ana ü"), body_of(1))
    writer.flush(None)
    (pack,) = writer.packs
    head = store.head(BUCKET, pack.key)
    assert head is not None
    assert pack_of(pack.key, head) == pack


def test_the_same_covers_are_the_same_object(store: MemoryStore) -> None:
    for _ in range(2):
        writer = new_writer(store)
        add(writer, 2, 1)
        writer.flush(None)
    assert len(store.objects) == 1
    assert members(store, writer.packs[0]) == names(1, 2)


def test_what_a_worker_that_died_has_packed_is_not_packed_again(store: MemoryStore) -> None:
    died = new_writer(store)
    add(died, 1, 2)
    died.flush(None)
    writer = new_writer(store)
    add(writer, 1, 2, 3, 4)
    writer.flush(None)
    first, second = writer.packs
    assert first == died.packs[0]
    assert members(store, second) == names(3, 4)


def test_an_object_that_is_no_pack_is_replaced(store: MemoryStore) -> None:
    store.put(BUCKET, f"{FOLDER}c/000000000010.zip", b"no ZIP", content_type="text/plain")
    writer = new_writer(store)
    add(writer, 1)
    writer.flush(None)
    assert members(store, writer.packs[0]) == names(1)


def test_a_pack_that_is_cut_off_is_replaced(store: MemoryStore) -> None:
    writer = new_writer(store)
    add(writer, 1)
    writer.flush(None)
    (pack,) = writer.packs
    head, stored = store.head(BUCKET, pack.key), store.get(BUCKET, pack.key)
    assert head is not None
    assert stored is not None
    store.put(BUCKET, pack.key, stored.body[:-3], content_type="x", metadata=dict(head.metadata))
    again = new_writer(store)
    add(again, 1)
    again.flush(None)
    assert again.packs[0].etag == pack.etag


def test_a_key_that_never_stands_still_is_an_error_that_comes_back(
    store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "put", refuse)
    writer = new_writer(store)
    add(writer, 1)
    with pytest.raises(RaceError, match="nothing to fix, the message comes back"):
        writer.flush(None)


class TestFull:
    @pytest.fixture(autouse=True)
    def small(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(writer_module, "PACK_BYTES", 30)

    def test_more_than_a_pack_is_written_at_once(self, store: MemoryStore) -> None:
        writer = new_writer(store, executor=lambda _: InlineExecutor())
        for number in range(4):
            writer.add(row(number), b"\xff\xd8\xff" + b"x" * 10)
        assert len(store.objects) == 1
        writer.flush(None)
        assert [members(store, pack) for pack in writer.packs] == [names(0, 1), names(2, 3)]

    def test_a_cover_larger_than_a_pack_has_one_for_itself(self, store: MemoryStore) -> None:
        writer = new_writer(store)
        writer.add(row(0), b"\xff\xd8\xff" + b"x" * 100)
        writer.add(row(1), body_of(1))
        writer.flush(None)
        assert [pack.covers for pack in writer.packs] == [1, 1]

    def test_covers_that_are_lost_are_never_accounted_for(
        self, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        writer = new_writer(store)
        for number in range(2):
            writer.add(row(number), b"\xff\xd8\xff" + b"x" * 10)
        with monkeypatch.context() as patch:
            patch.setattr(store, "put", refuse)
            writer.add(row(2), b"\xff\xd8\xff" + b"x" * 10)
            with pytest.raises(RaceError):
                writer.flush(None)
        with pytest.raises(RaceError):
            writer.flush(None)
        writer.add(row(3), b"\xff\xd8\xff" + b"x" * 10)
        with pytest.raises(RaceError):
            writer.add(row(4), b"\xff\xd8\xff" + b"x" * 10)

    def test_one_pack_fills_while_another_is_written_and_no_third_begins(
        self, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        writing, go_on = Event(), Event()
        put = store.put

        def slowly(*args: Any, **asked: Any) -> str:
            writing.set()
            assert go_on.wait(10)
            return put(*args, **asked)

        monkeypatch.setattr(store, "put", slowly)
        writer = new_writer(store)
        bodies = [b"\xff\xd8\xff" + b"x" * 10] * 5
        for number in range(4):
            writer.add(row(number), bodies[number])
        assert writing.wait(10)
        assert store.objects == {}
        with ThreadPoolExecutor(1) as threads:
            added = threads.submit(writer.add, row(4), bodies[4])
            with pytest.raises(TimeoutError):
                added.result(0.1)
            go_on.set()
            added.result(10)
        writer.flush(None)
        assert [members(store, pack) for pack in writer.packs] == [
            names(0, 1),
            names(2, 3),
            names(4),
        ]

    def test_threads_that_fill_it_at_once_lose_nothing(self, store: MemoryStore) -> None:
        writer = new_writer(store)
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(lambda number: add(writer, number), range(200)))
        writer.flush(None)
        packed = [name for pack in writer.packs for name in members(store, pack)]
        assert sorted(packed) == sorted(names(*range(200)))
        assert len(writer.packs) > 10


def test_a_pack_has_no_more_covers_than_a_reader_takes(
    store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_module, "MOST_COVERS", 3)
    writer = new_writer(store)
    add(writer, *range(7))
    writer.flush(None)
    assert [pack.covers for pack in writer.packs] == [3, 3, 1]


@settings(max_examples=50, deadline=None)
@given(
    numbers=st.sets(st.integers(0, 60), min_size=1).map(sorted),
    flushes=st.lists(st.integers(0, 600), max_size=5).map(sorted),
    died=st.integers(0, 60),
)
def test_whenever_it_is_flushed_and_whoever_died_all_covers_are_found(
    numbers: list[int], flushes: list[int], died: int
) -> None:
    store = MemoryStore()
    before = new_writer(store)
    add(before, *(number for number in numbers if number < died))
    before.flush(None)
    writer = new_writer(store)
    add(writer, *numbers[::-1])
    for until in flushes:
        writer.flush(until)
    writer.flush(None)
    reader = PackReader(store, BUCKET, [*writer.packs][::-1])
    reader.look_up(names(*numbers))
    for number in numbers:
        cover = reader.find(stem("leo", number), seconds_left=5)
        assert cover is not None
        assert cover.body == body_of(number)


def test_a_cover_that_has_come_in_another_format_since_is_packed_already(
    store: MemoryStore,
) -> None:
    died = new_writer(store)
    add(died, 1, 2)
    died.flush(None)
    writer = new_writer(store)
    writer.add(row(1), b"\x89PNG other bytes")
    add(writer, 2, 3)
    writer.flush(None)
    first, second = writer.packs
    assert first == died.packs[0]
    assert members(store, second) == names(3)


def test_a_pack_that_lacks_the_cover_it_begins_with_is_followed_by_one_that_has_it(
    store: MemoryStore,
) -> None:
    """As when a creator was forgotten while a chunk was under way."""
    died = new_writer(store)
    died.add(row(1, "ana"), body_of(1))
    add(died, 2)
    died.flush(None)
    without = new_writer(store)
    add(without, 2)
    without.flush(None)
    key = died.packs[0].key
    rewritten = without.packs[0].key
    left, head = store.get(BUCKET, rewritten), store.head(BUCKET, rewritten)
    assert left is not None
    assert head is not None
    store.put(BUCKET, key, left.body, content_type="x", metadata=dict(head.metadata))
    store.delete_keys(BUCKET, [rewritten])
    writer = new_writer(store)
    writer.add(row(1, "ana"), body_of(1))
    add(writer, 2, 3)
    writer.flush(None)
    found = [name for pack in writer.packs for name in members(store, pack)]
    assert sorted(found) == sorted([stem("ana", 1), *names(2, 3)])


def test_an_object_whose_directory_would_be_too_long_is_replaced_unread(
    store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = {"directory": "1", "covers": "1", "first": "leo", "last": "leo"}
    body = b"\0" * (4 << 20)
    store.put(BUCKET, f"{FOLDER}c/000000000010.zip", body, content_type="x", metadata=said)
    writer = new_writer(store)
    add(writer, 1)
    with monkeypatch.context() as patch:
        patch.delattr(MemoryStore, "get")
        writer.flush(None)
    assert members(store, writer.packs[0]) == names(1)


def test_its_file_is_not_closed_while_a_cover_is_written_to_it(
    store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its number would be that of another file by then, such as the one of the next chunk."""
    writing, go_on = Event(), Event()
    write = Spool.add

    def slowly(self: Spool, *args: Any) -> None:
        writing.set()
        assert go_on.wait(10)
        write(self, *args)

    monkeypatch.setattr(Spool, "add", slowly)
    writer = new_writer(store)
    with ThreadPoolExecutor(2) as threads:
        added = threads.submit(add, writer, 1)
        assert writing.wait(10)
        closed = threads.submit(writer.close)
        with pytest.raises(TimeoutError):
            closed.result(0.1)
        go_on.set()
        added.result(10)
        closed.result(10)
