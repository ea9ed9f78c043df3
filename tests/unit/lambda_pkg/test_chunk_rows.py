"""The bytes of a chunk: proved to be those that were planned, and read about once."""

import hashlib
from collections import Counter
from typing import Any

import pytest
from msgspec import structs

from collage_core.contract.chunk import Chunk
from collage_core.contract.csv_source import CsvSource
from collage_core.contract.manifest import Manifest
from collage_core.contract.message import ChunkMessage
from collage_core.contract.trigger import Trigger
from collage_core.covers.cover_csv import HEADER, read_chunk, write_row
from collage_core.covers.grouping import creators
from collage_core.errors import CollageError, PlanReplacedError, SourceChangedError
from collage_core.layout import keys
from collage_core.run.plan_watch import PlanWatch
from collage_core.settings import Settings
from collage_core.storage.documents import JSON, to_document
from lambda_pkg.chunk_rows import ChunkReader
from tests.support.chunks import chunk, message
from tests.support.memory_store import MemoryStore

SETTINGS = Settings()
STRETCH = 512 * 1024
"""An eighth of what it is, so that the tests are quick."""


class CountingStore(MemoryStore):
    """Counts the bytes that are read of CSVs."""

    def __init__(self) -> None:
        super().__init__()
        self.bytes_read = 0

    def get(self, bucket: str, key: str, **asked: Any) -> Any:
        found = super().get(bucket, key, **asked)
        if key.endswith(".csv") and found is not None:
            self.bytes_read += len(found.body)
        return found


def rows_of(name: str, count: int, *, width: int = 100) -> bytes:
    """So many rows of one creator, each of about `width` bytes."""
    url = f"http://cdn/{'x' * (width - 30)}"
    return b"".join(write_row(name, f"{url}/{number:06d}", "") for number in range(count))


class Csv:
    """A CSV in a store, and the message for one chunk of it."""

    def __init__(self, store: MemoryStore, body: bytes, *, before: bytes = HEADER) -> None:
        self.store, self.body, self.before = store, body, before
        self.chunk_id = hashlib.sha256(body).hexdigest()[:24]
        first = len(before)
        source = CsvSource("in", "covers.csv", "")
        self.source = structs.replace(source, etag=self.write(before + body))
        self.message = structs.replace(
            message(chunk([("ana", "http://cdn/1.jpg", "")])),
            source=self.source,
            chunk_id=self.chunk_id,
            byte_range=(first, first + len(body) - 1),
            rows_sha256=hashlib.sha256(body).hexdigest(),
        )

    def write(self, body: bytes) -> str:
        return self.store.put("in", "covers.csv", body, content_type="text/csv")

    def plan(self, byte_range: tuple[int, int] | None = None, *, chunk_id: str = "") -> None:
        """Write the manifest of the run; the chunk is where the message says, unless told."""
        asked = self.message
        chunks = [Chunk(chunk_id or asked.chunk_id, byte_range or asked.byte_range, 1, 1, 2)]
        manifest = Manifest(
            run_id=asked.run_id,
            run_timestamp=asked.run_timestamp,
            trigger=Trigger.SQS,
            source=self.source,
            config=asked.config,
            chunks=chunks,
        )
        key = keys.manifest(asked.run_id)
        self.store.put(SETTINGS.temp_bucket, key, to_document(manifest), content_type=JSON)

    def reader(self, asked: ChunkMessage | None = None) -> ChunkReader:
        asked = asked or self.message
        return ChunkReader(asked, self.store, PlanWatch(self.store, SETTINGS, asked))

    def error(self, *, begin: int = 0, asked: ChunkMessage | None = None) -> CollageError:
        with pytest.raises(CollageError) as raised:
            self.reader(asked).read(begin)
        return raised.value

    def without_digest(self) -> ChunkMessage:
        return structs.replace(self.message, rows_sha256=None)


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> CountingStore:
    monkeypatch.setattr("lambda_pkg.chunk_rows._STRETCH_BYTES", STRETCH)
    return CountingStore()


@pytest.fixture
def csv(store: CountingStore) -> Csv:
    return Csv(store, rows_of("ana", 3) + rows_of("bo", 2))


@pytest.fixture
def large(store: CountingStore) -> Csv:
    """A chunk of three stretches."""
    return Csv(store, b"".join(rows_of(f"c{number:03d}", 25) for number in range(600)))


@pytest.mark.parametrize("has_digest", [True, False])
def test_the_first_worker_reads_all_rows_at_once(csv: Csv, *, has_digest: bool) -> None:
    rows = csv.reader(csv.message if has_digest else csv.without_digest()).read(0)
    assert (rows.body, rows.is_cut) == (csv.body, False)


def test_a_csv_that_was_written_again_with_the_same_rows_is_the_same(csv: Csv) -> None:
    """Its ETag is another one in a bucket with SSE-KMS, and if other rows have changed."""
    csv.write(csv.before + csv.body + rows_of("cy", 9))
    begin = len(rows_of("ana", 3))
    assert csv.reader().read(0).body == csv.body
    assert csv.reader().read(begin).body == csv.body[begin:]


@pytest.mark.parametrize("begin", [0, 300])
def test_other_rows_are_the_end_of_the_chunk_only_if_its_plan_was_replaced(
    csv: Csv, begin: int
) -> None:
    csv.plan()
    csv.write(csv.before + rows_of("bo", 5))
    error = csv.error(begin=begin)
    assert isinstance(error, SourceChangedError)
    assert "s3://in/covers.csv" in str(error)
    assert "clear its DAG run from extract" in str(error)


@pytest.mark.parametrize("is_gone", [False, True])
@pytest.mark.parametrize("how", ["no chunk", "moved", "no manifest", "planning"])
@pytest.mark.parametrize("begin", [0, 300])
def test_a_chunk_of_a_replaced_plan_ends_quietly(
    csv: Csv, how: str, begin: int, *, is_gone: bool
) -> None:
    first, last = csv.message.byte_range
    if how == "no chunk":
        csv.plan(chunk_id="another")
    elif how == "moved":
        csv.plan((first + 100, last + 100))
    elif how == "planning":
        csv.plan()
        note = keys.planning(csv.message.run_id)
        csv.store.put(SETTINGS.temp_bucket, note, b"{}", content_type=JSON)
    if is_gone:
        csv.store.delete_keys("in", ["covers.csv"])
    else:
        csv.write(csv.before + rows_of("bo", 5))
    assert isinstance(csv.error(begin=begin), PlanReplacedError)


def test_a_csv_that_is_shorter_now_has_other_rows(csv: Csv) -> None:
    csv.plan(chunk_id="another")
    csv.write(HEADER)
    assert isinstance(csv.error(), PlanReplacedError)


@pytest.mark.parametrize("ends_before", ["the note is looked for", "the manifest is read"])
def test_planning_that_ends_while_a_worker_looks_is_not_missed(
    store: CountingStore, monkeypatch: pytest.MonkeyPatch, ends_before: str
) -> None:
    csv = Csv(store, rows_of("ana", 3))
    csv.plan()
    note = keys.planning(csv.message.run_id)
    store.put(SETTINGS.temp_bucket, note, b"{}", content_type=JSON)
    csv.write(HEADER + rows_of("bo", 3))

    def end() -> None:
        csv.plan(chunk_id="another")
        store.delete_keys(SETTINGS.temp_bucket, [note])

    looked: Counter[str] = Counter()
    method = "is_being_planned" if ends_before.startswith("the note") else "planned_chunk"
    look = getattr(PlanWatch, method)

    def ended(self: PlanWatch) -> Any:
        if not looked[method]:
            end()
        looked[method] += 1
        return look(self)

    monkeypatch.setattr(PlanWatch, method, ended)
    assert isinstance(csv.error(), PlanReplacedError)


@pytest.mark.parametrize("begin", [0, 300])
def test_a_message_of_an_older_release_is_held_to_the_etag(csv: Csv, begin: int) -> None:
    asked = csv.without_digest()
    assert csv.reader(asked).read(begin).body == csv.body[begin:]
    csv.write(csv.before + csv.body + b"\n")
    assert isinstance(csv.error(begin=begin, asked=asked), SourceChangedError)
    csv.store.delete_keys("in", ["covers.csv"])
    assert "is gone" in str(csv.error(begin=begin, asked=asked))


def test_a_chain_of_workers_reads_a_large_chunk_about_twice(
    large: Csv, store: CountingStore
) -> None:
    """Each does half a stretch. Reading all of the rest each time would be four times it."""
    store.bytes_read = 0
    begin, workers = 0, 0
    seen: list[str | None] = []
    while begin < len(large.body):
        rows = large.reader().read(begin)
        done = 0
        for group in creators(read_chunk(rows.body)):
            if group.offset > STRETCH // 2:
                break
            seen.append(group.creator)
            assert len(group.rows) == 25, "a creator is never split"
            done = group.offset + len(rows_of("c000", 25))
        begin += done
        workers += 1
    assert seen == [f"c{number:03d}" for number in range(600)]
    assert workers >= 6
    assert store.bytes_read < 2.5 * len(large.body)


def test_one_worker_with_time_reads_stretch_after_stretch(large: Csv, store: CountingStore) -> None:
    store.bytes_read = 0
    begin = len(rows_of("c000", 25))
    parts = []
    while True:
        rows = large.reader().read(begin)
        parts.append(rows.body)
        begin += len(rows.body)
        if not rows.is_cut:
            break
    assert len(parts) >= 3
    assert b"".join(parts) == large.body[len(rows_of("c000", 25)) :]
    assert store.bytes_read < 1.5 * len(large.body)


def test_a_creator_that_is_larger_than_a_stretch_is_read_whole(store: CountingStore) -> None:
    first = rows_of("ana", 10)
    huge = rows_of("bo", 6_000)
    assert len(huge) > STRETCH
    csv = Csv(store, first + huge + rows_of("cy", 10_000) + rows_of("dee", 10))
    rows = csv.reader().read(len(first))
    assert rows.is_cut
    assert rows.body == huge


def test_rows_without_a_creator_at_the_cut_go_with_the_creator_that_they_follow(
    store: CountingStore,
) -> None:
    """The groups are the same as if the chunk were read at once."""
    nameless = b",http://cdn/1.jpg,\n"
    first = rows_of("ana", 1)
    body = first + b"".join(
        rows_of(f"c{number:03d}", 15) + nameless * 70 + rows_of(f"c{number:03d}", 15)
        for number in range(200)
    )
    csv = Csv(store, body)
    begin, found = len(first), []
    while True:
        rows = csv.reader().read(begin)
        found += [(begin + g.offset, g.creator) for g in creators(read_chunk(rows.body))]
        begin += len(rows.body)
        if not rows.is_cut:
            break
    expected = [(g.offset, g.creator) for g in creators(read_chunk(body))]
    assert found == expected[1:]


def test_a_name_with_line_breaks_that_look_like_rows_is_never_cut(store: CountingStore) -> None:
    """What is left of such a row at the end of a stretch reads as rows of other creators."""
    name = "zoe\n" + "eve,http://cdn/1.jpg,\n" * 20
    first = rows_of("ana", 1)
    row = write_row(name, "http://cdn/2.jpg", "")
    head = rows_of("bo", (STRETCH - len(row) // 2) // len(rows_of("bo", 1)))
    body = first + head + row * 2000
    csv = Csv(store, body)
    rows = csv.reader().read(len(first))
    assert rows.is_cut
    assert rows.body == head
    assert {g.creator for g in creators(read_chunk(rows.body))} == {"bo"}
