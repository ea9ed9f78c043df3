"""Colour spaces: primaries and a curve, by their numbers in ITU-T H.273 (CICP).

Files have these numbers in a PNG's cICP, an AVIF's nclx, the header of its AV1 stream, and the
`cicp` tag of an ICC profile.
"""

from dataclasses import dataclass
from enum import IntEnum

type Chromaticities = tuple[float, float, float, float, float, float, float, float]
"""x and y of white, red, green and blue, as in a PNG's cHRM."""


@dataclass(frozen=True, slots=True)
class Curve:
    """From a number v in a file to light, both 0 to 1: (a*v + b)^power, and c*v below `start`."""

    power: float
    a: float = 1.0
    b: float = 0.0
    c: float = 0.0
    start: float = 0.0


class HdrCurve(IntEnum):
    """The curves of ITU-R BT.2100, which go beyond white, by their number in H.273."""

    PQ = 16
    HLG = 18


@dataclass(frozen=True, slots=True)
class SdrSpace:
    """Colours between black and white."""

    primaries: Chromaticities
    curve: Curve


@dataclass(frozen=True, slots=True)
class HdrSpace:
    """Colours that may be brighter than white."""

    primaries: Chromaticities
    curve: HdrCurve
    peak: float
    """The brightest part of the picture, in cd/m2."""


type Space = SdrSpace | HdrSpace

USUAL_PEAK = 1000.0
"""In cd/m2, for pictures that do not declare it; HLG is made for it."""

_D65 = (0.3127, 0.3290)
BT709 = (*_D65, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
BT2020 = (*_D65, 0.708, 0.292, 0.170, 0.797, 0.131, 0.046)
_SMPTE_170 = (*_D65, 0.630, 0.340, 0.310, 0.595, 0.155, 0.070)
_P3 = (0.680, 0.320, 0.265, 0.690, 0.150, 0.060)

SRGB_CURVE = Curve(2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
SRGB = SdrSpace(BT709, SRGB_CURVE)

_VIDEO_ON_A_SCREEN = Curve(2.4)
"""ITU-R BT.1886: how a screen shows a camera's picture of BT.709, 601, 1361 or 2020."""

_VIDEO = frozenset({1, 6, 11, 14, 15})

# H.273, table 2.
_PRIMARIES: dict[int, Chromaticities] = {
    1: BT709,
    4: (0.310, 0.316, 0.67, 0.33, 0.21, 0.71, 0.14, 0.08),
    5: (*_D65, 0.64, 0.33, 0.29, 0.60, 0.15, 0.06),
    6: _SMPTE_170,
    7: _SMPTE_170,
    8: (0.310, 0.316, 0.681, 0.319, 0.243, 0.692, 0.145, 0.049),
    9: BT2020,
    10: (1 / 3, 1 / 3, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0),  # CIE XYZ itself
    11: (0.314, 0.351, *_P3),
    12: (*_D65, *_P3),
    22: (*_D65, 0.630, 0.340, 0.295, 0.605, 0.155, 0.077),
}

# H.273, table 3, without the logarithmic ones, which no browser shows.
_CURVES: dict[int, Curve] = {
    4: Curve(2.2),
    5: Curve(2.8),
    7: Curve(1 / 0.45, 1 / 1.1115, 0.1115 / 1.1115, 1 / 4, 0.0913),
    8: Curve(1.0),
    13: SRGB_CURVE,
    17: Curve(2.6, (52.37 / 48) ** (1 / 2.6)),
} | dict.fromkeys(_VIDEO, _VIDEO_ON_A_SCREEN)


def named_space(primaries: int, transfer: int, peak: float = USUAL_PEAK) -> Space | None:
    """The space that two numbers of H.273 mean in a PNG or an ICC profile.

    None for numbers that are unspecified, reserved or not shown by browsers.
    """
    if primaries not in _PRIMARIES:
        return None
    return _space(_PRIMARIES[primaries], transfer, peak)


def space_of_avif(primaries: int, transfer: int, peak: float = USUAL_PEAK) -> Space:
    """The space that two numbers of H.273 mean in an AVIF.

    Unspecified numbers mean sRGB, and so do the curves of cameras: encoders write the number of
    BT.709 or BT.601 for pictures that they did not convert, and browsers treat them as sRGB.
    """
    if primaries == 0 or transfer in (0, 3):  # reserved
        return SRGB
    found = _PRIMARIES.get(primaries, BT709)
    usual = SdrSpace(found, SRGB_CURVE)
    return usual if transfer in _VIDEO else _space(found, transfer, peak) or usual


def _space(primaries: Chromaticities, transfer: int, peak: float) -> Space | None:
    if transfer in HdrCurve:
        return HdrSpace(primaries, HdrCurve(transfer), peak)
    curve = _CURVES.get(transfer)
    return SdrSpace(primaries, curve) if curve else None
