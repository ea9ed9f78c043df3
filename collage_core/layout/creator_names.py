"""Creator names as parts of S3 keys and file names: safe, distinct and reversible.

Lower-case ASCII letters, digits, '_', '-' and single dots stay as they are, which is all
that a TikTok handle may hold. Every other byte of the name's UTF-8 becomes `=XX`, as in
quoted-printable (RFC 2045). Capitals are spelled out too: `Ana` and `ana` must not be one
file on a disk that ignores case.

A spelling of more than 200 bytes is cut and ends in `=-` and a digest of the name. It is
still distinct, but only the metadata and the receipt can say which name it was.
"""

import hashlib
import re

LONGEST_SPELLING = 200
"""Bytes of a spelled name: S3 keys end at 1024, names in file systems at 255."""

_PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789_-.")
_ESCAPE = re.compile(r"=([0-9A-F]{2})")
_DIGEST_MARK = "=-"
_DIGEST_LENGTH = 32
# Windows opens a device for these names, with any extension.
_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)")


def spell_creator(name: str) -> str:
    """The spelling of a creator's name: 1 to 200 ASCII characters. `name` must not be empty."""
    if not name:
        raise ValueError("a creator's name is empty: rows without one are rejected before")
    spelled = _spell(name)
    if len(spelled) <= LONGEST_SPELLING:
        return spelled
    digest = hashlib.sha256(_utf8(name)).hexdigest()[:_DIGEST_LENGTH]
    room = LONGEST_SPELLING - len(_DIGEST_MARK) - len(digest)
    # Never cut inside an escape: "=E" could be read as the mark's first half.
    kept = re.sub(r"=[0-9A-F]?$", "", spelled[:room])
    return f"{kept}{_DIGEST_MARK}{digest}"


def read_creator(spelling: str) -> str:
    """The name that `spell_creator` spelled. Raises ValueError for one cut to a digest."""
    if _DIGEST_MARK in spelling:
        raise ValueError(f"{spelling!r} is a digest of a long name: its metadata has the name")
    plain = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), spelling)
    return plain.encode("latin-1").decode("utf-8", "surrogatepass")


def _spell(name: str) -> str:
    data = _utf8(name)
    escaped = [chr(byte) if byte in _PLAIN else f"={byte:02X}" for byte in data]
    for index, character in enumerate(escaped):
        # A dot at either end hides or loses a file; two dots climb out of a folder.
        at_edge = index in (0, len(escaped) - 1)
        if character == "." and (at_edge or escaped[index - 1] == "."):
            escaped[index] = "=2E"
    if _DEVICE.match("".join(escaped)):
        escaped[0] = f"={data[0]:02X}"
    return "".join(escaped)


def _utf8(name: str) -> bytes:
    # A lone surrogate cannot come out of UTF-8, but can come out of JSON.
    return name.encode("utf-8", "surrogatepass")
