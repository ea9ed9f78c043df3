"""Names that become a part of keys."""

import re

from collage_core.contract import json_fields
from collage_core.contract.json_fields import Json, shown
from collage_core.errors import MessageError

_IDENTIFIER = re.compile(r"(?!\.)[A-Za-z0-9._-]{1,200}")


_PREFIX_SEGMENT = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9!_.*'()-]+")


_LONGEST_PREFIX = 200


def identifier(source: Json, name: str) -> str:
    """A run_id or chunk_id: it becomes a part of keys, so it may not hold a slash or a dot-dot."""
    value = json_fields.text(source, name)
    if not _IDENTIFIER.fullmatch(value):
        raise MessageError(
            f"{name} is {shown(value)}: it may have letters, digits, '.', '_' and '-', "
            "at most 200 of them, and may not begin with a dot"
        )
    return value


def output_prefix(source: Json) -> str:
    """The optional folder below the day; "manual-batch/" and "/manual-batch" are the same."""
    value = source.get("output_prefix", "")
    if value is None:
        return ""
    if isinstance(value, str):
        prefix = value.strip("/")
        segments = prefix.split("/") if prefix else []
        if len(prefix) <= _LONGEST_PREFIX and all(map(_PREFIX_SEGMENT.fullmatch, segments)):
            return prefix
    raise MessageError(
        f"output_prefix is {shown(value)}: it must be a folder like 'manual-batch/', at most "
        f"{_LONGEST_PREFIX} letters, digits and !_.*'()- with single slashes between"
    )
