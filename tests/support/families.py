"""Families of runs: a run and its fills, closed from receipts, or made by the real worker."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace as dataclass_replace
from functools import partial

from msgspec.structs import replace

from collage_core.contract.books import Books, CreatorCounts, RowCounts
from collage_core.contract.family import RunName
from collage_core.contract.manifest import Manifest
from collage_core.contract.receipt import CreatorResult, Outcome, WrittenObject
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.summary import RunSummary
from collage_core.covers.cover_csv import CONTENT_TYPE
from collage_core.layout import keys
from collage_core.recipes.collage.recipe import CollageRecipe
from collage_core.run.close import close_run
from collage_core.run.family import books_of
from collage_core.run.plan import RunCsv, RunSpec, keep_first_manifest, plan_run
from collage_core.run.run import Run
from collage_core.settings import Settings
from collage_core.sources.result import Failed, Fetched
from collage_core.storage.documents import JSON, to_document
from collage_core.storage.object_store import ObjectStore
from collage_core.worker.chunk import process_chunk
from collage_core.worker.writing import SoleWriter
from tests.support.memory_store import MemoryStore
from tests.support.recorded_runs import Colours, write_receipt
from tests.support.runs import plan, receipt

SETTINGS = Settings()

type Results = Mapping[str, CreatorResult]


def result(creator: str, placed: int, failed: int = 0, reason: str = "timeout") -> CreatorResult:
    """A creator with so many covers that were placed, and that failed for a reason."""
    outcome = Outcome.FAILED if not placed else Outcome.PARTIAL if failed else Outcome.COMPLETE
    kinds = ("collage", "thumbnail", "metadata") if placed else ("metadata",)
    return CreatorResult(
        creator,
        outcome,
        RowCounts(total=placed + failed, placed=placed, failed=failed),
        f"collages/{creator}" if placed else None,
        {reason: failed} if failed else {},
        {kind: WrittenObject("e", 100 * placed + 7) for kind in kinds},
    )


def family_plan(
    run_id: str,
    timestamp: str,
    results: Results,
    *,
    parent: Manifest | None = None,
) -> Manifest:
    """The manifest of a run with two chunks at most; a fill if it has a parent."""
    names = sorted(results, key=lambda name: name.encode("utf-8", "surrogatepass"))
    half = (len(names) + 1) // 2
    parts = [part for part in (names[:half], names[half:]) if part]
    rows = [{name: results[name].rows.total for name in part} for part in parts]
    manifest = plan(rows, run_id=run_id, timestamp=RunTimestamp.parse(timestamp))
    if parent is None:
        return manifest
    first = parent.family or RunName(parent.run_id, parent.run_timestamp)
    return replace(manifest, parent=parent.run_id, family=first)


def close_member(store: ObjectStore, manifest: Manifest, results: Results) -> RunSummary:
    """Close a run whose creators ended like this, also if it is closed already."""
    names = iter(sorted(results, key=lambda name: name.encode("utf-8", "surrogatepass")))
    for chunk in manifest.chunks:
        own = [results[next(names)] for _ in range(chunk.creators)]
        books = replace(books_of(own), seconds={"total": 1.5})
        document = replace(
            receipt(manifest, chunk, {}), books=books, results=own, failed_hosts=_hosts(books)
        )
        key = keys.receipt(manifest.run_id, chunk.chunk_id)
        store.put(SETTINGS.temp_bucket, key, to_document(document), content_type=JSON)
    return close_run(Run(SETTINGS, store, manifest), compare=False).summary


def added_up(results: list[CreatorResult]) -> Books:
    """The books of these creators, counted here and one by one."""
    rows = RowCounts(
        total=sum(one.rows.total for one in results),
        placed=sum(one.rows.placed for one in results),
        failed=sum(one.rows.failed for one in results),
    )
    reasons: Counter[str] = Counter()
    for one in results:
        reasons += Counter(one.known_reasons)
    ends = Counter(one.outcome for one in results)
    collages = [one for one in results if one.collage_key is not None]
    return Books(
        rows=rows,
        reasons=dict(sorted(reasons.items())),
        creators=CreatorCounts(
            len(results), ends[Outcome.COMPLETE], ends[Outcome.PARTIAL], ends[Outcome.FAILED]
        ),
        objects=replace(
            Books().objects,
            collages=len(collages),
            thumbnails=len(collages),
            bytes=sum(2 * (100 * one.rows.placed + 7) for one in collages),
        ),
    )


def _hosts(books: Books) -> Mapping[str, int] | None:
    return {"cdn.example": books.rows.failed} if books.rows.failed else None


class Moody:
    """A source of covers: each URL has a picture of its own, unless it is among those that fail."""

    blocked_hosts = ""

    def __init__(self, failing: Mapping[str, str]) -> None:
        self.failing = failing
        self.asked: list[str] = []

    def fetch(self, url: str, *, seconds_left: float) -> Fetched | Failed:
        self.asked.append(url)
        if url in self.failing:
            return Failed(self.failing[url])
        return Colours().fetch(url, seconds_left=seconds_left)


def planned(store: MemoryStore, spec: RunSpec, csv: RunCsv, ordered: bytes) -> Run[ObjectStore]:
    """A run over a canonical CSV, which is put where `csv` says that it is."""
    source = csv.source
    etag = store.put(source.bucket, source.key, ordered, content_type=CONTENT_TYPE)
    with_etag = dataclass_replace(csv, source=replace(source, etag=etag))
    claim = keys.claim(spec.run_timestamp)
    store.put(SETTINGS.output_bucket, claim, spec.run_id.encode(), content_type="text/plain")
    return plan_run(store, SETTINGS, spec, with_etag, keep=keep_first_manifest)


def work_on(run: Run[ObjectStore], source: Moody) -> RunSummary:
    """Make the collages of all chunks of a run, and close it."""
    store, manifest = run.store, run.manifest
    for chunk in manifest.chunks:
        found = store.get(manifest.source.bucket, manifest.source.key, byte_range=chunk.byte_range)
        assert found is not None
        message = manifest.message(chunk)
        receipt = process_chunk(
            found.body,
            message,
            CollageRecipe.of(SETTINGS, message),
            source=source,
            writer=SoleWriter(partial(store.put, SETTINGS.output_bucket)),
            seconds_left=lambda: 1000.0,
        )
        write_receipt(run, receipt)
    return close_run(run).summary
