"""Packs the covers of a chunk: they wait on disk, and are put when a receipt is about to name them.

Nothing here depends on who else works on the chunk. If a pack is there already, from a worker that
died or from one beside this one, it is taken as it is, and only what it lacks is packed.
"""

import logging
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from msgspec.structs import replace

from collage_core.contract.pack import Pack
from collage_core.covers.rows import CoverRow
from collage_core.errors import ConditionFailedError, RaceError
from collage_core.layout import keys
from collage_core.packs.archive import directory_of, header_of
from collage_core.packs.description import describe, pack_of
from collage_core.packs.directory import LONGEST_DIRECTORY, BrokenPackError, read_directory
from collage_core.packs.limits import MOST_COVERS, PACK_BYTES
from collage_core.packs.members import member_stem
from collage_core.packs.reader import MakeExecutor
from collage_core.packs.spool import Spool, SpooledCover, SpooledPack
from collage_core.pictures.file_signatures import file_type
from collage_core.storage.object_store import ObjectStore

log = logging.getLogger(__name__)

_ZIP = "application/zip"

_MOST_TRIES = 5


class PackWriter:
    """Writes the packs of one worker on a chunk, or on a part of it. Safe to use from many threads.

    Leaving it without `flush` loses what was not packed.
    """

    def __init__(  # noqa: PLR0913 - the packs of a chunk, and the machine
        self,
        store: ObjectStore,
        bucket: str,
        *,
        folder: str,
        chunk_id: str,
        begin: int,
        moment: datetime,
        executor: MakeExecutor = ThreadPoolExecutor,
    ) -> None:
        """`folder` begins the keys. Offsets of rows count from byte `begin` of the chunk.

        `moment` is the time that all members have.
        """
        self._store = store
        self._bucket = bucket
        self._folder = folder
        self._chunk_id = chunk_id
        self._begin = begin
        self._moment = moment
        self._spool = Spool()
        self._packs: list[Pack] = []
        self._adding = Lock()
        # Not by the threads that add: while a decoder waits for a pack, the creator of its cover
        # cannot be made, and covers of those after it fill the memory.
        self._putting = executor(1)
        self._being_put: Future[None] = Future()
        self._being_put.set_result(None)

    @property
    def packs(self) -> Sequence[Pack]:
        """All packs that were written or found, in the order of the chunk."""
        return sorted(self._packs, key=lambda pack: pack.key)

    def add(self, row: CoverRow, body: bytes) -> None:
        """Have a cover packed. A full pack is written while the next one fills.

        Waits while both are full. Raises what a pack that was written before has raised.
        """
        name = f"{member_stem(row.creator, row.url)}.{file_type(body)}"
        place = self._begin + row.offset
        while True:
            with self._adding:
                spool = self._spool
                if not _is_full(spool, len(body)):
                    spool.add(place, row.creator, name, body)
                    return
            self._begin_to_put(only=spool)

    def flush(self, until: int | None) -> None:
        """Write the packs of all covers whose rows begin before byte `until`; None: of all.

        Raises, too, what a pack that was written before has raised: its covers are lost, and the
        thread that has added one of them may be one that nobody waits for any more.
        """
        self._begin_to_put(until=until).result()

    def close(self) -> None:
        """Free the disk, also of what is being written: as soon as it is."""
        self._putting.shutdown(wait=False)
        with self._adding:  # a file that is closed while it is written may be another one by then
            self._spool.close()

    def _begin_to_put(self, *, until: int | None = None, only: Spool | None = None) -> Future[None]:
        """Begin to write what `flush` writes, or all of a spool unless another thread did so.

        First waits for what is being written, and raises its error.
        """
        while True:
            with self._adding:
                before, spool = self._being_put, self._spool
                if before.done():
                    before.result()
                    if only not in {None, spool}:
                        return before
                    self._spool = Spool() if until is None else spool.without(self._begin + until)
                    self._being_put = self._putting.submit(self._put, spool)
                    return self._being_put
            before.result()

    def _put(self, spool: Spool) -> None:
        try:
            covers, later = spool.sorted(), 0
            while covers:
                pack, rest = self._put_pack(spool, covers, later)
                self._packs.append(pack)
                # A pack may lack the cover that it began with, whose creator was forgotten since.
                # No other row begins at the next byte.
                later = later + 1 if rest and rest[0] is covers[0] else 0
                covers = rest
        finally:
            spool.close()

    def _put_pack(
        self, spool: Spool, covers: Sequence[SpooledCover], later: int
    ) -> tuple[Pack, list[SpooledCover]]:
        """Write a pack of these covers unless it is there; the pack, and the covers not in it.

        Its key has a byte that is so many `later` than that of the first row.
        """
        pack, file = self._make(spool, covers, later)
        found: _Found | None = None
        for _ in range(_MOST_TRIES):
            try:
                etag = self._put_file(file, pack, None if found is None else found.etag)
            except ConditionFailedError:
                found = self._find(pack.key)
            else:
                return replace(pack, etag=etag), []
            if found is not None and found.pack is not None:
                log.info("Pack %s is there already: it is kept", pack.key)
                # By their pictures: a host may have sent one in another format since.
                return found.pack, [item for item in covers if item.cover.stem not in found.stems]
        raise RaceError(
            f"{pack.key} in bucket {self._bucket} changed {_MOST_TRIES} times while being written: "
            "nothing to fix, the message comes back"
        )

    def _make(
        self, spool: Spool, covers: Sequence[SpooledCover], later: int
    ) -> tuple[Pack, SpooledPack]:
        headers = [header_of(item.cover, self._moment) for item in covers]
        directory = directory_of((item.cover for item in covers), self._moment)
        file = SpooledPack(spool, covers, headers, directory)
        pack = Pack(
            key=keys.pack(self._folder, self._chunk_id, covers[0].row + later),
            etag="not written yet",
            bytes=file.size,
            directory_at=file.size - len(directory),
            covers=len(covers),
            first_creator=covers[0].creator,
            last_creator=covers[-1].creator,
        )
        return pack, file

    def _put_file(self, file: SpooledPack, pack: Pack, replaced: str | None) -> str:
        return self._store.put(
            self._bucket,
            pack.key,
            file,
            content_type=_ZIP,
            metadata=describe(pack),
            if_absent=replaced is None,
            if_etag=replaced,
            crc32=file.crc,
        )

    def _find(self, key: str) -> "_Found | None":
        """What is at the key of a pack; None for nothing."""
        head = self._store.head(self._bucket, key)
        if head is None:
            return None
        pack = pack_of(key, head)
        if pack is None or pack.bytes - pack.directory_at > LONGEST_DIRECTORY:
            return _Found(head.etag)
        span = (pack.directory_at, pack.bytes - 1)
        try:
            stored = self._store.get(self._bucket, key, byte_range=span, etag=pack.etag)
            if stored is None:
                return None
            members = read_directory(stored.body, pack)
        except BrokenPackError:
            return _Found(head.etag)
        except ConditionFailedError:
            return None
        return _Found(head.etag, pack, {member.stem for member in members})


@dataclass(frozen=True, slots=True)
class _Found:
    """An object at the key of a pack."""

    etag: str
    pack: Pack | None = None
    """None for one that is no pack of ours, or is broken: it is replaced."""
    stems: frozenset[str] | set[str] = frozenset()
    """The names of its members, without their types."""


def _is_full(spool: Spool, further: int) -> bool:
    return len(spool) > 0 and (spool.bytes + further > PACK_BYTES or len(spool) >= MOST_COVERS)
