"""The core's object store on S3, and the moving of CSVs that only the worker does."""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

from collage_core.contract import CsvSource
from collage_core.errors import CollageError
from collage_core.object_store import StoreConflict, StoredObject

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_MISSING = {"404", "NoSuchKey", "NotFound"}
# 409: two conditional writes met; the loser is told to look again, as for 412.
_CONFLICT = {"412", "PreconditionFailed", "409", "ConditionalRequestConflict"}

_NOT_ALLOWED = "allow it in the policy of the worker's role"
_MENDS = {
    "403": _NOT_ALLOWED,  # a HEAD's answer has no body to say more
    "AccessDenied": _NOT_ALLOWED,
    "NoSuchBucket": "create it, or set INPUT_BUCKET, OUTPUT_BUCKET and TEMP_BUCKET",
}

# S3 copies up to 5 GB in one request; below that, one request keeps the object's metadata.
_COPY = TransferConfig(multipart_threshold=5 * 1000**3, multipart_chunksize=500 * 1000**2)
_READ_BYTES = 1024 * 1024


class S3Error(CollageError):
    """S3 refused a request or did not do what it was asked to."""


@dataclass(frozen=True, slots=True)
class ObjectHead:
    """What S3 tells of an object without sending it."""

    etag: str
    bytes: int
    metadata: Mapping[str, str]


class S3Store:
    """Implements `collage_core.object_store.ObjectStore`."""

    def __init__(self, client: "S3Client") -> None:
        self._client = client

    def get(
        self,
        bucket: str,
        key: str,
        *,
        byte_range: tuple[int, int] | None = None,
        etag: str | None = None,
    ) -> StoredObject | None:
        wanted: dict[str, Any] = {"Bucket": bucket, "Key": key}
        if byte_range is not None:
            wanted["Range"] = f"bytes={byte_range[0]}-{byte_range[1]}"
        if etag is not None:
            wanted["IfMatch"] = f'"{etag}"'
        with _naming("read", bucket, key):
            try:
                answer = self._client.get_object(**wanted)
                return StoredObject(body=answer["Body"].read(), etag=answer["ETag"].strip('"'))
            except ClientError as error:
                if _code(error) in _MISSING:
                    return None
                raise

    def put(  # noqa: PLR0913 - as in the protocol
        self,
        bucket: str,
        key: str,
        body: bytes,
        *,
        content_type: str,
        metadata: Mapping[str, str] | None = None,
        if_absent: bool = False,
        if_etag: str | None = None,
    ) -> str:
        condition: dict[str, Any] = {}
        if if_absent:
            condition["IfNoneMatch"] = "*"
        if if_etag is not None:
            condition["IfMatch"] = f'"{if_etag}"'
        with _naming("write", bucket, key):
            try:
                answer = self._client.put_object(
                    Bucket=bucket,
                    Key=key,
                    Body=body,
                    ContentType=content_type,
                    Metadata=dict(metadata or {}),
                    **condition,
                )
            except ClientError as error:
                if condition and _code(error) in _MISSING:
                    raise StoreConflict(
                        f"s3://{bucket}/{key} is gone: read it again, then decide anew"
                    ) from error
                raise
        return answer["ETag"].strip('"')

    def list_keys(self, bucket: str, prefix: str) -> Iterator[str]:
        with _naming("list", bucket, prefix):
            pages = self._client.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=bucket, Prefix=prefix):
                for item in page.get("Contents", []):
                    yield item["Key"]

    def exists(self, bucket: str, key: str) -> bool:
        return self.head(bucket, key) is not None

    def head(self, bucket: str, key: str) -> ObjectHead | None:
        """What is known of an object; None when there is none."""
        with _naming("read", bucket, key):
            try:
                answer = self._client.head_object(Bucket=bucket, Key=key)
            except ClientError as error:
                if _code(error) in _MISSING:
                    return None
                raise
        return ObjectHead(
            etag=answer["ETag"].strip('"'),
            bytes=answer["ContentLength"],
            metadata=answer["Metadata"],
        )

    def check_bucket(self, bucket: str) -> None:
        """Raise S3Error unless the bucket is there and may be listed."""
        with _naming("list", bucket, ""):
            self._client.list_objects_v2(Bucket=bucket, MaxKeys=1)

    def move(self, source: CsvSource, key: str) -> bool:
        """Move an object within its bucket: copy, read both back, delete.

        False when the source is gone, which is how another move leaves it. Raises
        StoreConflict when it has been replaced by another object, and S3Error, with the
        source still in place, when the copy is not its equal.
        """
        with _naming("move", source.bucket, source.key):
            try:
                self._copy_and_delete(source, key)
            except ClientError as error:
                if _code(error) in _MISSING:
                    return False
                raise
        return True

    def _copy_and_delete(self, source: CsvSource, key: str) -> None:
        bucket, if_match = source.bucket, f'"{source.etag}"'
        self._client.copy(
            {"Bucket": bucket, "Key": source.key},
            bucket,
            key,
            ExtraArgs={"CopySourceIfMatch": if_match},
            Config=_COPY,
        )
        # ETags and checksums of a multipart upload and its copy differ for equal bytes.
        if self._digest(bucket, source.key) != self._digest(bucket, key):
            raise S3Error(
                f"copy of s3://{bucket}/{source.key} at {key} has other bytes: "
                "the source was kept; run this again"
            )
        # The condition spares a file that was uploaded to the same key in this moment.
        self._client.delete_object(Bucket=bucket, Key=source.key, IfMatch=if_match)

    def _digest(self, bucket: str, key: str) -> bytes:
        digest = hashlib.sha256()
        body = self._client.get_object(Bucket=bucket, Key=key)["Body"]
        for block in body.iter_chunks(_READ_BYTES):
            digest.update(block)
        return digest.digest()


@contextmanager
def _naming(verb: str, bucket: str, key: str) -> Iterator[None]:
    """Turn S3's errors, which name no object, into ours, which do."""
    try:
        yield
    except ClientError as error:
        name, code = f"s3://{bucket}/{key}", _code(error)
        if code in _CONFLICT:
            raise StoreConflict(
                f"{name} is another object than it was taken for: it was written meanwhile"
            ) from error
        mend = _MENDS.get(code, "S3's documentation lists its error codes")
        raise S3Error(f"cannot {verb} {name}: S3 says {code}; {mend}") from error


def _code(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "unknown")
