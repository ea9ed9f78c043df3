"""The messages in the dead-letter queue, and where it says why."""

from collections.abc import Iterator

from collage_core.aws.chunk_queue import ChunkQueue, QueueError
from collage_core.aws.queue_commands import redrive
from collage_core.housekeeping.findings import Finding, Kind
from collage_core.layout import keys
from collage_core.settings import Settings


def dead_letters(queue: ChunkQueue, settings: Settings) -> Iterator[Finding]:
    """A line if messages are in the dead-letter queue, or if there is none."""
    try:
        chunks = queue.state()
        dead = queue.dead_letters(chunks)
    except QueueError as error:
        yield Finding(Kind.FAILED, f"the dead-letter queue was not looked at: {error}")
        return
    if dead is None:
        yield Finding(
            Kind.FAILED,
            "the chunk queue has no dead-letter queue: run a DAG's check, and do as it says",
        )
    elif dead.depth.total:
        why = f"s3://{settings.temp_bucket}/{keys.failed_messages('{run_id}')}"
        yield Finding(
            Kind.DEAD_LETTERS,
            f"{dead.depth.total} messages and events are in the dead-letter queue {dead.url}: the "
            f"function's log says why, and {why} for those that failed for good; fix that, then "
            "trigger the DAG cover_collage_redrive, which shows what it would send again and what "
            f"not; or have SQS send all of them again: {redrive(dead.arn, chunks.arn)}",
            count=dead.depth.total,
        )
