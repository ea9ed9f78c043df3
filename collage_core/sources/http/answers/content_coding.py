"""Decodes the content codings of a body of which only the beginning may be there."""

import re
import zlib
from collections.abc import Iterable
from contextlib import suppress
from itertools import chain

from collage_core.sources.http.answers.recorder import KEPT_BYTES
from collage_core.sources.http.content_codings import MOST_CODINGS
from collage_core.sources.http.header_lines import list_members

_NOTHING_DONE = frozenset({"identity", "chunked"})
_ZLIB_OR_GZIP = 32 + zlib.MAX_WBITS
_WINDOWS = {
    "gzip": (_ZLIB_OR_GZIP,),
    "x-gzip": (_ZLIB_OR_GZIP,),
    "deflate": (_ZLIB_OR_GZIP, -zlib.MAX_WBITS),  # some servers leave zlib's header out
}
"""Window sizes to try, as arguments of `zlib.decompressobj`."""
_STEP = 512
"""Bytes decompressed at a time: at most this many bytes before a fault are lost."""

_PICTURE = re.compile(
    rb"\xff\xd8\xff|\x89PNG|GIF8|RIFF....WEBP|....ftyp|BM|II\*\0|MM\0\*", re.DOTALL
)
_PLAIN_TEXT = re.compile(rb"[\t\n\r -~]{1,64}")


def undo_codings(body: bytes, headers: Iterable[tuple[str, str]]) -> bytes | None:
    """Decode the beginning of a body; returns at most KEPT_BYTES.

    `body` has no chunked framing, and it may be cut anywhere. Returns None when a coding cannot be
    decoded, because such bytes could contain anything. If the server names a coding but sends a
    plain picture or text, the bytes are returned as they are.
    """
    for coding in reversed(_codings(headers)):
        if not body or _is_plain(body):
            break
        tried = (_inflate(body, window) for window in _WINDOWS.get(coding, ()))
        unpacked = next(filter(None, tried), b"")
        if not unpacked:
            return None
        body = unpacked
    return body


def _codings(headers: Iterable[tuple[str, str]]) -> list[str]:
    """The codings in the order in which they were applied: of the content, then of its transfer."""
    named: dict[str, list[str]] = {"content-encoding": [], "transfer-encoding": []}
    for name, value in headers:
        if name.lower() in named:
            named[name.lower()].append(value)
    codings = list_members(chain.from_iterable(named.values()))
    return [coding for coding in codings if coding not in _NOTHING_DONE][:MOST_CODINGS]


def _inflate(body: bytes, window: int) -> bytes:
    """Decompress the bytes up to the first fault."""
    inflater = zlib.decompressobj(window)
    unpacked = b""
    with suppress(zlib.error):
        for at in range(0, len(body), _STEP):
            left = KEPT_BYTES - len(unpacked)
            if not left or inflater.eof:
                break
            unpacked += inflater.decompress(body[at : at + _STEP], left)
    return unpacked


def _is_plain(body: bytes) -> bool:
    return bool(_PICTURE.match(body) or _PLAIN_TEXT.fullmatch(body[:64]))
