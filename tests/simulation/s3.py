"""S3 as a client of boto3 shows it, in dictionaries: what the code of this project asks of it.

Every request is one moment. So is each page of a listing, but not the listing.
"""

import hashlib
import itertools
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError

from tests.simulation.network import Network, error

_BEGIN = datetime(2026, 10, 1, tzinfo=UTC)


class _NoSuchUploadError(ClientError):
    pass


@dataclass(frozen=True, slots=True)
class S3Object:
    body: bytes
    etag: str
    metadata: Mapping[str, str]
    content_type: str
    written: datetime
    parts: tuple[int, ...] = ()


class _Body:
    __slots__ = ("_bytes",)

    def __init__(self, body: bytes) -> None:
        self._bytes = body

    def read(self) -> bytes:
        return self._bytes


@dataclass
class _Upload:
    bucket: str
    key: str
    metadata: Mapping[str, str]
    content_type: str
    parts: dict[int, bytes] = field(default_factory=dict)


class SimulatedS3:
    """All buckets, and how often each operation was asked for."""

    exceptions = SimpleNamespace(ClientError=ClientError, NoSuchUpload=_NoSuchUploadError)

    def __init__(self, network: Network, *, is_kms: bool, page: int = 1000) -> None:
        self.buckets: dict[str, dict[str, S3Object]] = {}
        self.csvs: dict[str, bytes] = {}
        """The bytes of all CSVs that ever were, by their ETags."""
        self.is_conditional = True
        """False: S3 as it was before it had conditional writes, which ignores them."""
        self._network = network
        self._is_kms = is_kms
        self._page = page
        self._uploads: dict[str, _Upload] = {}
        self._numbers = itertools.count(1)

    # What tests ask; no request.

    def peek(self, bucket: str, key: str) -> S3Object | None:
        """An object, without a request."""
        return self.buckets.get(bucket, {}).get(key)

    def store(self, bucket: str, key: str, body: bytes, **metadata: str) -> S3Object:
        """Write an object, without a request."""
        return self._store(bucket, key, body, metadata, "")

    def moment(self, seconds: float) -> datetime:
        """The time of an object that is written then."""
        return _BEGIN + timedelta(seconds=int(seconds))

    def remove(self, bucket: str, key: str) -> None:
        """Remove an object, without a request."""
        self.buckets.get(bucket, {}).pop(key, None)

    # The client.

    def get_object(self, **asked: Any) -> dict[str, Any]:
        bucket, key = asked["Bucket"], asked["Key"]

        def effect() -> dict[str, Any]:
            found = self._found(bucket, key, "NoSuchKey", "GetObject")
            _check_match(asked.get("IfMatch"), found, "GetObject")
            body = found.body
            if "Range" in asked:
                first, _, last = asked["Range"].removeprefix("bytes=").partition("-")
                if int(first) >= len(body):
                    raise error("InvalidRange", "GetObject")
                body = body[int(first) : int(last) + 1]
            return {"Body": _Body(body), **_described(found)}

        return self._network.request("GetObject", bucket, key, effect)

    def head_object(self, **asked: Any) -> dict[str, Any]:
        bucket, key = asked["Bucket"], asked["Key"]

        def effect() -> dict[str, Any]:
            found = self._found(bucket, key, "404", "HeadObject")
            answer = _described(found)
            if "PartNumber" in asked and found.parts:
                size = found.parts[asked["PartNumber"] - 1]
                answer |= {"ContentLength": size, "PartsCount": len(found.parts)}
            return answer

        return self._network.request("HeadObject", bucket, key, effect)

    def put_object(self, **asked: Any) -> dict[str, Any]:
        bucket, key = asked["Bucket"], asked["Key"]
        match, none_match = asked.get("IfMatch"), asked.get("IfNoneMatch")

        def effect() -> dict[str, Any]:
            found = self.peek(bucket, key)
            if self.is_conditional:
                if none_match and found is not None:
                    raise error("PreconditionFailed", "PutObject")
                if match:
                    if found is None:
                        raise error("NoSuchKey", "PutObject")
                    _check_match(match, found, "PutObject")
            body = asked.get("Body", b"")
            written = self._store(
                bucket,
                key,
                bytes(body) if isinstance(body, bytes) else body.read(),
                asked.get("Metadata", {}),
                asked.get("ContentType", ""),
            )
            return {"ETag": f'"{written.etag}"'}

        return self._network.request(
            "PutObject", bucket, key, effect, writes=True, is_conditional=bool(match or none_match)
        )

    def delete_objects(self, **asked: Any) -> dict[str, Any]:
        bucket, keys = asked["Bucket"], [item["Key"] for item in asked["Delete"]["Objects"]]

        def effect() -> dict[str, Any]:
            for key in keys:
                self.remove(bucket, key)
            return {}

        return self._network.request("DeleteObjects", bucket, " ".join(keys), effect, writes=True)

    def delete_object(self, **asked: Any) -> dict[str, Any]:
        bucket, key, match = asked["Bucket"], asked["Key"], asked.get("IfMatch")

        def effect() -> dict[str, Any]:
            found = self.peek(bucket, key)
            if match and found is None:
                raise error("NoSuchKey", "DeleteObject")
            if match and found is not None:
                _check_match(match, found, "DeleteObject")
            self.remove(bucket, key)
            return {}

        return self._network.request("DeleteObject", bucket, key, effect, writes=True)

    def copy_object(self, **asked: Any) -> dict[str, Any]:
        bucket, key = asked["Bucket"], asked["Key"]

        def effect() -> dict[str, Any]:
            found = self._source(asked, "CopyObject")
            self._store(bucket, key, found.body, asked["Metadata"], asked["ContentType"])
            return {}

        return self._network.request("CopyObject", bucket, key, effect, writes=True)

    def list_objects_v2(self, **asked: Any) -> dict[str, Any]:
        return next(self._pages(**asked))

    def get_paginator(self, _operation: str) -> Any:
        return SimpleNamespace(paginate=self._pages)

    def create_multipart_upload(self, **asked: Any) -> dict[str, Any]:
        def effect() -> dict[str, Any]:
            name = f"upload-{next(self._numbers)}"
            self._uploads[name] = _Upload(
                asked["Bucket"], asked["Key"], asked["Metadata"], asked["ContentType"]
            )
            return {"UploadId": name}

        return self._of_upload("CreateMultipartUpload", asked, effect)

    def upload_part(self, **asked: Any) -> dict[str, Any]:
        def effect() -> dict[str, Any]:
            upload = self._upload(asked, "UploadPart")
            upload.parts[asked["PartNumber"]] = bytes(asked["Body"])
            return {"ETag": '"part"', "ChecksumSHA256": "part"}

        return self._of_upload("UploadPart", asked, effect)

    def upload_part_copy(self, **asked: Any) -> dict[str, Any]:
        def effect() -> dict[str, Any]:
            upload, body = self._upload(asked, "UploadPartCopy"), self._source(asked, "C").body
            if "CopySourceRange" in asked:
                first, _, last = asked["CopySourceRange"].removeprefix("bytes=").partition("-")
                body = body[int(first) : int(last) + 1]
            upload.parts[asked["PartNumber"]] = body
            return {"CopyPartResult": {"ETag": '"part"'}}

        return self._of_upload("UploadPartCopy", asked, effect)

    def complete_multipart_upload(self, **asked: Any) -> dict[str, Any]:
        def effect() -> dict[str, Any]:
            upload = self._upload(asked, "CompleteMultipartUpload")
            del self._uploads[asked["UploadId"]]
            pieces = [upload.parts[number] for number in sorted(upload.parts)]
            written = self._store(
                upload.bucket,
                upload.key,
                b"".join(pieces),
                upload.metadata,
                upload.content_type,
                parts=tuple(map(len, pieces)),
            )
            return {"ETag": f'"{written.etag}"'}

        return self._of_upload("CompleteMultipartUpload", asked, effect)

    def abort_multipart_upload(self, **asked: Any) -> dict[str, Any]:
        def effect() -> dict[str, Any]:
            self._upload(asked, "AbortMultipartUpload")
            del self._uploads[asked["UploadId"]]
            return {}

        return self._of_upload("AbortMultipartUpload", asked, effect)

    def _of_upload[Answer](
        self, operation: str, asked: Mapping[str, Any], effect: Callable[[], Answer]
    ) -> Answer:
        return self._network.request(operation, asked["Bucket"], asked["Key"], effect, writes=True)

    def _upload(self, asked: Mapping[str, Any], operation: str) -> _Upload:
        upload = self._uploads.get(asked["UploadId"])
        if upload is None:
            answer = {"Error": {"Code": "NoSuchUpload", "Message": "NoSuchUpload"}}
            raise _NoSuchUploadError(answer, operation)  # type: ignore[arg-type]
        return upload

    def _pages(self, **asked: Any) -> Iterator[dict[str, Any]]:
        bucket, prefix = asked["Bucket"], asked.get("Prefix", "")
        after, most = asked.get("StartAfter", "").encode(), asked.get("MaxKeys", self._page)
        if "Delimiter" in asked:
            yield self._network.request(
                "ListObjectsV2", bucket, prefix, lambda: self._list_folders(bucket, prefix)
            )
            return
        while True:
            listed = partial(self._list, bucket, prefix, after, most)
            page, more = self._network.request("ListObjectsV2", bucket, prefix, listed)
            yield {"Contents": page} if page else {}
            if not more:
                return
            after = page[-1]["Key"].encode()

    def _list_folders(self, bucket: str, prefix: str) -> dict[str, Any]:
        below = (
            key[len(prefix) :] for key in self.buckets.get(bucket, {}) if key.startswith(prefix)
        )
        folders = sorted({rest.partition("/")[0] for rest in below if "/" in rest})
        return {"CommonPrefixes": [{"Prefix": f"{prefix}{folder}/"} for folder in folders]}

    def _list(
        self, bucket: str, prefix: str, after: bytes, most: int
    ) -> tuple[list[dict[str, Any]], bool]:
        objects = self.buckets.get(bucket, {})
        keys = sorted(
            name
            for name in (key.encode() for key in objects if key.startswith(prefix))
            if name > after
        )
        page = [
            {
                "Key": key,
                "ETag": f'"{objects[key].etag}"',
                "Size": len(objects[key].body),
                "LastModified": objects[key].written,
            }
            for key in (name.decode() for name in keys[:most])
        ]
        return page, len(keys) > most

    def _source(self, asked: Mapping[str, Any], operation: str) -> S3Object:
        source = asked["CopySource"]
        found = self._found(source["Bucket"], source["Key"], "NoSuchKey", operation)
        _check_match(asked.get("CopySourceIfMatch"), found, operation)
        return found

    def _found(self, bucket: str, key: str, code: str, operation: str) -> S3Object:
        found = self.peek(bucket, key)
        if found is None:
            raise error(code, operation)
        return found

    def _store(
        self,
        bucket: str,
        key: str,
        body: bytes,
        metadata: Mapping[str, str],
        content_type: str,
        *,
        parts: tuple[int, ...] = (),
    ) -> S3Object:
        etag = (
            f"{next(self._numbers):032x}"
            if self._is_kms
            else hashlib.md5(body, usedforsecurity=False).hexdigest()
        )
        if parts:
            etag += f"-{len(parts)}"
        written = S3Object(
            body,
            etag,
            dict(metadata),
            content_type,
            self.moment(self._network.scheduler.now),
            parts,
        )
        self.buckets.setdefault(bucket, {})[key] = written
        if key.endswith(".csv"):
            self.csvs[etag] = body
        return written


def _described(found: S3Object) -> dict[str, Any]:
    return {
        "ETag": f'"{found.etag}"',
        "ContentLength": len(found.body),
        "ContentType": found.content_type,
        "Metadata": dict(found.metadata),
        "LastModified": found.written,
        "ChecksumCRC32": f"{zlib.crc32(found.body):08x}",
    }


def _check_match(match: str | None, found: S3Object, operation: str) -> None:
    if match and match.strip('"') != found.etag:
        raise error("PreconditionFailed", operation)
