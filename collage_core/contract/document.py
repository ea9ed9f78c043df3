"""What all documents have in common, and how one of them becomes JSON.

A document is a msgspec Struct: its fields, in the order in which they are written, with their
types, bounds and docstrings. Two names on the wire are special: `FLAT` and `IN_MEMORY` below. Any
other name is written as it is.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from msgspec import Struct, field

type Json = Mapping[str, Any]
"""A parsed JSON object."""

SCHEMA_VERSION: Final = 1
"""The version of every document that this code writes, and the only one that it reads."""

FLAT = "\uffff**"
"""The name of a field whose own fields are written in its place, as in `{**books}`.

U+FFFF is no character: Unicode keeps it for the inside of programs, so no name in JSON has it.
"""

IN_MEMORY = "\uffff-"
"""How the names of fields begin that are neither written nor read."""


_NESTED = (dict, list, tuple)


class Document(Struct, frozen=True, kw_only=True, tag_field="schema_version", tag=SCHEMA_VERSION):
    """A JSON document of this system. Its first field is `schema_version`."""

    def check_source(self, source: Json) -> None:
        """Raise MessageError if `source`, from which this was read, contradicts itself."""


class Whole(Struct, frozen=True):
    """A part of documents that must have all of its fields.

    The defaults are for code only: a count that is missing in a document is not zero.
    """


def always(value: Any) -> Any:
    """The default of a field that is written even when it has that default.

    For Structs with `omit_defaults`: msgspec leaves out plain defaults, and writes every value of
    a field whose default comes from a factory.
    """
    return field(default_factory=lambda: value)


def to_json(value: Struct) -> dict[str, Any]:
    """A document, or a part of one, as JSON objects, arrays, strings and numbers.

    Fields are in the order of their declaration; the keys of a mapping are sorted.
    """
    written: dict[str, Any] = _written(
        msgspec.to_builtins(value, order="deterministic", enc_hook=_as_text)
    )
    return written


def _written(value: Any) -> Any:
    """`value` without fields that are never written, and with flat fields replaced."""
    if isinstance(value, list | tuple):
        return [_written(item) if isinstance(item, _NESTED) else item for item in value]
    written: dict[str, Any] = {}
    for name, item in value.items():
        inner = _written(item) if isinstance(item, _NESTED) else item
        if name == FLAT:
            written |= inner
        elif not name.startswith(IN_MEMORY):
            written[name] = inner
    return written


def _as_text(value: object) -> str:
    """A value that JSON has no type for, such as a RunTimestamp."""
    return str(value)
