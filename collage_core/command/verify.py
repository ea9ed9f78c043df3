"""Verifies a closed run, in the output bucket or in a folder of the command's own runs."""

import argparse
import os
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from tqdm import tqdm

from collage_core.command.option_types import folder, run_name
from collage_core.command.outcome import (
    EXIT_FAILED,
    EXIT_NOT_AS_RECORDED,
    EXIT_UNUSABLE,
    CommandError,
    os_error_line,
    show,
)
from collage_core.command.s3 import s3_store
from collage_core.errors import CollageError, SettingError
from collage_core.run.delete_extras import delete_extras
from collage_core.run.opened_collage import picture_problems
from collage_core.run.recorded_run import RecordedRun
from collage_core.run.verify import SAMPLE, Fixes, Problem, VerifyReport, verify
from collage_core.settings import Settings
from collage_core.storage.directory_store import DirectoryStore
from collage_core.storage.object_store import ObjectStore

DESCRIPTION = "Compare a run's books with its objects: rows = receipts = record = objects."
EPILOG = (
    "The buckets are those of the settings OUTPUT_BUCKET and TEMP_BUCKET in the environment; S3 "
    "needs the extra aws. Exit code 0: everything is as recorded; 1: the bucket or the run's "
    "record cannot be read; 2: an option or a setting cannot be used; 3: there are problems."
)

_MOST_LINES = 100
"""Problems that are shown; the last line counts them all."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Tell a parser what `verify_run` can be told."""
    parser.add_argument(
        "run",
        type=run_name,
        metavar="RUN",
        help="its run_id, or its timestamp as in the keys of its collages, YYYYMMDD_HHMMSS",
    )
    parser.add_argument(
        "--all",
        action="store_true",
        help=f"read the metadata of all creators and open all collages (default: {SAMPLE} of each)",
    )
    parser.add_argument(
        "--delete-extras",
        action="store_true",
        help="list the objects of the run that its record does not name, and delete them",
    )
    parser.add_argument(
        "--out", type=folder, metavar="DIR", help="a folder of `collages`, instead of S3"
    )


def verify_run(options: argparse.Namespace) -> None:
    """Print what was found: each problem with its fix, and a line that counts.

    Raises CommandError when there are problems, and when the run cannot be verified.
    """
    try:
        settings = Settings.from_env(os.environ)
    except SettingError as error:
        raise CommandError(str(error), EXIT_UNUSABLE) from error
    out: Path | None = options.out
    if out is not None:
        # A folder is its own bucket: what is said names it.
        settings = replace(settings, output_bucket=str(out))
    with _store(out, settings) as store:
        run = RecordedRun.find(store, settings, options.run)
        with tqdm(unit="creator", desc="Creators", disable=None) as bar:
            report = verify(
                run,
                look=picture_problems,
                sample=None if options.all else SAMPLE,
                on_creator=bar.update,
                fixes=None if out is None else _fixes_in_folder(options.run, out),
            )
        if options.delete_extras:
            for extra in report.extras:
                show(extra.key)
            delete_extras(run, report.extras)
            show(f"{len(report.extras):,} extra objects deleted")
    _tell(report, report.problems if options.delete_extras else report.everything)


def _fixes_in_folder(named: str, out: Path) -> Fixes:
    folder = shlex.quote(str(out))
    return Fixes(
        close_again=f"make its collages again: cover-collage collages CSV --out {folder}",
        delete_extras=f"cover-collage verify {named} --delete-extras --out {folder}",
    )


def _tell(report: VerifyReport, problems: Sequence[Problem]) -> None:
    for problem in islice(problems, _MOST_LINES):
        show(problem.what)
        show(f"  fix: {problem.fix}")
    if len(problems) > _MOST_LINES:
        show(f"and {len(problems) - _MOST_LINES:,} more")
    if problems:
        raise CommandError(report.in_words, EXIT_NOT_AS_RECORDED)
    show(report.in_words)


@contextmanager
def _store(out: Path | None, settings: Settings) -> Iterator[ObjectStore]:
    """The store that has the run. Raises CommandError for what goes wrong in the block."""
    if out is None:
        with s3_store(settings.output_bucket) as s3:
            yield s3
        return
    # A run of the command keeps no manifest and no receipts.
    with TemporaryDirectory(prefix="collage-verify-") as temp:
        folders = {settings.output_bucket: out, settings.temp_bucket: Path(temp)}
        try:
            yield DirectoryStore(folders)
        except CollageError as error:
            raise CommandError(f"{out}: {error}", EXIT_FAILED) from error
        except OSError as error:
            raise CommandError(os_error_line(error, out), EXIT_FAILED) from error
