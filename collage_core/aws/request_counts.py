"""Counts the requests that a client makes to S3, by what S3 charges for them."""

from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_PUTS = frozenset(
    {
        "PutObject",
        "CopyObject",
        "CreateMultipartUpload",
        "UploadPart",
        "UploadPartCopy",
        "CompleteMultipartUpload",
    }
)
_LISTS = frozenset({"ListObjects", "ListObjectsV2", "ListMultipartUploads", "ListParts"})
_FREE = frozenset({"DeleteObject", "DeleteObjects", "AbortMultipartUpload"})


@dataclass(frozen=True, slots=True)
class Requests:
    """How many requests were made."""

    puts: int = 0
    """PUT, COPY and POST."""
    lists: int = 0
    gets: int = 0
    """All others that cost anything."""

    def __sub__(self, before: Self) -> Self:
        """Those that were made since."""
        return type(self)(
            self.puts - before.puts, self.lists - before.lists, self.gets - before.gets
        )


class RequestCounts:
    """All requests of the clients that it watches. Safe for threads.

    Each attempt counts: botocore repeats a request that S3 throttles or does not answer.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._puts = self._lists = self._gets = 0

    def watch(self, client: "S3Client") -> None:
        """Count the requests of this client from now on."""
        client.meta.events.register("before-send.s3", self._count)

    @property
    def requests(self) -> Requests:
        """Those that were made so far."""
        with self._lock:
            return Requests(self._puts, self._lists, self._gets)

    def _count(self, event_name: str, **_: Any) -> None:
        operation = event_name.rpartition(".")[2]
        with self._lock:
            if operation in _PUTS:
                self._puts += 1
            elif operation in _LISTS:
                self._lists += 1
            elif operation not in _FREE:
                self._gets += 1
