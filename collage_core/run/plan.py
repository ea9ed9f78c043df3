"""Plans a run: names its chunks and writes its manifest.

A run exists once it has a manifest. There are two policies for a run that already has one. A DAG
reads the database again when its extract task runs again, so the new plan replaces the old one. A
CSV from outside never changes, so the first plan stays.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from collage_core.aws.s3_store import S3Store
from collage_core.contract.config import ProcessingConfig
from collage_core.contract.csv_source import CsvSource
from collage_core.contract.date_counts import DateCounts
from collage_core.contract.manifest import Manifest
from collage_core.contract.rejected import NOTHING_REJECTED, Rejections
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.selection import Selection
from collage_core.contract.trigger import Trigger
from collage_core.contract.window import Window
from collage_core.covers.chunking import ChunkSpan, name_chunks
from collage_core.errors import ConditionFailedError, RaceError
from collage_core.layout import keys
from collage_core.run.run import Run
from collage_core.settings import Settings
from collage_core.storage.documents import JSON, to_document
from collage_core.storage.object_store import ObjectStore


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
    manifest = Manifest(
        run_id=spec.run_id,
        run_timestamp=spec.run_timestamp,
        trigger=spec.trigger,
        source=csv.source,
        config=spec.config,
        output_prefix=spec.output_prefix,
        chunks=name_chunks(
            csv.spans,
            csv.source.etag,
            config=spec.config,
            output_prefix=spec.output_prefix,
            trigger=spec.trigger,
            window=spec.window,
        ),
        rejected=csv.rejected,
        origin=csv.origin,
        dates=csv.dates,
        window=spec.window,
        selection=csv.selection,
    )
    return Run(settings, store, keep(store, settings, manifest))


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
    """Write a manifest. If it differs from the run's old one, remove the old one's receipts.

    The same rows with the same configuration give the same manifest: what was done for it stays
    done, and a run that is repeated makes no collage twice. In an input bucket that is encrypted
    with a KMS key (SSE-KMS) the same rows get another ETag. That is another plan, and all its
    chunks are done again.
    """
    bucket, key = settings.temp_bucket, keys.manifest(manifest.run_id)
    document = to_document(manifest)
    before = store.get(bucket, key)
    if before is not None and before.body != document:
        # The old manifest is deleted first, in its own request, because one request has no order:
        # a try that fails here leaves receipts without a manifest, never beside another one.
        store.delete_keys(bucket, [key])
        store.delete_keys(bucket, store.list_keys(bucket, keys.run_folder(manifest.run_id)))
    store.put(bucket, key, document, content_type=JSON)
    return manifest
