"""What the table of covers is asked about its columns: their types, and a few values of each."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from collage_airflow.database.columns import Column, columns_of
from collage_airflow.database.covers_table import CoversTable

if TYPE_CHECKING:
    from MySQLdb.connections import Connection  # type: ignore[import-untyped]

_VALUES = 20
"""Values that are looked at; no index and no sort is needed for them."""

_JSONS = 1000
"""Values in which `cover_json` must lead to something at least once; the server looks."""


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
        """A few values of a column, whatever `only` says: looking for those would read them all."""
        parts = self.covers.in_sql()
        column = f"c.{parts[field]}"
        # Zeros tell nothing, and an index would give them first. A blank in front sorts below 0.
        value = f"TRIM({column})" if is_text else column
        has_value = f"{value} > '0'" if field == "updated_at" else f"{column} IS NOT NULL"
        cursor = self.connection.cursor()
        cursor.execute(
            f"SELECT {column} FROM {parts['table']} AS c "  # noqa: S608
            f"WHERE {has_value} LIMIT {_VALUES}",
            (),
        )
        # Blanks at the end change no order, those in front do.
        return [value.decode(errors="replace").rstrip() for (value,) in cursor.fetchall()]

    def covers_in_json(self) -> tuple[int, int]:
        """How many values of the column of JSON were looked at, and in how many is a cover."""
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
