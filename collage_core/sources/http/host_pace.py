"""Spaces the requests to hosts that have a limit, over all threads of a worker.

Requests are spaced evenly and none is made up for. The first one has its turn at a random moment of
the first interval: workers that begin together, or chunks that follow each other, ask a host no
faster than in any other second.
"""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from collage_core.hosts.host_limits import HostLimits
from collage_core.hosts.host_names import canonical_host


@dataclass(slots=True)
class _Paced:
    interval: float
    """Seconds from one request to the next."""
    next_at: float
    """When the next request may be made."""


class HostPace:
    """Gives out turns, first come, first served. Safe to use from many threads."""

    def __init__(
        self, limits: HostLimits, *, clock: Callable[[], float], jitter: Callable[[], float]
    ) -> None:
        """`limits` are this worker's own; `clock` returns monotonic seconds, `jitter` 0 to 1."""
        self._limits = limits
        self._clock = clock
        self._jitter = jitter
        self._lock = Lock()
        self._hosts: dict[str, _Paced | None] = {}

    def turn(self, host: str, *, before: float) -> float | None:
        """Seconds until this thread may ask `host`, whatever its port: the turn is taken.

        None, and no turn is taken, if that is not before the moment `before`.
        """
        name = canonical_host(host)
        with self._lock:
            now = self._clock()
            if name not in self._hosts:
                limit = self._limits.of(name)
                self._hosts[name] = None if limit is None else self._first(1 / limit, now)
            paced = self._hosts[name]
            if paced is None:
                return 0.0
            at = max(now, paced.next_at)
            if at > now and at >= before:
                return None
            paced.next_at = at + paced.interval
            return at - now

    def _first(self, interval: float, now: float) -> _Paced:
        return _Paced(interval, now + interval * self._jitter())
