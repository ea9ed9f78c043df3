"""Writes creators that other workers may be writing at the same moment, without any lock.

SQS may deliver a message twice, a worker may stand still for minutes, and a run may be planned
again meanwhile. Three rules keep each creator whole (docs/adr/0025):

- The first write wins. Every object is written only if its key is free. The lead is written first,
  the record last. Whoever writes the lead decides which covers are placed, and says so in the
  lead's metadata.
- Within a chunk nothing is ever overwritten. A worker that finds a record takes it over. If it
  finds a lead without a record, it completes that creator from the lead.
- What another plan left is overwritten, only as it was seen, and only if the chunk is still in the
  run's plan after it was seen.
"""

import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

from msgspec.structs import replace

from collage_core.contract.creator_record import CreatorRecord
from collage_core.contract.reading import read
from collage_core.contract.receipt import CreatorResult, WrittenObject
from collage_core.errors import ConditionFailedError, MessageError, RaceError
from collage_core.storage.object_store import ObjectHead, ObjectStore
from collage_core.storage.writable import prove_writable
from collage_core.worker.recipe import RECORD, Made, ObjectToWrite, Places
from collage_core.worker.writing import UnwrittenCreator, WrittenCreator, write_together

log = logging.getLogger(__name__)

CHUNK = "chunk"
"""Metadata of an object: the chunk whose worker wrote it."""

COVERS = "covers"
"""Metadata of a lead: what became of the covers, as `as_mark` says it."""

LEAD = "lead"
"""Metadata of the other objects but the record: the ETag of the lead that they belong to."""

_PAUSES = (0.0, 0.2, 0.4, 0.8, 0.8, 0.8, 0.8, 0.8)
"""Seconds before each look at a creator whom another worker has begun."""

_LOOKS_FOR_A_RECORD = 4
"""So many looks are given to a worker that has written the lead, before it counts as gone."""


class Plan(Protocol):
    """Whether a chunk is still in the plan of its run."""

    def check(self) -> None:
        """Raise PlanReplacedError if it is not."""
        ...

    def check_now_and_then(self) -> None:
        """The same, but only if the last check is some time ago."""
        ...


@dataclass(frozen=True, slots=True)
class _Seen:
    """The objects of a creator as they were seen, by kind; those that are not there are missing."""

    heads: Mapping[str, ObjectHead] = field(default_factory=dict)
    record_etag: str | None = None
    is_completed: bool = False
    """Whether another worker of the chunk has written the lead, which then stays."""


_NOTHING = _Seen()


@dataclass(frozen=True, slots=True)
class _FoundRecord:
    etag: str
    bytes: int
    record: CreatorRecord | None
    """None if it cannot be read."""


@dataclass(frozen=True, slots=True)
class SharedWriter:
    """A `CreatorWriter` for one chunk."""

    store: ObjectStore
    bucket: str
    chunk_id: str
    plan: Plan
    pause: Callable[[float], object] = time.sleep

    def begin(self, places: Places) -> bool:
        """Prove that objects may be written, without writing any; whether the record is there."""
        for key in (places.lead, places.record):
            prove_writable(self.store, self.bucket, key)
        return self.store.head(self.bucket, places.record) is not None

    def done_before(self, places: Places, creator: str, rows: int) -> WrittenCreator | None:
        """A creator that a worker of this chunk has finished."""
        found = self._find_record(places)
        if found is None or not self._fits(found, creator, rows):
            return None
        return self._ours(found, self._head(places.lead))

    def write(self, creator: UnwrittenCreator, threads: Executor) -> WrittenCreator:
        """Write a creator, or complete or take over what another worker has written.

        Raises PlanReplacedError when the chunk is in no plan any more, and RaceError when others
        keep writing the same objects.
        """
        self.plan.check_now_and_then()
        try:
            return self._write(creator.made, creator.mark, _NOTHING, threads)
        except ConditionFailedError:
            return self._write_beside_others(creator, threads)

    def _write_beside_others(self, creator: UnwrittenCreator, threads: Executor) -> WrittenCreator:
        places, made = creator.places, creator.made
        expected = made.result.creator, made.result.rows.total
        for look, pause in enumerate(_PAUSES, start=1):
            self.pause(pause)
            found = self._find_record(places)
            lead = self._head(places.lead)
            if found is not None and self._fits(found, *expected):
                written = self._ours(found, lead)
                if written is not None:
                    self._remove_orphans(written.result, made)
                    return written
            is_begun = lead is not None and self._is_ours(lead)
            if is_begun and look < _LOOKS_FOR_A_RECORD:
                continue
            try:
                begun = self._completed(creator, lead) if lead is not None and is_begun else None
                made = begun or creator.made
                seen = self._look_at(made, lead, found, is_completed=begun is not None)
                # After all was seen: what a newer plan has written is then in a newer manifest.
                self.plan.check()
                return self._write(made, creator.mark, seen, threads)
            except ConditionFailedError:
                continue
        raise RaceError(
            f"{places.lead} and {places.record} in bucket {self.bucket} changed {len(_PAUSES)} "
            f"times while chunk {self.chunk_id} was writing them: nothing to fix, try again"
        )

    def _write(
        self, made: Made, mark: str | None, seen: _Seen, threads: Executor
    ) -> WrittenCreator:
        """Write whatever is not there as it should be, on the condition that all is as seen."""
        objects: dict[str, WrittenObject] = {}
        if made.objects:
            lead, *others = made.objects
            marks = {CHUNK: self.chunk_id} | ({} if mark is None else {COVERS: mark})
            objects[lead.kind] = self._keep_or_put(lead, marks, seen, keep=seen.is_completed)
            of_lead = {CHUNK: self.chunk_id, LEAD: objects[lead.kind].etag}
            objects |= write_together(
                others,
                lambda item: self._keep_or_put(
                    item, of_lead, seen, keep=_belongs_to(seen.heads.get(item.kind), of_lead)
                ),
                threads,
            )
        document = made.record(objects)
        etag = self._put(document, {CHUNK: self.chunk_id}, if_etag=seen.record_etag)
        objects[RECORD] = WrittenObject(etag, len(document.body))
        # What was completed is another worker's decision: its record says which covers failed.
        record = read(document.body, CreatorRecord) if seen.is_completed else None
        return WrittenCreator(replace(made.result, objects=objects), record)

    def _keep_or_put(
        self, item: ObjectToWrite, marks: Mapping[str, str], seen: _Seen, *, keep: bool
    ) -> WrittenObject:
        there = seen.heads.get(item.kind)
        if there is not None and keep:
            return WrittenObject(there.etag, there.bytes)
        etag = self._put(item, marks, if_etag=None if there is None else there.etag)
        return WrittenObject(etag, len(item.body))

    def _put(self, item: ObjectToWrite, marks: Mapping[str, str], *, if_etag: str | None) -> str:
        return self.store.put(
            self.bucket,
            item.key,
            item.body,
            content_type=item.content_type,
            metadata=marks,
            if_absent=if_etag is None,
            if_etag=if_etag,
        )

    def _look_at(
        self,
        made: Made,
        lead: ObjectHead | None,
        record: _FoundRecord | None,
        *,
        is_completed: bool,
    ) -> _Seen:
        heads = {item.kind: self._head(item.key) for item in made.objects[1:]}
        if made.objects:
            heads[made.objects[0].kind] = lead
        there = {kind: head for kind, head in heads.items() if head is not None}
        return _Seen(there, None if record is None else record.etag, is_completed)

    def _completed(self, creator: UnwrittenCreator, lead: ObjectHead) -> Made | None:
        """The creator as the worker that wrote the lead has begun it.

        None if the lead is gone, or does not say what to complete: then it is written again.
        """
        stored = self.store.get(self.bucket, creator.places.lead, etag=lead.etag)
        if stored is None or COVERS not in lead.metadata:
            return None
        if creator.made.objects and creator.made.objects[0].body == stored.body:
            return creator.made
        try:
            made = creator.complete(lead.metadata[COVERS], stored.body)
        except ValueError as error:
            log.warning("%s is written again: %s", creator.places.lead, error)
            return None
        log.info("%s was begun by another worker and is completed", creator.places.lead)
        return made

    def _find_record(self, places: Places) -> _FoundRecord | None:
        stored = self.store.get(self.bucket, places.record)
        if stored is None:
            return None
        try:
            record = read(stored.body, CreatorRecord)
        except MessageError:
            return _FoundRecord(stored.etag, len(stored.body), None)
        return _FoundRecord(stored.etag, len(stored.body), record)

    def _fits(self, found: _FoundRecord, creator: str, rows: int) -> bool:
        """Whether a record is of this chunk, and accounts for a creator with so many rows.

        A record that somebody has changed must not be taken over: it would make a receipt whose
        rows do not add up, and each new try would make it again.
        """
        record = found.record
        return (
            record is not None
            and record.chunk_id == self.chunk_id
            and (record.result.creator, record.result.rows.total) == (creator, rows)
        )

    def _ours(self, found: _FoundRecord, lead: ObjectHead | None) -> WrittenCreator | None:
        """The creator of a record of this chunk, if its lead is there."""
        record = found.record
        if record is None:
            return None
        objects = record.result.known_objects
        if objects and (lead is None or lead.etag not in {item.etag for item in objects.values()}):
            return None
        whole = {**objects, RECORD: WrittenObject(found.etag, found.bytes)}
        return WrittenCreator(replace(record.result, objects=whole), record)

    def _is_ours(self, head: ObjectHead) -> bool:
        return head.metadata.get(CHUNK) == self.chunk_id

    def _head(self, key: str) -> ObjectHead | None:
        return self.store.head(self.bucket, key)

    def _remove_orphans(self, result: CreatorResult, made: Made) -> None:
        """Remove what this worker wrote, if the record of a faster one says that nothing is placed.

        That worker had no cover to place and so no lead to write. If the chunk has left the plan,
        all is left to the workers of the new one: what is seen here may be theirs a moment later.
        """
        named = {item.etag for item in result.known_objects.values()}
        orphans = [
            (item.key, head.etag)
            for item in made.objects
            if (head := self._head(item.key)) is not None
            and self._is_ours(head)
            and head.etag not in named
        ]
        if orphans:
            self.plan.check()
        for key, etag in orphans:
            with suppress(ConditionFailedError):
                self.store.delete_as_seen(self.bucket, key, etag=etag)
                log.info("Removed %s: nothing is placed for its creator", key)


def _belongs_to(head: ObjectHead | None, marks: Mapping[str, str]) -> bool:
    """Whether an object is of the same chunk and the same lead."""
    return head is not None and all(head.metadata.get(name) == marks[name] for name in marks)
