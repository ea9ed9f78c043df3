"""Months of closed runs with all of their documents, in any store."""

from msgspec import UNSET
from msgspec.structs import replace

from collage_core.contract.books import (
    Books,
    CreatorCounts,
    DownloadCounts,
    ObjectCounts,
    RowCounts,
)
from collage_core.contract.csv_source import CsvSource
from collage_core.contract.distribution import Distribution
from collage_core.contract.figures import Cost, FailedHosts, RunFigures
from collage_core.contract.summary import RunSummary
from collage_core.contract.trigger import Trigger
from collage_core.run.rebuild import rebuild_statistics
from collage_core.run.summaries import write_summary
from collage_core.settings import Settings
from collage_core.storage.object_store import ObjectStore
from tests.support.runs import summary

SETTINGS = Settings()
_SECONDS = 1.5


def books(
    *,
    placed: int,
    failed: int = 0,
    rejected: int = 0,
    reason: str = "http_404",
    counted: bool = True,
) -> Books:
    """The books of a run with a creator for each ten covers; a failed one leaves a cell empty."""
    total = placed + failed + rejected
    creators = max(placed // 10, 1)
    partial = min(failed, creators)
    reasons = {reason: failed, "invalid_url": rejected}
    return Books(
        rows=RowCounts(total=total, placed=placed, failed=failed, rejected=rejected),
        reasons={name: count for name, count in reasons.items() if count},
        creators=CreatorCounts(creators, creators - partial, partial, 0),
        objects=ObjectCounts(creators, creators, creators * 400_000),
        seconds={"total": placed * _SECONDS},
        downloads=DownloadCounts(fetched=placed) if counted else UNSET,
    )


def figures(*, failed: int = 0, host: str = "cdn.example", usd: float | None = 0.5) -> RunFigures:
    """The figures of a run whose failed covers are all of one host."""
    return RunFigures(
        failed_hosts=FailedHosts.of({host: failed} if failed else {}, failed=failed),
        chunk_seconds=Distribution.of([20.0, 40.0]),
        covers_per_second=Distribution.of([8.0]),
        cost=None if usd is None else Cost.of(planned=usd * 2, counted=usd),
    )


def dropped(run: RunSummary, name: str) -> RunSummary:
    """The same run, made of a CSV that was dropped into `csv-files/`."""
    source = CsvSource(SETTINGS.input_bucket, f"csv-files/{name}", "e7a9")
    return replace(run, trigger=Trigger.S3, source=source)


def close(store: ObjectStore, *runs: RunSummary) -> None:
    """Write the summaries of these runs, and the statistics of their months."""
    for run in runs:
        write_summary(store, SETTINGS, run)
    rebuilt = rebuild_statistics(store, SETTINGS)
    assert not rebuilt.problems


SEPTEMBER = summary(
    "cover_collage_monthly-20260901_000000-1a2b3c4d",
    "20260901_000000",
    books(placed=800, failed=200),
    window=("2026-09-01", "2026-10-01"),
    figures=figures(failed=200),
)
OCTOBER = summary(
    "cover_collage_monthly-20261001_000000-5e6f7a8b",
    "20261001_000000",
    books(placed=1000, failed=60, rejected=4),
    window=("2026-10-01", "2026-11-01"),
    figures=figures(failed=60, host="img.example", usd=0.75),
)
DROPPED = dropped(
    summary(
        "s3-20261014_083000-0a1b2c3d4e5f",
        "20261014_083000",
        books(placed=30, failed=10, reason="timeout"),
        figures=figures(failed=10, usd=0.01),
    ),
    "best of October.csv",
)
"""A CSV that a person dropped."""
