"""Tasks that take turns: each runs until it makes a request, sleeps or waits, then a seed decides.

A task is a greenlet, so code that knows nothing of this runs as it is. All tasks share one thread
and one clock, which only moves when a request is made or nothing else can run.
"""

import heapq
import itertools
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, Future
from contextlib import suppress
from random import Random
from typing import Any, Protocol, override

from greenlet import getcurrent, greenlet

from collage_core.worker.machine import Machine

_FOREVER = float("inf")


class KilledError(BaseException):
    """The process of this task was killed. No code of it reaches the outside any more."""


class StuckError(Exception):
    """A task waits for something that nobody will do."""


class Process:
    """Tasks that die together, such as the threads of one invocation."""

    def __init__(self, name: str, *, began: float = 0.0) -> None:
        self.name = name
        self.began = began
        self.is_dead = False
        self.ends_at = _FOREVER
        """When the service that runs it kills it."""
        self.outlives_its_end = False
        """Whether it lives on after that, as a process that was frozen may."""
        self.tasks: list[_Task] = []

    def __repr__(self) -> str:
        return self.name


class _Task:
    __slots__ = ("greenlet", "is_ready", "process", "waits")

    def __init__(self, process: Process) -> None:
        self.process = process
        self.greenlet: greenlet
        self.is_ready = False
        self.waits = 0
        """Counts its waits: what ends an earlier one must not end this one."""


class EventSource(Protocol):
    """Makes things happen that no task does, such as the delivery of a message."""

    def due(self) -> float:
        """When the next thing can happen; infinite when there is none."""
        ...

    def fire(self) -> None:
        """Let one thing happen."""
        ...


class Scheduler:
    """Chooses what runs next."""

    def __init__(self, random: Random, *, second_per_request: float = 0.02) -> None:
        self.random = random
        self.now = 0.0
        self.sources: list[EventSource] = []
        self._per_request = second_per_request
        self._ready: list[_Task] = []
        self._sleeping: list[tuple[float, int, _Task, int]] = []
        self._order = itertools.count()
        self._hub = getcurrent()
        self._current: _Task | None = None
        self._processes: list[Process] = []
        self.switches = 0

    @property
    def process(self) -> Process:
        """The process that runs now."""
        assert self._current is not None, "only tasks make requests"
        return self._current.process

    @property
    def is_in_task(self) -> bool:
        return self._current is not None

    def spawn(self, process: Process, call: Callable[[], object]) -> None:
        """Begin a task of this process."""
        if not process.tasks:
            self._processes.append(process)
        task = _Task(process)
        task.greenlet = greenlet(lambda: self._run(call), self._hub)
        process.tasks.append(task)
        self._wake(task)

    def _run(self, call: Callable[[], object]) -> None:
        with suppress(KilledError):
            call()

    def run(self, is_over: Callable[[], bool], *, most_switches: int = 200_000) -> None:
        """Run until `is_over`, or until nothing can happen any more."""
        while not is_over():
            self.switches += 1
            if self.switches > most_switches:
                raise StuckError(f"{most_switches} switches: it does not end")
            if not self._step():
                return

    def _step(self) -> bool:
        sleeping = self._sleeping
        while sleeping and sleeping[0][0] <= self.now:
            _, _, task, wait = heapq.heappop(sleeping)
            self._end_wait(task, wait)
        events = [source for source in self.sources if source.due() <= self.now]
        count = len(self._ready) + len(events)
        if not count:
            next_due = min((source.due() for source in self.sources), default=_FOREVER)
            if sleeping:
                next_due = min(next_due, sleeping[0][0])
            if next_due == _FOREVER:
                return False
            self.now = max(self.now, next_due)
            return True
        chosen = self.random.randrange(count) if count > 1 else 0
        if chosen >= len(self._ready):
            events[chosen - len(self._ready)].fire()
            return True
        ready = self._ready
        ready[chosen], ready[-1] = ready[-1], ready[chosen]
        task = ready.pop()
        task.is_ready = False
        if not task.greenlet:
            if task.greenlet.dead:
                return True
            if task.process.is_dead:  # killed before it began
                task.process.tasks.remove(task)
                return True
        self._current = task
        try:
            task.greenlet.switch()
        finally:
            self._current = None
        if task.greenlet.dead:
            task.process.tasks.remove(task)
        return True

    def pause(self) -> None:
        """Let others go; a request takes a moment."""
        self.now += self._per_request
        task = self._task()
        self._wake(task)
        self._switch(task)

    def sleep(self, seconds: float) -> None:
        """Sleep."""
        task = self._task()
        self._wake_at(self.now + seconds, task)
        self._switch(task)

    def wait(self, future: Future[Any], seconds: float | None) -> None:
        """Return when the future is done, or after that time."""
        task = self._task()
        wait = task.waits
        future.add_done_callback(lambda _: self._end_wait(task, wait))
        if seconds is not None:
            self._wake_at(self.now + seconds, task)
        self._switch(task)

    def kill(self, process: Process) -> None:
        """Kill a process; if it is the one that runs now, this raises."""
        process.is_dead = True
        for task in process.tasks:
            self._wake(task)
        if self._current is not None and self._current.process is process:
            raise KilledError

    def kill_all(self) -> None:
        """End what is left of a schedule."""
        for process in self._processes:
            process.is_dead = True
            for task in process.tasks:
                if task.greenlet and not task.greenlet.dead:
                    self._current = task
                    task.greenlet.throw(KilledError)
            process.tasks = []
        self._current = None
        self._ready, self._sleeping = [], []

    def _task(self) -> _Task:
        assert self._current is not None
        if self._current.process.is_dead:
            raise KilledError
        return self._current

    def _wake_at(self, moment: float, task: _Task) -> None:
        heapq.heappush(self._sleeping, (moment, next(self._order), task, task.waits))

    def _end_wait(self, task: _Task, wait: int) -> None:
        if task.waits == wait:
            self._wake(task)

    def _wake(self, task: _Task) -> None:
        if not task.is_ready and not (task.greenlet.dead):
            task.is_ready = True
            self._ready.append(task)

    def _switch(self, task: _Task) -> None:
        self._hub.switch()
        task.waits += 1
        if task.process.is_dead:
            raise KilledError


class SimulatedFuture[Result](Future[Result]):
    """A future whose waiters let others run."""

    def __init__(self, scheduler: Scheduler) -> None:
        super().__init__()
        self._scheduler = scheduler

    @override
    def result(self, timeout: float | None = None) -> Result:
        if not self.done():
            self._scheduler.wait(self, timeout)
        return super().result(0)

    @override
    def exception(self, timeout: float | None = None) -> BaseException | None:
        if not self.done():
            self._scheduler.wait(self, timeout)
        return super().exception(0)


class SimulatedExecutor(Executor):
    """A pool of as many tasks as it has threads."""

    def __init__(self, scheduler: Scheduler, threads: int | None) -> None:
        self._scheduler = scheduler
        self._free = threads or 4
        self._waiting: list[Callable[[], None]] = []
        self._under_way: list[Future[Any]] = []
        self._is_shut = False

    @override
    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        if self._is_shut:
            raise RuntimeError("cannot schedule new futures after shutdown")
        future: Future[Any] = SimulatedFuture(self._scheduler)

        def work() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                result = fn(*args, **kwargs)
            except BaseException as error:  # noqa: BLE001  whoever waits for the result gets it
                future.set_exception(error)
            else:
                future.set_result(result)

        self._under_way.append(future)
        self._waiting.append(work)
        self._start()
        return future

    def _start(self) -> None:
        if self._free and self._waiting:
            self._free -= 1
            self._scheduler.spawn(self._scheduler.process, self._thread)

    def _thread(self) -> None:
        try:
            while self._waiting:
                self._waiting.pop(0)()
        finally:
            self._free += 1

    @override
    def map(self, fn: Callable[..., Any], *iterables: Iterable[Any], **_: Any) -> Any:
        futures = [self.submit(fn, *items) for items in zip(*iterables, strict=False)]
        return (future.result() for future in futures)

    @override
    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._is_shut = True
        if cancel_futures:
            for future in self._under_way:
                future.cancel()
            self._waiting.clear()
        if wait:
            for future in self._under_way:
                if not future.done():
                    self._scheduler.wait(future, None)


class SimulatedMachine(Machine):
    """Threads and a clock of a scheduler."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler

    @override
    def executor(self, threads: int | None, *, name: str) -> Executor:
        return SimulatedExecutor(self._scheduler, threads)

    @override
    def future[Result](self) -> Future[Result]:
        return SimulatedFuture(self._scheduler)

    @override
    def monotonic(self) -> float:
        return self._scheduler.now

    @override
    def sleep(self, seconds: float) -> None:
        self._scheduler.sleep(seconds)
