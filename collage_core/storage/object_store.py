"""The interface of an object store: S3, or folders for the command line.

The core names buckets and keys, and does not know which store it uses. Conditions of `put` follow
HTTP's If-Match and If-None-Match: only they let two workers change one object at the same time
without losing a change.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class StoredObject:
    """The requested bytes, and the ETag of the whole object, without quotes."""

    body: bytes
    etag: str


class ObjectStore(Protocol):
    """Objects by bucket and key. ETags have no quotes."""

    def get(
        self,
        bucket: str,
        key: str,
        *,
        byte_range: tuple[int, int] | None = None,
        etag: str | None = None,
    ) -> StoredObject | None:
        """Read an object, or a range of its bytes, both ends inclusive; None if it does not exist.

        Raises ConditionFailedError when `etag` is given and the object has a different one.
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
        """Write a whole object, atomically, and return its ETag.

        Raises ConditionFailedError when `if_absent` is set and the key exists, or when `if_etag`
        is given and the object has a different ETag or is gone.
        """

    def list_keys(self, bucket: str, prefix: str) -> Iterator[str]:
        """All keys that begin with `prefix`, sorted by their bytes."""

    def list_etags(self, bucket: str, prefix: str) -> Iterator[tuple[str, str]]:
        """The same keys, each with the ETag of its object."""
