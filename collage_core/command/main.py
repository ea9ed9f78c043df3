"""`cover-collage`: what can be done with covers without Airflow and without AWS."""

from collections.abc import Sequence
from functools import partial
from typing import NoReturn

from collage_core import __version__
from collage_core.command import collages
from collage_core.command.one_line_parser import OneLineParser
from collage_core.command.outcome import exit_code_of, leave


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the arguments ask for and return the exit code."""
    options = command_parser().parse_args(arguments)
    return exit_code_of(options.name, partial(options.work, options))


def run() -> NoReturn:
    """The program: `main`, and then the end of the process."""
    leave(main())


def command_parser() -> OneLineParser:
    """The parser of all subcommands. Its options say which `work` to do, and under what `name`."""
    parser = OneLineParser(prog="cover-collage", description="Collages of covers, on this machine.")
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    subcommands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")
    made = subcommands.add_parser(
        "collages",
        help="make one collage per creator from a CSV",
        description=collages.DESCRIPTION,
        epilog=collages.EPILOG,
    )
    collages.add_arguments(made)
    made.set_defaults(work=collages.make_collages, name=made.name)
    return parser
