"""Uploading to S3 in parts, so that an object appears whole or not at all.

`upload_fileobj` fed by a pipe, and file-like wrappers that close in a `finally`, publish what
they have when the source breaks. Here only a block that ends without an exception completes.
"""

import logging
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

PART_BYTES = 8 * 1024 * 1024
"""Size of every part but the last: 10,000 parts, the most that S3 takes, are 78 GiB."""

CHECKSUM: Final = "SHA256"
"""Checked by S3 for each part, and kept with the object as a checksum of checksums."""

_log = logging.getLogger(__name__)


class MultipartUpload:
    """A block that uploads what is written in it, and aborts when it is left by an exception.

    S3 knows nothing of the upload before its first part is full, or the block ends: a process
    killed before that leaves nothing behind.

    One part is uploaded while the next is filled, so at most two are in memory. A part that fails
    raises at the end of the next one, or at the end of the block. `etag` (without quotes) is known
    after the block.
    """

    def __init__(
        self,
        client: "S3Client",
        *,
        bucket: str,
        key: str,
        content_type: str,
        metadata: "Mapping[str, str]",
    ) -> None:
        self.etag = ""
        self.size = 0
        self._client = client
        self._bucket, self._key = bucket, key
        self._content_type, self._metadata = content_type, metadata
        self._upload_id = ""
        self._sender = ThreadPoolExecutor(1, thread_name_prefix="part")
        self._under_way: Future[CompletedPartTypeDef] | None = None
        self._parts: list[CompletedPartTypeDef] = []
        self._filling = bytearray()

    def __enter__(self) -> Self:
        return self

    def write(self, data: bytes) -> None:
        """Add bytes to the object; sends the parts that are full."""
        self.size += len(data)
        self._filling += data
        while len(self._filling) >= PART_BYTES:
            full, self._filling = self._filling, self._filling[PART_BYTES:]
            del full[PART_BYTES:]
            self._send(full)

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if exc is None:
                self._complete()
        except BaseException:
            self._abort()
            raise
        if exc is not None:
            self._abort()

    def _send(self, part: bytearray) -> None:
        """Send a part on the thread, as soon as the one before has arrived."""
        if not self._upload_id:
            self._upload_id = self._create()
        self._finish_part()
        self._under_way = self._sender.submit(self._upload_part, len(self._parts) + 1, part)

    def _create(self) -> str:
        return self._client.create_multipart_upload(
            Bucket=self._bucket,
            Key=self._key,
            ContentType=self._content_type,
            Metadata=self._metadata,
            ChecksumAlgorithm=CHECKSUM,
        )["UploadId"]

    def _finish_part(self) -> None:
        if self._under_way is not None:
            self._parts.append(self._under_way.result())
            self._under_way = None

    def _upload_part(self, number: int, part: bytearray) -> "CompletedPartTypeDef":
        answer = self._client.upload_part(
            Bucket=self._bucket,
            Key=self._key,
            UploadId=self._upload_id,
            PartNumber=number,
            Body=part,  # type: ignore[arg-type]  # botocore takes it as it is
            ChecksumAlgorithm=CHECKSUM,
        )
        return {
            "PartNumber": number,
            "ETag": answer["ETag"],
            "ChecksumSHA256": answer["ChecksumSHA256"],
        }

    def _complete(self) -> None:
        # S3 wants at least one part, which may be empty; a last part may have any size.
        if self._filling or not self.size:
            self._send(self._filling)
        self._finish_part()
        answer = self._client.complete_multipart_upload(
            Bucket=self._bucket,
            Key=self._key,
            UploadId=self._upload_id,
            MultipartUpload={"Parts": self._parts},
        )
        self._sender.shutdown()
        self.etag = answer["ETag"].strip('"')

    def _abort(self) -> None:
        # The part under way ends first: S3 may keep, and bill, one that arrives after the abort.
        self._sender.shutdown()
        if not self._upload_id:
            return
        try:
            self._client.abort_multipart_upload(
                Bucket=self._bucket, Key=self._key, UploadId=self._upload_id
            )
        except self._client.exceptions.NoSuchUpload:
            # The request to complete it was carried out, and only its answer was lost.
            self._warn("is gone: the object may be visible, and is whole if it is")
        except Exception as error:  # noqa: BLE001  what broke the block must not be hidden
            self._warn(
                f"could not be aborted ({type(error).__name__}): its parts stay invisible, "
                "and the bucket's lifecycle rule removes them"
            )

    def _warn(self, what: str) -> None:
        _log.warning("upload %s of s3://%s/%s %s", self._upload_id, self._bucket, self._key, what)
