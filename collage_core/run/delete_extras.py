"""Deletes objects that have a run's timestamp in their key and that its books do not name."""

import logging
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from collage_core.contract.manifest import Manifest
from collage_core.errors import ConditionFailedError, RunConflictError
from collage_core.layout import keys
from collage_core.layout.creator_objects import ObjectKind
from collage_core.run.bucket_check import ORDER, ExtraObject
from collage_core.run.recorded_run import RecordedRun
from collage_core.settings import Settings
from collage_core.storage.documents import READERS, read_document
from collage_core.storage.object_store import ObjectStore

log = logging.getLogger(__name__)


def delete_extras(run: RecordedRun, extras: Iterable[ExtraObject]) -> None:
    """Delete the extras that `verify` has found; raises what `delete_extras_of` raises.

    `verify` finds none if another run has claimed the run's second.
    """
    delete_extras_of(run.manifest, run.store, run.settings, extras)


def delete_extras_of(
    manifest: Manifest, store: ObjectStore, settings: Settings, extras: Iterable[ExtraObject]
) -> None:
    """Delete extras of a run that are as they were listed; those written since are left alone.

    Raises RunConflictError, and deletes nothing, when they may be those of another plan of this run
    that is being worked on.
    """
    run_id = manifest.run_id
    key = keys.manifest(run_id)
    planned = read_document(store, settings.temp_bucket, key, Manifest)
    if planned is not None and planned.chunks != manifest.chunks:
        raise RunConflictError(
            f"run {run_id} has been planned again ({key} in bucket {settings.temp_bucket} has "
            "other chunks): nothing was deleted; verify it again when the run has ended"
        )

    def delete(extra: ExtraObject) -> None:
        try:
            store.delete_as_seen(settings.output_bucket, extra.key, etag=extra.etag)
        except ConditionFailedError as error:
            log.warning("Not deleted: %s", error)

    by_kind: dict[ObjectKind, list[ExtraObject]] = {kind: [] for kind in reversed(ORDER)}
    for extra in extras:
        by_kind[extra.kind].append(extra)
    with ThreadPoolExecutor(READERS) as pool:
        # Against the order in which they were found: if this ends early, what is left in a folder
        # that is not listed whole is found again by the others.
        for some in by_kind.values():
            list(pool.map(delete, some))  # which raises the first error
