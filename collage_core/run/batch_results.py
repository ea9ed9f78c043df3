"""The batch results of a day as CSV, for spreadsheets: one line per creator and run.

They can always be made again: from the record of each run. While the file is as it was written,
only the lines of the run that is closed are changed, so that its other runs are not read again each
time. If another program has saved it, it is kept under another key, and made again.
"""

import codecs
import csv
import hashlib
import io
import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from collage_core.contract.document import to_json
from collage_core.contract.manifest import Manifest
from collage_core.contract.receipt import CreatorResult, Outcome, Receipt
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.window import Window
from collage_core.covers.cover_csv import CONTENT_TYPE
from collage_core.errors import BooksError, MessageError
from collage_core.layout import keys
from collage_core.layout.creator_files import CreatorFile
from collage_core.run.in_words import reasons_in_words
from collage_core.run.recorded_run import RecordedRun
from collage_core.run.run_record import recorded_runs
from collage_core.settings import Settings
from collage_core.storage.object_store import ObjectStore
from collage_core.storage.shared_objects import update_objects

log = logging.getLogger(__name__)

_COUNTS = ("total", "placed", "duplicate", "not_selected", "rejected", "failed")
_COLUMNS_BEFORE = ("run_id", "creator_name", "outcome", *_COUNTS, "collage_key")
"""What releases before the column `reasons` wrote; such files are still read."""

RESULT_COLUMNS = (*_COLUMNS_BEFORE, "reasons", "window_start", "window_end")

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "'")
_MOMENT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2})?")
_OUTCOMES = {outcome.value for outcome in Outcome}
_DIGEST_LENGTH = 12

type _Line = Sequence[str]


def write_results(
    store: ObjectStore, settings: Settings, manifest: Manifest, receipts: Iterable[Receipt]
) -> str:
    """Write a run's creators into the day's batch results; the file's key in the output bucket.

    Lines of other runs stay as they are. Those that the file does not have are made from the runs'
    records. A file that another program has saved is kept under another key, and a warning names
    it: only lines of runs without a record, of earlier releases, are then missing.

    Raises RaceError when other runs of the day keep changing the file.
    """
    timestamp, run_id = manifest.run_timestamp, manifest.run_id
    key, bucket = keys.batch_results(timestamp), settings.output_bucket
    own = [
        line
        for receipt in receipts
        for line in lines_of_run(run_id, receipt.results, manifest.window)
    ]

    def compose(present: Mapping[str, bytes | None]) -> dict[str, bytes]:
        others = _others(store, settings, timestamp, present[key], run_id)
        return {key: results_csv([*others, *own])}

    update_objects(store, bucket, [key], compose, content_type=CONTENT_TYPE)
    return key


def _others(
    store: ObjectStore,
    settings: Settings,
    timestamp: RunTimestamp,
    existing: bytes | None,
    run_id: str,
) -> list[_Line]:
    """The lines of all other runs of the day."""
    lines: list[_Line] = []
    try:
        lines = read_results(existing) if existing else []
    except MessageError as error:
        _keep(store, settings, timestamp, existing or b"", error)
    known = {line[0] for line in lines}
    for second, other in recorded_runs(store, settings, timestamp):
        if other not in {*known, run_id}:
            lines += _recorded_lines(store, settings, second, other)
    return [line for line in lines if line[0] != run_id]


def _keep(
    store: ObjectStore, settings: Settings, timestamp: RunTimestamp, body: bytes, error: Exception
) -> None:
    """Keep a file that another program has saved, under a key that its bytes decide."""
    digest = hashlib.sha256(body).hexdigest()[:_DIGEST_LENGTH]
    bucket, kept = settings.output_bucket, keys.kept_results(timestamp, digest)
    store.put(bucket, kept, body, content_type=CONTENT_TYPE)
    log.warning(
        "Batch results s3://%s/%s were saved by another program (%s): they are made again from the "
        "records of the day's runs, and what was there is kept as s3://%s/%s",
        bucket,
        keys.batch_results(timestamp),
        error,
        bucket,
        kept,
    )


def _recorded_lines(
    store: ObjectStore, settings: Settings, second: RunTimestamp, run_id: str
) -> list[_Line]:
    """The lines of a run from its record; none, with a warning, if that cannot be read.

    One run must not stop the others of its day.
    """
    try:
        record = RecordedRun.open(store, settings, second, run_id)
        return list(lines_of_run(run_id, record.creators(), record.manifest.window))
    except (MessageError, BooksError) as error:
        log.warning("Batch results have no lines of run %s: %s", run_id, error)
        return []


def results_csv(lines: Iterable[_Line]) -> bytes:
    """The day's file. Runs are sorted by their ids: it does not matter which of them ended last."""
    in_order = sorted(lines, key=lambda line: line[0])
    text = io.StringIO()
    # Lines end in CRLF, csv's own choice: with "\n" it leaves a name's "\r" without quotes.
    writer = csv.writer(text)
    writer.writerow(RESULT_COLUMNS)
    writer.writerows(in_order)
    # Without the mark, Excel reads UTF-8 as the code page of its machine.
    return codecs.BOM_UTF8 + text.getvalue().encode()


def as_cell(text: str) -> str:
    """A creator's name, written so that no spreadsheet takes it for a formula.

    Names come from the web, and `=HYPERLINK(...)` is a possible name. An apostrophe in front
    makes it text. A name that begins with an apostrophe gets another one, so that removing one
    apostrophe always gives the name back.
    """
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def lines_of_run(
    run_id: str, results: Iterable[CreatorResult], window: Window | None
) -> Iterator[_Line]:
    """A line for each creator, in the order of RESULT_COLUMNS."""
    ends = (
        [f"{end:%Y-%m-%d %H:%M:%S}" for end in (window.start, window.end)] if window else ["", ""]
    )
    for result in results:
        rows = to_json(result.rows)
        yield [
            run_id,
            as_cell(result.creator),
            result.outcome.value,
            *(str(rows[name]) for name in _COUNTS),
            result.collage_key or "",
            reasons_in_words(result.known_reasons),
            *ends,
        ]


def read_results(existing: bytes) -> list[_Line]:
    """The lines of a day's file, without its header.

    Raises MessageError for a file that is not as this module writes it.
    """
    try:
        text = existing.decode("utf-8-sig")
        header, *rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    except (ValueError, csv.Error) as error:
        raise MessageError(f"they cannot be read: {error}") from error
    known = tuple(header) in {RESULT_COLUMNS, _COLUMNS_BEFORE}
    if not known or any(len(row) != len(header) for row in rows):
        raise MessageError(f"they do not have the columns {','.join(RESULT_COLUMNS)} throughout")
    lines: list[_Line] = [[*row, *[""] * (len(RESULT_COLUMNS) - len(header))] for row in rows]
    for number, line in enumerate(lines, start=2):
        if not _is_as_written(line):
            raise MessageError(f"line {number} has other values than were written")
    return lines


def _is_as_written(line: _Line) -> bool:
    """Whether a line has not been changed by a program that guesses at numbers and dates."""
    name, outcome, counts = line[1], line[2], line[3 : 3 + len(_COUNTS)]
    # A name such as 00123 or 1e5 looks like a number; the key of its collage does not.
    file = CreatorFile.of(line[3 + len(_COUNTS)])
    named = None if file is None else file.creator
    return (
        outcome in _OUTCOMES
        and named in {None, name.removeprefix("'")}
        and all(count.isascii() and count.isdigit() for count in counts)
        and all(_MOMENT.fullmatch(moment) for moment in line[-2:])
    )
