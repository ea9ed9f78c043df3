"""Finds out which rights on a bucket are missing, by trying them without changing anything.

It asks for objects that do not exist, aborts its uploads, and deletes only under a condition that
no object can meet.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from collage_core.aws.s3_rights import DENIED, RIGHTS
from collage_core.aws.s3_store import MISSING, error_code

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# With the right, the answer is one of these: the object is missing, or the condition is not met.
_ALLOWED = {*MISSING, "412", "PreconditionFailed"}

_NO_ETAG = '"0"'


@dataclass(frozen=True, slots=True)
class Use:
    """A key that a run lists and reads. Rights may depend on the prefix: one key each."""

    key: str
    deletes: bool = False
    writes: bool = True


def missing_rights(client: "S3Client", bucket: str, use: Use) -> list[str]:
    """The actions on this key that are denied, such as s3:PutObject.

    Raises ClientError for any other problem, such as a bucket that does not exist.
    """
    tries = [_list, _read, *([_write] if use.writes else []), *([_delete] if use.deletes else [])]
    return [right for attempt in tries if (right := _denied(attempt, client, bucket, use.key))]


def _denied(
    attempt: "Callable[[S3Client, str, str], None]", client: "S3Client", bucket: str, key: str
) -> str | None:
    try:
        attempt(client, bucket, key)
    except client.exceptions.ClientError as error:
        code = error_code(error)
        if code in DENIED:
            return RIGHTS[error.operation_name]
        if code not in _ALLOWED:
            raise
    return None


def _list(client: "S3Client", bucket: str, key: str) -> None:
    client.list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1)


def _read(client: "S3Client", bucket: str, key: str) -> None:
    client.head_object(Bucket=bucket, Key=key)


def _write(client: "S3Client", bucket: str, key: str) -> None:
    upload = client.create_multipart_upload(Bucket=bucket, Key=key)
    client.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload["UploadId"])


def _delete(client: "S3Client", bucket: str, key: str) -> None:
    client.delete_object(Bucket=bucket, Key=key, IfMatch=_NO_ETAG)
