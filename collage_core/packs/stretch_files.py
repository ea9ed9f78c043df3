"""Stretches of packs on disk, while their covers are taken. Each is read once, if there is room."""

import os
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from tempfile import TemporaryFile
from threading import TIMEOUT_MAX, Lock
from typing import BinaryIO

from collage_core.budget import Budget
from collage_core.contract.pack import Pack
from collage_core.packs.directory import Member
from collage_core.packs.stretches import Stretch, joined

DISK_BYTES = 192 * 1024 * 1024
"""What was read of packs and not used yet. It is on disk: a creator's covers are in many packs, and
the next creator's covers are beside them."""

READING_BYTES = 16 * 1024 * 1024
"""Memory for what is being read, by all threads together. The largest cover fits, too."""

_MOST_READ = 8 * 1024 * 1024
"""One request reads at most so much, or one cover."""

_LEAST_READ = 512 * 1024

type ReadStretch = Callable[[Stretch], bytes | None]
"""The bytes of a stretch; None if its pack is lost."""

type MakeFuture = Callable[[], Future[None]]
"""A future that its caller completes."""


def places_in_stretches(
    by_pack: Sequence[tuple[Pack, Sequence[Member]]], *, packs: int | None = None
) -> dict[str, tuple[Stretch, Member]]:
    """Where covers are that are read together, by their stems; members are in the pack's order.

    The covers of a creator may be in all packs, so there is room on disk for a stretch of each.
    `packs` is how many there are, if it is more than these.
    """
    sharing = packs or max(len(by_pack), 1)
    most = min(max(DISK_BYTES // sharing, _LEAST_READ), _MOST_READ)
    return {
        member.stem: (stretch, member)
        for pack, members in by_pack
        for stretch, member in joined(pack, members, most)
    }


class NoTimeError(Exception):
    """The memory that reading takes, or what another thread reads, was not there in time."""


@dataclass(slots=True, eq=False)
class _Copy:
    """A stretch on disk."""

    is_read: Future[None]
    users: int = 0
    """Threads that wait for it or read it."""
    bytes: int = 0
    """The room that was made for it."""
    file: BinaryIO | None = None
    """None until it is read, and for a pack that is lost."""


class StretchFiles:
    """Reads stretches to disk and hands out their covers. Safe to use from many threads.

    No thread holds a lock while it waits or reads. What is in use is never thrown away, so the disk
    may hold one stretch for each thread beyond DISK_BYTES, for milliseconds.
    """

    def __init__(self, read: ReadStretch, *, future: MakeFuture) -> None:
        """What `read` raises is raised to all who wait for its stretch."""
        self._read = read
        self._future = future
        self._copies: OrderedDict[Stretch, _Copy] = OrderedDict()
        self.bytes = 0
        """What is on the disk, or about to be."""
        self._lock = Lock()
        self._memory = Budget(READING_BYTES)
        self._is_closed = False

    def take(
        self, stretch: Stretch, member: Member, *, seconds: float
    ) -> tuple[bytes, bytes] | None:
        """The header of a cover and the cover, unchecked and maybe cut off; None if it is lost.

        A stretch of which all covers were taken is thrown away. Raises NoTimeError.
        """
        with self._opened(stretch, time.monotonic() + seconds) as file:
            if file is None:
                return None
            header_bytes, at = member.body_at - member.at, member.at - stretch.begin
            header = os.pread(file.fileno(), header_bytes, at)
            body = os.pread(file.fileno(), member.size, at + header_bytes)
            with self._lock:
                stretch.unused.discard(member.stem)
            return header, body

    def close(self) -> None:
        """Free the disk, also of what is being read: as soon as nobody uses it."""
        with self._lock:
            self._is_closed = True
            for stretch, copy in list(self._copies.items()):
                if copy.users == 0:
                    self._throw_away(stretch, copy)

    @contextmanager
    def _opened(self, stretch: Stretch, deadline: float) -> Iterator[BinaryIO | None]:
        with self._lock:
            copy = self._copies.get(stretch)
            is_first = copy is None
            if copy is None:
                copy = self._copies[stretch] = _Copy(self._future())
            self._copies.move_to_end(stretch)
            copy.users += 1
        try:
            if is_first:
                self._fill(copy, stretch, deadline)
            else:
                _wait(copy.is_read, deadline)
            yield copy.file
        finally:
            with self._lock:
                copy.users -= 1
                is_used_up = copy.file is None or not stretch.unused or self._is_closed
                if copy.users == 0 and is_used_up:
                    self._throw_away(stretch, copy)

    def _fill(self, copy: _Copy, stretch: Stretch, deadline: float) -> None:
        """Read a stretch to disk, for all who wait for it."""
        try:
            with _held(self._memory, stretch.bytes, deadline):
                self._make_room(copy, stretch.bytes)
                body = self._read(stretch)
                copy.file = None if body is None else _spooled(body)
        except BaseException as error:
            copy.is_read.set_exception(error)
            raise
        copy.is_read.set_result(None)

    def _make_room(self, copy: _Copy, further: int) -> None:
        """Throw away what was used longest ago. It is read again when it is wanted."""
        with self._lock:
            for stretch, other in list(self._copies.items()):
                if self.bytes + further <= DISK_BYTES:
                    break
                if other.users == 0:
                    self._throw_away(stretch, other)
            self.bytes += further
            copy.bytes = further

    def _throw_away(self, stretch: Stretch, copy: _Copy) -> None:
        """Free the disk of a stretch that nobody uses. The caller has the lock."""
        if self._copies.get(stretch) is copy:
            del self._copies[stretch]
        if copy.file is not None:
            copy.file.close()
        self.bytes -= copy.bytes
        copy.file, copy.bytes = None, 0


def _spooled(body: bytes) -> BinaryIO:
    """The same in a file that has no name, so it cannot be left behind."""
    file = TemporaryFile(prefix="collage-pack-")  # noqa: SIM115 - closed when it is thrown away
    try:
        file.write(body)
        file.flush()  # it is read without its buffer
    except BaseException:
        file.close()
        raise
    return file


@contextmanager
def _held(budget: Budget, units: int, deadline: float) -> Iterator[None]:
    with ExitStack() as held:
        try:
            held.enter_context(budget.hold(units, seconds=deadline - time.monotonic()))
        except TimeoutError as error:
            raise NoTimeError from error
        yield


def _wait(is_read: Future[None], deadline: float) -> None:
    try:
        is_read.result(min(max(deadline - time.monotonic(), 0.0), TIMEOUT_MAX))
    except TimeoutError as error:
        raise NoTimeError from error
