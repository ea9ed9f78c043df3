"""How error messages show a value: short, and without anything that may be a secret."""

from collections.abc import Mapping

_MOST_CHARACTERS = 80

_MARKS_OF_A_URL = ("://", "?", "&")
"""A value with one of these may hold a signature."""


def shown(value: object) -> str:
    """A value, short enough for a log line; None, for a field that is absent, is `missing`.

    A value that may contain a signed URL is only described.
    """
    if value is None:
        return "missing"
    written = repr(value)
    if any(mark in written for mark in _MARKS_OF_A_URL):
        return described(value)
    if len(written) <= _MOST_CHARACTERS:
        return written
    return f"{written[: _MOST_CHARACTERS - 3]}..."


def described(value: object) -> str:
    """Describe a value by type and length only; the value may contain signed URLs."""
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
