"""Leaves hosts alone that do not answer, so that a dead one costs seconds and not a whole chunk.

A host that is left alone loses all covers that come up meanwhile: a chunk of thousands is
through them in a moment. So a blip must not do it. Its covers are tried again, with their
waits in between, and only a host that has been failing for a while is given up.
"""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

OPENS_AFTER = 10
"""Failures in a row, over all covers of a host. More than the default downloads in flight:
one stall that hits all of them at once does not close a host."""

OPENS_AFTER_SECONDS = 15.0
"""From the first of these failures to the last. A failover or a resolver's restart is over by
then, and so are the waits of a cover's four tries (4 s)."""

PROBE_SECONDS = 30.0
"""After so long one request is let through, to see whether the host is back."""


@dataclass(slots=True)
class _Outage:
    """Failures in a row. Times are those of the clock."""

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
        """`clock` gives seconds and never goes back, as `time.monotonic` does."""
        self._clock = clock
        self._lock = Lock()
        self._outages: dict[str, _Outage] = {}

    def admits(self, host: str) -> bool:
        """Whether a request may be made now. Its end is reported below, if it tells of the host."""
        with self._lock:
            outage = self._outages.get(host)
            if outage is None or not outage.is_over_the_limit:
                return True
            if self._clock() < outage.probe_at:
                return False
            outage.probe_at = self._clock() + PROBE_SECONDS  # one probe, not all that wait
            return True

    def answered(self, host: str) -> None:
        """The request came to something else than a failure to be reached, whatever it was."""
        with self._lock:
            self._outages.pop(host, None)

    def failed(self, host: str) -> None:
        """The host could not be reached or did not answer in time."""
        with self._lock:
            now = self._clock()
            outage = self._outages.setdefault(host, _Outage(began_at=now))
            outage.failures += 1
            outage.last_at = now
            outage.probe_at = now + PROBE_SECONDS
