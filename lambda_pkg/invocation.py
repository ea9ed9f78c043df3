"""One invocation of the function, as far as the work needs to know of it."""

from collections.abc import Callable
from typing import Protocol

type SecondsLeft = Callable[[], float]
"""Seconds that may still be worked; falls to zero and below."""

WRAP_UP_SECONDS = 5.0
"""Kept back from the work to write a receipt and send a message, tries and all."""


class LambdaContext(Protocol):
    """The part of Lambda's context object that is used here."""

    @property
    def aws_request_id(self) -> str:
        """Names the invocation; Lambda's own retries of it keep the name."""

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda kills the invocation."""


def seconds_left(context: LambdaContext) -> SecondsLeft:
    """The time that is left for work in this invocation."""
    return lambda: context.get_remaining_time_in_millis() / 1000 - WRAP_UP_SECONDS
