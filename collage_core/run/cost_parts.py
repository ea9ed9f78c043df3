"""The parts of a month's bill, at list prices: what grows with the covers, and what does not.

They are forecasts, from the estimate of a run and from what `terraform/` makes. Some sizes are
assumed: the constants below say where each is from. Objects in the output bucket are never deleted,
so their storage is that of the last twelve months; each older month adds a little.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from collage_core.contract.config import ProcessingConfig
from collage_core.covers.chunking import MOST_CHUNKS
from collage_core.run import account_prices as prices
from collage_core.run.account_prices import HOURS_PER_MONTH
from collage_core.run.estimate import (
    GETS_PER_CHUNK,
    MB_PER_VCPU,
    OBJECTS_PER_CREATOR,
    PUTS_PER_CHUNK,
    Estimate,
    estimate,
)
from collage_core.run.keeping_cost import keeping_cost
from collage_core.run.prices import (
    DOLLARS_PER_GB_MONTH,
    DOLLARS_PER_GB_SECOND,
    DOLLARS_PER_GET,
    DOLLARS_PER_INVOCATION,
    DOLLARS_PER_PUT,
    DOLLARS_PER_QUEUE_REQUEST,
)
from collage_core.settings import Settings

BYTES_PER_COLLAGE = 1_749_000
"""Of 35 covers at quality 95, as `make benchmark-collage` measured it (docs/benchmarks.md)."""

COPIES_OF_COLLAGE = 2
"""By day, and by creator."""

BYTES_BESIDE_COLLAGE = 60_000
"""Thumbnail and metadata. Assumed."""

LEAST_BYTES_IN_STANDARD_IA = 128 * 1024
"""A smaller object is billed as one of this size, as S3's page of prices says."""

BYTES_PER_ROW = 300
"""Of a cover CSV: a name, a signed URL and a date."""

BYTES_OF_LOG_PER_LINE = 250
"""A line for each creator and for each cover that failed, with what CloudWatch adds to each."""

BYTES_OF_LOG_PER_CHUNK = 1_700
"""The line of metrics, two lines of ours, and three of Lambda."""

FAILED_SHARE = 0.01
"""Of the covers, for the log alone. Assumed."""

BYTES_OF_ACCESS_LOG = 600
"""Of one request to S3. Assumed."""

SHARE_AT_KMS = 0.01
"""Of the requests to S3: bucket keys spare KMS "up to 99 percent" (S3's guide, "Reducing the cost
of SSE-KMS with Amazon S3 Bucket Keys"). Not measured."""

POLLS_PER_MONTH = 5 * 3 * 60 * HOURS_PER_MONTH
"""Requests of Lambda to a queue that is empty: five pollers that wait 20 seconds each (Lambda's
guide, "Using Lambda with Amazon SQS")."""

ALARMS = 13
"""As many as Terraform makes without options."""

OWN_METRICS = 8
"""The seven of the function's line, and the one that counts failed messages."""

BUCKETS = 3
METRICS_OF_REQUESTS = 16
"""Of S3, for each bucket."""

DAYS_IN_STANDARD, DAYS_IN_STANDARD_IA = 90, 90
"""Of a collage, before it becomes colder (`retention` of deploy/limits.json)."""

LOG_DAYS, ACCESS_LOG_DAYS = 90, 365
"""How long lines and access logs are kept, from there, too."""

AIRFLOW_GIGABYTES = 10
"""Of Airflow's own database, as in AWS's example. Assumed."""

_DAYS_PER_MONTH = 365.25 / 12
_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Part:
    """A line of the bill."""

    name: str
    dollars: float
    """A month."""
    how: str
    """What is paid for, in words."""


@dataclass(frozen=True, slots=True)
class Month:
    """What is done in a month: so many runs, each over so many new covers."""

    covers: int = 2_000_000
    """Of one run."""
    creators: int = 60_000
    """Of one run."""
    runs: int = 1
    downloads: int = 8
    """At a time, of one worker (`DEFAULT_MAX_WORKERS`)."""
    memory_mb: int = MB_PER_VCPU
    """Of the function."""

    def estimate(self) -> Estimate:
        """The estimate of one of the runs."""
        settings = Settings()
        return estimate(
            rows=self.covers,
            creators=self.creators,
            chunks=min(math.ceil(self.covers / settings.planned_chunk_rows), MOST_CHUNKS),
            covers_per_creator=settings.covers_per_creator(ProcessingConfig()),
            downloads=self.downloads,
            concurrency=settings.function_concurrency,
            memory_mb=self.memory_mb,
        )

    @property
    def collages(self) -> int:
        """Of all runs, without copies."""
        return self.runs * self.creators

    @property
    def collage_gigabytes(self) -> float:
        """Of all runs, with copies."""
        return self.collages * COPIES_OF_COLLAGE * BYTES_PER_COLLAGE / 1e9

    @property
    def csv_gigabytes(self) -> float:
        """Of all runs."""
        return self.covers * self.runs * BYTES_PER_ROW / 1e9

    @property
    def requests(self) -> int:
        """To S3, of all runs."""
        one = self.estimate()
        per_chunk = PUTS_PER_CHUNK + GETS_PER_CHUNK
        return self.runs * (self.creators * OBJECTS_PER_CREATOR + one.chunks * per_chunk)


def parts_of_runs(month: Month) -> Iterator[Part]:
    """What grows with the covers."""
    one, runs = month.estimate(), month.runs
    function = one.gb_seconds * DOLLARS_PER_GB_SECOND["arm64"] + one.chunks * DOLLARS_PER_INVOCATION
    puts = month.creators * OBJECTS_PER_CREATOR + one.chunks * PUTS_PER_CHUNK
    requests = puts * DOLLARS_PER_PUT + one.chunks * GETS_PER_CHUNK * DOLLARS_PER_GET
    lines = month.collages + month.covers * runs * FAILED_SHARE
    logged = (lines * BYTES_OF_LOG_PER_LINE + runs * one.chunks * BYTES_OF_LOG_PER_CHUNK) / 1e9
    gigabytes, csvs = month.collage_gigabytes, month.csv_gigabytes
    beside = month.collages * BYTES_BESIDE_COLLAGE / 1e9
    access_logs = month.requests * BYTES_OF_ACCESS_LOG / 1e9
    yield Part("Lambda", runs * function, f"{runs * one.gb_seconds:,.0f} GB-seconds on arm64")
    yield Part(
        "S3, requests",
        runs * requests,
        f"{OBJECTS_PER_CREATOR} objects a creator, and those of {runs * one.chunks:,} chunks",
    )
    yield Part(
        "SQS",
        runs * (one.dollars - function - requests),
        "each chunk is sent, received and deleted",
    )
    yield Part(
        "KMS, requests",
        month.requests * SHARE_AT_KMS * prices.KEY_REQUEST.dollars,
        "a hundredth of the requests to S3, thanks to bucket keys",
    )
    yield Part(
        "logs",
        logged * (prices.LOGGED_GB.dollars + prices.KEPT_LOG_GB.dollars * _months(LOG_DAYS)),
        f"{logged:.2f} GB, kept for {LOG_DAYS} days",
    )
    yield Part(
        "collages, storage",
        gigabytes * _a_year_of_collages() + _transitions(month),
        f"{gigabytes:,.0f} GB a month, each collage twice; of the last {_MONTHS} months, "
        "by their classes",
    )
    yield Part(
        "thumbnails and metadata, storage",
        beside * _MONTHS * DOLLARS_PER_GB_MONTH,
        f"{beside:,.1f} GB a month, of the last {_MONTHS} months",
    )
    yield Part(
        "CSVs, storage",
        csvs * _MONTHS * DOLLARS_PER_GB_MONTH,
        f"{csvs:,.1f} GB a month, of the last {_MONTHS} months, as if all stayed in Standard",
    )
    yield Part(
        "access logs, storage",
        access_logs * _months(ACCESS_LOG_DAYS) * DOLLARS_PER_GB_MONTH,
        f"a line for each request to S3, kept for {ACCESS_LOG_DAYS} days",
    )


def parts_of_keeping(month: Month) -> Iterator[Part]:
    """What keeping covers adds, by how long: one of these."""
    one = month.estimate()
    for days, name in ((40, "40 days"), (396, "13 months (396 days)")):
        cost = keeping_cost(
            covers=month.covers, chunks=one.chunks, looked_into=one.chunks * days, days=days
        )
        stored = month.runs * cost.gigabytes * days / _DAYS_PER_MONTH
        yield Part(
            f"kept covers for {name}",
            month.runs * cost.dollars,
            f"{stored:,.0f} GB in the long run, and the requests",
        )


def parts_of_account() -> Iterator[Part]:
    """What is paid with or without a run."""
    yield Part("the key", prices.KEY.dollars, "one key; a new one each year adds as much, twice")
    yield Part(
        "metrics",
        OWN_METRICS * prices.METRIC.dollars,
        f"{OWN_METRICS}, if a chunk is done in every hour; by the hour",
    )
    yield Part("alarms", ALARMS * prices.ALARM.dollars, f"{ALARMS}")
    yield Part("the dashboard", prices.DASHBOARD.dollars, "after the first three of an account")
    yield Part(
        "SQS, an empty queue",
        POLLS_PER_MONTH * DOLLARS_PER_QUEUE_REQUEST,
        f"{POLLS_PER_MONTH:,} requests of Lambda, which asks all the time",
    )


def parts_of_options(month: Month) -> Iterator[Part]:
    """What is paid only by who switches it on."""
    objects = month.collages * OBJECTS_PER_CREATOR
    small = objects - month.collages * COPIES_OF_COLLAGE
    collages, csvs = month.collage_gigabytes, month.csv_gigabytes
    copied = collages + small * LEAST_BYTES_IN_STANDARD_IA / 1e9
    airflow = prices.AIRFLOW_HOUR.dollars * HOURS_PER_MONTH
    yield Part(
        "`mwaa`: Airflow",
        airflow + AIRFLOW_GIGABYTES * prices.AIRFLOW_GB.dollars,
        f"mw1.small for all {HOURS_PER_MONTH} hours, {AIRFLOW_GIGABYTES} GB of database; "
        f"{prices.AIRFLOW_WORKER_HOUR.dollars} USD for each hour of a further worker",
    )
    yield Part(
        "for `mwaa`: two NAT gateways of your VPC",
        2 * prices.NAT_HOUR.dollars * HOURS_PER_MONTH,
        f"and {prices.NAT_GB.dollars} USD for each GB; not for S3, with a gateway endpoint",
    )
    yield Part(
        "`replica`: a copy in another region",
        collages * prices.TRANSFERRED_GB.dollars
        + copied * _MONTHS * prices.STANDARD_IA.dollars
        + objects * prices.TO_STANDARD_IA.dollars,
        f"transfer, requests, and the storage of the last {_MONTHS} months in Standard-IA",
    )
    yield Part(
        "`data_events`: CloudTrail",
        month.requests * prices.TRAIL_EVENT.dollars,
        f"{month.requests:,} requests to S3",
    )
    yield Part(
        "`request_metrics`",
        BUCKETS * METRICS_OF_REQUESTS * prices.METRIC.dollars + 2 * BUCKETS * prices.ALARM.dollars,
        f"{METRICS_OF_REQUESTS} metrics and two alarms for each of {BUCKETS} buckets",
    )
    yield Part(
        "`transfer_acceleration`",
        csvs * prices.ACCELERATED_GB.dollars,
        f"{csvs:,.1f} GB of CSVs, if all come this way",
    )


def _months(days: int) -> float:
    return days / _DAYS_PER_MONTH


def _a_year_of_collages() -> float:
    """Dollars a month for a GB of each of the last twelve months, in its class."""
    warm, cool = _months(DAYS_IN_STANDARD), _months(DAYS_IN_STANDARD_IA)
    return (
        warm * DOLLARS_PER_GB_MONTH
        + cool * prices.STANDARD_IA.dollars
        + (_MONTHS - warm - cool) * prices.GLACIER_IR.dollars
    )


def _transitions(month: Month) -> float:
    """Dollars for the collages of a month that become Standard-IA, and of one that leave it."""
    once = prices.TO_STANDARD_IA.dollars + prices.TO_GLACIER_IR.dollars
    return month.collages * COPIES_OF_COLLAGE * once
