"""Receipts over time become at most sixty equal steps."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from collage_core.run.progress import Look
from collage_core.views.run_state import RunState
from collage_core.views.run_view import RunView
from collage_core.views.throughput import MOST_STEPS, throughput
from tests.support.runs import TIMESTAMP, plan
from tests.support.viewed_runs import BEGAN

MANIFEST = plan([{f"creator-{number}": 1 + number} for number in range(8)])
IDS = [chunk.chunk_id for chunk in MANIFEST.chunks]


def view(*seconds: float) -> RunView:
    """A run whose chunks were done so many seconds after it began; the others are not done."""
    times = {IDS[number]: BEGAN + timedelta(seconds=each) for number, each in enumerate(seconds)}
    return RunView(
        run_id=MANIFEST.run_id,
        timestamp=TIMESTAMP,
        at=BEGAN,
        state=RunState.WORKING,
        manifest=MANIFEST,
        look=Look(BEGAN, receipts=times, failed={}, working={}),
    )


def test_a_run_without_a_receipt_has_none() -> None:
    assert throughput(view()) is None
    assert (
        throughput(RunView(run_id="x", timestamp=TIMESTAMP, at=BEGAN, state=RunState.UNKNOWN))
        is None
    )


def test_chunks_and_rows_are_in_the_step_of_their_receipt() -> None:
    found = throughput(view(0, 1, 59, 118))
    assert found is not None
    assert found.step == timedelta(seconds=2)
    assert [(step.chunks, step.rows) for step in found.steps if step.chunks] == [
        (2, 1 + 2), (1, 3), (1, 4),
    ]  # fmt: skip
    assert found.steps[0].begins == BEGAN
    assert found.steps[-1].begins == BEGAN + timedelta(seconds=118)


def test_steps_begin_where_a_clock_has_them() -> None:
    found = throughput(view(37, 3 * 3600 + 7))
    assert found is not None
    assert found.step == timedelta(minutes=5)
    assert {step.begins.minute % 5 for step in found.steps} == {0}


moments = st.lists(
    st.floats(0, 400 * 86400) | st.floats(0, 600), min_size=1, max_size=len(IDS)
)  # up to a year, when a chunk was done again


@given(moments)
def test_nothing_is_lost_and_steps_follow_each_other_without_a_gap(seconds: list[float]) -> None:
    found = throughput(view(*seconds))
    assert found is not None
    assert 1 <= len(found.steps) <= MOST_STEPS
    assert sum(step.chunks for step in found.steps) == len(seconds)
    done = MANIFEST.chunks[: len(seconds)]
    assert sum(step.rows for step in found.steps) == sum(chunk.rows for chunk in done)
    assert found.steps[0].chunks
    assert found.steps[-1].chunks
    begins = [step.begins for step in found.steps]
    assert begins == [begins[0] + number * found.step for number in range(len(begins))]
