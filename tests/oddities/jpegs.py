"""JPEGs that are odd: segments, markers, orientations, colours, ends."""

import struct

from PIL import Image

from tests.oddities.parts import (
    LARGE,
    SRGB_PROFILE,
    USUAL,
    encoded,
    exif,
    grey_profile,
    noise,
    picture,
)
from tests.support.pictures import display_p3

_START = b"\xff\xd8"
_XMP = (
    b'http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
    b'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
    b'xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"/></rdf:RDF></x:xmpmeta>'
)


def oddities() -> dict[str, bytes]:
    """The files by what is odd about them."""
    return {
        **_encodings(),
        **_sizes(),
        **_orientations(),
        **_segments(),
        **_ends(),
        **_profiles(),
        **_tables(),
    }


def _jpeg(image: Image.Image | None = None, **options: object) -> bytes:
    return encoded(image or picture(), "JPEG", **{"quality": 92, **options})


def _segment(marker: int, data: bytes) -> bytes:
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(data) + 2) + data


def _with(*segments: bytes, of: bytes | None = None) -> bytes:
    """A JPEG with these segments in front of its own ones."""
    body = of or _jpeg()
    return _START + b"".join(segments) + body[2:]


def _bare() -> bytes:
    """A JPEG without the JFIF segment, which Pillow writes first."""
    body = _jpeg()
    return _START + body[4 + int.from_bytes(body[4:6]) :]


def _encodings() -> dict[str, bytes]:
    rgb = picture()
    return {
        "usual": _jpeg(),
        "progressive": _jpeg(progressive=True),
        "progressive, 4:4:4": _jpeg(progressive=True, subsampling=0),
        "optimised tables": _jpeg(optimize=True),
        "chroma 4:4:4": _jpeg(subsampling=0),
        "chroma 4:2:2": _jpeg(subsampling=1),
        "a restart marker after every row": _jpeg(restart_marker_rows=1),
        "a restart marker after every block": _jpeg(restart_marker_blocks=1),
        "quality 1": _jpeg(quality=1, subsampling=0),
        "quality 100": _jpeg(quality=100),
        "grey": _jpeg(rgb.convert("L")),
        "grey, progressive": _jpeg(rgb.convert("L"), progressive=True),
        "CMYK with Adobe's marker": _jpeg(rgb.convert("CMYK")),
        "RGB without a transform": _jpeg(keep_rgb=True),
        "RGB without a transform, progressive": _jpeg(keep_rgb=True, progressive=True),
    }


def _sizes() -> dict[str, bytes]:
    sizes = [(1, 1), (37, 41), (1, 300), (300, 1), (181, 241), (601, 803), (719, 961)]
    sizes += [(1439, 1081), (1080, 1920), LARGE]
    return {f"{width}x{height}": _jpeg(picture((width, height))) for width, height in sizes}


def _orientations() -> dict[str, bytes]:
    def exif_of(data: bytes) -> bytes:
        return _segment(0xE1, b"Exif\0\0" + data)

    files = {f"EXIF orientation {n}": _with(exif_of(exif(n))) for n in range(10)}
    return files | {
        "EXIF orientation 6, big-endian": _with(exif_of(exif(6, order=">"))),
        "EXIF orientation 6 as a LONG": _with(exif_of(exif(6, kind=4))),
        "EXIF orientation 6 of the thumbnail alone": _with(exif_of(exif(6, in_thumbnail=True))),
        "EXIF orientation 6, large": _with(exif_of(exif(6)), of=_jpeg(picture(LARGE))),
        "EXIF orientation 6, grey": _with(exif_of(exif(6)), of=_jpeg(picture().convert("L"))),
        "EXIF orientation 3 behind JFIF": _behind_jfif(exif_of(exif(3))),
        "two EXIFs, 6 and then 3": _with(exif_of(exif(6)), exif_of(exif(3))),
        "EXIF of noise": _with(exif_of(noise(60))),
        "EXIF of nothing": _with(exif_of(b"")),
        "EXIF without its name": _with(_segment(0xE1, exif(6))),
        "XMP orientation 6": _with(_segment(0xE1, _XMP)),
        "XMP orientation 6, EXIF orientation 1": _with(_segment(0xE1, _XMP), exif_of(exif(1))),
        "XMP orientation 6, EXIF orientation 3": _with(exif_of(exif(3)), _segment(0xE1, _XMP)),
    }


def _behind_jfif(segment: bytes) -> bytes:
    body = _jpeg()
    end = 4 + int.from_bytes(body[4:6])
    return body[:end] + segment + body[end:]


def _segments() -> dict[str, bytes]:
    jfif = _segment(0xE0, b"JFIF\0\1\2\0\0\1\0\1\0\0")
    thumbnail = _jpeg(picture((30, 40)).rotate(180))
    return {
        "no JFIF": _bare(),
        "JFIF twice": _with(jfif),
        "JFIF of 5 bytes": _START + _segment(0xE0, b"JFIF\0") + _bare()[2:],
        "JFIF of nothing": _START + _segment(0xE0, b"") + _bare()[2:],
        "JFIF with pixels twice as high": _START
        + _segment(0xE0, b"JFIF\0\1\2\0\0\1\0\2\0\0")
        + _bare()[2:],
        "JFXX with a thumbnail": _behind_jfif(_segment(0xE0, b"JFXX\0\x10" + thumbnail)),
        "Adobe of 5 bytes": _with(_segment(0xEE, b"Adobe")),
        "Adobe, transform 1": _with(_segment(0xEE, b"Adobe\0\x64\0\0\0\0\1")),
        "Photoshop of noise": _with(_segment(0xED, b"Photoshop 3.0\0" + noise(100))),
        "an empty comment": _with(_segment(0xFE, b"")),
        "a comment of 65533 bytes": _with(_segment(0xFE, noise(65533))),
        "an index of pictures of noise": _with(_segment(0xE2, b"MPF\0" + noise(40))),
        "unknown segments": _with(*(_segment(0xE0 + n, noise(n)) for n in range(3, 13))),
        "fill bytes before its markers": _jpeg().replace(b"\xff\xdb", b"\xff\xff\xff\xff\xdb", 1),
        "HDR gain map in its XMP": _with(
            _segment(0xE1, _XMP.replace(b"tiff:Orientation", b"hdrgm:Version"))
        ),
    }


def _ends() -> dict[str, bytes]:
    body = _jpeg()
    return {
        "no end marker": body[:-2],
        "last byte missing": body[:-1],
        "zeros for the end marker": body[:-2] + bytes(64),
        "noise behind its end": body + noise(1000),
        "another picture behind its end": body + _jpeg(picture().rotate(180)),
        "a film behind its end": body + b"\0\0\0\x18ftypmp42" + noise(5000),
        "progressive, no end marker": _jpeg(progressive=True)[:-2],
        "large, no end marker": _jpeg(picture(LARGE))[:-2],
        "grey, last byte missing": _jpeg(picture().convert("L"))[:-1],
        "a line break behind its end": body + b"\r\n",
    }


def _profiles() -> dict[str, bytes]:
    def parts(profile: bytes, count: int, order: str = "in order") -> list[bytes]:
        length = -(-len(profile) // count)
        made = [
            _segment(
                0xE2,
                b"ICC_PROFILE\0" + bytes([n + 1, count]) + profile[n * length : (n + 1) * length],
            )
            for n in range(count)
        ]
        return made if order == "in order" else made[::-1]

    grey = _jpeg(picture().convert("L"))
    return {
        "ICC: sRGB": _with(*parts(SRGB_PROFILE, 1)),
        "ICC: Display P3": _with(*parts(display_p3(), 1)),
        "ICC: Display P3 in three parts": _with(*parts(display_p3(), 3)),
        "ICC: Display P3 in three parts, the last first": _with(*parts(display_p3(), 3, "turned")),
        "ICC: Display P3, one part of three missing": _with(*parts(display_p3(), 3)[:2]),
        "ICC: grey of gamma 1.0 on grey": _with(*parts(grey_profile(1.0), 1), of=grey),
        "ICC: grey of gamma 2.2 on grey": _with(*parts(grey_profile(2.2), 1), of=grey),
        "ICC: grey of gamma 1.0 on colours": _with(*parts(grey_profile(1.0), 1)),
        "ICC: Display P3 on grey": _with(*parts(display_p3(), 1), of=grey),
        "ICC: noise": _with(*parts(noise(500), 1)),
        "ICC: no numbers": _with(_segment(0xE2, b"ICC_PROFILE\0")),
        "ICC: nothing": _with(*parts(b"", 1)),
        "ICC: Display P3, progressive": _with(*parts(display_p3(), 1), of=_jpeg(progressive=True)),
        "ICC: Display P3, CMYK": _with(
            *parts(display_p3(), 1), of=_jpeg(picture().convert("CMYK"))
        ),
    }


def _tables() -> dict[str, bytes]:
    body = _jpeg()
    frame, scan = body.index(b"\xff\xc0"), body.index(b"\xff\xda")
    numbered = bytearray(body)
    for n in range(3):
        numbered[frame + 10 + 3 * n] = numbered[scan + 5 + 2 * n] = n
    first = body.index(b"\xff\xdb")
    table = body[first : first + 2 + int.from_bytes(body[first + 2 : first + 4])]
    wide = struct.pack(">64H", *table[5:69])
    return {
        "extended sequential": body.replace(b"\xff\xc0", b"\xff\xc1", 1),
        "components 0, 1 and 2": bytes(numbered),
        "a table twice": _with(table),
        "another table before its own": _with(table[:5] + bytes([9] * 64) + table[69:]),
        "a table of 16 bits": body.replace(
            table, _segment(0xDB, b"\x10" + wide) + _rest(table), 1
        ).replace(b"\xff\xc0", b"\xff\xc1", 1),
        "a restart interval of 0": _with(_segment(0xDD, b"\0\0")),
        "more lines than its frame says": _with_height(body, USUAL[1] - 40),
    }


def _rest(table: bytes) -> bytes:
    """The tables of a segment behind its first one, in a segment of their own."""
    return _segment(0xDB, table[69:]) if len(table) > 69 else b""


def _with_height(body: bytes, height: int) -> bytes:
    frame = body.index(b"\xff\xc0")
    return body[: frame + 5] + struct.pack(">H", height) + body[frame + 7 :]
