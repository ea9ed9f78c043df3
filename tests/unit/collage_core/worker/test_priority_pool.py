from functools import partial
from threading import Event

import pytest

from collage_core.worker.priority_pool import PriorityPool
from tests.support.waiting import eventually


def keep_busy(busy: Event, go_on: Event) -> None:
    busy.set()
    assert go_on.wait(30)


def test_what_is_most_urgent_comes_first_and_the_rest_in_turn() -> None:
    done: list[str] = []
    busy, go_on = Event(), Event()
    pool = PriorityPool(1, name="test")
    pool.submit(9, partial(keep_busy, busy, go_on))
    assert busy.wait(30)  # so that all that follows has to wait
    work = [(5, "b1"), (5, "b2"), (7, "c1"), (5, "b3"), (2, "a1")]
    futures = [pool.submit(place, partial(done.append, name)) for place, name in work]
    go_on.set()
    assert [future.result(30) for future in futures] == [None] * 5
    assert done == ["a1", "b1", "b2", "b3", "c1"]
    pool.shutdown()


def test_each_submission_gets_its_own_result_or_error() -> None:
    def fail() -> None:
        raise ZeroDivisionError

    pool = PriorityPool(3, name="test")
    squares = [pool.submit(-number, partial(pow, number, 2)) for number in range(50)]
    failed = pool.submit(0, fail)
    assert [square.result(30) for square in squares] == [number**2 for number in range(50)]
    with pytest.raises(ZeroDivisionError):
        failed.result(30)
    pool.shutdown()


def test_a_pool_that_is_shut_down_drops_what_waits_and_takes_no_more() -> None:
    busy, go_on = Event(), Event()
    pool = PriorityPool(1, name="test")
    began = pool.submit(0, partial(keep_busy, busy, go_on))
    waiting = pool.submit(0, lambda: 1)
    assert busy.wait(30)
    pool.shutdown()
    go_on.set()
    eventually(began.done, pause=0.01)
    assert not waiting.done()
    with pytest.raises(RuntimeError):
        pool.submit(0, lambda: 1)
