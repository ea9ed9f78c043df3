"""CSVs in `csv-files/` that nobody works on: no upload is lost, and none is done twice."""

from datetime import timedelta
from time import sleep
from typing import Any

import pytest
from msgspec.structs import replace

from collage_core.contract.csv_source import CsvSource
from collage_core.contract.family import RunName
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.selection import Selection
from collage_core.housekeeping import lost_uploads
from collage_core.housekeeping.findings import Kind
from collage_core.layout import keys
from collage_core.run.ingest import INLINE_ROWS
from collage_core.storage.documents import to_document
from tests.support import runs
from tests.support.lambda_world import (
    HEADER,
    NOTHING_FAILED,
    World,
    chunk_message,
    sqs_event,
    sqs_record,
)
from tests.support.left_behind import KEY, invoke_until, later, stuck, submit


def work(world: World) -> int:
    """Let workers take all that is in the queue; how many messages there were."""
    records = world.receive()
    for record in records:
        assert world.invoke(sqs_event(record)) == NOTHING_FAILED
    return len(records)


def test_a_csv_whose_event_was_lost_becomes_a_run_and_is_worked_on(world: World) -> None:
    world.upload(KEY, world.csv({"ana": 2}))  # nobody is told
    (finding,) = submit(world)
    assert finding.kind is Kind.SUBMITTED
    assert f"s3://{world.settings.input_bucket}/{KEY} lay there since" in finding.line
    assert work(world) == 1
    assert world.summary()["rows"]["placed"] == 2
    assert world.summary()["trigger"] == "s3-trigger"
    pack, index = world.keys(world.settings.temp_bucket, keys.DOWNLOADS)
    assert keys.is_pack(pack), "its covers are kept, as if its event had come"
    assert keys.is_pack_index(index)
    archived, done = world.keys(world.settings.input_bucket)
    assert done == f"{archived}.done.json"
    assert submit(world) == []


def test_a_csv_that_is_found_twice_is_one_run(world: World) -> None:
    world.upload(KEY, world.csv({"ana": 2}))
    submit(world)
    assert submit(world, hours=1) == []
    assert len([key for key in world.keys(world.settings.temp_bucket) if "manifest" in key]) == 1


@pytest.mark.thorough
def test_a_large_csv_is_sent_in_chunks(world: World) -> None:
    world.upload(KEY, world.csv({f"c{n}": 1500 for n in range(3)}, path="404"))
    (finding,) = submit(world)
    assert "2 chunks were sent" in finding.line
    assert INLINE_ROWS < 1500


def test_a_csv_that_may_still_be_on_its_way_is_left_alone(world: World) -> None:
    world.upload(KEY, world.csv({"ana": 2}))
    assert submit(world, hours=6.9) == []
    assert world.keys(world.settings.temp_bucket) == []


def test_a_csv_that_cannot_be_used_is_quarantined_with_its_reason(world: World) -> None:
    world.upload(KEY, "name,picture\na,b\n")
    (finding,) = submit(world)
    assert finding.kind is Kind.QUARANTINED
    moved, reason = world.keys(world.settings.input_bucket, keys.INVALID_FILES)
    assert moved in finding.line
    assert "creator_name" in world.document(world.settings.input_bucket, reason)["reason"]
    assert world.keys(world.settings.input_bucket) == [moved, reason]


def test_a_csv_without_rows_is_a_run_that_is_over(world: World) -> None:
    world.upload(KEY, HEADER)
    (finding,) = submit(world)
    assert finding.kind is Kind.SUBMITTED
    assert world.summary()["status"] == "empty"
    assert KEY not in world.keys(world.settings.input_bucket)


@pytest.mark.parametrize("key", ["manual-uploads/mine.csv", "csv-files/notes.txt", "other/a.csv"])
def test_what_waits_for_a_person_or_is_no_csv_is_left_alone(world: World, key: str) -> None:
    world.upload(key, world.csv({"ana": 1}))
    assert submit(world) == []


def test_the_csv_of_a_dag_is_never_started_here(world: World) -> None:
    world.upload(KEY, world.csv({"ana": 1}), dispatch="sqs")
    (finding,) = submit(world)
    assert finding.kind is Kind.ABANDONED
    assert "clear its DAG run from extract, or delete it" in finding.line
    assert world.receive() == []


def test_the_same_bytes_that_were_uploaded_again_are_another_run(world: World) -> None:
    csv = world.csv({"ana": 1})
    world.invoke(world.upload(KEY, csv))
    manifest = next(key for key in world.keys(world.settings.temp_bucket) if "manifest" in key)
    stored = world.services.store.get(world.settings.temp_bucket, manifest)
    assert stored is not None
    later_than(world, manifest)
    world.upload(KEY, csv)  # its event is lost
    (finding,) = submit(world)
    assert finding.kind is Kind.SUBMITTED
    work(world)
    assert len(world.collages()) == 2


def later_than(world: World, key: str) -> None:
    """Wait until objects that are written have a later second than this one."""
    listed = world.services.store.list_objects(world.settings.temp_bucket, key)
    (written,) = (item.modified for item in listed)
    while later(0) < written or int(later(0).timestamp()) <= int(written.timestamp()):
        sleep(0.05)


def test_a_run_that_stands_still_goes_on_once_the_queue_is_empty(world: World) -> None:
    event = world.upload(KEY, world.csv({"ana": 2}))
    invoke_until(world, event, "lambda_pkg.upload.work_on_chunk")
    world.sqs.send_message(QueueUrl=world.settings.chunk_queue_url, MessageBody="waiting")
    assert submit(world) == []
    world.receive()
    (finding,) = submit(world)
    assert finding.kind is Kind.RESUMED
    assert work(world) == 1
    assert world.summary()["rows"]["placed"] == 2
    assert submit(world) == []


def test_a_run_that_goes_on_keeps_covers_although_its_worker_died_before_that_was_planned(
    world: World,
) -> None:
    event = world.upload(KEY, world.csv({"ana": 2}))
    invoke_until(world, event, "lambda_pkg.upload.plan_packs_once")
    submit(world)
    assert work(world) == 1
    assert world.keys(world.settings.temp_bucket, keys.DOWNLOADS)


def test_a_chunk_whose_message_failed_for_good_is_reported_and_not_sent_again(
    world: World,
) -> None:
    event = world.upload(KEY, world.csv({"ana": 2}))
    invoke_until(world, event, "lambda_pkg.upload.work_on_chunk")
    submit(world)
    (record,) = world.receive()
    temp = world.settings.temp_bucket
    ordered = next(key for key in world.keys(temp) if key.endswith("ordered.csv"))
    world.put(temp, ordered, HEADER)  # a message that has become hopeless
    world.invoke(sqs_event(record))
    assert submit(world) == []
    (finding,) = stuck(world)
    (failed,) = (key for key in world.keys(temp) if "/failed/" in key)
    assert finding.kind is Kind.STUCK
    assert f"s3://{temp}/{failed}" in finding.line
    assert "trigger the DAG cover_collage_redrive with run_id s3-" in finding.line
    assert finding.line.endswith("and dry_run switched off")


def test_a_run_of_a_dag_that_stands_still_is_only_reported(world: World) -> None:
    csv = world.csv({"ana": 1})
    message = chunk_message(world, csv)
    manifest = runs.plan([{"ana": 1}], run_id="monthly-1")
    world.put(
        world.settings.temp_bucket, keys.manifest("monthly-1"), to_document(manifest).decode()
    )
    assert [finding.kind for finding in submit(world)] == [Kind.ABANDONED]  # another ETag
    (finding,) = stuck(world)
    assert "has no receipt of 1 of its 1 chunks" in finding.line
    assert "clear from dispatch" in finding.line
    assert stuck(world, hours=1) == []
    assert world.invoke(sqs_event(sqs_record(message))) == NOTHING_FAILED


@pytest.mark.parametrize("selection", [None, Selection(limit=1, rows_left_out=1)])
def test_a_run_of_a_dag_over_an_uploaded_csv_has_both_its_csvs(
    world: World, selection: Selection | None
) -> None:
    ordered = "csv-files/2026/10/05/cover_urls_20261005_060708.csv"
    store, bucket = world.services.store, world.settings.input_bucket
    world.put(bucket, ordered, world.csv({"ana": 1}), dispatch="sqs")
    world.put(bucket, KEY, world.csv({"ana": 1, "bo": 1}))
    sources = []
    for key in (ordered, KEY):
        head = store.head(bucket, key)
        assert head is not None
        sources.append(CsvSource(bucket, key, head.etag))
    manifest = replace(
        runs.plan([{"ana": 1}], run_id="manual-1", origin=sources[1]),
        source=sources[0],
        selection=selection,
    )
    world.put(world.settings.temp_bucket, keys.manifest("manual-1"), to_document(manifest).decode())
    # A trial will not move the uploaded CSV, whose own event may have been lost.
    assert [finding.kind for finding in submit(world)] == [Kind.SUBMITTED] * bool(selection)


def test_a_csv_that_is_replaced_at_this_moment_is_left_for_the_next_day(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.upload(KEY, world.csv({"ana": 1}))
    head = type(world.services.store).head

    def replaced(store: object, bucket: str, key: str) -> object:
        found = head(store, bucket, key)  # type: ignore[arg-type]
        world.put(bucket, key, HEADER)
        return found

    monkeypatch.setattr(type(world.services.store), "head", replaced)
    assert submit(world) == []


def plan_by_a_dag(world: World, run_id: str, upload: str, **changes: Any) -> CsvSource:
    """A run of `cover_collage_manual` over an upload, which still waits for its workers."""
    settings, own = world.settings, "csv-files/2026/10/05/cover_urls_20261005_060708.csv"
    etag = world.put(settings.input_bucket, own, world.csv({"ana": 1}), dispatch="sqs")
    head = world.services.store.head(settings.input_bucket, upload)
    assert head is not None
    manifest = replace(
        runs.plan([{"ana": 1}], run_id=run_id),
        source=CsvSource(settings.input_bucket, own, etag),
        origin=CsvSource(settings.input_bucket, upload, head.etag),
        **changes,
    )
    world.put(settings.temp_bucket, keys.manifest(run_id), to_document(manifest).decode())
    return manifest.source


def test_the_csv_of_a_manual_run_over_an_upload_has_its_run(world: World) -> None:
    world.upload("manual-uploads/mine.csv", world.csv({"ana": 1}))
    plan_by_a_dag(world, "manual__1", "manual-uploads/mine.csv")
    assert submit(world) == []


def test_a_trial_of_some_creators_does_not_keep_a_lost_csv_waiting(world: World) -> None:
    world.upload(KEY, world.csv({"ana": 1, "ben": 1}))
    plan_by_a_dag(world, "manual__1", KEY, selection=Selection(limit=1))
    (finding,) = submit(world)
    assert finding.kind is Kind.SUBMITTED
    assert KEY in finding.line


def test_an_update_without_creators_who_were_forgotten_has_its_run(world: World) -> None:
    world.upload(KEY, world.csv({"ana": 1, "ben": 1}))
    left_out = Selection(rows_left_out=1, forgotten=1)
    family = RunName("monthly-1", RunTimestamp.parse("20261005_000000"))
    plan_by_a_dag(world, "fill-1", KEY, selection=left_out, parent="monthly-1", family=family)
    assert submit(world) == []


def test_the_newest_run_of_a_csv_counts_whatever_it_is_called(world: World) -> None:
    csv = world.csv({"ana": 1})
    world.invoke(world.upload(KEY, csv))  # its run_id, s3-..., comes after manual__1
    sleep(1)
    world.upload(KEY, csv)
    plan_by_a_dag(world, "manual__1", KEY)
    assert submit(world) == []


def test_no_csv_is_out_of_sight_behind_many_other_objects(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lost_uploads, "_MOST_CSVS", 2)
    for name in "abc":
        world.upload(f"csv-files/0-{name}.txt", "notes")
        world.upload(f"csv-files/1-{name}.csv", world.csv({"ana": 1}))
    assert [finding.kind for finding in submit(world)] == [
        Kind.SUBMITTED,
        Kind.SUBMITTED,
        Kind.FAILED,
    ]


def test_a_csv_of_exactly_seven_hours_is_old_enough(world: World) -> None:
    world.upload(KEY, world.csv({"ana": 1}))
    services, settings = world.services, world.settings
    (item,) = services.store.list_objects(settings.input_bucket, KEY)
    moment = item.modified + lost_uploads.EVENT_IS_LOST_AFTER
    before = moment - timedelta(microseconds=1)
    found = [
        [*lost_uploads.submit_lost_uploads(services.store, settings, services.queue, now=now)]
        for now in (before, moment)
    ]
    assert [len(findings) for findings in found] == [0, 1]
