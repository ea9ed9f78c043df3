"""A run that only keeps covers, from its plan to its end, and the run that finds them."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from collage_core.aws.s3_store import S3Store
from collage_core.contract.csv_source import CsvSource
from collage_core.contract.document import to_json
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.trigger import Trigger
from collage_core.contract.window import Window
from collage_core.covers.ingest import ingest_csv
from collage_core.housekeeping.ended_runs import finish_ended_runs
from collage_core.housekeeping.stuck_runs import stuck_runs
from collage_core.layout import keys
from collage_core.run.close import ClosedRun, close_run
from collage_core.run.dispatch import dispatch
from collage_core.run.plan import RunCsv, RunSpec, plan_run, replace_manifest
from collage_core.run.plan_packs import plan_packs
from collage_core.run.run import Run
from tests.support.failures import Where, failure
from tests.support.lambda_world import HEADER, NOTHING_FAILED, World, sqs_event, with_settings

TODAY = date(2026, 10, 14)
WINDOW = Window(datetime(2026, 10, 14, 9, tzinfo=UTC), datetime(2026, 10, 14, 10, tzinfo=UTC))


def planned(world: World, text: str, run_id: str, *, keep_only: bool) -> Run[S3Store]:
    """A run over this CSV, with its CSV where the tasks of a DAG write it."""
    timestamp = RunTimestamp.of(WINDOW.end)
    csv = ingest_csv(text.encode(), chunk_rows=world.settings.planned_chunk_rows)
    bucket, key = world.settings.input_bucket, keys.cover_urls_csv(timestamp)
    if keep_only:
        bucket, key = world.settings.temp_bucket, keys.covers_to_keep(run_id)
    source = CsvSource(bucket, key, world.put(bucket, key, csv.ordered.decode()))
    config = world.settings.processing_config
    spec = RunSpec(run_id, timestamp, Trigger.SQS, config, window=WINDOW, keep_only=keep_only)
    given = RunCsv(source, csv.spans, rejected=csv.rejected)
    store = world.services.store
    return plan_run(store, world.settings, spec, given, keep=replace_manifest)


def work_off(world: World, run: Run[S3Store]) -> ClosedRun:
    """Plan the packs of the run, have its chunks done, and close it."""
    plan_packs(run, today=TODAY)
    dispatch(run, world.services.queue)
    while records := world.receive():
        assert world.invoke(sqs_event(*records)) == NOTHING_FAILED
    return close_run(run, today=TODAY)


def test_covers_are_kept_and_nothing_else_is_written(world: World) -> None:
    text = world.csv({"ana": 9, "bo": 2}) + world.csv({"cy": 1}, path="404").partition("\n")[2]
    closed = work_off(world, planned(world, text, "keep-1", keep_only=True))
    assert world.keys(world.settings.output_bucket) == []
    assert world.keys(world.settings.input_bucket) == []
    rows = closed.summary.books.rows
    assert (rows.placed, rows.failed, rows.not_selected) == (11, 1, 0), "more than the grid has"
    assert (closed.results_key, closed.summary.collages_prefix) == (None, None)
    downloads = closed.summary.books.known_downloads
    assert (downloads.fetched, downloads.packed) == (11, 11)
    summary = world.document(world.settings.temp_bucket, keys.summary_of_keeping("keep-1"))
    assert summary == to_json(closed.summary)
    assert summary["keep_only"] is True
    assert summary["figures"]["cost"]["counted_usd"] < 0.0001, "no object is paid for"
    folder = keys.packs_of_run(TODAY, "keep-1")
    index = world.document(world.settings.temp_bucket, keys.pack_index(folder))
    assert [pack["covers"] for pack in index["packs"]] == [11]


def test_a_run_that_makes_collages_asks_no_host_for_what_was_kept(world: World) -> None:
    text = world.csv({"ana": 3, "bo": 2})
    work_off(world, planned(world, text, "keep-1", keep_only=True))
    world.covers.requests.clear()
    closed = work_off(world, planned(world, text, "monthly-1", keep_only=False))
    assert not world.covers.requests
    assert closed.summary.books.objects.collages == 2
    assert closed.summary.books.known_downloads.kept == 5


def test_the_next_hour_fetches_only_what_is_new(world: World) -> None:
    work_off(world, planned(world, world.csv({"ana": 3}), "keep-1", keep_only=True))
    world.covers.requests.clear()
    again = planned(world, world.csv({"ana": 4}), "keep-2", keep_only=True)
    downloads = work_off(world, again).summary.books.known_downloads
    assert (downloads.kept, downloads.fetched, downloads.packed) == (3, 1, 1)
    assert [*world.covers.requests.values()] == [1]


def test_the_same_chunk_for_collages_has_another_name(world: World) -> None:
    text = world.csv({"ana": 3})
    keeping = planned(world, text, "keep-1", keep_only=True)
    making = planned(world, text, "monthly-1", keep_only=False)
    (kept,), (made,) = keeping.manifest.chunks, making.manifest.chunks
    assert kept.rows_sha256 == made.rows_sha256
    assert kept.chunk_id != made.chunk_id
    assert "keep_only" not in to_json(making.manifest.message(made))
    assert to_json(keeping.manifest.message(kept))["keep_only"] is True


def test_dead_urls_do_not_fail_the_run_and_other_failures_do(world: World) -> None:
    dead = HEADER + world.csv({"cy": 5}, path="404").partition("\n")[2]
    closed = work_off(world, planned(world, dead, "keep-1", keep_only=True))
    assert closed.summary.books.reasons == {"http_404": 5}
    assert closed.too_many_failed is None
    closed = work_off(world, planned(world, dead, "monthly-1", keep_only=False))
    assert closed.too_many_failed is not None, "a collage of them is missing"

    blocked = dead.replace("127.0.0.1", "10.0.0.1")
    closed = work_off(world, planned(world, blocked, "keep-2", keep_only=True))
    assert closed.too_many_failed is not None
    assert "5 of 5 covers (100%) of run keep-2 failed" in closed.too_many_failed.said
    assert len(closed.too_many_failed.chunks) == 1


@failure(
    Where.QUEUE,
    fault="`KEEP_COVERS_DAYS` becomes 0 after a run of `keep_covers` has begun",
    happens="no cover is fetched for nothing: the messages fail, and `wait` ends at once",
    sees="`the covers of chunk … are only to be kept, and processing/…/packs.json says not where`",
    fix="set `KEEP_COVERS_DAYS` and clear `plan`, or leave the run as it is",
)
def test_without_a_place_to_keep_covers_nothing_is_fetched(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    without = with_settings(world, keep_covers_days=0)
    run = planned(without, world.csv({"ana": 2}), "keep-1", keep_only=True)
    plan_packs(run, today=TODAY)
    assert dispatch(run, world.services.queue) == 1
    (record,) = world.receive()
    answer: dict[str, Any] = without.invoke(sqs_event(record))
    assert answer["batchItemFailures"]
    assert not world.covers.requests
    assert "packs.json says not where" in caplog.text
    failed = world.keys(world.settings.temp_bucket, keys.failed_messages("keep-1"))
    assert len(failed) == 1, "for good: wait need not wait for another delivery"

    # As the message says.
    closed = work_off(world, replace(run, settings=world.settings))
    assert closed.summary.books.known_downloads.packed == 2


def test_a_repeated_extract_keeps_what_was_done(world: World) -> None:
    work_off(world, planned(world, world.csv({"ana": 3}), "keep-1", keep_only=True))
    again = planned(world, world.csv({"ana": 3}), "keep-1", keep_only=True)
    assert again.unfinished() == []


def test_a_run_that_nobody_closes_is_reported_and_a_closed_one_is_left_alone(
    world: World,
) -> None:
    run = planned(world, world.csv({"ana": 3}), "keep-1", keep_only=True)
    closed = work_off(world, run)
    store, settings = world.services.store, world.settings
    later = datetime.now(UTC) + timedelta(hours=9)
    after = timedelta(hours=6)
    assert list(stuck_runs(store, settings, now=later, after=after)) == []
    assert list(finish_ended_runs(store, settings, world.services.queue, now=later)) == []

    store.delete_keys(settings.temp_bucket, [closed.summary_key])
    (finding,) = stuck_runs(store, settings, now=later, after=after)
    assert "run keep-1 has all receipts since 9 hours, and is not closed" in finding.line
    assert finding.line.endswith("clear its DAG run from reconcile")
    assert list(finish_ended_runs(store, settings, world.services.queue, now=later)) == []
    close_run(run, today=TODAY)
    assert list(stuck_runs(store, settings, now=later, after=after)) == []
