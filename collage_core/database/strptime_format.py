"""Translates a format of Python's `strptime` for the database."""

import re
from dataclasses import dataclass
from typing import Final, Self

from collage_core.errors import SettingError

# Python's directives (docs.python.org/3/library/datetime.html#format-codes) and MySQL's for
# STR_TO_DATE and DATE_FORMAT (the manual's table of specifiers), which MariaDB shares.
_IN_MYSQL: Final = {
    "Y": "%Y",
    "y": "%y",
    "m": "%m",
    "b": "%b",
    "B": "%M",
    "d": "%d",
    "j": "%j",
    "a": "%a",
    "A": "%W",
    "H": "%H",
    "I": "%h",
    "p": "%p",
    "M": "%i",
    "S": "%s",
    "f": "%f",
    "%": "%%",
}
_DIRECTIVE = re.compile(r"%(.?)", re.DOTALL)
_ORDER = "YmdHMSf"
_MICROSECONDS = {
    "d": 86_400_000_000,
    "H": 3_600_000_000,
    "M": 60_000_000,
    "S": 1_000_000,
    "f": 1_000_000,
}


@dataclass(frozen=True, slots=True)
class StrptimeFormat:
    """The format of times in text, or in numbers that are read as text.

    `%z` may only be at the end: an offset from UTC such as +02:00, +0200 or Z.
    """

    text: str
    """The format for Python."""
    mysql: str
    """The format for STR_TO_DATE, without `%z`."""
    bound: str
    """The format for DATE_FORMAT of the part that is compared: up to the second, without any text
    after it. Empty if texts do not sort like their times."""
    bound_text: str
    """The same part of the format for Python."""
    resolution: int
    """Microseconds between two values of `bound`."""
    has_offset: bool

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises ValueError if the format lacks a part, or if the database does not support it."""
        has_offset = text.endswith("%z")
        body = text.removesuffix("%z")
        letters = _DIRECTIVE.findall(body)
        if unknown := [letter for letter in letters if letter not in _IN_MYSQL]:
            raise ValueError(
                f"%{unknown[0]} is not understood"
                + (" unless it is last" if unknown[0] == "z" else "")
            )
        if "'" in body or "\\" in body:
            raise ValueError("quotes and backslashes cannot be part of it")
        _check_day(set(letters))
        named = "".join(letter for letter in letters if letter != "%")
        cut = _cut(body) if _is_ordered(body, named) else ""
        return cls(
            text=text,
            mysql=_in_mysql(body),
            bound=_in_mysql(cut),
            bound_text=cut,
            resolution=_MICROSECONDS.get(named[-1], 0),
            has_offset=has_offset,
        )

    @property
    def is_ordered(self) -> bool:
        """Whether texts sort like their times, so that an index can be used."""
        return bool(self.bound)


def parse_format(text: str) -> StrptimeFormat:
    """Parse the format in `updated_at_holds`. Raises SettingError that names it."""
    try:
        return StrptimeFormat.parse(text)
    except ValueError as error:
        raise SettingError(
            f"updated_at_holds of CoversTable is {text!r}: {error}; a format is one of strptime "
            'that says year, month and day, such as "%Y-%m-%d %H:%M:%S"'
        ) from None


def _check_day(letters: set[str]) -> None:
    has_month = letters & {"m", "b", "B"}
    if not letters & {"Y", "y"}:
        raise ValueError("it has no year (%Y)")
    if not ("j" in letters or (has_month and "d" in letters)):
        raise ValueError("it has no day (%m and %d)")
    if "I" in letters and "p" not in letters:
        raise ValueError("%I needs %p")


def _is_ordered(body: str, named: str) -> bool:
    return body.startswith("%Y") and len(named) >= 3 and _ORDER.startswith(named)


def _cut(body: str) -> str:
    """The format up to its last directive before the fraction of a second."""
    ends = [found.end() for found in _DIRECTIVE.finditer(body) if found[1] not in "f%"]
    return body[: ends[-1]]


def _in_mysql(body: str) -> str:
    return _DIRECTIVE.sub(lambda found: _IN_MYSQL[found[1]], body)
