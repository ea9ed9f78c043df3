"""From a cover URL to the bytes behind it, or to the reason why there are none.

Whatever a server does ends within a bounded time, with bounded bytes in memory, and as a
value: a cover that cannot be had is an entry in the books, not an error of ours.
"""

import random
import re
import socket
import time
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Self
from urllib.parse import urljoin

import requests
from urllib3.exceptions import DecodeError, HTTPError, ReadTimeoutError

from collage_core.addresses import AddressPolicy, Resolver
from collage_core.contract import ProcessingConfig
from collage_core.cover_csv import is_cover_url
from collage_core.host_breaker import HostBreaker
from collage_core.reasons import Reason, http_reason
from collage_core.transport import NoConnectionError, Transport, split_target

MAX_BODY_BYTES = 15 * 1024 * 1024
"""The longest body that is taken, after decompression. Covers have about 100 KB."""

MAX_REDIRECTS = 5

BACKOFF_SECONDS = 0.5
"""Before the second try; doubled for each one after it, and shortened by up to a half at
random, lest all covers of a host that stumbled come back at once."""

LONGEST_WAIT_SECONDS = 20.0
"""Between two tries, whatever a server's Retry-After asks for."""

_ERROR_PAGE_BYTES = 64 * 1024
"""Read of a body that is not wanted, so that the connection can be used again."""

_OUTAGES = frozenset({Reason.CONNECT_FAILURE, Reason.DNS_FAILURE, Reason.TIMEOUT})
_RETRIED = frozenset({Reason.CONNECT_FAILURE, Reason.TIMEOUT, Reason.TRUNCATED_IMAGE})
_RETRIED_STATUSES = frozenset({408, 429, *range(500, 600)})
_EXPIRES = re.compile(r"[?&]x-expires=([0-9]{1,15})(?=[&#]|$)")


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a server answered with, decompressed; nothing is known about it yet."""

    body: bytes


@dataclass(frozen=True, slots=True)
class Failed:
    """Why there is nothing: a word of the vocabulary of `reasons`."""

    reason: str


_OUT_OF_TIME = Failed(Reason.OUT_OF_TIME)
_TIMED_OUT = Failed(Reason.TIMEOUT)
_UNAVAILABLE = Failed(Reason.HOST_UNAVAILABLE)


@dataclass(frozen=True, slots=True)
class _Try:
    result: Fetched | Failed
    again: bool = False
    """Whether another try may end better."""
    wait_seconds: float = 0.0
    """The least to wait before it, when the server said so."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What fetching asks of the machine it runs on."""

    clock: Callable[[], float] = time.monotonic
    """Seconds that never go back."""
    now: Callable[[], float] = time.time
    """Seconds since 1970."""
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random
    """A number from 0 to 1, another one each time."""
    resolve: Resolver = socket.getaddrinfo


class Fetcher:
    """Fetches covers, many at a time: one object serves all threads of a run."""

    def __init__(
        self,
        allowed_hosts: Iterable[str],
        config: ProcessingConfig,
        *,
        surroundings: Surroundings | None = None,
    ) -> None:
        """`allowed_hosts` as in AddressPolicy; `config` gives time, retries and connections."""
        surroundings = surroundings or Surroundings()
        self._config = config
        self._clock, self._now = surroundings.clock, surroundings.now
        self._sleep, self._jitter = surroundings.sleep, surroundings.jitter
        policy = AddressPolicy(allowed_hosts, resolve=surroundings.resolve)
        self._transport = Transport(policy, connections=config.max_workers)
        self._breaker = HostBreaker(clock=self._clock)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._transport.close()

    def fetch(self, url: str, *, seconds_left: float) -> Fetched | Failed:
        """The bytes behind `url`, within twice `config.timeout`, retries and waits included.

        When `seconds_left`, the time of the whole run, is shorter and cuts this short, the
        reason is OUT_OF_TIME.
        """
        if not is_cover_url(url):
            return Failed(Reason.INVALID_URL)
        if self._has_expired(url):
            return Failed(Reason.EXPIRED_URL)
        own_seconds = 2.0 * self._config.timeout
        run_ends_first = seconds_left < own_seconds
        give_up_at = self._clock() + min(own_seconds, seconds_left)
        result: Fetched | Failed = _OUT_OF_TIME
        retries = 0
        while (left := give_up_at - self._clock()) > 0:
            attempt = self._try(url, seconds=min(self._config.timeout, left))
            if retries and attempt.result == _UNAVAILABLE:
                return result  # what went wrong with this cover, not that its host is given up
            result = attempt.result
            if result == _TIMED_OUT and run_ends_first and left < self._config.timeout:
                break
            if not attempt.again or retries == self._config.max_retries:
                return result
            wait = max(self._backoff(retries), attempt.wait_seconds)
            if self._clock() + wait >= give_up_at:
                break
            self._sleep(wait)
            retries += 1
        return _OUT_OF_TIME if run_ends_first else result

    def _has_expired(self, url: str) -> bool:
        expires = _EXPIRES.search(url)
        return expires is not None and int(expires[1]) < self._now()

    def _backoff(self, retries: int) -> float:
        seconds = min(BACKOFF_SECONDS * 2.0**retries, LONGEST_WAIT_SECONDS)
        return seconds * (1 - self._jitter() / 2)

    def _try(self, url: str, *, seconds: float) -> _Try:
        """One try at a cover: a request, and one more for each redirect."""
        deadline = self._clock() + seconds
        for _ in range(MAX_REDIRECTS + 1):
            step = self._request(url, seconds=deadline - self._clock())
            if isinstance(step, _Try):
                return step
            url = step
        return _Try(Failed(Reason.TOO_MANY_REDIRECTS))

    def _request(self, url: str, *, seconds: float) -> _Try | str:
        """One request; a string is the URL that it was redirected to."""
        host = split_target(url)[0].lower()
        if seconds <= 0:
            return _failed(Reason.TIMEOUT)
        if not self._breaker.admits(host):
            return _Try(_UNAVAILABLE)
        try:
            with closing(self._transport.get(url, seconds=seconds)) as response:
                answer = self._read(url, response)
        except (NoConnectionError, requests.RequestException, HTTPError) as error:
            reason = _reason(error)
            if reason in _OUTAGES:
                self._breaker.failed(host)
            return _failed(reason)
        self._breaker.answered(host)
        return answer

    def _read(self, url: str, response: requests.Response) -> _Try | str:
        if 200 <= response.status_code < 300:
            return _Try(_body(response))
        with suppress(HTTPError):  # the status is what counts, not whether its page is whole
            response.raw.read(_ERROR_PAGE_BYTES, decode_content=False)
        if response.is_redirect and (target := _redirect_target(url, response)):
            return target
        return _Try(
            Failed(http_reason(response.status_code)),
            again=response.status_code in _RETRIED_STATUSES,
            wait_seconds=self._retry_after(response),
        )

    def _retry_after(self, response: requests.Response) -> float:
        """Seconds that the server asks to be left alone for, up to LONGEST_WAIT_SECONDS."""
        value = response.headers.get("Retry-After", "")
        if value.isascii() and value.isdigit():
            seconds = float(value)
        else:
            try:
                seconds = parsedate_to_datetime(value).timestamp() - self._now()
            except (ValueError, OverflowError):
                seconds = 0.0
        return min(max(seconds, 0.0), LONGEST_WAIT_SECONDS)


def _failed(reason: Reason) -> _Try:
    return _Try(Failed(reason), again=reason in _RETRIED)


def _body(response: requests.Response) -> Fetched | Failed:
    if (response.raw.length_remaining or 0) > MAX_BODY_BYTES:
        return Failed(Reason.TOO_LARGE)
    # Not `response.content`, which has no limit. The one byte more tells a body of just the
    # limit from a longer one; urllib3 stops decompressing there too.
    body: bytes = response.raw.read(MAX_BODY_BYTES + 1, decode_content=True)
    return Failed(Reason.TOO_LARGE) if len(body) > MAX_BODY_BYTES else Fetched(body)


def _redirect_target(url: str, response: requests.Response) -> str | None:
    """Where a redirect leads; None when no request can be made for it.

    What another server writes is no row of ours: a bad target leaves the redirect's status
    as the reason.
    """
    try:
        # http.client reads headers as Latin-1; what servers send is UTF-8.
        location = response.headers["Location"].encode("latin-1").decode("utf-8")
        target = urljoin(url, location.replace(" ", "%20"))
    except ValueError:
        return None
    return target if is_cover_url(target) else None


def _reason(error: Exception) -> Reason:
    match error:
        case NoConnectionError():
            return error.reason
        case requests.Timeout() | ReadTimeoutError():
            return Reason.TIMEOUT
        case requests.exceptions.InvalidURL():
            return Reason.INVALID_URL
        case requests.RequestException():
            return Reason.CONNECT_FAILURE
        case DecodeError():
            return Reason.NOT_AN_IMAGE
        case _:  # the connection broke before the body's announced end
            return Reason.TRUNCATED_IMAGE
