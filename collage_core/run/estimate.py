"""Estimates what a run will cost and how long it will take, before it is started.

The estimate is a forecast, not a bound. It is too high in two ways: it counts every row as a cover
that is downloaded, up to what fits on each collage, and it ignores free tiers and discounts. It is
too low in others: it ignores cold starts, retries of covers and messages, reserves of covers that
fail, chunks that are larger than others and end last, a partial receipt and a look at the manifest
for each 20 seconds of a chunk, and polling costs: LISTs of receipts and empty SQS receives. Closing
a run lists its objects, mostly a thousand at a time; where the copies of years are in one folder,
few creators take a LIST each.
"""

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

OBJECTS_PER_CREATOR = 4
"""Collage, copy by creator, thumbnail and metadata."""

PUTS_PER_CHUNK = 4
"""The receipt, and three that write nothing: they prove that the receipt, the collage and the
metadata may be written, before a cover is paid for. S3 bills them, too."""

GETS_PER_CHUNK = 5
"""For the receipt, the partial receipt, the part of the CSV and the metadata of the first creator;
and for the receipt when the run is closed."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a run takes, in time and money."""

    lambda_seconds: float
    """Billed seconds of all invocations together."""
    gb_seconds: float
    """The unit in which Lambda bills them."""
    wall_seconds: float
    """From the first message to the last receipt."""
    dollars: float
    """Lambda, SQS and S3 requests, without storage and logs."""


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
    cpu_seconds_per_cover: float = CPU_SECONDS_PER_COVER,
    seconds_per_download: float = SECONDS_PER_DOWNLOAD,
) -> Estimate:
    """The estimate of a run over `rows` rows of `creators` creators in `chunks` chunks.

    At most `covers_per_creator` covers are placed, and a worker has `downloads` in flight.
    Downloading and decoding overlap: the slower of the two decides. At most `concurrency`
    workers run at a time; `memory_mb` decides their share of a vCPU. A vCPU of either
    architecture is assumed to be as fast as the one that was measured.

    With `keep_only`, all covers are fetched and no object is written for a creator.
    """
    covers = rows if keep_only else min(rows, creators * covers_per_creator)
    seconds_per_cover = max(
        cpu_seconds_per_cover * MB_PER_VCPU / memory_mb, seconds_per_download / downloads
    )
    lambda_seconds = covers * seconds_per_cover
    gb_seconds = lambda_seconds * memory_mb / 1024
    at_once = max(1, min(concurrency, chunks))
    return Estimate(
        lambda_seconds=lambda_seconds,
        gb_seconds=gb_seconds,
        wall_seconds=lambda_seconds / at_once,
        dollars=dollars(
            gb_seconds=gb_seconds,
            chunks=chunks,
            objects=0 if keep_only else creators * OBJECTS_PER_CREATOR,
            architecture=architecture,
        ),
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
