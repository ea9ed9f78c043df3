"""JSON from outside -> a typed document, or one sentence that says which field is wrong.

msgspec decides whether a document is valid. Its own messages are not passed on: they show
neither the value nor how to correct it, and some of them echo the value in full.
"""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import NoReturn

from msgspec import Struct

from collage_core.contract.conversion import as_declared, convert
from collage_core.contract.document import FLAT, SCHEMA_VERSION, Document, Json
from collage_core.contract.faults import explain
from collage_core.contract.wording import described, shown
from collage_core.errors import MessageError


def read[T: Struct](source: bytes | str | Json, kind: type[T]) -> T:
    """`source` as a document of this kind; unknown fields are ignored.

    Raises MessageError naming the first wrong field, its value and how to fix it.
    """
    parsed = parse(source, _name_of(kind))
    check_version(parsed, kind)
    document = _converted(parsed, kind)
    if isinstance(document, Document):
        document.check_source(parsed)
    return document


def _converted[T: Struct](source: Json, kind: type[T]) -> T:
    document: T
    with suppress(ValueError, MessageError):
        document = convert({**source, FLAT: source}, kind)
        return document
    # That fails for names that are not UTF-8, such as half of a surrogate pair, though the kind
    # may not know them; and for flat fields further inside, whose place is not made above.
    declared = as_declared(source, kind)
    try:
        document = convert(declared, kind)
    except (ValueError, MessageError):
        raise MessageError(explain("", declared, kind)) from None
    return document


def parse(source: bytes | str | Json, what: str) -> Json:
    """`source` as a JSON object. Raises MessageError, which calls it `what`, for anything else."""
    value: object = source
    if isinstance(source, bytes | str):
        try:
            value = json.loads(source, parse_constant=_no_number)
        except (ValueError, RecursionError) as error:
            raise MessageError(f"{what} is not JSON ({error}): send a JSON object") from None
    if not isinstance(value, Mapping):
        raise MessageError(f"{what} is {described(value)}: it must be a JSON object")
    return value


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _name_of(kind: type[Struct]) -> str:
    """ChunkMessage -> "chunk message"."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind.__name__.strip("_")).lower()


def check_version(source: Json, kind: type[Struct]) -> None:
    """Refuse a document that a newer release wrote: guessing at its meaning could lose rows.

    Raises MessageError. A kind that has a version as one of its fields may leave it out.
    """
    version = source.get("schema_version")
    may_have_one = "schema_version" in kind.__struct_fields__ and "schema_version" in source
    if kind.__struct_config__.tag != SCHEMA_VERSION and not may_have_one:
        return
    if type(version) is not int or version != SCHEMA_VERSION:
        raise MessageError(
            f"schema_version of this {_name_of(kind)} is {shown(version)}: this release reads "
            f"version {SCHEMA_VERSION}; deploy the release that wrote it, or send it again"
        )
