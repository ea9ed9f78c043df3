"""Keeps the 2xx answers of covers that failed after them in the temp bucket, for debugging.

The books say that a cover was not a picture, but not what it was instead. With
ENABLE_DEBUG_LOGGING each such answer becomes two objects: a document with its headers, and the
first bytes of its body. `docs/contracts.md` has the keys and the fields.
"""

import logging
from dataclasses import dataclass
from threading import Lock
from typing import Any

from collage_core.contract.failed_answer import FailedAnswer
from collage_core.contract.message import ChunkMessage
from collage_core.covers.rows import CoverRow
from collage_core.layout import keys
from collage_core.sources.http.answers.content_coding import undo_codings
from collage_core.sources.http.answers.redaction import Redactor
from collage_core.sources.result import Answer
from collage_core.storage.documents import JSON, to_document
from collage_core.storage.object_store import ObjectStore

log = logging.getLogger(__name__)

MOST_ANSWERS = 100
"""The most answers kept of a chunk, over all its tries: a host that fails always sends the same."""

_BYTES = "application/octet-stream"
"""The type of all bodies, so that a browser never runs one that is opened from the S3 console."""


class FailedAnswers:
    """The failed answers of one chunk, written as they come. A write that fails ends no chunk."""

    def __init__(self, store: ObjectStore, bucket: str, message: ChunkMessage) -> None:
        """`message` names the chunk, and in `byte_range` the bytes that offsets count from."""
        self._store = store
        self._bucket = bucket
        self._message = message
        self._lock = Lock()
        self._kept: set[str] | None = None
        """Keys of documents; None until there is one to write."""
        self._is_over = False

    def keep(self, row: CoverRow, reason: str, answer: Answer) -> None:
        """Write an answer without its signatures, unless enough are kept. May be repeated."""
        # No failure here may end the chunk: its books are complete without the answer.
        try:
            key = self._key(row, reason)
            if self._take_place(key):
                self._write(key, row, reason, answer)
        except Exception as error:  # noqa: BLE001
            self._give_up(error)

    def _take_place(self, key: str) -> bool:
        """Whether the answer may be written. One that was written before may be written again."""
        with self._lock:
            if self._is_over:
                return False
            if self._kept is None:
                self._kept = self._kept_before()
            if key not in self._kept and len(self._kept) >= MOST_ANSWERS:
                return False
            if key not in self._kept:
                self._kept.add(key)
                self._say_when_full(len(self._kept))
            return True

    def _kept_before(self) -> set[str]:
        """The documents that other deliveries of this chunk have written."""
        folder = keys.failed_downloads(self._message.run_id, self._message.chunk_id)
        found = self._store.list_keys(self._bucket, folder)
        return {key for key in found if key.endswith(".json")}

    def _say_when_full(self, kept: int) -> None:
        if kept == MOST_ANSWERS:
            message = self._message
            log.info(
                "%d failed answers of chunk %s of run %s are kept: the most for one chunk",
                kept,
                message.chunk_id,
                message.run_id,
            )

    def _write(self, key: str, row: CoverRow, reason: str, answer: Answer) -> None:
        shown = redact(answer)
        body_key = None
        if shown.body is not None:
            body_key = keys.failed_download_body(*self._names(row, reason))
            self._store.put(self._bucket, body_key, shown.body, content_type=_BYTES)
        document = FailedAnswer(
            run_id=self._message.run_id,
            chunk_id=self._message.chunk_id,
            offset=self._offset(row),
            creator=row.creator,
            reason=reason,
            body_key=body_key,
            **shown.fields,
        )
        # The document is written last: a reader who finds it also finds the body that it names.
        self._store.put(self._bucket, key, to_document(document), content_type=JSON)

    def _give_up(self, error: Exception) -> None:
        with self._lock:
            is_first, self._is_over = not self._is_over, True
        if is_first:
            log.warning(
                "No more failed answers of chunk %s of run %s are kept: %s: %s. Let the function "
                "list the bucket %s and put objects below %s, or set ENABLE_DEBUG_LOGGING to false",
                self._message.chunk_id,
                self._message.run_id,
                type(error).__name__,
                error,
                self._bucket,
                keys.FAILED_DOWNLOADS,
            )

    def _key(self, row: CoverRow, reason: str) -> str:
        return keys.failed_download(*self._names(row, reason))

    def _names(self, row: CoverRow, reason: str) -> tuple[str, str, int, str]:
        return self._message.run_id, self._message.chunk_id, self._offset(row), reason

    def _offset(self, row: CoverRow) -> int:
        """The byte of the CSV at which the row begins: the same in every part of a chunk."""
        return self._message.byte_range[0] + row.offset


@dataclass(frozen=True, slots=True)
class RedactedAnswer:
    """The part of an answer that contains no signatures and no headers of the request."""

    fields: dict[str, Any]
    body: bytes | None
    """None if its encoding could not be undone: a signature in it could not be found."""


def redact(answer: Answer) -> RedactedAnswer:
    """An answer without the signatures of the URLs that led to it, and what was sent to them."""
    redactor = Redactor(answer.urls, answer.sent)
    plain = undo_codings(answer.body, answer.headers)
    body = None if plain is None else redactor.body(plain)
    fields = {
        "urls": [redactor.url(url) for url in answer.urls],
        "host": redactor.url(answer.urls[-1]).split("/")[2],
        "status": answer.status,
        "headers": [redactor.header(name, value) for name, value in answer.headers],
        "received_bytes": answer.received_bytes,
        "kept_bytes": 0 if body is None else len(body),
        "redacted_bytes": 0 if plain is None or body is None else _differing(plain, body),
    }
    return RedactedAnswer(fields, body)


def _differing(one: bytes, other: bytes) -> int:
    return sum(a != b for a, b in zip(one, other, strict=True))
