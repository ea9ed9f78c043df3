"""Fetching from hosts that allow only so many requests, or ask for a pause."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from socket import socket
from typing import Any

import pytest
from urllib3 import BaseHTTPResponse

from collage_core.contract.config import ProcessingConfig
from collage_core.contract.reasons import Reason
from collage_core.hosts.host_limits import HostLimits
from collage_core.sources.http.fetcher import Fetcher
from collage_core.sources.http.host_breaker import OPENS_AFTER, OPENS_AFTER_SECONDS
from collage_core.sources.http.host_gate import MOST_PAUSED_SECONDS
from collage_core.sources.http.host_pauses import GIVEN_UP_AFTER_SECONDS, LONGEST_PAUSE_SECONDS
from collage_core.sources.http.machine import Machine
from collage_core.sources.http.response import DoubtfulAnswerError
from collage_core.sources.http.transport import Transport
from collage_core.sources.result import Failed, Fetched
from tests.support.clock import Clock
from tests.support.cover_host import (
    Answer,
    CoverHost,
    cover_host,
    redirect,
    refusing_port,
    response,
)
from tests.support.failures import Where, failure
from tests.support.fetching import PLENTY

BODY = b"the bytes of a cover"


@dataclass
class Arrivals:
    """Notes when each request has come, on the clock of this process."""

    at: list[float] = field(default_factory=list)

    def answering(self, answer: bytes) -> Answer:
        def send(connection: socket) -> None:
            self.at.append(time.monotonic())
            connection.sendall(answer)

        return send


@pytest.fixture
def host() -> Iterator[CoverHost]:
    with cover_host() as server:
        yield server


def fetcher(
    clock: Clock | None = None,
    limits: dict[str, float] | None = None,
    *,
    timeout: int = 5,
    retries: int = 0,
) -> Fetcher:
    """On a clock that sleeping moves, or on the real one."""
    parts: dict[str, Any] = {} if clock is None else {"clock": clock, "sleep": clock.sleep}
    config = ProcessingConfig(max_retries=retries, timeout=timeout)
    machine = Machine(jitter=lambda: 0.0, **parts)
    return Fetcher(["127.0.0.1"], config, host_limits=HostLimits(limits), machine=machine)


class TestLimits:
    def test_every_request_has_its_turn_redirects_too(self, host: CoverHost) -> None:
        host.answer("/c.jpg", response(BODY))
        host.answer("/b.jpg", redirect("/c.jpg"))
        url = host.answer("/a.jpg", redirect("/b.jpg"))
        clock = Clock()
        with fetcher(clock, {"127.0.0.1": 2}) as one:
            for _ in range(2):
                assert one.fetch(url, seconds_left=PLENTY) == Fetched(BODY)
        assert clock.seconds == pytest.approx(5 * 0.5), "six requests"

    def test_retries_have_their_turns(self, host: CoverHost) -> None:
        url = host.answer("/a.jpg", response(b"", 500), response(b"", 500), response(BODY))
        clock = Clock()
        with fetcher(clock, {"127.0.0.1": 0.1}, retries=2) as one:
            assert one.fetch(url, seconds_left=PLENTY) == Fetched(BODY)
        assert clock.seconds == pytest.approx(2 * 10)

    def test_a_redirect_counts_for_the_host_that_it_leads_to(self, host: CoverHost) -> None:
        with cover_host(address="127.0.0.2") as other:
            url = host.answer("/a.jpg", redirect(other.answer("/b.jpg", response(BODY))))
            clock = Clock()
            config = ProcessingConfig()
            machine = Machine(clock=clock, sleep=clock.sleep, jitter=lambda: 0.0)
            limits = HostLimits({"127.0.0.2": 1})
            with Fetcher(
                ["127.0.0.1", "127.0.0.2"], config, host_limits=limits, machine=machine
            ) as one:
                host.answer("/c.jpg", response(BODY))
                for _ in range(9):
                    one.fetch(host.url("/c.jpg"), seconds_left=PLENTY)
                assert clock.seconds == 0
                for _ in range(3):
                    assert one.fetch(url, seconds_left=PLENTY) == Fetched(BODY)
        assert clock.seconds == pytest.approx(2)

    def test_a_request_that_is_sent_again_has_its_turn(
        self, host: CoverHost, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        url = host.answer("/a.jpg", response(BODY))
        clock = Clock()
        with fetcher(clock, {"127.0.0.1": 0.1}) as one:
            send, sent = Transport.get, []

            def doubtful(*args: Any, fresh: bool, **options: Any) -> BaseHTTPResponse:
                sent.append(clock.seconds)
                if not fresh:
                    raise DoubtfulAnswerError
                return send(*args, fresh=fresh, **options)

            monkeypatch.setattr(Transport, "get", doubtful)
            assert one.fetch(url, seconds_left=PLENTY) == Fetched(BODY)
        assert sent == pytest.approx([0, 10])

    def test_waiting_for_a_turn_takes_nothing_of_a_covers_time(self, host: CoverHost) -> None:
        """Two seconds is all that its tries may take together, and its turn comes after 100."""
        url = host.answer("/a.jpg", response(BODY))
        clock = Clock()
        with fetcher(clock, {"127.0.0.1": 0.01}, timeout=1) as one:
            found = [one.fetch(url, seconds_left=PLENTY) for _ in range(3)]
        assert found == [Fetched(BODY)] * 3
        assert clock.seconds == pytest.approx(200)

    def test_a_turn_after_the_end_of_the_run_is_not_waited_for(self, host: CoverHost) -> None:
        url = host.answer("/a.jpg", response(BODY))
        clock = Clock()
        with fetcher(clock, {"127.0.0.1": 0.1}) as one:
            assert one.fetch(url, seconds_left=5) == Fetched(BODY)
            assert one.fetch(url, seconds_left=5) == Failed(Reason.OUT_OF_TIME)
            assert clock.seconds == 0
            assert one.fetch(url, seconds_left=11) == Fetched(BODY), "its turn was not lost"
        assert clock.seconds == pytest.approx(10)

    def test_the_covers_of_a_dead_host_take_no_turns(self) -> None:
        clock = Clock()
        with refusing_port() as dead, fetcher(clock, {"127.0.0.1": 0.5}) as one:
            url = f"http://127.0.0.1:{dead}/a.jpg"
            found = [one.fetch(url, seconds_left=PLENTY) for _ in range(500)]
        assert found[OPENS_AFTER:] == [Failed(Reason.HOST_UNAVAILABLE)] * (500 - OPENS_AFTER)
        assert OPENS_AFTER_SECONDS <= clock.seconds <= 2 * OPENS_AFTER

    def test_a_thread_that_waits_when_its_fetcher_is_closed_asks_for_nothing(
        self, host: CoverHost
    ) -> None:
        url = host.answer("/a.jpg", response(BODY))
        waits, may_wake = threading.Event(), threading.Event()

        def sleep(_: float) -> None:
            waits.set()
            may_wake.wait(30)

        machine = Machine(sleep=sleep, jitter=lambda: 0.0)
        limits = HostLimits({"127.0.0.1": 0.1})
        with ThreadPoolExecutor(1) as pool:
            with Fetcher(
                ["127.0.0.1"], ProcessingConfig(), host_limits=limits, machine=machine
            ) as one:
                assert one.fetch(url, seconds_left=PLENTY) == Fetched(BODY)
                waiting = pool.submit(one.fetch, url, seconds_left=PLENTY)
                assert waits.wait(30)
            may_wake.set()
            assert waiting.result(30) == Failed(Reason.OUT_OF_TIME)
        assert host.requests["/a.jpg"] == 1


class TestPauses:
    @failure(
        Where.COVERS,
        fault="A host of covers answers 429 or 503 and asks for a pause",
        happens="No thread of the worker asks it until then, for 20 seconds at most; then one "
        "request goes first. A cover that waits loses no try",
        sees='the function\'s log: "… answers http_429: no request for … s"',
        fix="nothing; if it happens often, set `HOST_LIMITS` below what the host allows",
    )
    @pytest.mark.parametrize("status", [429, 503])
    def test_no_thread_asks_a_host_that_asks_for_a_pause(
        self, host: CoverHost, status: int
    ) -> None:
        refusals, others = Arrivals(), Arrivals()
        refusing = refusals.answering(response(b"", status, Retry_After="1"))
        refused = host.answer("/refused.jpg", refusing)
        urls = [
            host.answer(f"/{number}.jpg", others.answering(response(BODY))) for number in range(8)
        ]
        with fetcher() as one, ThreadPoolExecutor(8) as pool:
            assert one.fetch(refused, seconds_left=PLENTY) == Failed(f"http_{status}")
            found = list(pool.map(lambda url: one.fetch(url, seconds_left=PLENTY), urls))
        assert found == [Fetched(BODY)] * 8, "though no cover may be tried twice"
        assert len(others.at) == 8
        assert min(others.at) >= refusals.at[0] + 1

    def test_other_hosts_are_asked_meanwhile(self, host: CoverHost) -> None:
        clock = Clock()
        busy = host.answer("/a.jpg", response(b"", 429, Retry_After="20"))
        with cover_host() as other, fetcher(clock) as one:
            one.fetch(busy, seconds_left=PLENTY)
            url = other.answer("/a.jpg", response(BODY))
            assert one.fetch(url, seconds_left=PLENTY) == Fetched(BODY)
        assert clock.seconds == 0

    def test_only_429_and_503_speak_for_the_host(self, host: CoverHost) -> None:
        clock = Clock()
        url = host.answer("/a.jpg", response(BODY))
        with fetcher(clock) as one:
            for number, answer in enumerate(
                [
                    response(b"", 500, Retry_After="20"),
                    response(b"", 404, Retry_After="20"),
                    response(b"", 429),
                    response(b"", 503, Retry_After="0"),
                    response(b"", 503, Retry_After="soon"),
                    response(BODY, Retry_After="20"),
                ]
            ):
                one.fetch(host.answer(f"/{number}.jpg", answer), seconds_left=PLENTY)
                assert one.fetch(url, seconds_left=PLENTY) == Fetched(BODY)
        assert clock.seconds == 0

    def test_waiting_for_a_pause_takes_nothing_of_a_covers_time(self, host: CoverHost) -> None:
        clock = Clock()
        busy = host.answer("/a.jpg", response(b"", 429, Retry_After="19"))
        with fetcher(clock, timeout=1) as one:
            one.fetch(busy, seconds_left=PLENTY)
            url = host.answer("/b.jpg", response(BODY))
            assert one.fetch(url, seconds_left=PLENTY) == Fetched(BODY)
        assert clock.seconds == pytest.approx(19)

    def test_a_pause_beyond_the_end_of_the_run_is_not_waited_for(self, host: CoverHost) -> None:
        clock = Clock()
        url = host.answer("/a.jpg", response(b"", 429, Retry_After="19"))
        with fetcher(clock) as one:
            one.fetch(url, seconds_left=PLENTY)
            assert one.fetch(url, seconds_left=19) == Failed(Reason.OUT_OF_TIME)
        assert clock.seconds == 0
        assert host.requests["/a.jpg"] == 1

    def test_a_host_that_pauses_again_and_again_is_not_waited_for_without_end(
        self, host: CoverHost
    ) -> None:
        """It answers others in between, so it is not given up."""
        clock = Clock()
        busy = host.answer("/busy.jpg", response(b"", 503, Retry_After="20"))
        url = host.answer("/a.jpg", response(BODY))

        def sleep(seconds: float) -> None:
            """Another thread is faster: one of its covers is answered, the next one refused."""
            clock.sleep(seconds + 1)
            assert one.fetch(url, seconds_left=PLENTY) == Fetched(BODY)
            assert one.fetch(busy, seconds_left=PLENTY) == Failed("http_503")

        config = ProcessingConfig(max_retries=0)
        machine = Machine(clock=clock, sleep=sleep)
        with Fetcher(["127.0.0.1"], config, machine=machine) as one:
            one.fetch(busy, seconds_left=PLENTY)
            assert one.fetch(url, seconds_left=PLENTY) == Failed("http_503")
        assert MOST_PAUSED_SECONDS <= clock.seconds <= MOST_PAUSED_SECONDS + 10

    @failure(
        Where.COVERS,
        fault="A host of covers goes on refusing: 429 or 503 with `Retry-After`, for however long",
        happens="After 45 seconds without any other answer it is given up for the chunk; its "
        "covers end with its status, and every 30 seconds one is tried",
        sees='covers that failed as `http_429` or `http_503`; the function\'s log: "… given up"',
        fix="ask the host what it allows, set `HOST_LIMITS`, then fill the run",
    )
    @pytest.mark.parametrize("value", ["1", "20", "86400"])
    @pytest.mark.parametrize("retries", [0, 3])
    def test_a_host_that_refuses_everything_does_not_hold_a_worker(
        self, host: CoverHost, value: str, retries: int
    ) -> None:
        clock = Clock()
        url = host.answer("/a.jpg", response(b"", 429, Retry_After=value))
        with fetcher(clock, retries=retries, timeout=30) as one:
            found = [one.fetch(url, seconds_left=PLENTY) for _ in range(2000)]
        assert found == [Failed("http_429")] * 2000
        # The last pause may begin just before, and so may the wait of a cover before its next try.
        assert clock.seconds <= GIVEN_UP_AFTER_SECONDS + 2 * LONGEST_PAUSE_SECONDS
        assert host.requests["/a.jpg"] <= clock.seconds + 1
