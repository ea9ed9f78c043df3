"""The interface of an object store: S3, or folders for the command line.

The core names buckets and keys, and does not know which store it uses. Conditions of `put` follow
HTTP's If-Match and If-None-Match: only they let two workers change one object at the same time
without losing a change.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class StoredObject:
    """The requested bytes, and the ETag of the whole object, without quotes."""

    body: bytes
    etag: str


@dataclass(frozen=True, slots=True)
class ObjectHead:
    """What is known of an object without its bytes."""

    etag: str
    bytes: int
    metadata: Mapping[str, str]
    written: datetime
    """When it was written, aware."""


@dataclass(frozen=True, slots=True)
class ListedObject:
    """An object as a listing shows it."""

    key: str
    etag: str
    bytes: int
    modified: datetime
    """When it was written, to the second."""


class BodyFile(Protocol):
    """A file to read, for a body that is too large for the memory."""

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes."""
        ...

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Go to a byte."""
        ...

    def tell(self) -> int:
        """Where the next byte is read."""
        ...


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

        Of a range that reaches beyond the end, only the bytes that are there: maybe none.

        Raises ConditionFailedError when `etag` is given and the object has a different one.
        """

    def put(  # noqa: PLR0913 - what a conditional PUT takes
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
        """Write a whole object, atomically, and return its ETag.

        `body` may be a file, for what is too large for the memory: all of it is written. `crc32`
        is its CRC-32, if the caller knows it: a store that compares checksums then need not read
        the body for it, and refuses other bytes.

        Raises ConditionFailedError when `if_absent` is set and the key exists, or when `if_etag`
        is given and the object has a different ETag or is gone.
        """

    def head(self, bucket: str, key: str) -> ObjectHead | None:
        """What is known of an object; None when it does not exist."""

    def delete_as_seen(self, bucket: str, key: str, *, etag: str) -> None:
        """Delete an object, unless it is another one by now, or gone.

        Raises ConditionFailedError when the object has a different ETag.
        """

    def delete_keys(self, bucket: str, keys: Iterable[str]) -> None:
        """Delete objects; a key without an object is not an error."""

    def list_objects(self, bucket: str, prefix: str, *, after: str = "") -> Iterator[ListedObject]:
        """All objects whose keys begin with `prefix` and come after `after`, sorted by key."""

    def list_keys(self, bucket: str, prefix: str) -> Iterator[str]:
        """All keys that begin with `prefix`, sorted by their bytes."""

    def list_folders(self, bucket: str, prefix: str) -> Iterator[str]:
        """What keys that begin with `prefix` have between it and their next slash, sorted.

        A folder costs no more than an object, whatever is in it. Objects that are in no folder
        below `prefix` are left out.
        """

    def list_etags(self, bucket: str, prefix: str) -> Iterator[tuple[str, str]]:
        """The same keys, each with the ETag of its object."""
