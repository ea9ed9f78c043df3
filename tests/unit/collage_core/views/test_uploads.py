from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from collage_core.contract.csv_source import CsvSource
from collage_core.contract.failed_upload import FailedUpload
from collage_core.contract.quarantine_reason import QuarantineReason
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.layout import keys
from collage_core.run.months import first_second
from collage_core.storage.documents import to_document
from collage_core.views import uploads as view
from collage_core.views.uploads import Uploads, read_uploads
from tests.support.closed_months import DROPPED, OCTOBER, SETTINGS, books, close, dropped
from tests.support.counted_store import CountedStore
from tests.support.runs import summary

INPUT = SETTINGS.input_bucket
NOW = datetime(2026, 10, 20, 15, tzinfo=UTC)
JSON = "application/json"


class World:
    def __init__(self) -> None:
        self.at = NOW - timedelta(hours=1)
        self.store = CountedStore(clock=lambda: self.at)

    def drop(self, key: str, **metadata: str) -> None:
        self.store.put(INPUT, key, b"csv", content_type="text/csv", metadata=metadata)

    def refuse(self, name: str, uploaded: str) -> str:
        second = RunTimestamp.parse(uploaded)
        key = f"csv-files/{name}"
        why = QuarantineReason(
            source=CsvSource(INPUT, key, "e7"), uploaded=second, reason=f"{name} has no header"
        )
        reason = keys.quarantine_reason(key, second)
        self.store.put(INPUT, keys.quarantined_csv(key, second), b"", content_type="text/csv")
        self.store.put(INPUT, reason, to_document(why), content_type=JSON)
        return reason

    def fail(self, name: str) -> None:
        key = f"csv-files/{name}"
        document = FailedUpload(
            origin=CsvSource(INPUT, key, "e7"),
            run_id=DROPPED.run_id,
            run_timestamp=DROPPED.run_timestamp,
            status="partial",
            reason="9 of 10 covers failed",
            output_bucket=SETTINGS.output_bucket,
            collages="collages/",
            summary_key="results/x",
            results_key="results/y",
            books=books(placed=1, failed=9),
        )
        self.store.put(INPUT, keys.failed_upload(key), to_document(document), content_type=JSON)

    def read(self, month: str = "202610") -> Uploads:
        self.store.forget_requests()
        return read_uploads(
            self.store,
            SETTINGS,
            month,
            now=NOW,
            is_of_dag=lambda run_id: run_id.startswith("cover_collage_"),
        )


@pytest.fixture
def world() -> World:
    return World()


def names(items: object) -> list[str]:
    return [item.key for item in items]  # type: ignore[attr-defined]


def test_runs_that_no_dag_has_made_are_named_the_newest_first(world: World) -> None:
    later = dropped(summary("s3-later", "20261015_101500", books(placed=5)), "more.csv")
    close(world.store, OCTOBER, DROPPED, later)
    found = world.read()
    assert [run.run_id for run in found.runs] == ["s3-later", DROPPED.run_id]
    assert found.runs[0].source.key == "csv-files/more.csv"
    assert (found.runs_left_out, list(found.notes)) == (0, [])


def test_only_the_newest_runs_are_named(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(view, "MOST_RUNS", 2)
    close(world.store, *(summary(f"s3-{n}", f"20261001_1200{n:02d}") for n in range(5)))
    found = world.read()
    assert [run.run_id for run in found.runs] == ["s3-4", "s3-3"]
    assert found.runs_left_out == 3


def test_csvs_in_their_place_wait_unless_a_dag_wrote_them_or_they_have_failed(
    world: World,
) -> None:
    world.drop("csv-files/mine.CSV")
    world.drop("csv-files/2026/10/01/monthly_batch_20261001.csv", dispatch="sqs")
    world.drop("csv-files/notes.txt")
    world.drop("csv-files/lost.csv")
    world.drop("csv-files/again.csv")
    world.drop("manual-uploads/later.csv")
    world.fail("again.csv")
    world.at += timedelta(minutes=5)
    world.fail("lost.csv")
    world.drop("csv-files/again.csv")
    found = world.read()
    assert names(found.waiting) == ["csv-files/again.csv", "csv-files/mine.CSV"]
    assert names(found.to_be_named) == ["manual-uploads/later.csv"]
    assert [each.origin.key for each in found.failed] == [
        "csv-files/lost.csv",
        "csv-files/again.csv",
    ]


def test_what_waits_now_is_not_told_of_a_month_that_is_over(world: World) -> None:
    world.drop("csv-files/mine.csv")
    found = world.read("202609")
    assert (list(found.waiting), list(found.to_be_named)) == ([], [])
    assert set(world.store.lists) == {
        keys.INVALID_FILES,
        keys.TOO_MANY_FAILED,
    }


def test_refused_csvs_of_the_month_say_why_the_newest_first(world: World) -> None:
    world.refuse("old.csv", "20260930_235959")
    world.refuse("b.csv", "20261002_100000")
    world.refuse("a_20261001_000000.csv", "20261012_100000")
    found = world.read()
    assert [each.reason for each in found.refused] == [
        "a_20261001_000000.csv has no header",
        "b.csv has no header",
    ]
    assert found.refused[1].source.key == "csv-files/b.csv"


def test_a_failed_csv_counts_in_the_month_in_which_it_failed(world: World) -> None:
    world.at = datetime(2026, 9, 30, 23, tzinfo=UTC)
    world.fail("september.csv")
    assert list(world.read().failed) == []
    (found,) = world.read("202609").failed
    assert found.reason == "9 of 10 covers failed"


def many_refused(world: World) -> str:
    for number in range(view.MOST_READ + 2):
        world.refuse(f"{number}.csv", f"20261003_1000{number:02d}")
    return f"only the newest 10 of 12 in s3://{INPUT}/{keys.INVALID_FILES} are shown"


def many_failed(world: World) -> str:
    for number in range(view.MOST_READ + 1):
        world.fail(f"{number}.csv")
    return f"only the newest 10 of 11 in s3://{INPUT}/{keys.TOO_MANY_FAILED} are shown"


def many_waiting(world: World) -> str:
    for number in range(view.MOST_READ + 1):
        world.drop(f"csv-files/{number}.csv")
    return f"only the newest 10 of 11 in s3://{INPUT}/{keys.CSV_FILES} are shown"


def a_full_folder(world: World) -> str:
    for number in range(view.MOST_LISTED + 1):
        world.drop(f"manual-uploads/{number}.txt")
    place = f"s3://{INPUT}/{keys.MANUAL_UPLOADS}"
    return f"only the first 1,000 objects of {place} are looked at: move old ones away"


@pytest.mark.parametrize(
    "spoil",
    [many_refused, many_failed, many_waiting, a_full_folder],
    ids=lambda spoil: spoil.__name__,
)
def test_what_is_left_out_is_said(world: World, spoil: Callable[[World], str]) -> None:
    expected = spoil(world)
    (note,) = world.read().notes
    assert note == expected


def test_a_document_that_cannot_be_read_hides_no_other(world: World) -> None:
    close(world.store, DROPPED)
    world.refuse("b.csv", "20261004_100000")
    reason = world.refuse("a.csv", "20261003_100000")
    world.store.put(INPUT, reason, b"{", content_type=JSON)
    log = keys.processing_log(first_second("20261003"))
    world.store.put(SETTINGS.output_bucket, log, b"{", content_type=JSON)
    found = world.read()
    assert {each.key for each in found.unreadable} == {reason, log}
    assert [each.reason for each in found.refused] == ["b.csv has no header"]
    assert [run.run_id for run in found.runs] == [DROPPED.run_id]


def crowded(world: World) -> Iterator[str]:
    for spoil in (many_refused, many_failed, many_waiting, a_full_folder):
        yield spoil(world)


def test_a_crowded_month_takes_at_most_65_requests(world: World) -> None:
    assert len(list(crowded(world))) == 4
    for number in range(view.MOST_READ):  # written after they have failed
        world.at += timedelta(seconds=1)
        world.drop(f"csv-files/{number}.csv")
    world.read()
    store = world.store
    # October has 20 days by now.
    assert (len(store.gets), len(store.lists), len(store.heads)) == (20 + 20, 4, 10)


def test_a_month_that_has_not_begun_takes_no_request(world: World) -> None:
    assert list(world.read("202611").runs) == []
    assert world.store.requests == 0
