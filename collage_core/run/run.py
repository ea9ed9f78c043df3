"""A run whose manifest is written, and what the temp bucket says of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from collage_core.contract.chunk import Chunk
from collage_core.contract.manifest import Manifest
from collage_core.contract.receipt import Receipt
from collage_core.errors import MessageError
from collage_core.layout import keys
from collage_core.settings import Settings
from collage_core.storage.documents import read_document, read_documents
from collage_core.storage.object_store import ObjectStore


@dataclass(frozen=True, slots=True)
class Run[Store: ObjectStore]:
    """A planned run and where its objects are.

    It holds no state of its own: what is done of it is asked of the store at each call. Its store
    is S3, but for the runs of the command line.
    """

    settings: Settings
    store: Store
    manifest: Manifest

    @classmethod
    def find(cls, store: Store, settings: Settings, run_id: str) -> Self | None:
        """The run of this name, None when it has no manifest.

        Raises MessageError for a manifest that cannot be read.
        """
        manifest = read_document(store, settings.temp_bucket, keys.manifest(run_id), Manifest)
        return None if manifest is None else cls(settings, store, manifest)

    @classmethod
    def open(cls, store: Store, settings: Settings, run_id: str) -> Self:
        """The run of this name.

        Raises MessageError when it has no manifest, or none that can be read.
        """
        run = cls.find(store, settings, run_id)
        if run is None:
            raise MessageError(
                f"{keys.manifest(run_id)} is not in bucket {settings.temp_bucket}: it was never "
                "written or has expired; start the run again from its first step"
            )
        return run

    def unfinished(self) -> list[Chunk]:
        """The chunks that have no receipt by now, in the manifest's order."""
        receipts = keys.receipts(self.manifest.run_id)
        return missing_chunks(
            self.manifest, self.store.list_keys(self.settings.temp_bucket, receipts)
        )

    def receipts(self) -> list[Receipt]:
        """The receipts that are there of the manifest's chunks, in their order.

        Others are passed over: when a run is planned again, a worker of the plan before may still
        write its receipt, and that one says nothing about this plan.
        """
        run_id = self.manifest.run_id
        wanted = (keys.receipt(run_id, chunk.chunk_id) for chunk in self.manifest.chunks)
        return read_documents(self.store, self.settings.temp_bucket, wanted, Receipt)


def missing_chunks(manifest: Manifest, receipt_keys: Iterable[str]) -> list[Chunk]:
    """The chunks that have no key among `receipt_keys`, in the manifest's order.

    Airflow's triggerer lists the keys by an asynchronous client of its own.
    """
    present = set(receipt_keys)
    return [
        chunk
        for chunk in manifest.chunks
        if keys.receipt(manifest.run_id, chunk.chunk_id) not in present
    ]
