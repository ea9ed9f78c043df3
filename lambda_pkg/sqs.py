"""A batch of messages from SQS, each handled by itself: the answer names those that failed.

Give the event source mapping a batch size of 1: the messages of a batch share the time of
one invocation, and a chunk is made to fill it.
"""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from collage_core.contract.document import Json
from collage_core.contract.failed_event import FailedEvent
from collage_core.contract.trigger import Trigger
from collage_core.errors import CollageError, PermanentError
from collage_core.run.ingest import message_run_id
from lambda_pkg.error_logs import watched
from lambda_pkg.failed_events import handle_failed_event
from lambda_pkg.failed_messages import message_failed
from lambda_pkg.invocation import Invocation
from lambda_pkg.messages import Arrival, handle_message
from lambda_pkg.under_way import UnderWay

log = logging.getLogger(__name__)

_SECONDS_TO_BEGIN = 30.0
"""With less time left, the covers of a further message would only end as out_of_time."""


def handle_sqs_records(records: Sequence[Json], invocation: Invocation) -> dict[str, Any]:
    """Handle every record; those that failed come back after a pause that grows.

    A message that fails again and again ends in the dead-letter queue with its body unchanged. One
    that cannot succeed gets there at once. Each failed attempt leaves a document that says why.
    """
    failures: list[dict[str, str]] = []
    for index, record in enumerate(records):
        message_id = record["messageId"]
        # The first one always begins. Otherwise, with a short timeout of the function, no
        # invocation would ever begin it.
        if index and invocation.seconds_left() < _SECONDS_TO_BEGIN:
            log.warning("Message %s is left for another invocation: no time", message_id)
        else:
            delivery = replace(invocation, delivery_id=message_id, under_way=UnderWay())
            if invocation.meter is not None:
                invocation.meter.came_by_queue()
            if _is_handled(record, delivery):
                continue
        failures.append({"itemIdentifier": message_id})
    return {"batchItemFailures": failures}


def _is_handled(record: Json, invocation: Invocation) -> bool:
    """Handle a record. False if that failed; then it is said why, and when it comes back."""
    with watched(invocation) as delivery:
        try:
            _handle_record(record, delivery)
        except Exception as error:
            if isinstance(error, CollageError):
                _log_failure(delivery.delivery_id, error)
            else:
                log.exception(
                    "Message %s failed: %s: an unexpected error (it comes back)",
                    delivery.delivery_id,
                    type(error).__name__,
                )
            message_failed(record, message_run_id(record["body"]), error, delivery)
            return False
    return True


def _log_failure(message_id: str, error: CollageError) -> None:
    """Say in one line why a message failed, and whether its next delivery can succeed."""
    is_final = isinstance(error, PermanentError)
    outlook = "no delivery can succeed before that is fixed" if is_final else "it comes back"
    log.error("Message %s failed: %s: %s (%s)", message_id, type(error).__name__, error, outlook)


def _handle_record(record: Json, invocation: Invocation) -> None:
    body, sent = record["body"], int(record["attributes"]["SentTimestamp"]) / 1000
    failed = FailedEvent.parse(body)
    if failed is not None:
        handle_failed_event(failed, invocation)
        return
    arrival = Arrival(
        trigger=Trigger.SQS,
        run_id=message_run_id(body),
        moment=datetime.fromtimestamp(sent, UTC),
    )
    handle_message(body, arrival, invocation)
