"""Estimates what a run will cost and how long it will take, before it is started.

The estimate is a forecast, not a bound. It is too high in two ways: it counts every row as a cover
that is downloaded, up to what fits on each collage, and it ignores free tiers and discounts. It is
too low in others: it ignores retries of covers and messages, chunks that are larger than others and
end last, what a worker writes and looks at every 20 seconds of a chunk, and polling
costs: LISTs of receipts and empty SQS receives. Closing a run lists its objects, mostly a thousand
at a time; where the copies of years are in one folder, few creators take a LIST each.

The formula, with the workers at a time = min(concurrency, chunks):

    covers  = min(rows, creators x cells), and as many more as fail, at most all rows
    billed  = covers x seconds per cover + chunks x seconds per chunk
    lasts   = start + (chunks / workers, rounded up) x billed / chunks + until `wait` looks

`Rates` has the seconds and the share that fails: built in, or measured by runs before
(`measured_rates`).
"""

import math
from dataclasses import dataclass

from collage_core.run.prices import (
    DOLLARS_PER_GB_SECOND,
    DOLLARS_PER_GET,
    DOLLARS_PER_INVOCATION,
    DOLLARS_PER_PUT,
    DOLLARS_PER_QUEUE_REQUEST,
)

MB_PER_VCPU = 1769
"""Memory at which a Lambda function has one whole vCPU ("Configure Lambda function memory")."""

CPU_SECONDS_PER_COVER = 0.0066
"""vCPU seconds to download, decode and place one cover, as `make benchmark-collage` measured them
on the authors' machine, with 8 downloads in flight, JPEGs of 126 KB and cells of 300x400;
`docs/benchmarks.md` has what other sizes change."""

SECONDS_PER_DOWNLOAD = 0.12
"""From one request to the next on the same connection, most of it waiting: a CDN that answers
within 100 ms. The benchmark has 0.104 at that latency; the rest is a margin, not measured.

Lambda bills waiting too, so with few downloads at a time waiting costs more than decoding."""

SECONDS_PER_CHUNK = 1.0
"""Of a worker at a chunk, beside its covers: about 15 requests to S3 one after the other, and a
share of the cold starts, which take half a second of a vCPU (docs/adr/0014) and are billed. Assumed
from that, not measured on Lambda."""

SECONDS_TO_START = 7.0
"""From the first message until the workers work: SQS hands over what waits, and Lambda loads the
zip. Assumed: a few seconds of either."""

SECONDS_UNTIL_SEEN = 15.0
"""The pause between two looks of `wait`: the last receipt may have come just after one."""

MOST_FAILED = 0.9
"""A share of failures above it is taken as this: reserves do not grow without an end."""

OBJECTS_PER_CREATOR = 4
"""Collage, copy by creator, thumbnail and metadata."""

PUTS_PER_CHUNK = 5
"""The receipt, what says that a worker is at the chunk, and three that write nothing: they prove
that the receipt, the collage and the metadata may be written, before a cover is paid for. S3 bills
them, too."""

GETS_PER_CHUNK = 8
"""For the receipt, the partial receipt, two that would stop the run, the worker before, the part of
the CSV and the metadata of the first creator; and for the receipt when the run is closed."""


@dataclass(frozen=True, slots=True)
class Rates:
    """How long workers take, and how much fails."""

    seconds_per_cover: float | None = None
    """Of a worker; None: computed from the constants above, with the options of the run."""
    seconds_per_chunk: float = SECONDS_PER_CHUNK
    """Of a worker, beside its covers."""
    failed_share: float = 0.0
    """The part of the requested covers that fail, from 0 to 1. A reserve is requested for each."""
    source: str = "built in"
    """Where they come from, in words."""


BUILT_IN = Rates()


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a run takes, in time and money."""

    covers: int
    """Covers that are asked for, reserves included."""
    seconds_per_cover: float
    """Of a worker."""
    chunks: int
    workers: int
    """That work at a time."""
    lambda_seconds: float
    """Billed seconds of all invocations together."""
    gb_seconds: float
    """The unit in which Lambda bills them."""
    wall_seconds: float
    """From the first message until `wait` sees the last receipt."""
    dollars: float
    """Lambda, SQS and S3 requests, without storage and logs."""
    rates: Rates
    """What it was computed with."""

    @property
    def rounds(self) -> int:
        """How many chunks the busiest worker has."""
        return math.ceil(self.chunks / self.workers) if self.chunks else 0


def estimate(  # noqa: PLR0913 - a run has three sizes, and so has the function
    *,
    rows: int,
    creators: int,
    chunks: int,
    covers_per_creator: int,
    downloads: int,
    concurrency: int,
    memory_mb: int,
    keep_only: bool = False,
    architecture: str = "arm64",
    rates: Rates = BUILT_IN,
    cpu_seconds_per_cover: float = CPU_SECONDS_PER_COVER,
    seconds_per_download: float = SECONDS_PER_DOWNLOAD,
) -> Estimate:
    """The estimate of a run over `rows` rows of `creators` creators in `chunks` chunks.

    At most `covers_per_creator` covers are placed, and a worker has `downloads` in flight.
    Downloading and decoding overlap: the slower of the two decides, unless `rates` have measured
    it. At most `concurrency` workers run at a time; `memory_mb` decides their share of a vCPU. A
    vCPU of either architecture is assumed to be as fast as the one that was measured.

    With `keep_only`, all covers are fetched and no object is written for a creator.
    """
    covers = rows if keep_only else min(rows, creators * covers_per_creator)
    asked = min(rows, math.ceil(covers / (1 - min(rates.failed_share, MOST_FAILED))))
    seconds_per_cover = rates.seconds_per_cover
    if seconds_per_cover is None:
        seconds_per_cover = max(
            cpu_seconds_per_cover * MB_PER_VCPU / memory_mb, seconds_per_download / downloads
        )
    lambda_seconds = asked * seconds_per_cover + chunks * rates.seconds_per_chunk
    gb_seconds = lambda_seconds * memory_mb / 1024
    workers = max(1, min(concurrency, chunks))
    wall_seconds = 0.0
    if chunks:
        round_seconds = math.ceil(chunks / workers) * lambda_seconds / chunks
        wall_seconds = SECONDS_TO_START + round_seconds + SECONDS_UNTIL_SEEN
    return Estimate(
        covers=asked,
        seconds_per_cover=seconds_per_cover,
        chunks=chunks,
        workers=workers,
        lambda_seconds=lambda_seconds,
        gb_seconds=gb_seconds,
        wall_seconds=wall_seconds,
        dollars=dollars(
            gb_seconds=gb_seconds,
            chunks=chunks,
            objects=0 if keep_only else creators * OBJECTS_PER_CREATOR,
            architecture=architecture,
        ),
        rates=rates,
    )


def dollars(*, gb_seconds: float, chunks: int, objects: int, architecture: str = "arm64") -> float:
    """The price of so many seconds of Lambda, of its chunks and of the objects that it writes."""
    return (
        gb_seconds * DOLLARS_PER_GB_SECOND[architecture]
        + chunks * DOLLARS_PER_INVOCATION
        + chunks * 3 * DOLLARS_PER_QUEUE_REQUEST  # sent, received, deleted
        + (objects + chunks * PUTS_PER_CHUNK) * DOLLARS_PER_PUT
        + chunks * GETS_PER_CHUNK * DOLLARS_PER_GET
    )
