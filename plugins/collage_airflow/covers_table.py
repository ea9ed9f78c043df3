"""Which table the covers are in, and how its columns are called: settings at the top of a DAG."""

import re
from dataclasses import asdict, dataclass

from collage_airflow.database.statement import without_end
from collage_core.errors import SettingError

_NAME = re.compile(r"[^`\x00-\x1f\x7f]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class CoversTable:
    """The table of covers as its owner names it, without any quotes of SQL.

    Raises SettingError for a name that cannot be one. Whether the table has it, the check task
    asks the database.
    """

    table: str = "covers"
    """`table`, or `database.table` where it is not in the connection's own."""
    creator_name: str = "creator_name"
    """Whose cover it is: text in any character set and collation, or a number."""
    cover_url: str = "cover_url"
    """The URL, or JSON in which the first URL counts."""
    updated_at: str = "updated_at"
    """When: DATETIME in UTC, or TIMESTAMP. It should have an index."""
    id: str = "id"
    """A unique column: it decides between two covers of one creator and one moment."""
    only: str = ""
    """An SQL condition on the rows that count, as one would type it after WHERE; empty: all."""

    def __post_init__(self) -> None:
        for field, names in self._names().items():
            allowed = "one name, or database.table" if field == "table" else "the name of a column"
            if len(names) > (2 if field == "table" else 1) or not all(map(_is_name, names)):
                raise SettingError(
                    f"{field} of CoversTable is {getattr(self, field)!r}: it must be {allowed}, "
                    "without quotes; what names cannot say goes into the SQL file"
                )

    def in_sql(self) -> dict[str, str]:
        """The fields as they stand in a statement that is executed with parameters.

        Names are in backquotes, so that reserved words and blanks may be names. Percent signs
        are doubled, or they would be taken for placeholders.
        """
        names = {
            field: ".".join(f"`{name}`" for name in parts) for field, parts in self._names().items()
        }
        fields = names | {"only": without_end(self.only)}
        return {field: text.replace("%", "%%") for field, text in fields.items()}

    def _names(self) -> dict[str, list[str]]:
        fields = asdict(self)
        del fields["only"]
        return {field: value.split(".") for field, value in fields.items()}


def _is_name(text: str) -> bool:
    # The server would take off blanks at the end and then not find the name.
    return _NAME.fullmatch(text) is not None and text == text.strip()
