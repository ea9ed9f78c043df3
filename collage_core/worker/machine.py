"""What the worker takes from the machine that it runs on: threads, and a clock.

A simulation has a `Machine` of its own, on which a seed decides what happens next. For that, wait
only for what this module gives: the results of futures, and `sleep`.
"""

import time
from concurrent.futures import Executor, Future, ThreadPoolExecutor


class Machine:
    """Threads and a clock, as Python has them."""

    def executor(self, threads: int | None, *, name: str) -> Executor:
        """A pool of threads whose names begin with `name`; None: one for each processor or more."""
        return ThreadPoolExecutor(threads, thread_name_prefix=name)

    def future[Result](self) -> Future[Result]:
        """A future that its caller completes."""
        return Future()

    def monotonic(self) -> float:
        """Seconds on a clock that never goes back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


MACHINE = Machine()
"""The machine that this process runs on."""
