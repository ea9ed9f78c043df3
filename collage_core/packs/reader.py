"""Finds covers in packs: reads what is in them, then the parts of them that are wanted.

Whatever is wrong with a pack (expired, replaced, cut off, broken, hostile), its covers are misses:
they are fetched. Only a store that does not answer is an error.
"""

import logging
import os
import zlib
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from tempfile import TemporaryFile
from threading import Lock
from typing import BinaryIO

from collage_core.budget import Budget
from collage_core.contract.pack import Pack
from collage_core.errors import ConditionFailedError
from collage_core.packs.directory import BrokenPackError, Member, read_directory
from collage_core.sources.result import Fetched
from collage_core.storage.object_store import ObjectStore

log = logging.getLogger(__name__)

DISK_BYTES = 192 * 1024 * 1024
"""What was read of packs and not used yet. It is on disk: a creator's covers are in many packs, and
the next creator's covers are beside them."""

_MOST_READ = 8 * 1024 * 1024
"""One request reads at most so much, or one cover."""

_LEAST_READ = 512 * 1024
_WIDEST_GAP = 256 * 1024
"""More bytes that nobody wants are worth another request."""

_READING_BYTES = 16 * 1024 * 1024
"""Memory for what is being read, by all threads together. The largest cover fits, too."""

_SMALL_BODY_BYTES = 256 * 1024
_LARGE_BODIES_BYTES = 32 * 1024 * 1024
"""Memory for larger covers that are found and not decoded yet. Smaller ones are few enough."""

_DIRECTORIES = 10
"""Requests at the same time."""

type MakeExecutor = Callable[[int], Executor]
"""A pool of so many threads."""


@dataclass(slots=True, eq=False)
class _Stretch:
    """Neighbours in a pack that are read together. `lock` guards all but the first two."""

    pack: Pack
    members: Sequence[Member]
    lock: Lock = field(default_factory=Lock)
    file: BinaryIO | None = None
    """What was read; None before, and after it was thrown away."""
    unused: set[str] = field(default_factory=set)
    """Stems of covers that were not asked for yet."""
    is_lost: bool = False
    """Whether the pack is not there any more as it was."""

    @property
    def begin(self) -> int:
        return self.members[0].at

    @property
    def bytes(self) -> int:
        return self.members[-1].end - self.begin


class PackReader:
    """Covers out of the packs that a chunk may look into. Safe to use from many threads.

    Takes 16 MB of memory for what is read, 32 MB for covers of more than 256 KB until their rooms
    are closed, and 192 MB of disk.
    """

    def __init__(
        self,
        store: ObjectStore,
        bucket: str,
        packs: Sequence[Pack],
        *,
        executor: MakeExecutor = ThreadPoolExecutor,
    ) -> None:
        """`packs` are the newest first: of a cover that is in several, the newest counts."""
        self._store = store
        self._bucket = bucket
        self._packs = packs
        self._executor = executor
        self._places: dict[str, tuple[_Stretch, Member]] = {}
        self._on_disk: OrderedDict[_Stretch, None] = OrderedDict()
        self._disk_bytes = 0
        self._disk = Lock()
        self._reading = Budget(_READING_BYTES)
        self._large_bodies = Budget(_LARGE_BODIES_BYTES)

    def close(self) -> None:
        """Free memory and disk."""
        with self._disk:
            for stretch in self._on_disk:
                if stretch.file is not None:
                    stretch.file.close()
            self._on_disk.clear()
        self._places.clear()

    def look_up(self, stems: Iterable[str]) -> None:
        """Find out which of these covers are in the packs, by their names without a type."""
        if not self._packs:
            return
        wanted = set(stems)
        with self._executor(_DIRECTORIES) as threads:
            found = threads.map(lambda pack: self._members(pack, wanted), self._packs)
            by_pack = list(zip(self._packs, found, strict=True))
        most = min(max(DISK_BYTES // len(by_pack), _LEAST_READ), _MOST_READ)
        for pack, members in by_pack:
            for neighbours in _joined(self._newest(members), most):
                stretch = _Stretch(pack, neighbours)
                stretch.unused.update(member.stem for member in neighbours)
                self._places.update((member.stem, (stretch, member)) for member in neighbours)

    def known(self) -> set[str]:
        """The covers that were looked up and found."""
        return set(self._places)

    def find(self, stem: str, *, seconds_left: float) -> Fetched | None:
        """A cover out of the newest pack that has it; None if it is in none, or cannot be read."""
        place = self._places.get(stem)
        if place is None:
            return None
        stretch, member = place
        with ExitStack() as room, suppress(TimeoutError):
            if member.size > _SMALL_BODY_BYTES:
                room.enter_context(self._large_bodies.hold(member.size, seconds=seconds_left))
            body = self._body(stretch, member, seconds_left)
            if body is not None:
                return Fetched(body, room.pop_all(), pack=stretch.pack)
        return None

    def _members(self, pack: Pack, wanted: set[str]) -> list[Member]:
        span = (pack.directory_at, pack.bytes - 1)
        try:
            stored = self._store.get(self._bucket, pack.key, byte_range=span, etag=pack.etag)
            if stored is not None:
                return read_directory(stored.body, pack, wanted=wanted)
            log.info("Pack %s has expired: its covers are fetched", pack.key)
        except ConditionFailedError:
            log.info("Pack %s was replaced: its covers are fetched", pack.key)
        except BrokenPackError as error:
            log.warning("Pack %s is not read, its covers are fetched: %s", pack.key, error)
        return []

    def _newest(self, members: Iterable[Member]) -> list[Member]:
        return [member for member in members if member.stem not in self._places]

    def _body(self, stretch: _Stretch, member: Member, seconds_left: float) -> bytes | None:
        with stretch.lock:
            if stretch.file is None and not self._read(stretch, seconds_left):
                return None
            assert stretch.file is not None  # noqa: S101 - `_read` has opened it
            data = os.pread(
                stretch.file.fileno(), member.end - member.at, member.at - stretch.begin
            )
            stretch.unused.discard(member.stem)
            if not stretch.unused:
                self._throw_away(stretch)
        try:
            body = member.body_in(data)
        except BrokenPackError as error:
            log.warning("Pack %s: %s; the cover is fetched", stretch.pack.key, error)
            return None
        if zlib.crc32(body) != member.crc:
            log.warning("Pack %s: %s is damaged and fetched", stretch.pack.key, member.name)
            return None
        return body

    def _read(self, stretch: _Stretch, seconds_left: float) -> bool:
        """Read a stretch to disk; whether it could be. Raises TimeoutError without memory in time.

        The caller has its lock.
        """
        if stretch.is_lost:
            return False
        self._make_room(stretch.bytes)
        pack, span = stretch.pack, (stretch.begin, stretch.begin + stretch.bytes - 1)
        with self._reading.hold(stretch.bytes, seconds=seconds_left):
            try:
                stored = self._store.get(self._bucket, pack.key, byte_range=span, etag=pack.etag)
            except ConditionFailedError:
                stored = None
            if stored is None:
                log.info("Pack %s has expired or was replaced meanwhile", pack.key)
                stretch.is_lost = True
                return False
            stretch.file = _spooled(stored.body)
        with self._disk:
            self._on_disk[stretch] = None
            self._disk_bytes += stretch.bytes
        return True

    def _make_room(self, further: int) -> None:
        """Throw away what was read longest ago. It is read again when it is wanted."""
        with self._disk:
            oldest = iter(list(self._on_disk))
        while self._disk_bytes + further > DISK_BYTES and (stretch := next(oldest, None)):
            # Never waits: whoever has its lock may be waiting for room.
            if stretch.lock.acquire(blocking=False):
                try:
                    self._throw_away(stretch)
                finally:
                    stretch.lock.release()

    def _throw_away(self, stretch: _Stretch) -> None:
        """Free the disk of a stretch. The caller has its lock."""
        if stretch.file is None:
            return
        stretch.file.close()
        stretch.file = None
        with self._disk:
            if stretch in self._on_disk:
                del self._on_disk[stretch]
                self._disk_bytes -= stretch.bytes


def _spooled(body: bytes) -> BinaryIO:
    """The same in a file that has no name, so it cannot be left behind."""
    file = TemporaryFile(prefix="collage-pack-")  # noqa: SIM115 - closed when it is thrown away
    file.write(body)
    file.flush()  # it is read without its buffer
    return file


def _joined(members: Sequence[Member], most: int) -> Iterator[list[Member]]:
    """Neighbours together, so that one request reads at most `most` bytes, or one member."""
    group: list[Member] = []
    for member in members:
        is_near = bool(group) and member.at - group[-1].end <= _WIDEST_GAP
        if group and not (is_near and member.end - group[0].at <= most):
            yield group
            group = []
        group.append(member)
    if group:
        yield group
