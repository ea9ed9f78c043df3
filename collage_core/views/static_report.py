"""The page about a run in the output bucket, for people who do not have Airflow.

It is one file, so that it opens from a disk: books, reasons, cost, a search over all creators, and
the thumbnails of the first ones. It says what its run has made, whatever newer runs of its family
make anew: those have a page of their own.
"""

import base64
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final
from urllib.parse import quote

from collage_core.contract.receipt import CreatorResult
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.summary import RunSummary
from collage_core.errors import ConditionFailedError, RaceError
from collage_core.layout import keys
from collage_core.report.tile import Tile
from collage_core.run.forgotten import forgotten_since
from collage_core.run.in_words import window_in_words
from collage_core.run.recorded_run import RecordedRun
from collage_core.settings import Settings
from collage_core.storage.documents import HTML, READERS
from collage_core.storage.object_store import ObjectStore

log = logging.getLogger(__name__)

MOST_TILES = 60
"""Thumbnails inside the page: the first screens of the gallery."""

MOST_TILE_BYTES = 2_000_000
"""Of all of them together, before they become text, which takes a third more. A thumbnail of a
collage has 15 to 35 kB."""

_ROUNDS = 3

_RUN = "run"
"""Metadata of the page: the run that it is about."""

_ROOT: Final = "../" * (keys.SUMMARIES.count("/") + len(("year", "month")))
"""The way from the page to the root of the bucket."""

_NOTE = (
    "The first pictures are inside this page. All others, and all files, are links into the "
    "bucket: they open from a copy of its folders."
)


def try_to_write_report(store: ObjectStore, settings: Settings, summary: RunSummary) -> str | None:
    """Write the page of a closed run and return its key; None if there is none.

    A page that cannot be written is a line in the log, and no error: the books are complete.
    """
    bucket = settings.output_bucket
    try:
        key = write_report(store, settings, summary)
    except Exception as error:  # noqa: BLE001 - whatever it is, the run has ended without it
        log.warning(
            "The report of run %s could not be written (%s: %s). Its books are complete. To have "
            "it written, clear reconcile; of a CSV from outside, housekeeping writes it later",
            summary.run_id,
            type(error).__name__,
            error,
        )
        return None
    if key is not None:
        log.info("Report: s3://%s/%s", bucket, key)
    return key


def write_report(store: ObjectStore, settings: Settings, summary: RunSummary) -> str | None:
    """Write the page of a closed run into the output bucket, and return its key there.

    None for a run that only kept covers: it has no creators to show. The same run gives the same
    bytes, as long as its thumbnails are there. At most 70 requests for 50,000 creators, and one
    for each further 50,000; if somebody was forgotten since the run, also those of
    `forgotten_since`.

    Raises MessageError when the record of the run is missing or cannot be read, and RaceError when
    others write the page all the time.
    """
    if summary.keep_only:
        return None
    bucket, timestamp, run_id = settings.output_bucket, summary.run_timestamp, summary.run_id
    for _ in range(_ROUNDS):
        key, etag = _place(store, bucket, timestamp, run_id)
        page = _page(store, settings, summary)
        try:
            store.put(
                bucket,
                key,
                page,
                content_type=HTML,
                metadata={_RUN: run_id},
                if_absent=etag is None,
                if_etag=etag,
            )
        except ConditionFailedError:
            continue  # whoever is forgotten meanwhile was taken out of the one that is there
        return key
    raise RaceError(f"the report of run {run_id} in bucket {bucket} is written all the time")


def _page(store: ObjectStore, settings: Settings, summary: RunSummary) -> bytes:
    # Jinja is loaded when the first page is written: most workers write none.
    from collage_core.report.index_page import index_page  # noqa: PLC0415

    timestamp = summary.run_timestamp
    record = RecordedRun.open(store, settings, timestamp, summary.run_id)
    creators = list(record.creators())
    forgotten = forgotten_since(store, settings, timestamp, creators)
    creators = [result for result in creators if result.creator not in forgotten]
    copies = record.manifest.by_creator_copies
    return index_page(
        summary,
        creators,
        about="" if summary.window is None else window_in_words(summary.window),
        note=_NOTE,
        root=_ROOT,
        by_creator_copies=settings.by_creator_copies if copies is None else copies,
        tiles=_tiles(store, settings.output_bucket, timestamp, creators),
    )


def read_report_key(
    store: ObjectStore, settings: Settings, timestamp: RunTimestamp, run_id: str
) -> str | None:
    """The key of the page of a run; None if it has none. At most two requests."""
    for key in (keys.report(timestamp), keys.report(timestamp, run_id)):
        head = store.head(settings.output_bucket, key)
        # A folder keeps no metadata, and has one run of a second.
        if head is not None and head.metadata.get(_RUN, run_id) == run_id:
            return key
    return None


def _place(
    store: ObjectStore, bucket: str, timestamp: RunTimestamp, run_id: str
) -> tuple[str, str | None]:
    """The key of the page of a run, and the ETag of the page that is there; None if there is none.

    The usual key may have the page of another run of that second.
    """
    usual, own = keys.report(timestamp), keys.report(timestamp, run_id)
    head = store.head(bucket, usual)
    if head is None or head.metadata.get(_RUN, run_id) == run_id:
        return usual, None if head is None else head.etag
    head = store.head(bucket, own)
    return own, None if head is None else head.etag


def _tiles(
    store: ObjectStore,
    bucket: str,
    timestamp: RunTimestamp,
    creators: Sequence[CreatorResult],
) -> list[Tile]:
    """Thumbnails of the first creators, in their order; one that is not there is left out."""
    shown = [result for result in creators if result.collage_key is not None][:MOST_TILES]

    def read(result: CreatorResult) -> bytes | None:
        found = store.get(bucket, keys.thumbnail(result.creator, timestamp))
        return None if found is None else found.body

    with ThreadPoolExecutor(READERS) as pool:
        bodies = list(pool.map(read, shown))
    tiles: list[Tile] = []
    left = MOST_TILE_BYTES
    for result, body in zip(shown, bodies, strict=True):
        if body is None:
            log.warning("The thumbnail of %r is not in the bucket", result.creator)
            continue
        left -= len(body)
        if left < 0:
            break
        picture = f"data:image/jpeg;base64,{base64.b64encode(body).decode()}"
        tiles.append(Tile(result.creator, picture, _ROOT + quote(result.collage_key or "")))
    return tiles
