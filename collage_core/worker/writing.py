"""How the objects of a creator get into the output bucket: the interface, and the simple way.

`shared_writer` is the way of workers that may meet at one creator. `NoWriter` is for those that
make nothing.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Protocol

from msgspec.structs import replace

from collage_core.contract.creator_record import CreatorRecord
from collage_core.contract.receipt import CreatorResult, WrittenObject
from collage_core.worker.recipe import RECORD, Made, ObjectToWrite, Places


@dataclass(frozen=True, slots=True)
class UnwrittenCreator:
    """A creator whose objects are made."""

    places: Places
    made: Made
    mark: str | None
    """What became of the covers, as `as_mark` says it."""
    complete: Callable[[str, bytes], Made]
    """From the mark and the bytes of a lead that another worker wrote: the rest of that creator.

    Raises ValueError for a mark that does not fit the creator.
    """


@dataclass(frozen=True, slots=True)
class WrittenCreator:
    """A creator whose objects are in the output bucket."""

    result: CreatorResult
    """What counts, with all objects."""
    record: CreatorRecord | None = None
    """Its record, if another worker has decided what is placed; None if it was this one."""


class CreatorWriter(Protocol):
    """Writes the objects of one creator after the other."""

    def begin(self, places: Places) -> bool:
        """Called before any cover is fetched, with the places of the first creator.

        Raises an error if objects cannot be written. Whether creators may be done already, so that
        `done_before` is worth a request.
        """
        ...

    def done_before(self, places: Places, creator: str, rows: int) -> WrittenCreator | None:
        """A creator with so many rows that is done already; None for one that is not."""
        ...

    def write(self, creator: UnwrittenCreator, threads: Executor) -> WrittenCreator:
        """Write all objects of a creator, unless another worker was faster.

        `threads` may be used for several requests at once.
        """
        ...


class PutObject(Protocol):
    """Writes one object to the output bucket and returns its ETag."""

    def __call__(self, key: str, body: bytes, *, content_type: str) -> str: ...


class _Alone:
    """A writer whom nobody else can meet at a creator."""

    __slots__ = ()

    def begin(self, places: Places) -> bool:
        """Always False: no creator is done already."""
        del places
        return False

    def done_before(self, places: Places, creator: str, rows: int) -> WrittenCreator | None:
        """Always None."""
        del places, creator, rows
        return None


@dataclass(frozen=True, slots=True)
class SoleWriter(_Alone):
    """Writes whatever it is given. A `CreatorWriter` for a run that has one worker."""

    put: PutObject
    """Called from several threads at once. What it raises ends the work."""

    def write(self, creator: UnwrittenCreator, threads: Executor) -> WrittenCreator:
        """Write the objects at once, then the record."""
        made = creator.made
        objects = write_together(made.objects, self._put, threads)
        record = made.record(objects)
        objects[RECORD] = self._put(record)
        return WrittenCreator(replace(made.result, objects=objects))

    def _put(self, item: ObjectToWrite) -> WrittenObject:
        etag = self.put(item.key, item.body, content_type=item.content_type)
        return WrittenObject(etag, len(item.body))


class NoWriter(_Alone):
    """Writes nothing. A `CreatorWriter` for a recipe that makes no objects."""

    def write(self, creator: UnwrittenCreator, threads: Executor) -> WrittenCreator:
        """The result, with no object. Raises ValueError for a creator with objects."""
        del threads
        made = creator.made
        if made.objects:
            raise ValueError(f"{len(made.objects)} objects were made, and none may be written")
        return WrittenCreator(replace(made.result, objects={}))


def write_together(
    items: Sequence[ObjectToWrite],
    put: Callable[[ObjectToWrite], WrittenObject],
    threads: Executor,
) -> dict[str, WrittenObject]:
    """Write some objects at once; how they were written, by kind.

    Raises what `put` raises, but not before all have ended: none is written later.
    """
    writes = {item.kind: threads.submit(put, item) for item in items}
    for write in writes.values():
        write.exception()  # waits
    return {kind: write.result() for kind, write in writes.items()}
