"""Packs of daily runs and the manifest of a monthly one, the same ones each time."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random

from msgspec.structs import replace

from collage_core.contract.config import ProcessingConfig
from collage_core.contract.csv_source import CsvSource
from collage_core.contract.manifest import Manifest
from collage_core.contract.pack import Pack, PackIndex
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.trigger import Trigger
from collage_core.covers.chunk_ids import name_chunks
from collage_core.covers.chunking import ChunkSpan
from collage_core.layout import keys
from collage_core.packs.day_index import sorted_packs
from collage_core.settings import Settings
from collage_core.storage.directory_store import DirectoryStore
from collage_core.storage.documents import JSON, to_document

SETTINGS = Settings()
RUN_ID = "monthly-20261101_000000"
TODAY = date(2026, 11, 1)
ROWS = 2_000_000
CREATORS = 60_000
"""So that each has 33 rows, about as many as a collage has cells."""


def store_in(folder: Path) -> DirectoryStore:
    """The buckets, as folders."""
    return DirectoryStore(
        {name: folder / name for name in (SETTINGS.temp_bucket, SETTINGS.input_bucket)}
    )


def write_days(folder: Path, *, chunks: int, days: int) -> int:
    """Write the indexes of `days` daily runs and the manifest of a run of `chunks` chunks.

    Each day's run has `chunks` packs, cut at creators of its own. Returns how many packs.
    """
    store, chance = store_in(folder), Random(1)  # noqa: S311  the same packs each time
    bucket = SETTINGS.temp_bucket
    for number in range(days):
        day = TODAY - timedelta(days=number)
        run_id = f"daily-{day:%Y%m%d}_030000"
        packs = sorted_packs(
            Pack(
                key=keys.pack(keys.packs_of_run(day, run_id), f"{chance.getrandbits(96):024x}", 0),
                etag=f"{chance.getrandbits(128):032x}",
                bytes=250_000_000,
                directory_at=249_800_000,
                covers=ROWS // chunks,
                first_creator=_name(first),
                last_creator=_name(last),
            )
            for first, last in _cuts(chance, chunks)
        )
        index = to_document(PackIndex(runs=[run_id], packs=packs))
        for folder_of in (keys.packs_of_run(day, run_id), keys.downloads_of_day(day)):
            store.put(bucket, keys.pack_index(folder_of), index, content_type=JSON)
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
    store.put(bucket, keys.manifest(RUN_ID), to_document(manifest), content_type=JSON)
    return chunks * days


def _cuts(chance: Random, parts: int) -> Iterator[tuple[int, int]]:
    """All creators in so many parts of about the same size: the first and the last of each."""
    begins = [0, *sorted(chance.sample(range(1, CREATORS), parts - 1)), CREATORS]
    for first, after in pairwise(begins):
        yield first, after - 1


def _name(number: int) -> str:
    return f"créateur.{number:07d}"
