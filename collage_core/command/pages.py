"""What the command leaves in the folder for people: a page and a contact sheet, at its top."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from collage_core.contract.receipt import CreatorResult
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.layout import keys
from collage_core.report.contact_sheet import MOST_TILES, contact_sheet
from collage_core.report.index_page import index_page
from collage_core.run.local import LocalRun
from collage_core.storage.directory_store import DirectoryStore
from collage_core.storage.documents import HTML

_INDEX = "index.html"
_SHEET = "contact-sheet.jpg"
_NOTE = (
    "This page and contact-sheet.jpg show the last run of the command in this folder. "
    "The files of earlier runs stay where they are."
)


@dataclass(frozen=True, slots=True)
class Pages:
    """The paths of what was written."""

    index: Path
    sheet: Path | None
    """None when there is no collage; that of an earlier run is removed then."""


def write_pages(out: Path, run: LocalRun, *, by_creator_copies: bool) -> Pages:
    """Write the page and the contact sheet of a run below `out`. Raises OSError."""
    store = DirectoryStore({"out": out})
    page = index_page(run.summary, run.creators, note=_NOTE, by_creator_copies=by_creator_copies)
    store.put("out", _INDEX, page, content_type=HTML)
    tiles = list(islice(_tiles(out, run.creators, run.summary.run_timestamp), MOST_TILES))
    if not tiles:
        (out / _SHEET).unlink(missing_ok=True)
        return Pages(out / _INDEX, None)
    store.put("out", _SHEET, contact_sheet(tiles), content_type="image/jpeg")
    return Pages(out / _INDEX, out / _SHEET)


def _tiles(
    out: Path, creators: Iterable[CreatorResult], timestamp: RunTimestamp
) -> Iterator[tuple[str, bytes]]:
    for result in creators:
        if result.collage_key is not None:
            thumbnail = out / keys.thumbnail(result.creator, timestamp)
            yield result.creator, thumbnail.read_bytes()
