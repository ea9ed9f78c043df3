"""An event that Lambda gave up, as it stands in the body of a message.

Lambda sends it to the dead-letter queue inside a record of the failed invocation (docs/adr/0031).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FailedEvent:
    """The event of an invocation that failed."""

    event: object
    """As the function was given it."""
    invocation_id: str | None
    """The id of that invocation; None if it is not known."""

    @classmethod
    def parse(cls, body: str) -> "FailedEvent | None":
        """From the body of a message; None if it is any other message."""
        try:
            told = json.loads(body)
        except (ValueError, RecursionError):
            return None
        match told:
            case {"requestContext": Mapping() as context, "requestPayload": event}:
                named = context.get("requestId")
                return cls(event, named if isinstance(named, str) else None)
            # A function with a DeadLetterConfig instead of a destination sends the event alone.
            case {"Records": [{"eventSource": "aws:s3"}, *_]}:
                return cls(told, None)
        return None
