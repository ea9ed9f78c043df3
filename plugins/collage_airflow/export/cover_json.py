"""A cover column that holds JSON: a string, a list or an object of URLs, nested as it may be.

JSON is told by how it begins. Nobody has to say what a column holds, and one column may hold
URLs and JSON in turn: a URL begins in no such way.
"""

import json
from typing import Final

from collage_core.covers.cover_csv import LONGEST_ROW
from collage_core.covers.cover_url import is_cover_url

BEGINS_JSON: Final = '[{"'
"""The characters one of which a JSON list, object or string begins with, after any blanks."""

_BEGINNINGS = tuple(BEGINS_JSON)

# Pairs, because in a dict the later of two equal keys would hide the first. One decoder for
# all rows, because to make one takes as long as to read a small JSON.
_DECODER = json.JSONDecoder(object_pairs_hook=lambda pairs: [value for _, value in pairs])

_SHOWN = 1000
"""Characters of a JSON without a URL that are kept, for whoever looks for what was rejected."""


def cover_url(field: str) -> str:
    """The first http(s) URL in a field that is JSON; any other field as it is.

    Objects and lists are searched in the order in which the database spells them out, and only
    for values: a key is no URL. A JSON without a URL, a broken one, and one that is too long or
    too deep to be read comes back in one line and cut to 1000 characters, which no reader
    takes for a URL: so it ends as `invalid_url`, however long it was.
    """
    if not field.lstrip().startswith(_BEGINNINGS):
        return field
    return _first_url(field) or " ".join(field.split())[:_SHOWN]


def _first_url(text: str) -> str | None:
    if len(text) > LONGEST_ROW:
        return None
    try:
        document = _DECODER.decode(text)
    except (ValueError, RecursionError):
        return None
    pending = [document]
    while pending:
        value = pending.pop()
        if isinstance(value, list):
            pending.extend(reversed(value))
        elif isinstance(value, str) and _is_spelled_in_utf8(value) and is_cover_url(value):
            return value
    return None


def _is_spelled_in_utf8(text: str) -> bool:
    # Half of a surrogate pair is valid as an escape in JSON, and stands for no character.
    try:
        return text.isascii() or bool(text.encode())
    except UnicodeEncodeError:
        return False
