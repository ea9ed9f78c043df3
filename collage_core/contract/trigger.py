"""What asked for a run's collages."""

from enum import StrEnum


class Trigger(StrEnum):
    """What asked for the collages. It decides the folder that they are written to."""

    S3 = "s3-trigger"
    SQS = "sqs-trigger"
    MANUAL = "manual"
