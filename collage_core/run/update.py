"""Fresh URLs for a closed run: a CSV that is dropped as `update_batch_NNN.csv` (docs/covers.md).

The CSV may have only the covers that were dead, and a collage of these alone would lose all others.
So it becomes a fill (docs/adr/0033): all rows of its creators, as the run and earlier updates had
them, with the fresh URLs in their places. Covers that are kept come from packs, because a fresh URL
shows the same picture.
"""

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from collage_core.aws.s3_store import S3Store
from collage_core.contract.csv_source import CsvSource
from collage_core.contract.manifest import Manifest
from collage_core.contract.receipt import CreatorResult
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.selection import Selection
from collage_core.covers.chunking import ChunkPlanner
from collage_core.covers.cover_csv import HEADER, read_chunk
from collage_core.covers.fresh_urls import with_fresh_urls
from collage_core.covers.grouping import creators
from collage_core.covers.ingest import MAX_CSV_LINES, IngestedCsv, check_size
from collage_core.covers.rows import CoverRow
from collage_core.errors import CsvFormatError, MessageError
from collage_core.layout import keys
from collage_core.layout.creator_names import name_bytes
from collage_core.run.family import closed_members, closed_updates, first_of_family
from collage_core.run.fill import Fill
from collage_core.run.fill_csv import rows_of_fill
from collage_core.run.fill_sources import sources_of
from collage_core.run.forgotten import forgotten_since
from collage_core.run.recorded_run import RecordedRun
from collage_core.run.run_record import recorded_runs
from collage_core.settings import Settings
from collage_core.storage.object_store import ObjectStore

log = logging.getLogger(__name__)

PARENT = "parent"
"""Metadata of an update: the run that it is for, if several runs of the day have its creators."""

type _Fresh = dict[str, Sequence[CoverRow]]
"""The rows of an update by creator."""


def join_update(
    store: S3Store,
    settings: Settings,
    origin: CsvSource,
    intake: IngestedCsv,
    *,
    chunk_rows: int,
    one_chunk_rows: int,
) -> tuple[Manifest, IngestedCsv]:
    """Join `intake`, what was read of the update `origin`, with the rows of its run: both.

    The dates are those of the update.

    Raises CsvFormatError when no row can be used, when no run or more than one is meant, when the
    rows of the run are gone, when they are too many, or when all creators were forgotten since; and
    what `rows_of_fill` raises.
    """
    fresh: _Fresh = {
        group.creator: group.rows
        for group in creators(read_chunk(intake.ordered[len(HEADER) :]))
        if group.creator is not None
    }
    if not fresh:
        first = "".join(f": line {row.line} is {row.reason}" for row in intake.rejected.first[:1])
        raise CsvFormatError(f"none of its {intake.rows} rows can be used{first}")
    head = store.head(origin.bucket, origin.key)
    named = None if head is None else head.metadata.get(PARENT)
    try:
        fill = _choose(store, settings, keys.update_day(origin.key) or "", fresh, named=named)
        sources = sources_of(store, settings, fill)
    except MessageError as error:
        raise CsvFormatError(str(error)) from error
    _check_rows(fill, fill.rows + intake.rows)
    left_out = sum(len(fresh.pop(name)) for name in fill.forgotten)
    if not fresh:
        raise CsvFormatError(
            f"all of its {len(fill.forgotten)} creators were forgotten after run "
            f"{fill.parent.run_id}: delete it; if they are to be made again, upload it under a "
            f"name without {keys.UPDATES.removesuffix('_')!r}"
        )
    log.info(
        "Update of run %s: %d creators, %d of them with rows there, %d forgotten since",
        fill.parent.run_id,
        len(fresh),
        len(fill.creators),
        len(fill.forgotten),
    )
    if fill.forgotten:
        selection = Selection(rows_left_out=left_out, forgotten=len(fill.forgotten))
        intake = replace(intake, selection=selection)
    left = {name_bytes(creator): rows for creator, rows in fresh.items()}
    joined = {
        name: with_fresh_urls(text, left.pop(name))
        for name, text in rows_of_fill(store, fill, sources, frozenset(left))
    }
    joined |= {name: with_fresh_urls(b"", rows) for name, rows in left.items()}
    _check_rows(fill, sum(text.count(b"\n") for text in joined.values()))
    return fill.parent, _planned(
        intake, joined, chunk_rows=chunk_rows, one_chunk_rows=one_chunk_rows
    )


def _check_rows(fill: Fill, rows: int) -> None:
    if rows > MAX_CSV_LINES:
        raise CsvFormatError(
            f"its creators have {rows} rows with those of run {fill.parent.run_id} and of its "
            f"updates: at most {MAX_CSV_LINES} are allowed; split it, each creator in one of the "
            "files"
        )


def _choose(
    store: ObjectStore, settings: Settings, day: str, fresh: _Fresh, *, named: str | None
) -> Fill:
    """The one run of the day that has creators of the update, and how many rows it has of them."""
    found = {}
    for second, run_id in recorded_runs(store, settings, RunTimestamp.parse(f"{day}_000000")):
        record = RecordedRun.open(store, settings, second, run_id)
        first = first_of_family(record.manifest)
        if named not in {None, run_id, first.run_id} or first.run_id in found:
            continue
        rows = _rows_of(record, fresh.keys())
        if not rows:
            continue
        if record.manifest.family is not None:
            # A fill has only some rows of its family. The first run and the updates have all.
            record = RecordedRun.open(store, settings, first.run_timestamp, first.run_id)
            rows = _rows_of(record, fresh.keys())
        found[first.run_id] = _fill_of(record, rows, fresh)
    if not found:
        which = f"run {named}" if named else "no run"
        has = "has none" if named else "has any"
        raise MessageError(
            f"{which} of the day {day} {has} of its {len(fresh)} creators: put it into the folder "
            "of the day that is in the name of the refresh list, or name it otherwise than "
            f"{keys.UPDATES}NNN.csv to make collages of its rows alone"
        )
    if len(found) > 1:
        runs = sorted(found)
        raise MessageError(
            f"runs {', '.join(runs)} of the day {day} have creators of it: upload it again with "
            f"the object metadata {PARENT}={runs[-1]}, or another one of them"
        )
    return next(iter(found.values()))


def _fill_of(record: RecordedRun, rows: Mapping[str, int], fresh: _Fresh) -> Fill:
    """The rows of creators in the first run of a family, its updates, and who was forgotten."""
    store, settings, first = record.store, record.settings, record.manifest
    members = closed_members(store, settings, first_of_family(first))
    updates = closed_updates(store, settings, members, after=first.run_timestamp)
    forgotten: set[str] = set()
    for manifest in (first, *updates):
        named = _results_of(RecordedRun(settings, store, manifest), fresh.keys())
        forgotten |= forgotten_since(store, settings, manifest.run_timestamp, named)
    rows = {name: count for name, count in rows.items() if name not in forgotten}
    return Fill(first, rows, 0, updates, forgotten)


def _rows_of(record: RecordedRun, names: Collection[str]) -> dict[str, int]:
    return {result.creator: result.rows.total for result in _results_of(record, names)}


def _results_of(record: RecordedRun, names: Collection[str]) -> list[CreatorResult]:
    return [result for result in record.creators() if result.creator in names]


def _planned(
    intake: IngestedCsv, joined: Mapping[bytes, bytes], *, chunk_rows: int, one_chunk_rows: int
) -> IngestedCsv:
    """The intake with these rows instead of its own.

    Rows of the run that cannot be used are among them: they are in the results of their creators,
    as in the run, so that a newer fill replaces them, too.
    """
    names = sorted(joined)
    counts = {name: sum(1 for _ in read_chunk(joined[name])) for name in names}
    rows = sum(counts.values())
    is_one_chunk = rows + intake.rejected.rows <= one_chunk_rows
    planner = ChunkPlanner(
        rows=rows,
        chunk_rows=max(chunk_rows, rows) if is_one_chunk else chunk_rows,
        first_byte=len(HEADER),
    )
    for name in names:
        text = joined[name]
        planner.add(name, len(text), text.count(b"\n"), rows=counts[name])
    ordered = b"".join([HEADER, *map(joined.__getitem__, names)])
    check_size(len(ordered))
    planner.digest(memoryview(ordered)[len(HEADER) :])
    return replace(intake, ordered=ordered, spans=planner.finish())
