"""Telling apart the kinds of events that invoke the function.

| event                                | answer                                      |
|--------------------------------------|---------------------------------------------|
| SQS batch                            | `{"batchItemFailures": [...]}`              |
| S3 notification                      | `{"files": [...]}`, one entry per CSV       |
| chunk message (`csv_s3`), directly   | its receipt                                 |
| CSV message (`csv_data`), directly   | the run's summary, or that it is dispatched |
| `{}`                                 | the self-check                              |
"""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from collage_core.contract.document import to_json
from collage_core.contract.message import parse_message
from collage_core.contract.trigger import Trigger
from collage_core.errors import MessageError
from lambda_pkg.csv_intake import StartedRun
from lambda_pkg.invocation import LambdaContext, seconds_left
from lambda_pkg.messages import Delivery, handle_message
from lambda_pkg.s3_event import handle_s3_records
from lambda_pkg.self_check import self_check
from lambda_pkg.services import Services
from lambda_pkg.sqs_batch import handle_sqs_records

log = logging.getLogger(__name__)


def route(event: object, context: LambdaContext, services: Services) -> dict[str, Any]:
    """Handle one event; raises MessageError for one of no known kind."""
    match event:
        case {"Records": [{"eventSource": "aws:sqs"}, *_] as records}:
            return handle_sqs_records(records, services, seconds_left(context))
        case {"Records": [{"eventSource": "aws:s3"}, *_] as records}:
            return handle_s3_records(
                records, services, seconds_left(context), delivery_id=context.aws_request_id
            )
        case {"Event": "s3:TestEvent"}:
            log.info("S3 has been set up to notify this function: nothing to do")
            return {"files": []}
        case Mapping() if "processing_type" in event:
            return _handle_direct(event, context, services)
        case Mapping() if not event:
            return to_json(self_check(services))
    raise MessageError(
        f"event is {_described(event)}: send a chunk message, a csv_data message, "
        "or {} for a self-check"
    )


def _handle_direct(
    message: Mapping[str, Any], context: LambdaContext, services: Services
) -> dict[str, Any]:
    delivery = Delivery(
        trigger=Trigger.MANUAL,
        delivery_id=context.aws_request_id,
        run_id=f"manual-{context.aws_request_id}",
        moment=datetime.now(UTC),
    )
    parsed = parse_message(message, defaults=services.settings.processing_config)
    done = handle_message(parsed, delivery, services, seconds_left(context))
    return to_json(done.answer if isinstance(done, StartedRun) else done)


def _described(event: object) -> str:
    if isinstance(event, Mapping):
        return f"an object with the fields {', '.join(map(repr, event))}"
    return f"a {type(event).__name__}"
