"""Packs of a month's covers by how they were kept, and the manifest of the monthly run.

They are the same ones each time.
"""

import math
from collections.abc import Iterator
from datetime import date, timedelta
from enum import Enum
from itertools import pairwise
from pathlib import Path
from random import Random

from msgspec.structs import replace

from collage_core.contract.config import ProcessingConfig
from collage_core.contract.csv_source import CsvSource
from collage_core.contract.manifest import Manifest
from collage_core.contract.pack import Pack, PackIndex, ReplacedPack
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.trigger import Trigger
from collage_core.covers.chunk_ids import name_chunks
from collage_core.covers.chunking import ChunkSpan
from collage_core.layout import keys
from collage_core.packs.day_index import sorted_packs
from collage_core.packs.limits import PACK_BYTES
from collage_core.run.keeping_cost import BYTES_PER_COVER
from collage_core.settings import Settings
from collage_core.storage.directory_store import DirectoryStore
from collage_core.storage.documents import JSON, to_document

SETTINGS = Settings()
RUN_ID = "monthly-20261101_000000"
TODAY = date(2026, 11, 1)
ROWS = 2_000_000
CREATORS = 60_000
"""So that each has 33 rows, about as many as a collage has cells."""

NEW_PER_DAY = ROWS // 30

_REPLACED_STAY = 9
"""Days for which the index of a day may name packs that were replaced."""


class Kept(Enum):
    """How the covers of a day were kept."""

    DAILY = "daily"
    HOURLY = "hourly"
    """As if nobody merged the packs."""
    MERGED = "hourly, merged"
    """All days but the last one: of that one, and of the run's own day, nothing is merged yet."""


def store_in(folder: Path) -> DirectoryStore:
    """The buckets, as folders."""
    return DirectoryStore(
        {name: folder / name for name in (SETTINGS.temp_bucket, SETTINGS.input_bucket)}
    )


def write_days(folder: Path, kept: Kept, *, chunks: int, days: int) -> None:
    """Write the indexes of so many days and the manifest of a run of `chunks` chunks.

    Each run has as many packs as its covers fill, cut at creators of its own.
    """
    store, chance = store_in(folder), Random(1)  # noqa: S311  the same packs each time
    for number in range(days):
        day = TODAY - timedelta(days=number)
        hourly = [f"keep-{day:%Y%m%d}_{hour:02d}0000" for hour in range(24)]
        match kept:
            case Kept.DAILY:
                packs = _packs(chance, day, f"daily-{day:%Y%m%d}_000001", NEW_PER_DAY)
            case Kept.MERGED if number > 0:
                name = keys.run_of_pack(keys.merged_packs(day, f"{chance.getrandbits(96):024x}"))
                packs = _packs(chance, day, name, NEW_PER_DAY)
            case _:
                packs = _packs(chance, day, hourly, NEW_PER_DAY // 24)
        replaced: list[Pack] = []
        if kept is Kept.MERGED and 0 < number <= _REPLACED_STAY:
            replaced = _packs(chance, day, hourly, NEW_PER_DAY // 24)
        index = PackIndex(
            runs=sorted({keys.run_of_pack(pack.key) for pack in (*packs, *replaced)}),
            packs=sorted_packs(packs),
            replaces=tuple(ReplacedPack(pack.key, pack.etag) for pack in replaced),
        )
        key = keys.pack_index(keys.downloads_of_day(day))
        store.put(SETTINGS.temp_bucket, key, to_document(index), content_type=JSON)
        # The folders of its runs, which are listed for days that are not over for long.
        for run_id in index.runs:
            key = keys.pack_index(keys.packs_of_run(day, run_id))
            store.put(SETTINGS.temp_bucket, key, b"{}", content_type=JSON)
    _write_manifest(store, chance, chunks)


def _packs(chance: Random, day: date, run_ids: str | list[str], covers: int) -> list[Pack]:
    """The packs of these runs, each of which has kept so many covers."""
    count = math.ceil(covers * BYTES_PER_COVER / PACK_BYTES)
    return [
        Pack(
            key=keys.pack(keys.packs_of_run(day, run_id), f"{chance.getrandbits(96):024x}", 0),
            etag=f"{chance.getrandbits(128):032x}",
            bytes=PACK_BYTES,
            directory_at=PACK_BYTES - 100 * covers // count,
            covers=covers // count,
            first_creator=_name(first),
            last_creator=_name(last),
        )
        for run_id in ([run_ids] if isinstance(run_ids, str) else run_ids)
        for first, last in _cuts(chance, count)
    ]


def _write_manifest(store: DirectoryStore, chance: Random, chunks: int) -> None:
    spans = [
        ChunkSpan(
            (36 + number, 36 + number), ROWS // chunks, last - first + 1, 2, _name(first),
            f"{number:064x}", _name(last),
        )
        for number, (first, last) in enumerate(_cuts(chance, chunks))
    ]  # fmt: skip
    manifest = Manifest(
        run_id=RUN_ID,
        run_timestamp=RunTimestamp.parse("20261101_000000"),
        trigger=Trigger.SQS,
        source=CsvSource(SETTINGS.input_bucket, "csv-files/2026/11/01/monthly.csv", "e7a9"),
        config=ProcessingConfig(),
        chunks=[],
    )
    manifest = replace(manifest, chunks=name_chunks(spans, manifest))
    key = keys.manifest(RUN_ID)
    store.put(SETTINGS.temp_bucket, key, to_document(manifest), content_type=JSON)


def _cuts(chance: Random, parts: int) -> Iterator[tuple[int, int]]:
    """All creators in so many parts of about the same size: the first and the last of each."""
    begins = [0, *sorted(chance.sample(range(1, CREATORS), parts - 1)), CREATORS]
    for first, after in pairwise(begins):
        yield first, after - 1


def _name(number: int) -> str:
    return f"créateur.{number:07d}"
