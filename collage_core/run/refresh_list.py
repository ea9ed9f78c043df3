"""The refresh list of a run: its covers whose URLs are dead, as CSV for whoever has fresh ones."""

import csv
import io
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import batched
from tempfile import TemporaryFile
from typing import BinaryIO

from collage_core.contract.receipt import DeadCover, Receipt
from collage_core.covers.cover_csv import CONTENT_TYPE
from collage_core.errors import ConditionFailedError, MessageError
from collage_core.layout import keys
from collage_core.run.batch_results import as_cell
from collage_core.run.first_seen import first_seen_before
from collage_core.run.run import Run
from collage_core.storage.documents import READERS, read_document
from collage_core.storage.object_store import ObjectStore

log = logging.getLogger(__name__)

REFRESH_COLUMNS = (
    "creator_name",
    "picture",
    "last_known_url",
    "reason",
    "updated_at",
    "first_seen",
)

RUN = "run"
"""Metadata of the list: the run that it is of."""


def write_refresh_list[Store: ObjectStore](
    run: Run[Store], receipts: Iterable[Receipt], with_dead: Sequence[str]
) -> str | None:
    """Write the list and return its key in the output bucket; None if no URL is dead.

    `receipts` are what counts, and `with_dead` the chunks whose receipts in the temp bucket have
    dead covers: they are read again, a few at a time, because all together may not fit into memory.

    A run that is repeated overwrites its own list; if no URL is dead any more, with one that has
    only the columns. If another run of the same second has the plain key, the run_id is added.
    """
    if not with_dead and _own_key(run) is None:
        return None
    now = run.manifest.run_timestamp
    before: Mapping[str, str] = {}
    if with_dead:
        before = first_seen_before(run.store, run.settings.output_bucket, now)
    with TemporaryFile(prefix="collage-refresh-") as file:
        dead = _dead_covers(run, receipts, with_dead)
        covers = _write(file, dead, before, now.moment.isoformat())
        if not covers and _own_key(run) is None:
            return None
        key = _put(run, file)
    if not covers:
        return None
    log.info(
        "Refresh list s3://%s/%s: %d covers whose URLs are dead",
        run.settings.output_bucket,
        key,
        covers,
    )
    return key


def _write(file: BinaryIO, dead: Iterable[DeadCover], before: Mapping[str, str], now: str) -> int:
    """Write the CSV; how many covers it has.

    `before` says when pictures of earlier lists were first seen; the others are seen `now`.
    """
    covers = 0
    # As in the batch results: with a mark for Excel, and lines that end in CRLF.
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    writer = csv.writer(text)
    writer.writerow(REFRESH_COLUMNS)
    for cover in dead:
        seen = before.get(cover.picture, now)
        cells = cover.creator, cover.picture, cover.url, cover.reason, cover.updated_at or "", seen
        writer.writerow(map(as_cell, cells))
        covers += 1
    text.detach()  # flushes, and leaves the file open
    return covers


def _dead_covers[Store: ObjectStore](
    run: Run[Store], receipts: Iterable[Receipt], with_dead: Sequence[str]
) -> Iterator[DeadCover]:
    """The dead covers of the creators as they count, in the order of the chunks."""
    counted = {receipt.chunk_id: receipt for receipt in receipts}
    run_id, bucket = run.manifest.run_id, run.settings.temp_bucket

    def read(chunk_id: str) -> Receipt | None:
        try:
            return read_document(run.store, bucket, keys.receipt(run_id, chunk_id), Receipt)
        except MessageError as error:  # it could be read when the run began to be closed
            log.warning("The dead covers of its chunk are not listed: %s", error)
            return None

    with ThreadPoolExecutor(READERS) as pool:
        for chunk_ids in batched(with_dead, READERS):
            for chunk_id, receipt in zip(chunk_ids, pool.map(read, chunk_ids), strict=True):
                if receipt is not None:
                    yield from _as_counted(receipt, counted[chunk_id])


def _as_counted(written: Receipt, counted: Receipt) -> Iterator[DeadCover]:
    """Leaves out creators of whom another worker's result counts (`equal_bucket`)."""
    own = {result.creator: result for result in written.results}
    replaced = {result.creator for result in counted.results if own.get(result.creator) != result}
    return (cover for cover in written.dead if cover.creator not in replaced)


def _put[Store: ObjectStore](run: Run[Store], file: BinaryIO) -> str:
    store, bucket, manifest = run.store, run.settings.output_bucket, run.manifest
    metadata = {RUN: manifest.run_id}
    key = keys.refresh_list(manifest.run_timestamp)
    try:
        store.put(bucket, key, file, content_type=CONTENT_TYPE, metadata=metadata, if_absent=True)
    except ConditionFailedError:
        key = _own_key(run) or keys.refresh_list(manifest.run_timestamp, manifest.run_id)
        store.put(bucket, key, file, content_type=CONTENT_TYPE, metadata=metadata)
    return key


def _own_key[Store: ObjectStore](run: Run[Store]) -> str | None:
    """The key of the list that this run has written before; None if it has written none."""
    timestamp, run_id = run.manifest.run_timestamp, run.manifest.run_id
    for key in (keys.refresh_list(timestamp), keys.refresh_list(timestamp, run_id)):
        head = run.store.head(run.settings.output_bucket, key)
        if head is None:  # no list is ever deleted, so there is none with a run_id, either
            return None
        # A folder keeps no metadata, and has one run of a second.
        if head.metadata.get(RUN, run_id) == run_id:
            return key
    return None
