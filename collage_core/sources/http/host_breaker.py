"""A circuit breaker for hosts that do not answer, so that a dead host does not cost a whole chunk.

While the breaker is open for a host, all its covers fail at once: thousands of them in a moment. So
a short outage must not open it. The covers are retried with waits in between, and only a host that
has been failing for a while is given up.
"""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

OPENS_AFTER = 10
"""Failures in a row, over all covers of a host. This is more than the default number of parallel
downloads, so one stall of all of them does not open the breaker."""

OPENS_AFTER_SECONDS = 15.0
"""Least time from the first of these failures to the last. A failover or a resolver's restart takes
less, and so do the waits of a cover's four attempts (4 s)."""

PROBE_SECONDS = 30.0
"""Time until one request is allowed as a probe, to see whether the host is back."""


@dataclass(slots=True)
class _Outage:
    """Failures in a row. Times are readings of the clock."""

    began_at: float
    failures: int = 0
    last_at: float = 0.0
    probe_at: float = 0.0

    @property
    def is_over_the_limit(self) -> bool:
        lasted = self.last_at - self.began_at
        return self.failures >= OPENS_AFTER and lasted >= OPENS_AFTER_SECONDS


class HostBreaker:
    """Counts failures in a row by host. Safe to use from many threads."""

    def __init__(self, *, clock: Callable[[], float]) -> None:
        """`clock` returns monotonic seconds, like `time.monotonic`."""
        self._clock = clock
        self._lock = Lock()
        self._outages: dict[str, _Outage] = {}

    def admits(self, host: str) -> bool:
        """Whether a request may be made now. Report its outcome with `answered` or `failed`."""
        with self._lock:
            outage = self._outages.get(host)
            if outage is None or not outage.is_over_the_limit:
                return True
            if self._clock() < outage.probe_at:
                return False
            outage.probe_at = self._clock() + PROBE_SECONDS  # one probe, not all covers
            return True

    def answered(self, host: str) -> None:
        """Report that the host answered the request, with whatever status."""
        with self._lock:
            self._outages.pop(host, None)

    def failed(self, host: str) -> None:
        """Report that the host could not be reached or did not answer in time."""
        with self._lock:
            now = self._clock()
            outage = self._outages.setdefault(host, _Outage(began_at=now))
            outage.failures += 1
            outage.last_at = now
            outage.probe_at = now + PROBE_SECONDS
