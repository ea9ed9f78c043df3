"""Typed fields out of parsed JSON; errors name the field, the value and the mend."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from collage_core.errors import MessageError

type Json = Mapping[str, Any]
"""A parsed JSON object."""

SCHEMA_VERSION = 1
"""The version of every document that this code writes, and the newest that it reads."""


def shown(value: object) -> str:
    """A value short enough for a log line; absent fields read as `missing`."""
    if value is None:
        return "missing"
    spelled = repr(value)
    return spelled if len(spelled) <= 80 else f"{spelled[:77]}..."


def described(value: object) -> str:
    """A value by its type and length alone: what holds covers holds their signatures."""
    match value:
        case None:
            return "missing"
        case str():
            return f"a string of {len(value)} characters"
        case list() | tuple():
            return f"an array of {len(value)}"
        case Mapping():
            return f"an object of {len(value)} fields"
    return f"a {type(value).__name__}"


def as_object(value: object, name: str, *, show: Callable[[object], str] = shown) -> Json:
    """`value` as a JSON object. `show` spells a value that is none."""
    if not isinstance(value, Mapping):
        raise MessageError(f"{name} is {show(value)}: it must be a JSON object")
    return value


def text(source: Json, name: str, *, show: Callable[[object], str] = shown) -> str:
    """A string field that is not empty. `show` spells a value that is none."""
    value = source.get(name)
    if not isinstance(value, str) or not value:
        raise MessageError(f"{name} is {show(value)}: it must be a string that is not empty")
    return value


def integer(source: Json, name: str, *, least: int = 0, most: int | None = None) -> int:
    """A whole number within [least, most]."""
    return checked_integer(source.get(name), name, least=least, most=most)


def checked_integer(value: object, name: str, *, least: int = 0, most: int | None = None) -> int:
    """`value` as a whole number within [least, most]; JSON's true and false are no numbers."""
    if (
        not isinstance(value, int)
        or isinstance(value, bool)
        or value < least
        or (most is not None and value > most)
    ):
        allowed = f"of at least {least}" if most is None else f"from {least} to {most}"
        raise MessageError(f"{name} is {shown(value)}: it must be a whole number {allowed}")
    return value


def array(source: Json, name: str) -> Sequence[Any]:
    """A JSON array."""
    value = source.get(name)
    if not isinstance(value, list | tuple):
        raise MessageError(f"{name} is {shown(value)}: it must be a JSON array")
    return value


def byte_range(source: Json, name: str = "byte_range") -> tuple[int, int]:
    """`[first, last]`, both inclusive, as in an HTTP Range header."""
    value = array(source, name)
    if len(value) == 2:
        first = checked_integer(value[0], f"{name}[0]")
        return first, checked_integer(value[1], f"{name}[1]", least=first)
    raise MessageError(f"{name} is {shown(value)}: it must be [first, last], both inclusive")


def check_schema_version(source: Json, what: str) -> None:
    """Refuse a document that a newer release wrote: guessing at its meaning could lose rows."""
    version = source.get("schema_version")
    if version != SCHEMA_VERSION:
        raise MessageError(
            f"schema_version of this {what} is {shown(version)}: this release reads version "
            f"{SCHEMA_VERSION}; deploy the release that wrote it, or send it again"
        )
