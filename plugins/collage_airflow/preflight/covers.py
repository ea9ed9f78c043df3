"""Whether the columns hold what CoversTable says of them, asked for a few values of each."""

import json
import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from airflow.sdk.exceptions import AirflowNotFoundException

from collage_airflow.dag_run.window import Window
from collage_airflow.database.columns import FLOATS, NUMBERS, TEXTS, Column, columns_of
from collage_airflow.database.connection import covers_connection
from collage_airflow.database.covers_table import CoversTable
from collage_airflow.database.query import result_columns, shown_value
from collage_airflow.database.time_column import DATE, DATETIME, SECONDS
from collage_airflow.preflight import time_values
from collage_airflow.preflight.problem import Problem
from collage_core.errors import SettingError

if TYPE_CHECKING:
    from MySQLdb.connections import Connection  # type: ignore[import-untyped]

_SAMPLE = 20
"""Values that are looked at; no index and no sort is needed for them."""

_DATETIMES: Final = {"DATETIME", "TIMESTAMP"}
_JSONS = 1000
"""Values in which `cover_json` must lead to something at least once; the server looks."""

_CONVERT_TZ = re.compile(r"(?i)\bCONVERT_TZ\s*\(")
_ARGUMENT_OR_END = re.compile(r"'(?:[^'\\]|\\.|'')*'|[(),]")
_ZONE = re.compile(r"\s*'([A-Za-z][^']*)'\s*")

_log = logging.getLogger(__name__)


def covers_problems(
    mysql_conn_id: str, sql: str, window: Window, covers: CoversTable | None
) -> Iterator[Problem]:
    """What the columns hold that `covers` says otherwise; a problem for each.

    Args:
        mysql_conn_id: the Airflow connection.
        sql: the rendered SQL; where it does not read the columns of `covers`, only what it
            gives is looked at.
        window: any window; the SQL is not run, only described.
        covers: the settings of the table, None for SQL that has its own names.

    A database that cannot be asked is no problem here: `database_problems` says what is wrong.
    """
    from MySQLdb import MySQLError  # type: ignore[import-untyped]

    try:
        with covers_connection(mysql_conn_id) as connection:
            yield from _zone_problems(connection, sql)
            if covers is not None and covers.is_read_by(sql):
                yield from _Probe(connection, covers).problems()
            else:
                yield from _sql_problems(connection, sql, window)
    except (AirflowNotFoundException, SettingError, MySQLError) as error:
        _log.warning("What the columns of the covers hold was not looked at: %s", error)


def _zone_problems(connection: "Connection", sql: str) -> Iterator[Problem]:
    """Whether the time zones that the SQL names are known to the server."""
    cursor = connection.cursor()
    for zone in sorted(_zones_in(sql)):
        cursor.execute("SELECT CONVERT_TZ('2026-01-01 00:00:00', '+00:00', %s)", (zone,))
        if cursor.fetchone()[0] is None:
            yield Problem(
                f"CONVERT_TZ of the SQL gives NULL for the zone {zone!r}: load the server's time "
                "zone tables (mysql_tzinfo_to_sql), or write an offset such as '+01:00'",
                may_pass=False,
            )


def _zones_in(sql: str) -> set[str]:
    """The time zones that the calls of CONVERT_TZ name; not offsets, columns and the like."""
    zones = set()
    for call in _CONVERT_TZ.finditer(sql):
        depth, begin = 1, call.end()
        for found in _ARGUMENT_OR_END.finditer(sql, call.end()):
            depth += {"(": 1, ")": -1}.get(found[0], 0)
            if depth == 0 or (depth == 1 and found[0] == ","):
                if zone := _ZONE.fullmatch(sql, begin, found.start()):
                    zones.add(zone[1])
                begin = found.end()
            if depth == 0:
                break
    return zones


def _sql_problems(connection: "Connection", sql: str, window: Window) -> Iterator[Problem]:
    """Whether SQL with names of its own gives moments, as far as its types tell."""
    *_, updated_at = result_columns(connection, sql, window)
    if updated_at.type not in {*_DATETIMES, DATE.upper(), *TEXTS}:
        yield Problem(
            f"the SQL gives updated_at as {updated_at.type}: it must give a DATETIME in UTC or "
            "text of ISO 8601, for seconds since 1970 as TIMESTAMP'1970-01-01 00:00:00' + "
            "INTERVAL create_time SECOND; or name the column in CoversTable with "
            "updated_at_holds, and leave the SQL file as it comes",
            may_pass=False,
        )


@dataclass(frozen=True, slots=True)
class _Probe:
    """The table of `covers`, and how its columns are asked."""

    connection: "Connection"
    covers: CoversTable

    def problems(self) -> Iterator[Problem]:
        creator, cover, updated_at, number = self._columns()
        yield from self._creator_problems(creator, number)
        yield from self._time_problems(updated_at)
        if self.covers.cover_json:
            yield from self._json_problems(cover)

    def _columns(self) -> list[Column]:
        """creator_name, cover_url, updated_at and id."""
        parts = self.covers.in_sql()
        names = ("creator_name", "cover_url", "updated_at", "id")
        cursor = self.connection.cursor()
        listed = ", ".join(f"c.{parts[name]}" for name in names)
        cursor.execute(f"SELECT {listed} FROM {parts['table']} AS c LIMIT 0", ())  # noqa: S608
        return columns_of(cursor)

    def _creator_problems(self, creator: Column, number: Column) -> Iterator[Problem]:
        for field, column, floats in (
            ("creator_name", creator, FLOATS),
            # A DOUBLE tells ids apart up to 2^53.
            ("id", number, {"FLOAT"}),
        ):
            if column.type in floats:
                yield Problem(
                    f"{field} of CoversTable is {column.name!r}, which is {column.type} and takes "
                    "several large numbers for one: name a column of whole numbers or text",
                    may_pass=False,
                )

    def _time_problems(self, column: Column) -> Iterator[Problem]:
        holds, said = self.covers.updated_at_holds, f"{column.name} is {column.type}"
        if column.type in _DATETIMES or column.type == "DATE":
            right = DATE if column.type == "DATE" else DATETIME
            # A DATE is compared and written right as a DATETIME, too.
            if holds not in (right, DATETIME):
                yield self._wrong(said, [right])
        elif column.type in {*NUMBERS, *TEXTS, "DOUBLE"}:
            yield from self._value_problems(column, said)
        else:
            yield Problem(
                f"updated_at of CoversTable is {column.name!r}, which is {column.type} and "
                "holds no moment of its own: name a column that does, or put an expression "
                "into the SQL file",
                may_pass=False,
            )

    def _value_problems(self, column: Column, said: str) -> Iterator[Problem]:
        holds, is_number = self.covers.updated_at_holds, column.type not in TEXTS
        values = time_values.telling(self._values("updated_at", is_text=not is_number))
        if holds in (DATETIME, DATE):
            if values:
                wrong = (time_values.known(values) or values)[0]
            else:
                guess = SECONDS if is_number else "%Y-%m-%d %H:%M:%S"
                yield self._wrong(f"{said} and the table has no value to tell from", [guess])
                return
        elif (found := time_values.fits(values, holds)) is None:
            return
        else:
            wrong = found
        shown = wrong if is_number else repr(shown_value(wrong))
        guesses = time_values.guesses(time_values.known(values))
        if not guesses and (alone := time_values.guesses([wrong])):
            yield self._mixed(said, shown, alone[0])
            return
        yield self._wrong(f"{said} and holds {shown}", guesses)

    def _mixed(self, said: str, shown: str, guess: str) -> Problem:
        return Problem(
            f"{said} and holds values of several kinds, one of which is {shown} ({guess}): no "
            "updated_at_holds of CoversTable fits all; name another column for updated_at, or "
            "put an expression into the SQL file",
            may_pass=False,
        )

    def _wrong(self, said: str, guesses: Sequence[str]) -> Problem:
        declared = f"updated_at_holds of CoversTable is {self.covers.updated_at_holds!r}, but"
        if not guesses:
            return Problem(
                f"{declared} {said}, in which no moment is known: name another column for "
                "updated_at, or put an expression into the SQL file",
                may_pass=False,
            )
        # The same directives in another order: the day and the month cannot be told apart.
        other = [guess for guess in guesses[1:2] if sorted(guess) == sorted(guesses[0])]
        others = "".join(f', or "{guess}" if the day stands first' for guess in other)
        return Problem(
            f'{declared} {said}: set updated_at_holds="{guesses[0]}"{others}', may_pass=False
        )

    def _json_problems(self, cover: Column) -> Iterator[Problem]:
        parts = self.covers.in_sql()
        cursor = self.connection.cursor()
        cursor.execute(
            f"SELECT COUNT(*), COUNT(cover) FROM (SELECT {parts['cover']} AS cover "  # noqa: S608
            f"FROM {parts['table']} AS c WHERE c.{parts['cover_url']} IS NOT NULL "
            f"LIMIT {_JSONS}) AS covers",
            (),
        )
        looked_at, found = map(int, cursor.fetchone())
        if looked_at and not found:
            keys = _keys_of(self._values("cover_url")[0])
            yield Problem(
                f"cover_json of CoversTable is {self.covers.cover_json!r}, but leads to nothing in "
                f"the first {looked_at} values of {cover.name}{keys}",
                may_pass=False,
            )

    def _values(self, field: str, *, is_text: bool = False) -> list[str]:
        """A few values of a column, whatever `only` says: looking for those would read them all."""
        parts = self.covers.in_sql()
        column = f"c.{parts[field]}"
        # Zeros tell nothing, and an index would give them first. A blank in front sorts below 0.
        value = f"TRIM({column})" if is_text else column
        has_value = f"{value} > '0'" if field == "updated_at" else f"{column} IS NOT NULL"
        cursor = self.connection.cursor()
        cursor.execute(
            f"SELECT {column} FROM {parts['table']} AS c "  # noqa: S608
            f"WHERE {has_value} LIMIT {_SAMPLE}",
            (),
        )
        # Blanks at the end change no order, those in front do.
        return [value.decode(errors="replace").rstrip() for (value,) in cursor.fetchall()]


def _keys_of(value: str) -> str:
    """The keys at the top of a JSON object. Its values stay out: they are URLs with signatures."""
    try:
        document = json.loads(value)
    except ValueError:
        return ""
    keys = ", ".join(sorted(document)[:10]) if isinstance(document, dict) else ""
    return f", whose first object has the keys {keys}" if keys else ""
