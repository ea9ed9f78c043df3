"""Plans where the chunks of a run look for kept covers, and where they keep new ones.

Messages say nothing of it: workers read a document of their chunk, or else that of the run. That
of the run is written last. Without it, a run keeps nothing and looks nothing up.
"""

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from itertools import batched

from msgspec import Struct
from msgspec.structs import replace

from collage_core.contract.chunk import Chunk
from collage_core.contract.pack import ChunkPacks
from collage_core.errors import MessageError
from collage_core.layout import keys
from collage_core.packs.chunk_packs import MOST_PACKS, Joined, join
from collage_core.packs.day_index import packs_of_last_days
from collage_core.run.pack_index import write_pack_index
from collage_core.run.run import Run
from collage_core.run.usable_receipts import RunFolder, read_receipts
from collage_core.settings import Settings
from collage_core.storage.documents import JSON, READERS, read_document, to_document
from collage_core.storage.object_store import ObjectStore

log = logging.getLogger(__name__)

_MONTH = timedelta(days=32)
"""A cover that is kept for so long is there when the month's run comes."""


class PlannedPacks(Struct, frozen=True):
    """What was found for a run."""

    packs: int = 0
    """Packs of the last days, of all runs."""
    looked_into: int = 0
    """Packs of each chunk, added up: a pack counts once for each chunk that reads it."""
    chunks: int = 0
    """Chunks that have packs to look into."""
    left_out: int = 0
    """Packs of chunks that have too many."""


def plan_packs[Store: ObjectStore](
    run: Run[Store], *, today: date, renew: bool = False
) -> PlannedPacks:
    """Write where the chunks of a run look for covers. It may be repeated, and finds newer packs.

    With `renew`, covers from packs that expire within the month are kept once more: for runs that
    come every day. A run that is planned again keeps its folder. If the settings say that nothing
    is kept, nothing is written, and what an earlier plan wrote is removed.
    """
    store, bucket, run_id = run.store, run.settings.temp_bucket, run.manifest.run_id
    if not run.settings.keep_covers_days:
        _forget(run)
        return PlannedPacks()
    earlier = _earlier(run)
    of_run = ChunkPacks(
        folder=keys.packs_of_run(today, run_id) if earlier is None else earlier.folder,
        renew_before=_renew_before(run.settings, today) if renew else None,
    )
    days = run.settings.keep_covers_days
    packs = packs_of_last_days(store, bucket, today=today, days=days)
    joined = join(run.manifest.chunks, packs, lambda chunk: _creators(run, chunk))
    planned = replace(_write_chunks(run, of_run, joined), packs=len(packs))
    store.put(bucket, keys.packs_of_all_chunks(run_id), to_document(of_run), content_type=JSON)
    _log(run, planned)
    return planned


def plan_packs_once[Store: ObjectStore](run: Run[Store], *, today: date) -> None:
    """Do it unless it was done before: for a run that no DAG plans, before its chunks are sent.

    Not together with its manifest: whoever wrote that may have died since.
    """
    if run.settings.keep_covers_days and not has_planned_packs(run):
        plan_packs(run, today=today)


def plan_packs_again[Store: ObjectStore](run: Run[Store], *, today: date) -> None:
    """Do it once more before chunks are done again: this run has kept their covers by now.

    Their URLs may have died since. A run that keeps nothing is left as it is.
    """
    earlier = _earlier(run)
    if earlier is None or not run.settings.keep_covers_days:
        return
    write_pack_index(run, read_receipts(RunFolder.of(run)).usable, today=today)
    plan_packs(run, today=today, renew=earlier.renew_before is not None)


def has_planned_packs[Store: ObjectStore](run: Run[Store]) -> bool:
    """Whether that was done, to its end."""
    key = keys.packs_of_all_chunks(run.manifest.run_id)
    return run.store.head(run.settings.temp_bucket, key) is not None


def _creators[Store: ObjectStore](run: Run[Store], chunk: Chunk) -> set[str] | None:
    """The creators of a chunk; None if its rows cannot be read any more."""
    rows = run.rows_of(chunk)
    return None if rows is None else {row.creator for row in rows}


def _write_chunks[Store: ObjectStore](
    run: Run[Store], of_run: ChunkPacks, joined: Iterator[Joined]
) -> PlannedPacks:
    """Write the documents of chunks that have packs, and remove those of an earlier plan."""
    bucket, run_id = run.settings.temp_bucket, run.manifest.run_id
    stale = set(run.store.list_keys(bucket, keys.packs_of_chunks(run_id)))
    looked_into = chunks = left_out = 0

    def write(one: Joined) -> str:
        key = keys.packs_of_chunk(run_id, one.chunk.chunk_id)
        run.store.put(bucket, key, to_document(replace(of_run, packs=one.packs)), content_type=JSON)
        return key

    with ThreadPoolExecutor(READERS) as pool:
        # Not all at once: the packs of a thousand chunks would be in memory together.
        for some in batched((one for one in joined if one.packs), READERS):
            stale.difference_update(pool.map(write, some))
            chunks += len(some)
            looked_into += sum(len(one.packs) for one in some)
            left_out += sum(one.left_out for one in some)
    run.store.delete_keys(bucket, sorted(stale))
    return PlannedPacks(looked_into=looked_into, chunks=chunks, left_out=left_out)


def _earlier[Store: ObjectStore](run: Run[Store]) -> ChunkPacks | None:
    """What an earlier plan of the run has written for all of its chunks."""
    key = keys.packs_of_all_chunks(run.manifest.run_id)
    try:
        return read_document(run.store, run.settings.temp_bucket, key, ChunkPacks)
    except MessageError as error:
        log.warning("It is written again: %s", error)
        return None


def _renew_before(settings: Settings, today: date) -> str | None:
    spare = timedelta(days=settings.keep_covers_days) - _MONTH
    return (today - spare).isoformat() if spare > timedelta(0) else None


def _forget[Store: ObjectStore](run: Run[Store]) -> None:
    bucket, run_id = run.settings.temp_bucket, run.manifest.run_id
    of_chunks = run.store.list_keys(bucket, keys.packs_of_chunks(run_id))
    run.store.delete_keys(bucket, [keys.packs_of_all_chunks(run_id), *of_chunks])


def _log[Store: ObjectStore](run: Run[Store], planned: PlannedPacks) -> None:
    log.info(
        "Run %s looks for covers in %d packs of the last %d days: %d of its %d chunks in %d each",
        run.manifest.run_id,
        planned.packs,
        run.settings.keep_covers_days,
        planned.chunks,
        len(run.manifest.chunks),
        round(planned.looked_into / max(planned.chunks, 1)),
    )
    if planned.left_out:
        log.warning(
            "%d packs are left out, because their chunks have more than %d: what is only there is "
            "fetched. Switch on cover_collage_housekeeping, which merges the packs of a day, or "
            "keep covers less often",
            planned.left_out,
            MOST_PACKS,
        )
