"""Answers that are made to break a client, not sent by a server in trouble."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from socket import socket

import pytest

from collage_core.contract.config import ProcessingConfig
from collage_core.contract.reasons import Reason
from collage_core.sources.http.fetcher import Fetcher
from collage_core.sources.http.transport import MAX_HEADER_BYTES
from collage_core.sources.result import Failed, Fetched
from local.folder import REPO
from tests.support.cover_host import CoverHost, cover_host, endless, response
from tests.support.fetching import PLENTY, fetch

CHUNKED = b"HTTP/1.1 200 Whatever\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.fixture
def host() -> Iterator[CoverHost]:
    with cover_host() as server:
        yield server


@pytest.mark.parametrize(
    "header",
    [
        "multipart/x; boundary*=a; boundary*0=b",
        f"multipart/x; boundary*{'9' * 5000}=b",
        "multipart/x; boundary*=idna''%ff",
    ],
    ids=["mixed", "numbered", "encoded"],
)
def test_headers_that_break_the_parser_cost_one_cover(host: CoverHost, header: str) -> None:
    url = host.answer("/a.jpg", response(b"cover", Content_Type=header))
    assert fetch(url) == Failed(Reason.CONNECT_FAILURE)


@pytest.mark.parametrize("size", [b"-1", b"-5", b"-" + b"9" * 30])
def test_a_negative_chunk_size_counts_as_a_truncated_body(host: CoverHost, size: bytes) -> None:
    url = host.answer("/a.jpg", CHUNKED + size + b"\r\n" + b"cover" * 100)
    assert fetch(url) == Failed(Reason.TRUNCATED_IMAGE)


@pytest.mark.parametrize("line", [b"X-More: " + b"x" * 60_000, b"X-More: y"])
def test_headers_are_bounded(host: CoverHost, line: bytes) -> None:
    head = b"HTTP/1.1 200 Whatever\r\n" + (line + b"\r\n") * (MAX_HEADER_BYTES // len(line) + 1)
    url = host.answer("/a.jpg", head + b"\r\ncover")
    assert fetch(url) == Failed(Reason.CONNECT_FAILURE)


def test_interim_1xx_responses_are_bounded(host: CoverHost) -> None:
    url = host.answer("/a.jpg", endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n"))
    assert fetch(url) == Failed(Reason.CONNECT_FAILURE)


def test_headers_of_usual_size_are_read_on_every_response(
    host: CoverHost,
) -> None:
    policy = "x" * (MAX_HEADER_BYTES - 1000)
    url = host.answer("/a.jpg", response(b"cover" * 50_000, Connection="keep-alive", CSP=policy))
    with Fetcher(["127.0.0.1"], ProcessingConfig()) as fetcher:
        for _ in range(3):
            assert fetcher.fetch(url, seconds_left=PLENTY) == Fetched(b"cover" * 50_000)
    assert host.connections == 1


def many_large_headers(connection: socket) -> None:
    connection.sendall(b"HTTP/1.1 200 Whatever\r\n")
    for _ in range(98):
        connection.sendall(b"X-More: " + b"x" * 65_000 + b"\r\n")
    connection.sendall(b"Content-Length: 0\r\n\r\n")


def chunk_without_end(connection: socket) -> None:
    connection.sendall(CHUNKED + b"-1\r\n")
    for _ in range(100):
        connection.sendall(b"x" * 1024 * 1024)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("answer", [many_large_headers, chunk_without_end])
def test_hostile_answers_to_all_downloads_at_once_take_little_memory(
    host: CoverHost, answer: Callable[[socket], None]
) -> None:
    url = host.answer("/a.jpg", answer)
    command = [sys.executable, "-m", "tests.support.fetching_memory", url, "64"]
    became, taken = subprocess.check_output(command, cwd=REPO, text=True).split()  # noqa: S603  our own program
    assert int(taken) < 60_000_000
    assert became in {Reason.CONNECT_FAILURE, Reason.TRUNCATED_IMAGE}


def test_no_warning_of_a_library_shows_a_signature(
    host: CoverHost, caplog: pytest.LogCaptureFixture
) -> None:
    odd = b"HTTP/1.1 200 Whatever\r\nConnection: close\r\nno colon\r\n\r\ncover"
    with caplog.at_level("DEBUG"):
        fetch(host.answer("/a.jpg", odd) + "?x-signature=canary")
    assert "Failed to parse headers" in caplog.text  # or this would show nothing
    assert "canary" not in caplog.text
    assert b"x-signature=canary" in host.request_lines[0]


def test_the_expiry_of_a_redirects_target_is_checked(host: CoverHost) -> None:
    target = host.answer("/b.jpg", response(b"cover")) + "?x-expires=1"
    moved = response(b"moved", 302, Location=target)
    assert fetch(host.answer("/a.jpg", moved)) == Failed(Reason.EXPIRED_URL)
    assert set(host.requests) == {"/a.jpg"}


def test_a_redirect_to_a_whole_url_goes_out_byte_for_byte(host: CoverHost) -> None:
    target = host.answer("/b.jpg", response(b"cover")) + "?"
    moved = response(b"moved", 302, Location=target)
    assert fetch(host.answer("/a.jpg", moved)) == Fetched(b"cover")
    assert host.request_lines[-1] == b"GET /b.jpg? HTTP/1.1"


def test_connections_to_many_hosts_are_reused() -> None:
    """A CDN spreads its covers over more names than urllib3 keeps pools for by itself."""
    alive = response(b"cover", Connection="keep-alive")
    with ExitStack() as stack:
        hosts = [stack.enter_context(cover_host()) for _ in range(20)]
        urls = [host.answer("/a.jpg", alive) for host in hosts]
        with Fetcher(["127.0.0.1"], ProcessingConfig()) as fetcher:
            for url in urls * 3:
                assert fetcher.fetch(url, seconds_left=PLENTY) == Fetched(b"cover")
        assert [host.connections for host in hosts] == [1] * 20
