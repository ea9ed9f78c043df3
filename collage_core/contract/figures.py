"""What readers ask of a run or a period beside its books: hosts, durations, cost."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Self

from msgspec import Meta, Struct

from collage_core.contract.books import Seconds
from collage_core.contract.distribution import Distribution, Spread
from collage_core.contract.fields import Count, Positive, Text

MOST_HOSTS = 20
"""How many failing hosts a run names."""

Dollars = Annotated[float, Meta(ge=0, lt=1e12)]
"""US dollars, in whole millionths."""

Share = Annotated[float, Meta(ge=0, le=1)]
"""A part of 1, with four decimals."""


class HostFailures(Struct, frozen=True):
    """A host and its failed covers."""

    host: Text
    """The host in the URLs of the covers: lower-case ASCII, without a port."""
    covers: Positive
    """How many of its covers failed."""


class FailedHosts(Struct, frozen=True):
    """The failed covers of a run or a period, by host. They add up to `rows.failed`.

    A run names its 20 worst hosts. A period names every host that one of its runs names: it is the
    exact sum of its runs.
    """

    hosts: Sequence[HostFailures]
    """The host with the most failed covers first."""
    other: Count
    """Failed covers of hosts that their run does not name."""

    @classmethod
    def of(cls, covers: Mapping[str, int], *, failed: int) -> Self:
        """The worst hosts of a run of which `failed` covers failed."""
        worst = _worst_first(covers)[:MOST_HOSTS]
        return cls(worst, failed - sum(host.covers for host in worst))

    @classmethod
    def total(cls, parts: Iterable[Self]) -> Self:
        """The sum of any number of runs."""
        covers: Counter[str] = Counter()
        other = 0
        for part in parts:
            covers.update({host.host: host.covers for host in part.hosts})
            other += part.other
        return cls(_worst_first(covers), other)


class CountedWork(Struct, frozen=True, kw_only=True):
    """What the receipts say that AWS bills, and its price by service."""

    chunks: Count
    """Chunks whose workers counted; those of older releases did not."""
    invocations: Count
    """Invocations of the function. A chunk that ran out of time takes several."""
    seconds: Seconds
    """Billed time, cold starts included."""
    puts: Count
    """PUT, COPY and POST requests to S3."""
    lists: Count
    """LIST requests to S3."""
    gets: Count
    """All other requests to S3 that cost anything."""
    queue_requests: Count
    """Requests to SQS."""
    lambda_usd: Dollars
    """The price of time and invocations."""
    s3_usd: Dollars
    """The price of the requests to S3."""
    sqs_usd: Dollars
    """The price of the requests to SQS."""

    @classmethod
    def total(cls, parts: Iterable[Self]) -> Self:
        """The exact sum of any number of them."""
        found = list(parts)
        return cls(
            chunks=sum(part.chunks for part in found),
            invocations=sum(part.invocations for part in found),
            seconds=_exact_sum((part.seconds for part in found), 1000),
            puts=sum(part.puts for part in found),
            lists=sum(part.lists for part in found),
            gets=sum(part.gets for part in found),
            queue_requests=sum(part.queue_requests for part in found),
            lambda_usd=_exact_sum((part.lambda_usd for part in found), 10**6),
            s3_usd=_exact_sum((part.s3_usd for part in found), 10**6),
            sqs_usd=_exact_sum((part.sqs_usd for part in found), 10**6),
        )

    @property
    def usd(self) -> float:
        """The price of all services, in whole millionths."""
        return _exact_sum((self.lambda_usd, self.s3_usd, self.sqs_usd), 10**6)


class Cost(Struct, frozen=True, omit_defaults=True):
    """The price of Lambda, SQS and S3 requests by public price lists; no bill.

    Both leave out storage, logs and discounts.
    """

    planned_usd: Dollars
    """The estimate of `plan`, for a function with the memory that the DAG names. It leaves out
    retries."""
    counted_usd: Dollars
    """From what the receipts count. Attempts that failed, were killed or were slower than another
    worker are not known. Of a chunk whose worker did not count, it is what the worker's measured
    seconds and the objects cost."""
    planned_seconds: Seconds | None = None
    """Billed seconds of all workers together in the estimate; left out by older releases."""
    counted: CountedWork | None = None
    """What was counted; left out if no receipt of the run counts it."""

    @classmethod
    def of(
        cls,
        *,
        planned: float,
        counted: float,
        planned_seconds: float | None = None,
        work: CountedWork | None = None,
    ) -> Self:
        """From dollars and seconds with any number of decimals."""
        seconds = None if planned_seconds is None else round(planned_seconds, 3)
        return cls(round(planned, 6), round(counted, 6), seconds, work)

    @classmethod
    def total(cls, parts: Iterable[Self]) -> Self:
        """The exact sum of any number of costs; what some left out is the sum of the others."""
        costs = list(parts)
        seconds = [cost.planned_seconds for cost in costs if cost.planned_seconds is not None]
        work = [cost.counted for cost in costs if cost.counted is not None]
        return cls(
            _exact_sum((cost.planned_usd for cost in costs), 10**6),
            _exact_sum((cost.counted_usd for cost in costs), 10**6),
            _exact_sum(seconds, 1000) if seconds else None,
            CountedWork.total(work) if work else None,
        )


class RunFigures(Struct, frozen=True, kw_only=True):
    """The figures of a run, in a form that adds up."""

    failed_hosts: FailedHosts
    """The failed covers by host."""
    chunk_seconds: Distribution
    """The workers' seconds for each chunk."""
    covers_per_second: Distribution
    """For each chunk, the covers that were placed or failed in a second of the worker."""
    cost: Cost | None = None
    """Planned and counted; None for a run of the command line."""


class PeriodFigures(Struct, frozen=True, kw_only=True):
    """The figures of all runs of a day or a month."""

    runs: Count
    """Runs that have figures; those of release 0.1 have none."""
    placed_share: Share | None
    """The success rate of covers: placed / (placed + failed); None without any."""
    complete_share: Share | None
    """The success rate of creators: complete / total; None without any."""
    failed_hosts: FailedHosts
    """The failed covers by host."""
    chunk_seconds: Spread | None
    """The workers' seconds for each chunk; None without a chunk."""
    covers_per_second: Spread | None
    """For each chunk, the covers that were placed or failed in a second; None without any."""
    cost: Cost | None
    """Planned and counted, of the runs that have a cost; None if none has."""


def _worst_first(covers: Mapping[str, int]) -> list[HostFailures]:
    ranked = sorted(covers.items(), key=lambda item: (-item[1], item[0]))
    return [HostFailures(host, count) for host, count in ranked]


def _exact_sum(values: Iterable[float], parts: int) -> float:
    """The sum of values that have so many whole parts, to the last one."""
    return sum(round(value * parts) for value in values) / parts
