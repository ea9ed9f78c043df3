"""ICC profiles (ICC.1:2022): reads them, and writes one for a colour space."""

import struct

from collage_core.pictures.colour.matrices import D50, Vector, to_xyz
from collage_core.pictures.colour.spaces import (
    BT709,
    Chromaticities,
    Curve,
    SdrSpace,
    Space,
    named_space,
)

MAX_PROFILE_BYTES = 4 * 1024 * 1024
"""Larger profiles are ignored. Those of printing inks have up to 2 MB."""

_HEADER_BYTES, _TAG_BYTES = 128, 12
_MAX_TAGS = 100  # LittleCMS reads no more
_NEWEST_VERSION = 4  # 5 is iccMAX, which no browser reads
_LONGEST_CURVE = 128 * 1024 + 12
"""Bytes: a number of 16 bits for each of 65,536 shades."""

type Tags = dict[bytes, memoryview]
"""Tags by signature. They share the profile's memory, since many tags may name one large part."""

_SRGB, _CAMERAS = 13, (1, 6, 11)  # curves in ITU-T H.273
_FULL_RANGE = (0, 1)  # matrix and range of colours that are R, G and B from 0 to 255


def tags_of(profile: bytes) -> Tags:
    """The tags of a profile; empty for a profile that is broken or too new."""
    if not _HEADER_BYTES + 4 <= len(profile) <= MAX_PROFILE_BYTES:
        return {}
    (size,) = struct.unpack_from(">I", profile)
    (count,) = struct.unpack_from(">I", profile, _HEADER_BYTES)
    table = profile[_HEADER_BYTES + 4 : _HEADER_BYTES + 4 + count * _TAG_BYTES]
    is_read = profile[36:40] == b"acsp" and profile[8] <= _NEWEST_VERSION and count <= _MAX_TAGS
    if not is_read or size > len(profile) or len(table) < count * _TAG_BYTES:
        return {}
    tags, whole = {}, memoryview(profile)
    for signature, start, length in struct.iter_unpack(">4sII", table):
        if start + length > size:
            return {}
        tags[signature] = whole[start : start + length]
    return tags


def colours_of(profile: bytes) -> bytes:
    """The colours that the profile is for: b"RGB ", b"GRAY", b"CMYK", b"Lab ", ..."""
    return profile[16:20]


def named_by(tags: Tags) -> Space | None:
    """The space that a profile names by numbers; its curves may only approximate it."""
    tag = bytes(tags.get(b"cicp", b"")[:12])
    if len(tag) < 12 or tag[:4] != b"cicp" or (tag[10], tag[11]) != _FULL_RANGE:
        return None
    # Browsers treat the curve of cameras as sRGB's here, but not in a PNG's cICP.
    return named_space(tag[8], _SRGB if tag[9] in _CAMERAS else tag[9])


def profile_of(space: SdrSpace) -> bytes:
    """Write a profile with three primaries and a curve.

    Raises ZeroDivisionError or ValueError for primaries that are not a colour space.
    """
    return _of_light(space.primaries, _curve(space.curve))


def grey_profile_as_rgb(tags: Tags) -> bytes | None:
    """A grey profile rewritten for pictures in RGB; None if it has no curve.

    For one channel, LittleCMS uses a table that is up to 9 levels wrong in the shadows.
    """
    curve = tags.get(b"kTRC")
    if curve is None or len(curve) > _LONGEST_CURVE:
        return None
    return _of_light(BT709, bytes(curve))


def _of_light(primaries: Chromaticities, curve: bytes) -> bytes:
    matrix = to_xyz(primaries)
    tags = {b"wtpt": _xyz(D50)}
    for index, colour in enumerate((b"r", b"g", b"b")):
        tags[colour + b"XYZ"] = _xyz((matrix[0][index], matrix[1][index], matrix[2][index]))
        tags[colour + b"TRC"] = curve
    return _written(tags)


def _written(tags: dict[bytes, bytes]) -> bytes:
    start = _HEADER_BYTES + 4 + _TAG_BYTES * len(tags)
    table, data = struct.pack(">I", len(tags)), b""
    for signature, tag in tags.items():
        table += struct.pack(">4sII", signature, start + len(data), len(tag))
        data += tag.ljust((len(tag) + 3) // 4 * 4, b"\0")
    size = start + len(data)
    # Version 2 keeps black black. For version 4, LittleCMS would scale to the profile's darkest
    # colour, which browsers do not.
    kind = struct.pack(">I4xI4s4s4s12x4s24x", size, 0x02400000, b"mntr", b"RGB ", b"XYZ ", b"acsp")
    header = kind + struct.pack(">I", 0) + _fixed(*D50)
    return header.ljust(_HEADER_BYTES, b"\0") + table + data


def _xyz(colour: Vector) -> bytes:
    return b"XYZ \0\0\0\0" + _fixed(*colour)


def _curve(curve: Curve) -> bytes:
    """Section 10.18: the parametric curve of type 3."""
    kind = struct.pack(">4s4xHH", b"para", 3, 0)
    return kind + _fixed(curve.power, curve.a, curve.b, curve.c, curve.start)


def _fixed(*numbers: float) -> bytes:
    """Encode as s15Fixed16Number."""
    if any(abs(number) >= 32768 for number in numbers):
        raise ValueError(f"numbers {numbers} are too large for an ICC profile")
    return b"".join(struct.pack(">i", round(number * 65536)) for number in numbers)
