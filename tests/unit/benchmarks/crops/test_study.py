from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from benchmarks.crops.__main__ import main
from benchmarks.crops.contact_sheet import save_contact_sheet
from benchmarks.crops.cost import milliseconds
from benchmarks.crops.kept import Kept, crop_box, kept_by, mean_share, most_kept, share_whole
from benchmarks.crops.people import Head
from benchmarks.crops.portraits import ASPECTS, Portrait, portrait
from collage_core.contract.cell_size import DEFAULT_CELL_SIZE
from collage_core.contract.gravity import Gravity
from collage_core.pictures.cropping import centering
from collage_core.pictures.imaging import decode_cell

COVERS = 12
"""Of each shape."""


@pytest.fixture(scope="module")
def held_out() -> list[Portrait]:
    return [
        portrait(aspect, number, held_out=True, short_side=480)
        for aspect in ASPECTS
        for number in range(COVERS)
    ]


def kept(portraits: Sequence[Portrait], gravity: Gravity, *aspects: str) -> list[Kept]:
    return [kept_by(one, gravity) for one in portraits if not aspects or one.aspect in aspects]


@pytest.mark.thorough
class TestHeldOutPortraits:
    def test_attention_keeps_seven_of_eight_heads(self, held_out: list[Portrait]) -> None:
        share = share_whole(kept(held_out, Gravity.ATTENTION))
        assert share >= 7 / 8
        assert share >= share_whole(kept(held_out, Gravity.CENTER)) + 0.1
        assert share >= share_whole(kept(held_out, Gravity.UPPER)) + 0.06

    def test_a_wide_cover_gains_most_from_attention(self, held_out: list[Portrait]) -> None:
        wide = ("4:3", "3:2", "16:9", "21:9")
        gained = share_whole(kept(held_out, Gravity.ATTENTION, *wide))
        assert gained >= share_whole(kept(held_out, Gravity.CENTER, *wide)) + 0.15

    @pytest.mark.parametrize("gravity", [Gravity.UPPER, Gravity.NORTH, Gravity.ATTENTION])
    def test_a_tall_cover_keeps_its_head_with_all_but_the_middle(
        self, held_out: list[Portrait], gravity: Gravity
    ) -> None:
        tall = ("1:2", "9:16", "2:3")
        share = share_whole(kept(held_out, gravity, *tall))
        assert share >= 0.87
        assert share >= share_whole(kept(held_out, Gravity.CENTER, *tall)) + 0.1

    def test_no_crop_keeps_more_than_the_best_one(self, held_out: list[Portrait]) -> None:
        for one in held_out:
            best = most_kept(one)
            assert all(kept_by(one, gravity).whole <= best.whole for gravity in Gravity)

    def test_the_measured_crop_is_the_one_in_the_cell(self, held_out: list[Portrait]) -> None:
        for one in held_out[::7]:
            with Image.open(BytesIO(one.jpeg)) as image:
                image.draft(None, DEFAULT_CELL_SIZE)
                box = crop_box(image.size, centering(image, DEFAULT_CELL_SIZE, Gravity.ATTENTION))
                crop = image.resize(DEFAULT_CELL_SIZE, Image.Resampling.HAMMING, box)
            cell = decode_cell(one.jpeg, gravity=Gravity.ATTENTION)
            assert isinstance(cell, Image.Image)
            assert max(ImageStat.Stat(ImageChops.difference(cell, crop)).mean) < 1


def test_a_portrait_is_the_same_each_time() -> None:
    first, again, other = (
        portrait("9:16", 3, held_out=held_out, short_side=240) for held_out in (True, True, False)
    )
    assert first == again
    assert first != other


@pytest.mark.parametrize("aspect", ASPECTS)
def test_heads_are_in_their_picture(aspect: str) -> None:
    one = portrait(aspect, 1, held_out=False, short_side=240)
    width, height = one.size
    assert one.heads
    for left, top, right, bottom in one.heads:
        assert 0 <= left < right <= width
        assert 0 <= top < bottom <= height


def test_a_tilted_head_has_a_wider_box() -> None:
    upright, tilted = Head(500, 500, 200).box, Head(500, 500, 200, tilt=30).box
    assert upright == pytest.approx((426, 400, 574, 600))
    assert tilted[0] < upright[0]
    assert tilted[1] > upright[1]


def test_a_share_is_the_part_of_a_head_that_the_crop_has() -> None:
    half = Portrait("2:1", "2:1", b"", (800, 400), ((200.0, 100.0, 300.0, 200.0),))
    assert crop_box(half.size, (0.5, 0.5)) == (250, 0, 550, 400)
    results = [Kept("2:1", (0.5,)), Kept("2:1", (1.0, 0.96))]
    assert share_whole(results) == pytest.approx(2 / 3)
    assert mean_share(results) == pytest.approx(0.82)
    assert most_kept(half).shares == (1.0,)


def test_each_gravity_is_timed() -> None:
    times = milliseconds([portrait("1:1", 0, held_out=False, short_side=480).jpeg], rounds=1)
    assert set(times) == set(Gravity)
    assert all(0 < taken < 1000 for taken in times.values())


def test_a_contact_sheet_has_every_cover(tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.png"
    save_contact_sheet(
        [portrait("1:1", n, held_out=False, short_side=240) for n in range(9)], sheet
    )
    with Image.open(sheet) as image:
        assert image.size == (1800, 2 * 228 + 8)


@pytest.mark.thorough
def test_the_study_prints_its_tables(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--covers", "1", "--rounds", "1"]) == 0
    printed = capsys.readouterr().out
    for line in ("10 covers", "| heads kept whole", "| attention |", "| the best crop |", "CPU"):
        assert line in printed
