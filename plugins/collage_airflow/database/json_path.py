"""The SQL for a cover column of JSON in which a path says where the cover is."""

import re

from collage_core.errors import SettingError

# A part of the path syntax that MariaDB and MySQL share. Keys under a wildcard would come in
# the order of the server's own: MySQL sorts them, MariaDB keeps them as they were written.
_STEP = r"""\.[A-Za-z_$][A-Za-z0-9_$]*|\."[^"'\\\x00-\x1f]+"|\[\d+\]|\[\*\]"""
_PATH = re.compile(rf"\$(?:{_STEP})*")


def check_path(path: str) -> None:
    """Raise SettingError for a `cover_json` that is no such path. MariaDB would find nothing."""
    if not _PATH.fullmatch(path):
        raise SettingError(
            f"cover_json of CoversTable is {path!r}: it must be a path such as "
            '"$.video.cover.url_list", with keys, [0] or [*] as its steps; a key with other '
            'characters than letters, digits and _ stands in double quotes: $."cover-url"'
        )


def json_at(column: str, path: str) -> str:
    """What stands at the path: JSON, or NULL when nothing does; what is no JSON stays as it is."""
    # JSON_VALID takes no binary string, and JSON_EXTRACT ends the statement where MySQL finds
    # text that is no JSON.
    text = f"CONVERT({column} USING utf8mb4)"
    return f"IF(JSON_VALID({text}), JSON_EXTRACT({text}, '{path}'), {column})"
