"""Which font draws which letter: Noto Sans, and WenQuanYi Micro Hei for Chinese and its neighbours.

Scripts whose letters change their shape, order or place among each other, as those of India do,
have no font here: without Raqm they would be drawn wrong. Their letters are left out.
"""

from functools import lru_cache
from importlib.resources import files

from PIL import ImageFont

_FONTS = (
    ("manimgx_fonts", "NotoSans[wght].ttf"),  # Latin, Greek, Cyrillic
    ("manimgx_fonts", "NotoSansArabic[wght].ttf"),
    ("manimgx_fonts", "NotoSansHebrew[wght].ttf"),
    ("manimgx_fonts", "NotoSansArmenian[wght].ttf"),
    ("manimgx_fonts", "NotoSansGeorgian[wght].ttf"),
    ("manimgx_fonts", "NotoSansEthiopic[wght].ttf"),
    ("manimgx_fonts", "NotoSansThai[wght].ttf"),
    ("paperang_p2_fonts_cjk", "fonts/wqy-microhei.ttc"),
    ("manimgx_fonts", "NotoSansSymbols[wght].ttf"),
    ("manimgx_fonts", "NotoEmoji[wght].ttf"),
)
_WEIGHT = 600
"""Between regular and bold: thin letters drown in a picture."""
_NO_LETTER = "\U0010ffff"
_TEST_PIXELS = 24


@lru_cache(maxsize=8192)
def index_of_font(letter: str) -> int | None:
    """The number of the first font that has the letter."""
    return next((index for index in range(len(_FONTS)) if _has(index, letter)), None)


@lru_cache(maxsize=64)
def font(index: int, pixels: int) -> ImageFont.FreeTypeFont:
    """A font whose letters are about that high. Used by one thread at a time, as Pillow does."""
    package, name = _FONTS[index]
    # Without Raqm in any case, which not every system has: the same text gives the same pixels.
    basic = ImageFont.Layout.BASIC
    found = ImageFont.truetype(str(files(package) / name), pixels, layout_engine=basic)
    if "[wght]" in name:
        found.set_variation_by_axes([_WEIGHT])
    return found


def _has(index: int, letter: str) -> bool:
    """Pillow does not say it, but each font draws the letters that it lacks as one and the same."""
    return _mask(index, letter) != _mask(index, _NO_LETTER)


@lru_cache(maxsize=1024)
def _mask(index: int, letter: str) -> tuple[tuple[int, int], bytes]:
    mask = font(index, _TEST_PIXELS).getmask(letter)
    return mask.size, bytes(mask)
