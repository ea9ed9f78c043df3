"""One invocation of the function: what its work is done with, and how long it may take."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, Self

from lambda_pkg.last_lines import LastLines
from lambda_pkg.meter import Meter
from lambda_pkg.services import Services
from lambda_pkg.under_way import UnderWay

type SecondsLeft = Callable[[], float]
"""Seconds that are left for work; zero or less when the time is up."""

WRAP_UP_SECONDS = 5.0
"""At least so long before the end the work stops, to write a receipt and send a message, retries
included."""

WRAP_UP_SHARE = 0.2
"""Share of the invocation's time that is kept back if that is longer. What cannot be interrupted (a
name lookup, a store that stalls) may use it up; then the chunk takes one more message."""


class LambdaContext(Protocol):
    """The part of Lambda's context object that is used here."""

    @property
    def aws_request_id(self) -> str:
        """Names the invocation; Lambda's own retries of it keep the name."""

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda kills the invocation."""


@dataclass(frozen=True, slots=True)
class Invocation:
    """What every part of the work needs, from the event to the receipt."""

    services: Services
    seconds_left: SecondsLeft
    delivery_id: str
    """Names the delivery of the work: the id of the SQS message, else that of the invocation. It is
    the same when SQS or Lambda delivers it again."""
    timeout_seconds: int
    """How long the invocation may take in all: the timeout of the function."""
    invocation_id: str
    """Names the invocation in the function's log."""
    under_way: UnderWay = field(default_factory=UnderWay)
    """The creators that are begun and not done."""
    meter: Meter | None = None
    """Measures what AWS bills; None where that is not known."""
    last_lines: LastLines | None = None
    """What was logged of it, to be kept if it fails; None where that is not wanted."""

    @classmethod
    def begin(cls, context: LambdaContext, services: Services) -> Self:
        """Call it first: the time that is kept back is a share of the time that is left now."""
        meter = None if services.worker is None else services.worker.begin()
        # The handler is called moments after the time has begun to run.
        timeout = math.ceil(context.get_remaining_time_in_millis() / 1000)
        request_id = context.aws_request_id
        return cls(services, _seconds_left(context), request_id, timeout, request_id, meter=meter)


def _seconds_left(context: LambdaContext) -> SecondsLeft:
    kept_back = max(WRAP_UP_SECONDS, WRAP_UP_SHARE * context.get_remaining_time_in_millis() / 1000)
    return lambda: context.get_remaining_time_in_millis() / 1000 - kept_back
