"""The commands that give a queue the attributes it needs, to be pasted into a shell as they are."""

import json
import shlex
from typing import Final

_MOST_RECEIVES: Final = 5
"""Lambda's guide, "Using Lambda with Amazon SQS": at least 5, as throttled messages count too."""

_RETENTION: Final = 14 * 24 * 3600
"""Seconds, the most that SQS keeps a message: a person has to come and look."""


def set_visibility(url: str, arn: str, seconds: int) -> str:
    """Set how long a message that is worked on stays invisible."""
    return _set(url, arn, f"VisibilityTimeout={seconds}")


def set_redrive(url: str, arn: str, dead_letter_arn: str) -> str:
    """Let the queue at `url` move messages that fail to its dead-letter queue."""
    policy = {"deadLetterTargetArn": dead_letter_arn, "maxReceiveCount": f"{_MOST_RECEIVES}"}
    return _set(url, arn, json.dumps({"RedrivePolicy": json.dumps(policy)}))


def unset_redrive(url: str, arn: str) -> str:
    """Let the queue at `url` keep all its messages, however often they are received."""
    return _set(url, arn, json.dumps({"RedrivePolicy": ""}))


def create_queue(name: str, arn: str) -> str:
    """Create a dead-letter queue in the region of `arn`."""
    return _command(
        *("create-queue", "--region", _region(arn), "--queue-name", name),
        *("--attributes", f"MessageRetentionPeriod={_RETENTION}"),
    )


def make_dead_letter_queue(url: str, arn: str) -> str:
    """Create a dead-letter queue, and let the queue at `url` use it."""
    name, dead_letter_arn = f"{url.rpartition('/')[2]}-dlq", f"{arn}-dlq"
    return f"{create_queue(name, arn)} && {set_redrive(url, arn, dead_letter_arn)}"


def redrive(dead_letter_arn: str, arn: str) -> str:
    """Send the messages of a dead-letter queue to the queue `arn`.

    It is named because SQS does not know it for an event that Lambda sent (docs/adr/0031).
    """
    return _command(
        *("start-message-move-task", "--region", _region(dead_letter_arn)),
        *("--source-arn", dead_letter_arn, "--destination-arn", arn),
    )


def _set(url: str, arn: str, attributes: str) -> str:
    return _command(
        *("set-queue-attributes", "--region", _region(arn), "--queue-url", url),
        *("--attributes", attributes),
    )


def _command(*words: str) -> str:
    return shlex.join(["aws", "sqs", *words])


def _region(arn: str) -> str:
    return arn.split(":")[3]
