import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collage_core.pictures.corners import rounded


@given(width=st.integers(1, 120), height=st.integers(1, 120), radius=st.integers(0, 200))
def test_corners_are_quarters_of_a_circle_and_the_rest_is_opaque(
    width: int, height: int, radius: int
) -> None:
    mask = rounded(width, height, radius)
    assert (mask.size, mask.mode) == ((width, height), "L")
    clear = 255 * width * height - sum(mask.tobytes())
    most = min(radius, width // 2, height // 2)
    # What four corners of a square have beyond the circle in it.
    assert clear / 255 == pytest.approx((4 - math.pi) * most**2, abs=0.02 * most**2 + 1)
    inner = mask.crop((most, 0, width - most, height))
    assert set(inner.tobytes()) <= {255}


@given(width=st.integers(2, 60), height=st.integers(2, 60), radius=st.integers(1, 40))
def test_all_four_corners_are_alike(width: int, height: int, radius: int) -> None:
    mask = rounded(width, height, radius)
    rows = [mask.tobytes()[row * width : (row + 1) * width] for row in range(height)]
    assert rows == rows[::-1]
    assert rows == [row[::-1] for row in rows]


def test_a_corner_is_smooth() -> None:
    assert len(set(rounded(60, 60, 30).tobytes())) > 10
