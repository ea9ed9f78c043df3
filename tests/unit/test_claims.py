"""Runs that begin in the same second."""

from collections.abc import Callable
from pathlib import Path

import pytest

from collage_core import keys
from collage_core.errors import SettingError
from collage_core.run_timestamp import RunTimestamp
from collage_core.settings import Settings
from collage_core.storage import claims
from collage_core.storage.claims import check_second, claim_next_second, claim_second
from collage_core.storage.directory_store import DirectoryStore
from collage_core.storage.object_store import StoreConflict

SETTINGS = Settings()
SECOND = RunTimestamp.parse("20261231_235959")
NEXT = RunTimestamp.parse("20270101_000000")
REFUSED = (
    "the second 20261231_235959 belongs to run a, whose collages run b would overwrite: "
    "trigger a new run"
)


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    return DirectoryStore({SETTINGS.temp_bucket: tmp_path})


def test_each_run_from_outside_has_a_second_of_its_own_however_often_it_asks(
    store: DirectoryStore,
) -> None:
    for _ in range(2):
        assert claim_next_second(store, SETTINGS, SECOND, run_id="a") == SECOND
        assert claim_next_second(store, SETTINGS, SECOND, run_id="b") == NEXT


def test_a_run_that_finds_no_second_says_so_instead_of_looking_for_ever(
    store: DirectoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "_MOST_SECONDS", 2)
    for run_id in ("a", "b"):
        claim_next_second(store, SETTINGS, SECOND, run_id=run_id)
    with pytest.raises(StoreConflict, match="run c found 2 seconds from 20261231_235959 on taken"):
        claim_next_second(store, SETTINGS, SECOND, run_id="c")


def test_a_run_that_cannot_be_moved_gets_its_second_however_often_it_asks(
    store: DirectoryStore,
) -> None:
    for _ in range(2):
        check_second(store, SETTINGS, SECOND, run_id="a")
        claim_second(store, SETTINGS, SECOND, run_id="a")


@pytest.mark.parametrize("ask", [check_second, claim_second])
def test_a_run_that_cannot_be_moved_is_refused_when_another_one_has_its_second(
    store: DirectoryStore, ask: Callable[..., None]
) -> None:
    claim_next_second(store, SETTINGS, SECOND, run_id="a")
    with pytest.raises(SettingError) as raised:
        ask(store, SETTINGS, SECOND, run_id="b")
    assert str(raised.value) == REFUSED


def test_a_run_from_outside_makes_way_for_one_that_cannot_be_moved(store: DirectoryStore) -> None:
    claim_second(store, SETTINGS, SECOND, run_id="a")
    assert claim_next_second(store, SETTINGS, SECOND, run_id="b") == NEXT


def test_who_only_checks_claims_nothing(store: DirectoryStore) -> None:
    check_second(store, SETTINGS, SECOND, run_id="a")
    assert list(store.list_keys(SETTINGS.temp_bucket, keys.PROCESSING)) == []


def test_two_claims_that_meet_are_told_to_ask_again(
    store: DirectoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def both_in_this_moment(*_: object, **__: object) -> str:
        raise StoreConflict("409")  # S3 answers so before either of them has written

    monkeypatch.setattr(store, "put", both_in_this_moment)
    with pytest.raises(StoreConflict, match="is being claimed: try again"):
        claim_second(store, SETTINGS, SECOND, run_id="a")
