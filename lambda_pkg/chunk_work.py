"""One chunk of a run: its bytes are read, worked on, and accounted for in a receipt written last.

A chunk may be delivered any number of times, also twice at once. What is there is not done
again, and the receipt that was written first stands. Two workers at once write the same
objects as long as the covers answer both of them alike; when a cover answers only one, the
collage is that of the worker that wrote it last, and may show one cover more or less than
the receipt counts.
"""

import logging
from dataclasses import replace
from functools import partial

from collage_core import keys
from collage_core.contract import ChunkMessage, Trigger
from collage_core.errors import MessageError
from collage_core.fetching.fetch import Fetcher
from collage_core.receipt import Receipt
from collage_core.storage.documents import JSON, read_document, to_document
from collage_core.storage.object_store import StoreConflict
from collage_core.work.worker import ChunkJob, add_receipts, process_chunk
from lambda_pkg.invocation import SecondsLeft
from lambda_pkg.services import Services

log = logging.getLogger(__name__)


def work_on_chunk(
    message: ChunkMessage, trigger: Trigger, services: Services, seconds_left: SecondsLeft
) -> Receipt:
    """The chunk's receipt; one with `resume_at` when the rest was sent on to the queue.

    Raises StoreConflict when the CSV has been replaced, and MessageError when it is gone or the
    grid is too large for cells of this deployment's size: none heals by trying again.
    """
    receipt_key = keys.receipt(message.run_id, message.chunk_id)
    receipt = _read_receipt(receipt_key, services)
    if receipt is not None:
        log.info("Chunk %s of run %s has its receipt: skipped", message.chunk_id, message.run_id)
        return receipt

    message = replace(message, trigger=trigger)
    receipt = _work_on_rest(message, trigger, services, seconds_left)
    if receipt.resume_at is not None:
        # In this order: a partial receipt without a message is resumed when SQS delivers
        # again, a message without its partial receipt would do the work twice.
        _put_receipt(keys.partial_receipt(message.run_id, message.chunk_id), receipt, services)
        services.queue.send([message])
        log.info(
            "Chunk %s of run %s ran out of time at byte %d: sent on",
            message.chunk_id,
            message.run_id,
            receipt.resume_at,
        )
        return receipt

    try:
        _put_receipt(receipt_key, receipt, services, if_absent=True)
    except StoreConflict:
        log.info("Chunk %s of run %s was done twice at once", message.chunk_id, message.run_id)
        return _read_receipt(receipt_key, services) or receipt
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
    return receipt


def _work_on_rest(
    message: ChunkMessage, trigger: Trigger, services: Services, seconds_left: SecondsLeft
) -> Receipt:
    """Work on what no partial receipt accounts for yet."""
    settings = services.settings
    done = _read_receipt(keys.partial_receipt(message.run_id, message.chunk_id), services)
    first, last = message.byte_range
    if done is not None and done.resume_at is not None:
        first = done.resume_at
    rest = replace(message, byte_range=(first, last))
    body = _read_csv(rest, services)
    job = ChunkJob(
        message=rest,
        trigger=trigger,
        covers_per_creator=settings.covers_per_creator(message.config),
        by_creator_copies=settings.by_creator_copies,
        cell_size=settings.cell_size,
    )
    with Fetcher(settings.allowed_source_hosts, message.config) as fetcher:
        receipt = process_chunk(
            body,
            job,
            put=partial(services.store.put, settings.output_bucket),
            fetcher=fetcher,
            seconds_left=seconds_left,
        )
    return receipt if done is None else add_receipts(done, receipt)


def _read_csv(rest: ChunkMessage, services: Services) -> bytes:
    """The bytes of the CSV that are still to do, if it is the CSV that was planned."""
    source = rest.source
    name = f"CSV s3://{source.bucket}/{source.key} of chunk {rest.chunk_id}"
    try:
        stored = services.store.get(
            source.bucket, source.key, byte_range=rest.byte_range, etag=source.etag
        )
    except StoreConflict as error:
        raise StoreConflict(
            f"{name} was replaced since its run was planned: start the run again"
        ) from error
    if stored is None:
        # Putting it back does not help: uploaded in other parts it has another ETag.
        raise MessageError(
            f"{name} is gone: start the run again (clear its DAG run from extract), or hand the "
            "CSV in again"
        )
    return stored.body


def _read_receipt(key: str, services: Services) -> Receipt | None:
    return read_document(services.store, services.settings.temp_bucket, key, Receipt.from_json)


def _put_receipt(
    key: str, receipt: Receipt, services: Services, *, if_absent: bool = False
) -> None:
    services.store.put(
        services.settings.temp_bucket,
        key,
        to_document(receipt.to_json()),
        content_type=JSON,
        if_absent=if_absent,
    )
