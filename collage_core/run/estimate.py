"""What a run will cost and how long it will take, said before it is started.

It is a forecast and no bound. It takes every row for a cover that is downloaded, up to what fits
on each collage, and leaves free tiers and discounts out: so far it errs upwards. It knows nothing
of cold starts, of covers and messages that are tried again, of chunks larger than others, which
hold up the end, and of what asking in vain costs, LISTs of receipts and receives from the queue.
"""

from dataclasses import dataclass

MB_PER_VCPU = 1769
"""Memory at which a Lambda function has one whole vCPU ("Configure Lambda function memory")."""

CPU_SECONDS_PER_COVER = 0.0066
"""vCPU seconds to download, decode and place one cover, as `make benchmark-collage` measured them
on the authors' machine, with 8 downloads in flight, JPEGs of 126 KB and cells of 300x400;
`docs/benchmarks.md` has what other sizes change."""

SECONDS_PER_DOWNLOAD = 0.12
"""From one request to the next on the same connection, most of it waiting: a CDN that answers
within 100 ms. The benchmark has 0.104 at that latency; the rest is a margin, no measurement.

Lambda bills the time that is waited, so few downloads at a time cost more than decoding."""

OBJECTS_PER_CREATOR = 4
"""Collage, copy by creator, thumbnail and metadata."""

GETS_PER_CHUNK = 4
"""Looks for a receipt and a partial one; its part of the CSV; its receipt when books close."""

DOLLARS_PER_GB_SECOND = {"arm64": 0.0000133334, "x86_64": 0.0000166667}
"""Lambda, first tier, by architecture. Like all prices here from the public lists of us-east-1, as
known in May 2025."""

DOLLARS_PER_INVOCATION = 0.20 / 1e6

DOLLARS_PER_QUEUE_REQUEST = 0.40 / 1e6
"""Standard queue of SQS; up to 64 KB count as one."""

DOLLARS_PER_PUT = 0.005 / 1e3
"""PUT, COPY, POST and LIST, S3 Standard."""

DOLLARS_PER_GET = 0.0004 / 1e3


@dataclass(frozen=True, slots=True)
class Estimate:
    """The size of a run in time and money."""

    lambda_seconds: float
    """Billed seconds of all invocations together."""
    gb_seconds: float
    """What Lambda bills them by."""
    wall_seconds: float
    """From the first message to the last receipt."""
    dollars: float
    """Lambda, SQS and S3 requests; storage and logs are not in it."""


def estimate(  # noqa: PLR0913 - a run has three sizes, and so has the function
    *,
    rows: int,
    creators: int,
    chunks: int,
    covers_per_creator: int,
    downloads: int,
    concurrency: int,
    memory_mb: int,
    architecture: str = "arm64",
    cpu_seconds_per_cover: float = CPU_SECONDS_PER_COVER,
    seconds_per_download: float = SECONDS_PER_DOWNLOAD,
) -> Estimate:
    """The estimate of a run over `rows` rows of `creators` creators in `chunks` chunks.

    `covers_per_creator` is the most that is placed, `downloads` how many a worker has in
    flight. Downloading and decoding overlap: whichever is slower takes the time. At most
    `concurrency` workers run at a time; their share of a vCPU follows from `memory_mb`. A vCPU
    of either architecture is taken to be as fast as the one that was measured.
    """
    covers = min(rows, creators * covers_per_creator)
    seconds_per_cover = max(
        cpu_seconds_per_cover * MB_PER_VCPU / memory_mb, seconds_per_download / downloads
    )
    lambda_seconds = covers * seconds_per_cover
    gb_seconds = lambda_seconds * memory_mb / 1024
    dollars = (
        gb_seconds * DOLLARS_PER_GB_SECOND[architecture]
        + chunks * DOLLARS_PER_INVOCATION
        + chunks * 3 * DOLLARS_PER_QUEUE_REQUEST  # sent, received, deleted
        + (creators * OBJECTS_PER_CREATOR + chunks) * DOLLARS_PER_PUT  # and a receipt per chunk
        + chunks * GETS_PER_CHUNK * DOLLARS_PER_GET
    )
    at_once = max(1, min(concurrency, chunks))
    return Estimate(
        lambda_seconds=lambda_seconds,
        gb_seconds=gb_seconds,
        wall_seconds=lambda_seconds / at_once,
        dollars=dollars,
    )
