"""Removes the semicolon at the end of a statement, which may not be in a subquery or brackets."""

import re

from collage_core.errors import SettingError

_PARTS = re.compile(
    r"""
    (?P<nothing> \s+ | --(?=\s|$)[^\n]* | \#[^\n]* | /\*(?!!).*?\*/ )  # blanks and comments
    | (?P<end> ; )
    | '(?:[^'\\]|\\.)*' | "(?:[^"\\]|\\.)*" | `[^`]*`                   # quoted: ; is a letter here
    | .
    """,
    re.VERBOSE | re.DOTALL,
)


def without_terminator(sql: str) -> str:
    """`sql` without the semicolons at its end, and without blanks and comments after them.

    Raises SettingError when another statement follows.
    """
    end = None
    for part in _PARTS.finditer(sql):
        if part["end"]:
            end = part.start() if end is None else end
        elif not part["nothing"] and end is not None:
            raise SettingError(
                f"the SQL continues after a semicolon, at {sql[part.start() :][:20]!r}: it must be "
                "one statement, or one condition"
            )
    return sql[:end].strip()
