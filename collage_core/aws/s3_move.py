"""Moves a CSV within its bucket. S3 has no move, so this copies, compares and deletes.

The copy has the same parts as the original upload, so S3 gives both the same ETag and the same
checksum, and they can be compared without a download. Objects of any size can be moved, because S3
can copy every part, and every object of one part.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from collage_core.aws.again import again_after_race
from collage_core.aws.s3_store import CONDITION_FAILED, MISSING, S3Error, S3Store, error_code
from collage_core.contract.csv_source import CsvSource
from collage_core.errors import RaceError, SourceChangedError

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import HeadObjectOutputTypeDef

_MOVED_FROM = "moved-from-etag"
"""Metadata of a copy that shows its source after the source is deleted.

With a KMS key, the ETags of equal objects differ."""

_REQUESTS = 8
"""Requests at the same time for an object of many parts."""


def move(store: S3Store, source: CsvSource, key: str) -> bool:
    """Move an object to `key` of its bucket, with its metadata; may be repeated.

    True when it is there, moved now or before; False when it is in neither place. Raises
    SourceChangedError when the source has been replaced by another object, RaceError when S3 still
    asks to try again after several tries, and S3Error, with the source still in place, when the
    copy is not its equal.
    """
    return again_after_race(lambda: _move(store, source, key))


def _move(store: S3Store, source: CsvSource, key: str) -> bool:
    with store.naming_errors("move", source.bucket, source.key):
        original = _head(store, source.bucket, source.key)
        if original is not None and _etag(original) == source.etag:
            try:
                _copy_and_delete(store, source, key, original)
            except store.client.exceptions.ClientError as error:
                if error_code(error) in CONDITION_FAILED:
                    raise SourceChangedError(
                        f"s3://{source.bucket}/{source.key} was written again while it was moved: "
                        "the new object was left where it is"
                    ) from error
                # Another worker moves it at the same moment, and was faster.
                if error_code(error) not in MISSING:
                    raise
    if was_moved(store, source, key):
        return True
    if original is None:
        return False
    if _etag(original) != source.etag:
        raise SourceChangedError(
            f"s3://{source.bucket}/{source.key} has ETag {_etag(original)}, but the run worked "
            f"on {source.etag}: it was written again meanwhile, and it was left where it is"
        )
    raise RaceError(
        f"s3://{source.bucket}/{source.key} was there and then was not, and is not at {key}: "
        "another request was changing it; try again"
    )


def was_moved(store: S3Store, source: CsvSource, key: str) -> bool:
    """Whether the object at `key` of the same bucket is a copy of exactly this source."""
    copy = store.head(source.bucket, key)
    return copy is not None and copy.metadata.get(_MOVED_FROM) == source.etag


def _copy_and_delete(
    store: S3Store, source: CsvSource, key: str, original: "HeadObjectOutputTypeDef"
) -> None:
    sizes = _part_sizes(store, source)
    if sizes:
        _copy_parts(store, source, key, original, sizes)
    else:
        store.client.copy_object(
            Bucket=source.bucket,
            Key=key,
            MetadataDirective="REPLACE",
            **_from(source),
            **_description(original, source),
        )
    copy = _head(store, source.bucket, key)
    if copy is None or not _are_equal(original, copy):
        raise S3Error(
            f"the copy of s3://{source.bucket}/{source.key} at {key} differs from it: "
            "the source was kept; run this again"
        )
    # The condition keeps a file that was uploaded to the same key at this moment.
    store.client.delete_object(Bucket=source.bucket, Key=source.key, IfMatch=original["ETag"])


def _part_sizes(store: S3Store, source: CsvSource) -> list[int]:
    """Bytes of each part of the source's upload; empty when it was a single PUT."""
    if "-" not in source.etag:
        return []

    def head(number: int) -> "HeadObjectOutputTypeDef":
        return store.client.head_object(Bucket=source.bucket, Key=source.key, PartNumber=number)

    # An S3-compatible store may not say, but its whole copy keeps the ETag.
    count = head(1).get("PartsCount", 0)
    with ThreadPoolExecutor(_REQUESTS) as pool:
        return [part["ContentLength"] for part in pool.map(head, range(1, count + 1))]


def _copy_parts(
    store: S3Store,
    source: CsvSource,
    key: str,
    original: "HeadObjectOutputTypeDef",
    sizes: list[int],
) -> None:
    client = store.client
    created = client.create_multipart_upload(
        Bucket=source.bucket,
        Key=key,
        **_description(original, source),
        **_checksum_kind(original),
    )
    upload: Any = {"Bucket": source.bucket, "Key": key, "UploadId": created["UploadId"]}

    def copy_part(number: int, first: int, end: int) -> Any:
        # S3 allows ranges only for sources above 5 MB; a single part is the whole source anyway.
        part: Any = {} if len(sizes) == 1 else {"CopySourceRange": f"bytes={first}-{end - 1}"}
        copied = client.upload_part_copy(**upload, **_from(source), PartNumber=number, **part)[
            "CopyPartResult"
        ]
        return {"PartNumber": number, "ETag": copied["ETag"], **_checksums(copied)}

    edges = list(accumulate(sizes, initial=0))
    try:
        with ThreadPoolExecutor(_REQUESTS) as pool:
            parts = list(pool.map(copy_part, range(1, len(edges)), edges, edges[1:]))
        client.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    except BaseException:
        # An upload that cannot be aborted stays invisible until a lifecycle rule removes it.
        with suppress(client.exceptions.ClientError):
            client.abort_multipart_upload(**upload)
        raise


def _from(source: CsvSource) -> Any:
    return {
        "CopySource": {"Bucket": source.bucket, "Key": source.key},
        "CopySourceIfMatch": f'"{source.etag}"',
    }


def _description(original: "HeadObjectOutputTypeDef", source: CsvSource) -> Any:
    return {
        "ContentType": original["ContentType"],
        "Metadata": {**original["Metadata"], _MOVED_FROM: source.etag},
    }


def _checksum_kind(original: "HeadObjectOutputTypeDef") -> Any:
    """The arguments that request the same kind of checksum for a new object."""
    algorithms = [name.removeprefix("Checksum") for name in _checksums(original)]
    if not algorithms:
        return {}
    kind: dict[str, str] = {"ChecksumAlgorithm": algorithms[0]}
    if "ChecksumType" in original:
        kind["ChecksumType"] = original["ChecksumType"]
    return kind


def _are_equal(original: "HeadObjectOutputTypeDef", copy: "HeadObjectOutputTypeDef") -> bool:
    if original["ContentLength"] != copy["ContentLength"]:
        return False
    checksums, copied = _checksums(original), _checksums(copy)
    common = checksums.keys() & copied.keys()
    # With a KMS key, an ETag does not depend on the bytes alone, and an S3-compatible store may not
    # keep checksums of copied parts. At least one of the two can be compared.
    if common:
        return all(checksums[name] == copied[name] for name in common)
    return original["ETag"] == copy["ETag"]


def _checksums(answer: Mapping[str, Any]) -> dict[str, str]:
    """Checksums by the names that S3 uses in requests and answers, such as ChecksumSHA256."""
    return {
        name: value
        for name, value in answer.items()
        if name.startswith("Checksum") and name != "ChecksumType"
    }


def _head(store: S3Store, bucket: str, key: str) -> "HeadObjectOutputTypeDef | None":
    try:
        return store.client.head_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED")
    except store.client.exceptions.ClientError as error:
        if error_code(error) in MISSING:
            return None
        raise


def _etag(head: "HeadObjectOutputTypeDef") -> str:
    return head["ETag"].strip('"')
