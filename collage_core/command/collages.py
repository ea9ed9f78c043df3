"""A CSV of covers to collages, thumbnails and books in a folder of this machine.

Objects lie under the folder at the keys that they have in the output bucket, with a page and a
contact sheet at its top. Progress goes to stderr. A person at a terminal gets the books as a table
and the paths of the pictures; a program gets the summary as JSON, in the last line of stdout.
"""

import argparse
import json
import logging
import sys
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from tqdm import tqdm
from tqdm.contrib.logging import logging_redirect_tqdm

from collage_core.command.blocked import how_to_allow
from collage_core.command.on_terminal import print_report
from collage_core.command.option_types import (
    host_entry,
    host_limits,
    percent,
    request_headers,
    run_timestamp,
    value_of,
)
from collage_core.command.outcome import (
    EXIT_FAILED,
    EXIT_INTERRUPTED,
    EXIT_NOTHING_PLACED,
    EXIT_TOO_MANY_FAILED,
    EXIT_UNUSABLE,
    CommandError,
    os_error_line,
    show,
)
from collage_core.command.pages import Pages, write_pages
from collage_core.contract.canvas_size import check_canvas
from collage_core.contract.cell_size import CELL_SIZES, DEFAULT_CELL_SIZE
from collage_core.contract.config import ProcessingConfig
from collage_core.contract.document import to_json
from collage_core.contract.options import OPTIONS, Option
from collage_core.contract.receipt import CreatorResult
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.trigger import Trigger
from collage_core.errors import CollageError, CsvFormatError, MessageError
from collage_core.hosts.host_limits import HostLimits
from collage_core.hosts.request_headers import RequestHeaders
from collage_core.run.local import LocalCsv, LocalRun, read_local_csv, run_here
from collage_core.run.plan import RunSpec
from collage_core.settings import Settings

DESCRIPTION = "Make one collage per creator from a CSV of cover URLs."
EPILOG = (
    "On a terminal the books are shown as a table; otherwise, and with --json, the last line of "
    "stdout is the summary. "
    "index.html in DIR shows all collages. Exit code 0: every row is accounted for in the summary; "
    "1: a file could not be written; 2: the CSV or an option cannot be used; 3: there were rows, "
    "and no cover of them could be placed; 4: more covers failed than --fail-above allows, and the "
    "collages that could be made are there."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Tell a parser what `make_collages` can be told."""
    parser.add_argument(
        "csv",
        type=Path,
        metavar="COVERS.csv",
        help="with the columns creator_name, cover_url and updated_at",
    )
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="DIR",
        help="the folder of the collages, made if missing",
    )
    picture = parser.add_argument_group("the picture")
    for option in OPTIONS.values():
        _add_option(picture if option.of_picture else parser, option)
    parser.add_argument(
        "--cell-size",
        choices=CELL_SIZES,
        default=str(DEFAULT_CELL_SIZE),
        help="pixels of a cell; JPEG covers of twice or four times the size take the least time "
        "(default: %(default)s)",
    )
    parser.add_argument(
        "--timestamp",
        type=run_timestamp,
        default=RunTimestamp.of(datetime.now(UTC)),
        metavar="YYYYMMDD_HHMMSS",
        help="names the run and its files, in UTC (default: now)",
    )
    parser.add_argument(
        "--allow-host",
        type=host_entry,
        action="append",
        default=[],
        metavar="HOST",
        help="ask only hosts like this one, a name or a glob; may be given more than once. A "
        "name, unlike a glob, may have a private address (default: any public host)",
    )
    parser.add_argument(
        "--request-headers",
        type=request_headers,
        default=RequestHeaders(),
        metavar="JSON",
        help='headers for hosts that ask for them, such as {"*.cdn.example": {"Referer": '
        '"https://www.example/"}} (default: none)',
    )
    parser.add_argument(
        "--host-limits",
        type=host_limits,
        default=HostLimits(),
        metavar="JSON",
        help='the most requests per second to a host, such as {"*.cdn.example": 20} '
        "(default: none)",
    )
    parser.add_argument(
        "--fail-above",
        type=percent,
        default=Settings().fail_above_percent,
        metavar="PERCENT",
        help="end with exit code 4 if more of the covers failed that were asked for; 100: never "
        "(default: %(default)s)",
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help="print the summary as JSON on a terminal, too (default: a table there)",
    )


def _add_option(group: argparse._ActionsContainer, option: Option) -> None:
    """Add an option of the run, with the default of the settings."""
    flag = f"--{option.name.replace('_', '-')}"
    default = getattr(Settings().processing_config, option.name)
    said = {None: "no limit", "": "none"}.get(default, default)
    if option.kind is bool:
        help_text = f"{option.help} (default: {'yes' if default else 'no'})"
        group.add_argument(
            flag, action=argparse.BooleanOptionalAction, default=default, help=help_text
        )
        return
    is_number = option.kind is int
    bounds = f", {option.least} to {option.most}" if is_number else ""
    group.add_argument(
        flag,
        type=value_of(option),
        default=default,
        metavar="N" if is_number else "|".join(option.choices) or option.name.upper(),
        help=f"{option.help}{bounds} (default: {said})",
    )


def make_collages(options: argparse.Namespace) -> None:
    """Make the collages, and print the books as a table or as JSON.

    Raises CommandError when the CSV or an option cannot be used, when an object cannot be written,
    when the books do not balance, when no cover could be placed or too many failed, and at Ctrl-C.
    In all cases but the first, downloads may still be under way.
    """
    for_a_person = sys.stdout.isatty() and not options.json
    # The table counts what failed, and the page names it.
    logging.basicConfig(
        level=logging.ERROR if for_a_person else logging.WARNING, format="%(message)s"
    )
    logging.getLogger("urllib3").setLevel(logging.ERROR)  # it warns of each odd header
    csv = _usable_csv(options)
    settings = Settings(
        allowed_source_hosts=tuple(options.allow_host),
        request_headers=options.request_headers,
        host_limits=options.host_limits,
        cell_size=CELL_SIZES[options.cell_size],
        fail_above_percent=options.fail_above,
    )
    try:
        run = _run(csv, options, settings)
        pages = write_pages(options.out, run, by_creator_copies=settings.by_creator_copies)
    except CollageError as error:
        raise CommandError(str(error), EXIT_FAILED) from error
    except OSError as error:
        raise CommandError(os_error_line(error, options.out), EXIT_FAILED) from error
    except KeyboardInterrupt as error:
        raise CommandError(
            "interrupted; the collages that are there are whole", EXIT_INTERRUPTED
        ) from error
    hint = how_to_allow(run.summary.books, run.blocked, allowed=options.allow_host)
    if for_a_person:
        print_report(Console(), run, pages, hint=hint)
    else:
        if hint:
            print(hint, file=sys.stderr)
        show(json.dumps(to_json(run.summary)))
    _check_placed(run, pages)


def _check_placed(run: LocalRun, pages: Pages) -> None:
    """Raise CommandError if no row is on a collage, or too many covers failed."""
    rows = run.summary.books.rows
    if rows.total and not rows.placed:
        raise CommandError(
            f"nothing was placed: {rows.failed:,} of {rows.total:,} rows failed and "
            f"{rows.rejected:,} cannot be used; {pages.index} has the reasons and what to do",
            EXIT_NOTHING_PLACED,
        )
    if too_many := run.closed.too_many_failed:
        raise CommandError(
            f"{too_many.said}; {pages.index} has what could be made. If so many may fail, say so "
            "with --fail-above",
            EXIT_TOO_MANY_FAILED,
        )


def _usable_csv(options: argparse.Namespace) -> LocalCsv:
    """The CSV, once it is clear that the options fit together and the folder is there."""
    try:
        check_canvas(CELL_SIZES[options.cell_size], _config(options))
        csv = read_local_csv(options.csv)
        options.out.mkdir(parents=True, exist_ok=True)
    except MessageError as error:
        raise CommandError(str(error), EXIT_UNUSABLE) from error
    except OSError as error:
        raise CommandError(os_error_line(error, options.csv), EXIT_UNUSABLE) from error
    except CsvFormatError as error:
        raise CommandError(f"{options.csv}: {error}", EXIT_UNUSABLE) from error
    return csv


def _config(options: argparse.Namespace) -> ProcessingConfig:
    return ProcessingConfig(**{name: getattr(options, name) for name in OPTIONS})


def _run(csv: LocalCsv, options: argparse.Namespace, settings: Settings) -> LocalRun:
    """The run that the options ask for, with a progress bar."""
    spec = RunSpec(
        run_id=f"command-line-{options.timestamp}",
        run_timestamp=options.timestamp,
        trigger=Trigger.MANUAL,
        config=_config(options),
    )
    with tqdm(total=csv.covers, unit="cover", desc="Covers") as bar, logging_redirect_tqdm():

        def advance(result: CreatorResult) -> None:
            bar.update(result.rows.total)

        return run_here(csv, spec, settings, out=options.out, on_creator=advance)
