from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from tests.golden.scenes import SCENES, Scene, picture

MEAN_DIFFERENCE = 1.0
"""Of 255. Another version of libjpeg or of the scaling filter stays far below it."""

LARGEST_DIFFERENCE = 40
"""At any one place: a cell that is a pixel off is above it at its edges."""


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_a_collage_looks_as_it_did_when_it_was_looked_at(scene: Scene, tmp_path: Path) -> None:
    found = picture(scene.make())
    golden = Image.open(scene.path).convert("RGB")
    assert found.size == golden.size
    difference = ImageChops.difference(found, golden)
    mean = max(ImageStat.Stat(difference).mean)
    largest = max(most for _, most in difference.getextrema())
    if mean > MEAN_DIFFERENCE or largest > LARGEST_DIFFERENCE:
        found.save(tmp_path / "found.png")
        golden.save(tmp_path / "golden.png")
        difference.point(lambda value: min(255, value * 4)).save(tmp_path / "difference.png")
        pytest.fail(
            f"{scene.name} differs by {mean:.2f} in the mean and {largest} at most; look at the "
            f"pictures in {tmp_path}, and if they are right: python -m tests.golden.regenerate"
        )


def test_a_picture_that_differs_is_found_out(tmp_path: Path) -> None:
    one, other = SCENES[4], SCENES[5]
    swapped = Scene(one.name, one.rows, one.cols, other.covers)
    with pytest.raises(pytest.fail.Exception, match="regenerate"):
        test_a_collage_looks_as_it_did_when_it_was_looked_at(swapped, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {
        "found.png",
        "golden.png",
        "difference.png",
    }
