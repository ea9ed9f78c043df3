"""Which table the covers are in, and how its columns are called: settings at the top of a DAG."""

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Final, Self

from collage_airflow.database.json_path import check_path, json_at
from collage_airflow.database.statement import without_end
from collage_airflow.database.time_column import DATETIME, check_holds, time_column
from collage_core.errors import SettingError

_NAME = re.compile(r"[^`\x00-\x1f\x7f]+")
_NAMES: Final = ("table", "creator_name", "cover_url", "updated_at", "id")
_TEMPLATE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_PIECE = re.compile(rf"{_TEMPLATE.pattern}|.", re.DOTALL)
_PLACEHOLDER = re.compile(r"%(?!\(window_(?:start|end)\)s)")


@dataclass(frozen=True, slots=True, kw_only=True)
class CoversTable:
    """The table of covers as its owner names it, without any quotes of SQL.

    A field may be a template of Airflow, such as "covers_{{ window_start.strftime('%Y%m') }}".

    Raises SettingError for a name that cannot be one. Whether the table has it, and whether the
    column holds what is said of it, the check task asks the database.
    """

    table: str = "covers"
    """`table`, or `database.table` where it is not in the connection's own."""
    creator_name: str = "creator_name"
    """Whose cover it is: text in any character set and collation, or a whole number."""
    cover_url: str = "cover_url"
    """The URL, or JSON: of its URLs one that is called a cover counts (docs/tables.md)."""
    cover_json: str | None = None
    """Where in the JSON of `cover_url` the cover is, such as $.video.cover.url_list."""
    updated_at: str = "updated_at"
    """When. It should have an index."""
    updated_at_holds: str = DATETIME
    """What `updated_at` holds, in UTC: datetime (DATETIME or TIMESTAMP), date, unix_seconds,
    unix_milliseconds, unix_microseconds, or a format of strptime for text and for numbers such
    as 20261014."""
    id: str = "id"
    """A unique column: it decides between two covers of one creator and one moment."""
    only: str = ""
    """An SQL condition on the rows that count, as one would type it after WHERE; empty: all."""

    def __post_init__(self) -> None:
        for field, names in self._names().items():
            if is_template(getattr(self, field)):
                continue  # checked once it is rendered
            allowed = "one name, or database.table" if field == "table" else "the name of a column"
            if len(names) > (2 if field == "table" else 1) or not all(map(_is_name, names)):
                raise SettingError(
                    f"{field} of CoversTable is {getattr(self, field)!r}: it must be {allowed}, "
                    "without quotes; what names cannot say goes into the SQL file"
                )
        if not is_template(self.updated_at_holds):
            check_holds(self.updated_at_holds)
        if self.cover_json is not None and not is_template(self.cover_json):
            check_path(self.cover_json)

    def rendered(self, render: Callable[[str], str]) -> Self:
        """The settings of one run: each field that is a template as `render` gives it."""
        given: dict[str, str | None] = asdict(self)
        templates = {field: text for field, text in given.items() if text and is_template(text)}
        return replace(self, **{field: render(text) for field, text in templates.items()})

    def in_sql(self) -> dict[str, str]:
        """What the SQL file is given: its parts of a statement that is executed with parameters.

        The fields stand under their own names, and under `cover`, `moment`, `in_window` and
        `order` what they come to: the cover's URL or JSON, its moment in UTC, the condition of
        the window, and what sorts by age. Names are in backquotes, so that reserved words and
        blanks may be names. Percent signs are doubled, or they would be taken for placeholders.
        """
        names = {
            field: ".".join(f"`{name}`" for name in parts) for field, parts in self._names().items()
        }
        time = time_column(f"c.{names['updated_at']}", self.updated_at_holds)
        cover = f"c.{names['cover_url']}"
        parts = names | {
            "only": without_end(self.only),
            "cover": json_at(cover, self.cover_json) if self.cover_json else cover,
            "moment": time.moment,
            "order": time.order,
        }
        doubled = {field: text.replace("%", "%%") for field, text in parts.items()}
        # A column's name may look like a placeholder, but only the condition has any.
        condition = time_column("\0", self.updated_at_holds).in_window
        in_window = _PLACEHOLDER.sub("%%", condition).replace("\0", f"c.{doubled['updated_at']}")
        return doubled | {"in_window": in_window}

    def is_in(self, sql: str) -> bool:
        """Whether a statement reads this table's time column, by the names of both."""
        parts = self.in_sql()
        return parts["table"] in sql and parts["updated_at"] in sql

    def _names(self) -> dict[str, list[str]]:
        return {field: _split(getattr(self, field)) for field in _NAMES}


def is_template(text: str) -> bool:
    """Whether Airflow has to render a field before it means anything."""
    return _TEMPLATE.search(text) is not None


def _split(name: str) -> list[str]:
    """A name at its dots, those inside of a template left alone."""
    parts = [""]
    for piece in _PIECE.findall(name):
        if piece == ".":
            parts.append("")
        else:
            parts[-1] += piece
    return parts


def _is_name(text: str) -> bool:
    # The server would take off blanks at the end and then not find the name.
    return _NAME.fullmatch(text) is not None and text == text.strip()
