"""The archive task: the processed CSV moves out of `csv-files/`, without ever being nowhere.

S3 has no move. The copy is made in the very parts that the CSV was uploaded in, so that S3
gives it the same checksum of checksums and the same ETag; only then is the original deleted.
Copying part by part also has no limit at 5 GB.
"""

from typing import TYPE_CHECKING, override

from airflow.sdk.exceptions import AirflowException

from collage_airflow.aws import s3_client
from collage_airflow.multipart import CHECKSUM, PART_BYTES
from collage_airflow.run_operator import RunOperator
from collage_airflow.settings import read_settings
from collage_core import keys
from collage_core.contract import CsvSource
from collage_core.object_store import StoreConflict
from collage_core.publish import require_manifest
from collage_core.s3_store import S3Store

if TYPE_CHECKING:
    from airflow.sdk import Context
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import HeadObjectOutputTypeDef


class ArchiveOperator(RunOperator):
    """Moves the run's CSV to `archived/YYYY/processed_files/`; done before, it does nothing."""

    @override
    def execute(self, context: "Context") -> str:
        settings, client = read_settings(), s3_client(self.aws_conn_id)
        manifest = require_manifest(S3Store(client), settings, self.run_id)
        target = keys.archived_csv(manifest.source.key, manifest.run_timestamp)
        size = move_csv(client, manifest.source, target)
        self.log.info("✓ Archived %s bytes at s3://%s/%s", size, manifest.source.bucket, target)
        return target


def move_csv(client: "S3Client", source: CsvSource, target: str) -> int:
    """Move a CSV that was uploaded in parts of PART_BYTES within its bucket; its size in bytes.

    Raises StoreConflict when the CSV was written again since the run read it, and
    AirflowException when it is nowhere or the copy differs; nothing is deleted then.
    """
    original = _head(client, source.bucket, source.key)
    if original is None:
        archived = _head(client, source.bucket, target)
        if archived is None:
            raise AirflowException(
                f"s3://{source.bucket}/{source.key} is gone and {target} is not there either: "
                "run extract again"
            )
        return archived["ContentLength"]
    if original["ETag"].strip('"') != source.etag:
        raise StoreConflict(
            f"s3://{source.bucket}/{source.key} has ETag {original['ETag']}, but the run worked "
            f"on {source.etag}: somebody wrote it again; run extract again"
        )
    _copy(client, source, target, original)
    archived = _head(client, source.bucket, target)
    if archived is None or not _is_same(original, archived):
        raise AirflowException(
            f"the copy of s3://{source.bucket}/{source.key} at {target} differs from it: "
            "the original was kept; run archive again"
        )
    client.delete_object(Bucket=source.bucket, Key=source.key)
    return original["ContentLength"]


def _copy(
    client: "S3Client", source: CsvSource, target: str, original: "HeadObjectOutputTypeDef"
) -> None:
    from boto3.s3.transfer import TransferConfig

    client.copy(
        {"Bucket": source.bucket, "Key": source.key},
        source.bucket,
        target,
        ExtraArgs={
            "CopySourceIfMatch": original["ETag"],
            "ChecksumAlgorithm": CHECKSUM,
            "ContentType": original["ContentType"],
            "Metadata": original["Metadata"],
            "MetadataDirective": "REPLACE",
        },
        Config=TransferConfig(multipart_threshold=1, multipart_chunksize=PART_BYTES),
    )


def _is_same(original: "HeadObjectOutputTypeDef", archived: "HeadObjectOutputTypeDef") -> bool:
    if original["ContentLength"] != archived["ContentLength"]:
        return False
    checksums = original.get("ChecksumSHA256"), archived.get("ChecksumSHA256")
    # Encrypted with a KMS key, an object's ETag says nothing about its bytes; a store that
    # only speaks S3's language may not keep checksums of copied parts. One of the two is there.
    return checksums[0] == checksums[1] if all(checksums) else original["ETag"] == archived["ETag"]


def _head(client: "S3Client", bucket: str, key: str) -> "HeadObjectOutputTypeDef | None":
    try:
        return client.head_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED")
    except client.exceptions.ClientError as error:
        if error.response.get("Error", {}).get("Code") in ("404", "NoSuchKey"):
            return None
        raise
