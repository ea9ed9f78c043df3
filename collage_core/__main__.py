"""`python -m collage_core COVERS.csv --out DIR`: the work of the cloud on one machine.

Objects are written to DIR at the keys that they have in the output bucket. Progress goes to
stderr, and the last line of stdout is the run's summary as JSON.
"""

import argparse
import json
import logging
import os
import shlex
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from tqdm import tqdm
from tqdm.contrib.logging import logging_redirect_tqdm

from collage_core.contract.cell_size import CELL_SIZES, DEFAULT_CELL_SIZE
from collage_core.contract.config import CONFIG_BOUNDS, ProcessingConfig
from collage_core.contract.document import to_json
from collage_core.contract.receipt import CreatorResult
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.summary import RunSummary
from collage_core.contract.trigger import Trigger
from collage_core.errors import CollageError, CsvFormatError, MessageError, SettingError
from collage_core.hosts.allowed_hosts import ENTRY_FORM, allowed_host
from collage_core.run.local import LocalCsv, read_local_csv, run_here
from collage_core.run.plan import RunSpec
from collage_core.settings import Settings

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
    Ctrl-C. After 1 and 130 downloads may still be running.
    """
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logging.getLogger("urllib3").setLevel(logging.ERROR)  # it warns about each odd header
    try:
        CELL_SIZES[options.cell_size].check_grid(options.rows, options.cols)
    except MessageError as error:
        return _complain(str(error), EXIT_UNUSABLE)
    try:
        csv = read_local_csv(options.csv)
        options.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return _complain(f"{error.filename}: {error.strerror}", EXIT_UNUSABLE)
    except CsvFormatError as error:
        return _complain(f"{options.csv}: {error}", EXIT_UNUSABLE)
    try:
        summary = _run(csv, options)
    except (CollageError, OSError) as error:
        return _complain(str(error), EXIT_FAILED)
    except KeyboardInterrupt:
        return _complain("interrupted; the collages written before are complete", EXIT_INTERRUPTED)
    print(json.dumps(to_json(summary), ensure_ascii=False))
    return 0


def _run(csv: LocalCsv, options: argparse.Namespace) -> RunSummary:
    """The run that the options ask for, with a progress bar."""
    settings = Settings(
        allowed_source_hosts=tuple(options.allow_host),
        cell_size=CELL_SIZES[options.cell_size],
    )
    spec = RunSpec(
        run_id=f"command-line-{options.timestamp}",
        run_timestamp=options.timestamp,
        trigger=Trigger.MANUAL,
        config=ProcessingConfig(**{name: getattr(options, name) for name in CONFIG_BOUNDS}),
    )
    with tqdm(total=csv.covers, unit="cover", desc="Covers") as bar, logging_redirect_tqdm():

        def advance(result: CreatorResult) -> None:
            bar.update(result.rows.total)

        return run_here(csv, spec, settings, out=options.out, on_creator=advance)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Print one line, without the usage above it."""
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
    """How to write a list of hosts as options: each option takes one host, and no commas."""
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
        # A regular exit would wait for the running downloads, for up to ten minutes.
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)
