"""How many covers of a run are kept, alive or dead, before anything is paid.

A small run is counted. Of a larger one, some creators are looked at, drawn by chance from chunks
all over the run, the same ones each time it is planned. Nothing is asked of a cover's host: a URL
that does not say when it expires counts as alive.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from random import Random

from collage_core.contract.chunk import Chunk
from collage_core.contract.pack import ChunkPacks
from collage_core.covers.signing.expiry import has_expired
from collage_core.layout import keys
from collage_core.packs.members import member_stem
from collage_core.packs.reader import PackReader
from collage_core.run.run import Run
from collage_core.storage.documents import read_document
from collage_core.storage.object_store import ObjectStore

CREATORS = 40
"""So many are looked at. Each costs a GET for every pack that may have their covers: after 40 days
of daily runs, all of them cost about 1600 requests, or 0.0007 USD."""

_OF_NORMAL = 1.96
"""Standard errors on either side of 95 of 100 samples."""


@dataclass(frozen=True, slots=True)
class CoverShares:
    """Shares of the covers that a run would place first, from 0 to 1; together they are 1."""

    kept: float
    alive: float
    """Not kept, and the URL has not expired."""
    dead: float
    """Neither kept nor alive: without a fresh URL they are lost."""
    error: float
    """How far the share of the dead may be off, with a confidence of 95%; 0 if all were counted."""
    covers: int
    """Covers that were looked at."""
    creators: int
    """Creators that were looked at."""
    is_counted: bool
    """Whether these are all."""

    @property
    def in_words(self) -> str:
        """In one line, for the log."""
        of = "all" if self.is_counted else "a sample of"
        about = "" if self.is_counted else f" (±{self.error:.1%}, 19 times out of 20)"
        return (
            f"{self.kept:.1%} of the covers are kept, {self.alive:.1%} are alive, and "
            f"{self.dead:.1%}{about} are neither; from {of} {self.covers} covers of "
            f"{self.creators} creators"
        )


@dataclass(frozen=True, slots=True)
class _Looked:
    """What was found for one creator, who stands for `weight` creators."""

    weight: float
    covers: int
    kept: int
    dead: int


def cover_shares[Store: ObjectStore](
    run: Run[Store], *, now: float, most: int = CREATORS, seed: str = ""
) -> CoverShares | None:
    """The shares of a run whose packs are planned. `now` is in seconds since 1970.

    Another `seed` draws other creators. None for a run without covers, and for one whose CSV is
    not there any more, as it is finished.
    """
    manifest = run.manifest
    chance = Random(manifest.run_id + seed)  # noqa: S311 - no secret: planned again, it draws the same
    chunks = [chunk for chunk in manifest.chunks if chunk.creators]
    is_counted = sum(chunk.creators for chunk in chunks) <= most
    drawn = chunks if is_counted else chance.sample(chunks, min(most, len(chunks)))
    per_chunk = most if is_counted else math.ceil(most / max(len(drawn), 1))
    looked: list[_Looked] = []
    for chunk in drawn:
        by_creator = _rows(run, chunk)
        if by_creator is None:
            return None
        names = chance.sample(sorted(by_creator), min(per_chunk, len(by_creator)))
        weight = len(by_creator) / max(len(names), 1)
        looked.extend(_look(run, chunk, {name: by_creator[name] for name in names}, weight, now))
    return _shares(looked, is_counted=is_counted)


def _rows[Store: ObjectStore](run: Run[Store], chunk: Chunk) -> dict[str, dict[str, str]] | None:
    """The newest URL of each cover that may be placed first, by creator and name in packs."""
    rows, manifest = run.rows_of(chunk), run.manifest
    if rows is None:
        return None
    most = math.inf if manifest.keep_only else run.settings.covers_per_creator(manifest.config)
    by_creator: dict[str, dict[str, str]] = {}
    for row in rows:
        covers = by_creator.setdefault(row.creator, {})
        if len(covers) < most:
            covers.setdefault(member_stem(row.creator, row.url), row.url)
    return by_creator


def _look[Store: ObjectStore](
    run: Run[Store],
    chunk: Chunk,
    by_creator: Mapping[str, Mapping[str, str]],
    weight: float,
    now: float,
) -> Iterator[_Looked]:
    bucket = run.settings.temp_bucket
    key = keys.packs_of_chunk(run.manifest.run_id, chunk.chunk_id)
    places = read_document(run.store, bucket, key, ChunkPacks)
    with closing(PackReader(run.store, bucket, places.packs if places else ())) as reader:
        reader.look_up(stem for covers in by_creator.values() for stem in covers)
        known = reader.known()
    for covers in by_creator.values():
        lost = [url for stem, url in covers.items() if stem not in known]
        yield _Looked(
            weight,
            covers=len(covers),
            kept=len(covers) - len(lost),
            dead=sum(has_expired(url, now=now) for url in lost),
        )


def _shares(looked: Sequence[_Looked], *, is_counted: bool) -> CoverShares | None:
    covers = sum(each.weight * each.covers for each in looked)
    if not covers:
        return None
    kept = sum(each.weight * each.kept for each in looked) / covers
    dead = sum(each.weight * each.dead for each in looked) / covers
    return CoverShares(
        kept=kept,
        alive=max(1 - kept - dead, 0.0),
        dead=dead,
        error=0 if is_counted else _error(looked, dead),
        covers=sum(each.covers for each in looked),
        creators=len(looked),
        is_counted=is_counted,
    )


def _error(looked: Sequence[_Looked], share: float) -> float:
    """How far the share may be off, with a confidence of 95%: Wilson's interval, the longer side.

    The covers of a creator live and die together, so creators are what was drawn, not covers; and
    those with many covers count for more, so they are as good as fewer creators who are all alike
    (Kish). Where only some of a creator's covers are dead, the error is less than this. The usual
    interval, from the spread of the sample, is far too short when few are dead or alive.
    """
    sizes = [each.weight * each.covers for each in looked]
    count = sum(sizes) ** 2 / sum(size * size for size in sizes)
    squared = _OF_NORMAL**2
    middle = (share + squared / (2 * count)) / (1 + squared / count)
    half = (
        _OF_NORMAL
        * math.sqrt(share * (1 - share) / count + squared / (4 * count**2))
        / (1 + squared / count)
    )
    return abs(middle - share) + half
