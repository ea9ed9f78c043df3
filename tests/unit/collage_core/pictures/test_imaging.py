import struct
import subprocess
import sys
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageOps, PngImagePlugin

from collage_core.contract.cell_size import CELL_SIZES, DEFAULT_CELL_SIZE, CellSize
from collage_core.contract.reasons import Reason
from collage_core.pictures import imaging
from collage_core.pictures.imaging import Cell, decode_cell
from collage_core.pictures.inspection import inspect
from collage_core.pictures.memory import MAX_DECODING_BYTES
from tests.support.likeness import ssim
from tests.support.pictures import (
    GREEN,
    RED,
    alike,
    corners,
    display_p3,
    drawn_again,
    encoded,
    photograph,
    pixel,
    plain,
    png,
    quarters,
    shows_quarters,
    turned,
)

CELL_WIDTH, CELL_HEIGHT = DEFAULT_CELL_SIZE

REPO = Path(__file__).parents[4]
WHITE = (255, 255, 255)


def cell(body: bytes) -> Cell:
    decoded = decode_cell(body)
    assert not isinstance(decoded, Reason), decoded
    assert (decoded.mode, decoded.size) == ("RGB", DEFAULT_CELL_SIZE)
    return decoded


class TestFormats:
    @pytest.mark.parametrize(
        ("kind", "options"),
        [
            ("JPEG", {}),
            ("JPEG", {"progressive": True}),
            ("JPEG", {"subsampling": "4:4:4", "quality": 100}),
            ("PNG", {}),
            ("WEBP", {}),
            ("WEBP", {"lossless": True}),
            ("AVIF", {"speed": 10}),
            ("GIF", {}),
        ],
    )
    def test_the_formats_of_the_web_are_shown(self, kind: str, options: dict[str, object]) -> None:
        assert shows_quarters(cell(encoded(quarters(), kind, **options)))

    @pytest.mark.parametrize(
        "size", [(720, 960), (1080, 1440), (3000, 4000), (301, 401), (90, 120)]
    )
    def test_a_cover_of_the_cells_shape_is_shown_whole(self, size: tuple[int, int]) -> None:
        assert shows_quarters(cell(encoded(quarters(*size))))

    @pytest.mark.parametrize("size", [(1, 1), (1, 10000), (10000, 1), (7, 3)])
    def test_a_cover_of_any_shape_fills_its_cell(self, size: tuple[int, int]) -> None:
        assert alike(pixel(cell(encoded(plain(RED, *size), "PNG")), 0.5, 0.5), RED)

    def test_a_wide_cover_loses_its_sides_and_keeps_its_middle(self) -> None:
        wide = plain(RED, 1600, 400)
        wide.paste(plain(GREEN, 300, 400), (650, 0))
        assert all(alike(colour, GREEN) for colour in corners(cell(encoded(wide))))

    def test_reduced_decoding_shows_what_full_decoding_shows(self) -> None:
        picture = Image.radial_gradient("L").resize((1080, 1440))
        merged = Image.merge("RGB", [picture, picture.rotate(90), ImageOps.invert(picture)])
        body = encoded(merged, quality=90)
        full = ImageOps.fit(Image.open(BytesIO(body)), DEFAULT_CELL_SIZE, Image.Resampling.LANCZOS)
        assert distance(cell(body), full) < 3

    def test_bytes_after_the_picture_do_not_matter(self) -> None:
        assert shows_quarters(cell(encoded(quarters()) + b"<script>" * 1000))

    def test_only_the_first_picture_of_an_animation_is_shown(self) -> None:
        for kind in ("GIF", "WEBP"):
            body = encoded(
                plain(GREEN), kind, save_all=True, append_images=[plain(RED)], duration=50
            )
            assert alike(pixel(cell(body), 0.5, 0.5), GREEN)


class TestOrientation:
    @pytest.mark.parametrize("orientation", range(1, 9))
    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
    def test_a_turned_picture_is_shown_upright(self, orientation: int, kind: str) -> None:
        assert shows_quarters(cell(turned(orientation, kind)))

    def test_a_turned_picture_is_cropped_as_it_is_seen(self) -> None:
        seen = plain(RED, 400, 1600)
        seen.paste(plain(GREEN, 400, 533), (0, 533))
        exif = Image.Exif()
        exif[0x0112] = 6
        body = encoded(seen.transpose(Image.Transpose.ROTATE_90), exif=exif)
        assert all(alike(colour, GREEN) for colour in corners(cell(body)))

    @pytest.mark.parametrize("orientation", [0, 9, 60000])
    def test_an_orientation_that_does_not_exist_means_upright(self, orientation: int) -> None:
        exif = Image.Exif()
        exif[0x0112] = orientation
        assert shows_quarters(cell(encoded(quarters(), exif=exif)))

    @pytest.mark.filterwarnings("ignore:Corrupt EXIF")
    def test_broken_exif_does_not_cost_the_picture(self) -> None:
        assert shows_quarters(cell(encoded(quarters(), exif=b"Exif\0\0MM\0*\xff\xff\xff\xff")))


class TestColours:
    def test_grey_stays_grey(self) -> None:
        assert alike(pixel(cell(encoded(plain((90,)))), 0.5, 0.5), (90, 90, 90))

    def test_16_bits_of_grey_are_scaled_and_not_clipped(self) -> None:
        grey = Image.new("I;16", (300, 400), 90 * 256)
        assert alike(pixel(cell(encoded(grey, "PNG")), 0.5, 0.5), (90, 90, 90))

    def test_16_bits_of_grey_with_a_shade_that_means_transparent_are_shown_on_white(self) -> None:
        row = b"\0" + b"\x80\x01" * 150 + b"\x80\0" * 100 + b"\x40\0" * 50
        opaque = png(300, 400, bits=16, data=row * 400)
        after_header = 8 + 12 + 13
        transparent = b"".join(
            [b"\0\0\0\2", part := b"tRNS\x80\x01", struct.pack(">I", zlib.crc32(part))]
        )
        shown = cell(opaque[:after_header] + transparent + opaque[after_header:])
        assert [pixel(shown, x, 0.5) for x in (0.2, 0.7, 0.95)] == [
            WHITE,
            (128, 128, 128),
            (64, 64, 64),
        ]

    def test_16_bits_a_colour_are_scaled_and_not_clipped(self) -> None:
        red, green, blue = (value * 256 for value in RED)
        row = b"\0" + struct.pack(">HHH", red, green, blue) * 300
        body = png(300, 400, bits=16, colour_type=2, data=row * 400)
        assert alike(pixel(cell(body), 0.5, 0.5), RED, within=2)

    def test_black_and_white_is_shown(self) -> None:
        assert pixel(cell(encoded(Image.new("1", (300, 400), 1), "PNG")), 0.5, 0.5) == WHITE

    @pytest.mark.parametrize("kind", ["PNG", "WEBP", "AVIF"])
    def test_transparency_is_shown_on_white(self, kind: str) -> None:
        clear = cell(encoded(plain((0, 0, 0, 0)), kind))
        half = cell(encoded(plain((0, 0, 0, 128)), kind))
        assert alike(pixel(clear, 0.5, 0.5), WHITE)
        assert alike(pixel(half, 0.5, 0.5), (127, 127, 127))

    def test_hidden_colours_do_not_bleed_over_the_edge_of_transparency(self) -> None:
        picture = Image.new("RGBA", (1200, 1600), (255, 0, 0, 0))
        picture.paste((0, 0, 255, 255), (0, 0, 601, 1600))
        shown = cell(encoded(picture, "PNG"))
        edge = [pixel(shown, x / 299, 0.5) for x in range(145, 156)]
        assert all(red <= 255 and green >= red - 3 for red, green, _ in edge)

    @pytest.mark.parametrize("kind", ["PNG", "GIF"])
    def test_a_palette_with_a_transparent_entry_is_shown_on_white(self, kind: str) -> None:
        palette = Image.new("P", (300, 400), 0)
        palette.putpalette([10, 20, 30, 200, 30, 30])
        palette.paste(1, (0, 0, 300, 200))
        shown = cell(encoded(palette, kind, transparency=0))
        assert alike(pixel(shown, 0.5, 0.25), RED)
        assert alike(pixel(shown, 0.5, 0.75), WHITE)

    def test_grey_with_transparency_is_shown_on_white(self) -> None:
        assert alike(pixel(cell(encoded(Image.new("LA", (30, 40), (0, 0)), "PNG")), 0, 0), WHITE)

    def test_rgb_with_a_colour_that_means_transparent_is_shown_on_white(self) -> None:
        body = encoded(plain(GREEN), "PNG", transparency=GREEN)
        assert alike(pixel(cell(body), 0.5, 0.5), WHITE)

    def test_the_inks_of_cmyk_are_shown_as_light(self) -> None:
        inks = Image.new("CMYK", (300, 400), (0, 255, 255, 0))
        assert alike(pixel(cell(encoded(inks)), 0.5, 0.5), (254, 0, 0))

    def test_cmyk_is_inverted_with_and_without_the_mark_of_adobe(self) -> None:
        """As Chromium and Firefox show it; what others do with unmarked files differs."""
        body = encoded(quarters().convert("CMYK"), quality=95)
        mark = body.index(b"\xff\xee\x00\x0eAdobe")
        assert shows_quarters(cell(body))
        assert shows_quarters(cell(body[:mark] + body[mark + 16 :]))

    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
    def test_a_wide_gamut_cover_keeps_its_look(self, kind: str) -> None:
        """Display P3's (200, 30, 30) is a stronger red than those numbers are in sRGB.

        Expected values come from the published matrices: linear light, P3 to XYZ to sRGB.
        """
        options = {"JPEG": {"quality": 95, "subsampling": "4:4:4"}}.get(kind, {})
        for colour, in_srgb in (
            ((200, 30, 30), (218, 0, 6)),
            ((90, 140, 110), (73, 142, 108)),
            ((128, 128, 128), (128, 128, 128)),
        ):
            shown = cell(encoded(plain(colour), kind, icc_profile=display_p3(), **options))
            assert alike(pixel(shown, 0.5, 0.5), in_srgb, within=5)

    def test_a_profile_is_converted_from(self) -> None:
        shown = pixel(cell(encoded(plain(RED), icc_profile=swapped_srgb())), 0.5, 0.5)
        assert alike(shown, (RED[1], RED[0], RED[2]), within=20)

    def test_the_profile_that_is_srgb_already_changes_nothing(self) -> None:
        srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        with_profile = cell(encoded(quarters(), icc_profile=srgb))
        assert with_profile.tobytes() == cell(encoded(quarters())).tobytes()

    @pytest.mark.parametrize("profile", [b"", b"nonsense", bytes(200), b"x" * 60000])
    def test_a_broken_profile_does_not_cost_the_picture(self, profile: bytes) -> None:
        assert shows_quarters(cell(encoded(quarters(), icc_profile=profile)))

    def test_a_profile_for_another_kind_of_colour_does_not_cost_the_picture(self) -> None:
        lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
        assert shows_quarters(cell(encoded(quarters(), icc_profile=lab)))


class TestWhatCannotBeShown:
    @pytest.mark.parametrize("body", [b"", b"<html>Access denied</html>", b"{}", b"%PDF-1.4"])
    def test_no_image(self, body: bytes) -> None:
        assert decode_cell(body) == Reason.NOT_AN_IMAGE

    @pytest.mark.parametrize("kind", ["BMP", "TIFF", "ICO", "JPEG2000"])
    def test_a_format_that_covers_do_not_come_in(self, kind: str) -> None:
        body = encoded(plain(RED, 64, 64), kind)
        assert decode_cell(body) == Reason.UNSUPPORTED_FORMAT

    @pytest.mark.parametrize("brand", [b"heic", b"mif1"])
    def test_heic(self, brand: bytes) -> None:
        body = b"\0\0\0\x18ftyp" + brand + b"\0\0\0\0mif1heic" + bytes(1000)
        assert decode_cell(body) == Reason.UNSUPPORTED_FORMAT

    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "GIF"])
    @pytest.mark.parametrize("part", [0.05, 0.5, 0.9])
    def test_a_truncated_file(self, kind: str, part: float) -> None:
        body = encoded(Image.effect_noise((300, 400), 90).convert("RGB"), kind)
        assert decode_cell(body[: int(len(body) * part)]) == Reason.TRUNCATED_IMAGE

    @pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
    def test_a_small_file_that_declares_a_huge_picture(self) -> None:
        assert decode_cell(png(30000, 30000)) == Reason.TOO_MANY_PIXELS
        assert decode_cell(png(10000, 10000)) == Reason.TOO_MANY_PIXELS

    def test_a_picture_of_just_the_limit_is_tried_and_a_pixel_more_is_not(self) -> None:
        most_pixels = MAX_DECODING_BYTES // imaging._BYTES_PER_PIXEL["PNG"]
        assert decode_cell(png(most_pixels // 5000, 5000)) == Reason.TRUNCATED_IMAGE
        assert decode_cell(png(1, most_pixels + 1)) == Reason.TOO_MANY_PIXELS

    def test_progressive_jpegs_may_be_smaller_because_they_take_more_memory(self) -> None:
        grey = Image.new("L", (5000, 5000), 90)
        assert not isinstance(decode_cell(encoded(grey)), Reason)
        assert decode_cell(encoded(grey, progressive=True)) == Reason.TOO_MANY_PIXELS

    def test_a_jpeg_of_a_thousand_scans(self) -> None:
        body = encoded(Image.new("L", (4000, 4000), 90), progressive=True)
        assert not isinstance(decode_cell(body), Reason)
        assert decode_cell(drawn_again(body, 1000)) == Reason.TOO_MANY_PIXELS

    @pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
    def test_text_that_a_png_unpacks_is_bounded(self, tmp_path: Path) -> None:
        text = PngImagePlugin.PngInfo()
        for number in range(60):
            text.add_text(f"k{number}", "x" * 1_000_000, zip=True)
        body = encoded(plain(RED), "PNG", pnginfo=text)
        assert len(body) < 100_000
        assert decode_cell(body) == Reason.TRUNCATED_IMAGE
        (tmp_path / "cover").write_bytes(body)
        assert memory_to_decode(tmp_path / "cover") < 20_000_000

    def test_an_avif_that_codes_more_than_it_declares(self) -> None:
        body = encoded(Image.new("RGB", (4200, 4200)), "AVIF", speed=10)
        declared, lie = (b"ispe" + struct.pack(">4xII", *size) for size in ((4200, 4200), (60, 80)))
        assert len(body) < 10_000
        assert declared in body
        assert decode_cell(body.replace(declared, lie)) == Reason.TOO_MANY_PIXELS

    def test_a_frame_larger_than_its_gif_counts_with_its_own_size(self) -> None:
        body = bytearray(encoded(Image.new("P", (5000, 5000)), "GIF"))
        body[6:10] = struct.pack("<HH", 60, 80)
        assert decode_cell(bytes(body)) == Reason.TOO_MANY_PIXELS

    @pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
    @pytest.mark.parametrize(
        ("kind", "mode", "options"),
        [
            ("PNG", "RGBA", {"compress_level": 1}),
            ("PNG", "LA", {"compress_level": 1}),
            ("PNG", "I;16", {"compress_level": 1, "transparency": 5}),
            ("WEBP", "RGBA", {"method": 0}),
            ("JPEG", "RGB", {"progressive": True, "subsampling": "4:4:4"}),
        ],
    )
    def test_decoding_takes_no_more_memory_than_it_reserves(
        self, kind: str, mode: str, options: dict[str, object], tmp_path: Path
    ) -> None:
        path = tmp_path / "cover"
        path.write_bytes(
            encoded(Image.linear_gradient("L").resize((2800, 2800)).convert(mode), kind, **options)
        )
        taken = memory_to_decode(path)
        assert taken > 20_000_000
        needed = imaging._needed_bytes(Image.open(path), inspect(path.read_bytes()))
        assert taken <= needed + 10_000_000

    @settings(max_examples=300)
    @given(data=st.data())
    def test_a_damaged_file_is_shown_or_has_a_reason(self, data: st.DataObject) -> None:
        body = bytearray(data.draw(st.sampled_from(FILES)))
        for _ in range(data.draw(st.integers(1, 8))):
            at = data.draw(st.integers(0, len(body) - 1))
            body[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
        found = decode_cell(bytes(body))
        assert isinstance(found, Reason) or found.size == DEFAULT_CELL_SIZE


FILES = [encoded(quarters(60, 80), kind) for kind in ("JPEG", "PNG", "WEBP", "AVIF", "GIF")] + [
    encoded(quarters(60, 80), progressive=True),
    encoded(plain((1, 2, 3, 4), 60, 80), "PNG"),
]


@pytest.mark.parametrize("size", CELL_SIZES.values(), ids=str)
class TestCellSizes:
    @pytest.mark.parametrize("kind", ["JPEG", "PNG"])
    @pytest.mark.parametrize("orientation", [1, 6])
    def test_a_cover_of_any_orientation_fills_a_cell_of_any_size(
        self, size: CellSize, kind: str, orientation: int
    ) -> None:
        found = decode_cell(turned(orientation, kind), size)
        assert isinstance(found, Image.Image)
        assert (found.mode, found.size) == ("RGB", size)
        assert shows_quarters(found)

    def test_a_cell_looks_like_full_decoding(self, size: CellSize) -> None:
        for cover in ((720, 960), (1080, 1440)):
            body = encoded(photograph(1, *cover), quality=90)
            found = decode_cell(body, size)
            assert isinstance(found, Image.Image)
            full = ImageOps.fit(Image.open(BytesIO(body)), size, Image.Resampling.LANCZOS)
            assert ssim(found, full) > 0.96


@pytest.mark.parametrize(
    ("cover", "size", "is_scaled"),
    [
        ((720, 960), "360x480", False),
        ((720, 960), "180x240", False),
        ((1440, 1920), "180x240", False),
        ((720, 960), "300x400", True),
        ((1080, 1440), "360x480", True),
        ((1080, 1440), "180x240", True),
    ],
)
def test_a_cover_that_the_decoder_brings_to_the_cells_size_is_not_scaled(
    cover: tuple[int, int], size: str, is_scaled: bool
) -> None:
    body = encoded(photograph(1, *cover), quality=90)
    with Image.open(BytesIO(body)) as decoded:
        decoded.draft(None, CELL_SIZES[size])
        found = decode_cell(body, CELL_SIZES[size])
        assert isinstance(found, Image.Image)
        assert (found.tobytes() != decoded.tobytes()) is is_scaled


def test_a_cover_that_is_enlarged_shows_no_squares() -> None:
    steps = Image.linear_gradient("L").resize((30, 40)).convert("RGB")
    column = cell(encoded(steps, "PNG")).crop((150, 0, 151, CELL_HEIGHT)).convert("L")
    assert len(column.getcolors() or []) > 220


def test_threads_do_not_disturb_each_other() -> None:
    srgb = encoded(quarters(), icc_profile=swapped_srgb())
    bodies = [*FILES, srgb, encoded(quarters(1080, 1440))] * 5
    alone = [cell(body).tobytes() for body in bodies]
    with ThreadPoolExecutor(8) as pool:
        together = [found.tobytes() for found in pool.map(cell, bodies)]
    assert together == alone


def test_large_pictures_are_decoded_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two at once would need twice the memory that a worker has for one."""
    at_once, most, lock = 0, 0, threading.Lock()
    original = imaging._shown

    def counting(*arguments: Any) -> Image.Image:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        try:
            return original(*arguments)
        finally:
            with lock:
                at_once -= 1

    monkeypatch.setattr(imaging, "_shown", counting)
    body = encoded(Image.new("L", (3000, 3000)), "PNG", compress_level=1)
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(decode_cell, [body] * 3))
    assert most == 1


def memory_to_decode(path: Path) -> int:
    command = [sys.executable, "-m", "tests.support.decoding_memory", str(path)]
    return int(subprocess.check_output(command, cwd=REPO))  # noqa: S603  our own program


def distance(left: Image.Image, right: Image.Image) -> float:
    """The mean difference of two pictures' channels, of 255."""
    pairs = zip(left.tobytes(), right.tobytes(), strict=True)
    return sum(abs(a - b) for a, b in pairs) / (left.width * left.height * 3)


def swapped_srgb() -> bytes:
    """An sRGB profile with red and green exchanged, under another name."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    for start in range(132, 132 + 12 * struct.unpack_from(">I", profile, 128)[0], 12):
        signature = bytes(profile[start : start + 4])
        if signature in (b"rXYZ", b"gXYZ"):
            other = b"gXYZ" if signature == b"rXYZ" else b"rXYZ"
            profile[start : start + 4] = other
    return bytes(profile).replace("sRGB".encode("utf-16-be"), "XXXX".encode("utf-16-be"))
