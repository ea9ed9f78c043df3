"""What asked for a run's collages."""

from enum import StrEnum

from collage_core.contract.json_fields import Json, shown
from collage_core.errors import MessageError


class Trigger(StrEnum):
    """What asked for the collages; it decides the folder that they are written to."""

    S3 = "s3-trigger"
    SQS = "sqs-trigger"
    MANUAL = "manual"


def trigger_field(source: Json) -> Trigger | None:
    """The `trigger` of a document, if it names one."""
    value = source.get("trigger")
    if value is None:
        return None
    try:
        return Trigger(value)
    except ValueError:
        raise MessageError(
            f"trigger is {shown(value)}: it must be one of {', '.join(Trigger)}"
        ) from None
