"""The tasks of a run that only keeps covers, where they differ from those of other runs."""

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from msgspec.structs import replace

from collage_airflow.dag_run.identity import RunIdentity
from collage_airflow.dag_run.schedules import KEEPING
from collage_airflow.operators import extract as extract_task
from collage_airflow.operators.check import CheckOperator
from collage_airflow.operators.extract import ExtractOperator
from collage_airflow.operators.plan import PlanOperator
from collage_airflow.operators.reconcile import ReconcileOperator
from collage_airflow.preflight.refusal import RefusedError
from collage_core.aws.s3_store import S3Store
from collage_core.contract.books import Books, CreatorCounts, RowCounts
from collage_core.contract.csv_source import CsvSource
from collage_core.contract.receipt import CreatorResult, Outcome
from collage_core.contract.window import Window
from collage_core.layout import keys
from collage_core.run.estimate import MB_PER_VCPU, estimate
from collage_core.run.plan import replace_manifest
from collage_core.run.prices import DOLLARS_PER_PUT
from collage_core.storage.documents import to_document
from tests.support.airflow_aws import BUCKETS, SETTINGS
from tests.support.dag_runs import dag_run
from tests.support.failures import Where, failure
from tests.support.preflight import SQL
from tests.support.runs import run as a_run

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

NINE = datetime(2026, 10, 14, 9, tzinfo=UTC)
TEN = NINE + timedelta(hours=1)
DAG_RUN = dag_run(
    "scheduled",
    dag_id="keep_covers",
    logical_date=NINE,
    data_interval_start=NINE,
    data_interval_end=TEN,
    run_after=TEN,
)
RUN = RunIdentity.of(DAG_RUN, KEEPING)
CONTEXT: Any = {"dag_run": DAG_RUN, "params": {}, "prev_data_interval_end_success": NINE}


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> None:
    """A database without problems; the integration test has a real one."""
    monkeypatch.setattr("collage_airflow.operators.check.database_problems", lambda *_: iter(()))


def check() -> None:
    CheckOperator(task_id="check", sql=SQL, schedule=KEEPING).execute(CONTEXT)


@pytest.mark.usefixtures("database", "queue_url")
def test_it_needs_no_right_outside_of_the_temp_bucket(s3: "S3Client") -> None:
    for bucket in (SETTINGS.input_bucket, SETTINGS.output_bucket):
        s3.delete_bucket(Bucket=bucket)
    check()
    s3.delete_bucket(Bucket=SETTINGS.temp_bucket)
    with pytest.raises(RefusedError, match=rf"{SETTINGS.temp_bucket} \(TEMP_BUCKET\)"):
        check()


@failure(
    Where.AIRFLOW,
    fault="`keep_covers` runs while `KEEP_COVERS_DAYS` is 0",
    happens="nothing is read or sent",
    sees="`check` fails: `KEEP_COVERS_DAYS is 0, so this run would fetch covers and keep none`",
    fix="set `KEEP_COVERS_DAYS`, or pause the DAG",
)
@pytest.mark.usefixtures("database", "queue_url", "s3")
def test_a_run_that_would_keep_nothing_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEEP_COVERS_DAYS", "0")
    with pytest.raises(RefusedError, match="KEEP_COVERS_DAYS is 0, so this run would fetch"):
        check()
    monkeypatch.setenv("KEEP_COVERS_DAYS", "40")
    check()


class Connection:
    """Stands for the database, which the integration test has."""

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *_: object) -> None:
        return None


def test_an_hour_without_covers_is_one_query(
    s3: "S3Client", monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Window] = []

    def count(connection: object, sql: str, window: Window) -> int:
        del connection, sql
        asked.append(window)
        return 0

    monkeypatch.setattr(extract_task, "covers_connection", lambda *_, **__: Connection())
    monkeypatch.setattr(extract_task, "count_covers", count)
    task = ExtractOperator(task_id="extract", sql=SQL, schedule=KEEPING)
    with pytest.raises(AirflowSkipException, match="there is nothing to keep"):
        task.execute(CONTEXT)
    assert asked == [Window(NINE - timedelta(hours=1), TEN)]
    for bucket in BUCKETS:
        assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0, "no claim, no CSV, no manifest"


def planned(store: S3Store, *, failed: int = 0, reason: str = "http_403") -> None:
    """The run over four covers, of which some have failed, with all receipts."""
    manifest, receipts = a_run([{"ana": 3, "ben": 1}], run_id=RUN.run_id)
    manifest = replace(
        manifest,
        keep_only=True,
        run_timestamp=RUN.timestamp,
        source=CsvSource(SETTINGS.temp_bucket, RUN.csv_key, "e7a9"),
        window=Window(NINE, TEN),
    )
    replace_manifest(store, SETTINGS, manifest)
    rows = RowCounts(total=4, placed=4 - failed, failed=failed)
    outcome = Outcome.FAILED if failed == 4 else Outcome.PARTIAL if failed else Outcome.COMPLETE
    counts = CreatorCounts(total=1, **{outcome.value: 1})
    reasons = {reason: failed} if failed else {}
    receipt = replace(
        receipts[0],
        run_timestamp=RUN.timestamp,
        books=Books(rows, reasons, counts),
        results=[CreatorResult("ana", outcome, rows, reasons=reasons, objects={})],
    )
    key = keys.receipt(RUN.run_id, receipt.chunk_id)
    store.put(SETTINGS.temp_bucket, key, to_document(receipt), content_type="application/json")


def reconcile() -> dict[str, Any]:
    return ReconcileOperator(task_id="reconcile", run_id=RUN.run_id).execute({})


def test_it_is_closed_in_the_temp_bucket_and_its_note_counts_covers(s3: "S3Client") -> None:
    store = S3Store(s3)
    planned(store, failed=1)
    told = reconcile()
    assert told["note"].startswith(
        "2026-10-14 09:00 to 2026-10-14 10:00 UTC: 3 of 4 covers kept, 1 cover failed"
    )
    assert told["summary_key"] == keys.summary_of_keeping(RUN.run_id)
    assert told["results_key"] is None
    found = store.get(SETTINGS.temp_bucket, told["summary_key"])
    assert found is not None
    assert json.loads(found.body)["keep_only"] is True
    assert s3.list_objects_v2(Bucket=SETTINGS.output_bucket)["KeyCount"] == 0


def test_it_fails_if_covers_fail_for_another_reason_than_a_dead_url(s3: "S3Client") -> None:
    store = S3Store(s3)
    planned(store, failed=4, reason="http_403")
    assert "4 covers failed" in reconcile()["note"]
    planned(store, failed=4, reason="blocked_address")
    with pytest.raises(AirflowFailException, match="What could be kept is kept"):
        reconcile()
    assert store.head(SETTINGS.temp_bucket, keys.again(RUN.run_id)) is not None


def test_its_plan_prices_no_objects(s3: "S3Client") -> None:
    planned(S3Store(s3))
    PlanOperator(task_id="plan", run_id=RUN.run_id).execute({})
    found = S3Store(s3).get(SETTINGS.temp_bucket, keys.estimate(RUN.run_id))
    assert found is not None
    of_objects = estimate(
        rows=4, creators=2, chunks=1, covers_per_creator=35, downloads=8, concurrency=10,
        memory_mb=MB_PER_VCPU,
    ).dollars  # fmt: skip
    assert json.loads(found.body)["usd"] == pytest.approx(
        of_objects - 8 * DOLLARS_PER_PUT, abs=1e-6
    )
