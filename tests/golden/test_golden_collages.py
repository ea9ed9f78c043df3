from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops

from collage_core.contract.cell_size import DEFAULT_CELL_SIZE
from tests.golden import scenes
from tests.golden.scenes import REDUCTION, SCENES, Scene, picture

CELL_WIDTH, CELL_HEIGHT = DEFAULT_CELL_SIZE

MEAN_DIFFERENCE = 1.0
"""Of any one cell, of 255. Another version of libjpeg or of the scaling filter stays below it; a
cell that is 1% too dark does not."""

LARGEST_DIFFERENCE = 40
"""At any one place: a cell that is a pixel off is above it at its edges."""


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_a_collage_looks_like_its_recorded_picture(scene: Scene, tmp_path: Path) -> None:
    found = picture(scene.make())
    golden = Image.open(scene.path).convert("RGB")
    assert found.size == golden.size
    difference = ImageChops.difference(found, golden)
    cells = difference.reduce((CELL_WIDTH // REDUCTION, CELL_HEIGHT // REDUCTION))
    mean = max(most for _, most in cells.getextrema())
    largest = max(most for _, most in difference.getextrema())
    if mean > MEAN_DIFFERENCE or largest > LARGEST_DIFFERENCE:
        found.save(tmp_path / "found.png")
        golden.save(tmp_path / "golden.png")
        difference.point(lambda value: min(255, value * 4)).save(tmp_path / "difference.png")
        pytest.fail(
            f"{scene.name} differs by {mean} in the mean of a cell and {largest} at most; look at "
            f"the pictures in {tmp_path}, and if they are right: python -m tests.golden.regenerate"
        )


@pytest.mark.parametrize(
    "spoil",
    [
        lambda cell: ImageChops.offset(cell, 1, 0),
        lambda cell: cell.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        lambda cell: cell.point(lambda value: value * 0.97),
    ],
    ids=["a pixel off", "mirrored", "darker"],
)
def test_a_cell_that_differs_is_found_and_the_pictures_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[Image.Image], Image.Image]
) -> None:
    decoded = iter(range(35))
    original = scenes.decode_cell

    def decode_cell(body: bytes, **options: Any) -> Image.Image:
        cell = original(body, **options)
        assert not isinstance(cell, str)
        return spoil(cell) if next(decoded) == 17 else cell

    monkeypatch.setattr(scenes, "decode_cell", decode_cell)
    with pytest.raises(pytest.fail.Exception, match="regenerate"):
        test_a_collage_looks_like_its_recorded_picture(SCENES[0], tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {
        "found.png",
        "golden.png",
        "difference.png",
    }
