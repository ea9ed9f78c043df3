"""A chunk that ran out of time: what is done of it so far, and who sends the message for the rest.

A receipt so far is only ever written over the one that it goes on from. Of workers that went on
from the same one, the first to write has its way and sends the message. The others leave the
chunk to it and send nothing, so chains of messages become one where they meet.

A message for the rest is never missing. Until the worker that wrote last has sent it, the message
which that worker was given is still in the queue: nobody else takes it out. Only a second delivery
of the very same message could, and that one fails instead. To be known by it, a receipt so far
carries the name of the delivery that wrote it.
"""

import logging
from dataclasses import dataclass

from collage_core.contract.message import ChunkMessage
from collage_core.contract.receipt import Receipt
from collage_core.layout import keys
from collage_core.storage.documents import JSON, read_document_and_etag, to_document
from collage_core.storage.object_store import StoreConflict
from lambda_pkg.services import Services

log = logging.getLogger(__name__)

_WRITTEN_BY = "written-by"
"""Metadata of a receipt so far: the delivery in which it was written."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a chunk had come when a worker began."""

    receipt: Receipt
    etag: str
    """Of the receipt so far, to see whether another worker has written over it since."""


def read_progress(message: ChunkMessage, services: Services) -> Progress | None:
    """What is done of a chunk that is not finished; None when nothing is."""
    found = read_document_and_etag(
        services.store, services.settings.temp_bucket, _key(message), Receipt
    )
    return None if found is None else Progress(*found)


def hand_over(
    message: ChunkMessage,
    receipt: Receipt,
    services: Services,
    *,
    before: Progress | None,
    delivery_id: str,
) -> bool:
    """Keep the receipt so far, which goes on from `before`, and send the message for the rest.

    False when another worker was faster and looks after the rest. Raises StoreConflict when
    nobody may be relied on to do so: this delivery has to come back.
    """
    try:
        services.store.put(
            services.settings.temp_bucket,
            _key(message),
            to_document(receipt),
            content_type=JSON,
            metadata={_WRITTEN_BY: delivery_id},
            if_absent=before is None,
            if_etag=None if before is None else before.etag,
        )
    except StoreConflict:
        _check_that_another_goes_on(message, services, before=before, delivery_id=delivery_id)
        return False
    # In this order: a receipt so far without a message is gone on from when SQS delivers
    # again, a message without its receipt so far would do the work twice.
    services.queue.send([message])
    log.info(
        "Chunk %s of run %s ran out of time at byte %d: sent on",
        message.chunk_id,
        message.run_id,
        receipt.resume_at,
    )
    return True


def forget(message: ChunkMessage, services: Services) -> None:
    """Remove the receipt so far of a chunk that has its receipt, if there is one.

    Else whoever removes the receipt, to have the chunk done anew, would get the rest alone.
    """
    services.store.delete_keys(services.settings.temp_bucket, [_key(message)])


def _check_that_another_goes_on(
    message: ChunkMessage, services: Services, *, before: Progress | None, delivery_id: str
) -> None:
    found = services.store.head(services.settings.temp_bucket, _key(message))
    if found is None:
        # Removed with the receipt in its place, or never written at all: the caller looks.
        return
    name = f"chunk {message.chunk_id} of run {message.run_id}"
    if before is not None and found.etag == before.etag:
        raise StoreConflict(
            f"S3 took another write of the receipt so far of {name} for faster, but there is "
            "none: nothing to mend, the message comes back"
        )
    if found.metadata.get(_WRITTEN_BY) == delivery_id:
        raise StoreConflict(
            f"{name} was worked on twice at once by one message, {delivery_id}, which is kept "
            "until the rest is known to be sent on: nothing to mend, it comes back"
        )
    log.info(
        "The rest of chunk %s of run %s is left to another worker, who was faster",
        message.chunk_id,
        message.run_id,
    )


def _key(message: ChunkMessage) -> str:
    return keys.partial_receipt(message.run_id, message.chunk_id)
