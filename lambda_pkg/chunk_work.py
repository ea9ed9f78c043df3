"""One chunk of a run: its bytes are read, worked on, and accounted for in a receipt written last.

A chunk may be delivered any number of times, also twice at once. What is there is not done
again, and the receipt that was written first stands. Two workers at once write the same
objects as long as the covers answer both of them alike; when a cover answers only one, the
collage is that of the worker that wrote it last, and may show one cover more or less than
the receipt counts. A chunk whose time ran out goes on as `continuation` says.
"""

import logging
from functools import partial

from msgspec.structs import replace

from collage_core.contract.message import ChunkMessage
from collage_core.contract.receipt import Receipt
from collage_core.contract.trigger import Trigger
from collage_core.errors import MessageError
from collage_core.layout import keys
from collage_core.sources.http.fetcher import Fetcher
from collage_core.storage.documents import JSON, read_document, to_document
from collage_core.storage.object_store import StoreConflict
from collage_core.worker.chunk import ChunkJob, add_receipts, process_chunk
from collage_core.worker.failed_answers import FailedAnswers
from lambda_pkg import continuation
from lambda_pkg.continuation import Progress
from lambda_pkg.invocation import SecondsLeft
from lambda_pkg.services import Services

log = logging.getLogger(__name__)


def work_on_chunk(
    message: ChunkMessage,
    trigger: Trigger,
    services: Services,
    seconds_left: SecondsLeft,
    *,
    delivery_id: str,
) -> Receipt:
    """The chunk's receipt; one with `resume_at` when the rest goes on in another invocation.

    Raises StoreConflict when the CSV has been replaced, and MessageError when it is gone or the
    grid is too large for cells of this deployment's size: none heals by trying again. Raises
    StoreConflict, too, when this delivery has to come back for the sake of the rest.
    """
    receipt = _read_receipt(message, services)
    if receipt is not None:
        log.info("Chunk %s of run %s has its receipt: skipped", message.chunk_id, message.run_id)
        # Its writer may have died before this, and a slower worker may have written one since.
        continuation.forget(message, services)
        return receipt

    message = replace(message, trigger=trigger)
    before = continuation.read_progress(message, services)
    receipt = _work_on_rest(message, trigger, services, seconds_left, before=before)
    if receipt.resume_at is not None:
        is_ours = continuation.hand_over(
            message, receipt, services, before=before, delivery_id=delivery_id
        )
        return receipt if is_ours else _receipt_of_the_faster(message, services)

    try:
        services.store.put(
            services.settings.temp_bucket,
            _receipt_key(message),
            to_document(receipt),
            content_type=JSON,
            if_absent=True,
        )
    except StoreConflict:
        log.info("Chunk %s of run %s was done twice at once", message.chunk_id, message.run_id)
        return _read_receipt(message, services) or receipt
    if before is not None:
        continuation.forget(message, services)
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
    message: ChunkMessage,
    trigger: Trigger,
    services: Services,
    seconds_left: SecondsLeft,
    *,
    before: Progress | None,
) -> Receipt:
    """Work on what `before` does not account for, and account for both."""
    settings = services.settings
    done = None if before is None else before.receipt
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
    debug = settings.enable_debug_logging
    with Fetcher(settings.allowed_source_hosts, message.config, keep_answers=debug) as fetcher:
        receipt = process_chunk(
            body,
            job,
            put=partial(services.store.put, settings.output_bucket),
            fetcher=fetcher,
            seconds_left=seconds_left,
            on_failed_answer=(
                FailedAnswers(services.store, settings.temp_bucket, rest).keep if debug else None
            ),
        )
    return receipt if done is None else add_receipts(done, receipt)


def _receipt_of_the_faster(message: ChunkMessage, services: Services) -> Receipt:
    """What the worker that was faster has written of the chunk: all of it, or a receipt so far."""
    receipt = _read_receipt(message, services)
    if receipt is not None:
        return receipt
    progress = continuation.read_progress(message, services)
    if progress is not None:
        return progress.receipt
    raise StoreConflict(
        f"receipts of chunk {message.chunk_id} of run {message.run_id} were removed while it was "
        "worked on: nothing to mend, the message comes back"
    )


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


def _read_receipt(message: ChunkMessage, services: Services) -> Receipt | None:
    bucket = services.settings.temp_bucket
    return read_document(services.store, bucket, _receipt_key(message), Receipt)


def _receipt_key(message: ChunkMessage) -> str:
    return keys.receipt(message.run_id, message.chunk_id)
