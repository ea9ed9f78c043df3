"""What keeping costs, and what it gives: a chunk fetched, fetched and kept, and made from packs.

The packs are those of a month of daily runs: one for each cover of a creator, with that cover of
all creators. They come from a server of S3 on the same machine, whose CPU time does not count.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryFile

from benchmarks.collage.load import Load, serve_load
from benchmarks.collage.participants import BOUND, DOWNLOADS, CollageContender, kept_worker
from benchmarks.collage.participants import reference_lines as lines
from benchmarks.collage.race import CollageResult, race_on
from benchmarks.harness.buckets import Buckets, serve_buckets
from benchmarks.harness.table import Table
from collage_core.contract.pack import ChunkPacks, Pack
from collage_core.covers.cover_csv import read_chunk
from collage_core.covers.ingest import ingest_csv
from collage_core.covers.rows import CoverRow
from collage_core.layout import keys
from collage_core.packs.archive import write_pack
from collage_core.packs.members import member_stem
from collage_core.settings import Settings
from collage_core.storage.documents import to_document

_MOMENT = datetime(2026, 10, 1, tzinfo=UTC)
_USUAL = min(DOWNLOADS)


@dataclass(frozen=True, slots=True)
class KeptReport:
    """The same chunk in three ways, and the bound."""

    results: Sequence[CollageResult]

    @property
    def table(self) -> Table:
        """One line for each."""
        header = ["covers", "images/s", "CPU s/1000 covers", "peak MB"]
        rows = [
            [
                result.title,
                f"{result.images_per_second:.0f}",
                f"{result.cpu_per_thousand:.2f}",
                f"{result.peak_mb:.0f}",
            ]
            for result in self.results
        ]
        return Table(header, rows)

    def verdicts(self) -> list[str]:
        """What keeping costs, and how near packs are to the bound."""
        fetch, keep, kept, bound = self.results
        more = keep.cpu_per_thousand / fetch.cpu_per_thousand - 1
        share = bound.cpu_per_thousand / kept.cpu_per_thousand
        times = kept.images_per_second / fetch.images_per_second
        return [
            f"keeping takes {more:+.1%} of the worker's CPU time",
            f"from packs: {share:.2f} of the bound by CPU, {times:.1f} times as fast as fetching",
        ]


def measure_kept(folder: Path, *, creators: int, rounds: int, latency_ms: int) -> KeptReport:
    """Measure all of it. Raises BenchmarkError when a contender fails."""
    with (
        serve_buckets(folder / "aws", [_BUCKET]) as bucket,
        serve_load(folder, creators=creators, latency_ms=latency_ms) as load,
    ):
        packs = folder / "packs.json"
        planned = ChunkPacks(folder=_folder(0), packs=list(_write_packs(bucket, load)))
        packs.write_bytes(to_document(planned))
        contenders: list[CollageContender] = [
            *(kept_worker(kind, packs, _USUAL, bucket.environment) for kind in _KINDS),
            *(line for line in lines() if line.name == BOUND),
        ]
        results = race_on(load, contenders, rounds=rounds, before=lambda: _empty(bucket))
    return KeptReport(results)


_BUCKET = Settings().temp_bucket
_KINDS = ("fetch", "keep", "kept")


def _folder(day: int) -> str:
    return f"{keys.DOWNLOADS}2026/{9 + day // 30:02d}/{day % 30 + 1:02d}/daily-{day}/"


def _empty(bucket: Buckets) -> None:
    """Remove what was kept, so that it is kept again."""
    kept = list(bucket.store.list_keys(_BUCKET, _folder(0)))
    bucket.store.delete_keys(_BUCKET, kept)


def _write_packs(bucket: Buckets, load: Load) -> Iterator[Pack]:
    """Packs of as many days as a creator has covers, the newest first."""
    files = sorted(load.files.iterdir())
    ordered = ingest_csv(load.csv.read_bytes(), chunk_rows=load.covers)
    rows = [row for row in read_chunk(ordered.ordered) if isinstance(row, CoverRow)]
    for day in range(load.covers_per_creator, 0, -1):
        of_day = [row for row in rows if row.url.partition("?")[0].endswith(f"/{day - 1}.jpg")]
        body = files[day - 1].read_bytes()
        members = ((f"{member_stem(row.creator, row.url)}.jpg", body) for row in of_day)
        key = keys.pack(_folder(day), "c", 0)
        with TemporaryFile() as file:
            directory_at = write_pack(file, members, _MOMENT)
            size = file.seek(0, 2)
            etag = bucket.store.put(_BUCKET, key, file, content_type="application/zip")
        yield Pack(
            key=key,
            etag=etag,
            bytes=size,
            directory_at=directory_at,
            covers=len(of_day),
            first_creator=of_day[0].creator,
            last_creator=of_day[-1].creator,
        )
