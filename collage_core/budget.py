"""A bound on how much of something is in use at once, shared by threads."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition, Lock


class Budget:
    """So many units (bytes, pixels). Whoever wants more than are free waits."""

    def __init__(self, units: int) -> None:
        self._units = self._free = units
        self._changed = Condition()
        self._turn = Lock()

    @contextmanager
    def hold(self, units: int) -> Iterator[None]:
        """Keep `units`, at least 0 and at most the whole budget, for the time of the block."""
        if not 0 <= units <= self._units:
            raise ValueError(f"cannot hold {units} units of {self._units}")
        # One at a time: otherwise small wishes would for ever slip in before a large one.
        with self._turn, self._changed:
            self._changed.wait_for(lambda: self._free >= units)
            self._free -= units
        try:
            yield
        finally:
            with self._changed:
                self._free += units
                self._changed.notify_all()
