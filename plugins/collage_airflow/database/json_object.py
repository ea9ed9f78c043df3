"""Reads a JSON object strictly: no name may be repeated."""

import json
from typing import Any


def json_object(text: object) -> dict[str, Any]:
    """Parse a JSON object, or return it if it is parsed already.

    Raises ValueError that does not quote the text.
    """
    try:
        found = json.loads(text, object_pairs_hook=_all_pairs) if isinstance(text, str) else text
    except json.JSONDecodeError as error:
        raise ValueError(f"no JSON: {error.msg} at character {error.pos + 1}") from None
    except RecursionError:
        raise ValueError("no JSON: it is nested too deeply") from None
    if not isinstance(found, dict):
        raise ValueError("JSON, but no object")  # noqa: TRY004 - the text is wrong, not a type
    return found


def _all_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"it has {twice} twice")
    return found
