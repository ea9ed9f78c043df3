import gzip
import logging
import socket
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from collage_core.contract.config import ProcessingConfig
from collage_core.contract.reasons import Reason, is_reason
from collage_core.sources.http.bodies import LARGE_BODIES_BYTES, MAX_BODY_BYTES, SMALL_BODY_BYTES
from collage_core.sources.http.fetcher import (
    BACKOFF_SECONDS,
    LONGEST_WAIT_SECONDS,
    MAX_REDIRECTS,
    Fetcher,
)
from collage_core.sources.http.host_breaker import (
    OPENS_AFTER,
    OPENS_AFTER_SECONDS,
    PROBE_SECONDS,
    HostBreaker,
)
from collage_core.sources.http.machine import Machine
from collage_core.sources.result import Failed, Fetched
from tests.support.clock import Clock
from tests.support.cover_host import (
    Answer,
    CoverHost,
    cover_host,
    drip,
    endless,
    redirect,
    refusing_port,
    reset,
    response,
    silence,
)
from tests.support.fetching import PLENTY, Sleeps, fetch

REPO = Path(__file__).resolve().parents[5]
BODY = b"the bytes of a cover"


@pytest.fixture
def host() -> Iterator[CoverHost]:
    with cover_host() as server:
        yield server


def test_a_cover_is_fetched(host: CoverHost) -> None:
    assert fetch(host.answer("/a.jpg", response(BODY))) == Fetched(BODY)


@pytest.mark.parametrize(
    "target",
    [
        "/a%2Bb.jpg?x-signature=q%3dw%3D%3d",
        "/tos-useast/~tplv-noop.image?x-expires=99999999999&x-signature=a+b/c|d^e`{f}",
        "/ünïcode/日本.jpg?q=é",
        "/a/../b/./c//d.jpg",
        "//twice.jpg",
        "/%7euser/%zz%",
        "/?",
        "/a?b?c",
        '/"<>\\',
    ],
)
def test_the_url_goes_out_byte_for_byte(host: CoverHost, target: str) -> None:
    fetch(host.url(target))
    assert host.request_lines == [b"GET " + target.encode() + b" HTTP/1.1"]


def test_the_fragment_is_not_sent(host: CoverHost) -> None:
    fetch(host.url("/a.jpg?q=1#part?x"))
    assert host.request_lines == [b"GET /a.jpg?q=1 HTTP/1.1"]


@pytest.mark.parametrize(("rest", "target"), [("", b"/"), ("?q=1", b"/?q=1"), ("#top", b"/")])
def test_an_empty_path_is_requested_as_a_slash(host: CoverHost, rest: str, target: bytes) -> None:
    fetch(host.url(rest))
    assert host.request_lines == [b"GET " + target + b" HTTP/1.1"]


def test_a_request_has_only_the_necessary_headers(host: CoverHost) -> None:
    fetch(host.answer("/a.jpg", response(BODY)))
    lines = host.heads[0].decode().split("\r\n")
    assert sorted(line.split(":")[0] for line in lines[1:] if line) == [
        "Accept",
        "Accept-Encoding",
        "Host",
        "User-Agent",
    ]
    assert f"Host: 127.0.0.1:{host.port}" in lines


@pytest.mark.parametrize(
    "url",
    [
        "ftp://127.0.0.1/a.jpg",
        "http:///a.jpg",
        "http://user:secret@127.0.0.1/a.jpg",
        "http://127.0.0.1/a b.jpg",
        "http://127.0.0.1/a\nHost: evil",
        "http://127.0.0.1\\@evil/",
        "http://127.0.0.1:99999/",
        "nonsense",
        "",
    ],
)
def test_a_url_that_cannot_be_requested_is_an_invalid_url(url: str) -> None:
    assert fetch(url) == Failed(Reason.INVALID_URL)


def test_an_expired_url_is_not_requested(host: CoverHost) -> None:
    url = host.url("/a.jpg?x-expires=1700000000&x-signature=s")
    assert fetch(url, now=lambda: 1_700_000_001.0) == Failed(Reason.EXPIRED_URL)
    assert host.heads == []


def test_a_url_that_expires_later_is_requested(host: CoverHost) -> None:
    host.answer("/a.jpg", response(BODY))
    url = host.url("/a.jpg?x-signature=s&x-expires=1700000000")
    assert fetch(url, now=lambda: 1_699_999_999.0) == Fetched(BODY)


class TestAddresses:
    def test_a_private_address_is_blocked_and_no_byte_is_sent_there(self, host: CoverHost) -> None:
        assert fetch(host.url("/a.jpg"), allowed=()) == Failed(Reason.BLOCKED_ADDRESS)
        assert host.connections == 0

    def test_a_host_outside_of_the_allowed_globs_is_blocked(self, host: CoverHost) -> None:
        blocked = fetch(host.url("/a.jpg"), allowed=("*.example",))
        assert blocked == Failed(Reason.BLOCKED_ADDRESS)
        assert host.connections == 0

    def test_the_address_that_was_checked_is_the_one_that_is_connected_to(
        self, host: CoverHost
    ) -> None:
        """DNS that changes its answer between the check and the connection."""
        answers = iter(["127.0.0.1", "10.0.0.1", "10.0.0.1"])

        def resolve(_host: str, port: int, **_: Any) -> list[tuple[Any, ...]]:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

        host.answer("/a.jpg", response(BODY))
        url = f"http://cdn.example:{host.port}/a.jpg"
        assert fetch(url, allowed=("cdn.example",), resolve=resolve) == Fetched(BODY)
        assert list(answers) == ["10.0.0.1", "10.0.0.1"]

    def test_a_name_is_checked_again_for_each_connection(self, host: CoverHost) -> None:
        """DNS that moves inside once a first cover was fetched."""
        answers = iter(["127.0.0.1", "169.254.169.254"])

        def resolve(_host: str, port: int, **_: Any) -> list[tuple[Any, ...]]:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

        host.answer("/a.jpg", response(BODY))
        url = f"http://cdn.example:{host.port}/a.jpg"
        machine = Machine(resolve=resolve)
        with Fetcher(["cdn.example"], ProcessingConfig(), machine=machine) as fetcher:
            assert fetcher.fetch(url, seconds_left=PLENTY) == Fetched(BODY)
            assert fetcher.fetch(url, seconds_left=PLENTY) == Failed(Reason.BLOCKED_ADDRESS)
        assert host.connections == 1

    def test_an_ipv6_host_is_requested_by_its_address(self) -> None:
        with cover_host(address="::1") as host:
            url = host.answer("/a.jpg", response(BODY))
            assert fetch(url, allowed=("::1",)) == Fetched(BODY)
            assert f"Host: [::1]:{host.port}".encode() in host.heads[0]
            assert fetch(url, allowed=("*",)) == Failed(Reason.BLOCKED_ADDRESS)
            assert host.connections == 1

    def test_a_dead_address_is_skipped(self, host: CoverHost) -> None:
        def resolve(_host: str, port: int, **_: Any) -> list[tuple[Any, ...]]:
            return [
                (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
                for address in ("127.0.0.2", "127.0.0.1")
            ]

        host.answer("/a.jpg", response(BODY))
        url = f"http://cdn.example:{host.port}/a.jpg"
        assert fetch(url, allowed=("cdn.example",), resolve=resolve) == Fetched(BODY)

    def test_an_unknown_name_is_a_dns_failure(self) -> None:
        assert fetch("http://nowhere.invalid/a.jpg", allowed=()) == Failed(Reason.DNS_FAILURE)

    def test_proxies_of_the_environment_are_not_used(
        self, host: CoverHost, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, "http://127.0.0.1:9")
        assert fetch(host.answer("/a.jpg", response(BODY))) == Fetched(BODY)


class TestRedirects:
    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_a_redirect_is_followed(self, host: CoverHost, status: int) -> None:
        host.answer("/b.jpg", response(BODY))
        assert fetch(host.answer("/a.jpg", redirect("/b.jpg?q=%3d", status))) == Fetched(BODY)
        assert host.request_lines[-1] == b"GET /b.jpg?q=%3d HTTP/1.1"

    def test_a_chain_is_followed_to_its_limit_and_not_further(self, host: CoverHost) -> None:
        for hop in range(MAX_REDIRECTS + 1):
            host.answer(f"/{hop}", redirect(host.url(f"/{hop + 1}")))
        host.answer(f"/{MAX_REDIRECTS + 1}", response(BODY))
        assert fetch(host.url("/1")) == Fetched(BODY)
        assert fetch(host.url("/0")) == Failed(Reason.TOO_MANY_REDIRECTS)

    @pytest.mark.parametrize(
        "target",
        [
            "http://localhost:{port}/b.jpg",
            "http://2130706433:{port}/b.jpg",
            "http://0x7f.1:{port}/b.jpg",
            "http://[::ffff:127.0.0.1]:{port}/b.jpg",
            "//localhost:{port}/b.jpg",
            "http://169.254.169.254/latest/meta-data/",
        ],
    )
    def test_a_redirect_to_a_private_address_is_blocked(self, host: CoverHost, target: str) -> None:
        url = host.answer("/a.jpg", redirect(target.format(port=host.port)))
        assert fetch(url, allowed=("127.0.0.1", "*")) == Failed(Reason.BLOCKED_ADDRESS)
        assert host.connections == 1

    @pytest.mark.parametrize(
        "target", ["ftp://127.0.0.1/", "http://u:p@127.0.0.1/", "http://[bad/", "\xff"]
    )
    def test_a_redirect_to_nowhere_has_its_status_as_the_reason(
        self, host: CoverHost, target: str
    ) -> None:
        answer = b"HTTP/1.1 302 x\r\nContent-Length: 0\r\nLocation: %b\r\n\r\n"
        host.answer("/%FF", response(b"", 404))
        url = host.answer("/a.jpg", answer % target.encode("latin-1"))
        assert fetch(url) == Failed("http_302")

    def test_an_invalid_redirect_is_a_failed_cover_not_a_rejected_row(
        self, host: CoverHost
    ) -> None:
        """A host name that is valid in a URL, but that IDNA cannot encode."""
        target = "http://-\u00e9-.example/"
        head = f"HTTP/1.1 302 x\r\nContent-Length: 0\r\nLocation: {target}\r\n\r\n"
        assert fetch(host.answer("/a.jpg", head.encode())) == Failed("http_302")
        assert fetch(target) == Failed(Reason.INVALID_URL)

    def test_the_body_of_a_redirect_is_not_read_to_its_end(self, host: CoverHost) -> None:
        head = f"HTTP/1.1 302 x\r\nLocation: {host.url('/b.jpg')}\r\n\r\n".encode()
        host.answer("/b.jpg", response(BODY))
        assert fetch(host.answer("/a.jpg", endless(head, b"x" * 65536))) == Fetched(BODY)

    def test_cookies_are_not_kept(self, host: CoverHost) -> None:
        url = host.answer(
            "/a.jpg", redirect("/b.jpg").replace(b"\r\n", b"\r\nSet-Cookie: a=b\r\n", 1)
        )
        fetch(url)
        assert not any(b"ookie" in head for head in host.heads)


class TestRetries:
    @pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 416, 451])
    def test_permanent_statuses_are_not_retried(self, host: CoverHost, status: int) -> None:
        url = host.answer("/a.jpg", response(b"no", status))
        assert fetch(url, retries=3) == Failed(f"http_{status}")
        assert host.requests["/a.jpg"] == 1

    @pytest.mark.parametrize(
        ("answer", "reason"),
        [
            (response(b"", 408), "http_408"),
            (response(b"", 429), "http_429"),
            (response(b"", 500), "http_500"),
            (response(b"", 503), "http_503"),
            (reset, "connect_failure"),
            (b"not HTTP at all\r\n\r\n", "connect_failure"),
            (response(b"half", Content_Length="99"), "truncated_image"),
        ],
    )
    def test_transient_failures_are_retried_up_to_the_limit(
        self, host: CoverHost, answer: Answer, reason: str
    ) -> None:
        assert fetch(host.answer("/a.jpg", answer), retries=2) == Failed(reason)
        assert host.requests["/a.jpg"] == 3

    def test_a_retry_that_succeeds_fetches_the_cover(self, host: CoverHost) -> None:
        url = host.answer("/a.jpg", response(b"", 500), reset, response(BODY))
        assert fetch(url, retries=3) == Fetched(BODY)

    def test_waits_between_tries_double_and_are_shortened_by_up_to_a_half(
        self, host: CoverHost
    ) -> None:
        url = host.answer("/a.jpg", response(b"", 500))
        longest, shortest = Sleeps(), Sleeps()
        fetch(url, retries=3, timeout=60, sleep=longest, jitter=lambda: 0.0)
        fetch(url, retries=3, timeout=60, sleep=shortest, jitter=lambda: 1.0)
        assert longest == [BACKOFF_SECONDS, 2 * BACKOFF_SECONDS, 4 * BACKOFF_SECONDS]
        assert shortest == [seconds / 2 for seconds in longest]

    @pytest.mark.parametrize(
        ("value", "seconds"),
        [
            ("7", 7.0),
            (formatdate(1_700_000_009, usegmt=True), 9.0),
            ("20", LONGEST_WAIT_SECONDS),
            (formatdate(1_600_000_000, usegmt=True), BACKOFF_SECONDS),
            ("soon", BACKOFF_SECONDS),
            ("-5", BACKOFF_SECONDS),
            ("", BACKOFF_SECONDS),
        ],
    )
    def test_retry_after_is_honoured(self, host: CoverHost, value: str, seconds: float) -> None:
        host.answer("/a.jpg", response(b"", 429, Retry_After=value), response(BODY))
        clock = Clock()
        fetched = fetch(
            host.url("/a.jpg"),
            retries=1,
            timeout=60,
            clock=clock,
            sleep=clock.sleep,
            jitter=lambda: 0.0,
            now=lambda: 1_700_000_000.0,
        )
        assert fetched == Fetched(BODY)
        assert clock.seconds == seconds

    @pytest.mark.parametrize(
        "value", ["21", "86400", formatdate(1_800_000_000, usegmt=True), "9" * 400]
    )
    @pytest.mark.parametrize("seconds_left", [PLENTY, 3.0])
    def test_a_long_retry_after_is_not_retried(
        self, host: CoverHost, value: str, seconds_left: float
    ) -> None:
        url = host.answer("/a.jpg", response(b"", 503, Retry_After=value), response(BODY))
        failed = fetch(
            url, retries=3, timeout=60, seconds_left=seconds_left, now=lambda: 1_700_000_000.0
        )
        assert failed == Failed("http_503")
        assert host.requests["/a.jpg"] == 1

    def test_a_temporary_lookup_failure_is_retried(self, host: CoverHost) -> None:
        lookups = 0

        def resolve(_host: str, port: int, **_: Any) -> list[tuple[Any, ...]]:
            nonlocal lookups
            lookups += 1
            if lookups < 3:
                raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

        host.answer("/a.jpg", response(BODY))
        url = f"http://cdn.example:{host.port}/a.jpg"
        allowed = ("cdn.example",)
        assert fetch(url, retries=1, allowed=allowed, resolve=resolve) == Failed(Reason.DNS_FAILURE)
        assert fetch(url, retries=1, allowed=allowed, resolve=resolve) == Fetched(BODY)

    def test_an_unknown_name_is_looked_up_once(self) -> None:
        lookups = 0

        def resolve(*_: Any, **__: Any) -> list[tuple[Any, ...]]:
            nonlocal lookups
            lookups += 1
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

        failed = fetch("http://nowhere.example/", retries=3, allowed=(), resolve=resolve)
        assert failed == Failed(Reason.DNS_FAILURE)
        assert lookups == 1

    def test_a_retry_is_in_the_debug_log_without_the_signature(
        self, host: CoverHost, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG, logger="collage_core")
        url = host.answer("/a.jpg", response(b"", 500), response(BODY))
        fetch(f"{url}?x-signature=secret", retries=1, jitter=lambda: 0.0)
        assert f"http_500 for {url}: again in 0.5 s" in caplog.text
        assert "secret" not in caplog.text

    def test_a_wait_beyond_the_deadline_is_not_begun(self, host: CoverHost) -> None:
        url = host.answer("/a.jpg", response(b"", 429, Retry_After="15"))
        sleeps = Sleeps()
        assert fetch(url, retries=3, timeout=2, sleep=sleeps) == Failed("http_429")
        assert sleeps == []

    def test_running_out_of_time_is_distinguished_from_a_failed_cover(
        self, host: CoverHost
    ) -> None:
        url = host.answer("/a.jpg", response(b"", 429, Retry_After="15"))
        assert fetch(url, retries=3, seconds_left=3.0) == Failed(Reason.OUT_OF_TIME)
        assert fetch(host.answer("/b.jpg", silence), seconds_left=0.3) == Failed(Reason.OUT_OF_TIME)

    def test_without_time_no_request_is_made(self, host: CoverHost) -> None:
        assert fetch(host.url("/a.jpg"), seconds_left=0.0) == Failed(Reason.OUT_OF_TIME)
        assert host.connections == 0


class TestBounds:
    """Each of these must end by itself; a second is the shortest timeout there is."""

    @pytest.mark.parametrize(
        "answer",
        [
            silence,
            drip(b"", b"HTTP/1.1 200 OK", seconds=0.05),
            drip(b"HTTP/1.1 200 OK\r\n", b"X-Header: y\r\n", seconds=0.02),
            drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n", seconds=0.005),
            drip(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b"x", seconds=0.05),
            drip(
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
                b"1\r\nx\r\n",
                seconds=0.01,
            ),
        ],
        ids=["silence", "status", "headers", "100-continue", "body", "chunks"],
    )
    def test_a_slow_server_reaches_the_deadline(self, host: CoverHost, answer: Answer) -> None:
        start = time.monotonic()
        assert fetch(host.answer("/a.jpg", answer), timeout=1) == Failed(Reason.TIMEOUT)
        assert 0.9 < time.monotonic() - start < 30

    @pytest.mark.parametrize(
        "answer",
        [
            drip(b"HTTP/1.1 404 No\r\nContent-Length: 9999\r\n\r\n", b"x", seconds=0.05),
            endless(b"HTTP/1.1 404 No\r\n\r\n", b"x" * 65536),
            response(b"cut off", 404, Content_Length="9999"),
        ],
        ids=["drip", "endless", "cut off"],
    )
    @pytest.mark.thorough
    def test_a_slow_error_page_does_not_delay_its_status(
        self, host: CoverHost, answer: Answer
    ) -> None:
        assert fetch(host.answer("/a.jpg", answer), timeout=1, retries=3) == Failed("http_404")
        assert host.requests["/a.jpg"] == 1

    @pytest.mark.thorough
    def test_all_attempts_together_have_twice_the_timeout(self, host: CoverHost) -> None:
        start = time.monotonic()
        failed = fetch(host.answer("/a.jpg", silence), timeout=1, retries=10, sleep=time.sleep)
        assert failed == Failed(Reason.TIMEOUT)
        assert time.monotonic() - start > 1
        assert host.requests["/a.jpg"] <= 2

    def test_a_body_of_the_limit_is_accepted_and_one_byte_more_is_not(
        self, host: CoverHost
    ) -> None:
        body = b"x" * (MAX_BODY_BYTES + 1)
        assert fetch(host.answer("/a", response(body[:-1]))) == Fetched(body[:-1])
        assert fetch(host.answer("/b", response(body))) == Failed(Reason.TOO_LARGE)

    @pytest.mark.parametrize(
        "answer",
        [
            endless(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65536),
            endless(
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
                b"1000\r\n" + b"x" * 4096 + b"\r\n",
            ),
            response(b"x", Content_Length=str(50 * 1024 * 1024)),
        ],
        ids=["until closed", "chunked", "announced"],
    )
    def test_a_body_without_end_is_too_large(self, host: CoverHost, answer: Answer) -> None:
        assert fetch(host.answer("/a.jpg", answer)) == Failed(Reason.TOO_LARGE)

    @pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
    def test_a_decompression_bomb_is_too_large_before_it_is_unpacked(self, host: CoverHost) -> None:
        packer = zlib.compressobj(1, wbits=31)
        bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(300)) + packer.flush()
        url = host.answer("/a.jpg", response(bomb, Content_Encoding="gzip"))
        finished = subprocess.run(  # noqa: S603  our own program
            [sys.executable, "-m", "tests.support.fetching_memory", url, "1"],
            cwd=REPO,
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        reason, taken = finished.stdout.split()
        assert reason == Reason.TOO_LARGE
        assert int(taken) < 50_000_000, "of 300 MB"

    def test_a_compressed_body_is_decompressed(self, host: CoverHost) -> None:
        url = host.answer("/a.jpg", response(gzip.compress(BODY), Content_Encoding="gzip"))
        assert fetch(url) == Fetched(BODY)

    def test_a_body_that_only_claims_to_be_compressed_is_not_an_image(
        self, host: CoverHost
    ) -> None:
        url = host.answer("/a.jpg", response(b"plain", Content_Encoding="gzip"))
        assert fetch(url) == Failed(Reason.NOT_AN_IMAGE)

    def test_bytes_after_the_announced_end_are_left_out(self, host: CoverHost) -> None:
        assert fetch(host.answer("/a.jpg", response(BODY) + b"trailing")) == Fetched(BODY)


class TestRoom:
    """Bodies that many threads hold at once."""

    LARGE = b"x" * (14 * 1024 * 1024)

    @pytest.mark.parametrize("announced", [True, False])
    def test_large_bodies_in_memory_are_bounded_over_all_threads(
        self, host: CoverHost, announced: bool
    ) -> None:
        answer = response(self.LARGE)
        if not announced:
            answer = answer.replace(b"Content-Length", b"X-Length", 1)
        url = host.answer("/a.jpg", answer)
        in_memory, most, lock = 0, 0, threading.Lock()
        with Fetcher(["127.0.0.1"], ProcessingConfig()) as fetcher:

            def hold_for_a_moment(_: int) -> None:
                nonlocal in_memory, most
                fetched = fetcher.fetch(url, seconds_left=PLENTY)
                assert isinstance(fetched, Fetched)
                with fetched.room:
                    with lock:
                        in_memory += len(fetched.body)
                        most = max(most, in_memory)
                    time.sleep(0.05)
                    with lock:
                        in_memory -= len(fetched.body)

            with ThreadPoolExecutor(8) as pool:
                list(pool.map(hold_for_a_moment, range(12)))
        assert len(self.LARGE) < most <= LARGE_BODIES_BYTES

    def test_small_bodies_pass_by_large_ones_that_wait(self, host: CoverHost) -> None:
        large = host.answer("/large.jpg", response(self.LARGE))
        small = host.answer("/small.jpg", response(b"x" * SMALL_BODY_BYTES))
        with Fetcher(["127.0.0.1"], ProcessingConfig()) as fetcher:
            kept = [fetcher.fetch(large, seconds_left=PLENTY) for _ in range(2)]
            with ThreadPoolExecutor(1) as pool:
                waiting = pool.submit(fetcher.fetch, large, seconds_left=PLENTY)
                fetched = fetcher.fetch(small, seconds_left=PLENTY)
                assert not waiting.done()
                assert isinstance(kept[0], Fetched)
                with kept[0].room:
                    pass  # its room goes to the one that waits
                assert waiting.result(5) == Fetched(self.LARGE)
        assert fetched == Fetched(b"x" * SMALL_BODY_BYTES)

    @pytest.mark.thorough
    def test_waiting_for_memory_times_out_without_blaming_the_host(self, host: CoverHost) -> None:
        url = host.answer("/a.jpg", response(self.LARGE))
        with Fetcher(["127.0.0.1"], ProcessingConfig(timeout=1, max_retries=0)) as fetcher:
            kept = [fetcher.fetch(url, seconds_left=PLENTY) for _ in range(2)]
            start = time.monotonic()
            assert fetcher.fetch(url, seconds_left=PLENTY) == Failed(Reason.TIMEOUT)
            assert fetcher.fetch(url, seconds_left=0.5) == Failed(Reason.OUT_OF_TIME)
            assert 1.4 < time.monotonic() - start < 30
            assert fetcher._breaker._outages == {}
        assert kept == [Fetched(self.LARGE)] * 2

    @pytest.mark.thorough
    def test_waiting_for_memory_does_not_reset_a_failing_host(self, host: CoverHost) -> None:
        url = host.answer("/a.jpg", response(self.LARGE))
        with Fetcher(["127.0.0.1"], ProcessingConfig(timeout=1, max_retries=0)) as fetcher:
            kept = [fetcher.fetch(url, seconds_left=PLENTY) for _ in range(2)]
            fetcher._breaker.failed(host.url(""))
            assert fetcher.fetch(url, seconds_left=PLENTY) == Failed(Reason.TIMEOUT)
            assert list(fetcher._breaker._outages) == [host.url("")]
        assert kept == [Fetched(self.LARGE)] * 2

    def test_a_failed_attempt_frees_its_memory(self, host: CoverHost) -> None:
        cut_off = response(self.LARGE[:-1]).replace(
            str(len(self.LARGE) - 1).encode(), str(len(self.LARGE)).encode()
        )
        url = host.answer("/a.jpg", *[cut_off] * 3, response(self.LARGE))
        assert fetch(url, retries=3) == Fetched(self.LARGE)


URL_CHARACTERS = "aZ0-_.~:/?#[]@!$&'()*+,;=%|\\\"<>^`{} \t\n\0é日℀\u2028🎬"


class TestAnything:
    @given(rest=st.text(URL_CHARACTERS, max_size=30), scheme=st.sampled_from(["http", "HTTPS"]))
    @settings(max_examples=500)
    @example(rest="[:::::]/a", scheme="http")
    @example(rest="ex℀mple.com/a", scheme="http")
    def test_no_url_makes_it_raise(self, nameless_fetcher: Fetcher, rest: str, scheme: str) -> None:
        result = nameless_fetcher.fetch(f"{scheme}://{rest}", seconds_left=PLENTY)
        assert result in (Failed(Reason.INVALID_URL), Failed(Reason.DNS_FAILURE))

    @given(data=st.data())
    @settings(max_examples=300)
    def test_no_answer_makes_it_raise(
        self, loud_host: CoverHost, patient_fetcher: Fetcher, data: st.DataObject
    ) -> None:
        line = st.sampled_from(
            [
                b"Content-Length: 5",
                b"Content-Length: -1",
                b"Content-Length: " + b"9" * 5000,
                b"Content-Length: \xb2",
                b"Content-Length: 5, 6",
                b"Transfer-Encoding: chunked",
                b"Transfer-Encoding: gzip, chunked",
                b"Content-Encoding: gzip, br, zstd, deflate, x",
                b"Content-Encoding: deflate",
                b"Content-Encoding: zstd",
                b"Location: /b.jpg",
                b"Location: http://[:::]/",
                b"Location: http://ex\xe2\x84\x80mple/",
                b"Location: \xff\xfe",
                b"Location:",
                b"Retry-After: " + b"9" * 5000,
                b"Retry-After: \xb2",
                b"Retry-After: Fri, 99 Foo 99999 99:99:99 GMT",
                b"Set-Cookie: a=b; Max-Age=x; Expires=y",
                b"no colon",
                b" folded",
                b": nameless",
                b"X-\x00: \x01",
            ]
        )
        status = data.draw(st.sampled_from([b"200", b"206", b"302", b"304", b"429", b"999", b"x"]))
        lines = data.draw(st.lists(line, max_size=4))
        body = data.draw(st.sampled_from([b"", b"hello", b"5\r\nhello\r\n0\r\n\r\n", b"zz\r\n"]))
        head = b"\r\n".join([b"HTTP/1.1 " + status + b" Whatever", *lines, b"Connection: close"])
        url = loud_host.answer("/a.jpg", head + b"\r\n\r\n" + body)
        result = patient_fetcher.fetch(url, seconds_left=PLENTY)
        assert isinstance(result, Fetched) or is_reason(result.reason)


@pytest.fixture(scope="module")
def nameless_fetcher() -> Iterator[Fetcher]:
    """One for whom no name exists."""

    def resolve(*_: Any, **__: Any) -> list[tuple[Any, ...]]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    machine = Machine(sleep=Sleeps(), resolve=resolve)
    with Fetcher((), ProcessingConfig(max_retries=0), machine=machine) as fetcher:
        yield fetcher


@pytest.fixture(scope="module")
def patient_fetcher() -> Iterator[Fetcher]:
    """One that keeps requesting a host, whatever it answered before."""
    with Fetcher(["127.0.0.1"], ProcessingConfig(max_retries=0, timeout=1)) as fetcher:
        fetcher._breaker = HostBreaker(clock=lambda: 0.0)  # no outage ever lasts
        yield fetcher


@pytest.fixture(scope="module")
def loud_host() -> Iterator[CoverHost]:
    with cover_host() as server:
        yield server


def test_connections_are_reused(host: CoverHost) -> None:
    alive = response(BODY, Connection="keep-alive")
    gone = response(b"no such cover", 404, Connection="keep-alive")
    urls = [host.answer("/a.jpg", alive), host.answer("/b.jpg", gone), host.url("/a.jpg")]
    with Fetcher(["127.0.0.1"], ProcessingConfig()) as fetcher:
        for url in urls:
            fetcher.fetch(url, seconds_left=PLENTY)
    assert host.connections == 1


def test_a_dead_host_is_given_up_and_its_other_covers_fail_at_once(host: CoverHost) -> None:
    clock = Clock()
    config, machine = ProcessingConfig(max_retries=0), Machine(clock=clock)
    with (
        refusing_port() as dead,
        Fetcher(["127.0.0.1"], config, machine=machine) as fetcher,
    ):
        reasons = []
        for number in range(OPENS_AFTER + 2):
            url = f"http://127.0.0.1:{dead}/{number}.jpg"
            reasons.append(fetcher.fetch(url, seconds_left=PLENTY))
            clock.seconds += OPENS_AFTER_SECONDS / (OPENS_AFTER - 2)
        alive = fetcher.fetch(host.answer("/a.jpg", response(BODY)), seconds_left=PLENTY)
    assert reasons == [
        *[Failed(Reason.CONNECT_FAILURE)] * OPENS_AFTER,
        *[Failed(Reason.HOST_UNAVAILABLE)] * 2,
    ]
    assert alive == Fetched(BODY)


def test_a_cover_keeps_its_reason_when_its_host_is_given_up() -> None:
    """As many tries as give a host up, over more than its seconds, and one more."""
    clock = Clock()
    machine = Machine(clock=clock, sleep=clock.sleep, jitter=lambda: 0.0)
    config = ProcessingConfig(max_retries=OPENS_AFTER, timeout=60)
    with (
        refusing_port() as dead,
        Fetcher(["127.0.0.1"], config, machine=machine) as fetcher,
    ):
        url = f"http://127.0.0.1:{dead}/a.jpg"
        assert fetcher.fetch(url, seconds_left=PLENTY) == Failed(Reason.CONNECT_FAILURE)
        assert fetcher.fetch(url, seconds_left=PLENTY) == Failed(Reason.HOST_UNAVAILABLE)


def test_a_short_outage_of_a_resolver_costs_no_cover(host: CoverHost) -> None:
    """Two thousand covers of one host, whose name cannot be looked up for 0.3 seconds."""
    heals_at = time.monotonic() + 0.3

    def resolve(_host: str, port: int, **_: Any) -> list[tuple[Any, ...]]:
        if time.monotonic() < heals_at:
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    host.answer("/a.jpg", response(BODY, Connection="keep-alive"))
    url = f"http://cdn.example:{host.port}/a.jpg"
    machine = Machine(resolve=resolve)
    with (
        Fetcher(["cdn.example"], ProcessingConfig(), machine=machine) as fetcher,
        ThreadPoolExecutor(8) as pool,
    ):
        found = list(pool.map(lambda _: fetcher.fetch(url, seconds_left=PLENTY), range(2000)))
    assert found == [Fetched(BODY)] * 2000


@pytest.mark.parametrize(
    "answer",
    [
        response(b"plain", Content_Encoding="gzip"),
        response(b"half", Content_Length="99"),
        redirect("http://localhost/"),
    ],
    ids=["not what it claims", "cut off", "to a blocked address"],
)
def test_any_answer_of_a_host_closes_its_breaker(host: CoverHost, answer: Answer) -> None:
    odd, sound = host.answer("/odd.jpg", answer), host.answer("/a.jpg", response(BODY))
    clock = Clock()
    config, machine = ProcessingConfig(max_retries=0), Machine(clock=clock)
    with Fetcher(["127.0.0.1"], config, machine=machine) as fetcher:
        for _ in range(OPENS_AFTER):
            fetcher._breaker.failed(host.url(""))
            clock.seconds += OPENS_AFTER_SECONDS
        assert fetcher.fetch(sound, seconds_left=PLENTY) == Failed(Reason.HOST_UNAVAILABLE)
        clock.seconds += PROBE_SECONDS
        assert fetcher.fetch(odd, seconds_left=PLENTY) != Failed(Reason.HOST_UNAVAILABLE)
        assert fetcher.fetch(sound, seconds_left=PLENTY) == Fetched(BODY)
