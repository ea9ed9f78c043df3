"""What the temp bucket says about a run: its manifest, and which chunks have their receipt."""

from collections.abc import Iterable
from itertools import batched

from collage_core import keys
from collage_core.contract import Manifest
from collage_core.publish import JSON, to_document
from collage_core.s3_store import S3Store
from collage_core.settings import Settings

_MOST_DELETED_AT_ONCE = 1000


def replace_manifest(store: S3Store, settings: Settings, manifest: Manifest) -> None:
    """Write a run's manifest; when it changes, receipts of the plan before are removed.

    The same rows under the same configuration give the same manifest: what was done for it
    stays done, and a run that is repeated makes no collage twice.
    """
    bucket, key = settings.temp_bucket, keys.manifest(manifest.run_id)
    document = to_document(manifest.to_json())
    before = store.get(bucket, key)
    if before is not None and before.body != document:
        # The old manifest goes first: a receipt never stands beside a plan it was not made for.
        outdated = [key, *store.list_keys(bucket, keys.run_folder(manifest.run_id))]
        for some in batched(outdated, _MOST_DELETED_AT_ONCE):
            store.client.delete_objects(
                Bucket=bucket, Delete={"Objects": [{"Key": name} for name in some]}
            )
    store.put(bucket, key, document, content_type=JSON)


def missing_chunks(manifest: Manifest, receipt_keys: Iterable[str]) -> list[str]:
    """The ids of the chunks that have no key among `receipt_keys`, in the manifest's order."""
    present = set(receipt_keys)
    return [
        chunk.chunk_id
        for chunk in manifest.chunks
        if keys.receipt(manifest.run_id, chunk.chunk_id) not in present
    ]
