"""What extract does before it asks the database: the integration tests have real ones."""

from typing import TYPE_CHECKING, Any

import pytest
from airflow.sdk.exceptions import AirflowNotFoundException
from msgspec.structs import replace

from collage_airflow.dag_run.identity import RunIdentity
from collage_airflow.dag_run.schedules import MONTHLY
from collage_airflow.operators.archive import ArchiveOperator
from collage_airflow.operators.dispatch import DispatchOperator
from collage_airflow.operators.extract import ExtractOperator
from collage_airflow.operators.reconcile import ReconcileOperator
from collage_core.aws.s3_store import S3Store
from collage_core.contract.csv_source import CsvSource
from collage_core.contract.manifest import Manifest
from collage_core.errors import MessageError, RunConflictError
from collage_core.layout import keys
from collage_core.run.claims import check_second, claim_second
from collage_core.run.plan import replace_manifest
from collage_core.storage.documents import to_document
from tests.support.airflow_aws import BUCKETS, SETTINGS
from tests.support.dag_runs import dag_run
from tests.support.runs import receipt, run
from tests.support.watched_run import context

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

DAG_RUN = dag_run("scheduled")
RUN = RunIdentity.of(DAG_RUN, MONTHLY)
CREATORS = [{"ana": 3}, {"ben": 2, "cem": 1}]


@pytest.fixture
def store(s3: "S3Client") -> S3Store:
    return S3Store(s3)


@pytest.fixture
def manifest(store: S3Store) -> Manifest:
    """A run whose every chunk has its receipt, before it is archived."""
    etag = store.put(SETTINGS.input_bucket, RUN.csv_key, b"rows", content_type="text/csv")
    planned, _ = run(CREATORS, run_id=RUN.run_id)
    manifest = replace(planned, source=CsvSource(SETTINGS.input_bucket, RUN.csv_key, etag))
    replace_manifest(store, SETTINGS, manifest)
    for chunk, creators in zip(manifest.chunks, CREATORS, strict=True):
        store.put(
            SETTINGS.temp_bucket,
            keys.receipt(RUN.run_id, chunk.chunk_id),
            to_document(receipt(manifest, chunk, creators)),
            content_type="application/json",
        )
    return manifest


def extract() -> dict[str, Any]:
    """Without a database: its connection is not defined."""
    context: Any = {"dag_run": DAG_RUN, "params": {}}
    return ExtractOperator(task_id="extract", sql="SELECT 1", schedule=MONTHLY).execute(context)


def close() -> None:
    for task in (ReconcileOperator, ArchiveOperator):
        task(task_id="close", run_id=RUN.run_id).execute({})


def everything(store: S3Store) -> dict[str, bytes]:
    found = {
        (bucket, key): store.get(bucket, key)
        for bucket in BUCKETS
        for key in store.list_keys(bucket, "")
    }
    return {f"{bucket}/{key}": item.body for (bucket, key), item in found.items() if item}


def test_a_run_whose_second_another_one_has_is_refused_before_anything_is_read(
    store: S3Store,
) -> None:
    claim_second(store, SETTINGS, RUN.timestamp, run_id="other")
    with pytest.raises(RunConflictError, match="20261001_000000 is already taken by run other"):
        extract()


def test_a_run_has_its_second_before_anything_is_read(store: S3Store) -> None:
    with pytest.raises(AirflowNotFoundException):
        extract()
    with pytest.raises(RunConflictError, match=f"is already taken by run {RUN.run_id}"):
        check_second(store, SETTINGS, RUN.timestamp, run_id="other")


@pytest.mark.usefixtures("manifest")
def test_a_run_that_is_not_archived_yet_is_read_again() -> None:
    with pytest.raises(AirflowNotFoundException):
        extract()


def test_a_finished_run_that_is_cleared_from_extract_reads_and_changes_nothing(
    store: S3Store, manifest: Manifest, queue_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    del queue_url  # dispatch asks for it
    claim_second(store, SETTINGS, RUN.timestamp, run_id=RUN.run_id)
    close()
    before = everything(store)
    result = extract()
    assert result == {
        "run_id": RUN.run_id,
        "window": None,
        "csv_key": RUN.csv_key,
        "rows": manifest.rows,
        "creators": manifest.creators,
        "chunks": 2,
    }
    assert "is finished" in (log := capsys.readouterr().out)
    assert "Trigger a new run over the same window" in log
    dispatched = DispatchOperator(task_id="dispatch", run_id=RUN.run_id).execute(context())
    assert dispatched == {"sent": 0, "done_before": 2}
    close()
    assert everything(store) == before


@pytest.mark.usefixtures("manifest")
def test_a_finished_run_whose_manifest_has_expired_is_refused(store: S3Store) -> None:
    close()
    store.delete_keys(SETTINGS.temp_bucket, store.list_keys(SETTINGS.temp_bucket, ""))
    with pytest.raises(MessageError, match="trigger a new run with the same window"):
        extract()
