"""The table of covers and its columns, as names and as SQL."""

import re
from dataclasses import dataclass
from typing import Final

from collage_core.database.json_path import check_path, json_at
from collage_core.database.statement import without_terminator
from collage_core.database.time_column import DATETIME, check_holds, time_column
from collage_core.errors import SettingError

_NAME = re.compile(r"[^`\x00-\x1f\x7f]+")
_NAMES: Final = ("table", "creator_name", "cover_url", "updated_at", "id")
_PLACEHOLDER = re.compile(r"%(?!\(window_(?:start|end)\)s)")


@dataclass(frozen=True, slots=True, kw_only=True)
class CoversTable:
    """The table of covers and its columns, by their names without any quotes of SQL.

    Raises SettingError for a name that is not possible.
    """

    table: str = "covers"
    """`table`, or `database.table` if it is not in the connection's database."""
    creator_name: str = "creator_name"
    """Whose cover it is: text in any character set and collation, or a whole number."""
    cover_url: str = "cover_url"
    """The URL, or JSON with URLs, of which one named as a cover is used (docs/tables.md)."""
    cover_json: str | None = None
    """The path of the cover in the JSON of `cover_url`, such as $.video.cover.url_list."""
    updated_at: str = "updated_at"
    """The time of the cover. It should have an index."""
    updated_at_holds: str = DATETIME
    """How `updated_at` stores times, in UTC: datetime (DATETIME or TIMESTAMP), date, unix_seconds,
    unix_milliseconds, unix_microseconds, or a strptime format for text and for numbers such as
    20261014."""
    id: str = "id"
    """A unique column, which orders covers with the same creator and time."""
    only: str = ""
    """An SQL condition for the rows to use, as after WHERE; empty: all rows."""

    def __post_init__(self) -> None:
        for field, names in self._names().items():
            if not self._is_final(field):
                continue
            allowed = "one name, or database.table" if field == "table" else "the name of a column"
            if len(names) > (2 if field == "table" else 1) or not all(map(_is_name, names)):
                raise SettingError(
                    f"{field} of CoversTable is {getattr(self, field)!r}: it must be {allowed}, "
                    "without quotes; what names cannot say goes into the SQL file"
                )
        if self._is_final("updated_at_holds"):
            check_holds(self.updated_at_holds)
        if self.cover_json is not None and self._is_final("cover_json"):
            check_path(self.cover_json)

    def _is_final(self, field: str) -> bool:
        """Whether a field has its last value, so that it can be checked."""
        del field
        return True

    def in_sql(self) -> dict[str, str]:
        """Parts of a statement with parameters, for `covers_sql` and the template of an SQL file.

        The fields are under their own names. Four more are derived from them: `cover` (the URL or
        JSON), `moment` (the time in UTC), `in_window` (the condition of the window) and `order`
        (the expression that sorts by age). Names are in backquotes, so that they may be reserved
        words or have blanks. Percent signs are doubled, so that they are not placeholders.
        """
        names = {
            field: ".".join(f"`{name}`" for name in parts) for field, parts in self._names().items()
        }
        time = time_column(f"c.{names['updated_at']}", self.updated_at_holds)
        cover = f"c.{names['cover_url']}"
        parts = names | {
            "only": without_terminator(self.only),
            "cover": json_at(cover, self.cover_json) if self.cover_json else cover,
            "moment": time.moment,
            "order": time.order,
        }
        doubled = {field: text.replace("%", "%%") for field, text in parts.items()}
        # A column's name may look like a placeholder, but only the condition has real ones.
        condition = time_column("\0", self.updated_at_holds).in_window
        in_window = _PLACEHOLDER.sub("%%", condition).replace("\0", f"c.{doubled['updated_at']}")
        return doubled | {"in_window": in_window}

    def is_read_by(self, sql: str) -> bool:
        """Whether a statement has the names of this table and of its time column."""
        parts = self.in_sql()
        return parts["table"] in sql and parts["updated_at"] in sql

    def _names(self) -> dict[str, list[str]]:
        return {field: getattr(self, field).split(".") for field in _NAMES}


def _is_name(text: str) -> bool:
    # The server would remove blanks at the end, and then not find the name.
    return _NAME.fullmatch(text) is not None and text == text.strip()
