"""A CSV of covers to collages, thumbnails and books in a folder of this machine.

Objects lie under the folder at the keys that they have in the output bucket. Progress goes to
stderr, and the last line of stdout is the run's summary as JSON.
"""

import argparse
import json
import logging
from datetime import UTC, datetime
from pathlib import Path

from tqdm import tqdm
from tqdm.contrib.logging import logging_redirect_tqdm

from collage_core.command.option_types import host_entry, run_timestamp, whole_number
from collage_core.command.outcome import (
    EXIT_FAILED,
    EXIT_INTERRUPTED,
    EXIT_UNUSABLE,
    CommandError,
    os_error_line,
    show,
)
from collage_core.contract.canvas_size import check_canvas
from collage_core.contract.cell_size import CELL_SIZES, DEFAULT_CELL_SIZE
from collage_core.contract.config import CONFIG_BOUNDS, ProcessingConfig
from collage_core.contract.document import to_json
from collage_core.contract.receipt import CreatorResult
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.summary import RunSummary
from collage_core.contract.trigger import Trigger
from collage_core.errors import CollageError, CsvFormatError, MessageError
from collage_core.run.local import LocalCsv, read_local_csv, run_here
from collage_core.run.plan import RunSpec
from collage_core.settings import Settings

DESCRIPTION = "Make one collage per creator from a CSV of cover URLs."
EPILOG = (
    "The CSV has the columns creator_name, cover_url and updated_at. Exit code 0: every "
    "row is accounted for in the summary; 2: the CSV or an option cannot be used."
)

_CONFIG_HELP = {
    "rows": "rows of the grid",
    "cols": "columns of the grid",
    "quality": "JPEG quality of the collages",
    "max_workers": "downloads in flight",
    "timeout": "seconds for one try at a cover",
    "max_retries": "tries after the first one",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Tell a parser what `make_collages` can be told."""
    parser.add_argument("csv", type=Path, metavar="COVERS.csv")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="made if missing")
    defaults = ProcessingConfig()
    for name, (least, most) in CONFIG_BOUNDS.items():
        parser.add_argument(
            f"--{name.replace('_', '-')}",
            type=whole_number(least, most),
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


def make_collages(options: argparse.Namespace) -> None:
    """Make the collages and print the summary.

    Raises CommandError when the CSV or an option cannot be used, when an object cannot be written,
    when the books do not balance, and at Ctrl-C. In all cases but the first, downloads may still be
    under way.
    """
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logging.getLogger("urllib3").setLevel(logging.ERROR)  # it warns of each odd header
    csv = _usable_csv(options)
    try:
        summary = _run(csv, options)
    except (CollageError, OSError) as error:
        raise CommandError(str(error), EXIT_FAILED) from error
    except KeyboardInterrupt as error:
        raise CommandError(
            "interrupted; the collages that are there are whole", EXIT_INTERRUPTED
        ) from error
    show(json.dumps(to_json(summary), ensure_ascii=False))


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
    return ProcessingConfig(**{name: getattr(options, name) for name in CONFIG_BOUNDS})


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
        config=_config(options),
    )
    with tqdm(total=csv.covers, unit="cover", desc="Covers") as bar, logging_redirect_tqdm():

        def advance(result: CreatorResult) -> None:
            bar.update(result.rows.total)

        return run_here(csv, spec, settings, out=options.out, on_creator=advance)
