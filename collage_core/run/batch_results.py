"""The batch results of a day as CSV, for spreadsheets: one line per creator and run."""

import codecs
import csv
import io
from collections.abc import Iterable, Iterator, Mapping

from collage_core.contract.document import to_json
from collage_core.contract.manifest import Manifest
from collage_core.contract.receipt import Receipt
from collage_core.contract.window import Window
from collage_core.covers.cover_csv import CONTENT_TYPE
from collage_core.errors import MessageError
from collage_core.layout import keys
from collage_core.run.in_words import reasons_in_words
from collage_core.settings import Settings
from collage_core.storage.object_store import ObjectStore
from collage_core.storage.shared_objects import update_objects

_COUNTS = ("total", "placed", "duplicate", "not_selected", "rejected", "failed")
_COLUMNS_BEFORE = ("run_id", "creator_name", "outcome", *_COUNTS, "collage_key")
"""What releases before the column `reasons` wrote; such files are still read."""

RESULT_COLUMNS = (*_COLUMNS_BEFORE, "reasons", "window_start", "window_end")

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "'")
_FIX = "another program has saved them; move that file away, then run this again"


def write_results(
    store: ObjectStore, settings: Settings, manifest: Manifest, receipts: Iterable[Receipt]
) -> str:
    """Write a run's creators into the day's batch results; the file's key in the output bucket.

    Raises MessageError when the file cannot be read, and RaceError when other runs of the day keep
    changing it.
    """
    key = keys.batch_results(manifest.run_timestamp)
    finished = list(receipts)

    def compose(present: Mapping[str, bytes | None]) -> dict[str, bytes]:
        return {key: results_csv(manifest.run_id, finished, present[key], manifest.window)}

    update_objects(store, settings.output_bucket, [key], compose, content_type=CONTENT_TYPE)
    return key


def results_csv(
    run_id: str,
    receipts: Iterable[Receipt],
    existing: bytes | None,
    window: Window | None = None,
) -> bytes:
    """The day's file with the lines of run `run_id` added or replaced.

    `existing` is the present file; the lines of other runs are kept as they are. Runs are
    sorted by their ids, so that the file does not depend on which run ended last.
    Raises MessageError when `existing` has other columns.
    """
    rows = [row for row in _read(existing) if row[0] != run_id] if existing else []
    for receipt in receipts:
        rows.extend(_rows(receipt, window))
    rows.sort(key=lambda row: row[0])
    text = io.StringIO()
    # Lines end in CRLF, csv's own choice: with "\n" it leaves a name's "\r" without quotes.
    writer = csv.writer(text)
    writer.writerow(RESULT_COLUMNS)
    writer.writerows(rows)
    # Without the mark, Excel reads UTF-8 as the code page of its machine.
    return codecs.BOM_UTF8 + text.getvalue().encode()


def as_cell(text: str) -> str:
    """A creator's name, written so that no spreadsheet takes it for a formula.

    Names come from the web, and `=HYPERLINK(...)` is a possible name. An apostrophe in front
    makes it text. A name that begins with an apostrophe gets another one, so that removing one
    apostrophe always gives the name back.
    """
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def _rows(receipt: Receipt, window: Window | None) -> Iterator[list[str]]:
    ends = (
        [f"{end:%Y-%m-%d %H:%M:%S}" for end in (window.start, window.end)] if window else ["", ""]
    )
    for result in receipt.results:
        rows = to_json(result.rows)
        yield [
            receipt.run_id,
            as_cell(result.creator),
            result.outcome.value,
            *(str(rows[name]) for name in _COUNTS),
            result.collage_key or "",
            reasons_in_words(result.known_reasons),
            *ends,
        ]


def _read(existing: bytes) -> list[list[str]]:
    try:
        text = existing.decode("utf-8-sig")
        header, *rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    except (ValueError, csv.Error) as error:
        raise MessageError(f"the day's batch results cannot be read ({error}): {_FIX}") from error
    known = tuple(header) in {RESULT_COLUMNS, _COLUMNS_BEFORE}
    if not known or any(len(row) != len(header) for row in rows):
        raise MessageError(
            f"the day's batch results do not have the columns {','.join(RESULT_COLUMNS)} "
            f"throughout: {_FIX}"
        )
    return [[*row, *[""] * (len(RESULT_COLUMNS) - len(header))] for row in rows]
