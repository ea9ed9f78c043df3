"""What a run will cost and how long it will take, said before it is started.

The estimate errs upwards: it takes every row for a cover that is downloaded, up to what
fits on each collage, and leaves free tiers and discounts out.
"""

from dataclasses import dataclass

MB_PER_VCPU = 1769
"""Memory at which a Lambda function has one whole vCPU ("Configure Lambda function memory")."""

CPU_SECONDS_PER_COVER = 0.008
"""vCPU seconds to download, decode and place one cover, as `make benchmark` measures them."""

SECONDS_PER_DOWNLOAD = 0.12
"""From request to last byte, most of it waiting: a CDN that answers within 100 ms.

Lambda bills the time that is waited, so few downloads at a time cost more than decoding."""

OBJECTS_PER_CREATOR = 4
"""Collage, copy by creator, thumbnail and metadata."""


@dataclass(frozen=True, slots=True)
class Prices:
    """Dollars, from the public price lists of us-east-1 as known in May 2025."""

    lambda_gb_second: float = 0.0000133334
    """arm64, first tier; x86_64 is 0.0000166667."""
    lambda_request: float = 0.20 / 1e6
    sqs_request: float = 0.40 / 1e6
    """Standard queue; up to 64 KB count as one."""
    s3_put: float = 0.005 / 1e3
    """PUT, COPY, POST and LIST, S3 Standard."""
    s3_get: float = 0.0004 / 1e3


ARM64 = Prices()
X86_64 = Prices(lambda_gb_second=0.0000166667)


@dataclass(frozen=True, slots=True)
class Workers:
    """The Lambda function as it is deployed."""

    concurrency: int = 10
    """The most invocations at a time, as set at the event source mapping."""
    memory_mb: int = MB_PER_VCPU
    """Its share of a vCPU follows from this."""
    prices: Prices = ARM64


AS_DEPLOYED = Workers()


@dataclass(frozen=True, slots=True)
class Estimate:
    """The size of a run in time and money."""

    covers: int
    """Covers that will be downloaded at most."""
    lambda_seconds: float
    """Billed seconds of all invocations together."""
    wall_seconds: float
    """From the first message to the last receipt."""
    dollars: float
    """Lambda, SQS and S3 requests; storage and logs are not in it."""


def estimate(
    *,
    rows: int,
    creators: int,
    chunks: int,
    covers_per_creator: int,
    downloads: int,
    workers: Workers = AS_DEPLOYED,
) -> Estimate:
    """The estimate of a run over `rows` rows of `creators` creators in `chunks` chunks.

    `covers_per_creator` is the most that is placed, `downloads` how many a worker has in
    flight. Downloading and decoding overlap: whichever is slower takes the time.
    """
    covers = min(rows, creators * covers_per_creator)
    seconds_per_cover = max(
        CPU_SECONDS_PER_COVER * MB_PER_VCPU / workers.memory_mb, SECONDS_PER_DOWNLOAD / downloads
    )
    lambda_seconds = covers * seconds_per_cover
    prices = workers.prices
    dollars = (
        lambda_seconds * workers.memory_mb / 1024 * prices.lambda_gb_second
        + chunks * prices.lambda_request
        + chunks * 3 * prices.sqs_request  # sent, received, deleted
        + (creators * OBJECTS_PER_CREATOR + chunks) * prices.s3_put  # and one receipt per chunk
        + chunks * 2 * prices.s3_get  # its part of the CSV; its receipt when books are closed
    )
    at_once = max(1, min(workers.concurrency, chunks))
    return Estimate(
        covers=covers,
        lambda_seconds=lambda_seconds,
        wall_seconds=lambda_seconds / at_once,
        dollars=dollars,
    )
