from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from collage_core.contract.cell_size import CELL_SIZES, DEFAULT_CELL_SIZE, CellSize
from collage_core.contract.config import ProcessingConfig
from collage_core.pictures.imaging import Cell, decode_cell
from collage_core.recipes.collage import canvas
from collage_core.recipes.collage.canvas import Collage, compose
from tests.support.likeness import ssim
from tests.support.pictures import (
    BLUE,
    RED,
    alike,
    cell_of,
    encoded,
    numbered,
    photograph,
    pixel,
    plain,
    read_number,
)

CELL_WIDTH, CELL_HEIGHT = DEFAULT_CELL_SIZE
BACKGROUND = (238, 238, 236)


def decoded(cover: bytes) -> Cell:
    found = decode_cell(cover)
    assert isinstance(found, Image.Image)
    return found


def spread(extrema: tuple[float, float]) -> float:
    least, most = extrema
    return most - least


class TestCompose:
    @given(rows=st.integers(1, 4), cols=st.integers(1, 4), data=st.data())
    @settings(max_examples=25)
    def test_cells_fill_the_grid_row_by_row_and_the_rest_is_plain(
        self, rows: int, cols: int, data: st.DataObject
    ) -> None:
        count = data.draw(st.integers(1, rows * cols))
        made = compose(
            [numbered(number) for number in range(count)],
            ProcessingConfig(rows=rows, cols=cols, quality=95),
        )
        collage = Image.open(BytesIO(made.picture))
        assert collage.format == "JPEG"
        assert collage.size == (cols * 300, rows * 400)
        for index in range(rows * cols):
            shown = cell_of(collage, index, cols)
            if index < count:
                assert read_number(shown) == index
                assert max(map(spread, shown.getextrema())) <= 8  # nothing of a neighbour
            else:
                assert alike(pixel(shown, 0.5, 0.5), BACKGROUND, within=2)

    def test_the_default_grid_is_2100_by_2000(self) -> None:
        made = compose([plain(RED)], ProcessingConfig(rows=5, cols=7, quality=95))
        assert Image.open(BytesIO(made.picture)).size == (2100, 2000)

    def test_the_same_cells_give_the_same_bytes(self) -> None:
        cells = [numbered(number) for number in range(5)]
        assert compose(cells, ProcessingConfig(rows=2, cols=3, quality=95)) == compose(
            cells, ProcessingConfig(rows=2, cols=3, quality=95)
        )

    def test_nothing_is_left_of_the_last_collage(self) -> None:
        one = compose([plain(RED)], ProcessingConfig(rows=2, cols=2, quality=95))
        compose([plain(BLUE)] * 4, ProcessingConfig(rows=2, cols=2, quality=95))
        assert compose([plain(RED)], ProcessingConfig(rows=2, cols=2, quality=95)) == one

    def test_collages_of_several_threads_do_not_mix(self) -> None:
        def made(number: int) -> Collage:
            return compose([numbered(number)] * 6, ProcessingConfig(rows=2, cols=3, quality=90))

        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(made, range(24))) == [made(number) for number in range(24)]

    def test_quality_decides_the_size(self) -> None:
        noise = [Image.effect_noise((300, 400), 60).convert("RGB")]
        sizes = [
            len(compose(noise, ProcessingConfig(rows=1, cols=1, quality=quality)).picture)
            for quality in (50, 80, 95)
        ]
        assert sizes == sorted(sizes)

    @pytest.mark.parametrize(
        ("rows", "cols", "size"),
        [(5, 7, (400, 381)), (1, 1, (300, 400)), (1, 20, (400, 27)), (20, 1, (300, 8000))],
    )
    def test_a_thumbnail_keeps_the_shape_and_is_at_most_400_wide(
        self, rows: int, cols: int, size: tuple[int, int]
    ) -> None:
        made = compose([plain(BLUE)], ProcessingConfig(rows=rows, cols=cols, quality=50))
        thumbnail = Image.open(BytesIO(made.thumbnail))
        assert (thumbnail.format, thumbnail.size) == ("JPEG", size)
        assert alike(pixel(thumbnail, 0.3 / cols, 0.3 / rows), BLUE)

    @pytest.mark.parametrize("count", [0, 3])
    def test_a_number_of_cells_that_does_not_fit_is_refused(self, count: int) -> None:
        with pytest.raises(ValueError, match=f"{count} covers do not fit a grid of 1x2"):
            compose([plain(RED)] * count, ProcessingConfig(rows=1, cols=2, quality=95))


def test_a_collage_looks_like_covers_decoded_in_full_and_scaled_with_lanczos() -> None:
    sizes = [(720, 960), (1080, 1440), (960, 720), (1000, 1000), (600, 800), (2000, 2600)]
    covers = [encoded(photograph(number, *size), quality=90) for number, size in enumerate(sizes)]
    wanted = Image.new("RGB", (3 * CELL_WIDTH, 2 * CELL_HEIGHT))
    for index, cover in enumerate(covers):
        place = (index % 3 * CELL_WIDTH, index // 3 * CELL_HEIGHT)
        full = Image.open(BytesIO(cover))
        size = DEFAULT_CELL_SIZE
        wanted.paste(ImageOps.fit(full, size, Image.Resampling.LANCZOS), place)
    made = compose(
        [decoded(cover) for cover in covers], ProcessingConfig(rows=2, cols=3, quality=95)
    )
    assert ssim(Image.open(BytesIO(made.picture)), wanted) > 0.97


@pytest.mark.parametrize("size", CELL_SIZES.values(), ids=str)
class TestCellSizes:
    def test_cells_of_any_size_fill_the_grid_and_the_rest_is_plain(self, size: CellSize) -> None:
        cells = [numbered(number, *size) for number in range(5)]
        made = compose(cells, ProcessingConfig(rows=2, cols=3, quality=95), cell_size=size)
        collage = Image.open(BytesIO(made.picture))
        assert collage.size == (3 * size.width, 2 * size.height)
        shown = [cell_of(collage, index, 3, size) for index in range(6)]
        assert [read_number(cell) for cell in shown[:5]] == [0, 1, 2, 3, 4]
        assert all(max(map(spread, cell.getextrema())) <= 8 for cell in shown)
        assert alike(pixel(shown[5], 0.5, 0.5), BACKGROUND, within=2)

    def test_the_canvas_of_the_default_grid_is_kept(self, size: CellSize) -> None:
        assert canvas._bare_canvas(7 * size.width, 5 * size.height) is canvas._bare_canvas(
            7 * size.width, 5 * size.height
        )
