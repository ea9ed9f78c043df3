"""Encodes creator names for S3 keys and file names: safe, distinct and reversible.

Lower-case ASCII letters, digits, '_', '-' and single dots stay as they are; a TikTok handle has
nothing else. Every other byte of the name's UTF-8 becomes `=XX`, as in quoted-printable (RFC 2045).
Capitals are encoded as well, because `Ana` and `ana` must not be the same file on a disk that
ignores case.

An encoded name of more than 200 bytes is cut and ends in `=-` and a digest of the name. It is
still distinct, but cannot be decoded: the metadata and the receipt have the name.
"""

import hashlib
import re
from collections.abc import Sequence

LONGEST_ENCODED = 200
"""Most bytes of an encoded name. S3 keys may have 1024, names in file systems 255."""

_PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789_-.")
_ESCAPE = re.compile(r"=([0-9A-F]{2})")
_DIGEST_MARK = "=-"
_DIGEST_LENGTH = 32
_DOT = "=2E"
_DEVICES = (
    "con",
    "prn",
    "aux",
    "nul",
    *(f"{port}{n}" for port in ("com", "lpt") for n in range(10)),
)
"""Windows opens a device for these names, with or without an extension."""
_DEVICE = re.compile(rf"({'|'.join(_DEVICES)})(\.|$)")


def encode_creator(name: str) -> str:
    """Encode a creator's name in 1 to 200 ASCII characters. `name` must not be empty."""
    if not name:
        raise ValueError("a creator's name is empty: rows without one are rejected before")
    encoded = _encode(name)
    if len(encoded) <= LONGEST_ENCODED:
        return encoded
    digest = hashlib.sha256(name_bytes(name)).hexdigest()[:_DIGEST_LENGTH]
    return f"{_cut(encoded)}{_DIGEST_MARK}{digest}"


def encoded_beginnings(text: str) -> Sequence[str]:
    """What the encoded names begin with of all creators whose names begin with a text.

    Other names may begin like that, too. There are two beginnings if a name that begins with the
    text may be that of a device.
    """
    # How a dot is encoded depends on what comes after it.
    data = name_bytes(text.rstrip("."))
    escaped = _escaped(data)
    beginnings = ["".join(escaped)]
    begun = beginnings[0]
    if data and (_DEVICE.match(begun) or any(device.startswith(begun) for device in _DEVICES)):
        beginnings.append("".join([f"={data[0]:02X}", *escaped[1:]]))
    return [_cut(beginning) for beginning in beginnings]


def decode_creator(encoded: str) -> str:
    """Decode a name from `encode_creator`. Raises ValueError for a name that was cut."""
    if is_cut(encoded):
        raise ValueError(f"{encoded!r} has a digest of a long name: its metadata has the name")
    return _unescaped(encoded).decode("utf-8", "surrogatepass")


def is_cut(encoded: str) -> bool:
    """Whether it is a name that was cut."""
    return _DIGEST_MARK in encoded


def known_beginning(encoded: str) -> str:
    """The characters with which a name begins that was cut."""
    kept = _unescaped(encoded.partition(_DIGEST_MARK)[0])
    try:
        return kept.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError as error:
        # It was cut between the bytes of a character.
        return kept[: error.start].decode("utf-8", "surrogatepass")


def name_bytes(name: str) -> bytes:
    """The bytes by which names are compared and sorted."""
    # A lone surrogate cannot come from UTF-8, but it can come from JSON or from a conf.
    return name.encode("utf-8", "surrogatepass")


def _unescaped(encoded: str) -> bytes:
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), encoded).encode("latin-1")


def _encode(name: str) -> str:
    data = name_bytes(name)
    escaped = _escaped(data)
    if escaped[-1] == ".":
        escaped[-1] = _DOT
    if _DEVICE.match("".join(escaped)):
        escaped[0] = f"={data[0]:02X}"
    return "".join(escaped)


def _escaped(data: bytes) -> list[str]:
    """Each byte of a name, or of the beginning of one, as it is in keys.

    A dot at either end hides or loses a file; two dots lead out of a folder. What is the end, and
    what is a device, only the whole name says.
    """
    escaped = [chr(byte) if byte in _PLAIN else f"={byte:02X}" for byte in data]
    for index, character in enumerate(escaped):
        if character == "." and (index == 0 or escaped[index - 1] == "."):
            escaped[index] = _DOT
    return escaped


def _cut(encoded: str) -> str:
    """As much of an encoded name as is in keys together with the digest."""
    room = LONGEST_ENCODED - len(_DIGEST_MARK) - _DIGEST_LENGTH
    # Never cut inside an escape: "=E" could be read as the first half of the mark.
    return re.sub(r"=[0-9A-F]?$", "", encoded[:room])
