import threading
import time

import pytest

from collage_core.budget import Budget


def test_no_more_than_the_budget_is_ever_held() -> None:
    budget, lock = Budget(10), threading.Lock()
    held, most = 0, 0

    def work(units: int) -> None:
        nonlocal held, most
        for _ in range(50):
            with budget.hold(units):
                with lock:
                    held += units
                    most = max(most, held)
                time.sleep(0)
                with lock:
                    held -= units

    threads = [threading.Thread(target=work, args=(units,)) for units in (1, 3, 4, 7, 10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert held == 0
    assert most <= 10


def test_small_requests_do_not_starve_a_large_one() -> None:
    budget = Budget(2)
    stop = threading.Event()

    def keep_taking() -> None:
        while not stop.is_set():
            with budget.hold(1):
                time.sleep(0.001)

    threads = [threading.Thread(target=keep_taking, daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    taken = threading.Event()

    def take_all() -> None:
        with budget.hold(2):
            taken.set()

    threading.Thread(target=take_all, daemon=True).start()
    assert taken.wait(5)
    stop.set()


def test_units_are_released_when_the_block_fails() -> None:
    budget = Budget(1)
    with pytest.raises(KeyError), budget.hold(1):
        raise KeyError
    with budget.hold(1):
        pass


def test_waiting_for_units_times_out() -> None:
    budget, taken = Budget(2), threading.Event()

    def want_all() -> None:
        taken.set()
        with pytest.raises(TimeoutError, match="2 units"), budget.hold(2, seconds=1):
            pass

    with budget.hold(1):
        waiting = threading.Thread(target=want_all)
        waiting.start()
        assert taken.wait(5)
        time.sleep(0.1)
        with pytest.raises(TimeoutError, match="no turn"), budget.hold(1, seconds=0):
            pass  # there would be one, but another wish was there before
        waiting.join(5)
    with budget.hold(2, seconds=0):
        pass


@pytest.mark.parametrize("units", [-1, 11])
def test_a_request_for_more_than_the_budget_is_refused(units: int) -> None:
    with pytest.raises(ValueError, match=f"{units} units of 10"), Budget(10).hold(units):
        pass
