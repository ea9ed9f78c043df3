"""A closed run and one that works, both of 60,000 creators in 1,000 chunks. The same each time."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from random import Random

from msgspec.structs import replace

from collage_core.contract.books import Books, RowCounts
from collage_core.contract.chunk_at_work import ChunkAtWork
from collage_core.contract.config import ProcessingConfig
from collage_core.contract.csv_source import CsvSource
from collage_core.contract.manifest import Manifest
from collage_core.contract.receipt import CreatorResult, Outcome, Receipt, WrittenObject
from collage_core.contract.run_estimate import RunEstimate
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.trigger import Trigger
from collage_core.covers.chunk_ids import name_chunks
from collage_core.covers.chunking import ChunkSpan
from collage_core.layout import keys
from collage_core.layout.creator_objects import OBJECT_KINDS, RunObjects
from collage_core.run.close import close_run
from collage_core.run.family import books_of
from collage_core.run.run import Run
from collage_core.settings import Settings
from collage_core.storage.documents import JSON, READERS, to_document
from collage_core.storage.object_store import ObjectStore

SETTINGS = Settings()
BUCKETS = (SETTINGS.output_bucket, SETTINGS.temp_bucket)

CLOSED, WORKING = "monthly-20261001_000000", "monthly-20261101_000000"
TIMESTAMPS = {
    CLOSED: RunTimestamp.parse("20261001_000000"),
    WORKING: RunTimestamp.parse("20261101_000000"),
}
CREATORS_OF_CHUNK = 60
ROWS_OF_CREATOR = 33
"""About as many as a collage has cells."""

_AT_WORK = 10
_MISSING_SHARE = 0.3
_REASONS = ("http_403", "http_404", "timeout", "not_an_image")


def write_runs(store: ObjectStore, *, chunks: int) -> None:
    """Write both runs. Of the one that works, nearly all chunks are done."""
    closed = _write(store, CLOSED, chunks, done=chunks)
    close_run(closed, compare=False)
    working = _write(store, WORKING, chunks, done=chunks - _AT_WORK)
    for chunk in working.manifest.chunks[-_AT_WORK:]:
        said = ChunkAtWork(
            run_id=WORKING,
            chunk_id=chunk.chunk_id,
            invocation_id="8a7b",
            deaths=0,
            under_way=[chunk.first_creator or ""],
        )
        _put(store, keys.chunk_at_work(WORKING, chunk.chunk_id), to_document(said))


def _write(store: ObjectStore, run_id: str, chunks: int, *, done: int) -> Run[ObjectStore]:
    manifest = _plan(run_id, chunks)
    _put(store, keys.manifest(run_id), to_document(manifest))
    _put(store, keys.estimate(run_id), to_document(_estimate(manifest)))
    chance = Random(1)  # noqa: S311  the same run each time
    receipts = [*_receipts(manifest, chance)]
    with ThreadPoolExecutor(READERS) as pool:
        # As the planner writes them for each chunk whose creators packs have.
        writing = [
            pool.submit(_put, store, keys.packs_of_chunk(run_id, each.chunk_id), b"{}")
            for each in receipts
        ]
        writing += [
            pool.submit(_put, store, keys.receipt(run_id, each.chunk_id), to_document(each))
            for each in receipts[:done]
        ]
        for each in writing:
            each.result()
    return Run(SETTINGS, store, manifest)


def _plan(run_id: str, chunks: int) -> Manifest:
    rows = CREATORS_OF_CHUNK * ROWS_OF_CREATOR
    spans = [
        ChunkSpan(
            (36 + number * rows * 300, 35 + (number + 1) * rows * 300),
            rows,
            CREATORS_OF_CHUNK,
            2 + number * rows,
            _name(number * CREATORS_OF_CHUNK),
            f"{number:064x}",
            _name((number + 1) * CREATORS_OF_CHUNK - 1),
        )
        for number in range(chunks)
    ]
    manifest = Manifest(
        run_id=run_id,
        run_timestamp=TIMESTAMPS[run_id],
        trigger=Trigger.SQS,
        source=CsvSource(SETTINGS.input_bucket, "csv-files/2026/10/01/monthly.csv", "e7a9"),
        config=ProcessingConfig(),
        chunks=[],
        covers_per_creator=35,
        by_creator_copies=True,
    )
    return replace(manifest, chunks=name_chunks(spans, manifest))


def _estimate(manifest: Manifest) -> RunEstimate:
    return RunEstimate(
        run_id=manifest.run_id,
        usd=1.9,
        keeping_usd=7.6,
        function_seconds=30_000,
        seconds=3000,
        covers=manifest.rows,
        seconds_per_cover=0.015,
        failed_share=0.05,
        rates="built in",
    )


def _receipts(manifest: Manifest, chance: Random) -> Iterator[Receipt]:
    places = RunObjects.of(manifest)
    for number, chunk in enumerate(manifest.chunks):
        first = number * CREATORS_OF_CHUNK
        results = [
            _result(places, chance, _name(first + each)) for each in range(CREATORS_OF_CHUNK)
        ]
        books: Books = replace(books_of(results), seconds={"total": 29.7, "fetch": 21.1})
        yield Receipt(
            run_id=manifest.run_id,
            run_timestamp=manifest.run_timestamp,
            trigger=manifest.trigger,
            source=manifest.source,
            chunk_id=chunk.chunk_id,
            byte_range=chunk.byte_range,
            books=books,
            results=results,
            rejected=[],
            failed_hosts={"cdn.example": books.rows.failed} if books.rows.failed else None,
        )


def _result(places: RunObjects, chance: Random, creator: str) -> CreatorResult:
    failed = chance.randrange(1, 6) if chance.random() < _MISSING_SHARE else 0
    return CreatorResult(
        creator,
        Outcome.PARTIAL if failed else Outcome.COMPLETE,
        RowCounts(total=ROWS_OF_CREATOR, placed=ROWS_OF_CREATOR - failed, failed=failed),
        places.key("collage", creator),
        {chance.choice(_REASONS): failed} if failed else {},
        {
            kind: WrittenObject(f"{chance.getrandbits(128):032x}", chance.randrange(400_000))
            for kind in OBJECT_KINDS
        },
        f"{chance.getrandbits(256):064x}",
    )


def _put(store: ObjectStore, key: str, body: bytes) -> None:
    store.put(SETTINGS.temp_bucket, key, body, content_type=JSON)


def _name(number: int) -> str:
    """Sorted by their bytes as by their numbers; a third is not ASCII."""
    return f"creator.{number:06d}{'.é' * (number % 3 == 0)}"
