"""Whatever comes over a connection that is kept: a cover's bytes are its own, or it has a reason.

A server of raw bytes answers a row of covers over pooled connections. Around the answer that is
asked for it sends others: before the next request, twice, with more or fewer bytes than announced,
behind interim responses, all cut at random places.

One thing no client can see: an answer that begins after the next cover has been asked for is, in
HTTP/1.1, the answer to that. So what is too much begins together with the end of what is not, or
while no cover is asked for.
"""

import random
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from collage_core.contract.config import ProcessingConfig
from collage_core.contract.reasons import is_reason
from collage_core.sources.http.fetcher import Fetcher
from collage_core.sources.http.host_breaker import HostBreaker
from collage_core.sources.result import Failed, Fetched
from tests.support.fetching import PLENTY

MISCOUNTED = 5
"""Bytes by which an announced length is wrong, if it is."""

HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"
LATER = b"HTTP/1.1 102 Processing\r\n\r\n"


def body_of(number: int) -> bytes:
    """Names the cover in every part of it. Long ones do not fit into a reader's buffer."""
    return b"cover %04d " % number * (1 if number % 3 else 2000)


def plain(number: int) -> bytes:
    body = body_of(number)
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body


def announcing(number: int, more: int) -> bytes:
    body = body_of(number)
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (len(body) + more) + body


def in_chunks(number: int, end: bytes = b"0\r\n\r\n") -> bytes:
    body = body_of(number)
    half = len(body) // 2
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (body[:half], body[half:]))
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + end


def page(number: int, status: int, more: bytes = b"") -> bytes:
    body = body_of(number)
    head = b"HTTP/1.1 %d Whatever\r\n%bContent-Length: %d\r\n\r\n"
    return head % (status, more, len(body)) + body


SHAPES: dict[str, Callable[[int, int], tuple[bytes, bytes]]] = {
    "plain": lambda own, _: (plain(own), b""),
    "behind hints": lambda own, _: (HINTS + plain(own), b""),
    "behind many": lambda own, _: ((LATER + HINTS) * 9 + plain(own), b""),
    "in chunks": lambda own, _: (in_chunks(own), b""),
    "chunks with no end": lambda own, other: (in_chunks(own, b"0\r\n"), plain(other)),
    "chunks and an answer": lambda own, other: (in_chunks(own), plain(other)),
    "chunks and garbage": lambda own, _: (in_chunks(own), b"\r\n"),
    "both framings": lambda own, other: (
        in_chunks(own).replace(b"\r\n", b"\r\nContent-Length: %d\r\n" % other, 1),
        b"",
    ),
    "doubled": lambda own, _: (plain(own), plain(own)),
    "and another": lambda own, other: (plain(own), plain(other)),
    "and hints": lambda own, other: (plain(own), HINTS + plain(other)),
    "longer": lambda own, _: (
        announcing(own, -MISCOUNTED)[:-MISCOUNTED],
        body_of(own)[-MISCOUNTED:],
    ),
    "shorter": lambda own, other: (
        announcing(own, MISCOUNTED) + plain(other)[:MISCOUNTED],
        plain(other)[MISCOUNTED:],
    ),
    "two lengths": lambda own, other: (
        plain(own).replace(b"\r\n", b"\r\nContent-Length: 3\r\n", 1),
        plain(other),
    ),
    "empty but not": lambda own, other: (page(own, 204), plain(other)),
    "not modified": lambda own, other: (page(own, 304), plain(other)),
    "error page": lambda own, other: (page(own, 404), plain(other)),
    "redirect": lambda own, other: (page(own, 302, b"Location: /%d\r\n" % own), plain(other)),
    "close ignored": lambda own, other: (page(own, 200, b"Connection: close\r\n"), plain(other)),
    "another protocol": lambda own, other: (page(own, 101), plain(other)),
    "no head": lambda own, _: (body_of(own) + b"\r\n", b""),
    "a line end": lambda own, _: (plain(own), b"\r\n"),
}
"""What is sent for a cover, and what is sent behind it, by the numbers of both."""


@dataclass(frozen=True, slots=True)
class Step:
    """What the server does for one cover."""

    shape: str
    other: int
    """The cover that is sent besides."""
    cuts: Sequence[float]
    """Places besides those where an answer begins; none at all sends all in one go."""
    early: bool
    """Whether `other` is sent as well, while no cover is asked for."""
    closes: bool


STEPS = st.builds(
    Step,
    shape=st.sampled_from(sorted(SHAPES)),
    other=st.integers(0, 99),
    cuts=st.lists(st.floats(0, 1, exclude_max=True), max_size=3),
    early=st.integers(0, 3).map(lambda number: number == 0),
    closes=st.integers(0, 9).map(lambda number: number == 0),
)


def allowed(found: Fetched | Failed, number: int) -> bool:
    """Whether it is the cover's own bytes, as many as its answer announced, or a reason.

    Where more were announced than there are, the start of the next answer may fill them up.
    """
    if isinstance(found, Failed):
        return is_reason(found.reason)
    own = body_of(number)
    return found.body in {own, own[:-MISCOUNTED], own + b"HTTP/1.1"[:MISCOUNTED], b""}


@dataclass(slots=True)
class Server:
    """Answers `GET /number` by the step of that number, and with `plain` when it has none."""

    listener: socket.socket
    steps: dict[int, Step] = field(default_factory=dict)
    _answering: int = 0
    _change: threading.Condition = field(default_factory=threading.Condition)

    def url(self, number: int) -> str:
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}/{number}"

    def accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            while request := connection.recv(65536):
                number = int(request.split(b" ")[1].strip(b"/"))
                with self.answering():
                    stays = self.answer(connection, number, self.steps.pop(number, None))
                if not stays:
                    return

    @contextmanager
    def answering(self) -> Iterator[None]:
        with self._change:
            self._answering += 1
        try:
            yield
        finally:
            with self._change:
                self._answering -= 1
                self._change.notify_all()

    def wait_until_all_is_said(self) -> None:
        with self._change:
            assert self._change.wait_for(lambda: not self._answering, timeout=5)

    @staticmethod
    def answer(connection: socket.socket, number: int, step: Step | None) -> bool:
        own, surplus = SHAPES[step.shape](number, step.other) if step else (plain(number), b"")
        sent, cuts = own + surplus, step.cuts if step else ()
        # Not where the surplus begins: it would come when the next cover has been asked for.
        seams = [match.start() for match in re.finditer(b"HTTP/1", sent)] if cuts else []
        places = {*seams, *(int(cut * len(sent)) for cut in cuts)} - {len(own)}
        for start, end in pairwise(sorted({0, *places, len(sent)})):
            connection.sendall(sent[start:end])
            time.sleep(0.001 if cuts else 0)
        if step and step.early and step.shape != "redirect":  # which is followed at once
            connection.sendall(plain(step.other))
        return not (step and step.closes)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        server = Server(listener)
        threading.Thread(target=server.accept, daemon=True).start()
        yield server
        listener.shutdown(socket.SHUT_RDWR)


@pytest.fixture(scope="module")
def fetcher() -> Iterator[Fetcher]:
    """Keeps its connections from one example to the next."""
    with Fetcher(["127.0.0.1"], ProcessingConfig(max_retries=0, timeout=1)) as fetcher:
        fetcher._breaker = HostBreaker(clock=lambda: 0.0)  # no outage ever lasts
        yield fetcher


@seed(9)
@settings(max_examples=80, deadline=None, database=None)
@given(steps=st.lists(STEPS, min_size=2, max_size=8))
def test_extra_bytes_on_a_connection_never_reach_another_cover(
    server: Server, fetcher: Fetcher, steps: list[Step]
) -> None:
    for number, step in enumerate(steps, start=100):
        server.steps[number] = step
        found = fetcher.fetch(server.url(number), seconds_left=PLENTY)
        assert allowed(found, number), (step, found)
        if step.early:
            server.wait_until_all_is_said()


def test_parallel_requests_get_their_own_bytes(server: Server) -> None:
    """Interim responses, surplus in one go with its answer, and sound answers, on 8 connections."""
    shapes = [shape for shape in SHAPES if shape != "no head"]
    draw = random.Random(9)  # noqa: S311  a test that can be repeated
    numbers = range(1000, 1300)
    for number in numbers:
        shape = draw.choice([*shapes, "plain", "plain", "behind hints"])
        cuts = [draw.random()] if draw.randrange(2) else []
        server.steps[number] = Step(shape, draw.randrange(99), cuts, early=False, closes=False)
    config = ProcessingConfig(max_retries=0, timeout=5, max_workers=8)
    with Fetcher(["127.0.0.1"], config) as fetcher, ThreadPoolExecutor(8) as pool:
        fetcher._breaker = HostBreaker(clock=lambda: 0.0)
        found = pool.map(lambda n: fetcher.fetch(server.url(n), seconds_left=PLENTY), numbers)
        assert [n for n, each in zip(numbers, found, strict=True) if not allowed(each, n)] == []
