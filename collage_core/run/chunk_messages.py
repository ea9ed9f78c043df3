"""The messages of a run's chunks, each with its worker's share of the limits by host.

No worker knows how many others there are. So whoever sends the chunks shares HOST_LIMITS out, once:
to as many workers as may run at a time, or as the run has unfinished chunks if these are fewer.
"""

from collections.abc import Collection, Iterator

from msgspec.structs import replace

from collage_core.contract.message import ChunkMessage
from collage_core.hosts.host_limits import HostLimits
from collage_core.run.run import Run
from collage_core.settings import Settings
from collage_core.storage.object_store import ObjectStore


def chunk_messages[Store: ObjectStore](
    run: Run[Store], chunk_ids: Collection[str], *, at_once: int | None
) -> Iterator[ChunkMessage]:
    """A message for each of these chunks, in the manifest's order.

    `at_once` is how many workers may run at a time; None: as many as there are chunks.
    """
    limits = run.settings.host_limits
    shares = limits.shared_by(_workers(run, chunk_ids, at_once)).by_entry if limits else None
    for chunk in run.manifest.chunks:
        if chunk.chunk_id in chunk_ids:
            message = run.manifest.message(chunk)
            yield message if shares is None else replace(message, host_limits=shares)


def limits_of_worker(message: ChunkMessage, settings: Settings) -> HostLimits:
    """What the worker of a message keeps to.

    Without a share in the message, it is that of a run with many chunks.
    """
    if message.host_limits is None:
        return settings.host_limits.shared_by(settings.function_concurrency)
    return HostLimits(message.host_limits)


def _workers[Store: ObjectStore](
    run: Run[Store], chunk_ids: Collection[str], at_once: int | None
) -> int:
    """The most workers that the run has at a time.

    Chunks that are not sent now count, too, if they have no receipt: they may be under way.
    """
    unfinished = {chunk.chunk_id for chunk in run.unfinished()}
    chunks = max(1, len(unfinished.union(chunk_ids)))
    return chunks if at_once is None else min(at_once, chunks)
