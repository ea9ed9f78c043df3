"""A parser of options whose complaints take one line."""

import argparse
from typing import NoReturn, override

from collage_core.command.outcome import EXIT_UNUSABLE, complain


class OneLineParser(argparse.ArgumentParser):
    """Complains in one line, and not in the usage above it."""

    @property
    def name(self) -> str:
        """What the program's complaints begin with."""
        return self.prog.removeprefix("python -m ")

    @override
    def error(self, message: str) -> NoReturn:
        self.exit(complain(self.name, f"{message} (--help lists the options)", EXIT_UNUSABLE))
