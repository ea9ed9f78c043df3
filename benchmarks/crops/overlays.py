"""What lies over a picture: captions, stickers, buttons; and light, noise and blur."""

from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter, ImageFont

_WORDS = ("my", "best", "pasta", "day", "in", "Lisbon", "part", "2", "wait", "for", "it", "POV:")
_TINTS = ((255, 255, 255), (255, 236, 206), (206, 226, 255), (255, 214, 180))
_STICKER = (255, 210, 60)
_TILE = 128


def draw_overlays(picture: Image.Image, chance: Random) -> None:
    """Draw captions, buttons and stickers, on some pictures."""
    if chance.random() < 0.4:
        _draw_caption(picture, chance, chance.uniform(0.68, 0.88))
    if chance.random() < 0.12:
        _draw_caption(picture, chance, chance.uniform(0.03, 0.1))
    draw = ImageDraw.Draw(picture)
    if chance.random() < 0.2:
        r = picture.width * 0.035
        for y in range(5):
            x, middle = picture.width * 0.93, picture.height * (0.5 + 0.09 * y)
            draw.ellipse((x - r, middle - r, x + r, middle + r), (240, 240, 240))
    if chance.random() < 0.12:
        _draw_sticker(draw, picture, chance)


def in_light(picture: Image.Image, chance: Random) -> Image.Image:
    """The picture with a tint, another exposure, one dark side, noise and blur, each sometimes."""
    if chance.random() < 0.4:
        tint = Image.new("RGB", picture.size, chance.choice(_TINTS))
        picture = ImageChops.multiply(picture, tint)
    if chance.random() < 0.4:
        picture = ImageEnhance.Brightness(picture).enhance(chance.uniform(0.45, 1.3))
    if chance.random() < 0.3:
        ramp = Image.linear_gradient("L").transpose(chance.choice(list(Image.Transpose)))
        side = ramp.point(lambda value: 110 + value * 145 // 255).resize(picture.size)
        picture = ImageChops.multiply(picture, Image.merge("RGB", [side] * 3))
    if chance.random() < 0.08:
        picture = picture.convert("L").convert("RGB")
    if chance.random() < 0.3:
        picture = with_grain(picture, chance, chance.randint(4, 24))
    return picture.filter(ImageFilter.BoxBlur(chance.choice([0.6, 0.6, 1, 3])))


def with_grain(picture: Image.Image, chance: Random, most: int) -> Image.Image:
    """The picture with noise, which Pillow's own effect_noise would draw differently each time."""
    values = bytes(128 + chance.randint(-most, most) for _ in range(_TILE * _TILE))
    tile = Image.frombytes("L", (_TILE, _TILE), values)
    noise = Image.new("L", picture.size)
    for y in range(0, picture.height, _TILE):
        for x in range(0, picture.width, _TILE):
            noise.paste(tile, (x, y))
    return ImageChops.add(picture, Image.merge("RGB", [noise] * 3), 1, -128)


def _draw_caption(picture: Image.Image, chance: Random, at: float) -> None:
    draw = ImageDraw.Draw(picture)
    side = min(picture.size)
    font = ImageFont.load_default(side * chance.uniform(0.05, 0.09))
    words = chance.sample(_WORDS, chance.randint(2, 5))
    text = " ".join(words[:3]) + "\n" + " ".join(words[3:])
    place = (picture.width / 2, picture.height * at)
    if chance.random() < 0.5:
        box = draw.multiline_textbbox(place, text, font, "ma", align="center")
        draw.rounded_rectangle(
            (box[0] - 12, box[1] - 8, box[2] + 12, box[3] + 8), 10, (250, 250, 250)
        )
        draw.multiline_text(place, text, (10, 10, 10), font, "ma", align="center")
    else:
        draw.multiline_text(
            place, text, (255, 255, 255), font, "ma", align="center",
            stroke_width=max(side // 200, 1), stroke_fill=(0, 0, 0),
        )  # fmt: skip


def _draw_sticker(draw: ImageDraw.ImageDraw, picture: Image.Image, chance: Random) -> None:
    """A yellow face, which is no head."""
    r = min(picture.size) * chance.uniform(0.05, 0.1)
    x, y = chance.uniform(0.1, 0.9) * picture.width, chance.uniform(0.55, 0.95) * picture.height
    draw.ellipse((x - r, y - r, x + r, y + r), _STICKER)
    for side in (-1, 1):
        eye = x + side * r * 0.4
        draw.ellipse((eye - r / 8, y - r / 3, eye + r / 8, y), (60, 40, 10))
    draw.arc(
        (x - r / 2, y - r / 3, x + r / 2, y + r * 0.6), 20, 160, (60, 40, 10), max(int(r / 8), 1)
    )
