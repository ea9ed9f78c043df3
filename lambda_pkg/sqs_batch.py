"""A batch of messages from SQS, each on its own: a partial batch response names the failures.

Give the event source mapping a batch size of 1: the messages of a batch share the time of
one invocation, and a chunk is made to fill it.
"""

import hashlib
import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from collage_core.contract.document import Json
from collage_core.contract.message import parse_message
from collage_core.contract.trigger import Trigger
from collage_core.errors import CollageError
from lambda_pkg.invocation import SecondsLeft
from lambda_pkg.messages import Delivery, handle_message
from lambda_pkg.services import Services

log = logging.getLogger(__name__)

_SECONDS_TO_BEGIN = 30.0
"""With less than this left, a further message would only see its covers end as out_of_time."""

_DIGEST_LENGTH = 32
"""Hexadecimal digits; no two bodies will ever share them."""


def handle_sqs_records(
    records: Sequence[Json], services: Services, seconds_left: SecondsLeft
) -> dict[str, Any]:
    """Handle every record; those that failed come back after the visibility timeout.

    A message that fails again and again ends in the dead-letter queue with its body as it was.
    """
    failures: list[dict[str, str]] = []
    for index, record in enumerate(records):
        message_id = record["messageId"]
        # The first one always begins, or a short function timeout would pass it round for ever.
        if index and seconds_left() < _SECONDS_TO_BEGIN:
            log.warning("Message %s is left for another invocation: no time", message_id)
        else:
            try:
                _handle_record(record, services, seconds_left)
                continue
            except CollageError as error:
                log.error("Message %s failed: %s: %s", message_id, type(error).__name__, error)  # noqa: TRY400 - one line says it
            except Exception:
                log.exception("Message %s failed on an error that nobody expected", message_id)
        failures.append({"itemIdentifier": message_id})
    return {"batchItemFailures": failures}


def _handle_record(record: Json, services: Services, seconds_left: SecondsLeft) -> None:
    sent = int(record["attributes"]["SentTimestamp"]) / 1000
    delivery = Delivery(
        trigger=Trigger.SQS,
        delivery_id=record["messageId"],
        run_id=_run_id(record["body"]),
        moment=datetime.fromtimestamp(sent, UTC),
    )
    message = parse_message(record["body"], defaults=services.settings.processing_config)
    handle_message(message, delivery, services, seconds_left)


def _run_id(body: str) -> str:
    """The run that a CSV in this body becomes.

    Not from the message's id: one that is redriven from the dead-letter queue gets a new one.
    """
    digest = hashlib.sha256(body.encode("utf-8", "surrogatepass")).hexdigest()
    return f"sqs-{digest[:_DIGEST_LENGTH]}"
