"""`python -m collage_core COVERS.csv --out DIR`: what `cover-collage collages` does."""

from collections.abc import Sequence
from functools import partial

from collage_core.command import collages
from collage_core.command.one_line_parser import OneLineParser
from collage_core.command.outcome import exit_code_of, leave


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    0 when every row is accounted for, failed covers among them; 2 when the CSV or an option
    cannot be used; 1 when an object cannot be written or the books do not balance; 3 when there
    were rows and no cover could be placed; 130 at Ctrl-C. After 1 and 130 downloads may still be
    under way.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    return exit_code_of(parser.name, partial(collages.make_collages, options))


def _parser() -> OneLineParser:
    parser = OneLineParser(
        prog="python -m collage_core", description=collages.DESCRIPTION, epilog=collages.EPILOG
    )
    collages.add_arguments(parser)
    return parser


if __name__ == "__main__":
    leave(main())
