"""Which module handles which kind of event.

| event                              | module       | answer                                      |
|------------------------------------|--------------|---------------------------------------------|
| SQS batch; a body may be an event  | `sqs`        | `{"batchItemFailures": [...]}`              |
| that has failed (`failed_events`)  |              |                                             |
| S3 notification                    | `s3`         | `{"files": [...]}`, one entry per CSV       |
| chunk message (`csv_s3`), directly | `direct`     | its receipt                                 |
| CSV by its key (`csv_s3`) or in    | `direct`     | the run's summary, or that it is dispatched |
| the message (`csv_data`), directly |              |                                             |
| `{}`                               | `self_check` | the self-check                              |
"""

import logging
from collections.abc import Mapping
from typing import Any

from collage_core.contract.document import to_json
from collage_core.errors import MessageError
from lambda_pkg.direct import handle_direct
from lambda_pkg.invocation import Invocation
from lambda_pkg.s3 import handle_s3_records
from lambda_pkg.self_check import self_check
from lambda_pkg.sqs import handle_sqs_records

log = logging.getLogger(__name__)


def route(event: object, invocation: Invocation) -> dict[str, Any]:
    """Handle one event. Raises MessageError for an event of an unknown kind."""
    match event:
        case {"Records": [{"eventSource": "aws:sqs"}, *_] as records}:
            return handle_sqs_records(records, invocation)
        case {"Records": [{"eventSource": "aws:s3"}, *_] as records}:
            return handle_s3_records(records, invocation)
        case {"Event": "s3:TestEvent"}:
            log.info("S3 has been set up to notify this function: nothing to do")
            return {"files": []}
        case Mapping() if "processing_type" in event:
            return handle_direct(event, invocation)
        case Mapping() if not event:
            return to_json(self_check(invocation))
    raise MessageError(
        f"event is {_described(event)}: send a csv_s3 or a csv_data message, "
        "or {} for a self-check"
    )


def _described(event: object) -> str:
    if isinstance(event, Mapping):
        return f"an object with the fields {', '.join(map(repr, event))}"
    return f"a {type(event).__name__}"
