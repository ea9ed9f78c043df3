"""The bytes of a chunk: read from its CSV, and proved to be those that were planned."""

import hashlib
from dataclasses import dataclass

from collage_core.contract.message import ChunkMessage
from collage_core.covers.cover_csv import read_chunk
from collage_core.covers.csv_records import LONGEST_ROW
from collage_core.covers.grouping import creators
from collage_core.errors import (
    CollageError,
    ConditionFailedError,
    PlanReplacedError,
    SourceChangedError,
)
from collage_core.layout import keys
from collage_core.run.archive import archived_key
from collage_core.run.plan_watch import PlanWatch
from collage_core.storage.object_store import ObjectStore

_STRETCH_BYTES = 4 * 1024 * 1024
"""The rest of a chunk is read in stretches. A worker that reads all of the rest leaves most of it
to the next one, which reads it again: that adds up to the square of the chunk."""


@dataclass(frozen=True, slots=True)
class ChunkRows:
    """Rows of a chunk, and of each creator all."""

    body: bytes
    is_cut: bool
    """Whether the chunk goes on after them."""


@dataclass(frozen=True, slots=True)
class ChunkReader:
    """Reads one chunk."""

    message: ChunkMessage
    store: ObjectStore
    plan: PlanWatch

    def read(self, begin: int) -> ChunkRows:
        """Rows from byte `begin` of the chunk on; at the beginning, all rows.

        Raises PlanReplacedError when the CSV is another because its run was planned again, and
        SourceChangedError when it was replaced or removed in any other way.
        """
        if begin or self.message.rows_sha256 is None:
            rows = self._read_as_planned(begin)
            if rows is not None:
                return rows
        body = self._read(0, self._size)
        if body is None:
            # Its run is closed. The digest proves that the rows are the same there.
            body = self._read(0, self._size, key=self._archived_key)
        if body is None:
            # Restoring the object does not help: uploaded in other parts it has another ETag.
            raise self._changed("is gone")
        if hashlib.sha256(body).hexdigest() != self.message.rows_sha256:
            raise self._changed("was replaced since its run was planned")
        return ChunkRows(body[begin:], is_cut=False)

    def _read_as_planned(self, begin: int) -> ChunkRows | None:
        """Rows of the CSV that has the ETag of the message; None if it has another one."""
        stretch = _STRETCH_BYTES if self.message.rows_sha256 is not None else self._size
        while True:
            end = min(begin + stretch, self._size)
            try:
                body = self._read(begin, end, etag=self.message.source.etag)
            except ConditionFailedError as error:
                if self.message.rows_sha256 is not None:
                    return None
                raise self._changed("was replaced since its run was planned") from error
            if body is None and self.message.rows_sha256 is not None:
                return None
            if body is None:
                raise self._changed("is gone")
            if end == self._size:
                return ChunkRows(body, is_cut=False)
            if (whole := _last_creator(body)) > 0:
                return ChunkRows(body[:whole], is_cut=True)
            stretch *= 2

    @property
    def _size(self) -> int:
        first, last = self.message.byte_range
        return last - first + 1

    @property
    def _archived_key(self) -> str:
        """Where the CSV of a DAG is when its run is closed."""
        return archived_key(self.message.source.key, self.message.run_timestamp, is_upload=False)

    def _read(
        self, begin: int, end: int, *, etag: str | None = None, key: str | None = None
    ) -> bytes | None:
        source, first = self.message.source, self.message.byte_range[0]
        span = (first + begin, first + end - 1)
        stored = self.store.get(source.bucket, key or source.key, byte_range=span, etag=etag)
        return None if stored is None else stored.body

    def _changed(self, what: str) -> CollageError:
        message, source = self.message, self.message.source
        name = f"CSV s3://{source.bucket}/{source.key} of chunk {message.chunk_id}"
        if message.rows_sha256 is not None and self._is_replaced():
            return PlanReplacedError(f"{name} {what}: run {message.run_id} was planned again")
        if source.key == keys.ordered_csv(message.run_id):
            fix = "submit the CSV again with any change; the same bytes would be this run again"
        else:
            fix = "start the run again (clear its DAG run from extract), or submit the CSV again"
        return SourceChangedError(f"{name} {what}: {fix}")

    def _is_replaced(self) -> bool:
        """Whether the run was planned again, or is at this moment."""
        # In this order: the note is removed when the new manifest is there. The other way round,
        # the old manifest may be read just before that, and the note looked for just after it.
        if self.plan.is_being_planned():
            return True
        planned = self.plan.planned_chunk()
        return planned is None or planned.byte_range != self.message.byte_range


def _last_creator(body: bytes) -> int:
    """Where the last creator begins, of whom there may be more rows; 0 if there is one only.

    The row at the end may be cut off. What is left of it may look like rows of other creators, if
    its name has line breaks. So no creator counts who begins within the length of a row.
    """
    offset = 0
    for group in creators(read_chunk(body)):
        if group.offset > len(body) - LONGEST_ROW:
            break
        if group.creator is not None:
            offset = group.offset
    return offset
