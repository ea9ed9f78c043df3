import struct

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from collage_core.pictures.formats.avif_frames import MAX_PARTS, MAX_TABLE_BYTES, coded_pictures
from collage_core.pictures.formats.limits import DecoderLimitError
from tests.support.pictures import encoded, plain, quarters

SMALL = encoded(quarters(60, 80), "AVIF", speed=10)
ANIMATED = encoded(
    quarters(60, 80), "AVIF", speed=10, save_all=True, append_images=[plain((9, 9, 9), 60, 80)]
)


def coded_pixels(body: bytes) -> int:
    return coded_pictures(body).pixels


def bits(*fields: tuple[int, int]) -> bytes:
    """Numbers and their widths as AV1 packs them, filled up with zeros."""
    text = "".join(f"{value:0{width}b}" for value, width in fields)
    return int(text.ljust(-(-len(text) // 8) * 8, "0"), 2).to_bytes(-(-len(text) // 8))


def avif_of(data: bytes, *, method: int = 0, parts: int = 1) -> bytes:
    """The least of an AVIF: one item of AV1 `data`, in the file or in its header's data box."""

    def box(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", 8 + len(content)) + kind + content

    def file(start: int) -> bytes:
        size = len(data) // parts
        extents = b"".join(
            struct.pack(
                ">II", start + part * size, size if part < parts - 1 else len(data) - part * size
            )
            for part in range(parts)
        )
        iloc = struct.pack(">IHHHHHH", 1 << 24, 0x4400, 1, 7, method, 0, parts) + extents
        infe = box(b"infe", struct.pack(">IHH", 2 << 24, 7, 0) + b"av01\0")
        iinf = box(b"iinf", struct.pack(">IH", 0, 1) + infe)
        idat = box(b"idat", data) if method else b""
        meta = box(b"meta", bytes(4) + iinf + box(b"iloc", iloc) + idat)
        return box(b"ftyp", b"avif\0\0\0\0avif") + meta + box(b"mdat", data)

    return file(0 if method else file(0).rindex(data))


def unit(payload: bytes, kind: int = 1) -> bytes:
    """An OBU that says its size."""
    return bytes([kind << 3 | 2, len(payload)]) + payload


SIZE = ((11, 4), (11, 4), (639, 12), (479, 12))
"""640x480, in 12 bits each."""

REDUCED = bits((0, 3), (1, 1), (1, 1), (5, 5), *SIZE)
FULL = bits((0, 3), (0, 1), (0, 1), (0, 1), (0, 1), (0, 5), (0, 12), (5, 5), *SIZE)
WITH_EVERYTHING = bits(
    (0, 3), (0, 1), (0, 1),
    (1, 1), (1, 32), (1, 32), (1, 1), (0b00101, 5),  # timing, equal intervals of 4
    (1, 1), (9, 5), (1, 32), (9, 5), (9, 5),  # a decoder model whose delays have ten bits
    (1, 1), (1, 5),  # display delays, two operating points
    (0, 12), (8, 5), (0, 1), (1, 1), (0, 10), (0, 10), (0, 1), (1, 1), (3, 4),
    (0, 12), (5, 5), (0, 1), (0, 1),
    *SIZE,
)  # fmt: skip


@pytest.mark.parametrize("header", [REDUCED, FULL, WITH_EVERYTHING])
def test_the_size_is_read_after_all_fields_of_a_sequence_header(header: bytes) -> None:
    assert coded_pixels(avif_of(unit(header))) == 640 * 480


@pytest.mark.parametrize("options", [{}, {"tile_rows": 2}, {"subsampling": "4:4:4"}])
@pytest.mark.parametrize("size", [(1, 1), (60, 80), (4097, 3)])
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
def test_files_of_an_encoder_code_what_they_declare(
    mode: str, size: tuple[int, int], options: dict[str, object]
) -> None:
    body = encoded(Image.new(mode, size), "AVIF", speed=10, **options)
    assert coded_pixels(body) == size[0] * size[1]


def test_an_animation_is_as_large_as_its_first_frame() -> None:
    assert coded_pixels(ANIMATED) == 60 * 80


@pytest.mark.parametrize(
    "data",
    [
        unit(b"", 2) + unit(REDUCED),
        unit(b"padding", 15) + unit(REDUCED),
        unit(SMALL[:1], 5) + unit(bits((0, 3), (1, 1), (1, 1), (5, 5), (0, 8), (0, 2)))
        + unit(REDUCED),
        bytes([1 << 3 | 4 | 2, 0, len(REDUCED)]) + REDUCED,
        bytes([1 << 3]) + REDUCED,
        bytes([1 << 3 | 2, len(REDUCED) | 128, 0]) + REDUCED,
    ],
    ids=["after a delimiter", "after padding", "the second", "extended", "unsized", "long size"],
)  # fmt: skip
@pytest.mark.parametrize(("method", "parts"), [(0, 1), (0, 3), (1, 1)])
def test_a_sequence_header_is_found_wherever_it_is(data: bytes, method: int, parts: int) -> None:
    assert coded_pixels(avif_of(data, method=method, parts=parts)) == 640 * 480


def test_a_file_without_a_coded_picture_is_refused() -> None:
    with pytest.raises(ValueError, match="no coded picture"):
        coded_pixels(SMALL.replace(b"av01", b"Exif"))


def test_many_pictures_in_one_place_are_refused() -> None:
    once = avif_of(unit(REDUCED) + bytes(4000))
    at = once.index(b"iloc") + 12  # the only item, after the count of items
    many = bytearray(once[:at] + once[at : at + 16] * 1000 + once[at + 16 :])
    struct.pack_into(">H", many, at - 2, 1000)
    for kind in (b"iloc", b"meta"):
        box = many.index(kind) - 4
        struct.pack_into(">I", many, box, struct.unpack_from(">I", many, box)[0] + 16 * 999)
    assert coded_pixels(once) == 640 * 480
    with pytest.raises(DecoderLimitError, match="longer than the file"):
        coded_pixels(bytes(many))


def test_units_without_end_are_refused() -> None:
    few, many = (unit(REDUCED) + b"\x0a\0" * count for count in (100, MAX_PARTS))
    assert coded_pixels(avif_of(few)) == 640 * 480
    with pytest.raises(DecoderLimitError, match="too many parts"):
        coded_pixels(avif_of(many))


def test_frames_that_are_never_shown_count_as_drawn() -> None:
    hidden = unit(REDUCED) + unit(bytes(9), 6) * 50 + unit(bytes(9), 3) * 7
    assert coded_pictures(avif_of(hidden)).drawn_pixels == 640 * 480 * 57
    assert coded_pictures(SMALL).drawn_pixels == 60 * 80


@pytest.mark.parametrize("kind", [b"iref", b"iprp"])
def test_tables_of_more_than_their_limit_are_refused(kind: bytes) -> None:
    def with_table(size: int) -> bytes:
        table = struct.pack(">I", 8 + size) + b"ipma" + bytes(size)
        table = struct.pack(">I", 8 + len(table)) + kind + table
        return SMALL + struct.pack(">I", 12 + len(table)) + b"meta" + bytes(4) + table

    assert coded_pictures(with_table(1000)) == coded_pictures(SMALL)
    with pytest.raises(DecoderLimitError, match="tables"):
        coded_pictures(with_table(MAX_TABLE_BYTES))


def test_an_animation_that_declares_millions_of_frames_is_refused() -> None:
    chunk = ANIMATED.index(b"stsc") + 12 + 4
    assert coded_pixels(ANIMATED) == 60 * 80
    with pytest.raises(DecoderLimitError, match="too many frames"):
        coded_pixels(ANIMATED[:chunk] + struct.pack(">I", 2_000_000) + ANIMATED[chunk + 4 :])


def test_boxes_in_boxes_without_end_are_refused() -> None:
    depth = 5000
    body = b"".join(struct.pack(">I", 8 * (depth - level)) + b"moov" for level in range(depth))
    with pytest.raises(RecursionError):
        coded_pixels(body)


@given(at=st.integers(0, len(ANIMATED) - 1), size=st.integers(0, 8), data=st.binary(max_size=8))
@example(at=0, size=len(ANIMATED), data=b"")
def test_a_damaged_file_is_read_or_refused(at: int, size: int, data: bytes) -> None:
    for body in (SMALL, ANIMATED):
        damaged = body[:at] + data + body[at + size :]
        try:
            assert coded_pixels(damaged) > 0
        except (ValueError, IndexError, DecoderLimitError):
            continue
