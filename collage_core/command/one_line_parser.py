"""A parser of options whose complaints take one line."""

import argparse
import re
from typing import NoReturn, override

from collage_core.command.mysql_url import FORM
from collage_core.command.outcome import EXIT_UNUSABLE, complain

_LOGIN = re.compile(r"""(?P<start>['"]?(?:--?[\w-]+=)?(?:\w+://)?)\S*:\S*@[^\s'"]*""")


class OneLineParser(argparse.ArgumentParser):
    """Complains in one line, and not in the usage above it."""

    @property
    def name(self) -> str:
        """What the program's complaints begin with."""
        return self.prog.removeprefix("python -m ")

    @override
    def error(self, message: str) -> NoReturn:
        # It repeats arguments that it does not know, and one may be a URL with a password.
        message = _LOGIN.sub(_hidden, message)
        self.exit(complain(self.name, f"{message} (--help lists the options)", EXIT_UNUSABLE))


def _hidden(login: re.Match[str]) -> str:
    return login[0] if FORM in login[0] else f"{login['start']}…"
