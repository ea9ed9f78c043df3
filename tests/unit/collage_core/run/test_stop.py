"""A run, or all runs, can be stopped and let go on."""

import pytest

from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.errors import RaceError
from collage_core.layout import keys
from collage_core.run.stop import go_on, keep_stopped, read_stop, see_stop, stop, stopped
from collage_core.settings import Settings
from tests.support.going_on import let_go_on
from tests.support.memory_store import MemoryStore

SETTINGS = Settings()


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


def test_nothing_is_stopped_at_first(store: MemoryStore) -> None:
    assert stopped(store, SETTINGS, "r") is None


def test_a_run_is_stopped_until_it_may_go_on(store: MemoryStore) -> None:
    stop(store, SETTINGS, "r", "ana stopped it")
    found = stopped(store, SETTINGS, "r")
    assert found is not None
    assert (found.run_id, found.reason) == ("r", "ana stopped it")
    assert stopped(store, SETTINGS, "r2") is None
    let_go_on(store, SETTINGS, "r")
    assert stopped(store, SETTINGS, "r") is None


def test_all_runs_are_stopped_at_once_and_go_on_but_those_stopped_themselves(
    store: MemoryStore,
) -> None:
    stop(store, SETTINGS, None, "the bucket moves")
    stop(store, SETTINGS, "r", "ana stopped it")
    for run_id in ("r", "not-planned-yet"):
        found = stopped(store, SETTINGS, run_id)
        assert found is not None
        assert (found.run_id, found.reason) == (None, "the bucket moves")
    let_go_on(store, SETTINGS, None)
    found = stopped(store, SETTINGS, "r")
    assert found is not None
    assert found.reason == "ana stopped it"
    assert stopped(store, SETTINGS, "not-planned-yet") is None


def test_to_let_go_on_what_is_not_stopped_is_no_error(store: MemoryStore) -> None:
    let_go_on(store, SETTINGS, "r")
    let_go_on(store, SETTINGS, None)


@pytest.mark.parametrize("run_id", ["r", None])
def test_what_is_stopped_once_more_since_it_was_seen_stays_stopped(
    store: MemoryStore, run_id: str | None
) -> None:
    stop(store, SETTINGS, run_id, "ana stopped it")
    seen = see_stop(store, SETTINGS, run_id)
    assert seen is not None
    stop(store, SETTINGS, run_id, "ben stopped it, too")
    with pytest.raises(RaceError, match="somebody stops"):
        go_on(store, SETTINGS, seen)
    found = stopped(store, SETTINGS, "r")
    assert found is not None
    assert found.reason == "ben stopped it, too"


def test_what_goes_on_already_is_let_go_on_once_more(store: MemoryStore) -> None:
    stop(store, SETTINGS, "r", "ana stopped it")
    seen = see_stop(store, SETTINGS, "r")
    assert seen is not None
    for _ in range(2):
        go_on(store, SETTINGS, seen)
    assert stopped(store, SETTINGS, "r") is None


def test_a_stop_that_is_renewed_twice_within_a_second_is_another_document_each_time(
    store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An object's ETag is a digest of its bytes: equal ones would pass for what was seen."""
    now = RunTimestamp.parse("20261001_000000")
    monkeypatch.setattr("collage_core.run.stop._now", lambda: now)
    for _ in range(3):
        keep_stopped(store, SETTINGS, "r", "ana stopped it")
        seen = see_stop(store, SETTINGS, "r")
        assert seen is not None
        keep_stopped(store, SETTINGS, "r", "ana stopped it")
        with pytest.raises(RaceError, match="somebody stops"):
            go_on(store, SETTINGS, seen)


@pytest.mark.parametrize("run_id", ["r", None])
def test_a_stop_that_is_asked_for_once_more_is_another_document_with_its_reason(
    store: MemoryStore, run_id: str | None
) -> None:
    keep_stopped(store, SETTINGS, run_id, "ana stopped it")
    first = read_stop(store, SETTINGS, run_id)
    keep_stopped(store, SETTINGS, run_id, "ben stopped it, too")
    second = read_stop(store, SETTINGS, run_id)
    assert first is not None
    assert second is not None
    assert first.renewed is None
    assert second.renewed is not None
    assert (second.run_id, second.since, second.reason) == (run_id, first.since, "ana stopped it")


@pytest.mark.parametrize("run_id", ["r", None])
def test_a_document_that_cannot_be_read_stops_too(store: MemoryStore, run_id: str | None) -> None:
    key = keys.stop(run_id)
    store.put(SETTINGS.temp_bucket, key, b"stop!", content_type="text/plain")
    found = stopped(store, SETTINGS, "r")
    assert found is not None
    assert key in found.reason
