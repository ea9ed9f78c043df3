"""A bound on how much of something is in use at once, shared by threads."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import TIMEOUT_MAX, Condition, Lock


class Budget:
    """So many units (bytes, pixels). Whoever wants more than are free waits."""

    def __init__(self, units: int) -> None:
        self._units = self._free = units
        self._changed = Condition()
        self._turn = Lock()

    @contextmanager
    def hold(self, units: int, *, seconds: float = TIMEOUT_MAX) -> Iterator[None]:
        """Keep `units`, at least 0 and at most the whole budget, for the time of the block.

        Raises TimeoutError when they are not free within `seconds`.
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
        # One at a time: otherwise small wishes would for ever slip in before a large one.
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
