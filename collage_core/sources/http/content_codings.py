"""Which content codings of a body are compressions, and which of them can be decoded."""

from collections.abc import Iterable

from collage_core.sources.http.header_lines import list_members

_ZLIB = frozenset({"gzip", "x-gzip", "deflate"})
"""Python's zlib decompresses them, within the limits of bytes."""

_UNDECODABLE = frozenset({
    "aes128gcm", "br", "bzip2", "compress", "dcb", "dcz", "exi", "lz4", "lzma", "pack200-gzip",
    "sdch", "snappy", "x-bzip2", "x-compress", "xz", "zstd",
})  # fmt: skip
"""Codings of IANA's registry of HTTP content codings, and some that were never registered."""

MOST_CODINGS = 5
"""How many codings urllib3 decodes one after the other. Each may multiply the size of a body."""


def compressions(values: Iterable[str]) -> str:
    """The compressions in these header values, in order, as the value of one Content-Encoding.

    Servers also send `identity`, `utf-8`, `binary`, `aws-chunked` and the like with bodies that are
    not compressed. Browsers use such a body as it is.
    """
    return ", ".join(coding for coding in list_members(values) if coding in _ZLIB | _UNDECODABLE)


def can_be_decoded(content_encoding: str) -> bool:
    """Whether a body with this Content-Encoding, as returned by `compressions`, can be decoded."""
    codings = list_members([content_encoding])
    return len(codings) <= MOST_CODINGS and _ZLIB.issuperset(codings)
