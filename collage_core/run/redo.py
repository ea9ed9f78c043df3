"""Chunks that are to be done again although they have a receipt: noted, then given another round.

A chunk of another round is another plan's: its id ends in `-r2`, `-r3` and so on. So workers that
still have a message of the round before find that their chunk is in no plan any more, and what
they wrote is replaced.

`reconcile` notes the chunks; `dispatch` gives them their round and sends them. For a CSV from
outside, the worker that closes the run does all of it. The note is removed last: whoever is killed
between any two steps finds it again, and ids that are in the manifest no more have had their round.
"""

import logging
import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime

from msgspec.structs import replace

from collage_core.contract.chunks_again import ChunkAgain, ChunksAgain
from collage_core.contract.manifest import Manifest
from collage_core.errors import ConditionFailedError, MessageError, RaceError, UnequalError
from collage_core.layout import keys
from collage_core.run.plan_packs import plan_packs_again
from collage_core.run.run import Run
from collage_core.storage.documents import (
    JSON,
    read_document,
    read_document_and_etag,
    to_document,
)
from collage_core.storage.object_store import ObjectStore

log = logging.getLogger(__name__)

_ROUND = re.compile(r"(?P<first>.+?)(-r(?P<round>[1-9][0-9]*))?")


def note_again[Store: ObjectStore](run: Run[Store], reasons: Mapping[str, str]) -> None:
    """Note which chunks are to be done again: why, by their ids. None: forget what was noted."""
    bucket, run_id = run.settings.temp_bucket, run.manifest.run_id
    if not reasons:
        forget_again(run)
        return
    noted = [ChunkAgain(chunk_id, reason) for chunk_id, reason in reasons.items()]
    document = to_document(ChunksAgain(run_id=run_id, chunks=noted))
    run.store.put(bucket, keys.again(run_id), document, content_type=JSON)


def note_unequal[Store: ObjectStore](run: Run[Store], error: UnequalError) -> UnequalError:
    """Note the chunks of an error; the error with the fix, which is to have `dispatch` do it."""
    note_again(run, error.chunks)
    fix = f"Clear dispatch: {len(error.chunks)} chunks are done again"
    return UnequalError(f"{error}. {fix}", chunks=error.chunks)


def redo_as_noted[Store: ObjectStore](run: Run[Store]) -> Run[Store]:
    """Give the noted chunks another round; the run as it is planned now. It may be repeated.

    They look for covers in what the run has kept so far, too.

    The note stays: `forget_again` removes it when the chunks are sent. One that cannot be read
    counts as empty: `reconcile` finds the same chunks again. Raises what `redo` raises.
    """
    bucket, key = run.settings.temp_bucket, keys.again(run.manifest.run_id)
    try:
        noted = read_document(run.store, bucket, key, ChunksAgain)
    except MessageError as error:
        log.warning("%s. It is removed: the next reconcile writes it again", error)
        return run
    if noted is None:
        return run
    for chunk in noted.chunks:
        log.info("Chunk %s is done again: %s", chunk.chunk_id, chunk.reason)
    plan_packs_again(run, today=datetime.now(UTC).date())
    return redo(run, {chunk.chunk_id for chunk in noted.chunks})


def forget_again[Store: ObjectStore](run: Run[Store]) -> None:
    """Remove what was noted, when it is sent or not true any more."""
    run.store.delete_keys(run.settings.temp_bucket, [keys.again(run.manifest.run_id)])


def redo[Store: ObjectStore](run: Run[Store], chunk_ids: Collection[str]) -> Run[Store]:
    """Give these chunks another round; the run with its new manifest. It may be repeated.

    Ids that are in the manifest no more have had their round: what is left of them is removed.
    Raises MessageError when the manifest is gone, and RaceError when it is replaced meanwhile.
    """
    store, bucket, run_id = run.store, run.settings.temp_bucket, run.manifest.run_id
    key = keys.manifest(run_id)
    found = read_document_and_etag(store, bucket, key, Manifest)
    if found is None:
        raise MessageError(
            f"{key} is not in bucket {bucket}: it has expired, or extract is writing it again; "
            "start the run again from its first step"
        )
    manifest, etag = found
    chunks = [
        replace(chunk, chunk_id=_next_round(chunk.chunk_id))
        if chunk.chunk_id in chunk_ids
        else chunk
        for chunk in manifest.chunks
    ]
    if any(chunk.chunk_id in chunk_ids for chunk in manifest.chunks):
        manifest = replace(manifest, chunks=chunks)
        try:
            store.put(bucket, key, to_document(manifest), content_type=JSON, if_etag=etag)
        except ConditionFailedError as error:
            raise RaceError(
                f"{key} in bucket {bucket} was written again meanwhile: nothing to fix, try again"
            ) from error
    # Afterwards: without their receipts, the chunks of the manifest before would be sent again.
    store.delete_keys(
        bucket,
        [
            old
            for chunk_id in sorted(chunk_ids)
            for old in (keys.receipt(run_id, chunk_id), keys.partial_receipt(run_id, chunk_id))
        ],
    )
    return Run(run.settings, store, manifest)


def round_of(chunk_id: str) -> int:
    """How often a chunk is done in full, from 1."""
    match = _ROUND.fullmatch(chunk_id)
    return int(match["round"] or 1) if match else 1


def _next_round(chunk_id: str) -> str:
    match = _ROUND.fullmatch(chunk_id)
    first = match["first"] if match else chunk_id
    return f"{first}-r{round_of(chunk_id) + 1}"
