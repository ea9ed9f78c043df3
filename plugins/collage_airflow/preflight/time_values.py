"""Finds out which `updated_at_holds` fits the values of a time column."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Final

from collage_core.database.strptime_format import StrptimeFormat
from collage_core.database.time_column import EPOCHS, MICROSECONDS, MILLISECONDS, SECONDS

# From 1976 to 2286 the size of a number shows its unit.
_UNITS: Final = {
    SECONDS: (Decimal(2 * 10**8), Decimal(10**10)),
    MILLISECONDS: (Decimal(2 * 10**11), Decimal(10**13)),
    MICROSECONDS: (Decimal(2 * 10**14), Decimal(10**16)),
}
_DIGITS: Final = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
_YEARS = range(1970, 2100)
"""The years that a number may have if its digits are a date; other numbers are something else."""

FORMATS: Final = (
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%SZ",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M:%S.%f",
    "%Y-%m-%dT%H:%M:%S.%fZ",
    "%Y-%m-%dT%H:%M:%S.%f",
    "%Y-%m-%d %H:%M:%SZ",
    "%Y-%m-%d %H:%M:%S UTC",
    "%Y-%m-%dT%H:%M:%S%z",
    "%Y-%m-%d %H:%M:%S%z",
    "%Y-%m-%d %H:%M:%S %z",
    "%Y-%m-%dT%H:%M:%S.%f%z",
    "%Y-%m-%d %H:%M:%S.%f%z",
    "%Y-%m-%d",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%dT%H:%MZ",
    "%Y%m%dT%H%M%SZ",
    "%Y%m%dT%H%M%S",
    "%Y/%m/%d",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y.%m.%d",
    "%Y.%m.%d %H:%M:%S",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%m/%d/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M",
    "%d/%m/%Y %H:%M",
    "%m/%d/%Y %I:%M %p",
    "%m/%d/%Y %I:%M:%S %p",
    "%m-%d-%Y",
    "%d-%m-%Y",
    "%d-%m-%Y %H:%M:%S",
    "%d.%m.%Y",
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%b %d, %Y",
    "%B %d, %Y",
    "%d %b %Y",
    "%d %B %Y",
    "%a %b %d %H:%M:%S +0000 %Y",
    "%a, %d %b %Y %H:%M:%S GMT",
    "%a, %d %b %Y %H:%M:%S +0000",
)
"""Formats that text is compared with. Those that can use an index come first."""

_ZERO = re.compile(r"[\s0:/.T-]*Z?|0000.*|\d{4}[-/]?(?:00[-/]?\d\d|\d\d[-/]?00)(?!\d).*")
"""Not a date, or one without its month or day: such rows are rejected, and show no format."""


def telling(values: Iterable[str]) -> list[str]:
    """The values that show how times are written."""
    return [value for value in values if not _ZERO.fullmatch(value)]


def fits(values: Sequence[str], holds: str) -> str | None:
    """The first value that does not fit an `updated_at_holds` for numbers or text, or None.

    Junk among values that fit is ignored: such rows are rejected one by one.
    """
    wrong = [value for value in values if not _is_held_by(value, holds)]
    if len(wrong) < len(values):
        wrong = known(wrong)
    return wrong[0] if wrong else None


def known(values: Iterable[str]) -> list[str]:
    """The values that are a time in a known format."""
    return [value for value in values if guesses([value])]


def _is_held_by(value: str, holds: str) -> bool:
    if holds in EPOCHS:
        return _unit_of(value) in (holds, None) and not _digits_of(value) and _is_number(value)
    return _is_written_as(value, StrptimeFormat.parse(holds))


def guesses(values: Sequence[str]) -> list[str]:
    """Every `updated_at_holds` that fits all of the values, the most likely first."""
    if not values:
        return []
    named = {_unit_of(value) or _digits_of(value) for value in values}
    if None not in named:
        return [str(named.pop())] if len(named) == 1 else []
    formats = map(StrptimeFormat.parse, FORMATS)
    return [
        found.text for found in formats if all(_is_written_as(value, found) for value in values)
    ]


def _unit_of(value: str) -> str | None:
    if _digits_of(value) or not _is_number(value):
        return None
    number = Decimal(value)
    units = (unit for unit, (least, most) in _UNITS.items() if least <= number < most)
    return next(units, None)


def _is_number(value: str) -> bool:
    try:
        return Decimal(value).is_finite()
    except InvalidOperation:
        return False


def _digits_of(value: str) -> str | None:
    whole = re.sub(r"\.0*$", "", value)
    found = _DIGITS.get(len(whole))
    if found and whole.isdigit() and (moment := _parse(whole, found)) and moment.year in _YEARS:
        return found
    return None


def _is_written_as(value: str, found: StrptimeFormat) -> bool:
    moment = _parse(re.sub(r"^(\d+)\.0*$", r"\1", value.lstrip()), found.text)
    # Python also reads 2026-1-5, which does not sort like its time. Nor does a leading blank.
    return moment is not None and (
        not found.is_ordered or value.startswith(moment.strftime(found.bound_text))
    )


def _parse(value: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(value, form)  # noqa: DTZ007 - only whether it can be read counts
    except ValueError:
        return None
