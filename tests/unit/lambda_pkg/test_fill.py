"""A fill beside kept covers: the worker asks hosts only for what failed in the parent."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from collage_core.aws.s3_store import S3Store
from collage_core.contract.csv_source import CsvSource
from collage_core.contract.document import to_json
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.selection import Selection
from collage_core.contract.summary import RunSummary
from collage_core.contract.trigger import Trigger
from collage_core.covers.chunking import ChunkPlanner
from collage_core.covers.cover_csv import HEADER
from collage_core.covers.ingest import ingest_csv
from collage_core.errors import MessageError, UnequalError
from collage_core.layout import keys
from collage_core.run.close import close_run
from collage_core.run.family import closed_members, first_of_family
from collage_core.run.fill import choose_fill
from collage_core.run.fill_csv import export_fill
from collage_core.run.fill_sources import sources_of
from collage_core.run.opened_collage import picture_problems
from collage_core.run.plan import RunCsv, RunSpec, keep_first_manifest, plan_run
from collage_core.run.plan_packs import plan_packs
from collage_core.run.recorded_run import RecordedRun
from collage_core.run.run import Run
from collage_core.run.statistics import monthly_report
from collage_core.run.verify import verify
from tests.support.forget_world import forgotten
from tests.support.lambda_world import NOTHING_FAILED, World, sqs_event, sqs_record

PARENT, FILL = map(RunTimestamp.parse, ("20261001_000000", "20261002_081500"))
TODAY = date(2026, 10, 2)
FORGOTTEN_AT = datetime(2026, 10, 1, 12, tzinfo=UTC)
COVERS = {"ana": 3, "bo": 2, "cy": 4}


def work_on(world: World, run: Run[S3Store]) -> RunSummary:
    """Plan where covers are kept, work on all chunks, and close the run."""
    claim = keys.claim(run.manifest.run_timestamp)
    body = run.manifest.run_id.encode()
    run.store.put(world.settings.output_bucket, claim, body, content_type="text/plain")
    plan_packs(run, today=TODAY)
    for chunk in run.manifest.chunks:
        message: Any = to_json(run.manifest.message(chunk))
        message |= {"schema_version": 1, "processing_type": "csv_s3"}
        assert world.invoke(sqs_event(sqs_record(message))) == NOTHING_FAILED
    return close_run(run, today=TODAY).summary


def parent_of(world: World) -> Run[S3Store]:
    """A run of two chunks, of which two covers failed because a host was down."""
    settings, store = world.settings, world.services.store
    csv = ingest_csv(world.csv(COVERS).encode(), chunk_rows=4)
    key = "csv-files/2026/10/01/monthly_batch_20261001.csv"
    etag = world.put(settings.input_bucket, key, csv.ordered.decode(), dispatch="sqs")
    spec = RunSpec("first", PARENT, Trigger.SQS, settings.processing_config)
    own = RunCsv(CsvSource(settings.input_bucket, key, etag), csv.spans)
    run = plan_run(store, settings, spec, own, keep=keep_first_manifest)
    world.covers.down.update({"/ok/ana/1.jpg", "/ok/bo/0.jpg"})
    work_on(world, run)
    return run


def fill_of(world: World, parent: str = "first") -> Run[S3Store]:
    settings, store = world.settings, world.services.store
    fill = choose_fill(store, settings, parent, run_id="fill", timestamp=FILL)
    csv = export_fill(
        store,
        fill,
        sources_of(store, settings, fill),
        bucket=settings.input_bucket,
        key=keys.cover_urls_csv(FILL),
        chunk_rows=settings.planned_chunk_rows,
    )
    spec = RunSpec("fill", FILL, Trigger.MANUAL, fill.parent.config, parent=fill.parent)
    return plan_run(store, settings, spec, csv, keep=keep_first_manifest)


def test_a_fill_asks_hosts_only_for_what_failed_and_both_runs_are_as_their_books_say(
    world: World,
) -> None:
    parent = parent_of(world)
    assert world.covers.requests.total() == 9
    world.covers.requests.clear()
    world.covers.down.clear()
    run = fill_of(world)
    summary = work_on(world, run)
    assert sorted(world.covers.requests) == ["/ok/ana/1.jpg", "/ok/bo/0.jpg"]
    assert summary.books.known_downloads.kept == 3
    assert (summary.books.rows.placed, summary.books.creators.complete) == (5, 2)

    store, settings = world.services.store, world.settings
    members = [one for one, _ in closed_members(store, settings, first_of_family(run.manifest))]
    report = monthly_report("202610", members)
    assert (report.books.rows.total, report.books.rows.placed) == (9, 9)
    assert report.books.creators.complete == report.books.objects.collages == 3
    assert report.books.known_downloads.fetched == 7 + 2
    for name in (parent.manifest.run_id, "fill"):
        found = RecordedRun.find(store, settings, name)
        assert verify(found, look=picture_problems).everything == []


def test_without_keeping_all_covers_of_its_creators_are_fetched_and_no_others(
    world: World,
) -> None:
    parent_of(world)
    world.covers.requests.clear()
    world.covers.down.clear()
    store, bucket = world.services.store, world.settings.temp_bucket
    store.delete_keys(bucket, list(store.list_keys(bucket, keys.DOWNLOADS)))
    summary = work_on(world, fill_of(world))
    assert len(world.covers.requests) == 3 + 2
    assert not [path for path in world.covers.requests if "/cy/" in path]
    assert summary.books.rows.placed == 5


def test_a_fill_leaves_out_creators_who_were_forgotten_since(world: World) -> None:
    parent_of(world)
    forgotten(world.services.store, "cy", at=FORGOTTEN_AT)
    forgotten(world.services.store, "ana", at=FORGOTTEN_AT)
    world.covers.requests.clear()
    world.covers.down.clear()
    run = fill_of(world)
    assert run.manifest.selection == Selection(rows_left_out=3 + 4, forgotten=1)
    summary = work_on(world, run)
    assert sorted(world.covers.requests) == ["/ok/bo/0.jpg"]
    assert (summary.books.rows.total, summary.selection) == (2, run.manifest.selection)
    assert {key.rpartition("/")[2].partition("_")[0] for key in world.collages()} == {"bo"}


def test_a_fill_of_creators_who_were_all_forgotten_is_refused(world: World) -> None:
    parent_of(world)
    for name in ("ana", "bo"):
        forgotten(world.services.store, name, at=FORGOTTEN_AT)
    with pytest.raises(MessageError, match=r"but for 2 creators that were forgotten since \("):
        fill_of(world)


def test_a_run_that_is_closed_again_makes_nobody_again_who_was_forgotten(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    parent = parent_of(world)
    first = close_run(parent, today=TODAY).summary
    forgotten(world.services.store, "ana", at=FORGOTTEN_AT)
    assert close_run(parent, today=TODAY).summary == first
    assert "1 creators are not made again" in caplog.text
    # Whose objects were lost otherwise is made again.
    bucket = world.settings.output_bucket
    lost = next(key for key in world.collages() if "/cy_collage_" in key)
    world.s3.delete_object(Bucket=bucket, Key=lost)
    with pytest.raises(UnequalError, match=r"^1 objects of run first .*which is missing$"):
        close_run(parent, today=TODAY)


def test_a_run_that_was_never_closed_has_to_have_all_of_its_objects(world: World) -> None:
    parent = parent_of(world)
    forgotten(world.services.store, "ana", at=FORGOTTEN_AT)
    key = keys.recorded_manifest(PARENT, "first")
    world.s3.delete_object(Bucket=world.settings.output_bucket, Key=key)
    with pytest.raises(UnequalError):
        close_run(parent, today=TODAY)


def test_a_fill_has_the_pictures_that_an_update_has_added_since(world: World) -> None:
    parent_of(world)
    text = f"{HEADER.decode()}ana,{world.covers.url}/ok/ana/8.jpg,2026-10-01\n"
    event = world.upload("csv-files/2026/10/01/update_batch_002.csv", text)
    event["Records"][0]["eventTime"] = "2026-10-02T07:00:00.000Z"
    (done,) = world.invoke(event)["files"]
    assert (done["rows"]["total"], done["rows"]["placed"]) == (4, 3)
    world.covers.down.clear()
    run = fill_of(world)
    summary = work_on(world, run)
    assert (summary.books.rows.total, summary.books.rows.placed) == (4 + 2, 4 + 2)
    assert verify(RecordedRun.find(run.store, run.settings, "fill"), look=None).everything == []


def test_an_update_whose_rows_have_expired_is_filled_by_its_first_run(world: World) -> None:
    parent_of(world)
    text = f"{HEADER.decode()}ana,{world.covers.url}/ok/ana/8.jpg,2026-10-01\n"
    event = world.upload("csv-files/2026/10/01/update_batch_002.csv", text)
    event["Records"][0]["eventTime"] = "2026-10-02T07:00:00.000Z"
    (done,) = world.invoke(event)["files"]
    store, bucket = world.services.store, world.settings.temp_bucket
    store.delete_keys(bucket, list(store.list_keys(bucket, keys.run_folder(done["run_id"]))))
    with pytest.raises(MessageError, match=r"name the first run of its family instead, first$"):
        fill_of(world, parent=done["run_id"])
    world.covers.down.clear()
    assert work_on(world, fill_of(world)).books.rows.placed == 4 + 2


def test_rows_that_cannot_be_used_count_once_however_often_a_run_is_updated(world: World) -> None:
    settings, store = world.settings, world.services.store
    lines = world.csv({"ana": 2}).splitlines(keepends=True)
    ordered = "".join([*lines[:2], "ana,no url,2026-10-01\n", "not a row\n", *lines[2:]])
    planner = ChunkPlanner(rows=4, chunk_rows=9, first_byte=len(HEADER))
    text = ordered.encode()[len(HEADER) :]
    planner.add(b"ana", len(text), 4, rows=4)
    planner.digest(text)
    key = "csv-files/2026/10/01/monthly_batch_20261001.csv"
    etag = world.put(settings.input_bucket, key, ordered, dispatch="sqs")
    spec = RunSpec("first", PARENT, Trigger.SQS, settings.processing_config)
    own = RunCsv(CsvSource(settings.input_bucket, key, etag), planner.finish())
    first = work_on(world, plan_run(store, settings, spec, own, keep=keep_first_manifest))
    assert first.books.rows.rejected == 2
    fresh = f"{lines[0]}{lines[1]}"
    for number in (2, 3):
        event = world.upload(f"csv-files/2026/10/01/update_batch_00{number}.csv", fresh)
        event["Records"][0]["eventTime"] = f"2026-10-02T07:00:0{number}.000Z"
        (done,) = world.invoke(event)["files"]
        assert done["rows"] == to_json(first.books.rows)
        month = world.document(settings.output_bucket, keys.monthly_report(PARENT))
        assert month["rows"] == to_json(first.books.rows)
        assert month["reasons"] == {"bad_row": 1, "invalid_url": 1}
