"""Reads one date as people, databases and spreadsheets write it.

Only dates with one meaning are read. `10/11/2026` has two meanings: both are returned, and the
other dates of the file decide (`date_column`). Dates without a zone are UTC. Names of zones other
than UTC and GMT are not read: EST is -05:00 in New York and +10:00 in Sydney.
"""

import re
from calendar import month_abbr, month_name
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import NamedTuple

from collage_core.contract.date_counts import ISO

NAMED_MONTH = "named month"

LONGEST_DATE = 100
"""Most characters of a date; JavaScript's own format has 70."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST, _END = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
"""A number is a date only if it falls between these years. The ranges in seconds, milliseconds,
microseconds and nanoseconds do not overlap, nor do they overlap with YYYYMMDD or YYYYMMDDHHMMSS."""

_EPOCHS = {
    "unix seconds": (_EPOCH, Decimal(1), 6),
    "unix milliseconds": (_EPOCH, Decimal(10**3), 6),
    "unix microseconds": (_EPOCH, Decimal(10**6), 6),
    "unix nanoseconds": (_EPOCH, Decimal(10**9), 6),
    "excel serial": (datetime(1899, 12, 30, tzinfo=UTC), 1 / Decimal(86_400), 3),
}
"""For each kind of number: its zero, units per second, and the decimals of a second that it has.

Excel, LibreOffice and Google Sheets count days. This day 0 is right for every day since March 1900
(ECMA-376 part 1, 18.17.4.1, "1900 date base")."""

_MOST_DIGITS = 19
"""Digits of a Unix time in nanoseconds."""

_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200e\u200f\u2060\ufeff"))
"""Invisible marks that spreadsheets and web pages leave next to a date."""

_MONTHS = {name[:3].lower(): number for number, name in enumerate(month_name) if name}
_MONTH = "|".join(
    f"{short}(?:{name[3:]})?" for short, name in zip(month_abbr, month_name, strict=True) if name
).replace("Sep(?:tember)?", "Sept?(?:ember)?")

_NUMBER = re.compile(r"(\d+)(?:[.,](\d*))?", re.ASCII)
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(?:(\d\d)(\d{3})?)?)?", re.ASCII)

_TIME = (
    r"(?P<hour>\d{1,2})(?::(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<part>\d+))?)?)?"
    r"(?:\s?(?P<half>[ap])\.?m\.?)?"
)
_BASIC_TIME = r"(?P<hhmm>\d{4})(?:(?P<ss>\d\d)(?:[.,](?P<ss_part>\d+))?)?"
_DATE = "|".join(
    [
        r"(?P<iso_year>\d{4})-?w(?P<week>\d\d)(?:-?(?P<weekday>[1-7]))?",
        r"(?P<basic>\d{8})",
        r"(?P<ordinal_year>\d{4})-?(?P<ordinal>\d{3})",
        r"(?P<a>\d{1,4})(?P<sep>[-/.])\s?(?P<b>\d{1,2})(?P=sep)\s?(?P<c>\d{1,4})\.?",
        r"(?P<month_of>\d{4}-\d\d)",
        # After the name of a weekday two digits are a year (RFC 9110 5.6.7, RFC 5322 4.3).
        (
            r"(?P<day_name>(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,?\s)?(?:"
            rf"(?P<day>\d\d?)(?:st|nd|rd|th)?[-\s](?P<month>{_MONTH})\.?[-,\s]\s?"
            r"(?P<year>\d{4}|(?(day_name)\d\d|(?!)))"
            rf"|(?P<us_month>{_MONTH})\.?\s(?P<us_day>\d\d?)(?:st|nd|rd|th)?,?\s"
            r"(?P<us_year>\d{4}))"
        ),
    ]
)
_WHEN = re.compile(
    rf"(?P<date>{_DATE})(?:(?:t|,?\s(?:at\s)?)(?:{_BASIC_TIME}|{_TIME}))?"
    r"(?P<zone>.*)",
    re.ASCII | re.IGNORECASE,
)
_YEAR_LAST = re.compile(
    rf"(?:\w{{3}}\s)?({_MONTH})\s(\d\d?)\s(\d\d:\d\d:\d\d)((?:\s[+\w:-]+)?)\s(\d{{4}})",
    re.ASCII | re.IGNORECASE,
)
"""The format of C's asctime and Unix's `date`: `Wed Oct 14 08:30:00 UTC 2026`."""

_DAY_AND_HOUR = re.compile(r"\d{4}-?\d\d-?\d\d-\d\d(?::?\d\d){0,2}", re.ASCII)
"""`2026-10-14-08:30` has two meanings: half past eight, or a day that begins at another offset (XML
Schema part 2, 3.2.9). `2026-10-14+02:00` can be an offset alone."""

_UTC_ZONE = re.compile(r"(?:z|utc?|gmt|etc/utc)?|z?\[(?:etc/)?utc\]", re.IGNORECASE)
_OFFSET_ZONE = re.compile(
    # An offset decides; a zone's name after it is ignored. "m=" is Go's monotonic clock.
    r"(?:utc|gmt)?\s?(?P<sign>[-+\u2212])(?P<hours>\d\d?)(?::?(?P<minutes>\d\d))?(?::?(?P<rest>\d\d))?"
    r"(?:\s?(?:[a-z]{1,5}|[-+]\d{2,4}|\([^()]*\)|\[[^\[\]]*\]))?(?:\sm=[-+][\d.]+)?",
    re.ASCII | re.IGNORECASE,
)


class DateRead(NamedTuple):
    """A date that has one meaning, and the name of its format."""

    moment: datetime
    """Has a time zone."""
    format: str


class DayOrMonth(NamedTuple):
    """A date in which either of two numbers may be the day. At least one order is a valid date."""

    separator: str
    """A slash, a dot or a hyphen."""
    day_first: datetime | None
    month_first: datetime | None
    """`day_first` or `month_first` is None when that order is not a valid date."""


def read_date(text: str) -> DateRead | DayOrMonth | None:
    """Read a date that is not empty; None if it cannot be read without guessing."""
    if len(text) > LONGEST_DATE:
        return None
    plain = " ".join(text.translate(_INVISIBLE).split())
    try:
        number = _NUMBER.fullmatch(plain)
        if number:
            return _read_number(number[1], number[2] or "")
        return _read_words(_YEAR_LAST.sub(r"\1 \2 \5 \3\4", plain))
    except (ValueError, OverflowError):  # such as the 31st of February, or an hour 25
        return None


def _read_number(whole: str, fraction: str) -> DateRead | None:
    compact = _COMPACT.fullmatch(whole)
    if compact and _FIRST.year <= int(compact[1]) < _END.year:
        year, month, day, hour, minute, second, thousandths = (
            int(part or 0) for part in compact.groups()
        )
        microseconds = thousandths * 1000 + _microseconds(fraction)
        moment = datetime(year, month, day, hour, minute, second, microseconds, UTC)
        return DateRead(moment, ISO)
    if len(whole) == 7 and not fraction:
        return DateRead(_ordinal(whole[:4], whole[4:]), ISO)
    if len(whole) > _MOST_DIGITS:
        return None
    value = Decimal(f"{whole}.{fraction[:12] or 0}")
    for name, (start, per_second, decimals) in _EPOCHS.items():
        seconds = round(value / per_second, decimals)
        if (_FIRST - start).total_seconds() <= seconds < (_END - start).total_seconds():
            return DateRead(start + timedelta(microseconds=int(seconds * 10**6)), name)
    return None


def _read_words(text: str) -> DateRead | DayOrMonth | None:
    match = _WHEN.fullmatch(text)
    zone = match and _zone(match["zone"].strip())
    if not match or not zone or _DAY_AND_HOUR.fullmatch(text):
        return None

    def moment(day: date) -> datetime:
        return datetime(day.year, day.month, day.day, tzinfo=zone) + _time_of_day(match)

    if match["sep"] and len(match["a"]) <= 2 and len(match["c"]) == 4:
        first, second, year = int(match["a"]), int(match["b"]), int(match["c"])
        if first > 12 and second > 12:
            return None
        return DayOrMonth(
            match["sep"],
            day_first=moment(date(year, second, first)) if second <= 12 else None,
            month_first=moment(date(year, first, second)) if first <= 12 else None,
        )
    day, name = _day(match)
    return DateRead(moment(day), name)


def _day(match: re.Match[str]) -> tuple[date, str]:
    """The day of a date in which the meaning of each number is clear, and the format's name."""
    if match["sep"]:
        if len(match["a"]) != 4 or len(match["c"]) > 2:
            raise ValueError("a year of two digits")
        separator = match["sep"]
        name = ISO if separator == "-" else f"year{separator}month{separator}day"
        return date(int(match["a"]), int(match["b"]), int(match["c"])), name
    if match["week"]:
        weekday = int(match["weekday"] or 1)
        return date.fromisocalendar(int(match["iso_year"]), int(match["week"]), weekday), ISO
    if match["ordinal"]:
        return _ordinal(match["ordinal_year"], match["ordinal"]).date(), ISO
    if match["basic"] or match["month_of"]:
        return date.fromisoformat(match["basic"] or f"{match['month_of']}-01"), ISO
    month = _MONTHS[(match["month"] or match["us_month"])[:3].lower()]
    year = int(match["year"] or match["us_year"])
    return date(
        year + 2000 * (year < 100), month, int(match["day"] or match["us_day"])
    ), NAMED_MONTH


def _ordinal(year: str, day: str) -> datetime:
    moment = datetime(int(year), 1, 1, tzinfo=UTC) + timedelta(days=int(day) - 1)
    if moment.year != int(year):
        raise ValueError("no such day of the year")
    return moment


def _time_of_day(match: re.Match[str]) -> timedelta:
    if match["hhmm"]:
        hour, minute, second = int(match["hhmm"][:2]), int(match["hhmm"][2:]), match["ss"]
        part = match["ss_part"]
    else:
        hour, minute = int(match["hour"] or 0), int(match["minute"] or 0)
        second, part = match["second"], match["part"]
    seconds = int(second or 0)
    if match["half"]:
        if not 1 <= hour <= 12:
            raise ValueError("no hour of half a day")
        hour = hour % 12 + 12 * (match["half"].lower() == "p")
    time = timedelta(
        hours=hour, minutes=minute, seconds=seconds, microseconds=_microseconds(part or "")
    )
    # 24:00 ends a day and :60 is a leap second (ISO 8601-1 5.3).
    if minute > 59 or seconds > 60 or time > timedelta(days=1):
        raise ValueError("no time of a day")
    return time


def _microseconds(fraction: str) -> int:
    """Microseconds from the decimals of a second; digits after the sixth are cut off."""
    return int(fraction[:6].ljust(6, "0"))


def _zone(text: str) -> timezone | None:
    if _UTC_ZONE.fullmatch(text):
        return UTC
    match = _OFFSET_ZONE.fullmatch(text)
    if not match:
        return None
    hours, minutes, seconds = (int(match[name] or 0) for name in ("hours", "minutes", "rest"))
    offset = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return timezone(offset if match["sign"] == "+" else -offset)
