"""Proves that an object may be written, without writing it."""

from collage_core.errors import ConditionFailedError
from collage_core.storage.object_store import ObjectStore

_IMPOSSIBLE_ETAG = "0" * 32
"""The ETag of no object: a write on this condition writes nothing."""


def prove_writable(store: ObjectStore, bucket: str, key: str) -> None:
    """Raise the store's error, such as one for a missing right, if the key cannot be written.

    S3 looks at rights before it looks at conditions, and an answer to a condition costs no object.
    """
    try:
        store.put(
            bucket, key, b"", content_type="application/octet-stream", if_etag=_IMPOSSIBLE_ETAG
        )
    except ConditionFailedError:
        return
