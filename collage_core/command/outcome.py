"""How a command ends: its exit code, and one line that says why when it is not 0."""

import io
import os
import sys
from collections.abc import Callable
from typing import NoReturn

EXIT_FAILED = 1
EXIT_UNUSABLE = 2
EXIT_NOTHING_PLACED = 3
"""There were rows, and no cover of them is on a collage."""
EXIT_TOO_MANY_FAILED = 4
"""More covers failed than --fail-above allows; the collages that could be made are there."""
EXIT_NOT_AS_RECORDED = 3
"""The run is there, and objects or documents of it are not as they should be."""
EXIT_INTERRUPTED = 130
"""As a shell reports a command that Ctrl-C ended."""


class CommandError(Exception):
    """The work cannot be done, or not to its end. The message is the line for the user."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def exit_code_of(name: str, work: Callable[[], None]) -> int:
    """Do the work and return the exit code; an error is shown as one line after `name`."""
    # Names and paths are in any script, and a terminal may know less: ASCII, or a page of Windows.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        work()
    except CommandError as error:
        return complain(name, str(error), error.exit_code)
    except KeyboardInterrupt:
        return complain(name, "interrupted", EXIT_INTERRUPTED)
    return 0


def show(result: str) -> None:
    """Print a line of the result. Raises CommandError when stdout is full or closed.

    A program gets a path byte for byte, which may be one that stdout's encoding does not have.
    """
    try:
        if sys.stdout.isatty():
            print(result, flush=True)
        else:
            sys.stdout.buffer.write(os.fsencode(f"{result}\n"))
            sys.stdout.buffer.flush()
    except OSError as error:
        raise CommandError(os_error_line(error, "stdout"), EXIT_FAILED) from error


def os_error_line(error: OSError, about: object) -> str:
    """What failed, for the user. A failed write does not name its file: it is `about` that.

    A file is written under another name first: the name that it was to get is the one to show.
    """
    return f"{error.filename2 or error.filename or about}: {error.strerror or error}"


def complain(name: str, message: str, exit_code: int) -> int:
    """Print a line for the user; returns the exit code."""
    print(f"{name}: {message}", file=sys.stderr)
    return exit_code


def leave(exit_code: int) -> NoReturn:
    """End the process, without waiting for downloads when the work was not done to its end."""
    if exit_code in {EXIT_FAILED, EXIT_INTERRUPTED}:
        # An orderly end would wait for the downloads under way, for up to ten minutes.
        sys.stderr.flush()
        os._exit(exit_code)
    sys.exit(exit_code)
