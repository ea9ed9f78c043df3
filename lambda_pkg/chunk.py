"""One chunk of a run: read its bytes, work on them, and write a receipt last.

A chunk may be delivered any number of times, even to two workers at once. A chunk that has its
receipt is not done again, and of two receipts the first one counts. Two workers at once write the
same objects, provided that every cover answers both workers the same. If a cover answers only one
of them, the collage is that of the worker that wrote it last, and may show one cover more or less
than the receipt counts. `chunk_receipts` says how a chunk continues that ran out of time.
"""

import logging
from functools import partial

from msgspec.structs import replace

from collage_core.contract.message import ChunkMessage
from collage_core.contract.receipt import Receipt
from collage_core.errors import ConditionFailedError, SourceChangedError
from collage_core.recipes.collage.recipe import CollageRecipe
from collage_core.sources.http.answers.failed_answers import FailedAnswers
from collage_core.sources.http.fetcher import Fetcher
from collage_core.storage.object_store import ObjectStore
from collage_core.worker.chunk import add_receipts, process_chunk
from lambda_pkg.chunk_receipts import ChunkReceipts
from lambda_pkg.invocation import Invocation

log = logging.getLogger(__name__)


def work_on_chunk(message: ChunkMessage, invocation: Invocation) -> Receipt:
    """Return the chunk's receipt, or a partial one if the rest continues in another invocation.

    The message has its trigger. Raises SourceChangedError when the CSV was replaced or is gone,
    MessageError when the grid is too large for cells of this deployment's size, and RaceError when
    this message must be redelivered so that the rest is not lost.
    """
    receipts = ChunkReceipts.read(message, invocation)
    if receipts.done is not None and receipts.is_finished:
        log.info("Chunk %s of run %s has its receipt: skipped", message.chunk_id, message.run_id)
        # The worker that wrote it may have died before it did this. Or a slower worker has
        # written a partial receipt since.
        receipts.remove_partial()
        return receipts.done
    return receipts.write(_work_on_rest(message, receipts.done, invocation))


def _work_on_rest(message: ChunkMessage, done: Receipt | None, invocation: Invocation) -> Receipt:
    """Work on the rows that `done` does not account for; the receipt accounts for both."""
    rest = message
    if done is not None and done.resume_at is not None:
        rest = replace(message, byte_range=(done.resume_at, message.byte_range[1]))
    body = _read_csv(rest, invocation.services.store)
    receipt = _work_on_rows(body, rest, invocation)
    return receipt if done is None else add_receipts(done, receipt)


def _work_on_rows(body: bytes, rest: ChunkMessage, invocation: Invocation) -> Receipt:
    """Fetch the covers in `body`, the bytes that `rest` names, and write the collages."""
    settings, store = invocation.services.settings, invocation.services.store
    debug = settings.enable_debug_logging
    answers = FailedAnswers(store, settings.temp_bucket, rest) if debug else None
    with Fetcher(settings.allowed_source_hosts, rest.config, keep_answers=debug) as fetcher:
        return process_chunk(
            body,
            rest,
            CollageRecipe.of(settings, rest),
            source=fetcher,
            put=partial(store.put, settings.output_bucket),
            seconds_left=invocation.seconds_left,
            on_failed_answer=None if answers is None else answers.keep,
            machine=invocation.services.machine,
        )


def _read_csv(rest: ChunkMessage, store: ObjectStore) -> bytes:
    """The bytes of the CSV that `rest` names, provided that it is the CSV that was planned."""
    source = rest.source
    name = f"CSV s3://{source.bucket}/{source.key} of chunk {rest.chunk_id}"
    try:
        stored = store.get(source.bucket, source.key, byte_range=rest.byte_range, etag=source.etag)
    except ConditionFailedError as error:
        raise SourceChangedError(
            f"{name} was replaced since its run was planned: start the run again"
        ) from error
    if stored is None:
        # Restoring the object does not help: uploaded in other parts it has another ETag.
        raise SourceChangedError(
            f"{name} is gone: start the run again (clear its DAG run from extract), or submit the "
            "CSV again"
        )
    return stored.body
