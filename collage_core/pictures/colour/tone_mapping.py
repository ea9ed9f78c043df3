"""Shows HDR pictures (ITU-R BT.2100) on a screen where nothing is brighter than white.

This is the method of SMPTE ST 2094-50, annex D, which Chromium uses for pictures without a curve
of their own. White (203 cd/m2, ITU-R BT.2408) and everything darker get half of their light, so
that brighter parts have room up to the picture's peak, on a soft curve. The brightest colour of a
pixel decides one gain for all three, so the hue stays.
"""

import math
from dataclasses import dataclass
from typing import Any

from PIL import Image, ImageMath

from collage_core.pictures.colour.matrices import Matrix, inverse, product, to_xyz
from collage_core.pictures.colour.spaces import BT709, BT2020, USUAL_PEAK, HdrCurve, HdrSpace

WHITE = 203.0
"""cd/m2."""

_PQ_PEAK, _HLG_PEAK = 10_000.0, 1000.0
_LUMINANCE = (0.2627, 0.6780, 0.0593)  # BT.2100, table 4
_HLG_GAMMA = 1.2  # BT.2100, table 5
_ROUNDNESS = 0.65  # kappa in ST 2094-50

_ROWS_AT_ONCE = 32
"""The calculation of a strip takes 60 bytes a pixel."""

type _Plane = Any
"""One number for each pixel, in the form of ImageMath."""

type _Planes = tuple[_Plane, _Plane, _Plane]


def tone_mapped(picture: Image.Image, space: HdrSpace) -> Image.Image:
    """Convert an RGB picture from `space` to sRGB.

    Raises ZeroDivisionError or ValueError for primaries that are not a colour space.
    """
    mapping = _Mapping.of(space)
    shown = Image.new("RGB", picture.size, None)
    for top in range(0, picture.height, _ROWS_AT_ONCE):
        box = (0, top, picture.width, min(top + _ROWS_AT_ONCE, picture.height))
        shown.paste(mapping.strip(picture.crop(box)), box)
    return shown


@dataclass(frozen=True, slots=True)
class _Mapping:
    """The calculation for each pixel."""

    is_hlg: bool
    light_of: list[float]
    """Light of each number from 0 to 255."""
    to_bt2020: Matrix
    to_screen: Matrix
    shoulder: "_Shoulder | None"

    @classmethod
    def of(cls, space: HdrSpace) -> "_Mapping":
        return cls(
            is_hlg=space.curve is HdrCurve.HLG,
            light_of=[_light(space.curve, number / 255) for number in range(256)],
            to_bt2020=product(inverse(to_xyz(BT2020)), to_xyz(space.primaries)),
            to_screen=product(inverse(to_xyz(BT709)), to_xyz(BT2020)),
            shoulder=_Shoulder.of(space.peak / WHITE) if space.peak > WHITE else None,
        )

    def strip(self, picture: Image.Image) -> Image.Image:
        red, green, blue = (band.point(self.light_of, "F") for band in picture.split())
        planes = ImageMath.lambda_eval(self._shown, red=red, green=green, blue=blue)
        return Image.merge("RGB", [plane.convert("L") for plane in planes])

    def _shown(self, names: dict[str, Any]) -> list[Image.Image]:
        least, most = names["min"], names["max"]
        light = _mixed(self.to_bt2020, (names["red"], names["green"], names["blue"]))
        if self.is_hlg:
            luminance = sum(part * plane for part, plane in zip(_LUMINANCE, light, strict=True))
            light = _times(light, most(luminance, 0.0) ** (_HLG_GAMMA - 1) * (_HLG_PEAK / WHITE))
        if self.shoulder:
            brightest = most(most(most(light[0], light[1]), light[2]), 1.0)
            gain = self.shoulder.at(least(brightest, self.shoulder.peak)) / brightest
            light = _times(light, gain)
        screen = _mixed(self.to_screen, light)
        return [_srgb_number(least(most(plane, 0.0), 1.0), least, most).im for plane in screen]


@dataclass(frozen=True, slots=True)
class _Shoulder:
    """The curve for light above white: a parabola through points (x, y), given by t in 0..1."""

    peak: float
    x: tuple[float, float]
    y: tuple[float, float]
    white: float

    @classmethod
    def of(cls, peak: float) -> "_Shoulder":
        """The curve for a picture whose peak is `peak` times as bright as white."""
        room = min(math.log2(peak) / math.log2(USUAL_PEAK / WHITE), 1.0)
        white = 1 - room / 2
        middle_x = 1 - _ROUNDNESS + _ROUNDNESS / white
        middle_y = (1 - _ROUNDNESS) * white + _ROUNDNESS
        return cls(
            peak=peak,
            x=(2 * middle_x - 2, 1 - 2 * middle_x + peak),
            y=(2 * middle_y - 2 * white, white - 2 * middle_y + 1),
            white=white,
        )

    def at(self, light: _Plane) -> _Plane:
        """The shown light for light from 1 (white) to the peak."""
        linear, square = self.x
        beyond = light - 1.0
        # A solution of square*t^2 + linear*t = beyond that is also right when square is 0.
        root = (beyond * (4 * square) + linear * linear) ** 0.5
        t = beyond * 2 / (root + linear)
        return (t * self.y[1] + self.y[0]) * t + self.white


def _light(curve: HdrCurve, number: float) -> float:
    """BT.2100, tables 4 and 5: for PQ the light of the screen (white is 1), for HLG the scene's."""
    if curve is HdrCurve.HLG:
        if number <= 0.5:
            return number * number / 3
        return (math.exp((number - 0.55991073) / 0.17883277) + 0.28466892) / 12
    root = number ** (1 / 78.84375)
    part = max(root - 0.8359375, 0) / (18.8515625 - 18.6875 * root)
    return float(part ** (1 / 0.1593017578125)) * _PQ_PEAK / WHITE


def _srgb_number(light: _Plane, least: Any, most: Any) -> _Plane:
    """IEC 61966-2-1: 0 to 255, plus a half, because the fraction is cut off later."""
    # Where the straight piece applies, the curve is kept at the height of their joint.
    curved = most(light, 0.0031308) ** (1 / 2.4) * (1.055 * 255) - 0.055 * 255
    return least(light * (12.92 * 255), curved) + 0.5


def _mixed(matrix: Matrix, planes: _Planes) -> _Planes:
    a, b, c = (row[0] * planes[0] + row[1] * planes[1] + row[2] * planes[2] for row in matrix)
    return a, b, c


def _times(planes: _Planes, gain: _Plane) -> _Planes:
    return planes[0] * gain, planes[1] * gain, planes[2] * gain
