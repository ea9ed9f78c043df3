"""An asynchronous event that Lambda gave up, and that comes back over the queue.

Lambda tries an event of S3 three times. Then it sends the event to the dead-letter queue, inside a
record of the failed invocation, and a redrive brings it here (docs/adr/0031). It is handled as if
it had come directly.
"""

from collections.abc import Mapping
from dataclasses import replace

from collage_core.contract.document import Json
from collage_core.contract.failed_event import FailedEvent
from collage_core.errors import MessageError
from lambda_pkg.direct import handle_direct
from lambda_pkg.invocation import Invocation
from lambda_pkg.s3 import handle_s3_records


def handle_failed_event(failed: FailedEvent, invocation: Invocation) -> Json:
    """Do what the event asks for, and return the answer that its invocation would have had.

    It may be repeated after any error. Raises MessageError for an event that cannot come this way,
    and what the work raises.
    """
    match failed.event:
        case {"Records": [{"eventSource": "aws:s3"}, *_] as records}:
            return handle_s3_records(records, invocation)
        case Mapping() as message if "processing_type" in message:
            # A run is named after the invocation that brought its CSV.
            delivery = failed.invocation_id or invocation.delivery_id
            return handle_direct(message, replace(invocation, delivery_id=delivery))
    raise MessageError(
        "requestPayload is no event of S3 and has no processing_type: it asks for no work, so "
        "delete this message"
    )
