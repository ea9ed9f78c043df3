"""What updates have added to the rows of a run and refreshed in them, done to those rows again.

The rows that an update was made of expire with the temp bucket, and the CSV that was uploaded does
not. Done again in their order, updates give the same rows as before, byte for byte.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from collage_core.contract.csv_source import CsvSource
from collage_core.covers.cover_csv import HEADER, read_chunk
from collage_core.covers.fresh_urls import with_fresh_urls
from collage_core.covers.grouping import creators
from collage_core.covers.ingest import ingest_csv
from collage_core.covers.rows import CoverRow
from collage_core.errors import ConditionFailedError, SourceChangedError
from collage_core.layout.creator_names import name_bytes
from collage_core.storage.object_store import ObjectStore


@dataclass(frozen=True, slots=True)
class FreshRows:
    """The rows of some creators in updates."""

    updates: Sequence[Mapping[bytes, Sequence[CoverRow]]] = ()
    """Those of each update, the oldest first, by the bytes of the name."""

    @classmethod
    def read(
        cls, store: ObjectStore, updates: Sequence[CsvSource], names: Collection[bytes]
    ) -> Self:
        """Read the rows of these creators. One update at a time is in memory as a whole.

        Raises SourceChangedError for an update that is gone or another one by now.
        """
        return cls([dict(_rows_of(store, update, names)) for update in updates])

    @property
    def count(self) -> int:
        """All rows: so many are added at most."""
        return sum(len(rows) for update in self.updates for rows in update.values())

    def put_into(self, name: bytes, text: bytes) -> bytes:
        """The rows of a creator, canonical, as all updates have left them."""
        for update in self.updates:
            if name in update:
                text = with_fresh_urls(text, update[name])
        return text

    def besides(self, names: Collection[bytes]) -> Iterator[bytes]:
        """The creators that are in updates and not among these, in their order."""
        there = {name for update in self.updates for name in update}
        yield from sorted(there.difference(names))


def _rows_of(
    store: ObjectStore, update: CsvSource, names: Collection[bytes]
) -> Iterator[tuple[bytes, Sequence[CoverRow]]]:
    try:
        found = store.get(update.bucket, update.key, etag=update.etag)
    except ConditionFailedError:
        found = None
    if found is None:
        raise SourceChangedError(
            f"s3://{update.bucket}/{update.key} was changed or removed meanwhile: put the CSV back"
        )
    ordered = ingest_csv(found.body, chunk_rows=1).ordered
    for group in creators(read_chunk(ordered[len(HEADER) :])):
        if group.creator is not None and (name := name_bytes(group.creator)) in names:
            yield name, group.rows
