"""What a fill is about: the creators of a closed run of whom covers failed for a passing reason.

A run that was filled before is taken as its family has it now: creators whose newest result has no
such cover any more are not made again (docs/adr/0033).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from collage_core.aws.s3_move import was_moved
from collage_core.aws.s3_store import S3Store
from collage_core.contract.csv_source import CsvSource
from collage_core.contract.manifest import Manifest
from collage_core.contract.reasons import PASSING, may_pass
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.errors import MessageError
from collage_core.run.archive import archived_key
from collage_core.run.family import closed_members, first_of_family, newest_results
from collage_core.run.ordered_csv import is_ordered_copy
from collage_core.run.recorded_run import RecordedRun
from collage_core.settings import Settings
from collage_core.storage.object_store import ObjectStore


@dataclass(frozen=True, slots=True)
class Fill:
    """The creators that a fill makes anew, before their rows are read."""

    parent: Manifest
    """The run that is filled, as it is recorded."""
    creators: Mapping[str, int]
    """All rows of each creator, by the bytes of their names."""
    covers: int
    """How many of their covers failed for a reason that may pass."""

    @property
    def rows(self) -> int:
        """The rows of these creators in the parent's CSV."""
        return sum(self.creators.values())


def choose_fill(
    store: ObjectStore, settings: Settings, parent: str, *, run_id: str, timestamp: RunTimestamp
) -> Fill:
    """What the run `run_id` of this second is about, if it fills the run `parent`.

    `parent` is a run_id or a timestamp. It may be asked again while the fill is worked on, and
    after it is closed: what the fill itself has made does not count.

    Raises MessageError when the parent has no record or is not closed, when it or a fill of its
    family is newer than this run, and when there is nothing to fill.
    """
    try:
        record = RecordedRun.find(store, settings, parent)
    except MessageError as error:
        raise MessageError(
            f"{error}. Only a run with a record can be filled: without one, trigger a run over its "
            "window or CSV"
        ) from error
    manifest = record.manifest
    family = first_of_family(manifest)
    members = closed_members(store, settings, family)
    others = [summary for summary, _ in members if summary.run_id != run_id]
    if not any(summary.run_id == manifest.run_id for summary in others):
        raise MessageError(
            f"parent {parent} has a record and no summary: its closing was cut off; clear "
            "`reconcile` of that run in Airflow, then this task"
        )
    newer = next((one for one in others if one.run_timestamp >= timestamp), None)
    if newer is not None:
        raise MessageError(
            f"run {newer.run_id} of the family of {parent} is newer than this fill of {timestamp}, "
            "and would count instead of it: trigger a new fill"
        )
    newest = newest_results(store, settings, family, without=run_id)
    creators: dict[str, int] = {}
    covers = 0
    for result in record.creators():
        reasons = newest.get(result.creator, result).known_reasons
        failed = sum(count for reason, count in reasons.items() if may_pass(reason))
        if failed:
            creators[result.creator] = result.rows.total
            covers += failed
    if not creators:
        raise MessageError(
            f"run {manifest.run_id} has no cover left that failed for a reason that may pass "
            f"({', '.join(sorted(PASSING))}, http_408, http_429, http_5xx): there is nothing to "
            "fill; for other reasons, remove the cause and trigger a run over its window or CSV"
        )
    return Fill(manifest, creators, covers)


def rows_of_run(store: S3Store, settings: Settings, manifest: Manifest) -> CsvSource:
    """Where the rows of a closed run are now: where its workers read them, or in the archive.

    Raises MessageError when they are in neither place.
    """
    source, timestamp = manifest.source, manifest.run_timestamp
    head = store.head(source.bucket, source.key)
    if head is not None and head.etag == source.etag:
        return source
    if is_ordered_copy(source, settings, manifest.run_id):
        origin = manifest.origin
        where = "its message" if origin is None else f"its CSV, s3://{origin.bucket}/{origin.key}"
        if origin is not None:
            archived = archived_key(origin.key, timestamp, is_upload=True)
            where += f" or {archived} there"
        raise MessageError(
            f"the rows of run {manifest.run_id} have expired with {source.key} of bucket "
            f"{source.bucket}, and it cannot be filled: submit {where}, again, as a new run"
        )
    key = archived_key(source.key, timestamp, is_upload=False)
    copy = store.head(source.bucket, key)
    if copy is None or not was_moved(store, source, key):
        raise MessageError(
            f"the rows of run {manifest.run_id} are neither at s3://{source.bucket}/{source.key} "
            f"nor at {key} there: put the archived CSV back, or trigger a run over its window"
        )
    return CsvSource(source.bucket, key, copy.etag)


def chunks_with(manifest: Manifest, creators: Collection[bytes]) -> list[int]:
    """Which chunks of a plan may have rows of these creators, whose names are in UTF-8.

    All of them, if an older release did not record where they begin.
    """
    firsts = [chunk.first_creator for chunk in manifest.chunks]
    if any(first is None for first in firsts):
        return list(range(len(firsts)))
    begins = [(first or "").encode("utf-8", "surrogatepass") for first in firsts]
    wanted = sorted(creators)
    found = []
    at = 0
    for number, begin in enumerate(begins):
        end = begins[number + 1] if number + 1 < len(begins) else None
        while at < len(wanted) and wanted[at] < begin:
            at += 1
        # A creator at the border may be in either: rows without a name are around it.
        if at < len(wanted) and (end is None or wanted[at] <= end):
            found.append(number)
    return found
