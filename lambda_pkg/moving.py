"""Moving an uploaded CSV within its bucket: S3 has no move, so copy, compare, delete."""

import hashlib

from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

from collage_core.contract import CsvSource
from collage_core.s3_store import MISSING, S3Error, S3Store, error_code

# S3 copies up to 5 GB in one request; below that, one request keeps the object's metadata.
_COPY = TransferConfig(multipart_threshold=5 * 1000**3, multipart_chunksize=500 * 1000**2)
_READ_BYTES = 1024 * 1024


def move(store: S3Store, source: CsvSource, key: str) -> bool:
    """Move an object to `key` of its bucket: copy, read both back, delete.

    False when the source is gone, which is how another move leaves it. Raises
    StoreConflict when it has been replaced by another object, and S3Error, with the
    source still in place, when the copy is not its equal.
    """
    with store.naming_errors("move", source.bucket, source.key):
        try:
            _copy_and_delete(store, source, key)
        except ClientError as error:
            if error_code(error) in MISSING:
                return False
            raise
    return True


def _copy_and_delete(store: S3Store, source: CsvSource, key: str) -> None:
    bucket, if_match = source.bucket, f'"{source.etag}"'
    store.client.copy(
        {"Bucket": bucket, "Key": source.key},
        bucket,
        key,
        ExtraArgs={"CopySourceIfMatch": if_match},
        Config=_COPY,
    )
    # ETags and checksums of a multipart upload and its copy differ for equal bytes.
    if _digest(store, bucket, source.key) != _digest(store, bucket, key):
        raise S3Error(
            f"copy of s3://{bucket}/{source.key} at {key} has other bytes: "
            "the source was kept; run this again"
        )
    # The condition spares a file that was uploaded to the same key in this moment.
    store.client.delete_object(Bucket=bucket, Key=source.key, IfMatch=if_match)


def _digest(store: S3Store, bucket: str, key: str) -> bytes:
    digest = hashlib.sha256()
    body = store.client.get_object(Bucket=bucket, Key=key)["Body"]
    for block in body.iter_chunks(_READ_BYTES):
        digest.update(block)
    return digest.digest()
