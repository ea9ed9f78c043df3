"""Unfinished multipart uploads, whose parts are invisible and cost money."""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING

from collage_core.aws.s3_store import S3Error, S3Store, error_code
from collage_core.housekeeping.findings import Finding, Kind
from collage_core.layout import keys
from collage_core.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import MultipartUploadTypeDef

_MOST_UPLOADS = 5_000
"""Of one folder, at one time."""

_GONE = "NoSuchUpload"
"""It was completed or aborted a moment ago."""


def abort_stale_uploads(
    store: S3Store, settings: Settings, *, begun_before: datetime
) -> Iterator[Finding]:
    """Abort uploads that began before this moment, in the folders to which anything is uploaded.

    Nothing outside of these folders is touched: a bucket may be shared with other systems.
    """
    for bucket, folder in _folders(settings):
        try:
            yield from _abort_in(store, bucket, folder, begun_before)
        except S3Error as error:
            yield Finding(Kind.FAILED, f"uploads were not aborted: {error}")


def _folders(settings: Settings) -> list[tuple[str, str]]:
    return [
        *((settings.input_bucket, folder) for folder in keys.INPUT_FOLDERS),
        *((settings.output_bucket, folder) for folder in keys.REPORT_FOLDERS),
        (settings.temp_bucket, keys.PROCESSING),
    ]


def _abort_in(
    store: S3Store, bucket: str, folder: str, begun_before: datetime
) -> Iterator[Finding]:
    for upload in islice(_uploads(store, bucket, folder), _MOST_UPLOADS):
        key, begun = upload["Key"], upload["Initiated"]
        if begun < begun_before:
            _abort(store, bucket, key, upload["UploadId"])
            yield Finding(
                Kind.ABORTED,
                f"an upload to s3://{bucket}/{key}, begun {begun:%Y-%m-%d %H:%M} UTC, was aborted",
            )


def _uploads(store: S3Store, bucket: str, folder: str) -> Iterator["MultipartUploadTypeDef"]:
    with store.naming_errors("list the uploads of", bucket, folder):
        pages = store.client.get_paginator("list_multipart_uploads")
        for page in pages.paginate(Bucket=bucket, Prefix=folder):
            yield from page.get("Uploads", [])


def _abort(store: S3Store, bucket: str, key: str, upload_id: str) -> None:
    with store.naming_errors("abort an upload to", bucket, key):
        try:
            store.client.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload_id)
        except store.client.exceptions.ClientError as error:
            if error_code(error) != _GONE:
                raise
