"""The SQL for a cover column with JSON, and a path to the cover in it."""

import re

from collage_core.errors import SettingError

# The part of the path syntax that MariaDB and MySQL share. Wildcards for keys are not allowed,
# because the order of keys depends on the server: MySQL sorts them, MariaDB does not.
_STEP = r"""\.[A-Za-z_$][A-Za-z0-9_$]*|\."[^"'\\\x00-\x1f]+"|\[\d+\]|\[\*\]"""
_PATH = re.compile(rf"\$(?:{_STEP})*")


def check_path(path: str) -> None:
    """Raise SettingError for a `cover_json` that is not a path; MariaDB would return nothing."""
    if not _PATH.fullmatch(path):
        raise SettingError(
            f"cover_json of CoversTable is {path!r}: it must be a path such as "
            '"$.video.cover.url_list", with keys, [0] or [*] as its steps; a key with other '
            'characters than letters, digits and _ must be in double quotes: $."cover-url"'
        )


def json_at(column: str, path: str) -> str:
    """SQL for the JSON at a path, or NULL if there is none; a value that is not JSON is kept."""
    # JSON_VALID does not accept binary strings, and in MySQL JSON_EXTRACT fails for text that is
    # not JSON.
    text = f"CONVERT({column} USING utf8mb4)"
    return f"IF(JSON_VALID({text}), JSON_EXTRACT({text}, '{path}'), {column})"
