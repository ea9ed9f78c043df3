"""Deletes objects that have a run's timestamp in their key and that its record does not name."""

from collections.abc import Iterable

from collage_core.contract.manifest import Manifest
from collage_core.errors import RunConflictError
from collage_core.layout import keys
from collage_core.run.bucket_check import ExtraObject
from collage_core.run.recorded_run import RecordedRun
from collage_core.storage.documents import read_document


def delete_extras(run: RecordedRun, extras: Iterable[ExtraObject]) -> None:
    """Delete the extras that `verify` has found.

    Raises RunConflictError, and deletes nothing, when they may be those of a plan of this run that
    is still being worked on. `verify` finds none if another run has claimed the run's second.
    """
    manifest, settings, store = run.manifest, run.settings, run.store
    run_id = manifest.run_id
    key = keys.manifest(run_id)
    planned = read_document(store, settings.temp_bucket, key, Manifest)
    if planned is not None and planned.chunks != manifest.chunks:
        raise RunConflictError(
            f"run {run_id} is planned again since its record was written ({key} in bucket "
            f"{settings.temp_bucket} has other chunks): nothing was deleted; verify it again when "
            "the run has ended"
        )
    store.delete_keys(settings.output_bucket, [extra.key for extra in extras])
