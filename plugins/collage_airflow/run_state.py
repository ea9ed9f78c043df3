"""What a run keeps in the temp bucket when it is extracted again."""

from collage_core import keys
from collage_core.contract import Manifest
from collage_core.settings import Settings
from collage_core.storage.documents import JSON, to_document
from collage_core.storage.s3_store import S3Store


def replace_manifest(store: S3Store, settings: Settings, manifest: Manifest) -> None:
    """Write a run's manifest; when it changes, receipts of the plan before are removed.

    The same rows under the same configuration give the same manifest: what was done for it
    stays done, and a run that is repeated makes no collage twice.
    """
    bucket, key = settings.temp_bucket, keys.manifest(manifest.run_id)
    document = to_document(manifest.to_json())
    before = store.get(bucket, key)
    if before is not None and before.body != document:
        # The old manifest goes first, in a request of its own, as within one there is no order:
        # a try that breaks off here leaves receipts without a plan, never beside another one.
        store.delete_keys(bucket, [key])
        store.delete_keys(bucket, store.list_keys(bucket, keys.run_folder(manifest.run_id)))
    store.put(bucket, key, document, content_type=JSON)
