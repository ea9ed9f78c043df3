"""Options that write figures to files, checked before the benchmark takes its minutes."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from benchmarks.harness.plot import CAN_PLOT


def add_figure_files(parser: argparse.ArgumentParser) -> None:
    """Add `--json` and `--plot`. Their folder is made when the options are parsed."""
    parser.add_argument("--json", type=_new_file, metavar="FILE", help="write all figures")
    parser.add_argument("--plot", type=_new_file, metavar="FILE.png", help="draw the figures")


def parse(parser: argparse.ArgumentParser, arguments: Sequence[str] | None) -> argparse.Namespace:
    """Parse the options; end the program if `--plot` was given and cannot be done."""
    options = parser.parse_args(arguments)
    if options.plot and not CAN_PLOT:
        parser.error("--plot needs matplotlib: `uv sync --group benchmarks` installs it")
    return options


def _new_file(text: str) -> Path:
    path = Path(text)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise argparse.ArgumentTypeError(f"the folder of {text} cannot be made: {error}") from error
    return path
