"""Runs that begin in the same second."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.errors import ConditionFailedError, MessageError, RaceError, RunConflictError
from collage_core.layout import keys
from collage_core.run import claims
from collage_core.run.claims import check_second, claim_next_second, claim_second
from collage_core.run.summaries import write_summary
from collage_core.settings import Settings
from collage_core.storage.directory_store import DirectoryStore
from tests.support import runs

SETTINGS = Settings()
SECOND = RunTimestamp.parse("20261231_235959")
NEXT = RunTimestamp.parse("20270101_000100")
REFUSED = (
    "run timestamp 20261231_235959 is already taken by run a, whose collages run b would "
    "overwrite: "
    "trigger a new run"
)


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    buckets = (SETTINGS.output_bucket, SETTINGS.temp_bucket)
    return DirectoryStore({bucket: tmp_path / bucket for bucket in buckets})


def test_each_run_from_outside_has_a_second_of_its_own_however_often_it_asks(
    store: DirectoryStore,
) -> None:
    for _ in range(2):
        assert claim_next_second(store, SETTINGS, SECOND, run_id="a") == SECOND
        assert claim_next_second(store, SETTINGS, SECOND, run_id="b") == NEXT


def test_a_run_that_finds_no_second_gives_up_with_an_error(
    store: DirectoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "_MOST_SECONDS", 2)
    for run_id in ("a", "b"):
        claim_next_second(store, SETTINGS, SECOND, run_id=run_id)
    with pytest.raises(RaceError, match="run c found 2 seconds from 20261231_235959 on taken"):
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
    with pytest.raises(RunConflictError) as raised:
        ask(store, SETTINGS, SECOND, run_id="b")
    assert str(raised.value) == REFUSED


def test_a_run_from_outside_makes_way_for_one_that_cannot_be_moved(store: DirectoryStore) -> None:
    claim_second(store, SETTINGS, SECOND, run_id="a")
    assert claim_next_second(store, SETTINGS, SECOND, run_id="b") == NEXT


def test_a_check_claims_nothing(store: DirectoryStore) -> None:
    check_second(store, SETTINGS, SECOND, run_id="a")
    assert list(store.list_keys(SETTINGS.temp_bucket, keys.PROCESSING)) == []
    assert list(store.list_keys(SETTINGS.output_bucket, "")) == []


def test_two_claims_at_the_same_moment_raise_an_error_to_retry(
    store: DirectoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def both_in_this_moment(*_: object, **__: object) -> str:
        raise ConditionFailedError("409")  # S3 answers like this before either of them has written

    monkeypatch.setattr(store, "put", both_in_this_moment)
    with pytest.raises(RaceError, match="is being claimed: try again"):
        claim_second(store, SETTINGS, SECOND, run_id="a")


@pytest.mark.parametrize("second", ["00", "01", "30", "59"])
def test_an_upload_in_the_first_minute_of_a_day_gets_a_later_second(
    store: DirectoryStore, second: str
) -> None:
    # The monthly run of a first could never be backfilled once a CSV had its second.
    dropped = RunTimestamp.parse(f"20261001_0000{second}")
    claimed = claim_next_second(store, SETTINGS, dropped, run_id="s3-mine")
    assert str(claimed) == f"20261001_0001{second}"
    claim_second(store, SETTINGS, dropped, run_id="monthly")


def test_uploads_before_midnight_continue_after_the_first_minute(store: DirectoryStore) -> None:
    last = [claim_next_second(store, SETTINGS, SECOND, run_id=f"{n}") for n in range(70)][-1]
    assert str(last) == "20270101_000208"
    kept = [SECOND.later(1 + number) for number in range(60)]
    for second in kept:
        claim_second(store, SETTINGS, second, run_id="of a schedule")


@pytest.mark.parametrize("claim", [claim_second, claim_next_second])
def test_a_claim_outlives_the_temp_bucket_as_collages_do(
    store: DirectoryStore, tmp_path: Path, claim: Callable[..., object]
) -> None:
    claim(store, SETTINGS, SECOND, run_id="a")
    shutil.rmtree(tmp_path / SETTINGS.temp_bucket, ignore_errors=True)
    with pytest.raises(RunConflictError, match="already taken by run a"):
        claim_second(store, SETTINGS, SECOND, run_id="b")


def claim_as_before(
    store: DirectoryStore, second: RunTimestamp = SECOND, run_id: str = "a"
) -> None:
    key = keys.claimed_second(second)
    body = run_id.encode()
    store.put(SETTINGS.temp_bucket, key, body, content_type="text/plain", if_absent=True)


def finish_as_before(store: DirectoryStore) -> None:
    summary = runs.summary("a", str(SECOND))
    write_summary(store, SETTINGS, summary)


@pytest.mark.parametrize("earlier", [claim_as_before, finish_as_before])
def test_a_second_of_a_version_that_claimed_in_the_temp_bucket_stays_taken(
    store: DirectoryStore, earlier: Callable[[DirectoryStore], None]
) -> None:
    earlier(store)
    for ask in (check_second, claim_second):
        with pytest.raises(RunConflictError) as raised:
            ask(store, SETTINGS, SECOND, run_id="b")
        assert str(raised.value) == REFUSED
    assert claim_next_second(store, SETTINGS, SECOND, run_id="b") == NEXT


@pytest.mark.parametrize("earlier", [claim_as_before, finish_as_before])
def test_a_run_of_such_a_version_keeps_its_second_and_claims_it_for_good(
    store: DirectoryStore, tmp_path: Path, earlier: Callable[[DirectoryStore], None]
) -> None:
    earlier(store)
    claim_second(store, SETTINGS, SECOND, run_id="a")
    shutil.rmtree(tmp_path / SETTINGS.temp_bucket, ignore_errors=True)
    (tmp_path / SETTINGS.output_bucket / keys.processing_summary(SECOND)).unlink(missing_ok=True)
    with pytest.raises(RunConflictError, match="already taken by run a"):
        check_second(store, SETTINGS, SECOND, run_id="b")


@pytest.mark.parametrize("wanted", ["20261001_000000", "20261001_000058"])
def test_a_csv_that_such_a_version_gave_a_second_of_the_schedules_keeps_it(
    store: DirectoryStore, wanted: str
) -> None:
    first = RunTimestamp.parse(wanted)
    taken = [first.later(number) for number in range(4)]
    for number, second in enumerate(taken):
        claim_as_before(store, second, f"s3-{number}")
    again = [claim_next_second(store, SETTINGS, first, run_id=f"s3-{n}") for n in range(4)]
    assert again == taken
    new = claim_next_second(store, SETTINGS, first, run_id="s3-new")
    assert new not in taken
    assert not str(new).startswith("20261001_0000")


def test_a_second_whose_summary_cannot_be_read_is_never_given_away(store: DirectoryStore) -> None:
    key = keys.processing_summary(SECOND)
    store.put(SETTINGS.output_bucket, key, b"saved in an editor", content_type="text/plain")
    for ask in (check_second, claim_second, claim_next_second):
        with pytest.raises(MessageError, match=f"{key} in bucket .* cannot be read"):
            ask(store, SETTINGS, SECOND, run_id="b")
