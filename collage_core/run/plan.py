"""Plans a run: names its chunks and writes its manifest.

A run exists once it has a manifest. There are two policies for a run that already has one. A DAG
reads the database again when its extract task runs again, so the new plan replaces the old one. A
CSV from outside never changes, so the first plan stays.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, cast

from msgspec.structs import replace

from collage_core.aws.s3_store import S3Store
from collage_core.contract.cell_size import CellSizeName
from collage_core.contract.chunk import Chunk
from collage_core.contract.config import ProcessingConfig
from collage_core.contract.csv_source import CsvSource
from collage_core.contract.date_counts import DateCounts
from collage_core.contract.manifest import Manifest
from collage_core.contract.reading import read
from collage_core.contract.rejected import NOTHING_REJECTED, Rejections
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.selection import Selection
from collage_core.contract.trigger import Trigger
from collage_core.contract.window import Window
from collage_core.covers.chunk_ids import keep_rounds, name_chunks
from collage_core.covers.chunking import ChunkSpan
from collage_core.errors import ConditionFailedError, MessageError, RaceError
from collage_core.layout import keys
from collage_core.run.family import first_of_family
from collage_core.run.run import Run
from collage_core.settings import Settings
from collage_core.storage.documents import JSON, to_document
from collage_core.storage.object_store import ObjectStore

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RunSpec:
    """The names of a run, and how to work on its chunks."""

    run_id: str
    run_timestamp: RunTimestamp
    trigger: Trigger
    config: ProcessingConfig
    output_prefix: str = ""
    window: Window | None = None
    """The window of its covers; None for a CSV from outside."""
    keep_only: bool = False
    """Whether its covers are only kept, and nothing is made of them."""
    parent: Manifest | None = None
    """The run that it fills, whose collages it is to look like; None: no fill."""


@dataclass(frozen=True, slots=True)
class RunCsv:
    """The CSV that a run works on, and what is known of it before it begins."""

    source: CsvSource
    spans: Sequence[ChunkSpan]
    rejected: Rejections = NOTHING_REJECTED
    """Rows that never entered a chunk."""
    dates: DateCounts | None = None
    """How the dates of a CSV from outside were read."""
    origin: CsvSource | None = None
    """The uploaded CSV that `source` is the ordered copy of."""
    selection: Selection | None = None
    """Which creators it is limited to; None: all."""


class KeepManifest[Store: ObjectStore](Protocol):
    """A policy: writes a manifest or not, and returns the one that counts from now on."""

    def __call__(self, store: Store, settings: Settings, manifest: Manifest, /) -> Manifest: ...


def plan_run[Store: ObjectStore](
    store: Store, settings: Settings, spec: RunSpec, csv: RunCsv, *, keep: KeepManifest[Store]
) -> Run[Store]:
    """Name the chunks of `csv` and keep the manifest; the run of the manifest that counts."""
    plan = Manifest(
        run_id=spec.run_id,
        run_timestamp=spec.run_timestamp,
        trigger=spec.trigger,
        source=csv.source,
        config=spec.config,
        output_prefix=spec.output_prefix,
        chunks=[],
        rejected=csv.rejected,
        origin=csv.origin,
        dates=csv.dates,
        window=spec.window,
        selection=csv.selection,
        cell_size=cast("CellSizeName", str(settings.cell_size)),
        covers_per_creator=settings.covers_per_creator(spec.config),
        by_creator_copies=settings.by_creator_copies,
        chunk_rows=settings.planned_chunk_rows,
        keep_only=spec.keep_only,
    )
    if spec.parent is not None:
        plan = _like_parent(plan, spec.parent)
    manifest = replace(plan, chunks=name_chunks(csv.spans, plan))
    return Run(settings, store, keep(store, settings, manifest))


def _like_parent(plan: Manifest, parent: Manifest) -> Manifest:
    """The plan of a fill: what an older release did not record is as the settings have it."""
    return replace(
        plan,
        parent=parent.run_id,
        family=first_of_family(parent),
        cell_size=parent.cell_size or plan.cell_size,
        covers_per_creator=parent.covers_per_creator or plan.covers_per_creator,
        by_creator_copies=plan.by_creator_copies
        if parent.by_creator_copies is None
        else parent.by_creator_copies,
    )


def keep_first_manifest(store: ObjectStore, settings: Settings, manifest: Manifest) -> Manifest:
    """Write a manifest unless the run has one; the one that was written first holds.

    Raises RaceError when S3 reports another write, but there is no manifest.
    """
    try:
        store.put(
            settings.temp_bucket,
            keys.manifest(manifest.run_id),
            to_document(manifest),
            content_type=JSON,
            if_absent=True,
        )
    except ConditionFailedError as error:
        first = Run.find(store, settings, manifest.run_id)
        if first is None:
            raise RaceError(
                f"{keys.manifest(manifest.run_id)} was being written and is not there: nothing to "
                "fix, try again"
            ) from error
        return first.manifest
    return manifest


def replace_manifest(store: S3Store, settings: Settings, manifest: Manifest) -> Manifest:
    """Write a manifest in place of the run's old one, and return it.

    What was done for a chunk that is in both stays done: ids of chunks are made of their content,
    so no collage is made twice, whatever became of the CSV's other rows and of its ETag. A chunk
    that was being done again keeps its round.

    What was done for other chunks is removed: if it is of no chunk of the old manifest, before
    the new one counts, because plans between may have overwritten its objects; the rest after it.
    If the old manifest cannot be read, all that its receipts say of chunks of the new one holds.
    """
    bucket, key = settings.temp_bucket, keys.manifest(manifest.run_id)
    found = store.get(bucket, key)
    if found is None:
        store.put(bucket, key, to_document(manifest), content_type=JSON)
        return manifest
    earlier = earlier_chunks(found.body)
    manifest = replace(manifest, chunks=keep_rounds(manifest.chunks, earlier or ()))
    ours = {chunk.chunk_id for chunk in manifest.chunks}
    known = ours if earlier is None else {chunk.chunk_id for chunk in earlier}
    work = _work_done(store, settings, manifest.run_id)
    store.delete_keys(bucket, sorted(work - _work_of(manifest.run_id, known)))
    document = to_document(manifest)
    if document != found.body:
        store.put(bucket, key, document, content_type=JSON)
    store.delete_keys(bucket, sorted(work - _work_of(manifest.run_id, ours & known)))
    if ours != known:
        store.delete_keys(bucket, [keys.again(manifest.run_id)])
    log.info(
        "Run %s was planned before: %d of its %d chunks are as they were",
        manifest.run_id,
        len(ours & known),
        len(ours),
    )
    return manifest


def earlier_chunks(document: bytes) -> Sequence[Chunk] | None:
    """The chunks of a run's manifest; None when it cannot be read, which planning again mends."""
    try:
        return read(document, Manifest).chunks
    except MessageError as error:
        log.warning("The run's old manifest cannot be read and is replaced: %s", error)
        return None


def _work_done(store: S3Store, settings: Settings, run_id: str) -> set[str]:
    """The keys of all documents that say what became of a chunk of the run."""
    folders = (keys.receipts(run_id), keys.partial_receipts(run_id), keys.failed_messages(run_id))
    found = store.list_keys(settings.temp_bucket, keys.run_folder(run_id))
    return {key for key in found if key.startswith(folders)}


def _work_of(run_id: str, chunk_ids: Iterable[str]) -> set[str]:
    """The keys that such documents of these chunks have."""
    return {
        key(run_id, chunk_id)
        for key in (keys.receipt, keys.partial_receipt, keys.failed_message)
        for chunk_id in chunk_ids
    }
