"""AVIFs put together of the parts of one that an encoder wrote: ISO/IEC 23008-12."""

import struct

from tests.support.decoder_bombs import box
from tests.support.pictures import encoded, quarters

SMALL = encoded(quarters(64, 80), "AVIF", speed=10, quality=90)


def _inner(body: bytes, kind: bytes) -> bytes:
    """What is in the first box of that kind."""
    at = body.index(kind) - 4
    return body[at + 8 : at + int.from_bytes(body[at : at + 4])]


CODED = _inner(SMALL, b"mdat")
_AV1C, _PIXI = _inner(SMALL, b"av1C"), _inner(SMALL, b"pixi")


def _size(width: int, height: int) -> bytes:
    return box(b"ispe", struct.pack(">III", 0, width, height))


def _item(number: int, kind: bytes) -> bytes:
    return box(b"infe", struct.pack(">IHH", 2 << 24, number, 0) + kind + b"\0")


def _file(
    items: list[bytes], places: list[tuple[int, int, int]], properties: list[bytes],
    associations: list[bytes], *, references: bytes = b"", data: bytes = CODED, grid: bytes = b"",
) -> bytes:  # fmt: skip
    """`places` are each item's number, offset in `data` or in `grid` (-1), and length."""

    def made(start: int) -> bytes:
        locations = b"".join(
            struct.pack(
                ">HHHHII", number, at < 0, 0, 1, 0 if at < 0 else start + at, length
            )
            for number, at, length in places
        )  # fmt: skip
        meta = box(b"hdlr", struct.pack(">II4s", 0, 0, b"pict") + bytes(13))
        meta += box(b"pitm", struct.pack(">IH", 0, 1))
        meta += box(b"iinf", struct.pack(">IH", 0, len(items)) + b"".join(items))
        meta += box(b"iloc", struct.pack(">IHH", 1 << 24, 0x4400, len(places)) + locations)
        if references:
            meta += box(b"iref", bytes(4) + references)
        ipma = struct.pack(">II", 0, len(associations)) + b"".join(associations)
        meta += box(b"iprp", box(b"ipco", b"".join(properties)) + box(b"ipma", ipma))
        if grid:
            meta += box(b"idat", grid)
        start_of_file = box(b"ftyp", b"avif\0\0\0\0avifmif1miaf") + box(b"meta", bytes(4) + meta)
        return start_of_file + box(b"mdat", data)

    return made(len(made(0)) - len(data))


def with_property(kind: bytes, content: bytes) -> bytes:
    """The quarters of 64x80 with one property more, which a reader must know."""
    properties = [_size(64, 80), box(b"av1C", _AV1C), box(b"pixi", _PIXI), box(kind, content)]
    return _file(
        [_item(1, b"av01")], [(1, 0, len(CODED))], properties,
        [struct.pack(">HB", 1, 4) + bytes([1, 0x82, 3, 0x84])],
    )  # fmt: skip


def grid(columns: int = 2, rows: int = 2, *, shared: bool = True) -> bytes:
    """Tiles that all show the quarters, and lie in one place of the file when `shared`."""
    count = columns * rows
    header = struct.pack(">BBBBHH", 0, 0, rows - 1, columns - 1, columns * 64, rows * 80)
    tiles = range(2, count + 2)
    items = [_item(1, b"grid"), *(_item(tile, b"av01") for tile in tiles)]
    places = [(1, -1, len(header))]
    places += [(t, 0 if shared else (t - 2) * len(CODED), len(CODED)) for t in tiles]
    properties = [_size(columns * 64, rows * 80), _size(64, 80), box(b"av1C", _AV1C)]
    properties.append(box(b"pixi", _PIXI))
    associations = [struct.pack(">HB", 1, 2) + bytes([1, 4])]
    associations += [struct.pack(">HB", tile, 3) + bytes([2, 0x83, 4]) for tile in tiles]
    dimg = box(b"dimg", struct.pack(f">HH{count}H", 1, count, *tiles))
    return _file(
        items, places, properties, associations, references=dimg, grid=header,
        data=CODED if shared else CODED * count,
    )  # fmt: skip


def _clap(width: int, height: int, left: int = 0, top: int = 0) -> tuple[bytes, bytes]:
    """The offsets are those of the middles."""
    fractions = (width, 1, height, 1, 2 * left - 64 + width, 2, 2 * top - 80 + height, 2)
    return b"clap", struct.pack(">IIIIiIiI", *fractions)


PROPERTIES = {
    "pasp": (b"pasp", struct.pack(">II", 2, 1)),
    "irot": (b"irot", b"\1"),
    "imir": (b"imir", b"\0"),
    "clap at the corner": _clap(32, 40),
    "clap in the middle": _clap(32, 40, 16, 20),
    "clap of all": _clap(64, 80),
    "clap outside": _clap(90, 90),
}
