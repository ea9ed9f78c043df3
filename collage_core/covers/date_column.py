"""All dates of one file: the clear ones decide how to read the ambiguous ones.

A spreadsheet writes all dates of a column in one order. So a single `10/14/2026` shows how to read
`10/11/2026`, and ambiguous dates are decided after the whole file was read.
"""

from array import array
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from collage_core.contract.date_counts import ISO, DateCounts, joined
from collage_core.covers.dates import DateRead, DayOrMonth, read_date
from collage_core.errors import CsvFormatError

NO_DATE = -(2**63)
"""Used when a date is missing or cannot be read; sorts as the oldest."""

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  in UTC; aware arithmetic takes twice as long
_EPOCH_UTC = _EPOCH.replace(tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_AFTER_THE_DAY = len("20261014")
"""After this many characters ISO 8601 has no hyphen, except in `2026-W42-3` and in offsets."""
_SEPARATORS = "/.-"
_DAY_FIRST, _MONTH_FIRST = 1, 2
_BOTH = _DAY_FIRST | _MONTH_FIRST

EITHER_ORDER = "day{0}month{0}year or month{0}day{0}year"
"""Format of dates of which only the order is known."""

_FIX = "write dates as 2026-10-14 08:30:00"


class _Unread(NamedTuple):
    line: int
    text: str


class DateColumn:
    """The dates of a file's rows, in the order of the rows; 8 bytes a row.

    Call `add` with the date of each row, then `decide` once. After that, `moments` has all dates,
    and `iso` returns those that `add` left open.
    """

    def __init__(self) -> None:
        self.moments = array("q")
        """Microseconds since 1970 in UTC, or NO_DATE."""
        self._open_rows = array("l")
        self._open_separators = bytearray()
        self._open_months = array("q")
        """The open dates read with the month first; `moments` has them read with the day first."""
        self._orders_seen = dict.fromkeys(_SEPARATORS, 0)
        self._lines_seen: dict[tuple[str, int], int] = {}
        self._first_open: dict[str, _Unread] = {}
        self._first_unread: _Unread | None = None
        self._counts: Counter[str] = Counter()
        self._iso = 0
        self._unread = 0
        self._is_order_all = False

    def add(self, text: str, line: int) -> str | None:
        """Add the next row's date, as the file has it, and the row's line.

        Returns the date in ISO 8601 with its zone; an empty text when the date is missing or cannot
        be read; None while it is open which number is the month.
        """
        # `read_date` reads digits alone: fromisoformat would read 1712010100000 as the year 1712.
        if not text.isdigit():
            try:
                moment = datetime.fromisoformat(text)
            except ValueError:
                pass
            else:
                if moment.tzinfo is not None:
                    self._iso += 1
                    self.moments.append((moment - _EPOCH_UTC) // _MICROSECOND)
                    return moment.isoformat()
                # fromisoformat reads the offset of 2026-10-14+02:00 as a time of day.
                if "+" not in text and "-" not in text[_AFTER_THE_DAY:]:
                    self._iso += 1
                    self.moments.append((moment - _EPOCH) // _MICROSECOND)
                    return moment.isoformat() + "+00:00"
        return self._add_odd(text.strip(), line)

    def decide(self) -> DateCounts:
        """Read the open dates, if the file shows their order.

        Raises CsvFormatError when there are dates and none of them can be read.
        """
        if self._sorts_the_same_either_way():
            self._is_order_all = True
            (separator,) = self._first_open
            return DateCounts(len(self._open_rows), 0, EITHER_ORDER.format(separator))
        orders = {separator: self._order(separator) for separator in self._first_open}
        rows = zip(self._open_rows, self._open_separators, self._open_months, strict=True)
        for row, index, with_month_first in rows:
            separator = _SEPARATORS[index]
            order = orders[separator]
            if order is None and self.moments[row] != with_month_first:
                self.moments[row] = NO_DATE
                self._unread += 1
                continue
            if order == _MONTH_FIRST:
                self.moments[row] = with_month_first
            self._counts[_format(separator, order)] += 1
        if self._iso:
            self._counts[ISO] += self._iso
        counts = DateCounts(self._counts.total(), self._unread, joined(self._counts))
        if counts.unread and not counts.read:
            raise CsvFormatError(f"none of {counts.unread} dates can be read: {self.first_unread}")
        return counts

    @property
    def first_unread(self) -> str:
        """One line about the first date that could not be read: why, and what to write instead."""
        undecided = [
            (self._first_open[separator], separator)
            for separator in self._first_open
            if self._order(separator) is None
        ]
        first, separator = min(
            [*undecided, *([(self._first_unread, "")] if self._first_unread else [])]
        )
        value = f"updated_at on line {first.line} is {_redacted(first.text)}"
        return f"{value}, {self._why(separator)}; {_FIX}"

    @property
    def first_of_either_order(self) -> str | None:
        """A line about the first date if only the order of the dates is known; otherwise None."""
        if not self._is_order_all:
            return None
        ((separator, first),) = self._first_open.items()
        return (
            f"updated_at on line {first.line} is {_redacted(first.text)}, {self._why(separator)}; "
            f"the newest come first either way, but without a date in their metadata: {_FIX}"
        )

    @property
    def had_open_dates(self) -> bool:
        """Whether `add` returned None for any row."""
        return bool(self._open_rows)

    def iso(self, row: int) -> str:
        """The date of a row that was open: ISO 8601 in UTC, or an empty text if it stayed open."""
        moment = self.moments[row]
        if moment == NO_DATE or self._is_order_all:
            return ""
        return (_EPOCH_UTC + timedelta(microseconds=moment)).isoformat()

    def _add_odd(self, text: str, line: int) -> str | None:
        found = read_date(text) if text else None
        if isinstance(found, DateRead):
            self.moments.append((found.moment - _EPOCH_UTC) // _MICROSECOND)
            self._counts[found.format] += 1
            return found.moment.isoformat()
        if isinstance(found, DayOrMonth):
            self._leave_open(found, _Unread(line, text))
            return None
        self.moments.append(NO_DATE)
        if text:
            self._unread += 1
            self._first_unread = self._first_unread or _Unread(line, text)
        return ""

    def _leave_open(self, found: DayOrMonth, where: _Unread) -> None:
        separator = found.separator
        self._first_open.setdefault(separator, where)
        if found.day_first is None or found.month_first is None:
            order = _MONTH_FIRST if found.day_first is None else _DAY_FIRST
            self._orders_seen[separator] |= order
            self._lines_seen.setdefault((separator, order), where.line)
        self._open_rows.append(len(self.moments))
        self._open_separators.append(_SEPARATORS.index(separator))
        self.moments.append(_microseconds(found.day_first))
        self._open_months.append(_microseconds(found.month_first))

    def _sorts_the_same_either_way(self) -> bool:
        """Whether all dates are open, and both orders sort the rows the same.

        This happens in the first twelve days of a month. The newest covers are then the same either
        way, so nothing has to be guessed, and rows without a date keep their order later.
        """
        if len(self._first_open) != 1 or self._iso or self._unread or self._counts:
            return False
        (separator,) = self._first_open
        if self._orders_seen[separator] or self._order(separator):
            return False
        both = sorted(
            zip((self.moments[row] for row in self._open_rows), self._open_months, strict=True)
        )
        return all(
            month < next_month if day < next_day else month == next_month
            for (day, month), (next_day, next_month) in pairwise(both)
        )

    def _order(self, separator: str) -> int | None:
        """The order of all dates with this separator; None when the file does not show it."""
        seen = self._orders_seen[separator]
        if seen == _BOTH:
            return None
        # With dots, the day is always first (CLDR has no locale with M.d.y). Slashes and hyphens
        # are used both ways.
        return seen or (_DAY_FIRST if separator == "." else None)

    def _why(self, separator: str) -> str:
        if not separator:
            return "which is not a date that can be read without guessing"
        day, month = (
            self._lines_seen.get((separator, order)) for order in (_DAY_FIRST, _MONTH_FIRST)
        )
        if day and month:
            return f"and the day is first on line {day}, but the month is first on line {month}"
        return "and no date of the file has a number over 12 that shows which one is the day"


def _microseconds(moment: datetime | None) -> int:
    return NO_DATE if moment is None else (moment - _EPOCH_UTC) // _MICROSECOND


def _format(separator: str, order: int | None) -> str:
    first, second = ("day", "month") if order == _DAY_FIRST else ("month", "day")
    if order is None:
        return "day and month the same"
    return f"{first}{separator}{second}{separator}year"


def _redacted(text: str) -> str:
    """The value for a message. A value with a URL is not quoted: the URL may be signed."""
    if "?" in text or "//" in text:
        return f"a text of {len(text)} characters"
    return repr(text if len(text) <= 40 else f"{text[:37]}...")
