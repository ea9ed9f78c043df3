"""The CSV's move out of the folder of work to do."""

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from airflow.sdk.exceptions import AirflowException

from collage_airflow import archive, multipart
from collage_airflow.archive import ArchiveOperator, move_csv
from collage_airflow.multipart import MultipartUpload
from collage_airflow.run_state import replace_manifest
from collage_core.contract import CsvSource
from collage_core.object_store import StoreConflict
from collage_core.s3_store import S3Store
from tests.dags.conftest import SETTINGS
from tests.support.runs import plan

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BUCKET = SETTINGS.input_bucket
KEY = "csv-files/2026/10/01/monthly_batch_20261001.csv"
TARGET = "archived/2026/processed_files/10/01/monthly_batch_20261001.csv"
PART = 5 * 1024 * 1024


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (multipart, archive):
        monkeypatch.setattr(module, "PART_BYTES", PART)


def extracted(client: "S3Client", data: bytes) -> CsvSource:
    """A CSV as extract leaves it."""
    with MultipartUpload(
        client, bucket=BUCKET, key=KEY, content_type="text/csv", metadata={"dispatch": "sqs"}
    ) as upload:
        upload.write(data)
    return CsvSource(BUCKET, KEY, upload.etag)


def present(client: "S3Client") -> list[str]:
    return [item["Key"] for item in client.list_objects_v2(Bucket=BUCKET).get("Contents", [])]


@pytest.mark.parametrize("size", [34, PART, 2 * PART + 7])
def test_a_csv_is_moved_with_every_byte_and_all_it_says_about_itself(
    s3: "S3Client", size: int
) -> None:
    source = extracted(s3, b"x" * size)
    assert move_csv(s3, source, TARGET) == size
    assert present(s3) == [TARGET]
    archived = s3.get_object(Bucket=BUCKET, Key=TARGET)
    assert archived["Body"].read() == b"x" * size
    assert archived["Metadata"] == {"dispatch": "sqs"}
    assert archived["ContentType"] == "text/csv"


def test_a_csv_that_was_moved_before_is_left_where_it_is(s3: "S3Client") -> None:
    source = extracted(s3, b"rows")
    move_csv(s3, source, TARGET)
    assert move_csv(s3, source, TARGET) == 4


def test_a_move_that_broke_off_before_the_delete_is_finished(s3: "S3Client") -> None:
    source = extracted(s3, b"rows")
    s3.put_object(Bucket=BUCKET, Key=TARGET, Body=b"rows")
    move_csv(s3, source, TARGET)
    assert present(s3) == [TARGET]


def test_a_csv_that_was_written_again_meanwhile_is_not_touched(s3: "S3Client") -> None:
    source = extracted(s3, b"rows")
    extracted(s3, b"other rows")
    with pytest.raises(StoreConflict, match="somebody wrote it again"):
        move_csv(s3, source, TARGET)
    assert present(s3) == [KEY]


def test_a_csv_that_is_nowhere_is_an_error(s3: "S3Client") -> None:
    with pytest.raises(AirflowException, match="run extract again"):
        move_csv(s3, CsvSource(BUCKET, KEY, "abc"), TARGET)


@pytest.mark.parametrize("damaged", [b"row", b"rowz"], ids=["shorter", "another byte"])
def test_the_original_stays_when_the_copy_differs(
    s3: "S3Client", monkeypatch: pytest.MonkeyPatch, damaged: bytes
) -> None:
    source = extracted(s3, b"rows")
    monkeypatch.setattr(
        archive, "_copy", lambda *_: s3.put_object(Bucket=BUCKET, Key=TARGET, Body=damaged)
    )
    with pytest.raises(AirflowException, match="the original was kept"):
        move_csv(s3, source, TARGET)
    assert KEY in present(s3)


def test_the_task_archives_the_csv_of_its_run(s3: "S3Client") -> None:
    manifest = replace(plan([{"ana": 1}]), source=extracted(s3, b"rows"))
    replace_manifest(S3Store(s3), SETTINGS, manifest)
    operator = ArchiveOperator(task_id="archive", run_id=manifest.run_id)
    assert operator.execute({}) == TARGET
    assert operator.execute({}) == TARGET
    assert present(s3) == [TARGET]
