"""Whether a chunk is still asked for: what a worker is told, and what it costs."""

from collections import Counter
from typing import Any

import pytest
from msgspec import structs

from collage_core.contract.chunk import Chunk
from collage_core.contract.manifest import Manifest
from collage_core.contract.message import ChunkMessage
from collage_core.contract.trigger import Trigger
from collage_core.errors import MessageError, PlanReplacedError
from collage_core.layout import keys
from collage_core.run.plan_watch import PlanWatch
from collage_core.settings import Settings
from collage_core.storage.documents import JSON, to_document
from tests.support.chunks import chunk, message
from tests.support.memory_store import MemoryStore

SETTINGS = Settings()
TEMP = SETTINGS.temp_bucket
MESSAGE = structs.replace(message(chunk([("ana", "http://cdn/1.jpg", "")])), rows_sha256="a" * 64)


class CountingStore(MemoryStore):
    def __init__(self) -> None:
        super().__init__()
        self.requests: Counter[str] = Counter()

    def get(self, *args: Any, **options: Any) -> Any:
        self.requests["GET"] += 1
        return super().get(*args, **options)

    def head(self, *args: Any, **options: Any) -> Any:
        self.requests["HEAD"] += 1
        return super().head(*args, **options)


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def store() -> CountingStore:
    return CountingStore()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def watch(store: CountingStore, clock: Clock) -> PlanWatch:
    return watching(store, clock, MESSAGE)


def watching(store: MemoryStore, clock: Clock, asked: ChunkMessage) -> PlanWatch:
    return PlanWatch(store, SETTINGS, asked, clock=clock)


def plan(store: MemoryStore, *chunk_ids: str) -> None:
    """Write a manifest with these chunks."""
    manifest = Manifest(
        run_id=MESSAGE.run_id,
        run_timestamp=MESSAGE.run_timestamp,
        trigger=Trigger.SQS,
        source=MESSAGE.source,
        config=MESSAGE.config,
        chunks=[Chunk(chunk_id, MESSAGE.byte_range, 1, 1, 2) for chunk_id in chunk_ids],
    )
    store.put(TEMP, keys.manifest(MESSAGE.run_id), to_document(manifest), content_type=JSON)


def test_a_chunk_of_the_manifest_goes_on(watch: PlanWatch, store: CountingStore) -> None:
    plan(store, "other", MESSAGE.chunk_id)
    watch.check()


def test_a_chunk_that_left_the_manifest_is_told_so_with_its_run(
    watch: PlanWatch, store: CountingStore
) -> None:
    plan(store, "other")
    with pytest.raises(PlanReplacedError, match="chunk 00000-abc is in no plan of run monthly-1"):
        watch.check()


def test_another_round_of_a_chunk_is_another_chunk(watch: PlanWatch, store: CountingStore) -> None:
    plan(store, f"{MESSAGE.chunk_id}-r2")
    with pytest.raises(PlanReplacedError):
        watch.check()


def test_a_chunk_of_a_run_without_a_manifest_is_in_no_plan(watch: PlanWatch) -> None:
    with pytest.raises(PlanReplacedError):
        watch.check()


def test_a_message_without_a_digest_may_have_no_manifest(
    store: CountingStore, clock: Clock
) -> None:
    """It is of an older release, or a person wrote it."""
    watch = watching(store, clock, structs.replace(MESSAGE, rows_sha256=None))
    watch.check()
    plan(store, "other")
    with pytest.raises(PlanReplacedError):
        watch.check()


def test_a_manifest_that_cannot_be_read_is_named(watch: PlanWatch, store: CountingStore) -> None:
    store.put(TEMP, keys.manifest(MESSAGE.run_id), b"{", content_type=JSON)
    with pytest.raises(MessageError, match=keys.manifest(MESSAGE.run_id)):
        watch.check()


def test_the_manifest_is_read_again_only_when_it_has_changed(
    watch: PlanWatch, store: CountingStore
) -> None:
    plan(store, MESSAGE.chunk_id)
    for _ in range(5):
        watch.check()
    assert store.requests == {"HEAD": 5, "GET": 1}
    plan(store, MESSAGE.chunk_id, "other")
    watch.check()
    assert store.requests == {"HEAD": 6, "GET": 2}
    plan(store, "other")
    with pytest.raises(PlanReplacedError):
        watch.check()
    with pytest.raises(PlanReplacedError):
        watch.check()


def test_nothing_is_asked_until_the_last_look_is_some_time_ago(
    watch: PlanWatch, store: CountingStore, clock: Clock
) -> None:
    plan(store, MESSAGE.chunk_id)
    clock.now += 19.9
    watch.check_now_and_then()
    assert not store.requests
    clock.now += 0.1
    watch.check_now_and_then()
    watch.check_now_and_then()
    assert store.requests == {"HEAD": 1, "GET": 1}
    plan(store, "other")
    clock.now += 19.9
    watch.check_now_and_then()
    clock.now += 600  # such as a worker that was held
    with pytest.raises(PlanReplacedError):
        watch.check_now_and_then()


def test_a_look_counts_from_when_it_began(
    watch: PlanWatch, store: CountingStore, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the manifest said then may be false when the answer comes."""
    plan(store, MESSAGE.chunk_id)
    head = CountingStore.head

    def slow(self: CountingStore, *args: Any, **options: Any) -> Any:
        answer = head(self, *args, **options)
        clock.now += 30
        return answer

    monkeypatch.setattr(CountingStore, "head", slow)
    watch.check()
    plan(store, "other")
    with pytest.raises(PlanReplacedError):
        watch.check_now_and_then()


def test_a_run_is_being_planned_while_its_note_is_there(
    watch: PlanWatch, store: CountingStore
) -> None:
    assert not watch.is_being_planned()
    store.put(TEMP, keys.planning(MESSAGE.run_id), b"{}", content_type=JSON)
    assert watch.is_being_planned()
