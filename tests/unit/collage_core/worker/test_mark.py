import base64
import zlib
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collage_core.contract.reasons import Reason, http_reason
from collage_core.worker.mark import LONGEST_MARK, as_mark, from_mark

PART = object()
REASONS = [str(reason) for reason in Reason] + [http_reason(status) for status in (404, 503)]


def packed(line: bytes) -> str:
    return "z:" + base64.b64encode(zlib.compress(line)).decode()


def test_covers_in_a_row_are_a_number_and_each_failed_one_is_its_reason() -> None:
    covers = [*[PART] * 12, "http_404", *[PART] * 3, "timeout", "timeout"]
    assert as_mark(covers) == "12,http_404,3,timeout,timeout"


@given(st.lists(st.sampled_from([None, None, None, *REASONS]), min_size=1, max_size=800))
def test_a_mark_says_of_every_cover_what_became_of_it(covers: Sequence[str | None]) -> None:
    mark = as_mark([PART if cover is None else cover for cover in covers])
    if mark is not None:
        assert from_mark(mark) == covers
        assert len(mark) <= LONGEST_MARK
        assert mark.isascii()


def test_the_covers_of_the_largest_grid_fit_even_if_every_other_one_failed() -> None:
    covers = [PART, "http_404"] * 400
    mark = as_mark(covers)
    assert mark is not None
    assert mark.startswith("z:")
    assert from_mark(mark) == [None, "http_404"] * 400


def test_covers_whose_line_is_too_long_have_no_mark() -> None:
    digits = "".join(str(number * number) for number in range(800))
    covers = [REASONS[int(digit + next_digit) % len(REASONS)]
              for digit, next_digit in pairwise(digits)]  # fmt: skip
    assert as_mark(covers) is None


@pytest.mark.parametrize(
    "mark",
    [
        "",
        ",",
        "3,",
        "3,,3",
        "0",
        "-3",
        "03",
        "3 ",
        "3\n",
        "²",
        "٣",
        "3,no_such_reason",
        "3,HTTP_404",
        "9999",
        "1000,1",
        ",".join(["999"] * 400),
        "9" * 5000,
        "z:",
        "z:no base64",
        "z:AAAA",
        packed(b"3")[:-8],
        packed(b""),
        packed(b"\xff"),
        packed(b"1,http_404," * 10_000 + b"1"),
        "z:" + packed(b"3"),
    ],
)
def test_a_line_that_is_no_mark_is_refused_and_takes_no_memory(mark: str) -> None:
    with pytest.raises(ValueError, match="does not say what became of the covers"):
        from_mark(mark)
