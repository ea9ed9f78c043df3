"""One chunk of a run: read its bytes, work on them, and write a receipt last.

A chunk may be delivered any number of times, even to two workers at once. A chunk that has its
receipt is not done again, and of two receipts the first one counts. Workers that meet at a creator
agree on it (`collage_core.worker.shared_writer`), so both receipts say the same.
`chunk_receipts` says how a chunk continues that ran out of time or whose worker died.
"""

import dataclasses
import logging
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any

from msgspec.structs import replace

from collage_core.contract.message import ChunkMessage
from collage_core.contract.pack import ChunkPacks
from collage_core.contract.receipt import Receipt
from collage_core.errors import MessageError, RunStoppedError
from collage_core.layout import keys
from collage_core.packs.keeper import PackKeeper, find_packs
from collage_core.recipes.collage.recipe import CollageRecipe
from collage_core.recipes.keep.recipe import KeepRecipe
from collage_core.run.chunk_messages import limits_of_worker
from collage_core.run.plan_watch import PlanWatch
from collage_core.sources.http.answers.failed_answers import FailedAnswers
from collage_core.sources.http.fetcher import Fetcher
from collage_core.worker.attempt import Attempt
from collage_core.worker.chunk import OnSave, add_receipts, process_chunk
from collage_core.worker.loading import START_SECONDS
from collage_core.worker.recipe import Recipe
from collage_core.worker.shared_writer import SharedWriter
from collage_core.worker.writing import CreatorWriter, NoWriter
from lambda_pkg.chunk_receipts import ChunkReceipts
from lambda_pkg.chunk_rows import ChunkReader, ChunkRows
from lambda_pkg.heartbeat import Heartbeat
from lambda_pkg.invocation import Invocation

log = logging.getLogger(__name__)


def work_on_chunk(message: ChunkMessage, invocation: Invocation) -> Receipt:
    """Return the chunk's receipt, or a partial one if the rest continues in another invocation.

    The message has its trigger. Raises PlanReplacedError when the run was planned again without
    this chunk, SourceChangedError when the CSV was replaced or is gone, MessageError when the grid
    is too large for the cells or nothing says where to keep covers that are only to be kept,
    RunStoppedError when the run is stopped, with what is done in a partial receipt, and RaceError
    when this message must be redelivered so that the rest is not lost.
    """
    receipts = ChunkReceipts.read(message, invocation)
    if receipts.done is not None and receipts.is_finished:
        log.info("Chunk %s of run %s has its receipt: skipped", message.chunk_id, message.run_id)
        # The worker that wrote it may have died before it did this. Or a slower worker has
        # written a partial receipt since.
        receipts.remove_partial()
        return receipts.done
    receipts.prove_writable()
    with Heartbeat(message, invocation) as heartbeat:
        in_time = dataclasses.replace(invocation, seconds_left=heartbeat.seconds_left)
        done = _work_on_rest(message, receipts, in_time, heartbeat)
        if heartbeat.stop is not None and done.resume_at is not None:
            receipts.put_down(done)
            raise RunStoppedError(heartbeat.stop.reason)
        written = receipts.write(done)
        heartbeat.is_finished = written.resume_at is None
        return written


def _work_on_rest(
    message: ChunkMessage, receipts: ChunkReceipts, invocation: Invocation, heartbeat: Heartbeat
) -> Receipt:
    """Work on the rows that no receipt accounts for yet; the receipt accounts for all."""
    services = invocation.services
    plan = PlanWatch(services.store, services.settings, message, clock=services.machine.monotonic)
    reader = ChunkReader(message, services.store, plan)
    packs = find_packs(services.store, services.settings, message)
    if message.keep_only and packs is None:
        raise MessageError(
            f"the covers of chunk {message.chunk_id} are only to be kept, and "
            f"{keys.packs_of_all_chunks(message.run_id)} says not where: set KEEP_COVERS_DAYS to "
            f"a number above 0, and clear plan of the DAG run of {message.run_id}"
        )
    done = receipts.done
    while True:
        begin = 0 if done is None or done.bytes_done is None else done.bytes_done
        rows = reader.read(begin)
        first, last = message.byte_range
        rest = replace(message, byte_range=(first + begin, last))
        before = done

        def save(partial: Receipt, before: Receipt | None = before) -> None:
            receipts.save(_added(before, partial))

        with _keeper(packs, message, begin, invocation) as keeper:
            receipt = _work_on_rows(
                rows,
                rest,
                plan,
                invocation,
                on_save=save,
                keeper=keeper,
                attempt=heartbeat.part(begin),
            )
        is_cut = rows.is_cut and receipt.resume_at is None
        if is_cut:
            receipt = replace(receipt, resume_at=first + begin + len(rows.body))
        done = _added(before, receipt)
        # The first creator of a stretch is always done, with the covers that there is time for.
        if not is_cut or invocation.seconds_left() < START_SECONDS:
            return done


def _added(done: Receipt | None, rest: Receipt) -> Receipt:
    return rest if done is None else add_receipts(done, rest)


def _keeper(
    packs: ChunkPacks | None, message: ChunkMessage, begin: int, invocation: Invocation
) -> AbstractContextManager[PackKeeper | None]:
    """What keeps the covers of the rows from byte `begin` on; None if covers are not kept."""
    if packs is None:
        return nullcontext()
    services = invocation.services
    return PackKeeper.of(
        services.store,
        services.settings.temp_bucket,
        packs,
        message,
        begin=begin,
        executor=partial(services.machine.executor, name="packs"),
        future=services.machine.future,
    )


def _product(
    rest: ChunkMessage, plan: PlanWatch, invocation: Invocation
) -> tuple[Recipe[Any], CreatorWriter]:
    """What is made of the covers, and what writes that."""
    services = invocation.services
    settings = services.settings
    if rest.keep_only:
        return KeepRecipe.of(settings, rest), NoWriter()
    writer = SharedWriter(
        services.store,
        settings.output_bucket,
        rest.chunk_id,
        plan,
        pause=services.machine.sleep,
    )
    return CollageRecipe.of(settings, rest), writer


def _work_on_rows(  # noqa: PLR0913 - rows, their plan, and what is told meanwhile
    rows: ChunkRows,
    rest: ChunkMessage,
    plan: PlanWatch,
    invocation: Invocation,
    *,
    on_save: OnSave,
    keeper: PackKeeper | None,
    attempt: Attempt,
) -> Receipt:
    """Fetch the covers of these rows of `rest`, and write what is made of them."""
    services = invocation.services
    settings, store, machine = services.settings, services.store, services.machine
    recipe, writer = _product(rest, plan, invocation)
    debug = settings.enable_debug_logging
    answers = FailedAnswers(store, settings.temp_bucket, rest) if debug else None
    with Fetcher(
        settings.allowed_source_hosts,
        rest.config,
        request_headers=settings.request_headers,
        host_limits=limits_of_worker(rest, settings),
        keep_answers=debug,
    ) as fetcher:
        return process_chunk(
            rows.body,
            rest,
            recipe,
            source=fetcher,
            writer=writer,
            seconds_left=invocation.seconds_left,
            on_failed_answer=None if answers is None else answers.keep,
            on_save=on_save,
            keeper=keeper,
            attempt=attempt,
            machine=machine,
        )
