"""A table of what runs would take, before anything is read, sent or paid."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from collage_core.contract.config import ProcessingConfig
from collage_core.covers.chunking import MOST_CHUNKS
from collage_core.covers.signing.expiry import has_expired
from collage_core.run.estimate import BUILT_IN, MB_PER_VCPU, Rates, estimate
from collage_core.run.keeping_cost import keeping_cost
from collage_core.settings import Settings

NOTES = (
    "USD: Lambda, SQS and requests to S3. Keeping: at most, in USD, for covers that are kept until "
    "they expire. Hours: from the first message until wait sees the last receipt. Dead: the share "
    "of URLs whose own time is over; nothing was requested, and a URL that does not say when it "
    "expires counts as alive."
)

_SECONDS_PER_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Price:
    """What one run would take."""

    label: str
    """Which run: its month or day, or its CSV."""
    rows: int
    creators: int
    dollars: float
    """Lambda, SQS and requests to S3."""
    keeping_dollars: float
    """At most, for packs of covers until they expire."""
    hours: float
    dead: int
    """URLs that have expired, out of `looked_at`."""
    looked_at: int
    rates: str
    """Where the rates of the estimate are from, in words."""

    @property
    def total_dollars(self) -> float:
        """All that it costs, as far as it can be told."""
        return self.dollars + self.keeping_dollars

    @classmethod
    def sum(cls, label: str, prices: Iterable[Self]) -> Self:
        """Several runs one after the other."""
        found = list(prices)
        return cls(
            label,
            rows=sum(price.rows for price in found),
            creators=sum(price.creators for price in found),
            dollars=sum(price.dollars for price in found),
            keeping_dollars=sum(price.keeping_dollars for price in found),
            hours=sum(price.hours for price in found),
            dead=sum(price.dead for price in found),
            looked_at=sum(price.looked_at for price in found),
            rates="; ".join(dict.fromkeys(price.rates for price in found)),
        )


@dataclass(frozen=True, slots=True)
class Workers:
    """The function that would work on the run."""

    concurrency: int = 10
    """The most at a time."""
    memory_mb: int = MB_PER_VCPU


def price(  # noqa: PLR0913 - what is priced, with what, and when
    label: str,
    *,
    rows: int,
    creators: int,
    urls: Sequence[str],
    settings: Settings,
    config: ProcessingConfig,
    workers: Workers,
    now: float,
    rates: Rates = BUILT_IN,
) -> Price:
    """The price of a run over `rows` rows of `creators` creators.

    `urls` are some or all of its URLs, and `now` is in seconds since 1970. Each chunk is counted as
    if it looked into a pack of each day that packs are kept.
    """
    chunks = min(math.ceil(rows / settings.planned_chunk_rows), MOST_CHUNKS)
    covers_per_creator = settings.covers_per_creator(config)
    expected = estimate(
        rows=rows,
        creators=creators,
        chunks=chunks,
        covers_per_creator=covers_per_creator,
        downloads=config.max_workers,
        concurrency=workers.concurrency,
        memory_mb=workers.memory_mb,
        rates=rates,
    )
    days = settings.keep_covers_days
    keeping = keeping_cost(
        covers=min(rows, creators * covers_per_creator),
        chunks=chunks,
        looked_into=chunks * days,
        days=days if rows else 0,
    )
    return Price(
        label=label,
        rows=rows,
        creators=creators,
        dollars=expected.dollars,
        keeping_dollars=keeping.dollars,
        hours=expected.wall_seconds / _SECONDS_PER_HOUR,
        dead=sum(has_expired(url, now=now) for url in urls),
        looked_at=len(urls),
        rates=rates.source,
    )


def price_table(prices: Sequence[Price]) -> str:
    """The prices one below the other, and what the columns mean."""
    width = max(len(price.label) for price in prices)
    head = (
        f"{'':{width}}  {'rows':>11}  {'creators':>9}  {'USD':>10}  {'keeping':>10}  "
        f"{'hours':>7}  {'dead':>6}"
    )
    lines = [
        f"{price.label:{width}}  {price.rows:>11,}  {price.creators:>9,}  {price.dollars:>10.4f}  "
        f"{price.keeping_dollars:>10.4f}  {price.hours:>7.2f}  {_share(price):>6}"
        for price in prices
    ]
    rates = dict.fromkeys(price.rates for price in prices)
    return "\n".join([head, *lines, NOTES, f"Rates: {'; '.join(rates)}."])


def markdown_table(prices: Sequence[Price]) -> str:
    """The same as a table in Markdown: Airflow's pages join the lines of anything else."""
    lines = [
        f"| {price.label} | {price.rows:,} | {price.creators:,} | {price.dollars:.4f} | "
        f"{price.keeping_dollars:.4f} | {price.hours:.2f} | {_share(price)} |"
        for price in prices
    ]
    head = "| | rows | creators | USD | keeping | hours | dead |"
    return "\n".join([head, "|---|--:|--:|--:|--:|--:|--:|", *lines])


def _share(price: Price) -> str:
    return f"{price.dead / price.looked_at:.1%}" if price.looked_at else "-"
