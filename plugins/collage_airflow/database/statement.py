"""Where a statement ends: a client's semicolon has no place in a subquery or in brackets."""

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


def without_end(sql: str) -> str:
    """`sql` without the semicolons at its end, and what blanks and comments follow them.

    Raises SettingError when another statement follows.
    """
    end = None
    for part in _PARTS.finditer(sql):
        if part["end"]:
            end = part.start() if end is None else end
        elif not part["nothing"] and end is not None:
            raise SettingError(
                f"the SQL goes on behind a semicolon, at {sql[part.start() :][:20]!r}: it must be "
                "one statement, or one condition"
            )
    return sql[:end].strip()
