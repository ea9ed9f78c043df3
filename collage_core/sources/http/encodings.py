"""How a body was compressed on its way: which of it can be undone here."""

from collections.abc import Iterable

from collage_core.sources.http.header_lines import listed

_ZLIB = frozenset({"gzip", "x-gzip", "deflate"})
"""Python's own zlib unpacks them, within the limits of bytes."""

_UNDECODABLE = frozenset({
    "aes128gcm", "br", "bzip2", "compress", "dcb", "dcz", "exi", "lz4", "lzma", "pack200-gzip",
    "sdch", "snappy", "x-bzip2", "x-compress", "xz", "zstd",
})  # fmt: skip
"""IANA's registry of HTTP content codings, and those that were never registered."""

MOST_CODINGS = 5
"""That urllib3 unpacks one after the other. Each multiplies what a few bytes can grow to."""


def meant(values: Iterable[str]) -> str:
    """A Content-Encoding of what in these header values stands for a compression, in order.

    Servers send `identity`, `utf-8`, `binary`, `aws-chunked` and the like with bodies that are
    not compressed; browsers pass such a body on as it is.
    """
    return ", ".join(coding for coding in listed(values) if coding in _ZLIB | _UNDECODABLE)


def can_be_undone(content_encoding: str) -> bool:
    """Whether a body of this Content-Encoding, one that `meant` gave, can be unpacked here."""
    codings = listed([content_encoding])
    return len(codings) <= MOST_CODINGS and _ZLIB.issuperset(codings)
