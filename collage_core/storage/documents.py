"""JSON documents in an object store: written for people to read, read back as typed values."""

import json
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from collage_core.contract.json_fields import Json, as_object
from collage_core.errors import MessageError
from collage_core.storage.object_store import ObjectStore

JSON = "application/json"
"""Content type of every document."""

_READERS = 16
"""Requests at the same time: a run may have 1000 receipts, and each takes a round trip."""


def to_document(value: Json) -> bytes:
    """Encode JSON as it is stored: indented, and with names in their own script."""
    return json.dumps(value, ensure_ascii=False, indent=2).encode() + b"\n"


def read_document[T](
    store: ObjectStore, bucket: str, key: str, parse: Callable[[Json], T]
) -> T | None:
    """Read and parse a document; None when the key has no object.

    Raises MessageError, with key and bucket, for a document that cannot be read.
    """
    found = read_document_and_etag(store, bucket, key, parse)
    return None if found is None else found[0]


def read_document_and_etag[T](
    store: ObjectStore, bucket: str, key: str, parse: Callable[[Json], T]
) -> tuple[T, str] | None:
    """The same, with the ETag that is needed to replace exactly this document."""
    found = store.get(bucket, key)
    if found is None:
        return None
    try:
        return parse(as_object(json.loads(found.body), "document")), found.etag
    except (ValueError, MessageError) as error:
        raise MessageError(f"{key} in bucket {bucket} cannot be read: {error}") from error


def read_documents[T](
    store: ObjectStore, bucket: str, wanted: Iterable[str], parse: Callable[[Json], T]
) -> list[T]:
    """The documents at these keys, in order; keys without an object are left out."""
    with ThreadPoolExecutor(_READERS) as pool:
        found = pool.map(lambda key: read_document(store, bucket, key, parse), wanted)
        return [document for document in found if document is not None]
