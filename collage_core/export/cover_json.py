"""A cover column that holds JSON: a string, a list or an object of URLs, nested to any depth.

JSON is recognized by its first character, which no URL begins with. So no setting is needed, and
one column may hold both URLs and JSON.

Which URL is the cover depends on the keys, never on the order in which the server writes them:
MySQL sorts the keys of a JSON column and keeps the last of two equal keys, MariaDB keeps them all
as they were written.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from collage_core.covers.cover_url import is_cover_url
from collage_core.covers.csv_records import LONGEST_ROW

BEGINS_JSON: Final = '[{"'
"""First characters of a JSON list, object or string, after whitespace."""

PREFERRED: Final = (
    ("cover", "coverurl", "covers", "coverimage", "coverimageurl"),
    ("origincover", "origincoverurl", "originalcover"),
    ("thumbnail", "thumbnailurl", "thumbnailsrc", "thumbnails", "thumb", "thumburl"),
    ("displayurl", "poster", "posterurl", "imageversions", "imageversions2", "imagesversions"),
    ("image", "imageurl", "images", "picture", "pictureurl", "pictures", "photo", "photos"),
    ("dynamiccover", "dynamiccoverurl", "animatedcover"),
)
"""Keys that name a cover, the best first; capitals, underscores and hyphens make no difference."""

_RANKS: Final = {key: rank for rank, keys in enumerate(PREFERRED) for key in keys}
_NEUTRAL: Final = len(PREFERRED)
_NO_COVER: Final = _NEUTRAL + 1
_NAMES_NO_COVER = re.compile(
    "video|play|download|stream|music|audio|sound|avatar|author|owner|profile|user|share|permalink"
)
_IS_NO_PICTURE = re.compile(r"(?i)\.(?:mp4|m4a|m4v|m3u8|mpd|mov|webm|mp3|aac)(?:[?#]|$)")

_IS_HEIC = re.compile(r"(?i)^[^?#]*\.hei[cf](?:[?#]|$)")
"""No release decodes HEIC (docs/adr/0008). A list of TikTok has the same cover as HEIC first and as
JPEG last."""

_BEGINNINGS = tuple(BEGINS_JSON)

_DECODER = json.JSONDecoder()
"""One for all rows: making one takes as long as reading a small JSON."""

_SHOWN = 1000
"""Characters of a JSON without a URL that are kept, so that a rejected row can be found."""


def cover_url(field: str) -> str:
    """The URL of the cover in a field that is JSON; any other field is returned as it is.

    URLs below a key that names a cover come first, in the order of PREFERRED. URLs below a key
    that names a video, a sound or a person come last, and so do URLs that end like a video file.
    The nearest key above the URL that says either decides. URLs of one rank are alternatives of one
    cover: those that end like a HEIC come last. Of equal URLs the first one is taken: lists in
    their order, keys as MySQL sorts them, by length and then by their bytes.

    Only values are searched, not keys. JSON without a URL, malformed JSON, and JSON that is too
    long or too deep to be read is returned in one line, cut to 1000 characters. No reader takes
    that for a URL, so the row ends as `invalid_url`, however long the JSON was.
    """
    if not field.lstrip().startswith(_BEGINNINGS):
        return field
    return _best_url(field) or " ".join(field.split())[:_SHOWN]


def _best_url(text: str) -> str | None:
    if len(text) > LONGEST_ROW:
        return None
    try:
        document = _DECODER.decode(text)
    except (ValueError, RecursionError):
        return None
    # min() returns the first of equal ones.
    return min(_urls(document), key=_order, default=(0, None))[1]


def _order(found: tuple[int, str]) -> tuple[int, bool]:
    rank, url = found
    return rank, _IS_HEIC.search(url) is not None


def _urls(document: Any) -> Iterator[tuple[int, str]]:
    """All URLs in a document with their ranks, in an order that both servers agree on."""
    pending: list[tuple[int, Any]] = [(_NEUTRAL, document)]
    while pending:
        rank, value = pending.pop()
        if isinstance(value, dict):
            pending.extend((_rank(key, rank), value[key]) for key in _in_mysql_order(value))
        elif isinstance(value, list):
            pending.extend((rank, item) for item in reversed(value))
        elif isinstance(value, str) and _can_be_utf8(value) and is_cover_url(value):
            yield (_NO_COVER if _IS_NO_PICTURE.search(value) else rank), value


def _rank(key: str, above: int) -> int:
    """The rank of the values below a key; `above` if the key says nothing."""
    word = key.lower().replace("_", "").replace("-", "")
    if (rank := _RANKS.get(word)) is not None:
        return rank
    return _NO_COVER if _NAMES_NO_COVER.search(word) else above


def _in_mysql_order(keys: dict[str, Any]) -> list[str]:
    """The keys, last first: by the length of their UTF-8 and then by its bytes."""
    encoded = {key: key.encode(errors="surrogatepass") for key in keys}
    return sorted(keys, key=lambda key: (len(encoded[key]), encoded[key]), reverse=True)


def _can_be_utf8(text: str) -> bool:
    # JSON may escape one half of a surrogate pair, which is not a character.
    try:
        return text.isascii() or bool(text.encode())
    except UnicodeEncodeError:
        return False
