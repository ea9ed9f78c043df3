"""What a month costs on Lambda, from a measurement here and the list prices of the estimate.

A worker of 1769 MB has one vCPU, while a contender runs on all cores of this machine. A cover is
billed for the longer of two times. One is its CPU seconds, which one vCPU takes one after the
other. The other is the seconds that the contender took for it: if they are longer, it waited for
downloads at the latency of the load, and on one vCPU it would wait at least as long.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.collage.race import CollageResult
from benchmarks.harness.table import Table
from collage_core.contract.config import ProcessingConfig
from collage_core.run.estimate import MB_PER_VCPU, Rates, estimate
from collage_core.run.prices import DOLLARS_PER_GB_SECOND
from collage_core.settings import Settings

MONTH_COVERS = 2_000_000
MONTH_CREATORS = 60_000


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of a month if every cover takes as long as measured."""

    title: str
    architecture: str
    gb_seconds_per_thousand: float
    """GB-seconds that Lambda bills for a thousand covers."""
    lambda_dollars: float
    dollars: float
    """Including the requests to Lambda, SQS and S3."""


def costs(result: CollageResult, *, downloads: int) -> list[Cost]:
    """The cost on each architecture, for workers of one vCPU with `downloads` in flight.

    Assumes that a vCPU is as fast as a core here. If waiting and decoding take about equally
    long, one vCPU overlaps them less than several cores do, and the cost is higher than this.
    """
    found = []
    for architecture, price in DOLLARS_PER_GB_SECOND.items():
        month = estimate(
            rows=MONTH_COVERS,
            creators=MONTH_CREATORS,
            chunks=MONTH_COVERS // Settings().planned_chunk_rows,
            covers_per_creator=ProcessingConfig().cells,
            downloads=downloads,
            concurrency=1,
            memory_mb=MB_PER_VCPU,
            architecture=architecture,
            # The contender's seconds are all that it took.
            rates=Rates(seconds_per_chunk=0),
            cpu_seconds_per_cover=result.cpu_seconds / result.covers,
            # The estimate divides by `downloads`, which gives the measured seconds again.
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
    """One line for each cost."""
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
