"""ICC profiles of known looks, written by hand."""

import struct
from collections.abc import Callable, Iterable

from collage_core.pictures.colour.matrices import to_xyz
from collage_core.pictures.colour.spaces import Chromaticities
from tests.support.colour_files import P3


def rgb_profile(
    primaries: Chromaticities = P3, curve: bytes | None = None, *, name: str = "test", **more: bytes
) -> bytes:
    """A profile of three primaries and a curve, sRGB's if none is given, and more tags."""
    matrix = to_xyz(primaries)
    tags = {f"{colour}TRC": curve or SRGB_CURVE for colour in "rgb"}
    for index, colour in enumerate("rgb"):
        tags[f"{colour}XYZ"] = b"XYZ \0\0\0\0" + _fixed(row[index] for row in matrix)
    return profile_with(tags | more, name=name)


def grey_profile(curve: bytes, connection: bytes = b"XYZ ") -> bytes:
    return profile_with({"kTRC": curve}, colours=b"GRAY", connection=connection)


def table_profile(
    look: Callable[[list[float]], tuple[float, float, float]],
    *,
    inks: int = 3,
    tag: str = "A2B0",
    version: int = 2,
) -> bytes:
    """A profile of a table from R, G, B or C, M, Y, K (0 to 1) to CIE Lab."""
    side = 9
    kind = struct.pack(">4s4x4B", b"mft2", inks, 3, side, 0)
    table = b""
    for number in range(side**inks):
        place = [number // side**power % side / (side - 1) for power in range(inks)[::-1]]
        lightness, a, b = look(place)
        table += struct.pack(
            ">3H", *(round(part) for part in (lightness * 652.8, (a + 128) * 256, (b + 128) * 256))
        )
    straight = struct.pack(">2H", 0, 65535)
    lut = kind + _fixed((1, 0, 0, 0, 1, 0, 0, 0, 1)) + struct.pack(">2H", 2, 2)
    lut += straight * inks + table + straight * 3
    colours = b"CMYK" if inks == 4 else b"RGB "
    return profile_with({tag: lut}, colours=colours, connection=b"Lab ", version=version)


def profile_with(
    tags: dict[str, bytes],
    *,
    colours: bytes = b"RGB ",
    connection: bytes = b"XYZ ",
    name: str = "test",
    version: int = 2,
) -> bytes:
    text = name.encode() + b"\0"
    described = struct.pack(">4s4xI", b"desc", len(text)) + text + bytes(78)
    white = b"XYZ \0\0\0\0" + _fixed((0.9642, 1, 0.8249))
    whole = {"desc": described, "cprt": b"text\0\0\0\0\0", "wtpt": white} | tags
    start = 132 + 12 * len(whole)
    table, data = struct.pack(">I", len(whole)), b""
    for signature, tag in whole.items():
        table += struct.pack(">4sII", signature.encode(), start + len(data), len(tag))
        data += tag + bytes(-len(tag) % 4)
    header = struct.pack(
        ">I4x2B2x4s4s4s12x4s28x",
        start + len(data),
        version,
        0,
        b"mntr",
        colours,
        connection,
        b"acsp",
    )
    return (header + _fixed((0.9642, 1, 0.8249))).ljust(128, b"\0") + table + data


def power_curve(power: float) -> bytes:
    return struct.pack(">4s4xIH", b"curv", 1, round(power * 256))


def cicp_tag(primaries: int, transfer: int, matrix: int = 0, full: int = 1) -> bytes:
    return b"cicp\0\0\0\0" + bytes([primaries, transfer, matrix, full])


def _fixed(numbers: Iterable[float]) -> bytes:
    return b"".join(struct.pack(">i", round(number * 65536)) for number in numbers)


SRGB_CURVE = struct.pack(">4s4xHH", b"para", 3, 0) + _fixed(
    (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
)


def dulled(place: list[float]) -> tuple[float, float, float]:
    """The Lab look of a wash of R, G, B, or of inks, with black at a lightness of 10."""
    red, green, blue = (part * (1 - (place[3] if place[3:] else 0)) for part in place[:3])
    if place[3:]:
        red, green, blue = ((1 - ink) * (1 - place[3]) for ink in place[:3])
    return 10 + 90 * (red + green + blue) / 3, 40 * (red - green), 40 * (green - blue)
