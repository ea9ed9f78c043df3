"""AVIFs that are odd: sampling, ranges, colours (CICP), turns, transparency, animations."""

import struct

from PIL import Image

from tests.oddities.parts import SMALL, SRGB_PROFILE, encoded, exif, noise, picture
from tests.support.pictures import display_p3


def oddities() -> dict[str, bytes]:
    """The files by what is odd about them."""
    image, clear = picture(SMALL), picture(SMALL).convert("RGBA")
    clear.putalpha(Image.linear_gradient("L").resize(image.size))
    second = Image.new("RGB", image.size, (200, 20, 20))
    usual = _avif(image)
    return {
        "usual": usual,
        **{f"chroma {kind}": _avif(image, subsampling=kind) for kind in ("4:4:4", "4:2:2")},
        "grey": _avif(image, subsampling="4:0:0"),
        "of a limited range": _avif(image, range="limited"),
        "of a limited range, 4:4:4": _avif(image, range="limited", subsampling="4:4:4"),
        "lossless": _avif(image, quality=100, subsampling="4:4:4"),
        "quality 10": _avif(picture(), quality=10),
        "with alpha": _avif(clear),
        "with alpha, multiplied": _avif(clear, alpha_premultiplied=True),
        "of sizes that are odd": _avif(picture((91, 121))),
        "in tiles": _avif(picture((512, 640)), tile_rows=1, tile_cols=1, autotiling=False),
        "1x1": _avif(picture((1, 1))),
        "animated": _avif(image, save_all=True, append_images=[second], duration=60_000),
        **{f"turned as EXIF's {n}": _avif(image, exif=exif(n)) for n in range(2, 9)},
        "ICC: sRGB": _avif(image, icc_profile=SRGB_PROFILE),
        "ICC: Display P3": _avif(image, icc_profile=display_p3()),
        "noise behind its end": usual + noise(99),
        "CICP sRGB": _cicp(1, 13, 6),
        "CICP BT.709": _cicp(1, 1, 6),
        "CICP unspecified": _cicp(2, 2, 6),
        "CICP Display P3": _cicp(12, 13, 6),
        "CICP BT.2020 SDR": _cicp(9, 1, 6),
        "CICP BT.2020 SDR of 10 bits": _cicp(9, 14, 6),
        "CICP linear": _cicp(1, 8, 6),
        "CICP gamma 2.2": _cicp(1, 4, 6),
        "CICP BT.601": _cicp(6, 6, 6),
        "CICP BT.2020 PQ": _cicp(9, 16, 6),
        "CICP BT.2020 HLG": _cicp(9, 18, 6),
        "CICP Display P3 PQ": _cicp(12, 16, 6),
        "CICP Display P3, animated": _cicp(
            12, 13, 6, of=_avif(image, save_all=True, append_images=[second], duration=60_000)
        ),
    }


def _avif(image: Image.Image, **options: object) -> bytes:
    return encoded(image, "AVIF", **{"quality": 90, "speed": 10, **options})


def _cicp(primaries: int, transfer: int, matrix: int, *, of: bytes | None = None) -> bytes:
    """An AVIF whose colours are said to be these (ITU-T H.273), whatever its own encoder said."""
    body = bytearray(of or _avif(picture(SMALL)))
    at = -1
    while (at := body.find(b"nclx", at + 1)) >= 0:
        body[at + 4 : at + 10] = struct.pack(">HHH", primaries, transfer, matrix)
    return bytes(body)
