"""A parser of options whose complaints take one line."""

import argparse
import re
from typing import NoReturn, override

from collage_core.command.outcome import EXIT_UNUSABLE, complain

_URL_WITH_USER = re.compile(r"(\w+://)\S*@\S*")


class OneLineParser(argparse.ArgumentParser):
    """Complains in one line, and not in the usage above it."""

    @property
    def name(self) -> str:
        """What the program's complaints begin with."""
        return self.prog.removeprefix("python -m ")

    @override
    def error(self, message: str) -> NoReturn:
        # It repeats arguments that it does not know, and one may be a URL with a password.
        message = _URL_WITH_USER.sub(r"\1…", message)
        self.exit(complain(self.name, f"{message} (--help lists the options)", EXIT_UNUSABLE))
