"""What a fetcher keeps of answers, over real connections."""

import gzip
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import pytest

from collage_core.contract.config import ProcessingConfig
from collage_core.contract.reasons import Reason
from collage_core.sources.http.answers import recorder
from collage_core.sources.http.answers.recorder import KEPT_BYTES
from collage_core.sources.http.bodies import MAX_BODY_BYTES
from collage_core.sources.http.fetcher import Fetcher
from collage_core.sources.http.host_breaker import HostBreaker
from collage_core.sources.http.machine import Machine
from collage_core.sources.result import Answer, Failed, Fetched
from tests.support import cover_host as hosts
from tests.support.cover_host import CoverHost, cover_host, drip, endless, redirect, reset, response
from tests.support.fetching import PLENTY, Sleeps

PAGE = b"<html>please log in</html>"
GZIP = gzip.compress(PAGE, mtime=0)
LARGE = bytes(range(256)) * 1024
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"


def part(body: bytes, *, announced: int, then_wait: bool = False) -> hosts.Answer:
    """The beginning of a longer body, and then the end of the connection or nothing at all."""

    def send(connection: socket.socket) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {announced}\r\n\r\n"
        connection.sendall(head.encode() + body)
        if then_wait:
            connection.recv(1)
        elif len(body) > 100:
            time.sleep(0.05)
            reset(connection)

    return send


ANSWERS: dict[str, tuple[hosts.Answer, str | None, bytes]] = {
    "a cover": (response(LARGE), None, LARGE[:KEPT_BYTES]),
    "a small cover": (response(PAGE), None, PAGE),
    "nothing": (response(b""), None, b""),
    "chunks": (CHUNKED + b"5\r\nhello\r\n6\r\n there\r\n0\r\n\r\n", None, b"hello there"),
    "no length": (b"HTTP/1.0 200 OK\r\nConnection: close\r\n\r\n" + PAGE, None, PAGE),
    "gzip": (response(GZIP, Content_Encoding="gzip"), None, GZIP),
    "no gzip": (response(PAGE, Content_Encoding="gzip"), Reason.NOT_AN_IMAGE, PAGE),
    "broken off": (part(PAGE, announced=100), Reason.TRUNCATED_IMAGE, PAGE),
    "broken off late": (
        part(LARGE[:70_000], announced=80_000),
        Reason.TRUNCATED_IMAGE,
        LARGE[:KEPT_BYTES],
    ),
    "reset": (part(LARGE[:200], announced=300), Reason.TRUNCATED_IMAGE, LARGE[:200]),
    "chunks broken off": (CHUNKED + b"ff\r\nhello", Reason.TRUNCATED_IMAGE, b"hello"),
    "no chunks": (CHUNKED + b"5\r\nhello\r\nzz\r\n", Reason.TRUNCATED_IMAGE, b"hello"),
    "a chunk of less than nothing": (
        CHUNKED + b"5\r\nhello\r\n-1\r\n",
        Reason.TRUNCATED_IMAGE,
        b"hello",
    ),
    "never ends": (part(PAGE, announced=100, then_wait=True), Reason.TIMEOUT, PAGE),
    "too large by its length": (
        part(PAGE * 90, announced=MAX_BODY_BYTES + 1),
        Reason.TOO_LARGE,
        PAGE * 90,
    ),
    "too large in the end": (
        endless(b"HTTP/1.1 200 OK\r\n\r\n", LARGE),
        Reason.TOO_LARGE,
        LARGE[:KEPT_BYTES],
    ),
}


@pytest.fixture(scope="module")
def host() -> Iterator[CoverHost]:
    with cover_host() as running:
        yield running


@cache
def fetcher(*, keep: bool, retries: int) -> Fetcher:
    """Takes longer to make than most covers take."""
    config = ProcessingConfig(max_retries=retries, timeout=1)
    machine = Machine(sleep=Sleeps())
    fetcher = Fetcher(["127.0.0.1"], config, machine=machine, keep_answers=keep)
    fetcher._breaker = HostBreaker(clock=lambda: 0.0)  # no outage ever lasts
    return fetcher


@pytest.fixture(scope="module", autouse=True)
def closed_fetchers() -> Iterator[None]:
    yield
    for keep, retries in ((True, 0), (True, 1), (False, 0)):
        fetcher(keep=keep, retries=retries).__exit__(None, None, None)
    fetcher.cache_clear()


def fetch(url: str, *, keep: bool = True, retries: int = 0) -> Fetched | Failed:
    return fetcher(keep=keep, retries=retries).fetch(url, seconds_left=PLENTY)


def kept(result: Fetched | Failed) -> Answer:
    assert result.answer
    return result.answer


@pytest.mark.parametrize("name", ANSWERS)
def test_recording_an_answer_does_not_change_the_result(host: CoverHost, name: str) -> None:
    sent, reason, body = ANSWERS[name]
    url = host.answer(f"/{name.replace(' ', '-')}", sent)
    with ThreadPoolExecutor() as pool:
        result, without = pool.map(lambda keep: fetch(url, keep=keep), (True, False))
    assert result == without
    assert without.answer is None
    assert (result.reason if isinstance(result, Failed) else None) == reason
    answer = kept(result)
    assert answer.status == 200
    assert answer.urls == (url,)
    assert answer.body == body
    assert answer.received_bytes >= len(body)


def test_headers_are_kept_as_often_as_they_came(host: CoverHost) -> None:
    url = host.answer(
        "/headers",
        b"HTTP/1.1 206 Odd\r\nVia: b\r\nVia: a\r\nContent-Length: 2\r\nX-Name: \xc3\xbc\r\n\r\nok",
    )
    answer = kept(fetch(url))
    assert answer.status == 206
    assert answer.headers == (
        ("Via", "b"), ("Via", "a"), ("Content-Length", "2"), ("X-Name", "Ã¼")
    )  # fmt: skip


def test_an_answer_knows_all_urls_that_led_to_it(host: CoverHost) -> None:
    last = host.answer("/last", part(PAGE, announced=100))
    second = host.answer("/second", redirect(f"{last}?s=2"))
    first = host.answer("/first", redirect(f"{second}?s=1"))
    answer = kept(fetch(f"{first}?s=0"))
    assert answer.urls == (f"{first}?s=0", f"{second}?s=1", f"{last}?s=2")
    assert answer.body == PAGE


def test_only_the_last_attempt_is_kept(host: CoverHost) -> None:
    broken = part(PAGE, announced=100)
    url = host.answer("/twice", broken, part(b"second", announced=100))
    assert kept(fetch(url, retries=1)).body == b"second"
    url = host.answer("/then-gone", broken, response(b"gone", 404))
    result = fetch(url, retries=1)
    assert result == Failed("http_404")
    assert result.answer is None


@pytest.mark.parametrize(
    "sent", [response(b"no", 404), response(b"no", 503), redirect("/nowhere"), reset]
)
def test_answers_that_are_not_2xx_are_not_kept(host: CoverHost, sent: hosts.Answer) -> None:
    result = fetch(host.answer("/other", sent))
    assert isinstance(result, Failed)
    assert result.answer is None


@pytest.mark.parametrize("seconds", [0.05, 9], ids=["drips", "stalls"])
def test_a_body_refused_by_its_headers_is_read_for_a_second_at_most(
    host: CoverHost, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    monkeypatch.setattr(recorder, "_EXTRA_READ_SECONDS", 0.3)
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\nabc"
    url = host.answer("/slow", drip(head, b"abc", seconds=seconds))
    config = ProcessingConfig(max_retries=0, timeout=20)
    start = time.monotonic()
    with Fetcher(["127.0.0.1"], config, keep_answers=True) as fetcher:
        result = fetcher.fetch(url, seconds_left=PLENTY)
    assert time.monotonic() - start < 15
    assert result == Failed(Reason.TOO_LARGE)
    assert kept(result).body.startswith(b"abc")


def test_an_answer_is_printed_without_its_signature(host: CoverHost) -> None:
    url = host.answer("/printed", response(b"canary", X="canary"))
    assert "canary" not in repr(kept(fetch(f"{url}?sig=canary")))


def test_a_connection_whose_answer_was_kept_is_used_again(host: CoverHost) -> None:
    answer = response(LARGE, Connection="keep-alive")
    urls = [host.answer(f"/again/{number}", answer) for number in range(3)]
    before = host.connections
    with Fetcher(["127.0.0.1"], ProcessingConfig(), keep_answers=True) as fetcher:
        results = [fetcher.fetch(url, seconds_left=PLENTY) for url in urls]
    assert results == [Fetched(LARGE)] * 3
    assert host.connections == before + 1
