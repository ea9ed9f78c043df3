"""What readers ask of a run or a period beside its books: hosts, durations, cost."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Self

from msgspec import Meta, Struct

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


class Cost(Struct, frozen=True):
    """The price of Lambda, SQS and S3 requests by public price lists; no bill.

    Both assume the function's memory as planned, and leave out storage, logs, discounts and
    retries.
    """

    planned_usd: Dollars
    """As `plan` estimated it, from rows and creators."""
    counted_usd: Dollars
    """From the seconds that the workers measured and the objects that they wrote. A cold start and
    the work before and after a chunk are not measured."""

    @classmethod
    def of(cls, *, planned: float, counted: float) -> Self:
        """From dollars with any number of decimals."""
        return cls(round(planned, 6), round(counted, 6))

    @classmethod
    def total(cls, parts: Iterable[Self]) -> Self:
        """The exact sum of any number of costs."""
        planned = counted = 0
        for part in parts:
            planned += round(part.planned_usd * 1e6)
            counted += round(part.counted_usd * 1e6)
        return cls(planned / 1e6, counted / 1e6)


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
