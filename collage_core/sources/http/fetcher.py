"""Fetches the bytes behind a cover URL, or says why there are none.

Whatever a server does, a fetch ends within a bounded time, with bounded bytes in memory, and with
a value: a cover that cannot be fetched is an entry in the books, not an exception.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing, nullcontext, suppress
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

from urllib3 import BaseHTTPResponse
from urllib3.exceptions import DecodeError, HTTPError, ReadTimeoutError

from collage_core.contract.config import ProcessingConfig
from collage_core.contract.reasons import Reason, http_reason
from collage_core.covers.cover_url import host_of, is_cover_url
from collage_core.covers.public_url import shown
from collage_core.covers.signing.expiry import has_expired
from collage_core.hosts.host_limits import HostLimits
from collage_core.hosts.request_headers import RequestHeaders
from collage_core.sources.http.addresses import AddressPolicy
from collage_core.sources.http.answers.recorder import AnswerRecorder
from collage_core.sources.http.bodies import BodyReader, NoRoomError
from collage_core.sources.http.content_codings import can_be_decoded
from collage_core.sources.http.cover_time import CoverTime
from collage_core.sources.http.host_breaker import HostBreaker
from collage_core.sources.http.host_gate import HostGate
from collage_core.sources.http.host_pauses import LONGEST_PAUSE_SECONDS
from collage_core.sources.http.machine import Machine
from collage_core.sources.http.redirects import REDIRECT_STATUSES, ChainCookies, redirect_target
from collage_core.sources.http.response import DoubtfulAnswerError
from collage_core.sources.http.retry_after import retry_after
from collage_core.sources.http.transport import NoResponseError, Target, Transport, split_target
from collage_core.sources.result import Answer, Failed, Fetched

log = logging.getLogger(__name__)

MAX_REDIRECTS = 5

BACKOFF_SECONDS = 0.5
"""Before the second try; doubled for each one after it, and shortened by up to a half at random, so
that the covers of a host that failed are not all requested again at once."""

LONGEST_WAIT_SECONDS = LONGEST_PAUSE_SECONDS
"""Between two tries. If Retry-After asks for more, there is no other try."""

_ERROR_PAGE_BYTES = 64 * 1024
"""Read from the body of an error, so that the connection can be used again."""

_OUTAGES = frozenset({Reason.CONNECT_FAILURE, Reason.DNS_FAILURE, Reason.TIMEOUT})
_RETRIED_STATUSES = frozenset({408, 429, *range(500, 600)})
_REFUSALS = frozenset({http_reason(429), http_reason(503)})
"""With Retry-After, they speak for the host, and not for one cover."""

_INVALID = Failed(Reason.INVALID_URL)
_OUT_OF_TIME = Failed(Reason.OUT_OF_TIME)
_TIMED_OUT = Failed(Reason.TIMEOUT)
_UNAVAILABLE = Failed(Reason.HOST_UNAVAILABLE)


@dataclass(frozen=True, slots=True)
class _Try:
    result: Fetched | Failed
    again: bool = False
    """Whether another try may succeed."""
    wait_seconds: float = 0.0
    """The shortest wait before the next try, if the server asked for one."""


@dataclass(frozen=True, slots=True)
class _Redirect:
    target: str
    failure: Failed
    """The result if no request can be made for the target."""
    cookies: Sequence[str]
    """Set-Cookie headers of the answer."""


class Fetcher:
    """Fetches covers, many at a time: one object serves all threads of a run.

    Bodies of more than SMALL_BODY_BYTES take LARGE_BODIES_BYTES together, until the caller closes
    their room: a download that needs room waits for it, within its own time. The caller bounds how
    many smaller bodies it keeps.
    """

    def __init__(
        self,
        allowed_hosts: Iterable[str],
        config: ProcessingConfig,
        *,
        request_headers: RequestHeaders | None = None,
        host_limits: HostLimits | None = None,
        machine: Machine | None = None,
        keep_answers: bool = False,
    ) -> None:
        """`allowed_hosts` as in AddressPolicy; `config` gives time, retries and connections.

        `request_headers` are sent to the hosts that they are for, and to no other. `host_limits`
        hold for all requests of this fetcher, retries and redirects included.
        With `keep_answers` each result has the 2xx answer, which takes 64 KB more.
        """
        machine = machine or Machine()
        self._config = config
        self._headers = request_headers or RequestHeaders()
        self._clock, self._now = machine.clock, machine.now
        self._sleep, self._jitter = machine.sleep, machine.jitter
        policy = AddressPolicy(allowed_hosts, resolve=machine.resolve)
        self.blocked_hosts = policy.blocked
        self._transport = Transport(policy, connections=config.max_workers)
        self._breaker = HostBreaker(clock=self._clock)
        self._gate = HostGate(
            host_limits or HostLimits(),
            clock=self._clock,
            sleep=self._sleep,
            jitter=self._jitter,
        )
        self._bodies = BodyReader(clock=self._clock)
        self._keep_answers = keep_answers

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._gate.close()
        self._transport.close()

    def fetch(self, url: str, *, seconds_left: float) -> Fetched | Failed:
        """The bytes behind `url`, within twice `config.timeout`, retries and their waits included.

        Waiting for the host's turn and for a pause that the host has asked for is not counted. When
        `seconds_left`, the time of the whole run, cuts this short, the reason is OUT_OF_TIME.
        """
        if not is_cover_url(url):
            return _INVALID
        now = self._clock()
        time = CoverTime(now + seconds_left, now + 2.0 * self._config.timeout)
        result: Fetched | Failed = _OUT_OF_TIME
        retries = 0
        while (now := self._clock()) < time.give_up_at:
            time.begin_try(now, seconds=self._config.timeout)
            attempt = self._try(url, time)
            if retries and attempt.result == _UNAVAILABLE:
                return result  # the failure of this cover says more than that its host is given up
            result = attempt.result
            if result == _TIMED_OUT and time.try_is_cut:
                break
            if not attempt.again or retries == self._config.max_retries:
                return result
            wait = max(self._backoff(retries), attempt.wait_seconds)
            if wait > LONGEST_WAIT_SECONDS:
                return result
            if self._clock() + wait >= time.give_up_at:
                break
            log.debug("%s for %s: again in %.1f s", result, shown(url), wait)
            self._sleep(wait)
            retries += 1
        return _OUT_OF_TIME if time.is_cut else result

    def _backoff(self, retries: int) -> float:
        seconds = min(BACKOFF_SECONDS * 2.0**retries, LONGEST_WAIT_SECONDS)
        return seconds * (1 - self._jitter() / 2)

    def _try(self, url: str, time: CoverTime) -> _Try:
        """One try at a cover: a request, and one more for each redirect."""
        if_invalid, cookies = _INVALID, ChainCookies()
        recorder = AnswerRecorder() if self._keep_answers else None
        was_secure = False
        for _ in range(MAX_REDIRECTS + 1):
            if has_expired(url, now=self._now()):
                return _Try(Failed(Reason.EXPIRED_URL))
            was_secure = was_secure or _is_secure(url)
            headers = self._headers_for(url, was_secure=was_secure)
            step = self._request(url, headers, cookies, recorder, time)
            if isinstance(step, _Try):
                # An invalid URL in a redirect must not reject the row: the row's URL is valid.
                step = _Try(if_invalid) if step.result == _INVALID else step
                return step if recorder is None else _with_answer(step, recorder.answer())
            url, if_invalid = step.target, step.failure
        return _Try(Failed(Reason.TOO_MANY_REDIRECTS))

    def _headers_for(self, url: str, *, was_secure: bool) -> Mapping[str, str]:
        """The headers that the host of this request is to get, whoever redirected to it.

        None over http after https, where anybody could read them on the way. Browsers leave out
        the `Referer` there, too (Referrer Policy, the default policy).
        """
        if not self._headers or (was_secure and not _is_secure(url)):
            return {}
        return self._headers.of(host_of(url))

    def _request(
        self,
        url: str,
        headers: Mapping[str, str],
        cookies: ChainCookies,
        recorder: AnswerRecorder | None,
        time: CoverTime,
    ) -> _Try | _Redirect:
        """Send one request when its host may be asked, and read or refuse its answer."""
        target = split_target(url)
        host = target.origin.lower()
        if unasked := self._wait(url, host, time):
            return unasked
        asked_at = self._clock()
        try:
            cookie = cookies.for_request(url, host)
            try:
                answer = self._ask(url, target, headers, cookie, recorder, time)
            except DoubtfulAnswerError:
                # As after a stale connection: a GET may be sent again, and this is no retry.
                if recorder:
                    recorder.forget_last()
                if unasked := self._wait(url, host, time):
                    return unasked
                answer = self._ask(url, target, headers, cookie, recorder, time, fresh=True)
            if isinstance(answer, _Redirect):
                cookies.keep(url, host, answer.cookies)
        except NoRoomError:
            # Not reported to the breaker, because it says nothing about the host: as an answer it
            # would excuse a host whose endless bodies take all the room.
            return _Try(_TIMED_OUT, again=True)
        # Parsers of hostile headers and chunks raise almost anything: ValueError, TypeError,
        # UnicodeError, ... urllib3 passes them on, and one answer must not end a chunk.
        except Exception as error:  # noqa: BLE001
            reason, may_heal = _failure(error)
            # A body that does not arrive in time is an outage too: otherwise a host that sends
            # only headers would delay the chunk cover by cover.
            report = self._breaker.failed if reason in _OUTAGES else self._breaker.answered
            report(host)
            self._gate.pauses.ended(host, asked_at=asked_at)
            return _Try(Failed(reason), again=may_heal)
        self._breaker.answered(host)
        self._report_pause(host, answer, asked_at)
        return answer

    def _wait(self, url: str, host: str, time: CoverTime) -> _Try | None:
        """Wait until a request may be made; None, or what comes of the try without one."""
        if time.try_ends_at <= self._clock():
            return _Try(_TIMED_OUT, again=True)
        if not self._breaker.admits(host):
            return _Try(_UNAVAILABLE)
        failed = self._gate.enter(host, url, time)
        return None if failed is None else _Try(failed)

    def _report_pause(self, host: str, answer: _Try | _Redirect, asked_at: float) -> None:
        match answer:
            case _Try(Failed(reason) as refusal, wait_seconds=seconds) if (
                seconds and reason in _REFUSALS
            ):
                self._gate.pauses.refused(host, refusal, seconds=seconds, asked_at=asked_at)
            case _:
                self._gate.pauses.ended(host, asked_at=asked_at)

    def _ask(  # noqa: PLR0913 - as above
        self,
        url: str,
        target: Target,
        headers: Mapping[str, str],
        cookie: str | None,
        recorder: AnswerRecorder | None,
        time: CoverTime,
        *,
        fresh: bool = False,
    ) -> _Try | _Redirect:
        """With `fresh` over a new connection. Without, may raise DoubtfulAnswerError."""
        seconds = max(time.try_ends_at - self._clock(), 0.001)
        with (
            closing(
                self._transport.get(
                    target, seconds=seconds, headers=headers, cookie=cookie, fresh=fresh
                )
            ) as response,
            recorder.record(url, headers, response) if recorder else nullcontext(),
        ):
            return self._read(url, response, deadline=time.try_ends_at)

    def _read(self, url: str, response: BaseHTTPResponse, *, deadline: float) -> _Try | _Redirect:
        if 200 <= response.status < 300:
            if not can_be_decoded(response.headers.get("Content-Encoding", "")):
                return _Try(Failed(Reason.UNSUPPORTED_ENCODING))
            return _Try(self._bodies.read(response, deadline=deadline))
        with suppress(HTTPError):  # the status is what counts, not whether its page is whole
            response.read(_ERROR_PAGE_BYTES, decode_content=False)
        failed = Failed(http_reason(response.status))
        if response.status in REDIRECT_STATUSES:
            target = redirect_target(url, response.headers.getlist("Location"))
            if target is not None:
                return _Redirect(target, failed, response.headers.getlist("Set-Cookie"))
        return _Try(
            failed,
            again=response.status in _RETRIED_STATUSES,
            wait_seconds=retry_after(response.headers.get("Retry-After", ""), now=self._now()),
        )


def _is_secure(url: str) -> bool:
    return url[:6].lower() == "https:"


def _with_answer(attempt: _Try, answer: Answer | None) -> _Try:
    return replace(attempt, result=replace(attempt.result, answer=answer))


def _failure(error: Exception) -> tuple[Reason, bool]:
    """Why there is no answer, and whether another try may succeed."""
    match error:
        case NoResponseError():
            return error.reason, error.may_heal
        case ReadTimeoutError():
            return Reason.TIMEOUT, True
        case DecodeError():
            return Reason.NOT_AN_IMAGE, False
        case HTTPError():  # the connection broke before the body's announced end
            return Reason.TRUNCATED_IMAGE, True
        case _:  # an answer that is not HTTP
            log.debug("Unexpected %s", type(error).__name__)
            return Reason.CONNECT_FAILURE, False
