"""Which packs may have covers of which chunks: one merge of two lists, both sorted by creator."""

import heapq
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from collage_core.contract.chunk import Chunk
from collage_core.contract.pack import Pack
from collage_core.layout import keys
from collage_core.layout.creator_names import name_bytes

MOST_PACKS = 2000
"""The most packs of a chunk: a worker reads the directory of each. A chunk of a monthly run has
about 45 after 40 days of daily runs, about 70 after 40 days of hourly ones whose packs are merged,
and a thousand if nobody merges them."""

_FEW = 100
"""With more packs than this, it may be worth while to look at the names in a chunk: one of few
creators may reach from A to Z, and so over all packs that there are."""

type Creators = Callable[[Chunk], Collection[str] | None]
"""Reads the names of a chunk's creators; None if they cannot be read any more."""


@dataclass(frozen=True, slots=True)
class Joined:
    """The packs of a chunk, the newest first."""

    chunk: Chunk
    packs: Sequence[Pack]
    left_out: int = 0
    """Packs beyond MOST_PACKS."""


@dataclass(frozen=True, slots=True)
class _Range:
    """A pack, with its creators as they are compared."""

    first: bytes
    last: bytes
    pack: Pack
    covers_per_chunk: float
    """How many covers it may have for each of the chunks that it reaches over."""


@dataclass(frozen=True, slots=True)
class _Bounds:
    chunk: Chunk
    first: bytes
    last: bytes | None
    """None: any."""


def join(
    chunks: Sequence[Chunk], packs: Iterable[Pack], creators: Creators, *, most: int = MOST_PACKS
) -> Iterator[Joined]:
    """Each chunk with the packs that may have covers of its creators.

    `packs` are in the order of an index, and chunks in that of their CSV. `creators` is asked only
    for chunks whose names may rule out most packs. Of more than `most` packs, those are taken that
    may have the most covers of the chunk, and of such packs the newest.
    """
    bounds = list(_bounds(chunks))
    waiting = iter(_ranges(packs, bounds))
    coming = next(waiting, None)
    active: list[_Range] = []
    for bound in bounds:
        active = [each for each in active if each.last >= bound.first]
        while coming is not None and (bound.last is None or coming.first <= bound.last):
            if coming.last >= bound.first:
                active.append(coming)
            coming = next(waiting, None)
        yield _joined(bound.chunk, _of_creators(bound.chunk, active, creators), most)


def _bounds(chunks: Sequence[Chunk]) -> Iterator[_Bounds]:
    """Between which creators chunks are. Where that is unknown, they are taken to have all."""
    for chunk in chunks:
        first = b"" if chunk.first_creator is None else name_bytes(chunk.first_creator)
        last = None if chunk.last_creator is None else name_bytes(chunk.last_creator)
        yield _Bounds(chunk, first, last)


def _ranges(packs: Iterable[Pack], bounds: Sequence[_Bounds]) -> Iterator[_Range]:
    firsts = [bound.first for bound in bounds]
    lasts = [bound.last for bound in bounds if bound.last is not None]
    for pack in packs:
        first, last = name_bytes(pack.first_creator), name_bytes(pack.last_creator)
        reached = bisect_right(firsts, last) - bisect_left(lasts, first)
        yield _Range(first, last, pack, pack.covers / max(reached, 1))


def _of_creators(chunk: Chunk, found: Sequence[_Range], creators: Creators) -> Sequence[_Range]:
    """The packs that reach over at least one creator of the chunk, if that can rule out many."""
    if len(found) <= _FEW:
        return found
    # A run has one pack for a creator, seldom two.
    runs = len({keys.run_of_pack(each.pack.key) for each in found})
    if chunk.creators * runs >= len(found):
        return found
    read = creators(chunk)
    if read is None:
        return found
    names = sorted(map(name_bytes, read))
    return [
        each for each in found if bisect_left(names, each.first) < bisect_right(names, each.last)
    ]


def _joined(chunk: Chunk, found: Sequence[_Range], most: int) -> Joined:
    taken: Iterable[_Range] = found
    if len(found) > most:
        taken = heapq.nlargest(most, found, key=lambda each: (each.covers_per_chunk, each.pack.key))
    # A key begins with the day and the run: the newest are the last.
    packs = sorted((each.pack for each in taken), key=lambda pack: pack.key, reverse=True)
    return Joined(chunk, packs, left_out=len(found) - len(packs))
