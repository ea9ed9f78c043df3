"""Draws a person: simple, but with all that a rule for crops could be misled by.

Skin from very light to very dark, in faces as well as on arms, legs and hands; hair of many
lengths and colours, or none; glasses, beards, hats; clothes in all colours, skin's among them.
"""

import math
from dataclasses import dataclass
from random import Random

from PIL import Image, ImageDraw

type Colour = tuple[int, int, int]
type Box = tuple[float, float, float, float]

SKIN: tuple[Colour, ...] = (
    (250, 228, 214),
    (240, 208, 186),
    (230, 186, 156),
    (214, 166, 128),
    (192, 138, 100),
    (160, 108, 74),
    (126, 82, 56),
    (96, 60, 42),
    (70, 45, 34),
    (48, 32, 26),
)
_HAIR: tuple[Colour, ...] = (
    (20, 17, 16),
    (46, 30, 22),
    (92, 58, 34),
    (150, 104, 58),
    (214, 178, 116),
    (168, 70, 38),
    (200, 200, 204),
    (214, 96, 150),
)
_EYES: tuple[Colour, ...] = ((60, 38, 24), (86, 120, 150), (96, 124, 80))
_STYLES = ("short", "short", "long", "long", "curly", "bun", "bald")
_HELD_OUT_STYLES = (*_STYLES, "hat", "headscarf")

WIDTH = 0.74
"""Of a head, as a share of its height."""
_LAYER = 2.2
"""Side of the layer that a head is drawn on, as a multiple of the head's height."""


@dataclass(frozen=True, slots=True)
class Head:
    """Where a head is, in pixels: its middle, and its height from the hair to the chin."""

    x: float
    y: float
    height: float
    tilt: float = 0
    """Degrees, against the clock."""

    @property
    def box(self) -> Box:
        """Left, top, right, bottom of the tilted oval."""
        a, b, turn = self.height * WIDTH / 2, self.height / 2, math.radians(self.tilt)
        x = math.hypot(a * math.cos(turn), b * math.sin(turn))
        y = math.hypot(a * math.sin(turn), b * math.cos(turn))
        return self.x - x, self.y - y, self.x + x, self.y + y


def draw_person(
    picture: Image.Image, head: Head, chance: Random, *, whole: bool, held_out: bool
) -> None:
    """Draw a person whose head is there; with legs if `whole`, else down to the lower edge."""
    skin = varied(chance.choice(SKIN), chance, 10)
    clothes = _clothes_colour(chance)
    style = chance.choice(_HELD_OUT_STYLES if held_out else _STYLES)
    hair = clothes if style == "headscarf" else varied(chance.choice(_HAIR), chance, 12)
    _draw_body(picture, head, chance, (skin, clothes), whole=whole)
    side = round(head.height * _LAYER)
    layer = Image.new("RGBA", (side, side))
    _draw_head(ImageDraw.Draw(layer), head.height, chance, (skin, hair), style)
    layer = layer.rotate(head.tilt, Image.Resampling.BILINEAR)
    picture.paste(layer, (round(head.x - side / 2), round(head.y - side / 2)), layer)


def varied(colour: Colour, chance: Random, most: int) -> Colour:
    """A colour with each part changed by at most `most`."""
    red, green, blue = (min(max(p + chance.randint(-most, most), 0), 255) for p in colour)
    return red, green, blue


def shaded(colour: Colour, factor: float) -> Colour:
    """A colour made darker or, with a factor above 1, lighter."""
    red, green, blue = (min(round(part * factor), 255) for part in colour)
    return red, green, blue


def _clothes_colour(chance: Random) -> Colour:
    if chance.random() < 0.15:
        return chance.choice(SKIN)
    return chance.randrange(256), chance.randrange(256), chance.randrange(256)


def _draw_body(
    picture: Image.Image, head: Head, chance: Random, colours: tuple[Colour, Colour], *, whole: bool
) -> None:
    skin, clothes = colours
    draw = ImageDraw.Draw(picture)
    h, x = head.height, head.x
    chin, shoulders = head.y + h * 0.42, head.y + h * 0.78
    broad = h * chance.uniform(0.85, 1.15)
    waist = shoulders + h * 2.6 if whole else picture.height + h
    sleeves = skin if chance.random() < 0.4 else clothes
    for side in (-1, 1):
        elbow = (x + side * broad * chance.uniform(1.0, 1.4), shoulders + h * 1.1)
        hand = (x + side * broad * chance.uniform(0.3, 1.4), shoulders + h * chance.uniform(0.2, 2))
        start = (x + side * broad * 0.85, shoulders + h * 0.25)
        draw.line([start, elbow, hand], sleeves, round(h * 0.3), joint="curve")
        _oval(draw, (*hand, h * 0.18, h * 0.2), skin)
        if whole:
            foot = waist + h * chance.uniform(2.6, 3.2)
            legs = shaded(clothes, 0.6) if chance.random() < 0.7 else skin
            at = x + side * broad * 0.4
            draw.line([(at, waist - h * 0.2), (at, foot)], legs, round(h * 0.45))
    draw.rounded_rectangle((x - broad, shoulders, x + broad, waist), h * 0.35, clothes)
    draw.polygon(
        [(x - h * 0.2, chin), (x + h * 0.2, chin), (x + broad * 0.8, shoulders + h * 0.1),
         (x - broad * 0.8, shoulders + h * 0.1)],
        clothes,
    )  # fmt: skip
    draw.rectangle((x - h * 0.18, chin - h * 0.1, x + h * 0.18, shoulders), shaded(skin, 0.85))
    _oval(draw, (x, shoulders, h * 0.24, h * chance.uniform(0.05, 0.3)), shaded(skin, 0.92))
    if chance.random() < 0.3:
        for stripe in range(int(shoulders + h * 0.3), int(min(waist, picture.height)), int(h / 3)):
            draw.rectangle((x - broad, stripe, x + broad, stripe + h * 0.12), shaded(clothes, 1.4))


def _draw_head(
    draw: ImageDraw.ImageDraw, h: float, chance: Random, colours: tuple[Colour, Colour], style: str
) -> None:
    skin, hair = colours
    c, w = h * _LAYER / 2, h * WIDTH
    if style in {"long", "headscarf"}:
        draw.rounded_rectangle(
            (c - w * 0.52, c - h * 0.3, c + w * 0.52, c + h * chance.uniform(0.5, 0.9)), w / 4, hair
        )
    if style == "bun":
        _oval(draw, (c, c - h * 0.5, w * 0.22, w * 0.22), hair)
    _oval(draw, (c, c, w / 2, h / 2), skin if style == "bald" else hair)
    if style == "curly":
        for _ in range(40):
            turn = chance.uniform(math.pi, 2 * math.pi)
            at = (c + math.cos(turn) * w * 0.45, c + math.sin(turn) * h * 0.42)
            _oval(draw, (*at, w * 0.12, w * 0.12), varied(hair, chance, 14))
    for side in (-1, 1):
        if style != "headscarf":
            _oval(draw, (c + side * w * 0.44, c + h * 0.06, w * 0.07, h * 0.09), shaded(skin, 0.9))
    _oval(draw, (c, c + h * 0.07, w * 0.43, h * 0.43), skin)
    if style not in {"bald", "headscarf"}:
        fringe = chance.uniform(0.12, 0.3)
        box = (c - w * 0.45, c - h * 0.47, c + w * 0.45, c - h * 0.47 + h * fringe * 2)
        draw.chord(box, 180, 360, hair)
    if style == "hat":
        draw.rectangle((c - w * 0.45, c - h * 0.5, c + w * 0.45, c - h * 0.2), hair)
        draw.rectangle((c - w * 0.75, c - h * 0.25, c + w * 0.75, c - h * 0.18), shaded(hair, 0.8))
    _draw_face(draw, h, chance, skin, hair)


def _draw_face(
    draw: ImageDraw.ImageDraw, h: float, chance: Random, skin: Colour, hair: Colour
) -> None:
    c, w = h * _LAYER / 2, h * WIDTH
    look = chance.uniform(-0.04, 0.04) * w
    if chance.random() < 0.2:
        draw.chord((c - w * 0.4, c - h * 0.05, c + w * 0.4, c + h * 0.5), 20, 160, hair)
    _oval(draw, (c + w * 0.16, c + h * 0.12, w * 0.2, h * 0.26), shaded(skin, 1.05))
    eyes = chance.choice(_EYES)
    glasses = chance.random() < 0.2
    for side in (-1, 1):
        x, y = c + side * w * 0.2 + look, c + h * 0.03
        _oval(draw, (x, y, w * 0.09, h * 0.032), (244, 242, 240))
        _oval(draw, (x, y, w * 0.042, h * 0.03), eyes)
        draw.line(
            [(x - w * 0.11, y - h * 0.07), (x + w * 0.1, y - h * 0.08)], hair, int(h / 45) + 1
        )
        if glasses:
            frame = (x - w * 0.16, y - h * 0.08, x + w * 0.16, y + h * 0.08)
            draw.ellipse(frame, outline=(20, 20, 20), width=int(h / 60) + 1)
    nose = [(c + look, c + h * 0.05), (c + look + w * 0.06, c + h * 0.2), (c + look, c + h * 0.21)]
    draw.line(nose, shaded(skin, 0.75), int(h / 70) + 1)
    lips = chance.choice([shaded(skin, 0.72), (178, 48, 62)])
    _oval(draw, (c + look, c + h * 0.31, w * 0.15, h * chance.uniform(0.02, 0.05)), lips)


def _oval(draw: ImageDraw.ImageDraw, oval: tuple[float, float, float, float], fill: Colour) -> None:
    """Fill an oval, given by its middle and its two radii."""
    x, y, across, down = oval
    draw.ellipse((x - across, y - down, x + across, y + down), fill)
