"""The columns of a SELECT, with their types by name."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from MySQLdb.cursors import BaseCursor  # type: ignore[import-untyped]

NUMBERS: Final = frozenset({"TINYINT", "SMALLINT", "MEDIUMINT", "INT", "BIGINT", "DECIMAL"})
FLOATS: Final = frozenset({"FLOAT", "DOUBLE"})
TEXTS: Final = frozenset({"CHAR", "VARCHAR", "TEXT", "BINARY", "VARBINARY", "BLOB"})

# Codes of column types in the protocol of both servers (enum_field_types in MySQL's
# field_types.h), without those that a SELECT cannot return.
_NAMES: Final = {
    0: "DECIMAL",
    1: "TINYINT",
    2: "SMALLINT",
    3: "INT",
    4: "FLOAT",
    5: "DOUBLE",
    7: "TIMESTAMP",
    8: "BIGINT",
    9: "MEDIUMINT",
    10: "DATE",
    11: "TIME",
    12: "DATETIME",
    13: "YEAR",
    15: "VARCHAR",
    16: "BIT",
    245: "JSON",
    246: "DECIMAL",
    247: "ENUM",
    248: "SET",
    249: "BLOB",
    250: "BLOB",
    251: "BLOB",
    252: "BLOB",
    253: "VARCHAR",
    254: "CHAR",
    255: "GEOMETRY",
}
_OF_BYTES: Final = {"BLOB": "TEXT", "VARCHAR": "VARCHAR", "CHAR": "CHAR"}
_AS_BYTES: Final = {"BLOB": "BLOB", "VARCHAR": "VARBINARY", "CHAR": "BINARY"}
_IS_BINARY, _IS_ENUM, _IS_SET = 128, 256, 2048
"""Flags of a column (mysql_com.h): BINARY_FLAG, ENUM_FLAG, SET_FLAG."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a result."""

    name: str
    type: str
    """The type as in CREATE TABLE, without its length: BIGINT, VARCHAR, DATETIME."""


def columns_of(cursor: "BaseCursor") -> list[Column]:
    """The columns of a statement that a cursor has executed, also for expressions and views."""
    return [
        Column(described[0], _type_name(described[1], flags))
        for described, flags in zip(cursor.description, cursor.description_flags, strict=True)
    ]


def _type_name(code: int, flags: int) -> str:
    if flags & _IS_ENUM:
        return "ENUM"
    if flags & _IS_SET:
        return "SET"
    name = _NAMES.get(code, f"type {code}")
    # TEXT and BLOB have the same code. A binary collation such as utf8mb4_bin sets the flag, too,
    # but callers treat text and bytes the same.
    return (_AS_BYTES if flags & _IS_BINARY else _OF_BYTES).get(name, name)
