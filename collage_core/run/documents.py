"""What the temp bucket says about a run: its manifest, and which of its chunks are done."""

from collections.abc import Iterable

from collage_core.contract.chunk import Chunk
from collage_core.contract.manifest import Manifest
from collage_core.contract.receipt import Receipt
from collage_core.errors import MessageError
from collage_core.layout import keys
from collage_core.settings import Settings
from collage_core.storage.documents import read_document, read_documents
from collage_core.storage.object_store import ObjectStore


def read_manifest(store: ObjectStore, settings: Settings, run_id: str) -> Manifest | None:
    """A run's plan, None when there is none. Raises MessageError for one that cannot be read."""
    return read_document(store, settings.temp_bucket, keys.manifest(run_id), Manifest)


def require_manifest(store: ObjectStore, settings: Settings, run_id: str) -> Manifest:
    """A run's plan. Raises MessageError when there is none, or none that can be read."""
    manifest = read_manifest(store, settings, run_id)
    if manifest is None:
        raise MessageError(
            f"{keys.manifest(run_id)} is not in bucket {settings.temp_bucket}: it was never "
            "written or has expired; start the run again from its first step"
        )
    return manifest


def missing_chunks(manifest: Manifest, receipt_keys: Iterable[str]) -> list[Chunk]:
    """The chunks that have no key among `receipt_keys`, in the manifest's order.

    Keys are handed in because Airflow's triggerer lists them by a client of its own.
    """
    present = set(receipt_keys)
    return [
        chunk
        for chunk in manifest.chunks
        if keys.receipt(manifest.run_id, chunk.chunk_id) not in present
    ]


def unfinished_chunks(store: ObjectStore, settings: Settings, manifest: Manifest) -> list[Chunk]:
    """The chunks that have no receipt by now, in the manifest's order."""
    receipts = keys.receipts(manifest.run_id)
    return missing_chunks(manifest, store.list_keys(settings.temp_bucket, receipts))


def read_receipts(store: ObjectStore, settings: Settings, manifest: Manifest) -> list[Receipt]:
    """The receipts so far of the chunks in `manifest`, in their order.

    Others are passed over: when a run is planned anew, a worker of the plan before may still
    write its receipt, and that one says nothing about this plan.
    """
    wanted = (keys.receipt(manifest.run_id, chunk.chunk_id) for chunk in manifest.chunks)
    return read_documents(store, settings.temp_bucket, wanted, Receipt)
