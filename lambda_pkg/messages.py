"""One message, from the queue or from a direct invocation: a chunk, or a CSV carried inline."""

from dataclasses import dataclass
from datetime import datetime

from collage_core.contract.message import ChunkMessage, InlineCsvMessage
from collage_core.contract.receipt import Receipt
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.trigger import Trigger
from collage_core.run.finish import finish_run_of_chunk
from collage_core.run.ingest import OutsideCsv
from lambda_pkg.chunk_work import work_on_chunk
from lambda_pkg.invocation import SecondsLeft
from lambda_pkg.services import Services
from lambda_pkg.upload import StartedRun, start_run


@dataclass(frozen=True, slots=True)
class Delivery:
    """How a message came: it decides what the message itself leaves open."""

    trigger: Trigger
    delivery_id: str
    """What SQS or Lambda calls it; their own repeats of it have the same name."""
    run_id: str
    """The run that an inline CSV becomes; the same however often it is delivered. From the
    queue it is derived from the message's body, so that one that is redriven or sent twice
    stays one run; a direct invocation is a run of its own."""
    moment: datetime
    """When the message was sent: when the inline CSV was handed in."""


def handle_message(
    message: ChunkMessage | InlineCsvMessage,
    delivery: Delivery,
    services: Services,
    seconds_left: SecondsLeft,
) -> Receipt | StartedRun:
    """Do what the message asks for; raises when it cannot be done, and may then be repeated."""
    if isinstance(message, ChunkMessage):
        trigger = message.trigger or delivery.trigger
        receipt = work_on_chunk(
            message, trigger, services, seconds_left, delivery_id=delivery.delivery_id
        )
        # Also after a receipt that was there already: its writer may have died before this.
        if receipt.resume_at is None:
            finish_run_of_chunk(services.store, services.settings, message)
        return receipt
    csv = OutsideCsv(
        run_id=delivery.run_id,
        handed_in=RunTimestamp.of(delivery.moment),
        trigger=delivery.trigger,
        config=message.config,
        output_prefix=message.output_prefix,
    )
    # A lone surrogate can stand in JSON but not in UTF-8: the intake refuses it by name.
    data = message.csv_data.encode("utf-8", "surrogatepass")
    return start_run(csv, data, services, seconds_left, delivery_id=delivery.delivery_id)
