"""A limit on how much of something threads may use at the same time."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import TIMEOUT_MAX, Condition, Lock


class Budget:
    """A weighted semaphore: a caller waits until enough units (bytes, pixels) are free."""

    def __init__(self, units: int) -> None:
        self._units = self._free = units
        self._changed = Condition()
        self._turn = Lock()

    @contextmanager
    def hold(self, units: int, *, seconds: float = TIMEOUT_MAX) -> Iterator[None]:
        """Hold `units`, from 0 to the whole budget, during the block.

        Raises TimeoutError when they do not become free within `seconds`, and ValueError for more
        units than the budget has.
        """
        if not 0 <= units <= self._units:
            raise ValueError(f"cannot hold {units} units of {self._units}")
        self._take(units, time.monotonic() + seconds)
        try:
            yield
        finally:
            with self._changed:
                self._free += units
                self._changed.notify_all()

    def _take(self, units: int, deadline: float) -> None:
        # One caller at a time: otherwise small requests would starve a large one.
        if not self._turn.acquire(timeout=_left(deadline)):
            raise TimeoutError(f"no turn to take {units} units in time")
        try:
            with self._changed:
                if not self._changed.wait_for(lambda: self._free >= units, _left(deadline)):
                    raise TimeoutError(f"{units} units did not become free in time")
                self._free -= units
        finally:
            self._turn.release()


def _left(deadline: float) -> float:
    return min(max(deadline - time.monotonic(), 0.0), TIMEOUT_MAX)
