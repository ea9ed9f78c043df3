"""Sends the chunks of a run that are not done to the workers: over the queue, or directly."""

from collections.abc import Callable, Iterable
from typing import Protocol

from collage_core.contract.message import ChunkMessage
from collage_core.run.chunk_messages import chunk_messages
from collage_core.run.redo import forget_again, redo_as_noted
from collage_core.run.run import Run
from collage_core.run.stop import go_on, see_stop
from collage_core.run.usable_receipts import RunFolder, read_receipts, set_aside
from collage_core.storage.object_store import ObjectStore


class ChunkSender(Protocol):
    """The way to the workers: a ChunkQueue or ChunkInvocations."""

    @property
    def bounds_workers(self) -> bool:
        """Whether at most FUNCTION_CONCURRENCY workers get messages at a time."""

    def send(self, messages: Iterable[ChunkMessage], /) -> int:
        """Send all messages; how many there were. Raises TransientError if one is refused."""


def resume[Store: ObjectStore](
    run: Run[Store], sender: ChunkSender, require_may_go_on: Callable[[], None]
) -> int:
    """Let workers work on a run that may have been stopped, and dispatch it, as `dispatch` does.

    For whoever decides over the run: `require_may_go_on` raises if it is to stay stopped. A stop
    that is made after it was asked stays. Workers that take a CSV in only dispatch it: their
    message may come twice, and must not undo what a person has stopped meanwhile. Raises what
    `require_may_go_on`, `go_on` and `dispatch` raise.
    """
    seen = see_stop(run.store, run.settings, run.manifest.run_id)
    require_may_go_on()
    if seen is not None:
        go_on(run.store, run.settings, seen)
    return dispatch(run, sender)


def dispatch[Store: ObjectStore](run: Run[Store], sender: ChunkSender) -> int:
    """Send one message for each chunk without a usable receipt, and return how many were sent.

    Before that, chunks that `reconcile` has noted get another round, and receipts that cannot be
    used are set aside; what is known of earlier messages of these chunks that failed for good is
    removed, or `wait` would take it for the end of the new ones. It may be repeated: a chunk that
    is sent twice is worked on once. Raises QueueError or InvocationError when a message is refused,
    and what `redo` raises.
    """
    folder = RunFolder.of(run)
    is_again = folder.has_chunks_again
    if is_again:
        run = redo_as_noted(run)
        folder = RunFolder.of(run)
    found = read_receipts(folder)
    set_aside(run, found.unusable)
    run.store.delete_keys(run.settings.temp_bucket, folder.failed_messages_of(found.to_do))
    sent = send_chunks(run, found.to_do, sender)
    if is_again:
        forget_again(run)
    return sent


def send_chunks[Store: ObjectStore](
    run: Run[Store], chunk_ids: set[str], sender: ChunkSender
) -> int:
    """Send a message for each of these chunks, in the manifest's order; how many."""
    at_once = run.settings.function_concurrency if sender.bounds_workers else None
    return sender.send(chunk_messages(run, chunk_ids, at_once=at_once))


def send_again[Store: ObjectStore](
    run: Run[Store], sender: ChunkSender, chunk_ids: Iterable[str]
) -> list[str]:
    """Send these chunks, except for those that have got their receipt meanwhile; which were sent.

    Nothing else changes: what is known of their last attempts stays. Raises QueueError or
    InvocationError when a message is refused.
    """
    wanted = set(chunk_ids)
    missing = [each.chunk_id for each in run.unfinished() if each.chunk_id in wanted]
    send_chunks(run, set(missing), sender)
    return missing
