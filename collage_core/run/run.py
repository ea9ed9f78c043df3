"""A run whose manifest is written, with its unfinished chunks and its receipts."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from collage_core.contract.chunk import Chunk
from collage_core.contract.manifest import Manifest
from collage_core.contract.receipt import Receipt
from collage_core.covers.cover_csv import read_chunk
from collage_core.covers.rows import CoverRow
from collage_core.errors import ConditionFailedError, MessageError
from collage_core.layout import keys
from collage_core.settings import Settings
from collage_core.storage.documents import read_document, read_documents
from collage_core.storage.object_store import ObjectStore


@dataclass(frozen=True, slots=True)
class Run[Store: ObjectStore]:
    """A planned run and where its objects are.

    It holds no state: each call asks the store what is done. The store is S3, except for runs of
    the command line.
    """

    settings: Settings
    store: Store
    manifest: Manifest

    @classmethod
    def find(cls, store: Store, settings: Settings, run_id: str) -> Self | None:
        """The run with this id, None when it has no manifest.

        Raises MessageError for a manifest that cannot be read.
        """
        manifest = read_document(store, settings.temp_bucket, keys.manifest(run_id), Manifest)
        return None if manifest is None else cls(settings, store, manifest)

    @classmethod
    def open(cls, store: Store, settings: Settings, run_id: str) -> Self:
        """The run with this id.

        Raises MessageError when its manifest is missing, cannot be read, or is being replaced.
        """
        run = cls.find(store, settings, run_id)
        if run is None:
            raise MessageError(
                f"{keys.manifest(run_id)} is not in bucket {settings.temp_bucket}: it was never "
                "written or has expired; start the run again from its first step"
            )
        # Workers drop the messages of a plan whose CSV was written again: waiting for them is vain.
        if store.head(settings.temp_bucket, keys.planning(run_id)) is not None:
            raise MessageError(
                f"run {run_id} is being planned again, or that has failed half-way, with its CSV "
                "written and its manifest not: if extract is not running, clear it"
            )
        return run

    def unfinished(self) -> list[Chunk]:
        """The chunks that have no receipt yet, in the manifest's order."""
        receipts = keys.receipts(self.manifest.run_id)
        return missing_chunks(
            self.manifest, self.store.list_keys(self.settings.temp_bucket, receipts)
        )

    def rows_of(self, chunk: Chunk) -> list[CoverRow] | None:
        """The usable rows of a chunk, as they were planned; None if its CSV is another or gone.

        The CSV of a finished run is in the archive.
        """
        source = self.manifest.source
        try:
            found = self.store.get(
                source.bucket, source.key, byte_range=chunk.byte_range, etag=source.etag
            )
        except ConditionFailedError:
            return None
        if found is None:
            return None
        return [row for row in read_chunk(found.body) if isinstance(row, CoverRow)]

    def receipts(self) -> list[Receipt]:
        """The existing receipts of the manifest's chunks, in the order of the chunks.

        Others are ignored: when a run is planned again, a worker may still write a receipt for the
        old plan, which says nothing about this one.
        """
        run_id = self.manifest.run_id
        wanted = (keys.receipt(run_id, chunk.chunk_id) for chunk in self.manifest.chunks)
        return read_documents(self.store, self.settings.temp_bucket, wanted, Receipt)


def missing_chunks(manifest: Manifest, receipt_keys: Iterable[str]) -> list[Chunk]:
    """The chunks that have no key among `receipt_keys`, in the manifest's order.

    Airflow's triggerer lists the keys with its own asynchronous client.
    """
    present = set(receipt_keys)
    return [
        chunk
        for chunk in manifest.chunks
        if keys.receipt(manifest.run_id, chunk.chunk_id) not in present
    ]
