"""A message that a person or a program sends by invoking the function directly."""

from datetime import UTC, datetime
from typing import Any

from collage_core.contract.document import Json, to_json
from collage_core.contract.trigger import Trigger
from lambda_pkg.error_logs import watched
from lambda_pkg.failed_messages import invocation_failed
from lambda_pkg.invocation import Invocation
from lambda_pkg.messages import Arrival, handle_message
from lambda_pkg.upload import StartedRun


def handle_direct(message: Json, invocation: Invocation) -> dict[str, Any]:
    """Return the receipt of a chunk, or how far the run of a CSV came.

    Raises what `handle_message` raises: the caller of the function gets the error.
    """
    arrival = Arrival(
        trigger=Trigger.MANUAL,
        run_id=f"manual-{invocation.delivery_id}",
        moment=datetime.now(UTC),
    )
    with watched(invocation) as delivery:
        try:
            done = handle_message(message, arrival, delivery)
        except Exception as error:
            invocation_failed(message, arrival.run_id, error, delivery)
            raise
    return to_json(done.answer if isinstance(done, StartedRun) else done)
