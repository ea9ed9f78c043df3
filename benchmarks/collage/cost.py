"""What a month costs on Lambda, from a measurement here and the list prices of the estimate.

A worker of 1769 MB has one vCPU, and a contender ran on all cores of this machine. So a cover is
billed for its CPU seconds, which one vCPU takes one after the other, or for the seconds that the
contender took for it where that is longer: there it waited for downloads, at the latency of the
load, and on one vCPU it would wait no less.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.collage.race import Result
from benchmarks.table import Table
from collage_core.contract.config import ProcessingConfig
from collage_core.run.estimate import DOLLARS_PER_GB_SECOND, MB_PER_VCPU, estimate
from collage_core.settings import Settings

MONTH_COVERS = 2_000_000
MONTH_CREATORS = 60_000


@dataclass(frozen=True, slots=True)
class Cost:
    """Of a month whose covers all take what was measured."""

    title: str
    architecture: str
    gb_seconds_per_thousand: float
    """GB-seconds that Lambda bills for a thousand covers."""
    lambda_dollars: float
    dollars: float
    """With the requests to Lambda, SQS and S3."""


def costs(result: Result, *, downloads: int) -> list[Cost]:
    """One of each architecture, for workers of one vCPU with so many downloads in flight.

    A vCPU is taken to be as fast as a core here. Where waiting and decoding take about as long
    as each other, one vCPU overlaps them less than the cores here did, and takes longer.
    """
    found = []
    for architecture, price in DOLLARS_PER_GB_SECOND.items():
        month = estimate(
            rows=MONTH_COVERS,
            creators=MONTH_CREATORS,
            chunks=MONTH_COVERS // Settings().chunk_rows,
            covers_per_creator=ProcessingConfig().cells,
            downloads=downloads,
            concurrency=1,
            memory_mb=MB_PER_VCPU,
            architecture=architecture,
            cpu_seconds_per_cover=result.cpu_seconds / result.covers,
            # So that the estimate, which divides by `downloads`, has the measured seconds again.
            seconds_per_download=result.seconds / result.covers * downloads,
        )
        found.append(
            Cost(
                title=result.title,
                architecture=architecture,
                gb_seconds_per_thousand=month.gb_seconds / MONTH_COVERS * 1000,
                lambda_dollars=month.gb_seconds * price,
                dollars=month.dollars,
            )
        )
    return found


def cost_table(found: Sequence[Cost]) -> Table:
    """A line for each."""
    return Table(
        ["", "architecture", "GB-s/1000 covers", "Lambda USD/month", "USD/month"],
        [
            [
                cost.title,
                cost.architecture,
                f"{cost.gb_seconds_per_thousand:.1f}",
                f"{cost.lambda_dollars:.2f}",
                f"{cost.dollars:.2f}",
            ]
            for cost in found
        ],
    )
