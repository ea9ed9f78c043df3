"""Leaves hosts alone that do not answer, so that one outage costs seconds and not a whole chunk."""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

OPENS_AFTER = 10
"""Failures in a row, over all covers of a host. More than the default downloads in flight:
one stall that hits all of them at once does not close a host."""

PROBE_SECONDS = 30.0
"""After so long one request is let through, to see whether the host is back."""


@dataclass(slots=True)
class _Outage:
    failures: int = 0
    probe_at: float = 0.0


class HostBreaker:
    """Counts failures in a row by host. Safe to use from many threads."""

    def __init__(self, *, clock: Callable[[], float]) -> None:
        """`clock` gives seconds and never goes back, as `time.monotonic` does."""
        self._clock = clock
        self._lock = Lock()
        self._outages: dict[str, _Outage] = {}

    def admits(self, host: str) -> bool:
        """Whether a request may be made now. Each one made is reported by one call below."""
        with self._lock:
            outage = self._outages.get(host)
            if outage is None or outage.failures < OPENS_AFTER:
                return True
            if self._clock() < outage.probe_at:
                return False
            outage.probe_at = self._clock() + PROBE_SECONDS  # one probe, not all that wait
            return True

    def answered(self, host: str) -> None:
        """The host gave an answer, of whatever status."""
        with self._lock:
            self._outages.pop(host, None)

    def failed(self, host: str) -> None:
        """The host could not be reached or did not answer in time."""
        with self._lock:
            outage = self._outages.setdefault(host, _Outage())
            outage.failures += 1
            outage.probe_at = self._clock() + PROBE_SECONDS
