"""Sends the chunks of a run that are not done to the queue that feeds the workers."""

from collage_core.aws.chunk_queue import ChunkQueue
from collage_core.run.run import Run
from collage_core.storage.object_store import ObjectStore


def dispatch[Store: ObjectStore](run: Run[Store], queue: ChunkQueue) -> int:
    """Send one message for each chunk without a receipt, and return how many were sent.

    It may be repeated: a chunk that is sent twice is worked on once. Raises QueueError when the
    queue refuses a message.
    """
    return queue.send(run.manifest.message(chunk) for chunk in run.unfinished())
