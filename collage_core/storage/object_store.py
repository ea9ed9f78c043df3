"""What the core asks of a place that keeps objects: S3, or a folder for the command line.

The core names buckets and keys and never knows which of the two it talks to. Conditions on
`put` follow HTTP's If-Match and If-None-Match, the only way to change an object that
another worker may be changing at the same moment without losing that worker's change.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class StoredObject:
    """The bytes that were asked for, and the ETag (without quotes) of the whole object."""

    body: bytes
    etag: str


class ObjectStore(Protocol):
    """Objects by bucket and key. ETags are given and taken without quotes."""

    def get(
        self,
        bucket: str,
        key: str,
        *,
        byte_range: tuple[int, int] | None = None,
        etag: str | None = None,
    ) -> StoredObject | None:
        """An object, or the part of it between two bytes, both inclusive; None when there is none.

        Raises ConditionFailedError when `etag` is given and the object has another one.
        """

    def put(  # noqa: PLR0913 - what a conditional PUT takes
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
        """Write a whole object, visible at once or not at all, and return its ETag.

        Raises ConditionFailedError when `if_absent` is set and the key is taken, or when
        `if_etag` is given and the object has another ETag or is gone.
        """

    def list_keys(self, bucket: str, prefix: str) -> Iterator[str]:
        """All keys that begin with `prefix`, in order of their bytes."""
