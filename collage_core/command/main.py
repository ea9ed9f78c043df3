"""`cover-collage`: what can be done with covers without Airflow and without AWS."""

import sys
from collections.abc import Sequence
from functools import partial
from typing import NoReturn

from collage_core import __version__
from collage_core.command import collages, forget, get_urls, verify, where
from collage_core.command.one_line_parser import OneLineParser
from collage_core.command.outcome import EXIT_UNUSABLE, exit_code_of, leave

EPILOG = (
    "Begin with: cover-collage collages covers.csv --out collages. "
    "Each command has a --help of its own."
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the arguments ask for and return the exit code."""
    parser = command_parser()
    options = parser.parse_args(arguments)
    if options.command is None:
        parser.print_help(sys.stderr)
        return EXIT_UNUSABLE
    return exit_code_of(options.name, partial(options.work, options))


def run() -> NoReturn:
    """The program: `main`, and then the end of the process."""
    leave(main())


def command_parser() -> OneLineParser:
    """The parser of all subcommands. Its options say which `work` to do, and under what `name`."""
    parser = OneLineParser(
        prog="cover-collage", description="Collages of covers, on this machine.", epilog=EPILOG
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    subcommands = parser.add_subparsers(metavar="COMMAND", dest="command")
    for name, about, subcommand, work in (
        ("collages", "make one collage per creator from a CSV", collages, collages.make_collages),
        ("get-urls", "write covers from MySQL to a CSV", get_urls, get_urls.export_urls),
        ("where", "from a creator's name to its collages", where, where.show_keys),
        ("verify", "compare a run's books with its objects", verify, verify.verify_run),
        ("forget", "delete all that is kept of a creator", forget, forget.forget_creator),
    ):
        added = subcommands.add_parser(
            name, help=about, description=subcommand.DESCRIPTION, epilog=subcommand.EPILOG
        )
        subcommand.add_arguments(added)
        added.set_defaults(work=work, name=added.name)
    return parser
