"""Texts of options to values. Each raises ArgumentTypeError with what is allowed."""

import argparse
import shlex
from collections.abc import Callable

from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.errors import MessageError, SettingError
from collage_core.hosts.allowed_hosts import ENTRY_FORM, allowed_host


def whole_number(least: int, most: int) -> Callable[[str], int]:
    """A whole number within bounds."""

    def parse(text: str) -> int:
        if text.isascii() and text.isdigit() and least <= int(text) <= most:
            return int(text)
        raise argparse.ArgumentTypeError(
            f"{text!r} is not possible: it must be a whole number from {least} to {most}"
        )

    return parse


def host_entry(text: str) -> str:
    """An entry of the list of allowed hosts."""
    try:
        return allowed_host(text)
    except SettingError as error:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not possible: it must be {ENTRY_FORM}; {error}{_as_options(text)}"
        ) from error


def _as_options(text: str) -> str:
    """How the hosts of a list are given: the option takes one, and knows no commas."""
    hosts = text.replace(",", " ").split()
    if len(hosts) < 2:
        return ""
    return f": write {' '.join(f'--allow-host {shlex.quote(host)}' for host in hosts)}"


def run_timestamp(text: str) -> RunTimestamp:
    """A timestamp of a run."""
    try:
        return RunTimestamp.parse(text)
    except MessageError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
