import json
import random
from pathlib import Path
from typing import Any, override

import pytest
from msgspec.structs import replace

from collage_core.contract.books import Books, RowCounts
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.summary import RunSummary
from collage_core.layout import keys
from collage_core.run.batch_results import write_results
from collage_core.run.close import close_run
from collage_core.run.months import first_second, month_window
from collage_core.run.rebuild import rebuild_statistics
from collage_core.run.run import Run
from collage_core.run.statistics import write_statistics
from collage_core.run.summaries import write_summary
from collage_core.settings import Settings
from collage_core.storage.directory_store import DirectoryStore
from collage_core.storage.documents import to_document
from tests.support.failures import Where, failure
from tests.support.families import close_member, family_plan, result
from tests.support.runs import run, summary

SETTINGS = Settings()
OUTPUT = SETTINGS.output_bucket
OCTOBER = ("2026-10-01", "2026-11-01")


class CountedStore(DirectoryStore):
    """A store that remembers which keys were read and written."""

    def __init__(self, folder: Path) -> None:
        super().__init__({OUTPUT: folder / "output", SETTINGS.temp_bucket: folder / "temp"})
        self.got: list[str] = []
        self.written: list[str] = []

    @override
    def get(self, bucket: str, key: str, **options: Any) -> Any:
        self.got.append(key)
        return super().get(bucket, key, **options)

    @override
    def put(self, bucket: str, key: str, body: bytes, **options: Any) -> str:
        self.written.append(key)
        return super().put(bucket, key, body, **options)

    def document(self, key: str) -> Any:
        found = super().get(OUTPUT, key)
        assert found is not None
        return json.loads(found.body)

    def statistics(self) -> dict[str, bytes]:
        """All documents that a rebuild writes."""
        return {
            key: found.body
            for prefix in (keys.STATISTICS, "metadata/")
            for key in self.list_keys(OUTPUT, prefix)
            if (found := super(CountedStore, self).get(OUTPUT, key))
        }

    def delete(self, key: str) -> None:
        self._path(OUTPUT, key).unlink()


@pytest.fixture
def store(tmp_path: Path) -> CountedStore:
    return CountedStore(tmp_path)


def rows(number: int) -> Books:
    return Books(rows=RowCounts(total=number, placed=number))


SEPTEMBER_RUN = summary(
    "september", "20260901_000000", rows(9), window=("2026-09-01", "2026-10-01")
)
OCTOBER_RUN = summary("october", "20261001_000000", rows(10), window=OCTOBER)
UPLOAD = summary("upload", "20261014_083000", rows(3))
OCTOBER_IN_NOVEMBER = summary("by-hand", "20261103_091500", rows(11), window=OCTOBER)
ALL = [SEPTEMBER_RUN, OCTOBER_RUN, UPLOAD, OCTOBER_IN_NOVEMBER]


def write(store: CountedStore, *runs: RunSummary) -> None:
    for each in runs:
        write_summary(store, SETTINGS, each)


def monthly(store: CountedStore, month: str) -> Any:
    return store.document(keys.monthly_report(first_second(month)))


def covers(store: CountedStore, month: str) -> Any:
    return store.document(keys.covers_report(first_second(month)))


def test_every_document_of_every_month_is_written(store: CountedStore) -> None:
    write(store, *ALL)
    rebuilt = rebuild_statistics(store, SETTINGS)
    assert rebuilt.months == ["202609", "202610", "202611"]
    assert rebuilt.covers_months == ["202609", "202610"]
    assert rebuilt.problems == []
    names = [key.removeprefix(keys.STATISTICS) for key in store.statistics()]
    assert sorted(names) == [
        "covers_report_202609.json",
        "covers_report_202610.json",
        "creators_report_202609.json",
        "creators_report_202610.json",
        "creators_report_202611.json",
        "daily_stats_20260901.json",
        "daily_stats_20261001.json",
        "daily_stats_20261014.json",
        "daily_stats_20261103.json",
        "metadata/2026/09/01/processing_log_20260901.json",
        "metadata/2026/10/01/processing_log_20261001.json",
        "metadata/2026/10/14/processing_log_20261014.json",
        "metadata/2026/11/03/processing_log_20261103.json",
        "monthly_report_202609.json",
        "monthly_report_202610.json",
        "monthly_report_202611.json",
        "rebuilt_202609.json",
        "rebuilt_202610.json",
        "rebuilt_202611.json",
    ]
    assert monthly(store, "202610")["rows"]["total"] == 13
    assert [run["run_id"] for run in covers(store, "202610")["runs"]] == ["by-hand"]
    assert covers(store, "202610")["rows"]["total"] == 11


def test_a_second_rebuild_reads_no_summary_and_writes_nothing(store: CountedStore) -> None:
    write(store, *ALL)
    rebuild_statistics(store, SETTINGS)
    before = store.statistics()
    page = keys.report(first_second("202610"))  # for people: no statistics are made of it
    store.put(SETTINGS.output_bucket, page, b"<html>", content_type="text/html")
    store.got.clear()
    store.written.clear()
    rebuilt = rebuild_statistics(store, SETTINGS)
    assert (rebuilt.months, rebuilt.covers_months) == ([], [])
    assert store.written == []
    assert sorted(store.got) == [
        keys.rebuilt_month(first_second(month)) for month in ("202609", "202610", "202611")
    ]
    assert store.statistics() == before


def test_the_same_summaries_give_the_same_bytes_in_whatever_order_they_came(
    tmp_path: Path,
) -> None:
    seen = []
    for number in range(4):
        store = CountedStore(tmp_path / str(number))
        some = random.Random(number).sample(ALL, len(ALL))  # noqa: S311 - no secret
        for each in some:
            write(store, each)
            if number:
                rebuild_statistics(store, SETTINGS)
        if number > 2:
            rebuild_statistics(store, SETTINGS, every_month=True)
        rebuild_statistics(store, SETTINGS)
        seen.append(store.statistics())
    assert seen[1:] == seen[:-1]


def test_a_late_backfill_updates_its_month_and_leaves_the_others_alone(
    store: CountedStore,
) -> None:
    write(store, *ALL)
    rebuild_statistics(store, SETTINGS)
    store.written.clear()
    write(store, summary("august", "20260801_000000", rows(8), window=("2026-08-01", "2026-09-01")))
    rebuilt = rebuild_statistics(store, SETTINGS)
    assert rebuilt.months == ["202608", "202609"]  # which is compared with August
    assert monthly(store, "202608")["runs"] == 1
    assert [key for key in store.written if "202610" in key or "202611" in key] == []


def test_a_run_that_wrote_only_its_summary_is_found(store: CountedStore) -> None:
    write(store, OCTOBER_RUN)
    rebuild_statistics(store, SETTINGS)
    write(store, UPLOAD)
    # Another run of the month ends, and counts the month, but not that day.
    later = summary("later", "20261020_000000", rows(1))
    write(store, later)
    write_statistics(store, SETTINGS, later.run_timestamp)
    rebuild_statistics(store, SETTINGS)
    assert store.document(keys.daily_stats(UPLOAD.run_timestamp))["run_ids"] == ["upload"]


def test_what_publish_has_written_is_not_written_again(store: CountedStore) -> None:
    write(store, OCTOBER_RUN)
    published = write_statistics(store, SETTINGS, OCTOBER_RUN.run_timestamp)
    store.written.clear()
    rebuild_statistics(store, SETTINGS)
    assert store.written
    assert set(store.written).isdisjoint(published)


def test_a_summary_that_is_removed_leaves_day_month_and_covers(store: CountedStore) -> None:
    write(store, OCTOBER_RUN, UPLOAD, OCTOBER_IN_NOVEMBER)
    rebuild_statistics(store, SETTINGS)
    store.delete(keys.processing_summary(UPLOAD.run_timestamp))
    store.delete(keys.processing_summary(OCTOBER_IN_NOVEMBER.run_timestamp))
    rebuild_statistics(store, SETTINGS)
    assert store.document(keys.daily_stats(UPLOAD.run_timestamp))["run_ids"] == []
    assert monthly(store, "202610")["rows"]["total"] == 10
    assert monthly(store, "202611")["runs"] == 0
    assert [run["run_id"] for run in covers(store, "202610")["runs"]] == ["october"]


@failure(
    Where.DOCUMENTS,
    fault="A summary cannot be read",
    happens="The statistics of its month are left as they are; other months are written",
    sees="`rebuild`: the key of the summary and what is wrong with it",
    fix="restore or remove that object, then clear `rebuild`",
)
def test_a_month_whose_summary_cannot_be_read_does_not_stop_the_others(
    store: CountedStore,
) -> None:
    write(store, *ALL)
    broken = keys.processing_summary(UPLOAD.run_timestamp)
    store.put(OUTPUT, broken, b"{", content_type="application/json")
    rebuilt = rebuild_statistics(store, SETTINGS)
    assert rebuilt.months == ["202609"]
    assert len(rebuilt.problems) == 1
    assert f"{broken} in bucket {OUTPUT} cannot be read" in rebuilt.problems[0]
    assert monthly(store, "202609")["runs"] == 1
    # Moved away, as the runbook says, and written again.
    store.delete(broken)
    write(store, UPLOAD)
    assert rebuild_statistics(store, SETTINGS).problems == []
    assert monthly(store, "202610")["runs"] == 2
    assert covers(store, "202610")["rows"]["total"] == 11


def test_a_document_that_was_deleted_comes_back_with_every_month(store: CountedStore) -> None:
    write(store, *ALL)
    rebuild_statistics(store, SETTINGS)
    before = store.statistics()
    store.delete(keys.covers_report(OCTOBER_RUN.run_timestamp))
    store.delete(keys.daily_stats(UPLOAD.run_timestamp))
    assert rebuild_statistics(store, SETTINGS).months == []
    rebuild_statistics(store, SETTINGS, every_month=True)
    assert store.statistics() == before


def test_creators_are_compared_with_the_month_before(store: CountedStore) -> None:
    for month, creators in (("202609", {"ana": 1, "bo": 1}), ("202610", {"ana": 1, "cy": 2})):
        manifest, receipts = run([creators], run_id=month, timestamp=first_second(month))
        store.put(
            SETTINGS.temp_bucket,
            keys.receipt(month, manifest.chunks[0].chunk_id),
            to_document(receipts[0]),
            content_type="application/json",
        )
        close_run(Run(SETTINGS, store, manifest))
    rebuild_statistics(store, SETTINGS)
    changes = store.document(keys.creators_report(first_second("202610")))["changes"]
    assert changes["before"] == "202609"
    assert (changes["new"]["first"], changes["gone"]["first"]) == (["cy"], ["bo"])
    assert changes["same"] == 1
    assert store.document(keys.creators_report(first_second("202609")))["changes"] is None
    # More results of September, and nothing else, change what October is compared with.
    more, receipts = run([{"cy": 1}], run_id="202609", timestamp=first_second("202609"))
    write_results(store, SETTINGS, more, receipts)
    assert rebuild_statistics(store, SETTINGS).months == ["202609", "202610"]
    changes = store.document(keys.creators_report(first_second("202610")))["changes"]
    assert (changes["new"]["first"], changes["gone"]["first"]) == (["ana"], [])


def test_covers_of_a_month_are_compared_with_those_of_the_month_before(
    store: CountedStore,
) -> None:
    for run_id, timestamp, window, creators in (
        ("september", "20260901_000000", ("2026-09-01", "2026-10-01"), {"ana": 1}),
        ("october", "20261103_091500", OCTOBER, {"bo": 1}),
    ):
        second = first_second(timestamp[:8])
        manifest, receipts = run([creators], run_id=run_id, timestamp=second)
        write_results(store, SETTINGS, manifest, receipts)
        write(store, summary(run_id, str(second), receipts[0].books, window=window))
    rebuild_statistics(store, SETTINGS)
    changes = covers(store, "202610")["changes"]
    assert (changes["new"]["first"], changes["gone"]["first"]) == (["bo"], ["ana"])
    assert covers(store, "202609")["changes"] is None


def test_a_report_of_covers_that_failed_is_tried_again(store: CountedStore) -> None:
    in_november = RunTimestamp.parse("20261103_091500")
    manifest, receipts = run([{"ana": 1}], run_id="by-hand", timestamp=in_november)
    books = receipts[0].books
    write(store, OCTOBER_RUN, summary("by-hand", str(in_november), books, window=OCTOBER))
    results = write_results(store, SETTINGS, manifest, receipts)
    good = store.get(OUTPUT, results)
    store.put(OUTPUT, results, b"saved by a spreadsheet", content_type="text/csv")
    rebuilt = rebuild_statistics(store, SETTINGS)
    assert (rebuilt.months, rebuilt.covers_months) == (["202610"], [])
    assert f"{results} in bucket {OUTPUT} cannot be read" in rebuilt.problems[0]
    assert list(store.list_keys(OUTPUT, keys.REBUILT)) == []
    # October's own summaries and results did not change meanwhile.
    store.put(OUTPUT, results, good.body, content_type="text/csv")
    rebuild_statistics(store, SETTINGS)
    assert [each["run_id"] for each in covers(store, "202610")["runs"]] == ["by-hand"]


def test_two_runs_of_a_second_are_both_counted(store: CountedStore) -> None:
    write(store, summary("a", "20261001_000000", rows(1)), summary("b", "20261001_000000", rows(2)))
    rebuild_statistics(store, SETTINGS)
    assert monthly(store, "202610")["rows"]["total"] == 3


def test_an_empty_bucket_has_nothing_to_rebuild(store: CountedStore) -> None:
    rebuilt = rebuild_statistics(store, SETTINGS)
    assert (rebuilt.months, rebuilt.covers_months, rebuilt.problems) == ([], [], [])


def test_a_fill_in_november_has_october_rebuilt_from_which_it_took_creators(
    store: CountedStore,
) -> None:
    first = {"ana": result("ana", 3), "bo": result("bo", 2, 3)}
    plan = replace(family_plan("first", "20261001_000000", first), window=month_window("202610"))
    close_member(store, plan, first)
    rebuild_statistics(store, SETTINGS)
    assert monthly(store, "202610")["rows"]["failed"] == 3
    own = {"bo": result("bo", 5)}
    fill = family_plan("fill", "20261103_091500", own, parent=plan)
    close_member(store, replace(fill, window=plan.window), own)
    rebuilt = rebuild_statistics(store, SETTINGS)
    assert rebuilt.months == ["202610", "202611"]
    assert rebuilt.covers_months == ["202610"]
    assert monthly(store, "202610")["rows"]["total"] == 3
    assert monthly(store, "202611")["rows"]["placed"] == 5
    report = covers(store, "202610")
    assert [one["run_id"] for one in report["runs"]] == ["first", "fill"]
    assert (report["rows"]["placed"], report["creators"]["total"]) == (8, 2)
