"""From the receipts of a run to its summary and statistics."""

import json
from collections import defaultdict
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from airflow.sdk.exceptions import AirflowFailException
from msgspec.structs import replace

from collage_airflow.assets import SUMMARIES
from collage_airflow.dag_run.identity import RunIdentity
from collage_airflow.dag_run.schedules import MONTHLY
from collage_airflow.operators.plan import PlanOperator
from collage_airflow.operators.publish import PublishOperator
from collage_airflow.operators.reconcile import ReconcileOperator
from collage_core.aws.s3_store import S3Store
from collage_core.contract.books import RowCounts
from collage_core.contract.document import to_json
from collage_core.contract.manifest import Manifest
from collage_core.contract.receipt import Receipt
from collage_core.contract.selection import Selection
from collage_core.contract.window import Window
from collage_core.errors import BooksError, MessageError
from collage_core.layout import keys
from collage_core.run.plan import replace_manifest
from collage_core.run.summaries import write_summary
from collage_core.storage.documents import to_document
from tests.support.airflow_aws import SETTINGS
from tests.support.dag_runs import NOVEMBER_1, OCTOBER_1, dag_run
from tests.support.failures import Where, failure
from tests.support.runs import SOURCE, run, summary

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

DAG_RUN = dag_run("scheduled")
RUN_ID = RunIdentity.of(DAG_RUN, MONTHLY).run_id
MANIFEST, RECEIPTS = run([{"ana": 3}, {"ben": 2, "cem": 1}], run_id=RUN_ID)


@pytest.fixture
def store(s3: "S3Client") -> S3Store:
    return S3Store(s3)


def write(store: S3Store, manifest: Manifest, receipts: list[Receipt]) -> None:
    replace_manifest(store, SETTINGS, manifest)
    for receipt in receipts:
        store.put(
            SETTINGS.temp_bucket,
            keys.receipt(receipt.run_id, receipt.chunk_id),
            to_document(receipt),
            content_type="application/json",
        )


def read(store: S3Store, key: str) -> Any:
    found = store.get(SETTINGS.output_bucket, key)
    assert found is not None
    return json.loads(found.body)


def publish(remembered: dict[str, Any] | None = None) -> dict[Any, Any]:
    """Run the task and return the asset events that it leaves."""
    events: dict[Any, Any] = defaultdict(SimpleNamespace)
    context: Any = {"outlet_events": events, "dag_run": DAG_RUN}
    if remembered is not None:
        store = SimpleNamespace(get=remembered.get, set=remembered.__setitem__)
        context["task_state_store"] = store
    task = PublishOperator(task_id="publish", schedule=MONTHLY, outlets=[SUMMARIES])
    task.execute(context)
    # Airflow makes one for each outlet that the task has left.
    return {asset: events[asset] for asset in task.outlets}


def test_a_plan_counts_the_run_and_says_what_it_will_cost(store: S3Store) -> None:
    write(store, MANIFEST, [])
    planned = PlanOperator(task_id="plan", run_id=MANIFEST.run_id).execute({})
    assert (planned["rows"], planned["creators"], planned["chunks"]) == (6, 3, 2)
    assert planned["estimated_seconds"] > 0
    assert planned["packs"] == 0
    assert planned["estimated_keeping_dollars"] > 0


def test_a_plan_says_what_is_left_of_a_run_that_is_planned_again(store: S3Store) -> None:
    write(store, MANIFEST, [])
    whole = PlanOperator(task_id="plan", run_id=MANIFEST.run_id).execute({})
    assert whole["chunks_to_do"] == 2
    total = whole["estimated_dollars"] + whole["estimated_keeping_dollars"]
    assert whole["dollars_to_do"] == pytest.approx(total, abs=0.00011)
    assert whole["seconds_to_do"] == whole["estimated_seconds"]
    write(store, MANIFEST, RECEIPTS)
    done = PlanOperator(task_id="plan", run_id=MANIFEST.run_id).execute({})
    assert (done["chunks_to_do"], done["dollars_to_do"], done["seconds_to_do"]) == (0, 0, 0)
    assert done["estimated_dollars"] == whole["estimated_dollars"]


def test_a_run_that_was_never_extracted_says_so(store: S3Store) -> None:
    del store
    with pytest.raises(MessageError, match=r"processing/nobody/manifest\.json is not in bucket"):
        PlanOperator(task_id="plan", run_id="nobody").execute({})


def test_the_books_of_a_run_end_in_its_summary_and_in_the_statistics(store: S3Store) -> None:
    write(store, MANIFEST, RECEIPTS)
    closed = ReconcileOperator(task_id="reconcile", run_id=MANIFEST.run_id).execute({})
    events = publish()

    assert closed["status"] == "complete"
    written = read(store, closed["summary_key"])
    page = store.get(SETTINGS.output_bucket, closed["report_key"])
    assert page is not None
    assert all(name.encode() in page.body for name in ("ana", "ben", "cem"))
    assert written["rows"]["total"] == closed["rows"]["placed"] == 6
    report = read(store, keys.monthly_report(MANIFEST.run_timestamp))
    assert report["rows"] == written["rows"]
    assert events[SUMMARIES].extra == {
        "schema_version": 1,
        "run_id": MANIFEST.run_id,
        "run_timestamp": "20261001_000000",
        "window": None,
        "selection": None,
        "parent": None,
        "status": "complete",
        "rows": written["rows"],
        "creators": written["creators"],
        "output_bucket": SETTINGS.output_bucket,
        "summary_key": closed["summary_key"],
        "results_key": closed["results_key"],
        "collages_prefix": "collages/2026/10/01/sqs-trigger/",
        "input_bucket": SETTINGS.input_bucket,
        "csv_key": "archived/2026/processed_files/10/01/monthly_batch_20261001.csv",
    }


def test_the_event_of_a_trial_over_an_upload_says_so_and_names_the_csv_that_was_archived(
    store: S3Store,
) -> None:
    upload = replace(SOURCE, key="manual-uploads/mine.csv")
    for selection, archived in (
        (Selection(limit=1), "10/01/monthly_batch_20261001.csv"),
        (None, "manual-uploads/mine_20261001_000000.csv"),
    ):
        write(store, replace(MANIFEST, origin=upload, selection=selection), RECEIPTS)
        ReconcileOperator(task_id="reconcile", run_id=MANIFEST.run_id).execute({})
        if selection is None:  # `archive` moves the upload of a run over all of it
            store.client.put_object(
                Bucket=upload.bucket,
                Key=f"archived/2026/processed_files/{archived}",
                Metadata={"moved-from-etag": upload.etag},
            )
        extra = publish()[SUMMARIES].extra
        assert extra["csv_key"] == f"archived/2026/processed_files/{archived}"
        assert extra["selection"] == (to_json(selection) if selection else None)


def test_a_run_whose_covers_were_all_blocked_says_so(
    store: S3Store, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAIL_ABOVE_PERCENT", "100")
    receipts = [
        replace(
            receipt,
            books=replace(
                receipt.books,
                rows=RowCounts(total=receipt.books.rows.total, failed=receipt.books.rows.total),
                reasons={"blocked_address": receipt.books.rows.total},
            ),
        )
        for receipt in RECEIPTS
    ]
    for written, said in ((receipts, 1), ([receipts[0], RECEIPTS[1]], 0)):
        capsys.readouterr()
        write(store, MANIFEST, written)
        ReconcileOperator(task_id="reconcile", run_id=MANIFEST.run_id).execute({})
        line = f"Every cover of run {MANIFEST.run_id} ended as blocked_address"
        assert capsys.readouterr().out.count(line) == said


@pytest.mark.parametrize(
    ("is_archived", "csv"),
    [
        (True, "manual-uploads/october_20261101_040000.csv"),
        # After a trial, or when another file took its place: its rows are in the run's own CSV.
        (False, "11/01/cover_urls_20261101_040000.csv"),
    ],
)
def test_a_dag_without_a_schedule_publishes_the_run_of_the_second_it_was_due_in(
    store: S3Store, is_archived: bool, csv: str
) -> None:
    by_hand = dag_run("manual", interval=False)
    due = RunIdentity.of(by_hand, None)
    manifest, receipts = run([{"ana": 1}], run_id=due.run_id, timestamp=due.timestamp)
    upload = replace(SOURCE, key="manual-uploads/october.csv")
    window = Window(OCTOBER_1, NOVEMBER_1)
    write(store, replace(manifest, origin=upload, window=window), receipts)
    if is_archived:
        store.put(
            upload.bucket,
            keys.archived_upload(upload.key, due.timestamp),
            b"rows",
            content_type="text/csv",
            metadata={"moved-from-etag": upload.etag},
        )
    ReconcileOperator(task_id="reconcile", run_id=due.run_id).execute({})
    events: dict[Any, Any] = defaultdict(SimpleNamespace)
    task = PublishOperator(task_id="publish", outlets=[SUMMARIES])
    task.execute({"dag_run": by_hand, "outlet_events": events})
    event = events[SUMMARIES].extra
    assert (event["run_id"], event["run_timestamp"]) == (due.run_id, "20261101_040000")
    assert event["window"] == {"start": "2026-10-01T00:00:00Z", "end": "2026-11-01T00:00:00Z"}
    assert event["csv_key"] == f"archived/2026/processed_files/{csv}"
    assert json.loads(json.dumps(event)) == event


def test_a_run_without_a_summary_makes_no_asset_event(store: S3Store) -> None:
    write(store, MANIFEST, RECEIPTS)
    assert publish() == {}


def test_the_event_of_a_csv_from_a_message_has_no_csv(store: S3Store) -> None:
    ordered = replace(SOURCE, bucket=SETTINGS.temp_bucket, key=keys.ordered_csv(RUN_ID))
    receipts = [replace(receipt, source=ordered) for receipt in RECEIPTS]
    write(store, replace(MANIFEST, source=ordered), receipts)
    ReconcileOperator(task_id="reconcile", run_id=RUN_ID).execute({})
    assert publish()[SUMMARIES].extra["csv_key"] is None


def test_the_event_has_the_key_of_a_summary_beside_that_of_another_run(store: S3Store) -> None:
    write_summary(store, SETTINGS, summary("another", str(MANIFEST.run_timestamp)))
    write(store, MANIFEST, RECEIPTS)
    closed = ReconcileOperator(task_id="reconcile", run_id=RUN_ID).execute({})
    assert RUN_ID in closed["summary_key"]
    assert publish()[SUMMARIES].extra["summary_key"] == closed["summary_key"]


def test_the_cost_of_a_run_is_that_of_the_functions_memory(store: S3Store) -> None:
    write(store, MANIFEST, RECEIPTS)
    costs = []
    for memory_mb in (1769, 3538):
        task = ReconcileOperator(task_id="reconcile", run_id=RUN_ID, memory_mb=memory_mb)
        costs.append(read(store, task.execute({})["summary_key"])["figures"]["cost"])
    assert costs[1]["counted_usd"] > costs[0]["counted_usd"] > 0
    assert costs[0]["planned_usd"] > 0


def test_closing_a_run_twice_changes_nothing(store: S3Store) -> None:
    def close() -> list[bytes]:
        ReconcileOperator(task_id="reconcile", run_id=MANIFEST.run_id).execute({})
        publish()
        bucket = SETTINGS.output_bucket
        found = [store.get(bucket, key) for key in store.list_keys(bucket, "")]
        return [item.body for item in found if item]

    write(store, MANIFEST, RECEIPTS)
    assert close() == close()


def test_a_run_without_covers_is_closed_as_empty(store: S3Store) -> None:
    write(store, *run([], run_id=RUN_ID))
    closed = ReconcileOperator(task_id="reconcile", run_id=MANIFEST.run_id).execute({})
    publish()
    assert closed["status"] == "empty"


def test_a_run_without_covers_makes_no_asset_event_until_it_has_some(store: S3Store) -> None:
    remembered: dict[str, Any] = {}
    write(store, *run([], run_id=RUN_ID))
    ReconcileOperator(task_id="reconcile", run_id=RUN_ID).execute({})
    assert publish(remembered) == {}
    write(store, MANIFEST, RECEIPTS)
    ReconcileOperator(task_id="reconcile", run_id=RUN_ID).execute({})
    assert list(publish(remembered)) == [SUMMARIES]


def test_a_cleared_run_with_the_same_books_makes_no_second_asset_event(
    store: S3Store,
) -> None:
    remembered: dict[str, Any] = {}
    write(store, MANIFEST, RECEIPTS)
    ReconcileOperator(task_id="reconcile", run_id=RUN_ID).execute({})
    assert list(publish(remembered)) == [SUMMARIES]
    ReconcileOperator(task_id="reconcile", run_id=RUN_ID).execute({})
    assert publish(remembered) == {}
    assert publish(remembered) == {}
    write(store, *run([{"ana": 4}], run_id=RUN_ID))
    ReconcileOperator(task_id="reconcile", run_id=RUN_ID).execute({})
    assert list(publish(remembered)) == [SUMMARIES]


@failure(
    Where.DOCUMENTS,
    fault="The temp bucket has expired when a run is published again",
    happens="The statistics are made of the summaries, which are kept for good",
    sees="nothing",
    fix="nothing",
)
def test_statistics_are_published_again_when_the_temp_bucket_has_expired(store: S3Store) -> None:
    write(store, MANIFEST, RECEIPTS)
    ReconcileOperator(task_id="reconcile", run_id=RUN_ID).execute({})
    first = publish()
    report = read(store, keys.monthly_report(MANIFEST.run_timestamp))
    store.delete_keys(SETTINGS.temp_bucket, store.list_keys(SETTINGS.temp_bucket, ""))
    store.delete_keys(SETTINGS.output_bucket, [keys.monthly_report(MANIFEST.run_timestamp)])
    assert publish() == first
    assert read(store, keys.monthly_report(MANIFEST.run_timestamp)) == report


def with_failed(receipt: Receipt, failed: int) -> Receipt:
    """The receipt with so many of its placed covers failed instead."""
    rows = receipt.books.rows
    changed = replace(rows, placed=rows.placed - failed, failed=failed)
    books = replace(receipt.books, rows=changed, reasons={"http_403": failed})
    return replace(receipt, books=books)


def test_a_run_of_which_too_many_covers_failed_is_written_and_fails(
    store: S3Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = RECEIPTS
    write(store, MANIFEST, [with_failed(first, 3), with_failed(second, 1)])
    task = ReconcileOperator(task_id="reconcile", run_id=RUN_ID)
    with pytest.raises(AirflowFailException) as failed:
        task.execute({})
    said = str(failed.value)
    assert "4 of 6 covers (67%)" in said
    assert "4 http_403" in said
    assert "raise FAIL_ABOVE_PERCENT and clear reconcile" in said
    assert "clear dispatch" in said
    summary_key = keys.processing_summary(MANIFEST.run_timestamp)
    assert read(store, summary_key)["rows"]["failed"] == 4
    again = store.get(SETTINGS.temp_bucket, keys.again(RUN_ID))
    assert again is not None
    noted = [chunk["chunk_id"] for chunk in json.loads(again.body)["chunks"]]
    assert noted == [first.chunk_id]

    monkeypatch.setenv("FAIL_ABOVE_PERCENT", "70")
    assert "4 of 6 covers (67%) failed" in task.execute({})["note"]
    assert store.get(SETTINGS.temp_bucket, keys.again(RUN_ID)) is None


def test_a_run_with_a_receipt_missing_is_not_closed(store: S3Store) -> None:
    write(store, MANIFEST, RECEIPTS[:1])
    with pytest.raises(BooksError, match="no receipt of 1 of its 2 chunks"):
        ReconcileOperator(task_id="reconcile", run_id=MANIFEST.run_id).execute({})
    assert list(store.list_keys(SETTINGS.output_bucket, "")) == []
