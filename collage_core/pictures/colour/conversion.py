"""Converts the colours of a picture to sRGB, as a browser shows them on a usual screen."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from io import BytesIO

from PIL import Image, ImageChops, ImageCms

from collage_core.pictures.colour.icc_profile import (
    Tags,
    colours_of,
    grey_profile_as_rgb,
    named_by,
    profile_of,
    tags_of,
)
from collage_core.pictures.colour.spaces import SRGB, HdrSpace, Space
from collage_core.pictures.colour.tone_mapping import tone_mapped

RGB, GREY, CMYK = b"RGB ", b"GRAY", b"CMYK"
_SAMPLES_A_SIDE = 9

# Classes of profiles that describe no device. LittleCMS refuses them; browsers look at the tags.
_STRANGE_CLASSES = frozenset({b"link", b"abst", b"nmcl"})


@dataclass(frozen=True, slots=True)
class Conversion:
    """A conversion to sRGB."""

    mode: str
    """The mode of Pillow that the picture must have: RGB or CMYK."""

    convert: Callable[[Image.Image], Image.Image]
    """Returns a picture in RGB."""


def in_srgb(picture: Image.Image, conversion: Conversion | None) -> Image.Image:
    """Convert an RGB, RGBA or CMYK picture to sRGB, as RGB or RGBA."""
    if conversion is None:
        return picture.convert("RGB") if picture.mode == "CMYK" else picture
    shown = conversion.convert(picture.convert(conversion.mode))
    if picture.mode == "RGBA":
        shown.putalpha(picture.getchannel("A"))
    return shown


@lru_cache(maxsize=8)
def from_profile(profile: bytes, colours: bytes) -> Conversion | None:
    """The conversion for a picture of RGB, GREY or CMYK with an ICC profile.

    None when nothing has to be converted: most profiles on the web are sRGB's. A profile that is
    broken, or that is not for the colours of the picture, means sRGB, too.
    """
    tags, described = tags_of(profile), colours_of(profile)
    if not tags or described not in ({RGB, GREY} if colours == GREY else {colours}):
        return None
    named = named_by(tags) if described == RGB else None
    if named:
        return from_space(named)
    if described == GREY:
        as_rgb = grey_profile_as_rgb(tags) if profile[20:24] == b"XYZ " else None
        return _by_profile(as_rgb, "RGB", _intent(tags)) if as_rgb else None
    return _by_profile(profile, "CMYK" if described == CMYK else "RGB", _intent(tags))


@lru_cache(maxsize=16)
def from_space(space: Space) -> Conversion | None:
    """The conversion from a space; None for sRGB and for primaries that are not a colour space."""
    if space == SRGB:
        return None
    if isinstance(space, HdrSpace):
        return Conversion("RGB", partial(tone_mapped, space=space))
    try:
        profile = profile_of(space)
    except (ValueError, ZeroDivisionError):
        return None
    return _by_profile(profile, "RGB", ImageCms.Intent.RELATIVE_COLORIMETRIC)


def _intent(tags: Tags) -> ImageCms.Intent:
    """Perceptual when the profile has a table for it or no table at all, as in browsers."""
    has_other_table = b"A2B1" in tags and b"A2B0" not in tags
    intents = ImageCms.Intent
    return intents.RELATIVE_COLORIMETRIC if has_other_table else intents.PERCEPTUAL


def _by_profile(profile: bytes, mode: str, intent: ImageCms.Intent) -> Conversion | None:
    if profile[12:16] in _STRANGE_CLASSES:
        profile = profile[:12] + b"mntr" + profile[16:]
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        transform = ImageCms.buildTransform(source, _srgb_profile(), mode, "RGB", intent)
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None
    conversion = Conversion(mode, partial(_transformed, transform))
    return None if mode == "RGB" and _changes_nothing(conversion) else conversion


def _transformed(transform: ImageCms.ImageCmsTransform, picture: Image.Image) -> Image.Image:
    return ImageCms.applyTransform(picture, transform) or picture


@lru_cache(maxsize=1)
def _srgb_profile() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(BytesIO(profile_of(SRGB)))


def _changes_nothing(conversion: Conversion) -> bool:
    """Whether no colour changes by more than rounding."""
    samples = _samples()
    moved = ImageChops.difference(samples, conversion.convert(samples))
    return max(moved.tobytes()) <= 1


@lru_cache(maxsize=1)
def _samples() -> Image.Image:
    """Colours from the whole RGB cube, and every grey."""
    steps = [round(step * 255 / (_SAMPLES_A_SIDE - 1)) for step in range(_SAMPLES_A_SIDE)]
    cube = [(red, green, blue) for red in steps for green in steps for blue in steps]
    colours = cube + [(grey, grey, grey) for grey in range(256)]
    samples = Image.new("RGB", (len(colours), 1))
    samples.putdata(colours)
    return samples
