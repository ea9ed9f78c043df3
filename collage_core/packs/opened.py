"""Packs that are read: their directories and their bytes, unless something is wrong with them."""

import logging
from collections.abc import Container
from threading import Lock

from collage_core.contract.pack import Pack
from collage_core.errors import ConditionFailedError
from collage_core.packs.directory import (
    LONGEST_DIRECTORY,
    BrokenPackError,
    Member,
    read_directory,
)
from collage_core.storage.object_store import ObjectStore

log = logging.getLogger(__name__)


class OpenedPacks:
    """Packs of a bucket. Safe to use from many threads.

    Whatever is wrong with a pack (expired, replaced, cut off, broken, hostile), it is lost: nothing
    more of it is read, and the log says so once. Only a store that does not answer is an error.
    """

    def __init__(self, store: ObjectStore, bucket: str, then: str) -> None:
        """`then` is what becomes of a pack that is lost, for the log."""
        self._store = store
        self._bucket = bucket
        self._then = then
        self._lost: set[str] = set()
        self._losing = Lock()

    def members(self, pack: Pack, *, wanted: Container[str] | None = None) -> list[Member] | None:
        """The members of a pack, or those whose stems are wanted; None if the pack is lost."""
        size = pack.bytes - pack.directory_at
        if not 0 < size <= LONGEST_DIRECTORY:
            self.lose(pack, f"its directory would have {size} bytes")
            return None
        body = self._bytes_of(pack, pack.directory_at, pack.bytes)
        if body is None:
            return None
        try:
            return read_directory(body, pack, wanted=wanted)
        except BrokenPackError as error:
            self.lose(pack, str(error))
            return None

    def read(self, pack: Pack, begin: int, end: int) -> bytes | None:
        """The bytes of a pack from `begin` to before `end`; None if it is lost."""
        body = self._bytes_of(pack, begin, end)
        if body is not None and len(body) != end - begin:
            self.lose(pack, "it is cut off")
            return None
        return body

    def lose(self, pack: Pack, why: str, *, level: int = logging.WARNING) -> None:
        """Read nothing more of a pack, and say so once."""
        with self._losing:
            is_new = pack.key not in self._lost
            self._lost.add(pack.key)
        if is_new:
            log.log(level, "Pack %s is not read, %s: %s", pack.key, self._then, why)

    def _bytes_of(self, pack: Pack, begin: int, end: int) -> bytes | None:
        if pack.key in self._lost:
            return None
        try:
            stored = self._store.get(
                self._bucket, pack.key, byte_range=(begin, end - 1), etag=pack.etag
            )
        except ConditionFailedError:
            self.lose(pack, "it was written again meanwhile", level=logging.INFO)
            return None
        if stored is None:
            self.lose(pack, "it has expired or was removed", level=logging.INFO)
            return None
        return stored.body
