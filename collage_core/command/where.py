"""From the names of creators to their keys: in a folder, in a bucket, or as the rule has them."""

import argparse
import sys
from collections.abc import Iterator
from typing import get_args

from collage_core.command.creator_bucket import collages_in_bucket
from collage_core.command.creator_folder import files_of, names_like
from collage_core.command.option_types import creator_name, folder, run_timestamp
from collage_core.command.outcome import EXIT_FAILED, CommandError, os_error_line, show
from collage_core.contract.picture_options import PictureFormat
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.trigger import Trigger
from collage_core.layout import keys
from collage_core.layout.creator_names import encode_creator

DESCRIPTION = "Print where the collage, thumbnail and metadata of a creator are."
EPILOG = (
    "With --out the files in that folder, with --bucket the collages in that bucket, otherwise "
    "the keys in the output bucket. Names are compared byte for byte; write -- before a name that "
    "begins with a hyphen. Exit code 0: every name was found; 1: a name has no file there, or the "
    "folder or the bucket cannot be read; 2: an option cannot be used."
)

_ANY_RUN = RunTimestamp.parse("20010203_040506")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Tell a parser what `show_keys` can be told."""
    parser.add_argument("names", type=creator_name, nargs="+", metavar="NAME")
    place = parser.add_mutually_exclusive_group()
    place.add_argument("--out", type=folder, metavar="DIR", help="a folder of `collages`")
    place.add_argument("--bucket", metavar="NAME", help="an output bucket; needs the extra aws")
    parser.add_argument(
        "--timestamp",
        type=run_timestamp,
        metavar="YYYYMMDD_HHMMSS",
        help="of this run alone (default: of all runs)",
    )
    parser.add_argument(
        "--format",
        choices=get_args(PictureFormat),
        default="jpg",
        help="of collages whose keys come out of the rule alone (default: %(default)s)",
    )


def show_keys(options: argparse.Namespace) -> None:
    """Print a line for each key or file; a person at a terminal sees the names above them.

    Raises CommandError when a name has no file there, after those of the other names.
    """
    missing = []
    for name in options.names:
        try:
            found = _found(options, name)
        except OSError as error:
            raise CommandError(os_error_line(error, options.out), EXIT_FAILED) from error
        if sys.stdout.isatty():
            show(f"{name!r} is {encode_creator(name)} in keys")
        for line in found:
            show(f"  {line}" if sys.stdout.isatty() else line)
        if not found:
            missing.append(_complaint(options, name))
    if missing:
        raise CommandError("; ".join(missing), EXIT_FAILED)


def _found(options: argparse.Namespace, name: str) -> list[str]:
    if options.out is not None:
        return list(map(str, files_of(options.out, name, timestamp=options.timestamp)))
    if options.bucket is not None:
        return collages_in_bucket(options.bucket, name, timestamp=options.timestamp)
    return list(_keys(name, options.timestamp, options.format))


def _complaint(options: argparse.Namespace, name: str) -> str:
    run = f" of run {options.timestamp}" if options.timestamp else ""
    if options.out is None:
        return f"bucket {options.bucket} has no collage{run} of {name!r}"
    near = " or ".join(f"{other!r}" for other in names_like(options.out, name) if other != name)
    meant = f": did you mean {near}?" if near else ""
    return f"{options.out} has no file{run} of {name!r}{meant}"


def _keys(name: str, timestamp: RunTimestamp | None, suffix: PictureFormat) -> Iterator[str]:
    """The keys in the output bucket; without a timestamp with TS and YYYY/MM/DD, as in docs."""
    run = timestamp or _ANY_RUN
    exact = [
        *(keys.collage(name, run, trigger, suffix=suffix) for trigger in Trigger),
        keys.collage_by_creator(name, run, suffix=suffix),
        keys.thumbnail(name, run),
        keys.metadata(name, run),
    ]
    for key in exact:
        if timestamp:
            yield key
        else:
            # From the end: a name may have the same digits.
            head, _, rest = key.rpartition(f"_{run}")
            yield f"{head.replace(f'/{run.day_path}/', '/YYYY/MM/DD/', 1)}_TS{rest}"
