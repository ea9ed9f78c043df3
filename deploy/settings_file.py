"""A file of the product's settings, `NAME=value` on each line, checked against `settings.env`.

Only names are checked here: the values are checked by the product, before it works with them.
"""

import difflib
from pathlib import Path

from deploy.errors import DeployError

SETTINGS_ENV = Path(__file__).with_name("settings.env")
"""Every setting that there is, with its default."""

MUST_BE_SET = "CHUNK_QUEUE_URL"
"""The one setting without a default: no run starts without it."""


def read_settings_file(path: Path = SETTINGS_ENV) -> dict[str, str]:
    """The settings in `path` that have a value, in the order of the file.

    Raises DeployError for a line without `=`, and for a name that is unknown or there twice.
    """
    given = _read(path)
    known = _read(SETTINGS_ENV)
    for name in given:
        if name not in known:
            nearest = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {nearest[0]}?" if nearest else f"{SETTINGS_ENV} has all names"
            raise DeployError(f"{path}: {name} is not a setting: {hint}")
    return {name: value for name, value in given.items() if value}


def _read(path: Path) -> dict[str, str]:
    settings: dict[str, str] = {}
    for number, line in enumerate(_lines(path), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, equals, value = line.partition("=")
        name = name.strip()
        if not equals:
            raise DeployError(f"{path}: line {number} is {line!r}: write NAME=value")
        if name in settings:
            raise DeployError(f"{path}: line {number} sets {name} again: keep one of the two lines")
        settings[name] = value.strip()
    return settings


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise DeployError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DeployError(f"{path} is not UTF-8: save it as UTF-8") from error
