"""Hosts that have asked for a pause: a status of 429 or 503, and Retry-After.

While a host pauses, no thread asks it. Then one request goes first, and the others follow when it
is answered. A host that goes on refusing is given up, as one that does not answer
(`host_breaker`): its covers fail at once with its answer, and now and then one asks again.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import NamedTuple

from collage_core.sources.http.host_breaker import PROBE_SECONDS
from collage_core.sources.result import Failed

log = logging.getLogger(__name__)

LONGEST_PAUSE_SECONDS = 20.0
"""A host that asks for more is asked again after this: one odd answer must not cost a whole
chunk."""

GIVEN_UP_AFTER_SECONDS = 45.0
"""A host is given up if it has refused all requests for so long: at the third request after pauses
of the longest kind. A window in which a host counts requests is seldom longer than a minute."""

FOLLOW_SECONDS = 1.0
"""After a pause, the others wait at most so long for the answer to the first request. Then the next
one goes."""

_LOOK_SECONDS = 0.1
"""So often they look whether it is there."""


@dataclass(slots=True)
class _Pause:
    """Times are readings of the clock."""

    refusal: Failed
    began_at: float
    """When the host refused first; it has answered nothing else since."""
    refused_at: float
    """When it refused last."""
    until: float
    is_given_up: bool = False
    has_ended: bool = False
    """Whether the first request after it is under way."""


class Paused(NamedTuple):
    """A pause that has not ended."""

    seconds: float
    """How long to wait before asking again whether it has ended."""
    refusal: Failed
    """The host's answer."""
    is_given_up: bool
    """Whether its covers fail with this answer, without waiting for the end."""


class HostPauses:
    """The pauses by host. Safe to use from many threads."""

    def __init__(self, *, clock: Callable[[], float]) -> None:
        """`clock` returns monotonic seconds."""
        self._clock = clock
        self._lock = Lock()
        self._pauses: dict[str, _Pause] = {}

    def left(self, host: str) -> Paused | None:
        """The pause of `host`; None if it may be asked."""
        if not self._pauses:
            return None
        with self._lock:
            return self._left(host)

    def admit(self, host: str) -> Paused | None:
        """As `left`, for a request that is made now: after a pause it is the first one."""
        if not self._pauses:
            return None
        with self._lock:
            left = self._left(host)
            pause = self._pauses.get(host)
            if left is None and pause is not None:
                alone = PROBE_SECONDS if pause.is_given_up else FOLLOW_SECONDS
                pause.until, pause.has_ended = self._clock() + alone, True
            return left

    def _left(self, host: str) -> Paused | None:
        pause = self._pauses.get(host)
        seconds = 0.0 if pause is None else pause.until - self._clock()
        if pause is None or seconds <= 0:
            return None
        if pause.has_ended:
            seconds = min(seconds, _LOOK_SECONDS)
        return Paused(seconds, pause.refusal, is_given_up=pause.is_given_up)

    def refused(self, host: str, refusal: Failed, *, seconds: float, asked_at: float) -> None:
        """Report that the host refused a request made at `asked_at`, and for how long."""
        with self._lock:
            now = self._clock()
            seconds = min(seconds, LONGEST_PAUSE_SECONDS)
            if host not in self._pauses:
                log.info("%s answers %s: no request for %.1f s", host, refusal, seconds)
            pause = self._pauses.setdefault(host, _Pause(refusal, now, now, now))
            # What was asked before the pause, by other threads, is no news.
            is_news = asked_at > pause.refused_at
            pause.refusal, pause.refused_at, pause.has_ended = refusal, now, False
            if is_news and now - pause.began_at >= GIVEN_UP_AFTER_SECONDS:
                if not pause.is_given_up:
                    log.warning("%s answers %s: given up", host, refusal)
                pause.is_given_up = True
            pause.until = max(pause.until, now + (PROBE_SECONDS if pause.is_given_up else seconds))

    def ended(self, host: str, *, asked_at: float) -> None:
        """Report that a request made at `asked_at` was not refused, whatever came of it."""
        if not self._pauses:
            return
        with self._lock:
            pause = self._pauses.get(host)
            if pause is not None and asked_at > pause.refused_at:
                del self._pauses[host]
