"""What is kept of a run for good."""

import pytest

from collage_core.layout import keys
from collage_core.run.recorded_run import RecordedRun
from collage_core.run.run import Run
from collage_core.run.run_record import recorded_runs, write_record
from collage_core.settings import Settings
from tests.support.memory_store import MemoryStore
from tests.support.runs import TIMESTAMP, run
from tests.support.strategies import HOSTILE_NAMES

SETTINGS = Settings()
OUTPUT = SETTINGS.output_bucket


def record(store: MemoryStore, creators: dict[str, int], run_id: str = "r", most: int = 3) -> None:
    manifest, receipts = run([creators] if creators else [], run_id=run_id)
    results = [result for receipt in receipts for result in receipt.results]
    write_record(Run(SETTINGS, store, manifest), reversed(results), most=most)


def names(store: MemoryStore) -> list[str]:
    found = RecordedRun.open(store, SETTINGS, TIMESTAMP, "r")
    return [result.creator for result in found.creators()]


@pytest.mark.parametrize("count", [0, 1, 3, 4, 7])
def test_all_creators_are_read_back_in_the_order_of_their_bytes(count: int) -> None:
    store, creators = MemoryStore(), {f"creator-{number}": 1 for number in range(count)}
    record(store, creators)
    assert names(store) == sorted(creators)


def test_names_are_in_order_byte_for_byte() -> None:
    store = MemoryStore()
    record(store, dict.fromkeys(HOSTILE_NAMES, 1))
    assert names(store) == sorted(HOSTILE_NAMES, key=str.encode)


def test_a_record_that_is_written_again_is_the_same_and_loses_pages_that_are_too_many() -> None:
    store = MemoryStore()
    record(store, {f"creator-{number}": 1 for number in range(7)})
    before = dict(store.objects)
    record(store, {f"creator-{number}": 1 for number in range(7)})
    assert store.objects == before
    record(store, {"ana": 1})
    folder = keys.run_record(TIMESTAMP, "r")
    listed = [key.removeprefix(folder) for key in store.list_keys(OUTPUT, folder)]
    assert listed == ["creators_00001.json", "manifest.json"]
    assert names(store) == ["ana"]


def test_only_complete_records_of_the_day_are_found() -> None:
    store = MemoryStore()
    for run_id in ("a_b", "c"):
        record(store, {"ana": 1}, run_id)
    store.put(OUTPUT, keys.recorded_creators(TIMESTAMP, "begun", 1), b"", content_type="x/y")
    for name in ("notes.txt", "copy of a/manifest.json"):  # a person has put them there
        key = keys.run_records_of_day(TIMESTAMP) + name
        store.put(OUTPUT, key, b"", content_type="x/y")
    assert recorded_runs(store, SETTINGS, TIMESTAMP) == [(TIMESTAMP, "a_b"), (TIMESTAMP, "c")]
