"""How chunks get to the workers, as the param `dispatch_by` says."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from collage_core.covers.chunking import MOST_CHUNKS
from collage_core.errors import SettingError
from collage_core.settings import Settings


class DispatchBy(StrEnum):
    """The values of `dispatch_by`."""

    SQS = "sqs"
    """A message to the queue, which calls the function for a few chunks at a time."""
    LAMBDA = "lambda"
    """An asynchronous invocation of the function, for all chunks at once."""


def dispatch_by(params: Mapping[str, Any]) -> DispatchBy:
    """What the run asks for, the queue if it says nothing. Raises SettingError for another word."""
    asked = params.get("dispatch_by") or DispatchBy.SQS
    try:
        return DispatchBy(asked)
    except ValueError:
        allowed = " or ".join(DispatchBy)
        raise SettingError(f"dispatch_by is {asked!r}: it must be {allowed}") from None


def workers_at_once(params: Mapping[str, Any], settings: Settings) -> int:
    """The most workers that a run has at a time, if it has so many chunks.

    Chunks that are sent directly may all be worked on at once, if Lambda has as many workers to
    give. Raises SettingError as `dispatch_by`.
    """
    if dispatch_by(params) is DispatchBy.LAMBDA:
        return MOST_CHUNKS
    return settings.function_concurrency
