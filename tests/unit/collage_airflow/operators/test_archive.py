"""The task that moves a run's CSV; how a CSV is moved is tested with the core."""

from typing import TYPE_CHECKING

import pytest
from airflow.sdk.exceptions import AirflowFailException
from msgspec.structs import replace

from collage_airflow.operators.archive import ArchiveOperator
from collage_core.aws.multipart import MultipartUpload
from collage_core.aws.s3_store import S3Store
from collage_core.contract.csv_source import CsvSource
from collage_core.contract.manifest import Manifest
from collage_core.errors import SourceChangedError
from collage_core.run.plan import replace_manifest
from tests.support.airflow_aws import SETTINGS
from tests.support.runs import plan

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BUCKET = SETTINGS.input_bucket
KEY = "csv-files/2026/10/01/monthly_batch_20261001.csv"
TARGET = "archived/2026/processed_files/10/01/monthly_batch_20261001.csv"


def extract(client: "S3Client", data: bytes) -> Manifest:
    """A CSV and its manifest, as extract leaves them."""
    with MultipartUpload(
        client, bucket=BUCKET, key=KEY, content_type="text/csv", metadata={"dispatch": "sqs"}
    ) as upload:
        upload.write(data)
    manifest = replace(plan([{"ana": 1}]), source=CsvSource(BUCKET, KEY, upload.etag))
    replace_manifest(S3Store(client), SETTINGS, manifest)
    return manifest


def archive(manifest: Manifest) -> str:
    return ArchiveOperator(task_id="archive", run_id=manifest.run_id).execute({})


def present(client: "S3Client") -> list[str]:
    return [item["Key"] for item in client.list_objects_v2(Bucket=BUCKET).get("Contents", [])]


def test_the_csv_of_a_run_is_archived_and_stays_so_when_the_task_runs_again(
    s3: "S3Client",
) -> None:
    manifest = extract(s3, b"rows")
    assert archive(manifest) == TARGET
    assert archive(manifest) == TARGET
    assert present(s3) == [TARGET]


def test_a_csv_that_was_written_again_meanwhile_is_left_where_it_is(s3: "S3Client") -> None:
    manifest = extract(s3, b"rows")
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=b"other rows")
    with pytest.raises(SourceChangedError, match=f"{KEY} .*: clear extract"):
        archive(manifest)
    assert present(s3) == [KEY]


def test_a_missing_csv_fails_without_a_retry(s3: "S3Client") -> None:
    manifest = extract(s3, b"rows")
    s3.delete_object(Bucket=BUCKET, Key=KEY)
    with pytest.raises(AirflowFailException, match="clear extract"):
        archive(manifest)
