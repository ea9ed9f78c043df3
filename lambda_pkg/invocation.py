"""One invocation of the function, as far as the work needs to know of it."""

from collections.abc import Callable
from typing import Protocol

type SecondsLeft = Callable[[], float]
"""Seconds that may still be worked; falls to zero and below."""

WRAP_UP_SECONDS = 5.0
"""Kept back from the work to write a receipt and send a message, tries and all."""

WRAP_UP_SHARE = 0.2
"""Of the invocation's time, kept back when it is more. What cannot be interrupted (a look-up of a
name, a store that stalls) may run into it; what is not done by then costs one more message."""


class LambdaContext(Protocol):
    """The part of Lambda's context object that is used here."""

    @property
    def aws_request_id(self) -> str:
        """Names the invocation; Lambda's own retries of it keep the name."""

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda kills the invocation."""


def seconds_left(context: LambdaContext) -> SecondsLeft:
    """The time that is left for work in this invocation. Ask for it when the invocation begins."""
    kept_back = max(WRAP_UP_SECONDS, WRAP_UP_SHARE * context.get_remaining_time_in_millis() / 1000)
    return lambda: context.get_remaining_time_in_millis() / 1000 - kept_back
