"""What a fill is about: the creators of a closed run of whom covers failed for a passing reason.

A run that was filled before is taken as its family has it now: creators whose newest result has no
such cover any more are not made again (docs/adr/0033).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from collage_core.contract.manifest import Manifest
from collage_core.contract.reasons import PASSING, may_pass
from collage_core.contract.receipt import CreatorResult
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.errors import MessageError
from collage_core.run.family import (
    closed_members,
    closed_updates,
    first_of_family,
    newest_results,
)
from collage_core.run.forgotten import forgotten_since
from collage_core.run.recorded_run import RecordedRun
from collage_core.settings import Settings
from collage_core.storage.object_store import ObjectStore


@dataclass(frozen=True, slots=True)
class Fill:
    """The creators that a fill makes anew, before their rows are read."""

    parent: Manifest
    """The run that is filled, as it is recorded."""
    creators: Mapping[str, int]
    """All rows of each creator in the parent's CSV, by the bytes of their names."""
    covers: int
    """How many of their covers failed for a reason that may pass."""
    updates: Sequence[Manifest] = ()
    """Updates of the family that are newer than the parent, the oldest first: what they have added
    and refreshed is among the rows."""
    forgotten: Collection[str] = ()
    """Creators that are left out, because they were forgotten since."""

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
    family is newer than this run, and when there is nothing to fill. Creators that were forgotten
    since are left out.
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
    failed: list[tuple[CreatorResult, int]] = []
    for result in record.creators():
        reasons = newest.get(result.creator, result).known_reasons
        may_come = sum(count for reason, count in reasons.items() if may_pass(reason))
        if may_come:
            failed.append((result, may_come))
    forgotten = forgotten_since(
        store, settings, manifest.run_timestamp, (result for result, _ in failed)
    )
    taken = [each for each in failed if each[0].creator not in forgotten]
    if not taken:
        but = f" but for {len(forgotten)} creators that were forgotten since" * bool(forgotten)
        raise MessageError(
            f"run {manifest.run_id} has no cover left that failed for a reason that may pass{but} "
            f"({', '.join(sorted(PASSING))}, http_408, http_429, http_5xx): there is nothing to "
            "fill; for other reasons, remove the cause and trigger a run over its window or CSV"
        )
    updates = closed_updates(store, settings, members, after=manifest.run_timestamp, without=run_id)
    return Fill(
        manifest,
        {result.creator: result.rows.total for result, _ in taken},
        sum(covers for _, covers in taken),
        updates,
        forgotten,
    )


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
