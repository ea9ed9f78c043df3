"""What AWS charges for what is around the runs: storage classes, keys, logs, metrics, Airflow.

From the public lists of us-east-1, first tier, each as somebody reported it at the date beside it;
`NOT_LOOKED_UP` are those for which no such report was found. Free tiers, discounts and taxes are
not in them. What a run is planned and counted with is in `prices`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from collage_core.run.prices import (
    AS_OF,
    DOLLARS_PER_GB_MONTH,
    DOLLARS_PER_GB_SECOND,
    DOLLARS_PER_GET,
    DOLLARS_PER_INVOCATION,
    DOLLARS_PER_PUT,
    DOLLARS_PER_QUEUE_REQUEST,
)

NOT_LOOKED_UP = "not looked up"

HOURS_PER_MONTH = 730
"""As AWS computes its own examples."""


@dataclass(frozen=True, slots=True)
class ListPrice:
    """What so many units cost."""

    amount: float
    """US dollars."""
    unit: str
    page: str
    """Where AWS says so."""
    as_of: str
    per: int = 1
    """How many units."""

    @property
    def dollars(self) -> float:
        """For one unit."""
        return self.amount / self.per


_S3 = "https://aws.amazon.com/s3/pricing/"
_KMS = "https://aws.amazon.com/kms/pricing/"
_CLOUDWATCH = "https://aws.amazon.com/cloudwatch/pricing/"
_CLOUDTRAIL = "https://aws.amazon.com/cloudtrail/pricing/"
_MWAA = "https://aws.amazon.com/managed-workflows-for-apache-airflow/pricing/"
_VPC = "https://aws.amazon.com/vpc/pricing/"

STANDARD_IA = ListPrice(0.0125, "GB-month in S3 Standard-IA", _S3, "March 2026")
GLACIER_IR = ListPrice(0.004, "GB-month in S3 Glacier Instant Retrieval", _S3, "March 2026")
TO_STANDARD_IA = ListPrice(
    0.01, "objects that become Standard-IA, or are written there", _S3, NOT_LOOKED_UP, 1000
)
TO_GLACIER_IR = ListPrice(
    0.02, "objects that become Glacier Instant Retrieval", _S3, NOT_LOOKED_UP, 1000
)
ACCELERATED_GB = ListPrice(0.04, "GB through Transfer Acceleration", _S3, NOT_LOOKED_UP)
TO_INTERNET_GB = ListPrice(0.09, "GB that leaves AWS for the internet", _S3, NOT_LOOKED_UP)
TRANSFERRED_GB = ListPrice(0.02, "GB to another region", _S3, "January 2026")

KEY = ListPrice(
    1.00, "key and month; each of its first two rotations adds as much", _KMS, "June 2026"
)
KEY_REQUEST = ListPrice(0.03, "requests to KMS", _KMS, "June 2026", 10_000)

LOGGED_GB = ListPrice(0.50, "GB of logs that come in", _CLOUDWATCH, "June 2026")
KEPT_LOG_GB = ListPrice(0.03, "GB-month of logs that are kept", _CLOUDWATCH, "June 2026")
SEARCHED_GB = ListPrice(0.005, "GB that a query of Logs Insights reads", _CLOUDWATCH, "June 2026")
METRIC = ListPrice(0.30, "metric and month, ours or of S3's requests", _CLOUDWATCH, "June 2026")
ALARM = ListPrice(0.10, "alarm and month", _CLOUDWATCH, "June 2026")
DASHBOARD = ListPrice(3.00, "dashboard and month, after the first three", _CLOUDWATCH, "June 2026")

TRAIL_EVENT = ListPrice(0.10, "data events of CloudTrail", _CLOUDTRAIL, "May 2026", 100_000)

AIRFLOW_HOUR = ListPrice(
    0.49, "hour of an environment mw1.small, with one worker", _MWAA, "November 2025"
)
AIRFLOW_WORKER_HOUR = ListPrice(0.055, "hour of each further worker of it", _MWAA, "November 2025")
AIRFLOW_GB = ListPrice(0.10, "GB-month of its own database", _MWAA, "November 2025")

NAT_HOUR = ListPrice(0.045, "hour of a NAT gateway", _VPC, "February 2026")
NAT_GB = ListPrice(0.045, "GB through a NAT gateway", _VPC, "February 2026")


def all_prices() -> Iterator[ListPrice]:
    """First those of `prices`, then those of this module."""
    of_lambda, of_sqs = (
        "https://aws.amazon.com/lambda/pricing/",
        "https://aws.amazon.com/sqs/pricing/",
    )
    for amount, unit, page, per in (
        (DOLLARS_PER_GB_SECOND["arm64"], "GB-second of Lambda on arm64", of_lambda, 1),
        (DOLLARS_PER_GB_SECOND["x86_64"], "GB-second of Lambda on x86_64", of_lambda, 1),
        (DOLLARS_PER_INVOCATION, "invocations", of_lambda, 1_000_000),
        (DOLLARS_PER_QUEUE_REQUEST, "requests to SQS, of 64 KB", of_sqs, 1_000_000),
        (DOLLARS_PER_PUT, "PUT, COPY, POST and LIST of S3 Standard", _S3, 1000),
        (DOLLARS_PER_GET, "GET of S3 Standard", _S3, 1000),
        (DOLLARS_PER_GB_MONTH, "GB-month in S3 Standard", _S3, 1),
    ):
        yield ListPrice(amount * per, unit, page, AS_OF, per)
    yield from (value for value in globals().values() if isinstance(value, ListPrice))
