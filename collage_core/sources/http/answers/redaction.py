"""Masks signatures in what servers send back, in any encoding.

An error page often repeats the requested URL: escaped for HTML, for JSON, for a URL inside of
another URL, or for several of these at once. So the text is unescaped layer by layer, each layer is
searched, and every match is masked at its place in the original.
"""

import re
from array import array
from binascii import a2b_base64, a2b_hex
from collections.abc import Iterable, Iterator
from html.entities import html5

from collage_core.covers.public_url import without_query

REMOVED = "[removed]"
"""Replaces a part of a header or URL."""

_MASK = b"X"
"""Replaces each masked byte of a body, so that offsets and lengths stay the same."""

_SHORTEST_VALUE = 6
"""Shorter values of a query are masked only together with their names: elsewhere, `1` or `jpg`
would be a coincidence."""

_SHORTEST_BEGINNING = 12
"""The beginning of a value is masked from this length on, because pages truncate long URLs."""

_SHORTEST_END = 4
"""At the end of a text, the beginning of a value is masked from this length on."""

_MOST_LAYERS = 8

_ENTITIES = {
    name.lower().encode(): char.encode()
    for name, char in html5.items()
    if len(char) == 1 and char < "\x7f"
}
_ESCAPE = re.compile(
    rb"%(?P<percent>[0-9a-f]{2})|&(?:shy|ZeroWidthSpace);"
    rb"|&(?:\#(?P<decimal>[0-9]{1,12})|\#x(?P<hex>[0-9a-f]{1,12})|(?P<name>[a-z]{2,10}));?"
    rb"|\\(?:(?-i:U)(?P<long>0{3}[0-9a-f]{5})|(?-i:u)\{(?P<braced>[0-9a-f]{1,8})\}"
    rb"|(?-i:u)(?P<unicode>[0-9a-f]{4})|x(?P<byte>[0-9a-f]{2})|(?P<char>[^a-z0-9\0]))"
    rb"|\0+"  # between the characters of UTF-16
    rb"|\r?\n[\t ]*|(?:\\r)?\\n|<wbr ?/?>|\xc2\xad|\xe2\x80\x8b",  # where a long line was wrapped
    re.IGNORECASE,
)
_CUT_ESCAPE = re.compile(rb"(?:%[0-9a-f]?|&\#?[0-9a-z]*|\\(?:u\{?[0-9a-f]{0,7}|x[0-9a-f]?)?)\Z")

# A form encodes blanks as plus signs; a server may print the decoded value.
_FOLDED = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ+", b"abcdefghijklmnopqrstuvwxyz ")

# Signatures of other URLs: a page may list other covers, or the same one signed again.
_SIGNED = re.compile(
    rb"[?&;~][\w.-]{0,40}(?:sig|token|hmac|secret|credential|policy|passw|auth|key)[\w.-]{0,40}="
    rb"([^&;~\s\"'<>\\]+)"
)

_MOST_WRAPPINGS = 2
"""Most nested layers of Base64 or hexadecimal digits around a text."""

_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{8,}")
_HEX = re.compile(rb"[0-9A-Fa-f]{16,}")
_FROM_URL_SAFE = bytes.maketrans(b"-_", b"+/")

_SECRET_NAME = re.compile(
    r"cookie|auth|token|secret|sign|credential|session|passw|api-?key|csrf|xsrf", re.IGNORECASE
)
_QUERY = re.compile(r"""(?:[?#]|%(?:25)*(?:3f|23))[^\s"'<>]+""", re.IGNORECASE)

type _Layer = tuple[bytes, array[int]]
"""A text, and for each of its bytes and its end the place in the original."""


class Redactor:
    """Masks the signatures of some URLs: everything after their question marks.

    Also the values of headers that were sent, from four characters on, each also without the first
    word or scheme in front of it. In any other URL, it masks the parameters whose names suggest a
    signature.
    """

    def __init__(self, urls: Iterable[str], sent: Iterable[str] = ()) -> None:
        of_urls = {secret for url in urls for secret in _secrets(url)}
        self._secrets = sorted(of_urls.union(*map(_sent_secrets, sent)))

    def body(self, data: bytes) -> bytes:
        """Mask every signature; the number of bytes stays the same."""
        clean = bytearray(data)
        for start, end in self._spans(data, _MOST_WRAPPINGS):
            clean[start:end] = _MASK * (end - start)
        return bytes(clean)

    def text(self, text: str) -> str:
        """A text without signatures, and without the query of any URL in it."""
        clean = self.body(text.encode("utf-8", "backslashreplace")).decode("utf-8", "replace")
        return _QUERY.sub(f"?{REMOVED}", clean)

    def header(self, name: str, value: str) -> tuple[str, str]:
        """Remove the signatures and the query of any URL from a header."""
        shown = REMOVED if _SECRET_NAME.search(name) else self._header_text(value)
        return self._header_text(name), shown

    def url(self, url: str) -> str:
        """A URL in ASCII without its query. Its path may contain another URL."""
        path = self.body(without_query(url).encode("utf-8", "surrogateescape"))
        shown = path.decode("ascii", "backslashreplace")
        return _QUERY.sub(f"?{REMOVED}", shown)

    def _header_text(self, text: str) -> str:
        # http.client reads headers as Latin-1; the bytes may be UTF-8.
        clean = self.body(text.encode("latin-1", "replace")).decode("latin-1")
        return _QUERY.sub(f"?{REMOVED}", clean)

    def _spans(self, data: bytes, wrappings: int) -> Iterator[tuple[int, int]]:
        """Places of signatures; encoded digits that contain a signature are one whole place."""
        for text, origins in _layers(data):
            for start, end in self._found(text.translate(_FOLDED)):
                yield origins[start], origins[end]
            for run in _BASE64.finditer(text) if wrappings else ():
                if any(any(self._spans(plain, wrappings - 1)) for plain in _unwrapped(run[0])):
                    yield origins[run.start()], origins[run.end()]

    def _found(self, text: bytes) -> Iterator[tuple[int, int]]:
        yield from (signed.span(1) for signed in _SIGNED.finditer(text))
        cut_escape = _CUT_ESCAPE.search(text)
        ends = {len(text), cut_escape.start() if cut_escape else len(text)}
        for secret in self._secrets:
            beginning = secret[:_SHORTEST_BEGINNING]
            at, found_to = text.find(beginning), 0
            while at >= 0:
                end = at + _shared_length(text, at, secret)
                if end > found_to:
                    yield at, end
                    found_to = end
                at = text.find(beginning, at + 1)
            for length in range(_SHORTEST_END, len(beginning)):
                for end in ends:
                    if text.endswith(beginning[:length], 0, end):
                        yield end - length, len(text)


def _secrets(url: str) -> Iterator[bytes]:
    query = url[len(without_query(url)) + 1 :].encode("utf-8", "surrogateescape")
    layers = [text.translate(_FOLDED) for text, _ in _layers(query)]
    for text in {layers[0], layers[-1]}:
        if len(text) >= _SHORTEST_END:
            yield text
        # Akamai joins the parts of a token by "~"; a value may be a URL with a query.
        for piece in re.split(rb"[?&#;~]", text):
            value = piece.partition(b"=")[2] or piece
            if len(value) >= _SHORTEST_VALUE:
                yield value
            elif len(piece) >= _SHORTEST_END:
                yield piece


def _sent_secrets(value: str) -> set[bytes]:
    """The value of a header, and its part after `Bearer ` or `https://`.

    The scheme alone would mask the beginning of every other link of a page.
    """
    _, is_url, rest = value.partition("://")
    whole, part = (rest, rest) if is_url else (value, value.partition(" ")[2])
    texts = (text.encode().translate(_FOLDED) for text in (whole, part))
    return {text for text in texts if len(text) >= _SHORTEST_END}


def _unwrapped(run: bytes) -> Iterator[bytes]:
    """Decode a run of Base64 or hexadecimal digits, which may begin within a group."""
    for skipped in range(4):
        group = run[skipped:].translate(_FROM_URL_SAFE)
        # If the run is truncated, a single letter may be left over, which encodes nothing.
        whole = group[: len(group) - (len(group) % 4 == 1)]
        yield a2b_base64(whole + b"=" * (-len(whole) % 4))
    for digits in _HEX.findall(run):
        for skipped in range(2):
            yield a2b_hex(digits[skipped : len(digits) - (len(digits) - skipped) % 2])


def _shared_length(text: bytes, at: int, secret: bytes) -> int:
    """How many bytes at `at` equal the secret's, by binary search: both may be long."""
    known, excluded = 0, len(secret) + 1
    while excluded - known > 1:
        middle = (known + excluded) // 2
        if text.startswith(secret[known:middle], at + known):
            known = middle
        else:
            excluded = middle
    return known


def _layers(data: bytes) -> Iterator[_Layer]:
    """The text, then unescaped once, then unescaped twice, and so on."""
    text, origins = data, array("I", range(len(data) + 1))
    for _ in range(_MOST_LAYERS):
        yield text, origins
        unescaped = _unescape(text, origins)
        if unescaped is None:
            return
        text, origins = unescaped


def _unescape(text: bytes, origins: array[int]) -> _Layer | None:
    """Unescape one layer; None when the text has no escapes."""
    parts: list[bytes] = []
    where = array("I")
    at = 0
    for escape in _ESCAPE.finditer(text):
        plain = _plain(escape)
        if plain is None:
            continue
        start = escape.start()
        parts += text[at:start], plain
        where.extend(origins[at:start])
        where.extend([origins[start]] * len(plain))
        at = escape.end()
    if not parts:
        return None
    parts.append(text[at:])
    where.extend(origins[at:])
    return b"".join(parts), where


def _plain(escape: re.Match[bytes]) -> bytes | None:
    """The text that an escape encodes; None when it is not an escape."""
    kind, digits = escape.lastgroup, escape[escape.lastindex or 0]
    match kind:
        case None:
            return b""
        case "char":
            return digits
        case "name" | "decimal" | "hex" if _may_be_cut(escape):
            return None
        case "name":
            return _ENTITIES.get(digits.lower() + b";")
        case "percent" | "byte":
            return bytes([int(digits, 16)])
        case _:
            code = int(digits, 10 if kind == "decimal" else 16)
            return chr(code).encode("utf-8", "replace") if code < 0x110000 else None


def _may_be_cut(entity: re.Match[bytes]) -> bool:
    """Whether the text ends before the entity does: `&#8` may be the beginning of `&#89;`."""
    return entity.end() == len(entity.string) and not entity[0].endswith(b";")
