"""How long each stage of the work took, added up over all threads."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock


class Stopwatch:
    """Adds up time by the name of the stage. Safe to use from many threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._seconds: defaultdict[str, float] = defaultdict(float)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count the time of the block towards `name`, also when it raises."""
        start = self._clock()
        try:
            yield
        finally:
            spent = self._clock() - start
            with self._lock:
                self._seconds[name] += spent

    @property
    def milliseconds(self) -> dict[str, int]:
        """Whole milliseconds by stage, as in the books."""
        with self._lock:
            return {name: round(seconds * 1000) for name, seconds in self._seconds.items()}
