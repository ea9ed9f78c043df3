"""One message, from the queue or from a direct invocation: a chunk, or a CSV inline or by name."""

import logging
from dataclasses import dataclass
from datetime import datetime

from msgspec.structs import replace

from collage_core.contract.answers import DroppedMessage, QuarantinedUpload, StoppedRun
from collage_core.contract.document import Json
from collage_core.contract.message import (
    ChunkMessage,
    InlineCsvMessage,
    WholeCsvMessage,
    parse_message,
)
from collage_core.contract.receipt import Receipt
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.trigger import Trigger
from collage_core.errors import PlanReplacedError, RunStoppedError
from collage_core.layout import keys
from collage_core.run.finish import finish_run_of_chunk
from collage_core.run.ingest import OutsideCsv
from collage_core.storage.documents import JSON, to_document
from collage_core.views.static_report import try_to_write_report
from lambda_pkg.chunk import work_on_chunk
from lambda_pkg.invocation import Invocation
from lambda_pkg.services import Services
from lambda_pkg.upload import StartedRun, start_run
from lambda_pkg.whole_csv import take_in

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Arrival:
    """How a message came: what the message itself may leave open."""

    trigger: Trigger
    """For a chunk whose message names none, and for an inline CSV."""
    run_id: str
    """The run that an inline CSV becomes, the same however often it is delivered. In the queue it
    is derived from the message's body, so that a message that is redriven or sent twice stays one
    run; each direct invocation is a run of its own."""
    moment: datetime
    """When the message was sent."""


def handle_message(
    body: str | Json, arrival: Arrival, invocation: Invocation
) -> Receipt | StartedRun | QuarantinedUpload | DroppedMessage | StoppedRun:
    """Do what the message asks for. It may be repeated after any error.

    Raises MessageError for a message that cannot be used, and what the work raises.
    """
    services = invocation.services
    message = parse_message(body, defaults=services.settings.processing_config)
    if isinstance(message, InlineCsvMessage):
        return _start_run(message, arrival, invocation)
    if isinstance(message, WholeCsvMessage):
        return take_in(message, RunTimestamp.of(arrival.moment), invocation)
    chunk = replace(message, trigger=message.trigger or arrival.trigger)
    try:
        receipt = work_on_chunk(chunk, invocation)
    except PlanReplacedError as error:
        dropped = _drop(chunk, error, services)
        # The worker that gave the chunk another round may have died before it sent that.
        _finish(chunk, services)
        return dropped
    except RunStoppedError as error:
        log.info("Chunk %s of run %s: %s", chunk.chunk_id, chunk.run_id, error)
        return StoppedRun(run_id=chunk.run_id, detail=str(error))
    # Even if the receipt was there before: the worker that wrote it may have died before this.
    if receipt.resume_at is None:
        _finish(chunk, services)
    return receipt


def _finish(chunk: ChunkMessage, services: Services) -> None:
    finish_run_of_chunk(
        services.store,
        services.settings,
        services.queue,
        chunk,
        write_report=try_to_write_report,
    )


def _drop(chunk: ChunkMessage, error: PlanReplacedError, services: Services) -> DroppedMessage:
    """End quietly. The document is for whoever wonders where a message has gone."""
    log.info("Dropped a message: %s", error)
    dropped = DroppedMessage(run_id=chunk.run_id, chunk_id=chunk.chunk_id, detail=str(error))
    key = keys.dropped_message(chunk.run_id, chunk.chunk_id)
    services.store.put(services.settings.temp_bucket, key, to_document(dropped), content_type=JSON)
    return dropped


def _start_run(message: InlineCsvMessage, arrival: Arrival, invocation: Invocation) -> StartedRun:
    csv = OutsideCsv(
        run_id=arrival.run_id,
        submitted=RunTimestamp.of(arrival.moment),
        trigger=arrival.trigger,
        config=message.config,
        output_prefix=message.output_prefix,
    )
    # JSON can hold a lone surrogate, UTF-8 cannot: the intake refuses it and says where it is.
    data = message.csv_data.encode("utf-8", "surrogatepass")
    return start_run(csv, data, invocation)
