"""How many rows a chunk has, of a run that is planned first or again."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from collage_core.contract.books import Books, RowCounts
from collage_core.contract.manifest import Manifest
from collage_core.contract.summary import RunSummary
from collage_core.layout import keys
from collage_core.run.chunk_size import (
    ENOUGH_ROWS,
    LEAST_ROWS,
    MOST_ROWS,
    MOST_RUNS,
    TARGET_SECONDS,
    ChunkSize,
    chunk_size,
    measured_size,
)
from collage_core.run.plan import keep_first_manifest
from collage_core.run.summaries import write_summary
from collage_core.settings import DEFAULT_CHUNK_ROWS, Settings
from deploy.limits import read_limits
from lambda_pkg.invocation import WRAP_UP_SHARE
from tests.support import runs
from tests.support.memory_store import MemoryStore

NOW = datetime(2026, 11, 1, 6, tzinfo=UTC)
MANIFEST = runs.plan([{"ana": 3}, {"ben": 2}])
SETTINGS = Settings()


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


def measured(run_id: str, second: str, *, rows: int, seconds: float) -> RunSummary:
    books = Books(RowCounts(total=rows, placed=rows), seconds={"total": seconds})
    return runs.summary(run_id, second, books)


def size(
    store: MemoryStore, settings: Settings = SETTINGS, dag_id: str = "monthly", **changes: bool
) -> ChunkSize:
    return chunk_size(
        store,
        settings,
        dag_id,
        run_id=MANIFEST.run_id,
        timestamp=MANIFEST.run_timestamp,
        now=NOW,
        **changes,
    )


# --- a first plan


def test_without_a_run_to_learn_from_it_is_the_built_in_size(store: MemoryStore) -> None:
    assert size(store).rows == DEFAULT_CHUNK_ROWS
    assert size(store).why == "no run of monthly with 500 rows was found to learn from"


def test_a_chunk_is_a_minute_of_a_worker_as_runs_of_the_dag_have_measured(
    store: MemoryStore,
) -> None:
    write_summary(
        store, SETTINGS, measured("monthly-1", "20260901_000000", rows=10_000, seconds=600)
    )
    write_summary(store, SETTINGS, measured("daily-1", "20261031_000001", rows=10_000, seconds=10))
    assert size(store) == ChunkSize(1000, "60.0 ms for each row in monthly-1")


def test_a_run_that_keeps_covers_learns_from_such_runs_of_two_days(store: MemoryStore) -> None:
    newest = measured("keep_covers-20261101_050000-1", "20261101_050000", rows=900, seconds=45)
    write_summary(store, SETTINGS, replace(newest, keep_only=True))
    assert size(store, dag_id="keep_covers", keep_only=True).rows == 1200
    assert size(store, dag_id="keep_covers").rows == DEFAULT_CHUNK_ROWS


def test_a_summary_that_cannot_be_read_is_no_obstacle(store: MemoryStore) -> None:
    key = keys.processing_summary(MANIFEST.run_timestamp)
    store.put(SETTINGS.output_bucket, key, b"{", content_type="application/json")
    assert size(store).rows == DEFAULT_CHUNK_ROWS


def test_only_the_newest_runs_count_and_only_large_ones() -> None:
    small = measured("small", "20261001_000000", rows=ENOUGH_ROWS - 1, seconds=9999)
    slow = measured("slow", "20261001_000000", rows=1000, seconds=100)
    old = measured("old", "20260901_000000", rows=10**6, seconds=1)
    found = measured_size([small, *[slow] * MOST_RUNS, old])
    assert found == ChunkSize(600, "100.0 ms for each row in slow, slow, slow")
    assert measured_size([small]) is None


@given(st.integers(ENOUGH_ROWS, 10**7), st.floats(0.001, 1e6))
def test_sizes_are_within_bounds_and_near_the_target(rows: int, seconds: float) -> None:
    found = measured_size([measured("r", "20261001_000000", rows=rows, seconds=seconds)])
    assert found is not None
    assert LEAST_ROWS <= found.rows <= MOST_ROWS
    took = found.rows * seconds / rows
    if LEAST_ROWS < found.rows < MOST_ROWS:
        assert took == pytest.approx(TARGET_SECONDS, rel=0.06)


def test_a_chunk_whose_covers_are_half_again_as_slow_ends_in_its_first_invocation() -> None:
    for_work = read_limits().function.timeout_seconds * (1 - WRAP_UP_SHARE)
    assert for_work > TARGET_SECONDS * 1.5


# --- a run that has a plan


def planned(store: MemoryStore, chunk_rows: int | None) -> Manifest:
    return keep_first_manifest(store, SETTINGS, replace(MANIFEST, chunk_rows=chunk_rows))


def test_a_run_that_is_planned_again_keeps_its_size(store: MemoryStore) -> None:
    planned(store, 700)
    write_summary(store, SETTINGS, measured("monthly-1", "20260901_000000", rows=999, seconds=600))
    assert size(store) == ChunkSize(700, "as the run was planned first")


def test_a_plan_of_an_older_release_does_not_say_its_size(store: MemoryStore) -> None:
    planned(store, None)
    assert size(store).rows == DEFAULT_CHUNK_ROWS


def test_what_a_person_has_set_is_taken_as_it_is(store: MemoryStore) -> None:
    write_summary(store, SETTINGS, measured("monthly-1", "20260901_000000", rows=999, seconds=600))
    assert size(store, Settings(chunk_rows=7)) == ChunkSize(7, "CHUNK_ROWS")
    planned(store, 700)
    assert size(store, Settings(chunk_rows=7)).rows == 7, "nothing of that plan is done"


@pytest.mark.parametrize("key", [keys.receipt, keys.partial_receipt])
def test_another_setting_does_not_undo_what_is_done(store: MemoryStore, key: object) -> None:
    planned(store, 700)
    assert callable(key)
    done = key(MANIFEST.run_id, MANIFEST.chunks[0].chunk_id)
    store.put(SETTINGS.temp_bucket, done, b"{}", content_type="application/json")
    found = size(store, Settings(chunk_rows=7))
    assert found.rows == 700
    assert found.why.endswith("since chunks of it are done; CHUNK_ROWS is 7 by now")
