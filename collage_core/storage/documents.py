"""JSON documents in an object store: written for people to read, read back as typed values."""

import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from msgspec import Struct

from collage_core.contract.document import to_json
from collage_core.contract.reading import read
from collage_core.errors import MessageError
from collage_core.storage.object_store import ObjectStore

JSON = "application/json"
"""Content type of every document."""

HTML = "text/html; charset=utf-8"
"""Content type of every page about a run."""

READERS = 10
"""Requests at the same time: a run may have 1000 receipts, and each takes a round trip. A client of
boto3 has so many connections, unless it is told otherwise; a hook of Airflow does not tell it."""


def to_document(document: Struct) -> bytes:
    """Encode a document as it is stored: indented, and with names in their own script."""
    return json.dumps(to_json(document), ensure_ascii=False, indent=2).encode() + b"\n"


def read_document[T: Struct](store: ObjectStore, bucket: str, key: str, kind: type[T]) -> T | None:
    """Read the document of this kind at `key`; None when the key has no object.

    Raises MessageError, with key and bucket, for a document that cannot be read.
    """
    found = read_document_and_etag(store, bucket, key, kind)
    return None if found is None else found[0]


def read_document_and_etag[T: Struct](
    store: ObjectStore, bucket: str, key: str, kind: type[T]
) -> tuple[T, str] | None:
    """The same, with the ETag that is needed to replace exactly this document."""
    found = store.get(bucket, key)
    if found is None:
        return None
    try:
        return read(found.body, kind), found.etag
    except MessageError as error:
        raise MessageError(f"{key} in bucket {bucket} cannot be read: {error}") from error


def read_documents[T: Struct](
    store: ObjectStore, bucket: str, wanted: Iterable[str], kind: type[T]
) -> list[T]:
    """The documents at these keys, in order; keys without an object are left out."""
    with ThreadPoolExecutor(READERS) as pool:
        found = pool.map(lambda key: read_document(store, bucket, key, kind), wanted)
        return [document for document in found if document is not None]
