"""Colours come out as Chromium shows them.

chart_in_chromium.json has what the browser named there showed for each file of chart_files():
the mean colours of the chart's fields, drawn on a canvas in sRGB.
"""

import json
import struct
import tracemalloc
from collections.abc import Sequence
from functools import cache
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from collage_core.pictures.colour import png_colour, tone_mapping
from collage_core.pictures.colour.avif_colour import space_of_avif_file
from collage_core.pictures.colour.conversion import RGB, from_profile, from_space, in_srgb
from collage_core.pictures.colour.icc_profile import MAX_PROFILE_BYTES, tags_of
from collage_core.pictures.colour.png_colour import colour_of_png
from collage_core.pictures.colour.spaces import (
    BT709,
    BT2020,
    HdrCurve,
    HdrSpace,
    SdrSpace,
    named_space,
    space_of_avif,
)
from collage_core.pictures.imaging import Cell, decode_cell
from tests.support import colour_files
from tests.support.chart_files import chart_files
from tests.support.colour_files import (
    CHART,
    P3,
    avif_with,
    chart,
    chrm,
    chunk,
    cicp,
    colours_of,
    gama,
    iccp,
    png_with,
    with_wrong_crc,
)
from tests.support.icc_profiles import power_curve, rgb_profile
from tests.support.pictures import encoded

SHOWN = Path(colour_files.__file__).with_name("chart_in_chromium.json")
IN_CHROMIUM: dict[str, str] = json.loads(SHOWN.read_text())["colours"]

LINEAR = rgb_profile(BT709, power_curve(1.0))


HDR_SPACES = [
    HdrSpace(primaries, curve, peak)
    for primaries in (BT709, P3, BT2020)
    for curve in HdrCurve
    for peak in (100.0, 203.0, 210.0, 400.0, 1000.0, 4000.0, 10_000.0)
]


class TestAsInABrowser:
    @pytest.mark.parametrize("name", IN_CHROMIUM)
    def test_a_chart_has_the_colours_that_a_browser_gives_it(self, name: str) -> None:
        expected = [tuple(bytes.fromhex(colour)) for colour in IN_CHROMIUM[name].split()]
        assert off(cell(files()[name]), expected) <= 4

    def test_every_file_was_shown_to_the_browser(self) -> None:
        assert files().keys() == IN_CHROMIUM.keys()

    def test_most_of_the_charts_would_look_wrong_as_srgb(self) -> None:
        wrong = [name for name in IN_CHROMIUM if off(cell(files()[name]), CHART) > 4]
        assert len(wrong) > 80


class TestHdr:
    @pytest.mark.parametrize("space", HDR_SPACES)
    def test_greys_stay_grey_and_in_order_from_black_to_white(self, space: HdrSpace) -> None:
        shown = shown_greys(space)
        assert all(max(grey) - min(grey) <= 1 for grey in shown)
        greens = [green for _, green, _ in shown]
        assert greens == sorted(greens)
        assert greens[0] == 0
        # HLG ends at 1000 cd/m2; a file that promises more leaves its white a little grey.
        assert greens[-1] == 255 or (space.curve is HdrCurve.HLG and greens[-1] > 200)

    @pytest.mark.parametrize("space", HDR_SPACES)
    def test_the_look_is_not_flat(self, space: HdrSpace) -> None:
        """White keeps a third of its number at least, and what is brighter differs from it."""
        greys = [green for _, green, _ in shown_greys(space)]
        white = {HdrCurve.PQ: 148, HdrCurve.HLG: 191}[space.curve]
        assert 187 <= greys[white] <= 255
        assert greys[white] - greys[white // 2] > 80
        if space.peak > 2 * tone_mapping.WHITE:
            assert greys[white] < greys[white + 20]

    def test_what_is_brighter_than_white_keeps_its_hue(self) -> None:
        """Each colour on its own curve would turn this orange to yellow."""
        space = HdrSpace(BT709, HdrCurve.PQ, 1000.0)
        dark, bright = shown(space, (130, 110, 0)), shown(space, (180, 160, 0))
        assert bright[0] > dark[0]
        assert bright[1] / bright[0] == pytest.approx(dark[1] / dark[0], abs=0.06)

    def test_a_picture_is_mapped_the_same_in_strips(self) -> None:
        space = HdrSpace(BT2020, HdrCurve.HLG, 1000.0)
        tall = Image.linear_gradient("L").convert("RGB").resize((8, 75))
        whole = tone_mapping.tone_mapped(tall, space)
        parts = [tone_mapping.tone_mapped(tall.crop((0, y, 8, y + 1)), space) for y in range(75)]
        assert whole.tobytes() == b"".join(part.tobytes() for part in parts)


class TestProfiles:
    def test_a_profile_goes_by_what_it_does_and_not_by_its_name(self) -> None:
        assert from_profile(rgb_profile(BT709, name="Camera RGB"), RGB) is None
        for name in ("sRGB", "not sRGB", "scRGB (linear)", "sRGB gray"):
            assert from_profile(rgb_profile(P3, name=name), RGB) is not None

    def test_a_profile_is_read_once(self) -> None:
        one, other = (rgb_profile(name="once") for _ in range(2))
        assert from_profile(one, RGB) is from_profile(other, RGB)

    def test_a_profile_that_is_too_large_means_srgb(self) -> None:
        profile = rgb_profile() + bytes(MAX_PROFILE_BYTES)
        assert off(cell(encoded(chart(), quality=95, icc_profile=profile)), CHART) <= 4
        assert from_profile(profile, RGB) is None

    def test_many_tags_in_one_large_place_take_no_memory(self) -> None:
        """Each of 100 tags claims all of 4 MB."""
        table = struct.pack(">I", 100) + b"".join(
            struct.pack(">4sII", b"t%03d" % number, 0, MAX_PROFILE_BYTES) for number in range(100)
        )
        header = struct.pack(">I", MAX_PROFILE_BYTES) + rgb_profile()[4:128]
        profile = (header + table).ljust(MAX_PROFILE_BYTES, b"\0")
        tracemalloc.start()
        try:
            assert len(tags_of(profile)) == 100
            assert tracemalloc.get_traced_memory()[1] < 100_000
        finally:
            tracemalloc.stop()

    @given(at=st.integers(0, 500), value=st.integers(0, 255), length=st.integers(0, 600))
    def test_a_broken_profile_never_costs_the_picture(
        self, at: int, value: int, length: int
    ) -> None:
        profile = bytearray(rgb_profile())
        profile[at % len(profile)] = value
        conversion = from_profile(bytes(profile[:length]), RGB)
        assert in_srgb(Image.new("RGB", (2, 2)), conversion).mode == "RGB"


class TestWhatFilesSay:
    NUMBERS = (*range(25), 128, 255)

    def test_any_two_numbers_are_accepted(self) -> None:
        picture = Image.new("RGB", (2, 2), (128, 128, 128))
        pairs = list(product(self.NUMBERS, repeat=2))
        spaces = {space_of_avif(*pair) for pair in pairs} | {named_space(*pair) for pair in pairs}
        for space in filter(None, spaces):
            red, green, blue = pixel_of(in_srgb(picture, from_space(space)))
            assert max(red, green, blue) - min(red, green, blue) <= 1

    @pytest.mark.parametrize(
        ("right", "wrong"),
        [
            ([gama(55_556)], gama(100_000)),
            ([gama(55_556)], iccp(LINEAR)),
            ([gama(55_556)], cicp(1, 8)),
            ([gama(55_556)], colour_files.srgb()),
            ([gama(55_556)], chrm(P3)),
        ],
    )
    def test_a_chunk_with_a_wrong_crc_is_ignored(self, right: list[bytes], wrong: bytes) -> None:
        space = colour_of_png(png_with(with_wrong_crc(wrong), *right))
        assert space == colour_of_png(png_with(*right))

    @settings(max_examples=50)
    @given(numbers=st.lists(st.integers(0, 2**32 - 1), min_size=9, max_size=9))
    def test_any_gamma_and_chromaticities_are_accepted(self, numbers: list[int]) -> None:
        gamma, *rest = numbers
        self._is_shown(gamma, rest)

    @settings(max_examples=50)
    @given(
        gamma=st.integers(1, 1_000_000),
        numbers=st.lists(st.integers(0, 100_000), min_size=8, max_size=8),
    )
    def test_so_are_those_that_are_nearly_right(self, gamma: int, numbers: list[int]) -> None:
        self._is_shown(gamma, numbers)

    def _is_shown(self, gamma: int, numbers: list[int]) -> None:
        body = png_with(gama(gamma), chunk(b"cHRM", struct.pack(">8I", *numbers)), image=DOT)
        space = colour_of_png(body)
        assert space is None or isinstance(space, SdrSpace)
        if space:
            assert in_srgb(DOT, from_space(space)).size == DOT.size

    @given(st.binary(max_size=60), st.sampled_from(sorted(png_colour._WANTED)))
    def test_any_colour_chunk_is_accepted(self, data: bytes, kind: bytes) -> None:
        colour_of_png(png_with(cicp(2, 2), chunk(kind, data), image=DOT))
        colour_of_png(DOT_PNG[:33] + data)

    @given(at=st.integers(0, 600), value=st.integers(0, 255), length=st.integers(0, 600))
    def test_a_broken_avif_says_something_or_nothing(
        self, at: int, value: int, length: int
    ) -> None:
        for whole in (PQ_AVIF, colour_files.without_colr(PQ_AVIF)):
            broken = bytearray(whole)
            broken[at % len(broken)] = value
            space_of_avif_file(bytes(broken[:length]))

    def test_the_track_of_an_animation_says_its_colours(self) -> None:
        """And not the item that stands for it, as in Chromium."""
        animation = encoded(DOT, "AVIF", save_all=True, append_images=[DOT.convert("L")], speed=10)
        assert animation[8:12] == b"avis"
        assert space_of_avif_file(avif_with(9, 16, animation)) == named_space(9, 16)

    def test_the_brightest_pixel_of_an_avif_counts(self) -> None:
        """Chromium shows it darker or brighter by it. Here it takes the place of `pixi`."""
        at = PQ_AVIF.index(b"pixi")
        said = PQ_AVIF[:at] + struct.pack(">4sHH", b"clli", 400, 100) + PQ_AVIF[at + 8 :]
        assert space_of_avif_file(said) == HdrSpace(BT2020, HdrCurve.PQ, 400.0)


DOT = Image.new("RGB", (16, 16), (200, 100, 50))
DOT_PNG = encoded(DOT, "PNG")
PQ_AVIF = avif_with(9, 16, encoded(DOT, "AVIF", speed=10))


@cache
def files() -> dict[str, bytes]:
    return chart_files()


@cache
def cell(body: bytes) -> Cell:
    found = decode_cell(body)
    assert isinstance(found, Image.Image), found
    return found


def off(shown: Cell, expected: Sequence[tuple[int, ...]]) -> int:
    """The largest difference of any colour in any field of a chart."""
    return max(
        abs(a - b)
        for field, wanted in zip(colours_of(shown), expected, strict=True)
        for a, b in zip(field, wanted, strict=True)
    )


def shown_greys(space: HdrSpace) -> list[tuple[int, int, int]]:
    ramp = Image.frombytes("L", (256, 1), bytes(range(256))).convert("RGB")
    return list(tone_mapping.tone_mapped(ramp, space).get_flattened_data())


def shown(space: HdrSpace, colour: tuple[int, int, int]) -> tuple[int, int, int]:
    return pixel_of(tone_mapping.tone_mapped(Image.new("RGB", (1, 1), colour), space))


def pixel_of(picture: Image.Image) -> tuple[int, int, int]:
    found = picture.getpixel((0, 0))
    assert isinstance(found, tuple)
    red, green, blue = found
    return int(red), int(green), int(blue)
