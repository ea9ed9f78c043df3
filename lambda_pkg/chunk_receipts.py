"""The receipt of a chunk, its partial receipt, and the message for the rest of the chunk.

A partial receipt says what is done so far. It is written every now and then, so that what is done
stays done if the worker dies, and when the time is up. It replaces only the one it continues
(If-Match). If two workers continue the same one, the first to write wins and sends the message for
the rest. The other one sends nothing, so two chains of messages become one where they meet.

The message for the rest is never lost. Until a worker has sent it, the message that this worker was
given stays in the queue, and SQS delivers it again if the worker dies. Only a second delivery of
the same message could remove it; that delivery fails instead. To recognise this case, a partial
receipt carries the name of the delivery that wrote it.

A receipt that cannot be used counts as none, and is replaced when the chunk is done.
"""

import logging
from dataclasses import dataclass
from typing import Any, Self

from msgspec.structs import replace

from collage_core.contract.message import ChunkMessage
from collage_core.contract.reading import read
from collage_core.contract.receipt import Receipt
from collage_core.errors import ConditionFailedError, MessageError, RaceError
from collage_core.layout import keys
from collage_core.storage.documents import JSON, to_document
from collage_core.storage.writable import prove_writable
from lambda_pkg.invocation import Invocation
from lambda_pkg.metrics import print_metrics

log = logging.getLogger(__name__)

_WRITTEN_BY = "written-by"
"""Metadata of a partial receipt: the delivery that wrote it."""


@dataclass(frozen=True, slots=True)
class _Found:
    """What is at the key of a receipt."""

    receipt: Receipt | None = None
    """None if there is none, or none that can be used."""
    etag: str | None = None
    """None if there is nothing."""


@dataclass(slots=True)
class ChunkReceipts:
    """What the temp bucket said of a chunk when a delivery of it began, and how to add to that."""

    message: ChunkMessage
    invocation: Invocation
    done: Receipt | None
    """The receipt, else the partial receipt; None when nothing of the chunk was done."""
    _receipt_etag: str | None
    """Of what is at the key of the receipt."""
    _partial_etag: str | None
    """Of what is at the key of the partial receipt, as this worker knows it: tells whether another
    worker has replaced it."""
    _is_alone: bool = True
    """Whether no other worker was seen to write partial receipts."""

    @classmethod
    def read(cls, message: ChunkMessage, invocation: Invocation) -> Self:
        """Read what is done of the chunk."""
        found = _find(message, invocation, keys.receipt(message.run_id, message.chunk_id))
        if found.receipt is not None:
            return cls(message, invocation, found.receipt, found.etag, None)
        partial_key = keys.partial_receipt(message.run_id, message.chunk_id)
        partial = _find(message, invocation, partial_key)
        return cls(message, invocation, partial.receipt, found.etag, partial.etag)

    @property
    def is_finished(self) -> bool:
        """Whether the chunk has its receipt, and not only a partial one."""
        return self.done is not None and self.done.resume_at is None

    @property
    def key(self) -> str:
        """Where the receipt is."""
        return keys.receipt(self.message.run_id, self.message.chunk_id)

    @property
    def partial_key(self) -> str:
        """Where the partial receipt is."""
        return keys.partial_receipt(self.message.run_id, self.message.chunk_id)

    def prove_writable(self) -> None:
        """Raise S3Error if the receipt could not be written, before any work is done for it."""
        services = self.invocation.services
        prove_writable(services.store, services.settings.temp_bucket, self.key)

    def save(self, receipt: Receipt) -> None:
        """Write a partial receipt of what is done so far, and go on with the work.

        If another worker is at the same chunk, its partial receipts are left alone.
        """
        if not self._is_alone:
            return
        try:
            self._put_partial(self._with_usage(receipt))
        except ConditionFailedError:
            log.info(
                "Chunk %s of run %s is worked on by another worker, too",
                self.message.chunk_id,
                self.message.run_id,
            )
            self._is_alone = False

    def write(self, receipt: Receipt) -> Receipt:
        """Write the receipt, or a partial one with the message for the rest.

        `receipt` accounts for `done`, too. Returns the receipt that counts: that of another worker
        if it was faster. Raises RaceError when the receipt or the rest might be lost: this delivery
        must fail, so that SQS repeats it.
        """
        receipt = self._with_usage(receipt)
        written = self._finish(receipt) if receipt.resume_at is None else self._hand_over(receipt)
        if self.invocation.meter is not None:
            self.invocation.meter.begin_next()
        return written

    def put_down(self, receipt: Receipt) -> None:
        """Write a partial receipt of what is done, and no message for the rest: the run is stopped.

        If another worker is at the same chunk, its partial receipts are left alone.
        """
        if receipt.bytes_done:
            self.save(receipt)

    def remove_partial(self) -> None:
        """Remove the partial receipt of a chunk that has its receipt, if there is one.

        Otherwise a person who removes the receipt to have the chunk done again would get only
        the rest of it.
        """
        services = self.invocation.services
        services.store.delete_keys(services.settings.temp_bucket, [self.partial_key])

    def _with_usage(self, receipt: Receipt) -> Receipt:
        """The receipt with what AWS bills, unless a part of the chunk was done without counting."""
        meter = self.invocation.meter
        if meter is None or (self.done is not None and self.done.usage is None):
            return receipt
        usage = meter.used(puts=1)
        if self.done is not None and self.done.usage is not None:
            usage = self.done.usage + usage
        return replace(receipt, usage=usage)

    def _finish(self, receipt: Receipt) -> Receipt:
        message = self.message
        try:
            etag = self._receipt_etag
            self._put(self.key, receipt, if_absent=etag is None, if_etag=etag)
        except ConditionFailedError as error:
            first = self._read_again()
            if first.done is None or not first.is_finished:
                raise RaceError(
                    f"S3 reported another write of the receipt of chunk {message.chunk_id} of run "
                    f"{message.run_id}, but it is not there: nothing to fix, the message comes back"
                ) from error
            log.info("Chunk %s of run %s was done twice at once", message.chunk_id, message.run_id)
            return first.done
        if self._partial_etag is not None:
            self.remove_partial()
        rows = receipt.books.rows
        log.info(
            "Chunk %s of run %s: %d rows, %d placed, %d failed, %d rejected",
            message.chunk_id,
            message.run_id,
            rows.total,
            rows.placed,
            rows.failed,
            rows.rejected,
        )
        # Here alone: of all workers at a chunk, one writes its receipt, and once.
        print_metrics(receipt, self.invocation.services.settings)
        return receipt

    def _hand_over(self, receipt: Receipt) -> Receipt:
        message = self.message
        try:
            self._put_partial(receipt)
        except ConditionFailedError:
            self._check_that_another_continues()
            return self._written_by_another()
        # In this order: a partial receipt without a message is continued when SQS delivers this
        # one again, a message without its partial receipt would do the work twice.
        self.invocation.services.queue.send([message])
        log.info(
            "Chunk %s of run %s ran out of time at byte %d: sent on",
            message.chunk_id,
            message.run_id,
            receipt.resume_at,
        )
        return receipt

    def _check_that_another_continues(self) -> None:
        """Raise RaceError unless the worker that was faster is known to send the message."""
        services, message = self.invocation.services, self.message
        found = services.store.head(services.settings.temp_bucket, self.partial_key)
        if found is None:
            # Removed when the receipt was written, or never there: the caller reads both again.
            return
        name = f"chunk {message.chunk_id} of run {message.run_id}"
        if found.etag == self._partial_etag:
            raise RaceError(
                f"S3 reported a faster write of the partial receipt of {name}, but that is "
                "unchanged: nothing to fix, the message comes back"
            )
        if found.metadata.get(_WRITTEN_BY) == self.invocation.delivery_id:
            raise RaceError(
                f"{name} was worked on twice at once by one message, "
                f"{self.invocation.delivery_id}, which is kept until the message for the rest is "
                "known to be sent: nothing to fix, it comes back"
            )
        log.info(
            "The rest of chunk %s of run %s is left to another worker, who was faster",
            message.chunk_id,
            message.run_id,
        )

    def _written_by_another(self) -> Receipt:
        message, receipt = self.message, self._read_again().done
        if receipt is None:
            raise RaceError(
                f"receipts of chunk {message.chunk_id} of run {message.run_id} were removed while "
                "it was worked on: nothing to fix, the message comes back"
            )
        return receipt

    def _read_again(self) -> Self:
        return self.read(self.message, self.invocation)

    def _put_partial(self, receipt: Receipt) -> None:
        etag = self._partial_etag
        written_by = {_WRITTEN_BY: self.invocation.delivery_id}
        self._partial_etag = self._put(
            self.partial_key, receipt, metadata=written_by, if_absent=etag is None, if_etag=etag
        )

    def _put(self, key: str, receipt: Receipt, **conditions: Any) -> str:
        services = self.invocation.services
        body = to_document(receipt)
        return services.store.put(
            services.settings.temp_bucket, key, body, content_type=JSON, **conditions
        )


def _find(message: ChunkMessage, invocation: Invocation, key: str) -> _Found:
    services = invocation.services
    stored = services.store.get(services.settings.temp_bucket, key)
    if stored is None:
        return _Found()
    try:
        receipt = read(stored.body, Receipt)
        _check(receipt, message, is_partial=key != keys.receipt(message.run_id, message.chunk_id))
    except MessageError as error:
        log.warning("%s cannot be used, so the chunk is done again: %s", key, error)
        return _Found(None, stored.etag)
    return _Found(receipt, stored.etag)


def _check(receipt: Receipt, message: ChunkMessage, *, is_partial: bool) -> None:
    """Raise MessageError unless the receipt is one of this chunk."""
    first, last = message.byte_range
    done = receipt.bytes_done
    for what, found, expected in (
        ("run_id", receipt.run_id, message.run_id),
        ("chunk_id", receipt.chunk_id, message.chunk_id),
        ("run_timestamp", str(receipt.run_timestamp), str(message.run_timestamp)),
        ("size", receipt.byte_range[1] - receipt.byte_range[0], last - first),
    ):
        if found != expected:
            raise MessageError(f"its {what} is {found}, but that of the chunk is {expected}")
    if is_partial and (done is None or not 0 < done <= last - first):
        raise MessageError(f"its resume_at is {receipt.resume_at}, outside of the chunk")
    if not is_partial and done is not None:
        raise MessageError(f"its resume_at is {receipt.resume_at}: it is only a partial receipt")
    if not is_partial and receipt.books.rows.total != message.rows:
        raise MessageError(
            f"it counts {receipt.books.rows.total} rows, but the chunk has {message.rows}"
        )
