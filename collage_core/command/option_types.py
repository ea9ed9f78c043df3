"""Texts of options to values. Each raises ArgumentTypeError with what is allowed."""

import argparse
import re
import shlex
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from pathlib import Path

from collage_core.command.mysql_url import MysqlUrl, MysqlUrlError
from collage_core.contract.faults import fits, rule
from collage_core.contract.identifiers import Identifier
from collage_core.contract.options import Option, Value, whole_number
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.errors import MessageError, SettingError
from collage_core.hosts.allowed_hosts import ENTRY_FORM, allowed_host
from collage_core.hosts.host_limits import LIMITS_FORM, HostLimits
from collage_core.hosts.request_headers import HEADERS_FORM, RequestHeaders

_WHOLE = 100


def value_of(option: Option) -> Callable[[str], Value]:
    """A value of an option of the run."""

    def parse(text: str) -> Value:
        try:
            return option.read(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(f"{text!r} is not possible: {error}") from None

    return parse


def percent(text: str) -> int:
    """A share in whole percent."""
    number = whole_number(text)
    if number is None or number > _WHOLE:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not possible: it must be a whole number from 0 to {_WHOLE}"
        )
    return number


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


def request_headers(text: str) -> RequestHeaders:
    """Headers by host. The message does not show their values: they may be secrets."""
    try:
        return RequestHeaders.parse(text)
    except SettingError as error:
        raise argparse.ArgumentTypeError(f"it must be {HEADERS_FORM}; {error}") from None


def host_limits(text: str) -> HostLimits:
    """Requests per second by host."""
    try:
        return HostLimits.parse(text)
    except SettingError as error:
        raise argparse.ArgumentTypeError(f"it must be {LIMITS_FORM}; {error}") from None


def run_timestamp(text: str) -> RunTimestamp:
    """A timestamp of a run."""
    try:
        return RunTimestamp.parse(text)
    except MessageError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def run_name(text: str) -> str:
    """The id of a run, or its timestamp."""
    if not fits(text, Identifier):
        raise argparse.ArgumentTypeError(f"{text!r} is not possible: {rule(Identifier)}")
    if re.fullmatch(RunTimestamp.PATTERN, text):
        run_timestamp(text)
    return text


def creator_name(text: str) -> str:
    """A creator's name, byte for byte as it is in the CSV."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise argparse.ArgumentTypeError(f"{text!a} is not possible: it is not UTF-8") from None
    if not text.strip() or "\0" in text:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not possible: a creator has a name, and rows without one are rejected"
        )
    return text


def folder(text: str) -> Path:
    """A folder that is there."""
    path = Path(text)
    if not path.is_dir():
        raise argparse.ArgumentTypeError(f"{text!r} is not possible: there is no such folder")
    return path


def day(text: str) -> datetime:
    """The first moment of a day in UTC."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = None
    # Python reads weeks and days without hyphens, too.
    if found is None or found.isoformat() != text:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day: write it like 2026-10-01")
    return datetime.combine(found, time(), tzinfo=UTC)


def mysql_url(text: str) -> MysqlUrl:
    """A URL of a database. The message does not show it: it may have a password."""
    try:
        return MysqlUrl.parse(text)
    except MysqlUrlError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
