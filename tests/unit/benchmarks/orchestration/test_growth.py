from hypothesis import given
from hypothesis import strategies as st
from pytest import approx  # noqa: PT013 - reads better in an assertion

from benchmarks.orchestration.growth import at_size

sizes = st.integers(min_value=1, max_value=2000)


@given(st.lists(sizes, min_size=2, max_size=2, unique=True), sizes)
def test_a_cost_on_a_straight_line_is_found_at_every_size(measured: list[int], size: int) -> None:
    def cost(tasks: int) -> float:
        return 3.5 + 0.25 * tasks

    assert at_size({each: cost(each) for each in measured}, size) == approx(cost(size))
