"""What Airflow does with the rights of `deploy/policies/airflow.json`."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest

from collage_airflow.dag_run.identity import RunIdentity
from collage_airflow.dag_run.intake import take_in
from collage_airflow.dag_run.sources import AskedCsv
from collage_airflow.preflight import buckets as preflight
from collage_core.aws import dead_letters as of_queue
from collage_core.aws.chunk_invocations import ChunkInvocations
from collage_core.contract.csv_source import CsvSource
from collage_core.contract.trigger import Trigger
from collage_core.housekeeping.dead_letters import dead_letters
from collage_core.housekeeping.findings import Finding
from collage_core.housekeeping.lifecycles import lifecycle_drift
from collage_core.housekeeping.lost_uploads import submit_lost_uploads
from collage_core.housekeeping.merged_days import LEFT_FOR, merge_days
from collage_core.housekeeping.stale_parts import abort_stale_uploads
from collage_core.layout import keys
from collage_core.run.archive import archive
from collage_core.run.close import close_run
from collage_core.run.dispatch import dispatch
from collage_core.run.opened_collage import picture_problems
from collage_core.run.plan import RunCsv, plan_run, replace_manifest
from collage_core.run.plan_packs import plan_packs
from collage_core.run.recorded_run import RecordedRun
from collage_core.run.redrive import Redrive
from collage_core.run.run import Run
from collage_core.run.statistics import write_statistics
from collage_core.run.verify import verify
from collage_core.views.static_report import try_to_write_report
from tests.support.errands import needs
from tests.support.extracted_run import CSV, RUN_ID, SECOND, SPEC, extract
from tests.support.kept_packs import close_with
from tests.support.lambda_world import sqs_event
from tests.support.packs import kept
from tests.support.tried_rights import Here

NAME = "airflow"
UPLOAD = "manual-uploads/mine.csv"
OCTOBER_1 = date(2026, 10, 1)
LEFT = "left by somebody before"


def work(here: Here) -> None:
    """What the workers do."""
    for record in here.root.receive():
        here.root.invoke(sqs_event(record))


def lines(findings: Iterable[Finding]) -> list[str]:
    return [finding.line for finding in findings]


@needs(
    NAME,
    "ListAndSeeThatAnObjectIsMissing",
    "WriteCsvsAndMoveThemAway",
    "ArchiveCsvs",
    "WriteSummariesAndStatistics",
    "OpenASampleOfCollages",
    "WriteManifestsAndRemoveReceiptsOfReplacedPlans",
    "ReadPacksOfCovers",
    "WriteIndexesOfPacks",
    "SendChunkMessages",
)
def makes_the_collages_of_a_month(here: Here) -> Iterable[str]:
    run = extract(here.store, here.settings, here.root.covers.url)
    run = extract(
        here.store, here.settings, here.root.covers.url
    )  # again, as when the task is cleared
    plan_packs(run, today=OCTOBER_1)
    dispatch(run, here.queue)
    here.queue.depth()
    work(here)
    closed = close_run(run)
    try_to_write_report(run.store, run.settings, closed.summary)
    recorded = RecordedRun.open(here.store, here.settings, SECOND, RUN_ID)
    report = verify(recorded, look=picture_problems)
    archive(run)
    write_statistics(here.store, here.settings, SECOND)
    return [problem.what for problem in report.everything]


@needs(NAME, "RemoveWhatNoBooksName")
def removes_what_no_receipt_names(here: Here) -> None:
    """As of a plan that was replaced, and of an earlier record of the run."""
    run = extract(here.root.services.store, here.settings, here.root.covers.url)
    dispatch(run, here.root.services.queue)
    work(here)
    for key in (
        keys.collage("zoe", SECOND, Trigger.SQS),
        keys.thumbnail("zoe", SECOND),
        keys.metadata("zoe", SECOND),
        keys.recorded_manifest(SECOND, RUN_ID),
        keys.recorded_creators(SECOND, RUN_ID, 2),
    ):
        here.root.put(here.settings.output_bucket, key, LEFT)
    close_run(Run.open(here.store, here.settings, RUN_ID))


@needs(NAME, "ReadUploadsAndMoveThemAway")
def takes_in_a_csv_that_waits(here: Here) -> None:
    store, settings = here.store, here.settings
    here.root.put(settings.input_bucket, UPLOAD, here.root.csv({"ana": 1}))
    intake = take_in(store, settings, AskedCsv(UPLOAD, None), None)
    assert intake.origin is not None
    etag = store.put(settings.input_bucket, CSV, intake.csv.ordered, content_type="text/csv")
    csv = RunCsv(
        CsvSource(settings.input_bucket, CSV, etag), intake.csv.spans, origin=intake.origin
    )
    archive(plan_run(store, settings, SPEC, csv, keep=replace_manifest))


@needs(
    NAME,
    "ArchiveCsvs",
    "ReadUploadsAndMoveThemAway",
    "WriteCsvsAndMoveThemAway",
    "WriteIndexesOfPacks",
    "WriteManifestsAndRemoveReceiptsOfReplacedPlans",
    "WriteSummariesAndStatistics",
)
def checks_its_rights_before_a_run(here: Here) -> Iterator[str]:
    """The task `check`: it starts uploads and aborts them."""
    identity = RunIdentity(RUN_ID, SECOND, CSV)
    with pytest.MonkeyPatch.context() as patch:
        hook = SimpleNamespace(get_conn=lambda: here.store.client)
        patch.setattr(preflight, "s3_hook", lambda _: hook)
        for bucket in preflight.run_buckets(here.settings, identity, UPLOAD):
            yield from (
                problem.line for problem in preflight.bucket_problems("aws_default", *bucket)
            )


@needs(
    NAME,
    "FindUnfinishedUploadsAndDriftOfLifecycles",
    "WriteCsvsAndMoveThemAway",
    "ReadUploadsAndMoveThemAway",
    "ArchiveCsvs",
    "WriteSummariesAndStatistics",
    "WriteManifestsAndRemoveReceiptsOfReplacedPlans",
)
def aborts_unfinished_uploads(here: Here) -> Iterable[str]:
    settings = here.settings
    for bucket, folders in (
        (settings.input_bucket, keys.INPUT_FOLDERS),
        (settings.output_bucket, keys.REPORT_FOLDERS),
        (settings.temp_bucket, (keys.PROCESSING,)),
    ):
        for folder in folders:
            here.root.s3.create_multipart_upload(Bucket=bucket, Key=f"{folder}x")
    later = datetime.now(UTC) + timedelta(days=2)
    return lines(abort_stale_uploads(here.store, settings, begun_before=later))


@needs(NAME, "FindUnfinishedUploadsAndDriftOfLifecycles")
def looks_at_lifecycles(here: Here) -> Iterable[str]:
    return lines(lifecycle_drift(here.store, here.settings))


@needs(NAME, "ListAndSeeThatAnObjectIsMissing")
def looks_for_csvs_whose_event_was_lost(here: Here) -> Iterable[str]:
    later = datetime.now(UTC) + timedelta(days=2)
    return lines(submit_lost_uploads(here.store, here.settings, here.queue, now=later))


@needs(NAME, "MergePacksOfCovers", "RemovePacksThatWereMerged", "WriteIndexesOfPacks")
def merges_packs_and_removes_the_old_ones(here: Here) -> Iterable[str]:
    root, bucket = here.root.services.store, here.settings.temp_bucket
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    for number in range(3):
        covers = {("ana", number): b"a cover"}
        pack = kept(root, covers, run_id=f"keep-{number}", day=yesterday, bucket=bucket)
        close_with(root, [pack], bucket=bucket)
    now = datetime.now(UTC)
    for moment in (now, now + LEFT_FOR + timedelta(hours=1)):
        yield from lines(merge_days(here.store, here.settings, now=moment))


@needs(NAME, "SeeMessagesThatFailedAndTakeThemAway", "SendChunkMessages")
def redrives_messages_that_failed(here: Here) -> Iterable[str]:
    run = extract(here.root.services.store, here.settings, here.root.covers.url)
    dispatch(run, here.root.services.queue)
    (record,) = here.root.receive()
    for body in (record["body"], "rubbish, which is left and made visible again"):
        here.root.sqs.send_message(QueueUrl=here.dead.url, MessageBody=body)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(of_queue, "POLL_SECONDS", 0)
        Redrive(here.store, here.settings, here.dead, here.queue, None, dry_run=False).run()
    return lines(dead_letters(here.queue, here.settings))


@needs(NAME, "AskTheFunctionForItsSettingsAndInvokeItForChunks")
def sends_chunks_to_the_function_itself(here: Here) -> None:
    run = extract(here.root.services.store, here.settings, here.root.covers.url)
    name = here.settings.function_name
    dispatch(run, ChunkInvocations(here.functions, function=name, sleep=lambda _: None))
