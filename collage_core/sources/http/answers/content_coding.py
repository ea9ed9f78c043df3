"""The codings that a server put a body into, undone as far as a part of the body allows."""

import re
import zlib
from collections.abc import Iterable
from contextlib import suppress
from itertools import chain

from collage_core.sources.http.answers.recorder import KEPT_BYTES
from collage_core.sources.http.encodings import MOST_CODINGS
from collage_core.sources.http.header_lines import listed

_NOTHING_DONE = frozenset({"identity", "chunked"})
_ZLIB_OR_GZIP = 32 + zlib.MAX_WBITS
_WINDOWS = {
    "gzip": (_ZLIB_OR_GZIP,),
    "x-gzip": (_ZLIB_OR_GZIP,),
    "deflate": (_ZLIB_OR_GZIP, -zlib.MAX_WBITS),  # some servers leave zlib's header out
}
"""Sizes of the window to try, as `zlib.decompressobj` takes them."""
_STEP = 512
"""Bytes unpacked at a time: what comes before a fault is kept to this many bytes."""

_PICTURE = re.compile(
    rb"\xff\xd8\xff|\x89PNG|GIF8|RIFF....WEBP|....ftyp|BM|II\*\0|MM\0\*", re.DOTALL
)
_PLAIN_TEXT = re.compile(rb"[\t\n\r -~]{1,64}")


def undo_codings(body: bytes, headers: Iterable[tuple[str, str]]) -> bytes | None:
    """The first bytes of `body`, at most KEPT_BYTES, as they were before the server coded them.

    `body` is the beginning of one, without the framing of chunks; it may be cut anywhere. None
    when a coding cannot be undone: nobody can tell what such bytes hold. A server that names a
    coding and sends a plain picture or text after all is taken by its bytes.
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
    """Those of the content, in the order in which they were applied, and then of its transfer."""
    named: dict[str, list[str]] = {"content-encoding": [], "transfer-encoding": []}
    for name, value in headers:
        if name.lower() in named:
            named[name.lower()].append(value)
    codings = listed(chain.from_iterable(named.values()))
    return [coding for coding in codings if coding not in _NOTHING_DONE][:MOST_CODINGS]


def _inflate(body: bytes, window: int) -> bytes:
    """What zlib makes of the bytes up to the first fault."""
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
