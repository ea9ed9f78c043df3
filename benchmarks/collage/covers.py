"""Covers that take as long to decode as photographs, and the CSV that lists them."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

COVERS_PER_CREATOR = 35
SIZES = ((720, 960), (1080, 1440))


@dataclass(frozen=True, slots=True, eq=False)
class Format:
    """The file format of covers."""

    name: str
    """As Pillow calls it."""
    options: Mapping[str, Any]

    @property
    def media_type(self) -> str:
        """The Content-Type of its files."""
        return f"image/{self.name.lower()}"


JPEG = Format("JPEG", {"quality": 88})
"""Makes files of about 130 KB, like photographs of this size and quality."""

FORMATS = (
    JPEG,
    # About the same visual quality as the JPEGs.
    Format("WEBP", {"quality": 85, "method": 1}),
    Format("PNG", {"compress_level": 3}),
    Format("AVIF", {"quality": 75, "speed": 9}),
)


@cache
def paint_covers(form: Format) -> Sequence[bytes]:
    """One creator's covers as files; all creators share them."""
    return [_paint(number, form) for number in range(COVERS_PER_CREATOR)]


def write_csv(path: Path, *, creators: int, covers: int, origin: str) -> None:
    """A cover CSV of `creators` creators with `covers` covers each, on the server at `origin`."""
    rows = [
        f"creator{creator:04},{origin}/{creator}/{number}.jpg?x-signature=abc%3d,2026-10-01\n"
        for creator in range(creators)
        for number in range(covers)
    ]
    path.write_text("creator_name,cover_url,updated_at\n" + "".join(rows))


def _paint(number: int, form: Format) -> bytes:
    """Paint noise on every scale, stronger where it is coarser: the spectrum of a photograph."""
    width, height = SIZES[number % len(SIZES)]
    chance = random.Random(number)  # noqa: S311  the same covers every time
    image = Image.new("RGB", (width, height), (128, 128, 128))
    for octave in (2, 4, 8, 16, 32, 64, 128):
        size = (max(width // octave, 2), max(height // octave, 2))
        data = chance.randbytes(size[0] * size[1] * 3)
        noise = Image.frombytes("RGB", size, data).resize((width, height), Image.Resampling.BICUBIC)
        image = Image.blend(image, noise, 0.06 + 0.06 * octave**0.35)
    buffer = BytesIO()
    image.save(buffer, form.name, **form.options)
    return buffer.getvalue()
