"""Keeps the covers of a chunk, and finds those that are kept: a `CoverKeeper` over packs."""

import logging
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from threading import Lock
from types import TracebackType
from typing import Self

from collage_core.contract.books import DownloadCounts
from collage_core.contract.message import ChunkMessage
from collage_core.contract.pack import ChunkPacks, Pack
from collage_core.covers.rows import CoverRow
from collage_core.errors import MessageError
from collage_core.layout import keys
from collage_core.packs.members import member_stem
from collage_core.packs.reader import MakeExecutor, PackReader
from collage_core.packs.stretch_files import MakeFuture
from collage_core.packs.writer import PackWriter
from collage_core.settings import Settings
from collage_core.sources.result import Fetched
from collage_core.storage.documents import read_document
from collage_core.storage.object_store import ObjectStore

log = logging.getLogger(__name__)


def find_packs(store: ObjectStore, settings: Settings, message: ChunkMessage) -> ChunkPacks | None:
    """Where a chunk looks for covers, as it was planned; None if nothing is kept."""
    run_id, bucket = message.run_id, settings.temp_bucket
    places = (keys.packs_of_chunk(run_id, message.chunk_id), keys.packs_of_all_chunks(run_id))
    for key in places:
        try:
            found = read_document(store, bucket, key, ChunkPacks)
        except MessageError as error:
            log.warning("%s: no covers are kept or looked up; clear plan to write it again", error)
            return None
        if found is not None:
            return found
    return None


class PackKeeper(AbstractContextManager["PackKeeper"]):
    """The packs of a chunk, or of a part of it. Safe to use from many threads.

    A cover that was found is kept once more only if its pack expires before a run will need it.
    """

    def __init__(self, reader: PackReader, writer: PackWriter, renew_before: str | None) -> None:
        """`renew_before` is a day, as in `ChunkPacks`."""
        self._reader = reader
        self._writer = writer
        self._renew_before = renew_before or ""
        self._counting = Lock()
        self._counts = DownloadCounts()

    @classmethod
    def of(  # noqa: PLR0913 - a chunk, where its packs are, and the machine
        cls,
        store: ObjectStore,
        bucket: str,
        packs: ChunkPacks,
        message: ChunkMessage,
        *,
        begin: int,
        executor: MakeExecutor = ThreadPoolExecutor,
        future: MakeFuture = Future,
    ) -> Self:
        """The keeper of a chunk, or of the part of it that begins at its byte `begin`.

        `packs` is where the chunk looks for covers, and `bucket` the one with all packs.
        """
        writer = PackWriter(
            store,
            bucket,
            folder=packs.folder,
            chunk_id=message.chunk_id,
            begin=begin,
            moment=message.run_timestamp.moment,
            executor=executor,
        )
        reader = PackReader(store, bucket, packs.packs, executor=executor, future=future)
        return cls(reader, writer, packs.renew_before)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._reader.close()
        self._writer.close()

    def look_up(self, rows: Iterable[CoverRow]) -> None:
        """Find out which of these covers are kept. Called once, before `find`."""
        self._reader.look_up(member_stem(row.creator, row.url) for row in rows)

    def find(self, row: CoverRow, *, seconds_left: float) -> Fetched | None:
        """A cover that is kept; None for one that must be fetched."""
        return self._reader.find(member_stem(row.creator, row.url), seconds_left=seconds_left)

    def keep(self, row: CoverRow, fetched: Fetched) -> None:
        """Keep a cover that could be decoded, unless it is kept for long enough already."""
        pack, size = fetched.pack, len(fetched.body)
        if pack is None:
            self._count(DownloadCounts(fetched=1, fetched_bytes=size))
        else:
            self._count(DownloadCounts(kept=1))
        if pack is None or keys.day_of_pack(pack.key) < self._renew_before:
            self._writer.add(row, fetched.body)

    def flush(self, until: int | None) -> None:
        """Write the packs of all covers whose rows begin before byte `until`; None: of all."""
        self._writer.flush(until)

    @property
    def packs(self) -> Sequence[Pack]:
        """All packs that were written, in the order of the chunk."""
        return self._writer.packs

    @property
    def counts(self) -> DownloadCounts:
        """What was fetched, found and packed so far."""
        packs = self.packs
        packed = DownloadCounts(
            packs=len(packs),
            packed=sum(pack.covers for pack in packs),
            packed_bytes=sum(pack.bytes for pack in packs),
        )
        with self._counting:
            return self._counts + packed

    def _count(self, counts: DownloadCounts) -> None:
        with self._counting:
            self._counts += counts
