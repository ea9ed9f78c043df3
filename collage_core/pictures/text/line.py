"""One line of text: measured, shortened until it fits, and drawn."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from PIL import Image, ImageDraw

from collage_core.pictures.text.fonts import font, index_of_font
from collage_core.pictures.text.scripts import (
    ISOLATES,
    cleaned,
    in_drawing_order,
    raised_marks,
)

_ELLIPSIS = "…"
_MOST_LETTERS = 4000
"""More do not fit on the widest canvas, and a name may have a hundred thousand."""
_RAISED = 0.2
"""Of the size of the font."""
_MARKS = frozenset({"Mn", "Me"})
_OF_NAMES = frozenset("LNS")  # letters, numbers and symbols: the first letter of a category


class Piece(NamedTuple):
    """Letters that are drawn with one font at one height."""

    font: int
    is_raised: bool
    letters: str


@dataclass(frozen=True, slots=True)
class Line:
    """Text in drawing order."""

    pieces: tuple[Piece, ...]
    pixels: int
    """The size of the fonts."""

    def __bool__(self) -> bool:
        return bool(self.pieces)

    @property
    def width(self) -> float:
        """In pixels."""
        return sum(font(piece.font, self.pixels).getlength(piece.letters) for piece in self.pieces)

    def draw(self, image: Image.Image, left: float, baseline: float, colour: str) -> None:
        """Draw it on an RGB picture, the first letter at `left`."""
        draw = ImageDraw.Draw(image)
        for piece in self.pieces:
            with_font = font(piece.font, self.pixels)
            place = (left, baseline - piece.is_raised * _RAISED * self.pixels)
            draw.text(place, piece.letters, colour, with_font, anchor="ls")
            left += with_font.getlength(piece.letters)


@lru_cache(maxsize=256)
def fitted_line(text: str, *, pixels: int, width: float) -> Line:
    """The text in at most `width` pixels, shortened with an ellipsis; empty if nothing fits.

    Letters that no font has are left out, and with them the whole text if only spaces and
    punctuation remain.
    """
    if len(text) > _MOST_LETTERS:
        text = text[:_MOST_LETTERS] + _ELLIPSIS
    whole = _line(text, pixels)
    if whole.width <= width:
        return whole
    fits, too_long = 0, len(text)
    while too_long - fits > 1:
        middle = (fits + too_long) // 2
        if _line(_shortened(text, middle), pixels).width <= width:
            fits = middle
        else:
            too_long = middle
    return _line(_shortened(text, fits), pixels) if fits else Line((), pixels)


def _shortened(text: str, length: int) -> str:
    while length and unicodedata.category(text[length]) in _MARKS:
        length -= 1  # a letter is not cut from its accent
    return text[:length].rstrip() + _ELLIPSIS


def _line(text: str, pixels: int) -> Line:
    text = cleaned(text)
    known = "".join(map(_as_drawn, text))
    if known != text and not any(unicodedata.category(letter)[0] in _OF_NAMES for letter in known):
        return Line((), pixels)
    pieces = groupby(
        _pieces(in_drawing_order(known)), key=lambda piece: (piece.font, piece.is_raised)
    )
    joined = (Piece(*kind, "".join(piece.letters for piece in some)) for kind, some in pieces)
    return Line(tuple(joined), pixels)


def _as_drawn(letter: str) -> str:
    """The letter, or plain ones for a decorated one that no font has, or nothing."""
    if index_of_font(letter) is not None or letter in ISOLATES:
        return letter
    plain = unicodedata.normalize("NFKC", letter)
    return "".join(each for each in plain if index_of_font(each) is not None)


def _pieces(ordered: str) -> Iterator[Piece]:
    """The letters one by one. An accent has the font of the letter before it."""
    raised = raised_marks(ordered)
    last: int | None = None
    for at, letter in enumerate(ordered):
        index = index_of_font(letter)
        if last is not None and unicodedata.category(letter) in _MARKS:
            index = last
        if index is not None:
            yield Piece(index, at in raised, letter)
            last = index
