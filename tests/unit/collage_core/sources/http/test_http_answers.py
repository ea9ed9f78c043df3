"""Answers that are odd but meant well, and what becomes of the cover and of the connection."""

import gzip
import time
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from socket import SHUT_WR, socket

import pytest

from collage_core.contract.config import ProcessingConfig
from collage_core.contract.reasons import Reason
from collage_core.sources.http.fetcher import Fetcher
from collage_core.sources.http.machine import Machine
from collage_core.sources.http.redirects import MAX_COOKIE_BYTES, MAX_COOKIES
from collage_core.sources.http.response import MAX_INTERIM_RESPONSES
from collage_core.sources.result import Failed, Fetched
from tests.support.certificates import Authority
from tests.support.cover_host import Answer, CoverHost, cover_host, reset, response
from tests.support.fetching import PLENTY, Sleeps, fetch

BODY = b"the bytes of a cover"
OTHER = b"another cover's bytes"
LENGTH = b"Content-Length: %d" % len(BODY)
HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"


def answer(*lines: bytes, body: bytes = BODY, status: bytes = b"HTTP/1.1 200 OK") -> bytes:
    """An answer of just these header lines; it says nothing of the connection."""
    return b"\r\n".join([status, *lines, b"", body])


def then_close(sent: bytes) -> Answer:
    """Ends the connection behind the bytes, without having said so."""

    def send(connection: socket) -> None:
        connection.sendall(sent)

    return send


def then_stay(sent: bytes) -> Answer:
    """Keeps the connection, whatever the bytes say of it."""

    def send(connection: socket) -> bool:
        connection.sendall(sent)
        return True

    return send


WHOLE = answer(LENGTH)
CHUNKED = b"Transfer-Encoding: chunked"
CHUNKS = b"8\r\nthe byte\r\nC\r\ns of a cover\r\n0\r\n\r\n"


def raw_deflated(body: bytes) -> bytes:
    """Without zlib's frame, as some servers send what they call deflate."""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


def chunked(body: bytes) -> bytes:
    return b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)


@pytest.fixture
def host() -> Iterator[CoverHost]:
    with cover_host() as server:
        yield server


@dataclass(frozen=True, slots=True)
class Odd:
    """An answer that a host gives to the first of two covers, over a connection that it keeps."""

    name: str
    answer: Answer
    becomes: bytes | str = BODY
    """The body, or the reason."""
    connections: int = 2
    """1 when the second cover may come over the same connection."""


ODD = [
    Odd("as it should be", WHOLE, connections=1),
    Odd("in chunks", answer(CHUNKED, body=CHUNKS), connections=1),
    # Interim responses.
    Odd("early hints", HINTS + WHOLE, connections=1),
    Odd("every 1xx but 101", b"".join(
        b"HTTP/1.1 %d Wait\r\nContent-Length: 5\r\n\r\n" % status
        for status in (100, 102, 103, 104, 199)
    ) + WHOLE, connections=1),
    Odd("as many as are waited for", HINTS * MAX_INTERIM_RESPONSES + WHOLE, connections=1),
    Odd("one too many", HINTS * (MAX_INTERIM_RESPONSES + 1) + WHOLE, "connect_failure"),
    Odd("hints and no more", then_close(HINTS), "connect_failure"),
    Odd("another protocol", answer(b"Upgrade: h2c", status=b"HTTP/1.1 101 Switch"), "http_101"),
    # Blanks and folds.
    Odd("blanks around a length", answer(b"Content-Length: \t %d \t" % len(BODY)), connections=1),
    Odd("a blank behind chunked", answer(CHUNKED + b" ", body=CHUNKS), connections=1),
    Odd("a blank before the colon", answer(LENGTH.replace(b":", b" :"))),
    Odd("a folded line", answer(LENGTH.replace(b": ", b":\r\n\t"))),
    Odd("a fold with nothing before it", answer(b" folded", LENGTH)),
    Odd("a line that is no header", answer(b"no colon", LENGTH)),
    Odd("line feeds alone", WHOLE.replace(b"\r\n", b"\n")),
    Odd("a lone return in a header", answer(b"X: y\rContent-Length: 3", LENGTH)),
    Odd("101 headers", answer(*[b"X-%d: y" % n for n in range(100)], LENGTH), connections=1),
    Odd("5000 headers", answer(*[b"X: y"] * 5000, LENGTH), connections=1),
    Odd("headers that break off", then_close(WHOLE.partition(b"\r\n\r\n")[0] + b"\r\n"),
        "connect_failure"),
    # Status lines.
    Odd("no status line", then_close(BODY), "connect_failure"),
    Odd("no phrase", answer(LENGTH, status=b"HTTP/1.1 200"), connections=1),
    Odd("a signed status", answer(LENGTH, status=b"HTTP/1.1 +200 OK"), "connect_failure"),
    Odd("another HTTP", answer(LENGTH, status=b"HTTP/3 200 OK"), "connect_failure"),
    Odd("HTTP/1.0", answer(LENGTH, status=b"HTTP/1.0 200 OK")),
    Odd("HTTP/1.0 kept alive",
        answer(LENGTH, b"Connection: Keep-Alive", status=b"HTTP/1.0 200 OK"), connections=1),
    Odd("HTTP/1.0 with a hint", answer(LENGTH, b"Keep-Alive: 5", status=b"HTTP/1.0 200 OK")),
    Odd("HTTP/1.0 in chunks", answer(CHUNKED, body=CHUNKS, status=b"HTTP/1.0 200 OK")),
    # Lengths.
    Odd("one length twice", answer(LENGTH, LENGTH), connections=1),
    Odd("one length twice in a line", answer(LENGTH + b", %d" % len(BODY)), connections=1),
    Odd("two lengths", answer(LENGTH, b"Content-Length: 3"), "connect_failure"),
    Odd("two lengths in a line", answer(b"Content-Length: 3, 20"), "connect_failure"),
    Odd("a negative length", then_close(answer(b"Content-Length: -1"))),
    Odd("a signed length", then_close(answer(b"Content-Length: +20"))),
    Odd("a length in words", then_close(answer(b"Content-Length: twenty"))),
    Odd("a length with an underscore", then_close(answer(b"Content-Length: 2_0"))),
    Odd("no length", then_close(answer(b"Content-Length:"))),
    Odd("a length and chunks", answer(b"Content-Length: 3", CHUNKED, body=CHUNKS)),
    Odd("more than announced", answer(b"Content-Length: 9"), BODY[:9]),
    Odd("the answer twice", WHOLE + WHOLE),
    Odd("another answer behind it", WHOLE + answer(b"Content-Length: 21", body=OTHER)),
    Odd("hints behind it", WHOLE + HINTS),
    Odd("a line end behind it", WHOLE + b"\r\n"),
    Odd("no content, and then some", answer(LENGTH, status=b"HTTP/1.1 204 No"), b""),
    Odd("not modified, and then some", answer(LENGTH, status=b"HTTP/1.1 304 No"), "http_304"),
    Odd("a long error page", answer(
        b"Content-Length: 99999", body=b"x" * 99_999, status=b"HTTP/1.1 404 No"), "http_404"),
    Odd("too large", answer(b"Content-Length: 99999999", body=b"x" * 999_999), "too_large"),
    Odd("closed in mid-body", then_close(answer(b"Content-Length: 99")), "truncated_image"),
    Odd("a close that is announced", answer(LENGTH, b"Connection: x", b"Connection: Close")),
    # Chunks.
    Odd("a chunk of 0x8", answer(CHUNKED, body=b"0x8\r\n" + CHUNKS[3:]), "truncated_image"),
    Odd("a signed chunk", answer(CHUNKED, body=b"+8\r\n" + CHUNKS[3:]), "truncated_image"),
    Odd("a chunk that is longer", answer(CHUNKED, body=b"7" + CHUNKS[1:]), "truncated_image"),
    Odd("an extension", answer(CHUNKED, body=b"8;x=y\r\n" + CHUNKS[3:]), connections=1),
    Odd("line feeds between chunks", answer(CHUNKED, body=CHUNKS.replace(b"\r\n", b"\n"))),
    Odd("a trailer", answer(CHUNKED, body=CHUNKS[:-2] + b"Expires: 0\r\n\r\n")),
    Odd("no end behind the last chunk", answer(CHUNKED, body=CHUNKS[:-2])),
    Odd("an answer for a trailer", answer(CHUNKED, body=CHUNKS[:-2] + WHOLE)),
    Odd("an answer behind the chunks", answer(CHUNKED, body=CHUNKS + WHOLE)),
    Odd("garbage behind the chunks", answer(CHUNKED, body=CHUNKS + b"\r\n")),
    Odd("chunked twice", answer(CHUNKED, CHUNKED, body=CHUNKS)),
    Odd("chunked, not last", answer(CHUNKED + b", gzip", body=CHUNKS), "connect_failure"),
    # Compression that was not asked for.
    *(
        Odd(f"{name} by {coding}", answer(b"%b: %b" % (name.encode(), coding.encode()),
            b"Content-Length: %d" % len(packed), body=packed), connections=1)
        for name in ("Content-Encoding", "content-encoding")
        for coding, packed in {
            "gzip": gzip.compress(BODY),
            "gzip ": gzip.compress(BODY),
            "X-GZip": gzip.compress(BODY),
            "deflate": zlib.compress(BODY),
            "Deflate": raw_deflated(BODY),
            "gzip, gzip": gzip.compress(gzip.compress(BODY)),
            "deflate,gzip": gzip.compress(zlib.compress(BODY)),
            "identity": BODY,
            "gzip, identity": gzip.compress(BODY),
            "identity, gzip": gzip.compress(BODY),
            "gzip, chunked": gzip.compress(BODY),
            "": BODY,
            "utf-8": BODY,
            "aws-chunked": BODY,
        }.items()
    ),
    *(
        Odd(f"packed by {coding.decode()}", answer(b"Content-Encoding: " + coding, LENGTH),
            "unsupported_encoding")
        for coding in (b"br", b"BR ", b"zstd", b"compress", b"dcb", b"gzip, br", b"br\r\n , gzip",
                       b"gzip, gzip, gzip, gzip, gzip, gzip")
    ),
    Odd("two lines of codings", answer(
        b"Content-Encoding: gzip", b"Content-Encoding: br", LENGTH), "unsupported_encoding"),
    Odd("a transfer by gzip in chunks", answer(b"Transfer-Encoding: gzip, Chunked",
        body=chunked(gzip.compress(BODY))), connections=1),
    Odd("a transfer by gzip in chunks, two lines", answer(b"Transfer-Encoding: gzip",
        CHUNKED, body=chunked(gzip.compress(BODY))), connections=1),
    Odd("gzip of content and transfer", answer(b"Content-Encoding: gzip",
        b"Transfer-Encoding: x-gzip, chunked", body=chunked(gzip.compress(gzip.compress(BODY)))),
        connections=1),
    Odd("a transfer by gzip", then_close(answer(b"Transfer-Encoding: gzip",
        body=gzip.compress(BODY)))),
    Odd("a transfer as it is", answer(b"Transfer-Encoding: identity", LENGTH), connections=1),
    Odd("a transfer by br", answer(b"Transfer-Encoding: br, chunked", body=chunked(BODY)),
        "unsupported_encoding"),
]  # fmt: skip


@pytest.fixture(scope="module")
def fetcher() -> Iterator[Fetcher]:
    """Shared, since one takes longer to make than its two covers: each test has its own host."""
    with Fetcher(["127.0.0.1"], ProcessingConfig(max_retries=0, timeout=5)) as fetcher:
        yield fetcher


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: odd.name)
def test_an_odd_answer_never_becomes_the_next_covers(
    host: CoverHost, fetcher: Fetcher, odd: Odd
) -> None:
    first = host.answer("/a.jpg", odd.answer)
    second = host.answer("/b.jpg", answer(b"Content-Length: 21", body=OTHER))
    found = fetcher.fetch(first, seconds_left=PLENTY)
    assert found == (Failed(odd.becomes) if isinstance(odd.becomes, str) else Fetched(odd.becomes))
    assert fetcher.fetch(second, seconds_left=PLENTY) == Fetched(OTHER)
    assert host.connections == odd.connections


def test_a_malformed_header_line_is_logged_without_its_text(
    host: CoverHost, caplog: pytest.LogCaptureFixture
) -> None:
    fetch(host.answer("/a.jpg", answer(b"Location http://x/?x-signature=canary", LENGTH)))
    assert "Failed to parse headers" in caplog.text
    assert "canary" not in caplog.text


class TestRedirects:
    @pytest.mark.parametrize(
        "lines",
        [
            [b"Location: /b.jpg "],
            [b"Location:\t/b.jpg\t "],
            [b"Location: /b.jpg", b"Location: /b.jpg"],
            [b"Location: /b.jpg", b"Location:  /b.jpg "],
        ],
    )
    def test_blanks_and_repetition_do_not_change_where_it_leads(
        self, host: CoverHost, lines: list[bytes]
    ) -> None:
        host.answer("/b.jpg", response(BODY))
        moved = answer(*lines, b"Content-Length: 0", body=b"", status=b"HTTP/1.1 302 Found")
        assert fetch(host.answer("/a.jpg", moved)) == Fetched(BODY)
        assert host.request_lines[-1] == b"GET /b.jpg HTTP/1.1"

    @pytest.mark.parametrize(
        "lines",
        [[b"Location: /b.jpg", b"Location: /c.jpg"], [b"Location: "], [b"Location: \t"], []],
    )
    def test_to_two_places_or_none_it_leads_nowhere(
        self, host: CoverHost, lines: list[bytes]
    ) -> None:
        moved = answer(*lines, b"Content-Length: 0", body=b"", status=b"HTTP/1.1 301 Moved")
        assert fetch(host.answer("/a.jpg", moved), retries=3) == Failed("http_301")
        assert len(host.heads) == 1

    def test_two_places_count_though_one_of_them_holds_a_comma(self, host: CoverHost) -> None:
        host.answer("/b,c.jpg", response(BODY))
        moved = answer(b"Location: /b,c.jpg", b"Content-Length: 0", body=b"",
                       status=b"HTTP/1.1 302 Found")  # fmt: skip
        assert fetch(host.answer("/a.jpg", moved)) == Fetched(BODY)


def cookies_of(host: CoverHost) -> list[bytes]:
    """The Cookie header of each request, in turn; empty without one."""
    lines = [
        [line for line in head.split(b"\r\n") if line.startswith(b"Cookie:")] for head in host.heads
    ]
    return [line[0][8:] if line else b"" for line in lines]


def setting(*cookies: bytes, location: bytes = b"/a.jpg") -> bytes:
    lines = [b"Set-Cookie: " + cookie for cookie in cookies]
    return answer(b"Location: " + location, *lines, b"Content-Length: 0", body=b"",
                  status=b"HTTP/1.1 302 Found")  # fmt: skip


class TestCookies:
    def test_a_redirect_to_itself_gets_its_cookie_but_the_next_cover_does_not(
        self, host: CoverHost, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level("DEBUG")
        url = host.answer("/a.jpg", setting(b"seen=canary; Path=/"), response(BODY))
        with Fetcher(["127.0.0.1"], ProcessingConfig()) as fetcher:
            assert fetcher.fetch(url, seconds_left=PLENTY) == Fetched(BODY)
            assert fetcher.fetch(url, seconds_left=PLENTY) == Fetched(BODY)
        assert cookies_of(host) == [b"", b"seen=canary", b""]
        assert "canary" not in caplog.text

    def test_a_chain_that_comes_back_to_where_it_was_brings_its_cookies(
        self, host: CoverHost
    ) -> None:
        host.answer("/set", setting(b"seen=1; Path=/"))
        url = host.answer("/a.jpg", setting(location=b"/set"), response(BODY))
        assert fetch(url) == Fetched(BODY)
        assert cookies_of(host) == [b"", b"", b"seen=1"]

    @pytest.mark.parametrize(
        ("cookie", "sent"),
        [
            (b"a=b", b"a=b"),
            (b"a=b; Max-Age=60; HttpOnly; SameSite=Lax", b"a=b"),
            (b"a=b; Path=/", b"a=b"),
            (b"a=b; Path=/elsewhere", b""),
            (b"a=b; Secure", b""),
            (b"a=b; Max-Age=0", b""),
            (b"a=b; Expires=Thu, 01 Jan 1970 00:00:00 GMT", b""),
            (b"a=b; Domain=example.com", b""),
            (b"", b""),
            (b"=; ;;", None),
            (b"a=" + b"x" * MAX_COOKIE_BYTES, b""),
        ],
    )
    def test_a_cookie_is_sent_where_it_belongs(
        self, host: CoverHost, cookie: bytes, sent: bytes | None
    ) -> None:
        url = host.answer("/a.jpg", setting(cookie), response(BODY))
        assert fetch(url) == Fetched(BODY)
        assert sent is None or cookies_of(host)[1] == sent

    def test_cookies_of_a_chain_are_bounded(self, host: CoverHost) -> None:
        many = [b"c%d=x" % number for number in range(MAX_COOKIES + 5)]
        fetch(host.answer("/a.jpg", setting(*many), response(BODY)))
        assert cookies_of(host)[1].count(b"=") == MAX_COOKIES

    def test_no_cookie_goes_to_another_host_or_port(self, host: CoverHost) -> None:
        with cover_host() as other:
            back = host.url("/a.jpg").encode()
            other.answer("/a.jpg", setting(b"theirs=1", location=back))
            there = other.url("/a.jpg").encode()
            url = host.answer(
                "/a.jpg",
                setting(b"ours=1"),
                setting(b"more=1; Domain=127.0.0.1", location=there),
                response(BODY),
            )
            assert fetch(url) == Fetched(BODY)
            assert cookies_of(other) == [b""]
        assert cookies_of(host)[:2] == [b"", b"ours=1"]
        assert b"theirs" not in b"".join(cookies_of(host))


def finish(connection: socket) -> None:
    connection.shutdown(SHUT_WR)


class TestStaleConnections:
    @pytest.mark.parametrize("how", [finish, reset], ids=["FIN", "RST"])
    def test_one_that_is_closed_when_it_is_used_again_costs_no_retry(
        self, host: CoverHost, how: Answer
    ) -> None:
        first = host.answer("/a.jpg", WHOLE)
        second = host.answer("/b.jpg", how, answer(b"Content-Length: 21", body=OTHER))
        sleeps = Sleeps()
        machine = Machine(sleep=sleeps)
        config = ProcessingConfig(max_retries=0)
        with Fetcher(["127.0.0.1"], config, machine=machine) as fetcher:
            assert fetcher.fetch(first, seconds_left=PLENTY) == Fetched(BODY)
            assert fetcher.fetch(second, seconds_left=PLENTY) == Fetched(OTHER)
        assert (sleeps, host.connections, host.requests["/b.jpg"]) == ([], 2, 2)

    @pytest.mark.parametrize("how", [finish, reset], ids=["FIN", "RST"])
    def test_one_that_is_closed_while_idle_costs_no_request(
        self, host: CoverHost, how: Answer
    ) -> None:
        def answer_and_leave(connection: socket) -> None:
            connection.sendall(WHOLE)
            time.sleep(0.05)
            assert callable(how)
            how(connection)

        url = host.answer("/a.jpg", answer_and_leave, WHOLE)
        with Fetcher(["127.0.0.1"], ProcessingConfig(max_retries=0)) as fetcher:
            assert fetcher.fetch(url, seconds_left=PLENTY) == Fetched(BODY)
            time.sleep(0.1)
            assert fetcher.fetch(url, seconds_left=PLENTY) == Fetched(BODY)
        assert host.requests["/a.jpg"] == 2

    def test_a_new_connection_that_is_closed_costs_a_retry(self, host: CoverHost) -> None:
        url = host.answer("/a.jpg", reset, WHOLE)
        assert fetch(url, retries=0) == Failed(Reason.CONNECT_FAILURE)
        assert host.connections == 1

    def test_it_is_asked_again_once_only(self, host: CoverHost) -> None:
        first, second = host.answer("/a.jpg", WHOLE), host.answer("/b.jpg", reset)
        with Fetcher(["127.0.0.1"], ProcessingConfig(max_retries=0)) as fetcher:
            fetcher.fetch(first, seconds_left=PLENTY)
            assert fetcher.fetch(second, seconds_left=PLENTY) == Failed(Reason.CONNECT_FAILURE)
        assert host.requests["/b.jpg"] == 2

    def test_a_server_that_is_silent_on_a_used_connection_is_not_asked_again(
        self, host: CoverHost
    ) -> None:
        def silence(connection: socket) -> None:
            connection.recv(1)

        first, second = host.answer("/a.jpg", WHOLE), host.answer("/b.jpg", silence)
        with Fetcher(["127.0.0.1"], ProcessingConfig(max_retries=0, timeout=1)) as fetcher:
            fetcher.fetch(first, seconds_left=PLENTY)
            assert fetcher.fetch(second, seconds_left=PLENTY) == Failed(Reason.TIMEOUT)
        assert host.requests["/b.jpg"] == 1


class TestDoubtfulAnswers:
    """On a used connection the first of two answers may be a late one to the cover before."""

    @pytest.mark.parametrize("keeps", [False, True])
    @pytest.mark.parametrize(
        "late",
        [
            WHOLE,
            answer(b"Location: /c.jpg", LENGTH, status=b"HTTP/1.1 302 Found"),
            answer(LENGTH, status=b"HTTP/1.1 404 Gone"),
            answer(CHUNKED, body=CHUNKS),
            answer(CHUNKED, body=CHUNKS[:-2]),
            answer(LENGTH, b"Connection: close"),
            answer(b"Content-Length: 0", body=b""),
        ],
        ids=[
            "a cover",
            "a redirect",
            "an error",
            "chunks",
            "chunks with no end",
            "one that closes",
            "nothing",
        ],
    )
    def test_a_cover_is_asked_for_again_over_a_connection_of_its_own(
        self, host: CoverHost, late: bytes, *, keeps: bool
    ) -> None:
        own = answer(b"Content-Length: 21", body=OTHER)
        both = then_stay(late + own)
        first, second = host.answer("/a.jpg", WHOLE), host.answer("/b.jpg", both, own)
        config, sleeps = ProcessingConfig(max_retries=0), Sleeps()
        machine = Machine(sleep=sleeps)
        with Fetcher(
            ["127.0.0.1"], config, machine=machine, keep_answers=keeps
        ) as fetcher:  # fmt: skip
            assert fetcher.fetch(first, seconds_left=PLENTY) == Fetched(BODY)
            found = fetcher.fetch(second, seconds_left=PLENTY)
        assert found == Fetched(OTHER)
        assert (found.answer.urls if found.answer else ()) == ((second,) if keeps else ())
        assert (sleeps, host.connections, host.requests["/b.jpg"]) == ([], 2, 2)

    def test_what_comes_a_moment_later_counts_too(self, host: CoverHost) -> None:
        own = answer(b"Content-Length: 21", body=OTHER)

        def in_two(connection: socket) -> bool:
            connection.sendall(WHOLE[:-1])
            time.sleep(0.05)
            # In one segment, as no client can see what a busy server has not yet sent, and longer
            # than the buffer of a reader.
            connection.sendall(WHOLE[-1:] + b"x" * 9000 + own)
            return True

        first, second = host.answer("/a.jpg", WHOLE), host.answer("/b.jpg", in_two, own)
        with Fetcher(["127.0.0.1"], ProcessingConfig(max_retries=0)) as fetcher:
            fetcher.fetch(first, seconds_left=PLENTY)
            assert fetcher.fetch(second, seconds_left=PLENTY) == Fetched(OTHER)

    def test_an_end_of_the_connection_is_no_second_answer(self, host: CoverHost) -> None:
        first, second = host.answer("/a.jpg", WHOLE), host.answer("/b.jpg", then_close(WHOLE))
        with Fetcher(["127.0.0.1"], ProcessingConfig(max_retries=0)) as fetcher:
            for url in (first, second):
                assert fetcher.fetch(url, seconds_left=PLENTY) == Fetched(BODY)
        assert (host.connections, host.requests["/b.jpg"]) == (1, 1)


class TestCertificates:
    @pytest.mark.parametrize(
        ("address", "lasts", "is_known"),
        [
            ("127.0.0.1", timedelta(days=1), False),
            ("127.0.0.2", timedelta(days=1), True),
            ("127.0.0.1", timedelta(hours=-1), True),
        ],
        ids=["of an unknown authority", "another host's", "expired"],
    )
    def test_an_invalid_certificate_is_not_retried(
        self, tmp_path: Path, address: str, lasts: timedelta, *, is_known: bool
    ) -> None:
        authority = Authority.create(tmp_path / "authority.pem")
        context = authority.server_context(tmp_path, address=address, lasts=lasts)
        sleeps = Sleeps()
        with ExitStack() as stack:
            host = stack.enter_context(cover_host(context))
            config, machine = ProcessingConfig(max_retries=3), Machine(sleep=sleeps)
            fetcher = stack.enter_context(
                Fetcher(["127.0.0.1"], config, machine=machine)
            )  # fmt: skip
            if is_known:
                pools = fetcher._transport._pools
                pools.connection_pool_kw["ssl_context"].load_verify_locations(authority.path)
            url = host.answer("/a.jpg", response(BODY))
            assert fetcher.fetch(url, seconds_left=PLENTY) == Failed(Reason.CONNECT_FAILURE)
        assert (sleeps, host.connections) == ([], 1)
