"""`python -m collage_core COVERS.csv --out DIR`: the work of the cloud on one machine.

Objects lie under DIR at the keys that they have in the output bucket. Progress goes to
stderr, and the last line of stdout is the run's summary as JSON.
"""

import argparse
import hashlib
import json
import logging
import math
import os
import shlex
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import NoReturn

from tqdm import tqdm
from tqdm.contrib.logging import logging_redirect_tqdm

from collage_core.contract.cell_size import CELL_SIZES, DEFAULT_CELL_SIZE
from collage_core.contract.config import CONFIG_BOUNDS, ProcessingConfig
from collage_core.contract.csv_source import CsvSource
from collage_core.contract.manifest import Manifest
from collage_core.contract.receipt import CreatorResult, Receipt
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.summary import RunSummary
from collage_core.contract.trigger import Trigger
from collage_core.covers.chunking import name_chunks
from collage_core.covers.ingest import MAX_CSV_BYTES, IngestedCsv, check_size, ingest_csv
from collage_core.errors import CollageError, CsvFormatError, MessageError, SettingError
from collage_core.hosts.allowed_hosts import ENTRY_FORM, allowed_host
from collage_core.run import publish
from collage_core.run.reconcile import summarise
from collage_core.settings import Settings
from collage_core.sources.http.fetcher import Fetcher
from collage_core.storage.directory_store import DirectoryStore
from collage_core.worker.chunk import ChunkJob, process_chunk

EXIT_FAILED = 1
EXIT_UNUSABLE = 2
EXIT_INTERRUPTED = 130
"""As a shell reports a command that Ctrl-C ended."""

_CONFIG_HELP = {
    "rows": "rows of the grid",
    "cols": "columns of the grid",
    "quality": "JPEG quality of the collages",
    "max_workers": "downloads in flight",
    "timeout": "seconds for one try at a cover",
    "max_retries": "tries after the first one",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    0 when every row is accounted for, failed covers among them; 2 when the CSV or an option
    cannot be used; 1 when an object cannot be written or the books do not balance; 130 at
    Ctrl-C. After 1 and 130 downloads may still be under way.
    """
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logging.getLogger("urllib3").setLevel(logging.ERROR)  # it warns of each odd header
    try:
        CELL_SIZES[options.cell_size].check_grid(options.rows, options.cols)
    except MessageError as error:
        return _complain(str(error), EXIT_UNUSABLE)
    try:
        # Before it is read: a file of gigabytes would not end in a line that says so.
        check_size(options.csv.stat().st_size)
        intake, etag = _ingest(options.csv, options.out)
    except OSError as error:
        return _complain(f"{error.filename}: {error.strerror}", EXIT_UNUSABLE)
    except CsvFormatError as error:
        return _complain(f"{options.csv}: {error}", EXIT_UNUSABLE)
    try:
        summary = _run(intake, _manifest(options, etag, intake), options)
    except (CollageError, OSError) as error:
        return _complain(str(error), EXIT_FAILED)
    except KeyboardInterrupt:
        return _complain("interrupted; the collages that are there are whole", EXIT_INTERRUPTED)
    print(json.dumps(summary.to_json(), ensure_ascii=False))
    return 0


def _ingest(path: Path, out: Path) -> tuple[IngestedCsv, str]:
    """A CSV put in order, and the ETag that S3 would give it; the file itself is not kept."""
    data = path.read_bytes()
    out.mkdir(parents=True, exist_ok=True)
    # One chunk: whatever divides the work on one machine only makes threads wait.
    intake = ingest_csv(data, chunk_rows=MAX_CSV_BYTES)
    return intake, hashlib.md5(data, usedforsecurity=False).hexdigest()


def _run(intake: IngestedCsv, manifest: Manifest, options: argparse.Namespace) -> RunSummary:
    settings = Settings(
        allowed_source_hosts=tuple(options.allow_host),
        cell_size=CELL_SIZES[options.cell_size],
    )
    store = DirectoryStore({settings.output_bucket: options.out})
    receipts: list[Receipt] = []
    covers = sum(chunk.rows for chunk in manifest.chunks)
    with (
        Fetcher(settings.allowed_source_hosts, manifest.config) as fetcher,
        tqdm(total=covers, unit="cover", desc="Covers") as bar,
        logging_redirect_tqdm(),
    ):

        def advance(result: CreatorResult) -> None:
            bar.update(result.rows.total)

        for chunk in manifest.chunks:
            job = ChunkJob(
                message=manifest.message(chunk),
                trigger=manifest.trigger,
                covers_per_creator=settings.covers_per_creator(manifest.config),
                by_creator_copies=settings.by_creator_copies,
                cell_size=settings.cell_size,
            )
            first, last = chunk.byte_range
            receipts.append(
                process_chunk(
                    intake.ordered[first : last + 1],
                    job,
                    put=partial(store.put, settings.output_bucket),
                    fetcher=fetcher,
                    seconds_left=lambda: math.inf,
                    on_creator=advance,
                )
            )
    summary = summarise(manifest, receipts)
    publish.write_summary(store, settings, summary)
    publish.write_results(store, settings, manifest, receipts)
    return summary


def _manifest(options: argparse.Namespace, etag: str, intake: IngestedCsv) -> Manifest:
    config = ProcessingConfig(**{name: getattr(options, name) for name in CONFIG_BOUNDS})
    return Manifest(
        run_id=f"command-line-{options.timestamp}",
        run_timestamp=options.timestamp,
        trigger=Trigger.MANUAL,
        source=CsvSource(bucket="local-file", key=options.csv.name, etag=etag),
        config=config,
        output_prefix="",
        chunks=name_chunks(
            intake.spans, etag, config=config, output_prefix="", trigger=Trigger.MANUAL
        ),
        rejected=intake.rejected,
        dates=intake.dates,
    )


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line, and not the usage above it."""
        self.exit(_complain(f"{message} (--help lists the options)", EXIT_UNUSABLE))


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m collage_core",
        description="Make one collage per creator from a CSV of cover URLs.",
        epilog=(
            "The CSV has the columns creator_name, cover_url and updated_at. Exit code 0: every "
            "row is accounted for in the summary; 2: the CSV or an option cannot be used."
        ),
    )
    parser.add_argument("csv", type=Path, metavar="COVERS.csv")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="made if missing")
    defaults = ProcessingConfig()
    for name, (least, most) in CONFIG_BOUNDS.items():
        parser.add_argument(
            f"--{name.replace('_', '-')}",
            type=_whole_number(least, most),
            default=getattr(defaults, name),
            metavar="N",
            help=f"{_CONFIG_HELP[name]}, {least} to {most} (default: %(default)s)",
        )
    parser.add_argument(
        "--cell-size",
        choices=CELL_SIZES,
        default=str(DEFAULT_CELL_SIZE),
        help="pixels of a cell; JPEG covers of twice or four times the size take the least time "
        "(default: %(default)s)",
    )
    parser.add_argument(
        "--timestamp",
        type=_timestamp,
        default=RunTimestamp.of(datetime.now(UTC)),
        metavar="YYYYMMDD_HHMMSS",
        help="names the run and its files, in UTC (default: now)",
    )
    parser.add_argument(
        "--allow-host",
        type=_allowed_host,
        action="append",
        default=[],
        metavar="HOST",
        help="ask only hosts like this one, a name or a glob; may be given more than once. A "
        "name, unlike a glob, may have a private address (default: any public host)",
    )
    return parser


def _whole_number(least: int, most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if text.isascii() and text.isdigit() and least <= int(text) <= most:
            return int(text)
        raise argparse.ArgumentTypeError(
            f"{text!r} is not possible: it must be a whole number from {least} to {most}"
        )

    return parse


def _allowed_host(text: str) -> str:
    try:
        return allowed_host(text)
    except SettingError as error:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not possible: it must be {ENTRY_FORM}; {error}{_as_options(text)}"
        ) from error


def _as_options(text: str) -> str:
    """How the hosts of a list are given: the option takes one, and knows no commas."""
    hosts = text.replace(",", " ").split()
    if len(hosts) < 2:
        return ""
    return f": write {' '.join(f'--allow-host {shlex.quote(host)}' for host in hosts)}"


def _timestamp(text: str) -> RunTimestamp:
    try:
        return RunTimestamp.parse(text)
    except MessageError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _complain(message: str, code: int) -> int:
    print(f"collage_core: {message}", file=sys.stderr)
    return code


if __name__ == "__main__":
    code = main()
    if code in {EXIT_FAILED, EXIT_INTERRUPTED}:
        # An orderly end would wait for the downloads under way, for up to ten minutes.
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)
