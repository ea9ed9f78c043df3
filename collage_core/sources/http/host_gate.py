"""When a host may be asked: all threads of a worker go through here before each request."""

from collections.abc import Callable

from collage_core.contract.reasons import Reason
from collage_core.covers.cover_url import host_of
from collage_core.hosts.host_limits import HostLimits
from collage_core.sources.http.cover_time import CoverTime
from collage_core.sources.http.host_pace import HostPace
from collage_core.sources.http.host_pauses import HostPauses
from collage_core.sources.result import Failed

MOST_PAUSED_SECONDS = 60.0
"""A cover waits at most so long, over all of its tries, for hosts that have asked for pauses."""

_OUT_OF_TIME = Failed(Reason.OUT_OF_TIME)


class HostGate:
    """Waits for the turn of a request (`host_pace`) and for the end of a pause (`host_pauses`)."""

    def __init__(
        self,
        limits: HostLimits,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        jitter: Callable[[], float],
    ) -> None:
        """`limits` are this worker's own; `clock` returns monotonic seconds, `jitter` 0 to 1."""
        self._clock = clock
        self._sleep = sleep
        self._pace = HostPace(limits, clock=clock, jitter=jitter) if limits else None
        self._is_closed = False
        self.pauses = HostPauses(clock=clock)
        """By the origins of URLs: a scheme, a host and a port."""

    def enter(self, origin: str, url: str, time: CoverTime) -> Failed | None:
        """Wait until the host of `url` may be asked; None, or why no request may be made.

        The turn is that of the host, whatever its port; the pause is that of the origin. The time
        of the cover is postponed by the wait.
        """
        while True:
            paused = self.pauses.left(origin)
            if paused is None:
                turn = self._turn(url, time)
                if turn is None:
                    return _OUT_OF_TIME
                if turn:
                    self._wait(turn, time)
                # If the host has asked for a pause meanwhile, the turn is lost.
                paused = self.pauses.admit(origin)
            if self._is_closed:
                return _OUT_OF_TIME
            if paused is None:
                return None
            if paused.is_given_up:
                return paused.refusal
            if self._clock() + paused.seconds >= time.run_ends_at:
                return _OUT_OF_TIME
            time.paused_seconds += paused.seconds
            if time.paused_seconds > MOST_PAUSED_SECONDS:
                return paused.refusal
            self._wait(paused.seconds, time)

    def close(self) -> None:
        """Threads that are waiting make no request any more."""
        self._is_closed = True

    def _turn(self, url: str, time: CoverTime) -> float | None:
        if self._pace is None:
            return 0.0
        return self._pace.turn(host_of(url), before=time.run_ends_at)

    def _wait(self, seconds: float, time: CoverTime) -> None:
        began = self._clock()
        self._sleep(seconds)
        time.postpone(self._clock() - began)
