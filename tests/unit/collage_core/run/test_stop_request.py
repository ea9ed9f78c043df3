"""Which runs a person wants stopped, and the documents that follow it."""

from datetime import UTC, datetime, timedelta

import pytest

from collage_core.layout import keys
from collage_core.run.stop import read_stop, stop
from collage_core.run.stop_request import StopRequest, unknown_names, write_through
from collage_core.settings import Settings
from tests.support.memory_store import MemoryStore

SETTINGS = Settings()


@pytest.fixture
def store() -> MemoryStore:
    """A store with the run `r`."""
    store = MemoryStore()
    store.put(SETTINGS.temp_bucket, keys.manifest("r"), b"{}", content_type="application/json")
    return store


def write(store: MemoryStore, text: str) -> bool:
    return write_through(
        store,
        SETTINGS,
        StopRequest.parse(text),
        lambda name: f"because of {name}",
        made_by="because of ",
    )


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", ()),
        (" ,\n", ()),
        ("a,b c", ("a", "b", "c")),
        ("manual__2026-10-01T00:00:00+00:00; a\ta", ("manual__2026-10-01T00:00:00+00:00", "a")),
    ],
)
def test_names_stand_between_commas_or_spaces(text: str, names: tuple[str, ...]) -> None:
    assert StopRequest.parse(text).names == names


def test_a_run_is_named_by_any_of_its_names_or_with_all_others() -> None:
    request = StopRequest.parse("r, s")
    assert request.name_for(("x", "s")) == "s"
    assert request.name_for(("x",)) is None
    assert StopRequest.parse("r ALL").name_for(("x",)) == "all"
    assert StopRequest.parse("r ALL").runs == ("r",)


def test_a_run_that_is_named_is_stopped_once(store: MemoryStore) -> None:
    assert not write(store, "r, unknown")
    found = read_stop(store, SETTINGS, "r")
    assert found is not None
    assert found.reason == "because of r"
    stop(store, SETTINGS, "r", "somebody was first")
    write(store, "r")
    assert read_stop(store, SETTINGS, "r") != found
    assert read_stop(store, SETTINGS, "unknown") is None


def test_all_runs_are_stopped_and_go_on_as_it_says(store: MemoryStore) -> None:
    assert not write(store, "all")
    found = read_stop(store, SETTINGS, None)
    assert found is not None
    assert found.reason == "because of all"
    assert not write(store, "all")
    assert write(store, "")
    assert read_stop(store, SETTINGS, None) is None
    assert not write(store, "")


def test_who_lets_all_runs_go_on_leaves_a_note(store: MemoryStore) -> None:
    write(store, "all")
    assert store.head(SETTINGS.temp_bucket, keys.lifted_stop()) is None
    write(store, "")
    assert store.head(SETTINGS.temp_bucket, keys.lifted_stop()) is not None


def test_all_runs_stay_stopped_if_somebody_else_has_done_it(store: MemoryStore) -> None:
    stop(store, SETTINGS, None, "the account moves")
    assert not write(store, "")
    found = read_stop(store, SETTINGS, None)
    assert found is not None
    assert found.reason == "the account moves"


def test_a_document_that_stops_all_runs_is_renewed_before_it_expires() -> None:
    times: list[float] = []
    for hours in (23, 25):
        written = datetime.now(UTC) - timedelta(hours=hours)
        aged = MemoryStore(clock=lambda written=written: written)
        write(aged, "all")
        found = read_stop(aged, SETTINGS, None)
        aged._clock = lambda: datetime.now(UTC)
        write(aged, "all")
        assert read_stop(aged, SETTINGS, None) == found
        head = aged.head(SETTINGS.temp_bucket, keys.stop(None))
        assert head is not None
        times.append((head.written - written) / timedelta(hours=1))
    assert times == [0, pytest.approx(25, abs=1)]


def test_a_single_run_does_not_go_on_by_itself(store: MemoryStore) -> None:
    write(store, "r")
    write(store, "")
    assert read_stop(store, SETTINGS, "r") is not None


def test_names_that_are_no_runs_are_told(store: MemoryStore) -> None:
    request = StopRequest.parse("r manual__1 typo all")
    assert unknown_names(store, SETTINGS, request, {"manual__1"}.__contains__) == ["typo"]
