"""A font that has the characters of a name, among those of this machine.

Pillow brings one font, with ASCII alone. Fonts of the system are used where they are; a name that
no font can show is written as it is in keys, which is ASCII.
"""

from collections.abc import Sequence
from functools import cache

from PIL import ImageFont

from collage_core.layout.creator_names import encode_creator

type Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

SYSTEM_FONTS = (
    "NotoSans-Regular.ttf",
    "DejaVuSans.ttf",
    "NotoSansCJK-Regular.ttc",
    "Arial Unicode.ttf",
    "arial.ttf",
)
"""Looked for in the folders in which the system keeps fonts, in this order."""

_NO_CHARACTER = "\uffff"
_CUT = "..."


def label(
    name: str, *, size: int, width: int, fonts: Sequence[str] = SYSTEM_FONTS
) -> tuple[str, Font]:
    """The name as it can be drawn in one line of `width` pixels, and the font for it."""
    text = " ".join(name.split())
    for font in _fonts(size, tuple(fonts)):
        if text and _has_all(font, text):
            return _cut(text, font, width), font
    font = _fonts(size, ())[0]
    return _cut(encode_creator(name), font, width), font


@cache
def _fonts(size: int, names: tuple[str, ...]) -> list[Font]:
    """Pillow's own font first: it needs nothing, and most names are ASCII."""
    found: list[Font] = [ImageFont.load_default(size)]
    for name in names:
        try:
            found.append(ImageFont.truetype(name, size))
        except OSError:  # not on this machine
            continue
    return found


def _has_all(font: Font, text: str) -> bool:
    return all(_has(font, character) for character in set(text) - {" "})


@cache
def _has(font: Font, character: str) -> bool:
    """Whether a font has a character: it draws a box for what it lacks, or nothing."""
    drawn = bytes(font.getmask(character))
    return any(drawn) and drawn != bytes(font.getmask(_NO_CHARACTER))


def _cut(text: str, font: Font, width: int) -> str:
    if font.getlength(text) <= width:
        return text
    kept = text
    while kept and font.getlength(kept + _CUT) > width:
        kept = kept[:-1]
    return kept.rstrip() + _CUT
