"""The SQL for a time column: the condition of a window in the column's format, and times in UTC.

The window is compared with the bare column, so that an index on it can be used. Unix times are
calculated with TIMESTAMPDIFF and INTERVAL, not with UNIX_TIMESTAMP and FROM_UNIXTIME: those depend
on the session's time zone and return NULL after 2038 on MariaDB before 11.5.
"""

from dataclasses import dataclass
from typing import Final, Literal, Self

from collage_core.database.strptime_format import StrptimeFormat, parse_format
from collage_core.errors import SettingError

type Kind = Literal["unix_seconds", "unix_milliseconds", "unix_microseconds", "datetime", "date"]

DATETIME: Final = "datetime"
DATE: Final = "date"
SECONDS: Final = "unix_seconds"
MILLISECONDS: Final = "unix_milliseconds"
MICROSECONDS: Final = "unix_microseconds"
EPOCHS: Final = {SECONDS: 1_000_000, MILLISECONDS: 1000, MICROSECONDS: 1}
"""Microseconds of one unit."""
KINDS: Final = (DATETIME, DATE, *EPOCHS)

_START, _END = "%(window_start)s", "%(window_end)s"
_NO_DATE = "'0000-00-00'"
"""Replaces text that is not a date, or a date without a day: readers of the CSV reject it as a bad
row. For a date without a day, STR_TO_DATE returns NULL or 2026-10-00, depending on the sql_mode."""

_OFFSET = "[+-]([01][0-9]|2[0-3]):?[0-5][0-9]$"


@dataclass(frozen=True, slots=True)
class TimeColumn:
    """SQL expressions for one column. Percent signs are not doubled."""

    moment: str
    """The time in UTC for the CSV: a DATETIME, a DATE, or text in ISO 8601."""
    in_window: str
    """Whether the row is in the window; also true for an invalid date that belongs there."""
    order: str
    """The expression to sort by, newest last."""


def check_holds(holds: str) -> None:
    """Raise SettingError for an `updated_at_holds` that is neither of KINDS nor a format."""
    if "%" in holds:
        parse_format(holds)
    elif holds not in KINDS:
        raise SettingError(
            f"updated_at_holds of CoversTable is {holds!r}: it must be one of "
            f'{", ".join(KINDS)}, or a format of strptime such as "%Y-%m-%d %H:%M:%S"'
        )


def time_column(column: str, holds: str) -> TimeColumn:
    """The SQL for `column`, such as c.`create_time`; `holds` is its `updated_at_holds`."""
    if unit := EPOCHS.get(holds):
        return _epoch(column, unit)
    if "%" in holds:
        found = parse_format(holds)
        if found.has_offset:
            return _with_offset(column, found)
        return _ordered(column, found) if found.is_ordered else _unordered(column, found)
    return TimeColumn(
        column, _between(_Edges.of_datetime(column), is_zero=f"{column} = 0"), order=column
    )


def _epoch(column: str, unit: int) -> TimeColumn:
    amount = f"{column} SECOND" if unit == 1_000_000 else f"{column} * {unit} MICROSECOND"
    since = "TIMESTAMPDIFF(MICROSECOND, '1970-01-01', {}) / {}"
    return TimeColumn(
        moment=f"TIMESTAMP'1970-01-01 00:00:00' + INTERVAL {amount}",
        in_window=(
            f"({column} >= {since.format(_START, unit)} AND {column} < {since.format(_END, unit)})"
        ),
        order=column,
    )


@dataclass(frozen=True, slots=True)
class _Edges:
    """The values that a column is compared with at both ends of the window."""

    column: str
    start: str
    before_start: str
    end: str
    before_end: str
    has_no_day: str
    """SQL: whether the month or the day of the row's date is zero, or the date is invalid."""

    @classmethod
    def of_datetime(cls, moment: str) -> Self:
        return cls(
            column=moment,
            start=_START,
            before_start=f"{_START} - INTERVAL 1 SECOND",
            end=_END,
            before_end=f"{_END} - INTERVAL 1 SECOND",
            has_no_day=f"DAY({moment}) * MONTH({moment}) = 0",
        )


def _between(edges: _Edges, *, is_zero: str) -> str:
    """The condition for a column that sorts like its times.

    2026-10-00 sorts before the first moment of October and after September. So, only for such
    dates, the last second before the window belongs to it, and the window's own last second belongs
    to the next one. The date 0000-00-00 is in every window, because no run would count it
    otherwise. Rows like these are rejected when the CSV is read.
    """
    column = edges.column
    return (
        f"(({column} >= {edges.start} OR {column} > {edges.before_start} AND {edges.has_no_day}) "
        f"AND {column} < {edges.end} "
        f"AND NOT ({column} > {edges.before_end} AND {edges.has_no_day}) OR {is_zero})"
    )


def _or_no_date(moment: str, *, provided: str = "TRUE") -> str:
    return f"IF(DAY({moment}) * MONTH({moment}) > 0 AND {provided}, {moment}, {_NO_DATE})"


def _text(column: str) -> str:
    """The column's text without blanks around it, in UTF-8.

    In MySQL, STR_TO_DATE returns NULL for UTF-16 and UCS-2, and REGEXP refuses bytes.
    """
    return f"TRIM(CONVERT({column} USING utf8mb4))"


def _read(text: str, found: StrptimeFormat) -> str:
    return f"STR_TO_DATE({text}, '{found.mysql}')"


def _is_in_place(text: str, found: StrptimeFormat) -> str:
    """SQL: whether text sorts like its time.

    The server also reads 2026-9-5, which sorts into December, and, for a format with an hour,
    2026-10-01, which sorts into September.
    """
    right = f"DATE_FORMAT({_read(text, found)}, '{found.bound}')"
    return f"LEFT({text}, CHAR_LENGTH({right})) = {right}"


def _ordered(column: str, found: StrptimeFormat) -> TimeColumn:
    text = _text(column)
    moment = _read(text, found)
    # Rounded up to the format's resolution: a day counts from its first moment.
    up = f"INTERVAL {found.resolution - 1} MICROSECOND"
    edges = _Edges(
        column=column,
        start=f"DATE_FORMAT({_START} + {up}, '{found.bound}')",
        before_start=f"DATE_FORMAT({_START} - INTERVAL 1 SECOND, '{found.bound}')",
        end=f"DATE_FORMAT({_END} + {up}, '{found.bound}')",
        before_end=f"DATE_FORMAT({_END} - INTERVAL 1 SECOND, '{found.bound}')",
        has_no_day=f"COALESCE(DAY({moment}) * MONTH({moment}), 0) = 0",
    )
    # Text from 0000 up to 0001, and the number 0.
    is_zero = f"{column} >= '0000' AND {column} < '0001'"
    return TimeColumn(
        _or_no_date(moment, provided=_is_in_place(text, found)),
        _between(edges, is_zero=is_zero),
        order=column,
    )


def _unordered(column: str, found: StrptimeFormat) -> TimeColumn:
    text = _text(column)
    moment = _read(text, found)
    no_date = f"{text} <> '' AND COALESCE({moment}, 0) = 0"
    window = _between(_Edges.of_datetime(moment), is_zero=no_date)
    return TimeColumn(_or_no_date(moment), window, order=moment)


def _with_offset(column: str, found: StrptimeFormat) -> TimeColumn:
    text = _text(column)
    # The offset as +0200, without a colon.
    offset = f"RIGHT(REPLACE(RIGHT({text}, 6), ':', ''), 5)"
    minutes = (
        # Without an offset the time is unknown: NULL makes it an invalid date.
        f"IF(RIGHT({text}, 1) = 'Z', 0, IF({text} REGEXP '{_OFFSET}', "
        f"IF(LEFT({offset}, 1) = '-', 1, -1) "
        f"* (SUBSTR({offset}, 2, 2) * 60 + RIGHT({offset}, 2)), NULL))"
    )
    moment = f"({_read(text, found)} + INTERVAL {minutes} MINUTE)"
    if not found.is_ordered:
        no_date = f"{text} <> '' AND {moment} IS NULL"
        return TimeColumn(
            _or_no_date(moment),
            f"({moment} >= {_START} AND {moment} < {_END} OR {no_date})",
            order=moment,
        )
    # No offset is larger than 14 hours, so a window that is a day longer at both ends has every
    # row, and an index can find these.
    near_start = f"DATE_FORMAT({_START} - INTERVAL 1 DAY, '{found.bound}')"
    near_end = f"DATE_FORMAT({_END} + INTERVAL 1 DAY, '{found.bound}')"
    start = f"DATE_FORMAT({_START} - INTERVAL 1 SECOND, '{found.bound}')"
    end = f"DATE_FORMAT({_END} - INTERVAL 1 SECOND, '{found.bound}')"
    return TimeColumn(
        _or_no_date(moment, provided=_is_in_place(text, found)),
        f"({column} >= {near_start} AND {column} < {near_end} AND NOT "
        f"COALESCE({moment} < {_START} OR {moment} >= {_END}, "
        f"{column} <= {start} OR {column} > {end}) "
        f"OR {column} >= '0000' AND {column} < '0001')",
        order=moment,
    )
