"""What AWS charges for a run: the prices of estimates and of what is counted.

They are those of the public lists of us-east-1. Free tiers, discounts, data transfer, logs and
taxes are not in them. What is around the runs is in `account_prices`.
"""

from dataclasses import dataclass

from collage_core.contract.usage import Usage

AS_OF = "May 2025"
"""The date of the lists."""

DOLLARS_PER_GB_SECOND = {"arm64": 0.0000133334, "x86_64": 0.0000166667}
"""Lambda, first tier, by architecture."""

DOLLARS_PER_INVOCATION = 0.20 / 1e6

DOLLARS_PER_QUEUE_REQUEST = 0.40 / 1e6
"""Standard queue of SQS; each 64 KB count as one request."""

DOLLARS_PER_PUT = 0.005 / 1e3
"""PUT, COPY, POST and LIST, S3 Standard."""

DOLLARS_PER_GET = 0.0004 / 1e3

DOLLARS_PER_GB_MONTH = 0.023
"""S3 Standard, first 50 TB."""


@dataclass(frozen=True, slots=True)
class UsagePrice:
    """US dollars by service."""

    function: float
    """Lambda: time and invocations."""
    s3: float
    """Requests, without storage."""
    sqs: float

    @classmethod
    def of(cls, usage: Usage) -> "UsagePrice":
        """The price of what a worker has counted."""
        return cls(
            function=usage.gb_seconds * DOLLARS_PER_GB_SECOND[usage.architecture]
            + usage.invocations * DOLLARS_PER_INVOCATION,
            s3=(usage.puts + usage.lists) * DOLLARS_PER_PUT + usage.gets * DOLLARS_PER_GET,
            sqs=usage.queue_requests * DOLLARS_PER_QUEUE_REQUEST,
        )
