"""Asks the table of covers about its columns: their types, and a few values of each."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from collage_airflow.database.columns import Column, columns_of
from collage_airflow.database.covers_table import CoversTable

if TYPE_CHECKING:
    from MySQLdb.connections import Connection  # type: ignore[import-untyped]

_VALUES = 20
"""How many values are read; they need no index and no sort."""

_JSONS = 1000
"""How many values the server searches; `cover_json` must find a cover in one of them."""


@dataclass(frozen=True, slots=True)
class TableSample:
    """The table of `covers`, over a connection. Each method asks the server once."""

    connection: "Connection"
    covers: CoversTable

    def columns(self) -> list[Column]:
        """creator_name, cover_url, updated_at and id, with their types."""
        parts = self.covers.in_sql()
        names = ("creator_name", "cover_url", "updated_at", "id")
        cursor = self.connection.cursor()
        listed = ", ".join(f"c.{parts[name]}" for name in names)
        cursor.execute(f"SELECT {listed} FROM {parts['table']} AS c LIMIT 0", ())  # noqa: S608
        return columns_of(cursor)

    def values(self, field: str, *, is_text: bool = False) -> list[str]:
        """A few values of a column. `only` is ignored: applying it could read the whole table."""
        parts = self.covers.in_sql()
        column = f"c.{parts[field]}"
        # Zeros say nothing, and an index would return them first. A leading blank sorts below 0.
        value = f"TRIM({column})" if is_text else column
        has_value = f"{value} > '0'" if field == "updated_at" else f"{column} IS NOT NULL"
        cursor = self.connection.cursor()
        cursor.execute(
            f"SELECT {column} FROM {parts['table']} AS c "  # noqa: S608
            f"WHERE {has_value} LIMIT {_VALUES}",
            (),
        )
        # Leading blanks change the order, trailing blanks do not.
        return [value.decode(errors="replace").rstrip() for (value,) in cursor.fetchall()]

    def covers_in_json(self) -> tuple[int, int]:
        """How many values of the JSON column were searched, and how many of them have a cover."""
        parts = self.covers.in_sql()
        cursor = self.connection.cursor()
        cursor.execute(
            f"SELECT COUNT(*), COUNT(cover) FROM (SELECT {parts['cover']} AS cover "  # noqa: S608
            f"FROM {parts['table']} AS c WHERE c.{parts['cover_url']} IS NOT NULL "
            f"LIMIT {_JSONS}) AS covers",
            (),
        )
        looked_at, found = map(int, cursor.fetchone())
        return looked_at, found
