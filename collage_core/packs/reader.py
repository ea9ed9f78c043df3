"""Finds covers in packs: reads what is in them, then the parts of them that are wanted.

Whatever is wrong with a pack (expired, replaced, cut off, broken, hostile), its covers are misses:
they are fetched. Only a store that does not answer is an error.
"""

import logging
import time
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import ExitStack

from collage_core.budget import Budget
from collage_core.contract.pack import Pack
from collage_core.layout.creator_names import decode_creator, name_bytes
from collage_core.packs.directory import BrokenPackError, Member
from collage_core.packs.opened import OpenedPacks
from collage_core.packs.stretch_files import (
    MakeFuture,
    NoTimeError,
    StretchFiles,
    places_in_stretches,
)
from collage_core.packs.stretches import Stretch
from collage_core.sources.result import Fetched
from collage_core.storage.object_store import ObjectStore

log = logging.getLogger(__name__)

_SMALL_BODY_BYTES = 256 * 1024
_LARGE_BODIES_BYTES = 32 * 1024 * 1024
"""Memory for larger covers that are found and not decoded yet. Smaller ones are few enough."""

_OLDER = 2
"""So many older packs of a cover are remembered, for when the newest one cannot be read."""

_DIRECTORIES = 5
"""Requests at the same time. A directory takes up to 3 MB."""

type MakeExecutor = Callable[[int], Executor]
"""A pool of so many threads."""


class PackReader:
    """Covers out of the packs that a chunk may look into. Safe to use from many threads.

    Takes 16 MB of memory for what is read, 32 MB for covers of more than 256 KB until their rooms
    are closed, half a kilobyte for each place where a cover was found, at most three of a cover,
    and 192 MB of disk. What was read is
    on disk until all covers of it that were found are taken, or others need the disk.
    """

    def __init__(
        self,
        store: ObjectStore,
        bucket: str,
        packs: Sequence[Pack],
        *,
        executor: MakeExecutor = ThreadPoolExecutor,
        future: MakeFuture = Future,
    ) -> None:
        """`packs` are the newest first: of a cover that is in several, the newest counts."""
        self._packs = packs
        self._executor = executor
        self._places: dict[str, tuple[Stretch, Member]] = {}
        self._older: dict[str, list[tuple[Stretch, Member]]] = {}
        """Of covers that are in several packs: the others, the newest first."""
        self._files = StretchFiles(self._read, future=future)
        self._large_bodies = Budget(_LARGE_BODIES_BYTES)
        self._opened = OpenedPacks(
            store, bucket, "its covers are fetched unless older ones have them"
        )

    def close(self) -> None:
        """Free memory and disk."""
        self._places.clear()
        self._older.clear()
        self._files.close()

    def look_up(self, stems: Iterable[str]) -> None:
        """Find out which of these covers are in the packs, by their names without a type.

        Takes one request for each pack that may have covers of their creators.
        """
        if not self._packs:  # naming the covers of a chunk takes time
            return
        wanted = set(stems)
        packs = list(_with_creators_of(wanted, self._packs))
        if not packs:
            return
        with self._executor(_DIRECTORIES) as threads:
            found = list(threads.map(lambda pack: self._opened.members(pack, wanted=wanted), packs))
        newest: list[tuple[Pack, list[Member]]] = []
        older: list[tuple[Pack, list[Member]]] = []
        for pack, members in zip(packs, found, strict=True):
            new = [member for member in members or () if member.stem in wanted]
            old = [member for member in members or () if member.stem not in wanted]
            wanted.difference_update(member.stem for member in new)
            newest += [(pack, new)] * bool(new)
            older += [(pack, old)] * bool(old)
        in_all = len(newest) + len(older)
        self._places.update(places_in_stretches(newest, packs=in_all))
        for pack, members in older:
            for stem, place in places_in_stretches([(pack, members)], packs=in_all).items():
                others = self._older.setdefault(stem, [])
                if len(others) < _OLDER:
                    others.append(place)

    def known(self) -> set[str]:
        """The covers that were looked up and found."""
        return set(self._places)

    def find(self, stem: str, *, seconds_left: float) -> Fetched | None:
        """A cover out of the newest pack of which it can be read; None if there is none.

        None, too, if there is no memory for it within `seconds_left`. Raises what the store raises
        when it does not answer.
        """
        place = self._places.get(stem)
        if place is None:
            return None
        ends = time.monotonic() + seconds_left
        for stretch, member in (place, *self._older.get(stem, ())):
            try:
                found = self._take(stretch, member, seconds=ends - time.monotonic())
            except NoTimeError:
                return None
            if found is not None:
                return found
        return None

    def _take(self, stretch: Stretch, member: Member, *, seconds: float) -> Fetched | None:
        """A cover out of a pack; None if it cannot be read. Raises NoTimeError."""
        with ExitStack() as room:
            if member.size > _SMALL_BODY_BYTES:
                # Before anything else: whoever has memory to read with waits for nobody.
                try:
                    room.enter_context(self._large_bodies.hold(member.size, seconds=seconds))
                except TimeoutError as error:
                    raise NoTimeError from error
            taken = self._files.take(stretch, member, seconds=seconds)
            if taken is None:
                return None
            header, body = taken
            try:
                member.check(header, body)
            except BrokenPackError as error:
                log.warning(
                    "Pack %s: %s; the cover is fetched, unless an older pack has it",
                    stretch.pack.key,
                    error,
                )
                return None
            return Fetched(body, room.pop_all(), pack=stretch.pack)

    def _read(self, stretch: Stretch) -> bytes | None:
        return self._opened.read(stretch.pack, stretch.begin, stretch.end)


def _with_creators_of(stems: Iterable[str], packs: Iterable[Pack]) -> Iterable[Pack]:
    """The packs that may have covers of the creators whose names these stems begin with."""
    names: set[bytes] = set()
    for encoded in {stem.partition("/")[0] for stem in stems}:
        try:
            names.add(name_bytes(decode_creator(encoded)))
        except ValueError:  # a long name that was cut: its creator may be anywhere
            return packs
    in_order = sorted(names)

    def may_have(pack: Pack) -> bool:
        first = bisect_left(in_order, name_bytes(pack.first_creator))
        return first < len(in_order) and in_order[first] <= name_bytes(pack.last_creator)

    return filter(may_have, packs)
