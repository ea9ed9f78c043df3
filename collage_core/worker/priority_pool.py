"""Threads that take the most urgent work first."""

from collections.abc import Callable
from concurrent.futures import Future
from itertools import count
from queue import PriorityQueue

from collage_core.worker.machine import MACHINE, Machine


class PriorityPool:
    """Like a ThreadPoolExecutor, which takes work in the order of submission alone.

    Each submission gives the executor the same task: do the most urgent work that is waiting.
    """

    def __init__(self, threads: int, *, name: str, machine: Machine = MACHINE) -> None:
        """`name` is how the names of the threads begin."""
        self._machine = machine
        self._threads = machine.executor(threads, name=name)
        self._waiting: PriorityQueue[tuple[int, int, Callable[[], None]]] = PriorityQueue()
        self._submissions = count()

    def submit[Result](self, place: int, call: Callable[[], Result]) -> Future[Result]:
        """Call `call` before all that waits at a later `place`; at the same one, in turn."""
        future: Future[Result] = self._machine.future()
        self._waiting.put((place, next(self._submissions), lambda: _complete(future, call)))
        self._threads.submit(self._do_next)
        return future

    def shutdown(self) -> None:
        """Drop what is waiting, without waiting for what has begun."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _do_next(self) -> None:
        _, _, work = self._waiting.get_nowait()
        work()


def _complete[Result](future: Future[Result], call: Callable[[], Result]) -> None:
    try:
        future.set_result(call())
    except BaseException as error:  # noqa: BLE001  whoever waits for the result gets it
        future.set_exception(error)
