"""Covers out of packs: the newest that is whole, in few requests. Anything else is a miss."""

import io
import logging
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from collage_core.aws.s3_store import S3Error
from collage_core.contract.pack import Pack
from collage_core.packs import stretch_files
from collage_core.packs.reader import PackReader
from collage_core.storage.object_store import StoredObject
from tests.support.memory_store import MemoryStore
from tests.support.packs import BUCKET, put_pack, stem, zipped

LEO = {stem("leo", number): b"\xff\xd8\xff%d" % number for number in range(20)}


class CountingStore(MemoryStore):
    """Notes each range that is read."""

    def __init__(self) -> None:
        super().__init__()
        self.reads: list[tuple[str, tuple[int, int] | None]] = []

    def get(self, bucket: str, key: str, **asked: Any) -> Any:
        self.reads.append((key, asked.get("byte_range")))
        return super().get(bucket, key, **asked)


@pytest.fixture
def store() -> CountingStore:
    return CountingStore()


def found(store: MemoryStore, packs: list[Pack], wanted: Mapping[str, bytes]) -> dict[str, bytes]:
    reader = PackReader(store, BUCKET, packs)
    reader.look_up(wanted)
    covers = {name: reader.find(name, seconds_left=5) for name in wanted}
    reader.close()
    return {name: cover.body for name, cover in covers.items() if cover is not None}


def overwrite(store: MemoryStore, pack: Pack, body: bytes) -> None:
    store.put(BUCKET, pack.key, body, content_type="application/zip")


def test_all_covers_of_a_pack_take_two_requests(store: CountingStore) -> None:
    pack = put_pack(store, LEO)
    assert found(store, [pack], LEO) == LEO
    assert [key for key, _ in store.reads] == [pack.key, pack.key]
    assert all(span is not None for _, span in store.reads)


def test_a_cover_says_which_pack_it_is_from(store: CountingStore) -> None:
    pack = put_pack(store, LEO)
    reader = PackReader(store, BUCKET, [pack])
    reader.look_up(LEO)
    cover = reader.find(next(iter(LEO)), seconds_left=5)
    assert cover is not None
    assert cover.pack == pack


def test_of_a_cover_in_several_packs_the_newest_counts(store: CountingStore) -> None:
    name = stem("leo", 0)
    old = put_pack(store, LEO)
    new = put_pack(store, {name: b"\xff\xd8\xffnew"}, day=2)
    assert found(store, [new, old], LEO) == {**LEO, name: b"\xff\xd8\xffnew"}


def test_what_nobody_wants_is_not_read(store: CountingStore) -> None:
    pack = put_pack(store, LEO)
    assert found(store, [pack], {stem("zoe", 1): b""}) == {}
    assert len(store.reads) == 1


def test_without_packs_nothing_is_asked(store: CountingStore) -> None:
    assert found(store, [], LEO) == {}
    assert store.reads == []


def test_without_packs_no_cover_is_named(store: CountingStore) -> None:
    stems = iter(LEO)
    PackReader(store, BUCKET, []).look_up(stems)
    assert list(stems) == list(LEO), "naming all covers of a chunk would be for nothing"


def test_covers_far_apart_are_read_by_themselves(store: CountingStore) -> None:
    far = {stem("ana", 1): b"a", stem("bo", 1): b"x" * 600_000, stem("cy", 1): b"c"}
    pack = put_pack(store, far)
    wanted = {name: far[name] for name in (stem("ana", 1), stem("cy", 1))}
    assert found(store, [pack], wanted) == wanted
    spans = [span for _, span in store.reads[1:] if span]
    assert len(spans) == 2
    assert sum(last - first + 1 for first, last in spans) < 1000


def test_forty_packs_of_a_month_take_about_eighty_requests(store: CountingStore) -> None:
    body = b"\xff\xd8\xff" + b"x" * 2000
    creators = [f"creator{number:03d}" for number in range(57)]
    packs, wanted = [], {}
    for day in range(1, 31):
        covers = {stem(name, day): body for name in creators}
        others = {stem(f"other{number}", day): body for number in range(50)}
        packs.append(put_pack(store, {**covers, **others}, day=day))
        wanted.update(covers)
    assert found(store, packs[::-1], wanted) == wanted
    assert len(store.reads) == 60


def test_what_does_not_fit_on_the_disk_is_read_again(
    store: CountingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stretch_files, "DISK_BYTES", 3000)
    monkeypatch.setattr(stretch_files, "DISK_BYTES", 3000)
    monkeypatch.setattr(stretch_files, "_LEAST_READ", 1000)
    packs = [
        put_pack(store, {stem("leo", 100 * day + n): b"x" * 400 for n in range(4)}, day=day)
        for day in range(1, 6)
    ]
    wanted = {stem("leo", 100 * day + n): b"x" * 400 for n in range(4) for day in range(1, 6)}
    reader = PackReader(store, BUCKET, packs)
    reader.look_up(wanted)
    for name, body in wanted.items():
        cover = reader.find(name, seconds_left=5)
        assert cover is not None
        assert cover.body == body
        assert reader._files.bytes <= 3000
    assert reader._files.bytes == 0, "what was used is thrown away"
    assert len(store.reads) > 10, "five directories, and a stretch more than once"


@pytest.mark.parametrize("fault", ["expired", "replaced", "cut off", "a broken directory"])
def test_a_pack_with_a_fault_is_a_miss_and_no_error(
    store: CountingStore, caplog: pytest.LogCaptureFixture, fault: str
) -> None:
    caplog.set_level(logging.INFO)
    pack = put_pack(store, LEO)
    body, directory_at = zipped(LEO)
    if fault == "expired":
        store.delete_keys(BUCKET, [pack.key])
    elif fault == "replaced":
        overwrite(store, pack, body[:-1] + b"\1")
    else:
        hurt = body[:-30] if fault == "cut off" else body[:directory_at] + b"\0" * 50
        overwrite(store, pack, hurt)
        head = store.head(BUCKET, pack.key)
        assert head is not None
        pack = replace(pack, etag=head.etag)
    assert found(store, [pack], LEO) == {}
    assert pack.key in caplog.text


def test_a_pack_that_expires_while_it_is_used_is_a_miss(store: CountingStore) -> None:
    pack = put_pack(store, LEO)
    reader = PackReader(store, BUCKET, [pack])
    reader.look_up(LEO)
    store.delete_keys(BUCKET, [pack.key])
    assert [reader.find(name, seconds_left=5) for name in LEO] == [None] * len(LEO)
    assert len(store.reads) == 2, "and is asked for once"


def test_an_older_pack_serves_where_the_newer_is_gone(store: CountingStore) -> None:
    old, new = put_pack(store, LEO), put_pack(store, LEO, day=2)
    store.delete_keys(BUCKET, [new.key])
    assert found(store, [new, old], LEO) == LEO


def test_a_cover_whose_bytes_are_damaged_is_a_miss_and_its_neighbours_are_not(
    store: CountingStore, caplog: pytest.LogCaptureFixture
) -> None:
    first = next(iter(LEO))
    body, directory_at = zipped(LEO)
    at = body.index(LEO[first])
    overwrite(store, put_pack(store, LEO), body[:at] + b"\0" + body[at + 1 :])
    (key,) = store.list_keys(BUCKET, "")
    head = store.head(BUCKET, key)
    assert head is not None
    pack = replace(put_pack(MemoryStore(), LEO), etag=head.etag)
    assert pack.directory_at == directory_at
    assert found(store, [pack], LEO) == {name: LEO[name] for name in list(LEO)[1:]}
    assert f"{first}.jpg has other bytes than were packed; the cover is fetched" in caplog.text


def test_a_damaged_cover_is_read_from_an_older_pack(store: CountingStore) -> None:
    old, new = put_pack(store, LEO), put_pack(store, LEO, day=2)
    first = next(iter(LEO))
    body, _ = zipped(LEO)
    at = body.index(LEO[first])
    overwrite(store, new, body[:at] + b"\0" + body[at + 1 :])
    head = store.head(BUCKET, new.key)
    assert head is not None
    reader = PackReader(store, BUCKET, [replace(new, etag=head.etag), old])
    reader.look_up(LEO)
    covers = {name: reader.find(name, seconds_left=5) for name in LEO}
    assert {name: cover and cover.body for name, cover in covers.items()} == LEO
    from_old = [name for name, cover in covers.items() if cover and cover.pack == old]
    assert from_old == [first]
    assert len(store.reads) == 4, "two directories, and a stretch of each"


def test_a_pack_that_expires_while_it_is_used_leaves_the_older_ones(store: CountingStore) -> None:
    oldest, old, new = (put_pack(store, LEO, day=day) for day in (1, 2, 3))
    reader = PackReader(store, BUCKET, [new, old, oldest])
    reader.look_up(LEO)
    store.delete_keys(BUCKET, [new.key, old.key])
    for name, body in LEO.items():
        cover = reader.find(name, seconds_left=5)
        assert cover is not None
        assert (cover.body, cover.pack) == (body, oldest)
    assert len(store.reads) == 3 + 3, "each pack is asked once more"


def test_of_a_cover_in_many_packs_a_few_are_remembered(store: CountingStore) -> None:
    packs = [put_pack(store, LEO, day=day) for day in range(9, 0, -1)]
    reader = PackReader(store, BUCKET, packs)
    reader.look_up(LEO)
    store.delete_keys(BUCKET, [pack.key for pack in packs[:3]])
    assert [reader.find(name, seconds_left=5) for name in LEO] == [None] * len(LEO)


def test_without_time_no_older_pack_is_tried(store: CountingStore) -> None:
    large = {stem("leo", number): b"x" * 12_000_000 for number in range(3)}
    packs = [put_pack(store, large, day=2), put_pack(store, large)]
    reader = PackReader(store, BUCKET, packs)
    reader.look_up(large)
    held = [reader.find(name, seconds_left=5) for name in list(large)[:2]]
    assert all(held)
    reads = len(store.reads)
    assert reader.find(list(large)[2], seconds_left=0.05) is None
    assert len(store.reads) == reads


def test_a_store_that_does_not_answer_is_an_error(
    store: CountingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack = put_pack(store, LEO)

    def refuse(*_: Any, **__: Any) -> None:
        raise S3Error("S3 says SlowDown")

    monkeypatch.setattr(store, "get", refuse)
    with pytest.raises(S3Error):
        PackReader(store, BUCKET, [pack]).look_up(LEO)


def test_large_covers_wait_for_memory_and_are_missed_without_time(store: CountingStore) -> None:
    large = {stem("leo", number): b"x" * 12_000_000 for number in range(3)}
    reader = PackReader(store, BUCKET, [put_pack(store, large)])
    reader.look_up(large)
    first, second, third = large
    held = [reader.find(name, seconds_left=5) for name in (first, second)]
    assert reader.find(third, seconds_left=0.05) is None
    assert held[0] is not None
    held[0].room.close()
    assert reader.find(third, seconds_left=5) is not None


def test_many_threads_get_what_is_in_the_packs(store: CountingStore) -> None:
    packs = [
        put_pack(store, {stem("leo", 100 * day + n): b"%d" % (100 * day + n) for n in range(40)},
                 day=day)
        for day in range(1, 9)
    ]  # fmt: skip
    wanted = {stem("leo", 100 * day + n): b"%d" % (100 * day + n) for n in range(40)
              for day in range(1, 9)}  # fmt: skip
    reader = PackReader(store, BUCKET, packs)
    reader.look_up(wanted)

    def find(name: str) -> bytes | None:
        cover = reader.find(name, seconds_left=5)
        return None if cover is None else cover.body

    with ThreadPoolExecutor(16) as threads:
        assert dict(zip(wanted, threads.map(find, wanted), strict=True)) == wanted
    assert len(store.reads) == 16


def test_packs_of_other_creators_are_not_asked_for(store: CountingStore) -> None:
    before, after = put_pack(store, LEO, day=1), put_pack(store, LEO, day=2)
    around, alone = put_pack(store, LEO, day=3), put_pack(store, LEO, day=4)
    packs = [
        replace(before, first_creator="ana", last_creator="len"),
        replace(after, first_creator="leo.", last_creator="zoe"),
        replace(around, first_creator="Zoe", last_creator="m"),
        replace(alone, first_creator="leo", last_creator="leo"),
    ]
    assert found(store, packs, LEO) == LEO
    assert {key for key, _ in store.reads} == {around.key, alone.key}


@pytest.mark.parametrize("creator", ["Léo", "\U0001f642", "\ud800", "a" * 300, "я" * 100])
def test_creators_are_found_by_the_bytes_of_their_names_whatever_those_are(
    store: CountingStore, creator: str
) -> None:
    covers = {stem(creator, 1): b"one"}
    pack = replace(put_pack(store, covers), first_creator=creator, last_creator=creator)
    other = replace(
        put_pack(store, LEO, day=2), first_creator="\U0010ffff", last_creator="\U0010ffff"
    )
    assert found(store, [other, pack], covers) == covers


def test_rows_may_be_looked_up_in_parts(store: CountingStore) -> None:
    covers = {stem(name, 1): name.encode() for name in ("ana", "bo", "cy")}
    reader = PackReader(store, BUCKET, [put_pack(store, covers)])
    for name in covers:
        reader.look_up([name])
    assert reader.known() == set(covers)
    bodies = {name: reader.find(name, seconds_left=5) for name in covers}
    assert {name: cover and cover.body for name, cover in bodies.items()} == covers


@pytest.mark.parametrize("directory_at", [0, "end", "beyond"])
def test_a_directory_of_an_impossible_size_is_not_read(
    store: CountingStore, caplog: pytest.LogCaptureFixture, directory_at: int | str
) -> None:
    pack = put_pack(store, {**LEO, stem("leo", 99): b"x" * 4_000_000})
    places = {"end": pack.bytes, "beyond": pack.bytes + 1}
    pack = replace(pack, directory_at=places.get(str(directory_at), 0))
    assert found(store, [pack], LEO) == {}
    assert store.reads == []
    assert "its directory would have" in caplog.text


def test_a_zip_with_other_bytes_before_it_is_refused(
    store: CountingStore, caplog: pytest.LogCaptureFixture
) -> None:
    out = io.BytesIO(b"#!/bin/sh\n")
    out.seek(0, io.SEEK_END)
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr(f"{stem('leo', 0)}.jpg", b"one")
    assert zipfile.ZipFile(out).testzip() is None, "others open it"
    pack = put_pack(store, LEO)
    overwrite(store, pack, out.getvalue())
    head = store.head(BUCKET, pack.key)
    assert head is not None
    at = out.getvalue().index(b"PK\1\2")
    pack = replace(pack, etag=head.etag, bytes=head.bytes, directory_at=at)
    assert found(store, [pack], LEO) == {}
    assert "is not where the one before it ends" in caplog.text


def test_a_pack_that_is_cut_off_meanwhile_is_told_of_once(
    store: CountingStore, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stretch_files, "_MOST_READ", 50)  # a stretch for each cover
    reader = PackReader(store, BUCKET, [pack := put_pack(store, LEO)])
    reader.look_up(LEO)
    whole = store.get

    def cut_off(*where: str, **asked: Any) -> Any:
        return replace_body(whole(*where, **asked))

    def replace_body(stored: StoredObject | None) -> StoredObject:
        assert stored is not None
        return StoredObject(stored.body[:-1], stored.etag)

    monkeypatch.setattr(store, "get", cut_off)
    assert [reader.find(name, seconds_left=5) for name in LEO] == [None] * len(LEO)
    assert caplog.text.count(f"Pack {pack.key} is not read, its covers are fetched") == 1
    assert len(store.reads) == 2, "nothing more is asked of it"


def test_a_store_that_fails_later_is_an_error_for_the_chunk(
    store: CountingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = PackReader(store, BUCKET, [put_pack(store, LEO)])
    reader.look_up(LEO)

    def refuse(*_: Any, **__: Any) -> None:
        raise S3Error("S3 says SlowDown")

    with monkeypatch.context() as patched:
        patched.setattr(store, "get", refuse)
        with pytest.raises(S3Error):
            reader.find(next(iter(LEO)), seconds_left=5)
    assert reader.find(next(iter(LEO)), seconds_left=5) is not None, "and works again with it"


def test_after_it_is_closed_nothing_is_found(store: CountingStore) -> None:
    reader = PackReader(store, BUCKET, [put_pack(store, LEO)])
    reader.look_up(LEO)
    reader.close()
    assert reader.find(next(iter(LEO)), seconds_left=5) is None
    assert len(store.reads) == 1


def test_what_is_held_in_memory_is_what_was_found(store: CountingStore) -> None:
    size = 12 * 1024 * 1024
    large = {stem("leo", number): b"%d" % number * size for number in range(4)}
    reader = PackReader(store, BUCKET, [put_pack(store, large)])
    reader.look_up(large)
    with traced_memory() as most:
        for name, body in large.items():
            cover = reader.find(name, seconds_left=5)
            assert cover is not None
            with cover.room:
                assert cover.body == body
            del cover
    assert most() < 3 * size, "one that is read, and one that is found"


@contextmanager
def traced_memory() -> Iterator[Callable[[], int]]:
    """The most bytes of Python's memory in the block."""
    tracemalloc.start()
    peak = 0
    try:
        yield lambda: peak
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_whatever_is_changed_in_a_pack_a_cover_is_right_or_a_miss(data: st.DataObject) -> None:
    store = MemoryStore()
    body, directory_at = zipped(LEO)
    pack = put_pack(store, LEO)
    hurt = bytearray(body)
    for _ in range(data.draw(st.integers(1, 6))):
        hurt[data.draw(st.integers(0, len(hurt) - 1))] = data.draw(st.integers(0, 255))
    etag = store.put(BUCKET, pack.key, bytes(hurt), content_type="application/zip")
    pack = replace(pack, etag=etag)
    assert pack.directory_at == directory_at
    # A member may have another name then, but no name may have other bytes.
    for name, cover in found(store, [pack], LEO).items():
        assert cover == LEO[name]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_whatever_is_cut_out_or_put_in_a_cover_is_right_or_a_miss(data: st.DataObject) -> None:
    store = MemoryStore()
    body, directory_at = zipped(LEO)
    pack = put_pack(store, LEO)
    at = data.draw(st.integers(0, len(body)))
    until = data.draw(st.integers(at, len(body)))
    hurt = body[:at] + data.draw(st.binary(max_size=40)) + body[until:]
    etag = store.put(BUCKET, pack.key, hurt, content_type="application/zip")
    told = data.draw(st.sampled_from([directory_at, directory_at + len(hurt) - len(body), 0]))
    pack = replace(pack, etag=etag, bytes=max(len(hurt), 1), directory_at=max(told, 0))
    for name, cover in found(store, [pack], LEO).items():
        assert cover == LEO[name]
