import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from collage_core.pictures.formats.jpeg_scans import count_scans
from tests.support.pictures import drawn_again, encoded, quarters

SEQUENTIAL = encoded(quarters(60, 80))
PROGRESSIVE = encoded(quarters(60, 80), progressive=True)


@pytest.mark.parametrize("options", [{}, {"subsampling": "4:4:4"}, {"restart_marker_rows": 1}])
def test_a_sequential_jpeg_has_one_scan(options: dict[str, object]) -> None:
    assert count_scans(encoded(quarters(60, 80), **options)) == 1
    assert count_scans(encoded(Image.new("L", (60, 80)), **options)) == 1


@pytest.mark.parametrize("options", [{}, {"subsampling": "4:4:4"}, {"restart_marker_blocks": 2}])
def test_a_progressive_jpeg_has_the_scans_that_encoders_write(options: dict[str, object]) -> None:
    assert count_scans(encoded(quarters(60, 80), progressive=True, **options)) == 10
    assert count_scans(encoded(Image.new("L", (60, 80)), progressive=True, **options)) == 6


def test_each_scan_that_is_added_is_counted() -> None:
    assert count_scans(drawn_again(PROGRESSIVE, 500)) == 510


@pytest.mark.parametrize(
    "between", [b"\xff\xff\xff", b"\xff\x00", b"\xff\x01", b"\0\0", b"\xff\xfe\x00\x04\xff\xda"]
)
def test_nothing_between_the_segments_hides_a_scan(between: bytes) -> None:
    assert count_scans(PROGRESSIVE.replace(b"\xff\xda", between + b"\xff\xda")) == 10


def test_bytes_after_the_picture_are_no_scans() -> None:
    for body in (SEQUENTIAL, PROGRESSIVE):
        assert count_scans(body + body) == count_scans(body)


def test_a_sequential_jpeg_whose_first_scan_is_not_all_of_it_has_more() -> None:
    """As if each component had a scan of its own: read to the end and not to the first one."""
    at = SEQUENTIAL.index(b"\xff\xda")
    apart = SEQUENTIAL[: at + 4] + b"\1" + SEQUENTIAL[at + 5 :]
    assert count_scans(apart[:-2] + apart[at:]) == 2


@given(st.binary(max_size=60).map(lambda data: b"\xff\xd8\xff" + data) | st.integers(0, 2000))
def test_any_bytes_are_counted(data: bytes | int) -> None:
    body = PROGRESSIVE[:data] if isinstance(data, int) else data
    assert 0 <= count_scans(body) <= len(body)
