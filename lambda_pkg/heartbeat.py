"""Says that a worker is at a chunk, as long as it lives, and looks whether its run is stopped.

The document is written before any work, renewed by a thread of its own, and deleted however the
work ends. Only a worker that is killed leaves it. The next one finds it there, knows that a worker
has died and at which creators, and works carefully after two deaths (docs/adr/0038).
"""

import logging
from concurrent.futures import Executor, Future
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from collage_core.contract.chunk_at_work import ChunkAtWork
from collage_core.contract.message import ChunkMessage
from collage_core.contract.reading import read
from collage_core.contract.stop import Stop
from collage_core.errors import (
    CollageError,
    ConditionFailedError,
    MessageError,
    RunStoppedError,
)
from collage_core.layout import keys
from collage_core.run.stop import stopped
from collage_core.storage.documents import JSON, to_document
from collage_core.storage.object_store import ObjectHead
from lambda_pkg.invocation import Invocation

log = logging.getLogger(__name__)

_DEATHS_BEFORE_CARE = 2
"""One may be an outage."""

_RACES = 5
"""So often a document is written again that another worker has written in between."""


@dataclass(slots=True)
class Heartbeat:
    """The document of one worker at one chunk. Leave its context when the work has ended.

    Raises RunStoppedError on entering when the run is stopped already, and S3Error when the
    document cannot be written.
    """

    message: ChunkMessage
    invocation: Invocation
    stop: Stop | None = None
    """What has stopped the run since."""
    is_finished: bool = False
    """Set when the chunk has its receipt: then what was told of failures is not true any more."""
    is_careful: bool = False
    """Whether so many workers died at the chunk that one creator is done at a time."""
    _deaths: int = 0
    _set_aside: tuple[int, ...] = ()
    _alone_at: int | None = None
    _etag: str | None = None
    """Of the document, as this worker knows it."""
    _renewing: Executor = field(init=False)
    _writing: Executor = field(init=False)
    """One document after the other: an older one must not replace a newer one."""
    _ended: Future[None] = field(init=False)

    def __enter__(self) -> Self:
        services, message = self.invocation.services, self.message
        found = stopped(services.store, services.settings, message.run_id)
        if found is not None:
            raise RunStoppedError(found.reason)
        machine = services.machine
        self._writing = machine.executor(1, name="heartbeat")
        left = self._left_before()
        if left is None:
            self._write()
        else:
            self._learn(*left)
        self.is_careful = self._deaths >= _DEATHS_BEFORE_CARE
        self._ended = machine.future()
        self._renewing = machine.executor(1, name="renew")
        self._renewing.submit(self._renew)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._ended.set_result(None)
        self._renewing.shutdown()
        self._writing.shutdown()
        message, services = self.message, self.invocation.services
        told = [self._key]
        if self.is_finished:
            told.append(keys.failed_message(message.run_id, message.chunk_id))
        try:
            services.store.delete_keys(services.settings.temp_bucket, told)
        except CollageError as problem:
            # It looks as if this worker had died, and the chunk may be sent again in vain.
            log.warning("Chunk %s: %s", message.chunk_id, problem)

    def seconds_left(self) -> float:
        """Those of the invocation; none when the run is stopped."""
        return 0.0 if self.stop is not None else self.invocation.seconds_left()

    def part(self, begin: int) -> "PartOfChunk":
        """The attempt at the part of the chunk that begins at its byte `begin`."""
        return PartOfChunk(self, begin)

    def begin(self, place: int, creator: str) -> None:
        """A creator begins at this byte of the chunk."""
        self.invocation.under_way.begin(place, creator)
        if place in self._set_aside:
            log.warning("Creator %s is set aside: workers died at it", creator)
        elif self.is_careful:
            self._alone_at = place
            self._write()

    def is_set_aside(self, place: int) -> bool:
        """Whether the creator at this byte of the chunk is given up."""
        return place in self._set_aside

    @property
    def _key(self) -> str:
        return keys.chunk_at_work(self.message.run_id, self.message.chunk_id)

    def _left_before(self) -> tuple[ChunkAtWork, ObjectHead] | None:
        """What another worker has left; None if there is nothing, or nothing of use."""
        services = self.invocation.services
        left = self._take_over()
        if left is None:
            return None
        head = services.store.head(services.settings.temp_bucket, self._key)
        return None if head is None or head.etag != self._etag else (left, head)

    def _take_over(self) -> ChunkAtWork | None:
        """Read the document, and go on from the deaths that it counts."""
        services = self.invocation.services
        found = services.store.get(services.settings.temp_bucket, self._key)
        self._etag = None if found is None else found.etag
        if found is None:
            return None
        try:
            other = read(found.body, ChunkAtWork)
        except MessageError as error:
            log.warning("%s cannot be read, and is written again: %s", self._key, error)
            return None
        self._deaths = max(self._deaths, other.deaths)
        self._set_aside = tuple(dict.fromkeys([*self._set_aside, *other.set_aside]))
        return other

    def _learn(self, left: ChunkAtWork, head: ObjectHead) -> None:
        """Count a worker that has died, or work as one does that is still alive."""
        services, message = self.invocation.services, self.message
        # As it was, in case that this worker dies before the next lines.
        self._alone_at = left.alone_at
        is_first = self._write()
        self._alone_at = None
        now = services.store.head(services.settings.temp_bucket, self._key)
        age = (now.written - head.written).total_seconds() if now else 0.0
        # Lambda repeats an asynchronous invocation under its name when the one before has ended.
        is_repeated = left.invocation_id == self.invocation.invocation_id
        is_dead = is_repeated or age > services.settings.stale_seconds
        if is_dead and is_first:  # otherwise another worker has counted it
            self._deaths += 1
            if left.alone_at is not None:
                self._set_aside = (*self._set_aside, left.alone_at)
            log.warning(
                "A worker died at chunk %s of run %s (invocation %s, creators %s), %d in all",
                message.chunk_id,
                message.run_id,
                left.invocation_id,
                ", ".join(left.under_way) or "not known",
                self._deaths,
            )
        self._write()

    def _renew(self) -> None:
        seconds = self.invocation.services.settings.heartbeat_seconds
        while True:
            with suppress(TimeoutError):
                return self._ended.result(timeout=seconds)
            try:
                self._write()
                self._look()
            except Exception:
                log.exception("Heartbeat of chunk %s", self.message.chunk_id)

    def _look(self) -> None:
        services = self.invocation.services
        found = stopped(services.store, services.settings, self.message.run_id)
        # Never back: what this worker did not fetch meanwhile is not to be counted as failed.
        self.stop = self.stop or found

    def _write(self) -> bool:
        """Write the document; whether no other worker has done so in between."""
        return self._writing.submit(self._put).result()

    def _put(self) -> bool:
        services = self.invocation.services
        for race in range(_RACES):
            try:
                self._etag = services.store.put(
                    services.settings.temp_bucket,
                    self._key,
                    to_document(self._document()),
                    content_type=JSON,
                    if_absent=self._etag is None,
                    if_etag=self._etag,
                )
            except ConditionFailedError:
                self._take_over()
            else:
                return race == 0
        log.info("Chunk %s is worked on by others, too", self.message.chunk_id)
        return False

    def _document(self) -> ChunkAtWork:
        return ChunkAtWork(
            run_id=self.message.run_id,
            chunk_id=self.message.chunk_id,
            invocation_id=self.invocation.invocation_id,
            deaths=self._deaths,
            under_way=self.invocation.under_way.names,
            alone_at=self._alone_at,
            set_aside=self._set_aside,
        )


@dataclass(frozen=True, slots=True)
class PartOfChunk:
    """A `collage_core.worker.attempt.Attempt` at the part of a chunk from byte `first` on."""

    heartbeat: Heartbeat
    first: int

    @property
    def is_careful(self) -> bool:
        return self.heartbeat.is_careful

    @property
    def is_stopped(self) -> bool:
        return self.heartbeat.stop is not None

    def is_set_aside(self, offset: int) -> bool:
        return self.heartbeat.is_set_aside(self.first + offset)

    def begin(self, offset: int, creator: str) -> None:
        self.heartbeat.begin(self.first + offset, creator)

    def end(self, offset: int) -> None:
        self.heartbeat.invocation.under_way.end(self.first + offset)
