"""Packs of many runs become few: the same covers, all in the order of their creators.

Nothing is decoded and no row is looked at, so it makes no difference whether a cover's row is still
there. What is read is trusted as little as anywhere else.
"""

import heapq
import logging
import shlex
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from tempfile import TemporaryFile
from typing import BinaryIO

from msgspec.structs import replace

from collage_core.contract.pack import Pack, ReplacedPack
from collage_core.errors import ConditionFailedError, MessageError
from collage_core.layout import keys
from collage_core.layout.creator_names import encode_creator, name_bytes
from collage_core.packs.archive import write_pack
from collage_core.packs.description import describe
from collage_core.packs.directory import BrokenPackError, Member
from collage_core.packs.limits import MOST_COVERS, PACK_BYTES
from collage_core.packs.members import creator_of, greatest_creator, least_creator
from collage_core.packs.opened import OpenedPacks
from collage_core.packs.stretch_files import StretchFiles, places_in_stretches
from collage_core.packs.stretches import Stretch, joined
from collage_core.storage.object_store import ObjectStore

log = logging.getLogger(__name__)

_ZIP = "application/zip"
_CHUNK = "packs"
"""In the keys, where packs of a run have their chunk."""

_SECONDS = 600.0
"""For memory that nobody else uses."""


@dataclass(frozen=True, slots=True)
class Merged:
    """What was written, and what it is instead of."""

    packs: Sequence[Pack]
    replaces: Sequence[ReplacedPack]
    """Those of which every cover is in `packs`, or a newer one of the same name."""


@dataclass(frozen=True, slots=True)
class _Copy:
    """A cover in one of the packs."""

    pack: Pack
    member: Member


type _Waiting = tuple[bytes, str, int, _Copy]
"""A copy, by what comes first: its creator, its name, and how new its pack is. No two are equal."""


def merge_packs(
    store: ObjectStore, bucket: str, packs: Sequence[Pack], *, folder: str, moment: datetime
) -> Merged:
    """Write the covers of all these packs into few packs, whose keys begin with `folder`.

    Of a cover that is in several the newest counts, as it does for whoever looks it up; if that
    cannot be read, an older one. The same packs give the same bytes, so it may be repeated with the
    same `folder`. `moment` is the time that all members have, aware.

    Takes as much memory and disk as a reader of packs, and the disk of a pack. Raises MessageError
    if something else is at one of the keys.
    """
    return _Merger(store, bucket, folder, moment).merge(packs)


class _Merger:
    def __init__(self, store: ObjectStore, bucket: str, folder: str, moment: datetime) -> None:
        self._store = store
        self._bucket = bucket
        self._folder = folder
        self._moment = moment
        self._opened = OpenedPacks(store, bucket, "and is not merged")
        self._left_alone: set[str] = set()
        """Keys of packs with something that was not read."""

    def merge(self, packs: Sequence[Pack]) -> Merged:
        written = [
            pack
            for number, covers in enumerate(_batches(self._covers(packs)))
            if (pack := self._write(number, covers)) is not None
        ]
        replaced = [
            ReplacedPack(pack.key, pack.etag) for pack in packs if pack.key not in self._left_alone
        ]
        return Merged(written, replaced)

    def _covers(self, packs: Sequence[Pack]) -> Iterator[list[_Copy]]:
        """Each cover, with all its copies, the newest first. In memory are those of few packs."""
        newest_first = sorted(packs, key=lambda pack: pack.key, reverse=True)
        ages = {pack.key: age for age, pack in enumerate(newest_first)}
        waiting: list[_Waiting] = []
        for pack in sorted(packs, key=_begin):
            begin = _begin(pack)
            yield from _before(begin, waiting)
            for creator, member in self._members(pack, begin):
                copy = _Copy(pack, member)
                heapq.heappush(waiting, (creator, member.stem, ages[pack.key], copy))
        yield from _before(None, waiting)

    def _members(self, pack: Pack, begin: bytes) -> list[tuple[bytes, Member]]:
        """What is in a pack, with the bytes by which its creators are sorted."""
        members = self._opened.members(pack)
        try:
            found = [(_sorted_by(creator_of(each.name)), each) for each in members or ()]
            if any(creator < begin for creator, _ in found):
                raise BrokenPackError("it has a creator before its first one")
        except ValueError as error:
            self._opened.lose(pack, str(error))
            members, found = None, []
        if members is None:
            self._left_alone.add(pack.key)
        return found

    def _write(self, number: int, covers: Sequence[Sequence[_Copy]]) -> Pack | None:
        """A pack of these covers; None if none can be read."""
        names: list[str] = []
        with (
            closing(StretchFiles(self._read, future=Future)) as files,
            TemporaryFile(prefix="collage-pack-") as file,
        ):
            directory_at = write_pack(file, self._bodies(covers, files, names), self._moment)
            if not names:
                return None
            creators = {creator_of(name) for name in names}
            pack = Pack(
                key=keys.pack(self._folder, _CHUNK, number),
                etag="not written yet",
                bytes=file.tell(),
                directory_at=directory_at,
                covers=len(names),
                first_creator=min(map(least_creator, creators), key=name_bytes),
                last_creator=max(map(greatest_creator, creators), key=name_bytes),
            )
            return replace(pack, etag=self._put(file, pack))

    def _bodies(
        self, covers: Sequence[Sequence[_Copy]], files: StretchFiles, names: list[str]
    ) -> Iterator[tuple[str, bytes]]:
        """The covers by name, which are noted in `names`.

        One that cannot be read is left out, and its packs are left alone.
        """
        places = places_in_stretches(_by_pack(copies[0] for copies in covers))
        for copies in covers:
            stretch, member = places[copies[0].member.stem]
            body = self._body(files, stretch, member)
            for copy in copies[1:] if body is None else ():
                ((stretch, member),) = joined(copy.pack, [copy.member], 0)
                if (body := self._body(files, stretch, member)) is not None:
                    break
            if body is None:
                self._left_alone.update(copy.pack.key for copy in copies)
            else:
                names.append(member.name)
                yield member.name, body

    def _body(self, files: StretchFiles, stretch: Stretch, member: Member) -> bytes | None:
        taken = files.take(stretch, member, seconds=_SECONDS)
        if taken is None:
            return None
        header, body = taken
        try:
            member.check(header, body)
        except BrokenPackError as error:
            log.warning("Pack %s: %s", stretch.pack.key, error)
            return None
        return body

    def _read(self, stretch: Stretch) -> bytes | None:
        return self._opened.read(stretch.pack, stretch.begin, stretch.end)

    def _put(self, file: BinaryIO, pack: Pack) -> str:
        """Write a pack, unless one that is the same is there already; its ETag."""
        try:
            return self._store.put(
                self._bucket,
                pack.key,
                file,
                content_type=_ZIP,
                metadata=describe(pack),
                if_absent=True,
            )
        except ConditionFailedError:
            return self._etag_of_same(file, pack)

    def _etag_of_same(self, file: BinaryIO, pack: Pack) -> str:
        # The directory has the size and the checksum of each cover.
        file.seek(pack.directory_at)
        directory = file.read()
        span = (pack.directory_at, pack.bytes)  # one byte more than there should be
        found = self._store.get(self._bucket, pack.key, byte_range=span)
        if found is None or found.body != directory:
            command = ["aws", "s3api", "delete-object", "--bucket", self._bucket, "--key", pack.key]
            raise MessageError(
                f"{pack.key} in bucket {self._bucket} is not what was to be written there, and no "
                f"index has it: delete it with {shlex.join(command)}"
            )
        return found.etag


def _begin(pack: Pack) -> bytes:
    """No creator in the pack is sorted before this."""
    return name_bytes(least_creator(encode_creator(pack.first_creator)))


def _sorted_by(encoded: str) -> bytes:
    """What a creator is sorted by. Raises ValueError for a name that no document can have."""
    return least_creator(encoded).encode()


def _before(begin: bytes | None, waiting: list[_Waiting]) -> Iterator[list[_Copy]]:
    """Take the covers of the creators before this one, or all; each with all its copies."""
    while waiting and (begin is None or waiting[0][0] < begin):
        _, stem, _, copy = heapq.heappop(waiting)
        copies = [copy]
        while waiting and waiting[0][1] == stem:
            copies.append(heapq.heappop(waiting)[3])
        yield copies


def _batches(covers: Iterable[list[_Copy]]) -> Iterator[list[list[_Copy]]]:
    """The covers of each pack that is to be written."""
    batch: list[list[_Copy]] = []
    size = 0
    for copies in covers:
        further = copies[0].member.size
        if batch and (size + further > PACK_BYTES or len(batch) >= MOST_COVERS):
            yield batch
            batch, size = [], 0
        batch.append(copies)
        size += further
    if batch:
        yield batch


def _by_pack(copies: Iterable[_Copy]) -> list[tuple[Pack, list[Member]]]:
    found: dict[str, tuple[Pack, list[Member]]] = {}
    for copy in copies:
        found.setdefault(copy.pack.key, (copy.pack, []))[1].append(copy.member)
    for _, members in found.values():
        members.sort(key=lambda member: member.at)
    return list(found.values())
