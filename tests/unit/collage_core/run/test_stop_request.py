"""Which runs a person wants stopped, and the documents that follow it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from collage_core.errors import RaceError
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


def write(store: MemoryStore, text: str, *, meanwhile: Callable[[], object] | None = None) -> bool:
    """Whether all runs go on; `meanwhile` happens while the request is read."""

    def ask() -> StopRequest:
        if meanwhile is not None:
            meanwhile()
        return StopRequest.parse(text)

    request, is_lifted = write_through(
        store, SETTINGS, ask, lambda name: f"because of {name}", made_by="because of "
    )
    assert request == StopRequest.parse(text)
    return is_lifted


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


def test_a_run_that_is_named_is_stopped_and_keeps_a_stop_of_its_own(store: MemoryStore) -> None:
    assert not write(store, "r, unknown")
    found = read_stop(store, SETTINGS, "r")
    assert found is not None
    assert found.reason == "because of r"
    stop(store, SETTINGS, "r", "somebody was first")
    write(store, "r")
    found = read_stop(store, SETTINGS, "r")
    assert found is not None
    assert found.reason == "somebody was first"
    assert found.renewed is not None
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


def test_all_runs_stay_stopped_if_they_are_while_somebody_reads_that_they_are_not(
    store: MemoryStore,
) -> None:
    """Whoever has read the request before a person changed it must not undo the change."""
    assert not write(store, "", meanwhile=partial(write, store, "all"))
    assert read_stop(store, SETTINGS, None) is not None
    with pytest.raises(RaceError, match="somebody stops all runs just now"):
        write(store, "", meanwhile=partial(write, store, "all"))
    assert read_stop(store, SETTINGS, None) is not None
    assert write(store, "")


@pytest.mark.parametrize("name", ["all", "r"])
def test_a_stop_is_renewed_before_it_expires(name: str) -> None:
    written = datetime.now(UTC) - timedelta(days=6)
    aged = MemoryStore(clock=lambda: written)
    aged.put(SETTINGS.temp_bucket, keys.manifest("r"), b"{}", content_type="application/json")
    write(aged, name)
    aged._clock = lambda: datetime.now(UTC)
    write(aged, name)
    head = aged.head(SETTINGS.temp_bucket, keys.stop(None if name == "all" else name))
    assert head is not None
    assert head.written > written


def test_a_single_run_does_not_go_on_by_itself(store: MemoryStore) -> None:
    write(store, "r")
    write(store, "")
    assert read_stop(store, SETTINGS, "r") is not None


def test_names_that_are_no_runs_are_told(store: MemoryStore) -> None:
    request = StopRequest.parse("r manual__1 typo all")
    assert unknown_names(store, SETTINGS, request, {"manual__1"}.__contains__) == ["typo"]
