"""What servers do, and what becomes of the cover and of its neighbours.

One chunk has a creator for each kind of trouble: a good cover, the troublesome one, and
another good one. Whatever happens to the one in the middle, it has its reason, and both
others stand in the collage.
"""

import gzip
import json
import logging
import socket
import struct
import time
import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from email.utils import formatdate
from io import StringIO
from typing import Any

import pytest
from PIL import Image

from collage_core.contract.document import to_json
from collage_core.contract.reasons import REJECTIONS, Reason
from collage_core.contract.receipt import CreatorResult, Outcome, Receipt
from collage_core.sources.http.fetcher import MAX_REDIRECTS
from collage_core.sources.http.machine import Machine
from tests.support.addresses import LOOPBACK_FORMS
from tests.support.chunks import Output, Row, chunk, recipe, work
from tests.support.cover_host import (
    Answer,
    CoverHost,
    cover_host,
    drip,
    endless,
    redirect,
    reset,
    response,
    silence,
)
from tests.support.pictures import (
    GREEN,
    HEIC,
    QUARTERS,
    RED,
    alike,
    cell_of,
    corners,
    display_p3,
    encoded,
    numbered,
    plain,
    png,
    quarters,
    read_number,
    shows_quarters,
    turned,
)

PLACED = "placed"
pytestmark = pytest.mark.xdist_group("one worker runs the chunk of all troubles")

SIGNATURE = "x-signature=canary%3d"
RETRIES = 1
TIMEOUT = 2
SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><rect width='9' height='9'/></svg>"
JPEG = encoded(quarters())


@dataclass(frozen=True, slots=True)
class Trouble:
    """What a server does when it is asked for the cover in the middle."""

    name: str
    answer: Answer
    becomes: str
    """PLACED, or the reason."""
    requests: int = 1
    shows: Sequence[tuple[int, int, int]] = QUARTERS
    """What its cell shows in its corners when it is placed."""

    @property
    def path(self) -> str:
        return "/" + self.name.replace(" ", "-").replace(",", "")


def bomb(megabytes: int) -> bytes:
    """So many megabytes of nothing, packed to a thousandth."""
    packer = zlib.compressobj(1, wbits=31)
    return b"".join(packer.compress(bytes(1 << 20)) for _ in range(megabytes)) + packer.flush()


def animation(kind: str) -> bytes:
    others = [plain((0, 0, 0), 720, 960)]
    return encoded(quarters(), kind, save_all=True, append_images=others, duration=50)


def deep(colour: tuple[int, int, int]) -> bytes:
    """A PNG of 16 bits a colour."""
    row = b"\0" + struct.pack(">HHH", *(value * 256 for value in colour)) * 300
    return png(300, 400, bits=16, colour_type=2, data=row * 400)


def with_profile(colour: tuple[int, int, int], profile: bytes) -> bytes:
    return encoded(plain(colour), quality=95, subsampling="4:4:4", icc_profile=profile)


def with_length(body: bytes, length: int) -> bytes:
    return response(body, Content_Length=str(length))


TWICE = 1 + RETRIES
OK = b"HTTP/1.1 200 OK\r\n"

STATUSES = [
    *(Trouble(f"status {code}", response(b"no", code), f"http_{code}") for code in (401, 403)),
    *(Trouble(f"status {code}", response(b"no", code), f"http_{code}") for code in (404, 410)),
    *(
        Trouble(f"status {code}", response(b"no", code), f"http_{code}", TWICE)
        for code in (408, 429, 500, 502, 503, 504)
    ),
    Trouble("retry after a day", response(b"", 503, Retry_After="86400"), "http_503"),
    Trouble(
        "retry after a far date",
        response(b"", 429, Retry_After=formatdate(time.time() + 3600, usegmt=True)),
        "http_429",
    ),
]

CONNECTIONS = [
    Trouble("reset", reset, Reason.CONNECT_FAILURE, TWICE),
    Trouble("no HTTP", b"SSH-2.0-OpenSSH_9.7\r\n\r\n", Reason.CONNECT_FAILURE, TWICE),
    Trouble("silence", silence, Reason.TIMEOUT, TWICE),
    Trouble("slow headers", drip(OK, b"X-Header: y\r\n", seconds=0.05), Reason.TIMEOUT, TWICE),
    Trouble(
        "slow body",
        drip(OK + b"Content-Length: 9999\r\n\r\n", b"x", seconds=0.2),
        Reason.TIMEOUT,
        TWICE,
    ),
]

BODIES = [
    Trouble("empty", response(b""), Reason.NOT_AN_IMAGE),
    Trouble("HTML", response(b"<!doctype html><p>Sign in"), Reason.NOT_AN_IMAGE),
    Trouble("JSON", response(b'{"code": 403}'), Reason.NOT_AN_IMAGE),
    Trouble("PDF", response(b"%PDF-1.7\n"), Reason.NOT_AN_IMAGE),
    Trouble("SVG", response(SVG), Reason.UNSUPPORTED_FORMAT),
    Trouble("HEIC", response(HEIC), Reason.UNSUPPORTED_FORMAT),
    Trouble("TIFF", response(encoded(quarters(), "TIFF")), Reason.UNSUPPORTED_FORMAT),
    Trouble("wrong type, right bytes", response(JPEG, Content_Type="text/html"), PLACED),
    Trouble("right type, wrong bytes", response(b"x", Content_Type="image/jpeg"), "not_an_image"),
    Trouble("cut off file", response(JPEG[:-600]), Reason.TRUNCATED_IMAGE),
    Trouble("bytes after the picture", response(JPEG + b"<script>" * 999), PLACED),
    Trouble("bytes after the answer", response(JPEG) + b"HTTP/1.1 200 OK\r\n\r\n", PLACED),
    Trouble("length beyond the body", with_length(JPEG, 99_999), Reason.TRUNCATED_IMAGE, TWICE),
    Trouble("length short of the body", with_length(JPEG, 5_000), Reason.TRUNCATED_IMAGE),
    Trouble("endless body", endless(OK + b"\r\n", b"x" * 65536), Reason.TOO_LARGE),
    Trouble("50 MB", with_length(b"x", 50 << 20), Reason.TOO_LARGE),
    Trouble("gzip bomb", response(bomb(50), Content_Encoding="gzip"), Reason.TOO_LARGE),
    Trouble("gzip", response(gzip.compress(JPEG), Content_Encoding="gzip"), PLACED),
    Trouble("gzip in name only", response(JPEG, Content_Encoding="gzip"), Reason.NOT_AN_IMAGE),
    Trouble("30000x30000", response(png(30000, 30000)), Reason.TOO_MANY_PIXELS),
]

PICTURES = [
    Trouble("animated GIF", response(animation("GIF")), PLACED),
    Trouble("animated WebP", response(animation("WEBP")), PLACED),
    Trouble("progressive", response(encoded(quarters(), progressive=True)), PLACED),
    Trouble("RGBA", response(encoded(quarters().convert("RGBA"), "PNG")), PLACED),
    Trouble("palette", response(encoded(quarters().quantize(8), "PNG", transparency=7)), PLACED),
    Trouble("AVIF", response(encoded(quarters(), "AVIF", speed=10)), PLACED),
    Trouble("CMYK", response(encoded(quarters().convert("CMYK"), quality=95)), PLACED),
    Trouble("16 bits", response(deep(RED)), PLACED, shows=[RED] * 4),
    # Display P3's numbers for a red that has these ones in sRGB.
    Trouble(
        "wide gamut",
        response(with_profile((200, 30, 30), display_p3())),
        PLACED,
        shows=[(218, 0, 6)] * 4,
    ),
    *(
        Trouble(
            f"one by {height}",
            response(encoded(plain(GREEN, 1, height), "PNG")),
            PLACED,
            shows=[GREEN] * 4,
        )
        for height in (1, 10_000)
    ),
    *(Trouble(f"orientation {number}", response(turned(number)), PLACED) for number in range(1, 9)),
]

TROUBLES = STATUSES + CONNECTIONS + BODIES + PICTURES

INSIDE = [
    "127.0.0.2",
    *LOOPBACK_FORMS,
    "LocalHost.",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[64:ff9b::7f00:1]",
    "10.0.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "[fd00:ec2::254]",
    "[fe80::1]",
    "224.0.0.251",
    "[ff02::1]",
    "inside.example",
]
"""Hosts inside of a network, in every form: numbers, mapped IPv6, and a name. Only the
literal 127.0.0.1 is allowed."""

UNASKED = {
    "expired": ("http://127.0.0.1:{port}/a.jpg?x-expires=1700000000", Reason.EXPIRED_URL),
    "another scheme": ("ftp://127.0.0.1:{port}/a.jpg", Reason.INVALID_URL),
    "a file": ("file:///etc/passwd", Reason.INVALID_URL),
    "credentials": ("http://user:password@127.0.0.1:{port}/a.jpg", Reason.INVALID_URL),
    "an unknown name": ("http://nowhere.example:{port}/a.jpg", Reason.DNS_FAILURE),
    **{
        f"a URL to {host}": (f"http://{host}:{{port}}/a.jpg", Reason.BLOCKED_ADDRESS)
        for host in INSIDE
    },
}
"""URLs that no server may be asked for, with `{port}` of one that would notice."""


def resolve(host: str, port: int, **options: Any) -> Sequence[tuple[Any, ...]]:
    """A resolver that knows one name more than the system's, and that it is one inside."""
    if host == "nowhere.example":
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    address = "127.0.0.1" if host == "inside.example" else host
    return socket.getaddrinfo(address, port, **options)


@dataclass(frozen=True, slots=True)
class Worked:
    """The chunk when it is done, and the servers that it asked."""

    receipt: Receipt
    output: Output
    log: StringIO
    """All log lines at the level DEBUG, those of libraries included."""
    host: CoverHost
    traps: Sequence[CoverHost]
    """Stand inside, all at one port. Nothing may ever connect to them."""

    def result(self, name: str) -> CreatorResult:
        (result,) = (result for result in self.receipt.results if result.creator == name)
        return result

    def reasons(self, name: str) -> dict[str, int]:
        reasons: dict[str, int] = self.output.metadata(name)["reasons"]
        return reasons

    def cell(self, name: str, index: int) -> Image.Image:
        return cell_of(self.output.collage(self.result(name)), index, 3)

    def numbers(self, name: str, *indices: int) -> list[int]:
        return [read_number(self.cell(name, index)) for index in indices]


@contextmanager
def everything_logged() -> Iterator[StringIO]:
    log, root = StringIO(), logging.getLogger()
    handler, level = logging.StreamHandler(log), root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield log
    finally:
        root.setLevel(level)
        root.removeHandler(handler)


@contextmanager
def set_traps() -> Iterator[list[CoverHost]]:
    """Servers at the loopback addresses that are not allowed, and at the one that is."""
    with ExitStack() as stack:
        traps = [stack.enter_context(cover_host())]
        for address in ("127.0.0.2", "::1"):
            with suppress(OSError):  # a machine without it has nothing to connect to either
                trap = cover_host(address=address, port=traps[0].port)
                traps.append(stack.enter_context(trap))
        yield traps


@pytest.fixture(scope="module")
def worked() -> Iterator[Worked]:
    with cover_host() as host, set_traps() as traps:
        first = host.answer("/1.jpg", response(encoded(numbered(1))))
        last = host.answer("/2.jpg", response(encoded(numbered(2))))

        def creator(name: str, url: str) -> list[Row]:
            signed = [
                f"{each}{'&' if '?' in each else '?'}{SIGNATURE}" for each in (first, url, last)
            ]
            return [(name, each, f"2026-09-{30 - day}") for day, each in enumerate(signed)]

        rows = []
        for trouble in TROUBLES:
            rows += creator(trouble.name, host.answer(trouble.path, trouble.answer))
        for name, (url, _) in UNASKED.items():
            rows += creator(name, url.format(port=traps[0].port))
        for inside in INSIDE:
            target = f"http://{inside}:{traps[0].port}/a.jpg?{SIGNATURE}"
            url = host.answer(f"/to/{len(rows)}", redirect(target))
            rows += creator(f"a redirect to {inside}", url)
        for hops in (MAX_REDIRECTS, MAX_REDIRECTS + 1):
            host.answer(f"/{hops}/0", response(JPEG))
            for hop in range(1, hops + 1):
                host.answer(f"/{hops}/{hop}", redirect(f"/{hops}/{hop - 1}?{SIGNATURE}"))
            rows += creator(f"{hops} redirects", host.url(f"/{hops}/{hops}"))
        data, output = chunk(rows), Output()
        with everything_logged() as log:
            receipt = work(
                data,
                recipe(data, timeout=TIMEOUT, max_retries=RETRIES, max_workers=16),
                output=output,
                allowed=("127.0.0.1", "*"),
                machine=Machine(resolve=resolve),
            )
        yield Worked(receipt, output, log, host, traps)


def test_the_books_of_all_troublesome_covers_balance(worked: Worked) -> None:
    worked.receipt.books.check_balance("this test's chunk")
    assert worked.receipt.resume_at is None
    assert worked.receipt.books.rows.total == 3 * len(worked.receipt.results)
    outcomes = {result.outcome for result in worked.receipt.results}
    assert outcomes == {Outcome.COMPLETE, Outcome.PARTIAL}


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: trouble.name)
def test_a_troublesome_answer_becomes(trouble: Trouble, worked: Worked) -> None:
    rows = worked.result(trouble.name).rows
    if trouble.becomes == PLACED:
        assert (rows.placed, worked.reasons(trouble.name)) == (3, {})
        assert worked.numbers(trouble.name, 0, 2) == [1, 2]
        assert all(map(alike, corners(worked.cell(trouble.name, 1)), trouble.shows))
    else:
        assert worked.reasons(trouble.name) == {trouble.becomes: 1}
        assert (rows.placed, rows.failed) == (2, 1)
        assert worked.numbers(trouble.name, 0, 1) == [1, 2]
    assert worked.host.requests[trouble.path] == trouble.requests


@pytest.mark.parametrize("name", UNASKED)
def test_a_server_is_not_asked_for(name: str, worked: Worked) -> None:
    reason = UNASKED[name][1]
    rows = worked.result(name).rows
    assert worked.reasons(name) == {reason: 1}
    assert (rows.placed, rows.rejected) == (2, int(reason in REJECTIONS))
    assert worked.numbers(name, 0, 1) == [1, 2]


@pytest.mark.parametrize("inside", INSIDE)
def test_a_redirect_does_not_lead_to(inside: str, worked: Worked) -> None:
    name = f"a redirect to {inside}"
    assert worked.reasons(name) == {Reason.BLOCKED_ADDRESS: 1}
    assert worked.numbers(name, 0, 1) == [1, 2]


def test_no_byte_is_sent_to_a_server_inside(worked: Worked) -> None:
    assert [trap.connections for trap in worked.traps] == [0] * len(worked.traps)


def test_no_signature_and_no_password_is_in_any_log_object_or_receipt(worked: Worked) -> None:
    log = worked.log.getvalue()
    assert "Starting new HTTP connection" in log  # urllib3's own
    assert log.count("Failed to download") > len(UNASKED)
    written = b"".join(worked.output.values())
    receipt = json.dumps(to_json(worked.receipt))
    assert all(b"canary" in line for line in worked.host.request_lines)
    for secret in ("canary", "password"):
        assert secret not in log
        assert secret not in receipt
        assert secret.encode() not in written


def test_redirects_are_followed_to_their_limit(worked: Worked) -> None:
    assert worked.reasons(f"{MAX_REDIRECTS} redirects") == {}
    assert shows_quarters(worked.cell(f"{MAX_REDIRECTS} redirects", 1))
    assert worked.reasons(f"{MAX_REDIRECTS + 1} redirects") == {Reason.TOO_MANY_REDIRECTS: 1}


def test_a_host_never_has_more_connections_than_parallel_downloads() -> None:
    """The setting `max_workers` is the limit; retries and redirects do not exceed it."""

    def slowly(answer: bytes) -> Answer:
        """Long enough for all downloads to be under way at once."""

        def send(connection: socket.socket) -> bool:
            time.sleep(0.02)
            connection.sendall(answer.replace(b"Connection: close", b"Connection: keep-alive"))
            return True

        return send

    with cover_host() as host:
        host.answer("/b.jpg", *[slowly(response(b"", 503))] * 5, slowly(response(JPEG)))
        rows = [
            (f"c{number // 6}", host.answer(f"/{number}", slowly(redirect("/b.jpg"))), "")
            for number in range(24)
        ]
        data = chunk(rows)
        receipt = work(data, recipe(data, max_workers=3, max_retries=5))
    assert receipt.books.rows.placed == len(rows)
    assert host.most_open == 3
