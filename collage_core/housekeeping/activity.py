"""The runs in the temp bucket: what each has there, and when it last made progress."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Self

from collage_core.aws.s3_store import S3Store
from collage_core.contract.chunk import Chunk
from collage_core.errors import MessageError
from collage_core.layout import keys
from collage_core.run.failed_messages import failed_messages
from collage_core.run.ordered_csv import is_ordered_copy
from collage_core.run.run import Run, missing_chunks
from collage_core.settings import Settings
from collage_core.storage.object_store import ListedObject

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ActiveRun:
    """A run whose manifest has not expired."""

    run: Run[S3Store]
    planned: datetime
    """When its manifest was written."""
    last_progress: datetime
    """When the newest of its objects in the temp bucket was written."""
    missing: Sequence[Chunk]
    """Its chunks without a receipt."""
    failed_messages: Sequence[str]
    """Keys in the temp bucket: why messages of those chunks failed for good."""
    is_summed_up: bool = False
    """Whether a run that only keeps covers has its summary."""

    @classmethod
    def of(cls, run: Run[S3Store], listed: Sequence[ListedObject]) -> Self:
        """From all that is listed in its folder. Raises MessageError as `failed_messages` does."""
        manifest, present = run.manifest, {item.key: item.modified for item in listed}
        missing = missing_chunks(manifest, present)
        told = [
            chunk.chunk_id
            for chunk in missing
            if keys.failed_message(manifest.run_id, chunk.chunk_id) in present
        ]
        failed = failed_messages(run, told)
        return cls(
            run=run,
            planned=present[keys.manifest(manifest.run_id)],
            last_progress=max(present.values()),
            missing=missing,
            failed_messages=[
                keys.failed_message(manifest.run_id, message.chunk_id) for message in failed
            ],
            is_summed_up=keys.summary_of_keeping(manifest.run_id) in present,
        )

    @property
    def is_from_outside(self) -> bool:
        """Whether its CSV came from outside, so that no DAG finishes it."""
        manifest = self.run.manifest
        return is_ordered_copy(manifest.source, self.run.settings, manifest.run_id)


def active_runs(store: S3Store, settings: Settings) -> Iterator[ActiveRun]:
    """All runs whose manifest is there, in the order of their ids.

    A manifest that cannot be read is logged and left out.
    """
    # All of them, however many: a run that is left out would look as if it had no receipts, or as
    # if its CSV had no run. The listing is sorted by key, so each folder comes in one piece.
    listed = store.list_objects(settings.temp_bucket, keys.PROCESSING)
    for run_id, folder in groupby(listed, key=_run_id):
        items = list(folder)
        if all(item.key != keys.manifest(run_id) for item in items):
            continue
        try:
            run = Run.find(store, settings, run_id)
            active = None if run is None else ActiveRun.of(run, items)
        except MessageError as error:
            log.warning("Run %s is left out: %s", run_id, error)
            continue
        if active is not None:
            yield active


def _run_id(item: ListedObject) -> str:
    return item.key.removeprefix(keys.PROCESSING).partition("/")[0]
