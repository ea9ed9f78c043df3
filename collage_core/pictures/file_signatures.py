"""The kind of file that the first bytes of a body show, and why one could not be decoded."""

import re

from collage_core.contract.reasons import Reason

_DECODED = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8")  # JPEG, PNG, GIF
_OTHER_PICTURES = (
    b"BM",  # Windows bitmap
    b"II*\0",  # TIFF
    b"MM\0*",
    b"\0\0\1\0",  # icon
    b"\0\0\0\x0cjP",  # JPEG 2000
    b"\0\0\0\x0cJXL",  # JPEG XL
    b"\xff\x0a",
    b"8BPS",  # Photoshop
)
_HEAD = 512
"""Bytes to examine: enough for the XML declaration and comments before an SVG's root."""

_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_ELEMENT = re.compile(rb"<([a-z][a-z:]*)", re.IGNORECASE)


def file_type(body: bytes) -> str:
    """What names of such files end in: `jpg`, `png`, `gif`, `webp`, `avif`; `bin` for any other."""
    if body.startswith(b"\xff\xd8\xff"):
        return "jpg"
    if body.startswith(b"\x89PNG"):
        return "png"
    if body.startswith(b"GIF8"):
        return "gif"
    if body[8:12] == b"WEBP":
        return "webp"
    return "avif" if body[4:8] == b"ftyp" else "bin"


def why_unreadable(body: bytes) -> Reason:
    """The reason for a body that the decoders refused.

    TRUNCATED_IMAGE for a format that they support, UNSUPPORTED_FORMAT for another format of
    pictures or videos, and NOT_AN_IMAGE for anything else: an empty body, HTML, JSON, PDF.
    """
    head = body[:_HEAD]
    if head.startswith(_DECODED) or head[8:12] == b"WEBP":
        return Reason.TRUNCATED_IMAGE
    if head[4:8] == b"ftyp":
        # The container of AVIF, HEIC and MP4. An AVIF names itself among its brands.
        return Reason.TRUNCATED_IMAGE if b"avif" in head[8:] else Reason.UNSUPPORTED_FORMAT
    if head.startswith(_OTHER_PICTURES) or _is_svg(head):
        return Reason.UNSUPPORTED_FORMAT
    return Reason.NOT_AN_IMAGE


def _is_svg(head: bytes) -> bool:
    """Whether the first element is an SVG; an HTML page may have SVGs anywhere later."""
    root = _ELEMENT.search(_COMMENT.sub(b"", head))
    return root is not None and root[1].lower() in (b"svg", b"svg:svg")
