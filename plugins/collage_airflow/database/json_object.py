"""JSON of which nothing is passed over."""

import json
from typing import Any


def json_object(text: object) -> dict[str, Any]:
    """An object out of its JSON, or as it is; raises ValueError, which quotes nothing of it."""
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
