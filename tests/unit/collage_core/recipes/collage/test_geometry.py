from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collage_core.contract.cell_size import CELL_SIZES, CellSize
from collage_core.contract.picture_options import PictureOptions
from collage_core.recipes.collage.geometry import Box, Layout, gaps, layout

CELL = CellSize(30, 40)


def places(covers: int, rows: int = 5, cols: int = 7, **options: Any) -> Layout:
    return layout(covers, rows=rows, cols=cols, cell_size=CELL, options=PictureOptions(**options))


def test_by_default_the_canvas_is_the_whole_grid_whatever_is_placed() -> None:
    found = places(3)
    assert (found.width, found.height) == (210, 200)
    assert (found.rows, found.cols, found.title) == (5, 7, None)
    assert found.cells == [Box(0, 0, 30, 40), Box(30, 0, 60, 40), Box(60, 0, 90, 40)]


@pytest.mark.parametrize(
    ("covers", "rows_and_cols"),
    [(1, (1, 1)), (3, (1, 3)), (7, (1, 7)), (8, (2, 7)), (14, (2, 7)), (35, (5, 7))],
)
def test_a_trimmed_canvas_has_only_the_rows_with_covers_and_one_row_only_its_cells(
    covers: int, rows_and_cols: tuple[int, int]
) -> None:
    found = places(covers, trim=True)
    rows, cols = rows_and_cols
    assert (found.rows, found.cols) == rows_and_cols
    assert (found.width, found.height) == (cols * 30, rows * 40)


def test_gutter_and_margin_move_the_cells_apart_and_from_the_border() -> None:
    found = places(3, rows=2, cols=2, gutter=5, margin=9)
    assert (found.width, found.height) == (9 + 30 + 5 + 30 + 9, 9 + 40 + 5 + 40 + 9)
    assert found.cells == [Box(9, 9, 39, 49), Box(44, 9, 74, 49), Box(9, 54, 39, 94)]


def test_a_title_has_a_line_of_its_own_above_the_cells() -> None:
    found = places(1, rows=1, cols=2, title="{creator}", margin=9)
    assert found.title == Box(9, 9, 69, 15)
    assert found.cells == [Box(9, 15, 39, 55)]
    assert found.height == 9 + 6 + 40 + 9


@pytest.mark.parametrize("covers", [0, 36])
def test_no_covers_and_more_than_the_grid_has_are_an_error(covers: int) -> None:
    with pytest.raises(ValueError, match=rf"{covers} covers do not fit a grid of 5x7"):
        places(covers)


@pytest.mark.thorough
@given(st.data())
def test_cells_are_of_their_size_on_the_canvas_and_never_overlap(data: st.DataObject) -> None:
    rows, cols = (data.draw(st.integers(1, 6)) for _ in range(2))
    covers = data.draw(st.integers(1, rows * cols))
    size = data.draw(st.sampled_from([*CELL_SIZES.values()]))
    gutter, margin = data.draw(st.integers(0, 100)), data.draw(st.integers(0, 400))
    options = PictureOptions(
        trim=data.draw(st.booleans()),
        gutter=gutter,
        margin=margin,
        title=data.draw(st.sampled_from(["", "{creator}"])),
    )
    found = layout(covers, rows=rows, cols=cols, cell_size=size, options=options)
    assert len(found.cells) == covers
    for cell in found.cells:
        assert (cell.right - cell.left, cell.bottom - cell.top) == size
        assert margin <= cell.left < cell.right <= found.width - margin
        assert (found.title or Box(0, 0, 0, margin)).bottom <= cell.top
        assert cell.bottom <= found.height - margin
    for before, after in zip(found.cells, found.cells[1:], strict=False):
        beside = before.right + gutter == after.left and before.top == after.top
        below = before.bottom + gutter == after.top and after.left == margin
        assert beside or below


@pytest.mark.thorough
@given(st.data())
def test_cells_and_the_gaps_around_them_cover_the_canvas_exactly_once(data: st.DataObject) -> None:
    rows, cols = (data.draw(st.integers(1, 4)) for _ in range(2))
    found = places(
        data.draw(st.integers(1, rows * cols)),
        rows,
        cols,
        trim=data.draw(st.booleans()),
        gutter=data.draw(st.integers(0, 9)),
        margin=data.draw(st.integers(0, 9)),
        title=data.draw(st.sampled_from(["", "x"])),
    )
    painted = Counter[tuple[int, int]]()
    for box in [*found.cells, *gaps(found)]:
        assert box.left < box.right
        assert box.top < box.bottom
        painted.update(
            (x, y) for x in range(box.left, box.right) for y in range(box.top, box.bottom)
        )
    assert set(painted.values()) == {1}
    assert len(painted) == found.width * found.height
    assert max(painted) == (found.width - 1, found.height - 1)


@given(rows=st.integers(1, 20), cols=st.integers(1, 20), data=st.data())
def test_no_smaller_grid_holds_the_covers_of_a_trimmed_canvas(
    rows: int, cols: int, data: st.DataObject
) -> None:
    covers = data.draw(st.integers(1, rows * cols))
    found = places(covers, rows, cols, trim=True)
    assert (found.rows - 1) * cols < covers <= found.rows * cols
    assert found.cols == min(cols, covers)
    assert max(cell.right for cell in found.cells) == found.width
    assert max(cell.bottom for cell in found.cells) == found.height
