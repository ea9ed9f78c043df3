"""The object store on S3, over a client that Airflow or Lambda creates.

No AWS library is imported: errors are caught by the client's own exception class. So the core does
not need boto3, and Airflow and Lambda share one way to read and write.
"""

from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import batched
from typing import TYPE_CHECKING, Any, override

from collage_core.aws.again import again_after_race
from collage_core.aws.s3_rights import DENIED, allow_it
from collage_core.errors import ConditionFailedError, RaceError, TransientError
from collage_core.storage.object_store import (
    BodyFile,
    ListedObject,
    ObjectHead,
    ObjectStore,
    StoredObject,
)

if TYPE_CHECKING:
    from botocore.exceptions import ClientError
    from mypy_boto3_s3 import S3Client

MISSING = {"404", "NoSuchKey", "NotFound"}
"""Error codes of S3 for an object that does not exist."""

CONDITION_FAILED = {"412", "PreconditionFailed"}
"""Error codes of S3 for an object that is not as a condition said."""

_RACE = {"409", "ConditionalRequestConflict", "OperationAborted"}
"""Error codes of S3 for two requests that met at one object: it asks to try again."""

_BEHIND_THE_END = {"416", "InvalidRange"}
"""Error codes of S3 for a range of which an object has no byte."""

_FIXES = {"NoSuchBucket": "create it, or set INPUT_BUCKET, OUTPUT_BUCKET and TEMP_BUCKET"}

_MOST_DELETED_AT_ONCE = 1000


class S3Error(TransientError):
    """S3 refused a request or did not do what it was asked to."""


@dataclass(frozen=True, slots=True)
class S3Store(ObjectStore):
    """Objects in S3, with the methods of `ObjectStore`; other errors of S3 become S3Error."""

    client: "S3Client"

    @override
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
        with self.naming_errors("read", bucket, key):
            try:
                answer = self.client.get_object(**wanted)
                return StoredObject(body=answer["Body"].read(), etag=answer["ETag"].strip('"'))
            except self.client.exceptions.ClientError as error:
                if error_code(error) in MISSING:
                    return None
                if error_code(error) in _BEHIND_THE_END:
                    return self._nothing_of(bucket, key, etag)
                raise

    def _nothing_of(self, bucket: str, key: str, etag: str | None) -> StoredObject | None:
        """What `get` answers for a range behind the end of an object: none of its bytes."""
        head = self.head(bucket, key)
        if head is not None and etag not in {None, head.etag}:
            raise ConditionFailedError(f"s3://{bucket}/{key} is another object now: read it again")
        return None if head is None else StoredObject(b"", head.etag)

    @override
    def put(
        self,
        bucket: str,
        key: str,
        body: bytes | BodyFile,
        *,
        content_type: str,
        metadata: Mapping[str, str] | None = None,
        if_absent: bool = False,
        if_etag: str | None = None,
        crc32: int | None = None,
    ) -> str:
        condition: dict[str, Any] = {}
        if if_absent:
            condition["IfNoneMatch"] = "*"
        if if_etag is not None:
            condition["IfMatch"] = f'"{if_etag}"'
        written: dict[str, Any] = {
            "Bucket": bucket,
            "Key": key,
            "Body": body,
            "ContentType": content_type,
            "Metadata": dict(metadata or {}),
        }
        if crc32 is not None:
            written["ChecksumCRC32"] = b64encode(crc32.to_bytes(4, "big")).decode()
        try:
            return again_after_race(lambda: self._put(written, condition))
        except RaceError as error:
            if not condition:
                raise
            # The caller looks again, as after any other condition that is not met.
            raise ConditionFailedError(
                f"s3://{bucket}/{key} is being written by another request: read it again"
            ) from error

    def _put(self, written: Mapping[str, Any], condition: Mapping[str, Any]) -> str:
        bucket, key, body = written["Bucket"], written["Key"], written["Body"]
        if not isinstance(body, bytes):
            body.seek(0)  # the try before may have read it
        with self.naming_errors("write", bucket, key):
            try:
                answer = self.client.put_object(**written, **condition)
            except self.client.exceptions.ClientError as error:
                # S3 answers IfMatch on an object that is gone as if the key were missing.
                if condition and error_code(error) in MISSING:
                    raise ConditionFailedError(
                        f"s3://{bucket}/{key} is gone: read it again, then decide again"
                    ) from error
                raise
        return answer["ETag"].strip('"')

    @override
    def list_keys(self, bucket: str, prefix: str) -> Iterator[str]:
        for key, _ in self.list_etags(bucket, prefix):
            yield key

    @override
    def list_etags(self, bucket: str, prefix: str) -> Iterator[tuple[str, str]]:
        for item in self.list_objects(bucket, prefix):
            yield item.key, item.etag

    @override
    def list_objects(self, bucket: str, prefix: str, *, after: str = "") -> Iterator[ListedObject]:
        beginning: dict[str, Any] = {"StartAfter": after} if after else {}
        with self.naming_errors("list", bucket, prefix):
            pages = self.client.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=bucket, Prefix=prefix, **beginning):
                for item in page.get("Contents", []):
                    yield ListedObject(
                        item["Key"], item["ETag"].strip('"'), item["Size"], item["LastModified"]
                    )

    @override
    def list_folders(self, bucket: str, prefix: str) -> Iterator[str]:
        with self.naming_errors("list", bucket, prefix):
            pages = self.client.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=bucket, Prefix=prefix, Delimiter="/"):
                for folder in page.get("CommonPrefixes", []):
                    yield folder["Prefix"].removeprefix(prefix).removesuffix("/")

    @override
    def head(self, bucket: str, key: str) -> ObjectHead | None:
        with self.naming_errors("read", bucket, key):
            try:
                answer = self.client.head_object(Bucket=bucket, Key=key)
            except self.client.exceptions.ClientError as error:
                if error_code(error) in MISSING:
                    return None
                raise
        return ObjectHead(
            etag=answer["ETag"].strip('"'),
            bytes=answer["ContentLength"],
            metadata=answer["Metadata"],
            written=answer["LastModified"],
        )

    @override
    def delete_as_seen(self, bucket: str, key: str, *, etag: str) -> None:
        with self.naming_errors("delete", bucket, key):
            try:
                self.client.delete_object(Bucket=bucket, Key=key, IfMatch=f'"{etag}"')
            except self.client.exceptions.ClientError as error:
                if error_code(error) not in MISSING:
                    raise

    @override
    def delete_keys(self, bucket: str, keys: Iterable[str]) -> None:
        """Raises S3Error that names the first object that S3 did not delete."""
        for some in batched(keys, _MOST_DELETED_AT_ONCE):
            with self.naming_errors("delete", bucket, some[0]):
                answer = self.client.delete_objects(
                    Bucket=bucket, Delete={"Objects": [{"Key": key} for key in some]}
                )
            # The request succeeds even if some objects are not deleted.
            for left in answer.get("Errors", []):
                key = left.get("Key", "")
                raise S3Error(_refusal("delete", bucket, key, "DeleteObjects", left))

    def check_bucket(self, bucket: str) -> None:
        """Raise S3Error unless the bucket exists and may be listed."""
        with self.naming_errors("list", bucket, ""):
            self.client.list_objects_v2(Bucket=bucket, MaxKeys=1)

    def keeps_versions(self, bucket: str) -> bool:
        """Whether what is deleted or replaced in the bucket may still be there as a version."""
        with self.naming_errors("read the versioning of", bucket, ""):
            answer = self.client.get_bucket_versioning(Bucket=bucket)
        # A bucket of which versioning is suspended has the versions from before.
        return "Status" in answer

    @contextmanager
    def naming_errors(self, verb: str, bucket: str, key: str) -> Iterator[None]:
        """Turn S3's errors, which name no object, into errors of ours, which do.

        They are ConditionFailedError, RaceError where S3 asks to try again, and S3Error.
        """
        try:
            yield
        except self.client.exceptions.ClientError as error:
            code = error_code(error)
            if code in CONDITION_FAILED:
                raise ConditionFailedError(
                    f"s3://{bucket}/{key} is another object than it was taken for: it was "
                    "written meanwhile"
                ) from error
            if code in _RACE:
                raise RaceError(
                    f"cannot {verb} s3://{bucket}/{key}: another request was changing it (S3 says "
                    f"{code}); try again"
                ) from error
            told = error.response.get("Error", {})
            raise S3Error(_refusal(verb, bucket, key, error.operation_name, told)) from error


def error_code(error: "ClientError") -> str:
    """AWS's code of an error, such as "NoSuchKey"."""
    return error.response.get("Error", {}).get("Code", "unknown")


def _refusal(verb: str, bucket: str, key: str, operation: str, error: Mapping[str, object]) -> str:
    code = str(error.get("Code", "unknown"))
    fix = _FIXES.get(code, "S3's documentation lists its error codes")
    if code in DENIED:
        fix = allow_it(operation, str(error.get("Message", "")))
    return f"cannot {verb} s3://{bucket}/{key}: S3 says {code}; {fix}"
