"""All odd pictures by name, and what a browser showed of them when that was last recorded."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.oddities import avifs, gifs, jpegs, pngs, webps
from tests.oddities.look import Look

RECORDED = Path(__file__).with_name("recorded.json")
"""Written by `make oddities`; one line for each picture."""

FORMATS = {"JPEG": jpegs, "PNG": pngs, "GIF": gifs, "WebP": webps, "AVIF": avifs}


@dataclass(frozen=True, slots=True)
class Recording:
    """What one browser showed."""

    browser: str
    looks: Mapping[str, Look | None]
    """By the name of the picture; None for one that was not shown."""


@cache
def pictures() -> dict[str, bytes]:
    """Every file, by its format and what is odd about it: "PNG: gAMA 1.0"."""
    return {
        f"{kind}: {name}": body
        for kind, module in FORMATS.items()
        for name, body in module.oddities().items()
    }


@cache
def read_recording() -> Recording:
    """What is recorded; looks are lists of colours such as "1e2291"."""
    document = json.loads(RECORDED.read_text())
    looks = {
        name: None if text is None else [list(bytes.fromhex(colour)) for colour in text.split()]
        for name, text in document["looks"].items()
    }
    return Recording(document["browser"], looks)


def write_recording(recording: Recording) -> None:
    """The inverse of `read_recording`."""
    looks = {
        name: None if look is None else " ".join(bytes(colour).hex() for colour in look)
        for name, look in recording.looks.items()
    }
    document = {"browser": recording.browser, "looks": looks}
    RECORDED.write_text(json.dumps(document, indent=0) + "\n")
