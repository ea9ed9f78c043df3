"""The fields that a receipt and a summary share."""

from typing import Any

from collage_core.contract import json_fields
from collage_core.contract.csv_source import CsvSource
from collage_core.contract.identifiers import identifier
from collage_core.contract.json_fields import Json, shown
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.trigger import Trigger
from collage_core.errors import MessageError


def run_fields(source: Json) -> dict[str, Any]:
    """Names of the run, and the CSV that it reads."""
    trigger = json_fields.text(source, "trigger")
    if trigger not in Trigger:
        raise MessageError(f"trigger is {shown(trigger)}: it must be one of {', '.join(Trigger)}")
    return {
        "run_id": identifier(source, "run_id"),
        "run_timestamp": RunTimestamp.parse(source.get("run_timestamp")),
        "trigger": Trigger(trigger),
        "source": CsvSource.from_json(json_fields.as_object(source.get("source"), "source")),
    }
