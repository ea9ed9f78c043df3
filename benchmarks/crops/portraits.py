"""Pictures of people in all shapes, with the boxes of their heads: our own drawings, by seed.

Where people stand follows how covers are usually filmed. In a tall picture the head is in the
middle or above it, and near the middle of the width; in a wide one it is often at a third.
"""

from dataclasses import dataclass
from io import BytesIO
from random import Random

from PIL import Image, ImageDraw

from benchmarks.crops.backgrounds import BACKGROUNDS, HELD_OUT_BACKGROUNDS
from benchmarks.crops.overlays import draw_overlays, in_light
from benchmarks.crops.people import Box, Head, draw_person, varied

ASPECTS: dict[str, tuple[int, int]] = {
    "1:2": (1, 2), "9:16": (9, 16), "2:3": (2, 3), "3:4": (3, 4), "4:5": (4, 5),
    "1:1": (1, 1), "4:3": (4, 3), "3:2": (3, 2), "16:9": (16, 9), "21:9": (21, 9),
}  # fmt: skip
"""Width to height."""

SHORT_SIDE = 720
"""In pixels."""

_HELD_OUT = 1_000_000
"""The first seed of the pictures that no rule was tuned on."""


@dataclass(frozen=True, slots=True)
class Portrait:
    """A picture as a JPEG, and where the heads in it are."""

    name: str
    aspect: str
    jpeg: bytes
    size: tuple[int, int]
    heads: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class _Shot:
    """How people are filmed. Shares are of the picture's height."""

    often: float
    head: tuple[float, float]
    """The smallest and the largest height of a head."""
    middle: tuple[float, float]
    """The highest and the lowest middle of a head."""
    whole: bool = False
    table: bool = False


_TALL = (
    _Shot(0.34, (0.26, 0.46), (0.22, 0.46)),  # close
    _Shot(0.34, (0.12, 0.22), (0.10, 0.38)),  # to the waist
    _Shot(0.12, (0.07, 0.11), (0.06, 0.34), whole=True),
    _Shot(0.14, (0.13, 0.20), (0.10, 0.34), table=True),
    _Shot(0.06, (0.12, 0.20), (0.60, 0.84)),  # a child, somebody who lies or kneels
)
_WIDE = (
    _Shot(0.34, (0.45, 0.70), (0.36, 0.50)),
    _Shot(0.34, (0.24, 0.42), (0.24, 0.42)),
    _Shot(0.12, (0.12, 0.18), (0.16, 0.36), whole=True),
    _Shot(0.14, (0.22, 0.34), (0.22, 0.38), table=True),
    _Shot(0.06, (0.22, 0.34), (0.60, 0.80)),
)


def portrait(aspect: str, number: int, *, held_out: bool, short_side: int = SHORT_SIDE) -> Portrait:
    """The same picture for the same arguments; held-out ones have things that others never have."""
    chance = Random(f"{aspect} {number + held_out * _HELD_OUT}")  # noqa: S311  the same each time
    across, down = ASPECTS[aspect]
    unit = short_side / min(across, down)
    size = (round(across * unit), round(down * unit))
    backgrounds = HELD_OUT_BACKGROUNDS if held_out else BACKGROUNDS
    picture = chance.choice(backgrounds)(size, chance)
    shots = _TALL if down > across else _WIDE
    shot = chance.choices(shots, [one.often for one in shots])[0]
    heads = _heads(size, shot, chance)
    for head in heads:
        draw_person(picture, head, chance, whole=shot.whole, held_out=held_out)
    if shot.table:
        _draw_table(picture, max(heads, key=lambda head: head.y), chance)
    draw_overlays(picture, chance)
    picture = in_light(picture, chance)
    stream = BytesIO()
    picture.save(stream, "JPEG", quality=chance.choice([45, 75, 85, 92]))
    boxes = tuple(_inside(head.box, size) for head in heads)
    return Portrait(f"{aspect} {number}", aspect, stream.getvalue(), size, boxes)


def _heads(size: tuple[int, int], shot: _Shot, chance: Random) -> list[Head]:
    width, height = size
    h = chance.uniform(*shot.head) * height
    if width < height:
        h = min(h, width * 0.95)
    y = max(chance.uniform(*shot.middle) * height, h * 0.47)  # the frame may cut the hair
    where = 0.5 if width <= height or chance.random() < 0.4 else chance.choice([0.3, 0.7])
    x = chance.gauss(where, 0.08 if width != height else 0.14) * width
    margin = min(h * 0.4, width / 2)
    heads = [Head(min(max(x, margin), width - margin), y, h, chance.gauss(0, 8))]
    other = heads[0].x + chance.choice([-1, 1]) * h * chance.uniform(1.0, 1.6)
    if chance.random() < 0.25 and margin < other < width - margin:
        taller = h * chance.uniform(0.85, 1.1)
        y += chance.uniform(-0.1, 0.3) * h
        heads.append(Head(other, max(y, taller / 2), taller, chance.gauss(0, 8)))
    return heads


def _draw_table(picture: Image.Image, head: Head, chance: Random) -> None:
    """A table in front of the person, with plates of food."""
    draw = ImageDraw.Draw(picture)
    width, height = picture.size
    top = min(head.y + head.height * chance.uniform(1.6, 2.2), height * 0.85)
    draw.rectangle((0, top, width, height), varied((150, 110, 80), chance, 70))
    for _ in range(chance.randint(2, 5)):
        x, y = chance.uniform(0, width), chance.uniform(top, height)
        r = head.height * chance.uniform(0.3, 0.7)
        draw.ellipse((x - r, y - r * 0.5, x + r, y + r * 0.5), (240, 238, 234))
        for _ in range(chance.randint(5, 40)):
            at = (x + chance.gauss(0, r / 3), y + chance.gauss(0, r / 6))
            bit = r * chance.uniform(0.06, 0.18)
            food = varied(chance.choice([(206, 90, 50), (226, 180, 90), (90, 140, 60)]), chance, 30)
            draw.ellipse((at[0] - bit, at[1] - bit, at[0] + bit, at[1] + bit), food)


def _inside(box: Box, size: tuple[int, int]) -> Box:
    """The part of a box that is in the picture."""
    left, top, right, bottom = box
    return max(left, 0), max(top, 0), min(right, size[0]), min(bottom, size[1])
