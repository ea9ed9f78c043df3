"""Who was forgotten since a run, by what is left: receipts name nobody."""

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from collage_core.contract.receipt import CreatorResult
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.layout import keys
from collage_core.run.forgotten import forgotten_since
from collage_core.settings import Settings
from collage_core.storage.object_store import ObjectHead
from tests.support.families import result
from tests.support.memory_store import MemoryStore

SETTINGS = Settings()
RUN, BEFORE, AFTER = map(
    RunTimestamp.parse, ("20261001_000000", "20260930_235959", "20261002_000000")
)


def put(store: MemoryStore, key: str) -> None:
    store.put(SETTINGS.output_bucket, key, b"{}", content_type="application/json")


@pytest.fixture
def store() -> MemoryStore:
    """Somebody was forgotten after the run; there are metadata of ana, and a collage of bo."""
    store = MemoryStore()
    put(store, keys.forgotten(AFTER, "0f"))
    put(store, keys.metadata("ana", RUN))
    put(store, "collages/bo")
    return store


def gone(store: MemoryStore, *results: CreatorResult) -> set[str]:
    return set(forgotten_since(store, SETTINGS, RUN, results))


def test_a_creator_was_forgotten_of_whom_nothing_is_left(store: MemoryStore) -> None:
    assert gone(store, *(result(name, 1) for name in ("ana", "bo", "cy"))) == {"cy"}


def test_metadata_in_another_run_says_nothing(store: MemoryStore) -> None:
    put(store, keys.metadata("cy", AFTER))
    assert gone(store, result("cy", 1)) == {"cy"}


def test_a_creator_without_a_collage_has_metadata_all_the_same(store: MemoryStore) -> None:
    assert gone(store, result("ana", 0, 1), result("cy", 0, 1)) == {"cy"}


def test_a_creator_of_whom_nothing_was_written_is_not_missed(store: MemoryStore) -> None:
    assert gone(store, replace(result("cy", 0, 1), objects={})) == set()


def test_releases_that_recorded_no_objects_have_written_metadata(store: MemoryStore) -> None:
    assert gone(store, replace(result("cy", 1), objects=UNSET)) == {"cy"}
    assert gone(store, replace(result("ana", 1), objects=UNSET)) == set()


def test_if_nobody_was_forgotten_since_nothing_is_looked_up() -> None:
    store = MemoryStore()
    assert gone(store, result("cy", 1)) == set()
    put(store, keys.forgotten(BEFORE, "0f"))
    assert gone(store, result("cy", 1)) == set()


def test_many_creators_are_looked_for_in_a_listing(
    store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request for each of them would take longer than a worker has."""
    many = [f"somebody {number}" for number in range(1500)]
    for name in many[1:]:
        put(store, keys.metadata(name, RUN))
    put(store, keys.metadata(many[0], AFTER))
    asked: list[str] = []
    head = MemoryStore.head

    def counting(self: MemoryStore, bucket: str, key: str) -> ObjectHead | None:
        asked.append(key)
        return head(self, bucket, key)

    monkeypatch.setattr(MemoryStore, "head", counting)
    names = [*many, "bo", "cy"]
    assert gone(store, *(result(name, 1) for name in names)) == {many[0], "cy"}
    assert len(asked) < 10
