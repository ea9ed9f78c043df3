"""Draws what is behind people. Some of it has the colour of skin, some has more detail than a face.

Three of them are kept for the pictures that no rule was tuned on.
"""

from collections.abc import Callable
from random import Random

from PIL import Image, ImageDraw, ImageFilter

from benchmarks.crops.overlays import with_grain
from benchmarks.crops.people import Colour, shaded, varied

type Background = Callable[[tuple[int, int], Random], Image.Image]


def gradient(size: tuple[int, int], chance: Random) -> Image.Image:
    """Two colours, from one edge to the other."""
    return _between(size, _any(chance), _any(chance), upright=chance.random() < 0.7)


def room(size: tuple[int, int], chance: Random) -> Image.Image:
    """A wall with pictures and furniture, above a floor."""
    width, height = size
    picture = Image.new("RGB", size, varied((190, 184, 174), chance, 50))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, height * 0.75, width, height), varied((140, 104, 74), chance, 30))
    for _ in range(chance.randint(2, 6)):
        x, y = chance.uniform(0, width), chance.uniform(0, height * 0.8)
        w, h = chance.uniform(0.1, 0.35) * width, chance.uniform(0.08, 0.3) * height
        draw.rectangle((x, y, x + w, y + h), _any(chance), _any(chance), max(width // 100, 1))
    return picture


def outdoors(size: tuple[int, int], chance: Random) -> Image.Image:
    """A sky, hills and leaves."""
    width, height = size
    picture = _between(size, (90, 150, 220), (214, 226, 236), upright=True)
    draw = ImageDraw.Draw(picture)
    for hill in range(3):
        x, y = chance.uniform(-0.2, 0.8) * width, height * chance.uniform(0.45, 0.7)
        green = varied((60 + 20 * hill, 110, 50), chance, 24)
        draw.ellipse((x - width * 0.6, y, x + width, y + height), green)
    for _ in range(chance.randint(0, 150)):
        x, y = chance.uniform(0, width), chance.uniform(0.3, 1) * height
        r = chance.uniform(0.01, 0.04) * height
        draw.ellipse((x - r, y - r, x + r, y + r), varied((52, 104, 40), chance, 40))
    return picture


def beach(size: tuple[int, int], chance: Random) -> Image.Image:
    """A sky, the sea, and sand of the colour of skin."""
    width, height = size
    picture = _between(size, (120, 180, 230), (220, 232, 240), upright=True)
    draw = ImageDraw.Draw(picture)
    sea, sand = chance.uniform(0.3, 0.5) * height, chance.uniform(0.5, 0.75) * height
    draw.rectangle((0, sea, width, sand), varied((40, 120, 160), chance, 20))
    draw.rectangle((0, sand, width, height), varied((222, 190, 150), chance, 16))
    return with_grain(picture, chance, 14)


def wood(size: tuple[int, int], chance: Random) -> Image.Image:
    """Boards of a colour between those of skin."""
    width, height = size
    base = varied((176, 124, 82), chance, 28)
    picture = Image.new("RGB", size, base)
    draw = ImageDraw.Draw(picture)
    board = max(round(height * chance.uniform(0.06, 0.14)), 2)
    for y in range(0, height, board):
        draw.rectangle((0, y, width, y + board), varied(base, chance, 16))
        draw.line((0, y, width, y), shaded(base, 0.5), max(board // 20, 1))
    return with_grain(picture, chance, 18)


def shelves(size: tuple[int, int], chance: Random) -> Image.Image:
    """Rows of books in all colours."""
    width, height = size
    picture = Image.new("RGB", size, (70, 48, 34))
    draw = ImageDraw.Draw(picture)
    shelf = max(round(height * chance.uniform(0.1, 0.2)), 8)
    for y in range(0, height, shelf):
        x = 0.0
        while x < width:
            thick = chance.uniform(0.1, 0.3) * shelf
            top = y + shelf * chance.uniform(0.1, 0.4)
            draw.rectangle((x, top, x + thick, y + shelf * 0.92), _any(chance))
            x += thick + 1
    return picture


def night(size: tuple[int, int], chance: Random) -> Image.Image:
    """Darkness with lights out of focus."""
    width, height = size
    picture = Image.new("RGB", size, varied((18, 18, 30), chance, 12))
    draw = ImageDraw.Draw(picture)
    for _ in range(chance.randint(10, 50)):
        x, y = chance.uniform(0, width), chance.uniform(0, height)
        r = chance.uniform(0.008, 0.035) * height
        light = (chance.randint(150, 255), chance.randint(100, 220), chance.randint(40, 160))
        draw.ellipse((x - r, y - r, x + r, y + r), shaded(light, chance.uniform(0.4, 1)))
    return picture.filter(ImageFilter.BoxBlur(height / 250))


def bricks(size: tuple[int, int], chance: Random) -> Image.Image:
    """A wall of reddish bricks."""
    width, height = size
    picture = Image.new("RGB", size, (196, 186, 174))
    draw = ImageDraw.Draw(picture)
    tall = max(height // chance.randint(18, 40), 4)
    for row, y in enumerate(range(0, height, tall)):
        for x in range(-tall * (1 + row % 2), width, tall * 3):
            brick = varied((168, 88, 64), chance, 24)
            draw.rectangle((x, y, x + tall * 2.8, y + tall * 0.85), brick)
    return picture


def sunset(size: tuple[int, int], chance: Random) -> Image.Image:
    """Warm light over a dark ground."""
    width, height = size
    picture = _between(size, varied((90, 60, 110), chance, 20), (250, 170, 90), upright=True)
    draw = ImageDraw.Draw(picture)
    r = height * chance.uniform(0.05, 0.12)
    x, y = chance.uniform(0, width), height * chance.uniform(0.3, 0.65)
    draw.ellipse((x - r, y - r, x + r, y + r), (255, 220, 150))
    draw.rectangle((0, height * 0.7, width, height), (40, 30, 36))
    return picture


def wallpaper(size: tuple[int, int], chance: Random) -> Image.Image:
    """A pattern of dots."""
    width, height = size
    picture = Image.new("RGB", size, _any(chance))
    draw, dots = ImageDraw.Draw(picture), _any(chance)
    step = max(height // chance.randint(12, 30), 6)
    for y in range(0, height, step):
        for x in range(0, width, step):
            draw.ellipse((x, y, x + step * 0.6, y + step * 0.6), dots)
    return picture


BACKGROUNDS: tuple[Background, ...] = (gradient, room, outdoors, beach, wood, shelves, night)
HELD_OUT_BACKGROUNDS: tuple[Background, ...] = (*BACKGROUNDS, bricks, sunset, wallpaper)


def _any(chance: Random) -> Colour:
    return chance.randrange(256), chance.randrange(256), chance.randrange(256)


def _between(size: tuple[int, int], first: Colour, last: Colour, *, upright: bool) -> Image.Image:
    ramp = Image.linear_gradient("L")
    mask = (ramp if upright else ramp.transpose(Image.Transpose.ROTATE_90)).resize(size)
    return Image.composite(Image.new("RGB", size, last), Image.new("RGB", size, first), mask)
