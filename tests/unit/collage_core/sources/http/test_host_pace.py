"""Requests to a host with a limit are spaced evenly, whoever makes them."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collage_core.hosts.host_limits import HostLimits
from collage_core.sources.http.host_pace import HostPace
from tests.support.clock import Clock

NEVER = float("inf")


def pace(clock: Clock, *, jitter: float = 0.0) -> HostPace:
    limits = HostLimits({"*.cdn.example": 10, "slow.cdn.example": 1})
    return HostPace(limits, clock=clock, jitter=lambda: jitter)


def test_turns_are_spaced_evenly_from_the_first_one() -> None:
    hosts = pace(Clock())
    assert [hosts.turn("a.cdn.example", before=NEVER) for _ in range(4)] == pytest.approx(
        [0.0, 0.1, 0.2, 0.3]
    )


def test_workers_that_begin_together_do_not_ask_together() -> None:
    """Chunks that are sent directly all begin at once, each with a share of a request a minute."""
    clock, workers = Clock(), 1000
    whole = HostLimits({"covers.example": 50})
    turns: list[float] = []
    for number in range(workers):
        share = whole.shared_by(workers)
        one = HostPace(share, clock=clock, jitter=lambda at=number / workers: at)
        taken = [one.turn("covers.example", before=NEVER) for _ in range(3)]
        turns += [turn for turn in taken if turn is not None]
    by_second = Counter(map(int, turns))
    assert len(turns) == 3 * workers
    assert max(by_second.values()) <= 51


def test_the_first_turn_is_within_the_first_interval() -> None:
    hosts = pace(Clock(), jitter=0.5)
    assert [hosts.turn("a.cdn.example", before=NEVER) for _ in range(2)] == pytest.approx(
        [0.05, 0.15]
    )
    assert hosts.turn("slow.cdn.example", before=0.5) is None
    assert hosts.turn("slow.cdn.example", before=0.6) == pytest.approx(0.5)


def test_what_was_not_asked_is_not_made_up_for() -> None:
    clock = Clock()
    hosts = pace(clock)
    hosts.turn("a.cdn.example", before=NEVER)
    clock.seconds += 100
    assert [hosts.turn("a.cdn.example", before=NEVER) for _ in range(2)] == pytest.approx([0, 0.1])


def test_hosts_have_their_limits_by_themselves_whatever_the_spelling() -> None:
    hosts = pace(Clock())
    assert hosts.turn("a.cdn.example", before=NEVER) == 0
    assert hosts.turn("b.cdn.example", before=NEVER) == 0
    assert hosts.turn("slow.cdn.example", before=NEVER) == 0
    assert hosts.turn("A.cdn.example.", before=NEVER) == pytest.approx(0.1)
    assert hosts.turn("slow.cdn.example", before=NEVER) == pytest.approx(1)
    assert [hosts.turn("cdn.example", before=NEVER) for _ in range(100)] == [0.0] * 100


def test_a_turn_that_comes_too_late_is_not_taken() -> None:
    clock = Clock()
    hosts = pace(clock)
    assert hosts.turn("slow.cdn.example", before=1.0) == 0
    assert [hosts.turn("slow.cdn.example", before=1.0) for _ in range(5)] == [None] * 5
    clock.seconds = 1.0
    assert hosts.turn("slow.cdn.example", before=1.0) == 0, "nobody has taken it"


@given(pauses=st.lists(st.floats(0, 3), max_size=60))
def test_no_window_of_time_has_more_turns_than_the_limit(pauses: list[float]) -> None:
    clock = Clock()
    hosts = pace(clock)
    turns = []
    for pause in pauses:
        clock.seconds += pause
        wait = hosts.turn("slow.cdn.example", before=NEVER)
        assert wait is not None
        turns.append(clock.seconds + wait)
    for earlier, later in pairwise(turns):
        assert later - earlier >= 1.0 - 1e-9


def test_threads_share_the_turns() -> None:
    hosts = pace(Clock())
    barrier = threading.Barrier(8)

    def take(_: int) -> list[float | None]:
        barrier.wait()
        return [hosts.turn("a.cdn.example", before=NEVER) for _ in range(100)]

    with ThreadPoolExecutor(8) as pool:
        taken = sorted(
            turn for turns in pool.map(take, range(8)) for turn in turns if turn is not None
        )
    assert taken == pytest.approx([number / 10 for number in range(800)])
