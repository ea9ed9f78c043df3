"""The SQL for a time column: its window in the column's own terms, and its moments in UTC.

The window is compared with the bare column, so that an index on it serves. Epochs are counted
with TIMESTAMPDIFF and INTERVAL, and not with UNIX_TIMESTAMP and FROM_UNIXTIME: those know the
session's time zone and give NULL beyond 2038 on MariaDB before 11.5.
"""

from dataclasses import dataclass
from typing import Final, Literal, Self

from collage_airflow.database.strptime_format import StrptimeFormat, parse_format
from collage_core.errors import SettingError

type Kind = Literal["unix_seconds", "unix_milliseconds", "unix_microseconds", "datetime", "date"]

DATETIME: Final = "datetime"
DATE: Final = "date"
SECONDS: Final = "unix_seconds"
MILLISECONDS: Final = "unix_milliseconds"
MICROSECONDS: Final = "unix_microseconds"
EPOCHS: Final = {SECONDS: 1_000_000, MILLISECONDS: 1000, MICROSECONDS: 1}
"""Microseconds in a unit of each."""
KINDS: Final = (DATETIME, DATE, *EPOCHS)

_START, _END = "%(window_start)s", "%(window_end)s"
_NO_DATE = "'0000-00-00'"
"""What stands for text that says no date, or one without its day: readers of the CSV reject it
as a bad row. STR_TO_DATE gives either NULL or 2026-10-00 for the latter, by the sql_mode."""

_OFFSET = "[+-]([01][0-9]|2[0-3]):?[0-5][0-9]$"


@dataclass(frozen=True, slots=True)
class TimeColumn:
    """SQL about one column; percent signs stand once, but for the two placeholders."""

    moment: str
    """Its moment in UTC, as the CSV has it: a DATETIME, a DATE, or text of ISO 8601."""
    in_window: str
    """Whether the row belongs to the window, or holds a date that is none and belongs there."""
    order: str
    """What rows are sorted by, newest last."""


def check_holds(holds: str) -> None:
    """Raise SettingError for an `updated_at_holds` that is neither a kind nor a format."""
    if "%" in holds:
        parse_format(holds)
    elif holds not in KINDS:
        raise SettingError(
            f"updated_at_holds of CoversTable is {holds!r}: it must be one of "
            f'{", ".join(KINDS)}, or a format of strptime such as "%Y-%m-%d %H:%M:%S"'
        )


def time_column(column: str, holds: str) -> TimeColumn:
    """The SQL for `column`, an expression such as c.`create_time`, that holds `holds`."""
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
    """What a column is compared with at both ends of the window."""

    column: str
    start: str
    before_start: str
    end: str
    before_end: str
    has_no_day: str
    """Whether the row's date has zero for its month or day, or is none."""

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
    """The condition for a column whose order is that of its moments.

    A month's 2026-10-00 sorts below its first moment and above all of the month before. So the
    last second before the window is looked at as well, for such dates alone, and those in the
    window's own last second are left to the next. The date 0000-00-00 is in every window: no
    run would count it otherwise. Rows like these are rejected when the CSV is read.
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

    Of UTF-16 and UCS-2 MySQL's STR_TO_DATE gives NULL, and its REGEXP refuses bytes.
    """
    return f"TRIM(CONVERT({column} USING utf8mb4))"


def _read(text: str, found: StrptimeFormat) -> str:
    return f"STR_TO_DATE({text}, '{found.mysql}')"


def _is_in_place(text: str, found: StrptimeFormat) -> str:
    """Whether text sorts where its moment does.

    The server also reads 2026-9-5, which sorts into December, and 2026-10-01 where the format has
    an hour, which sorts into September.
    """
    right = f"DATE_FORMAT({_read(text, found)}, '{found.bound}')"
    return f"LEFT({text}, CHAR_LENGTH({right})) = {right}"


def _ordered(column: str, found: StrptimeFormat) -> TimeColumn:
    text = _text(column)
    moment = _read(text, found)
    # Rounded up to what the format can say: a day counts from its first moment on.
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
    # The offset as +0200, also where a colon stands in it.
    offset = f"RIGHT(REPLACE(RIGHT({text}, 6), ':', ''), 5)"
    minutes = (
        # Without an offset the moment is not known: NULL makes it no date.
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
    # No offset is larger than 14 hours: a day more at both ends holds every row of the window,
    # and an index finds those.
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
