"""Hosts as browsers map them. What Chromium 156 gives for `new URL("http://…").host` is the law."""

import socket
import ssl
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collage_core.contract.config import ProcessingConfig
from collage_core.contract.reasons import Reason
from collage_core.covers.cover_url import is_cover_url, with_ascii_host
from collage_core.hosts.host_names import ascii_host, canonical_host
from collage_core.sources.http.addresses import AddressPolicy
from collage_core.sources.http.fetcher import Fetcher
from collage_core.sources.http.machine import Machine
from collage_core.sources.http.transport import NoResponseError, Transport, split_target
from collage_core.sources.result import Failed, Fetched
from tests.support.certificates import Authority
from tests.support.cover_host import cover_host, redirect, response
from tests.support.fetching import PLENTY, fetch

MAPPED = {
    "b\u00fccher.example": "xn--bcher-kva.example",
    "bu\u0308cher.example": "xn--bcher-kva.example",  # NFD
    "B\u00dcCHER.Example": "xn--bcher-kva.example",
    "\U0001f600.example": "xn--e28h.example",
    "I\u2764.ws": "xn--i-7iq.ws",
    "\u2764\ufe0f.example": "xn--qei.example",  # a variation selector
    "\U0001f1e9\U0001f1ea.example": "xn--h77hc.example",  # a flag
    "\uff45xample\u3002com": "example.com",  # full-width
    "a\uff0eb\uff61c": "a.b.c",
    "\u2460.example": "1.example",
    "\u24b6.example": "a.example",
    "\u212a.example": "k.example",
    "localhos\u24e3": "localhost",
    "\uff11\uff12\uff17.0.0.1": "127.0.0.1",
    "\U0001d7cf27.0.0.1": "127.0.0.1",
    "stra\u00dfe.example": "xn--strae-oqa.example",  # non-transitional
    "\u1e9e.example": "xn--zca.example",
    "\u03c2.example": "xn--3xa.example",
    "\u0130stanbul.example": "xn--istanbul-o0e.example",
    "a\u00adb.example": "ab.example",
    "\u337f.example": "xn--6oqv20b1zgzxr.example",
    "m\u00fcnchen.de.": "xn--mnchen-3ya.de.",
    "m\u00fcnchen.de\u3002": "xn--mnchen-3ya.de.",
    "\u0915\u094d\u200d\u0937.example": "xn--11b2ezcw70k.example",  # a joiner in its place
    "ab--\u00fc.example": "xn--ab---3ra.example",
    "_\u00fc._x.example": "xn--_-eha._x.example",
    "xn--mnchen-3ya.m\u00fcnchen.de": "xn--mnchen-3ya.xn--mnchen-3ya.de",
    "\uff58n--mnchen-3ya.example": "xn--mnchen-3ya.example",
    "\u05d0.example": "xn--4db.example",
    "\u2260.example": "xn--1ch.example",
    "\u30fb.example": "xn--vek.example",
    "l\u00b7l.example": "xn--ll-0ea.example",
    "\U000323af.example": "xn--z31o.example",
    "ex%41mple.com": "example.com",
    "%C3%BC.example": "xn--tda.example",
    "%F0%9F%98%80.example": "xn--e28h.example",
    "a%2eb.example": "a.b.example",
    "%31%32%37.0.0.1": "127.0.0.1",
    'a\u00fc".example': 'xn--a"-xka.example',
    "\u00fc" * 50 + ".example": "xn--td" + "a" * 50 + ".example",
}
REFUSED = [
    "\u00ad",
    "\u2025.example",
    "a\u2026b.example",
    "\uff0f.example",  # slashes, question marks and the like, full-width
    "a\uff0fb.example",
    "\uff05.example",
    "\uff1fx.example",
    "\uff20x.example",
    "a\uff1a80",
    "\u2100.example",
    "\ufdfa.example",
    "\u0301a.example",
    "a\u200db.example",
    "a\u200c.example",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467.example",
    "xn--a.m\u00fcnchen.de",
    "xn--\u00fc.example",
    "\u0627a.example",
    "1.\u05d0",
    "\u05d01\u0661.example",
    "\u0660\u06f0.example",
    "%2f.example",
    "%00x",
    "%zz.example",
    "%.example",
    "%FF.example",
    "%40evil.example",
    "a\u00fc<.example",
    "a\u00fc^.example",
    "a\u00fc|.example",
    "a<b.example",
    "a>b",
    "a^b",
    "a|b",
    "\ud800.example",
    "\uffff.example",
    "\ufffd.example",
    "\u0378.example",
    "\u2488com",
    "\uff3b::1\uff3d",
    # Here Chromium would ask, and DNS could not: nothing between two dots, labels over 63.
    "\u3002",
    "a\u3002\u3002b",
    "%2e.example",
    "\u00ad.example",
    "\u3164.example",
    "\u00fc" * 63 + ".example",
    # And here it escapes what no host has in its name.
    "x\u3000y.example",
    "\uff0a.example",
    # RFC 5891 refuses it.
    "-\u00fc-.example",
]
UNTOUCHED = ["h", "CDN.example", "a_b.example", "xn--a.example", "h.", "127.1", "0x7f.1", "[::1]"]


@pytest.mark.parametrize(("host", "mapped"), MAPPED.items(), ids=ascii)
def test_a_host_is_mapped_as_in_a_browser(host: str, mapped: str) -> None:
    url = f"http://{host}:8080/\u00e4?\u00e4"
    assert is_cover_url(url)
    assert with_ascii_host(url) == f"http://{mapped}:8080/\u00e4?\u00e4"
    assert split_target(url) == (f"http://{mapped}:8080", "/\u00e4?\u00e4")
    assert canonical_host(host) == mapped.removesuffix(".")


@pytest.mark.parametrize("host", REFUSED, ids=ascii)
def test_a_host_that_browsers_refuse_makes_the_url_invalid(host: str) -> None:
    url = f"http://{host}/a.jpg"
    assert not is_cover_url(url)
    assert fetch(url, allowed=()) == Failed(Reason.INVALID_URL)


@pytest.mark.parametrize("host", UNTOUCHED)
def test_a_plain_host_stays_as_it_is(host: str) -> None:
    assert split_target(f"http://{host}/a") == (f"http://{host}", "/a")


@given(
    st.text(max_size=300) | st.text("a\u00fc\u0308\u05d0\u200d.-%1xn\U0001f600\u3002", max_size=90)
)
def test_a_mapped_host_is_plain_and_maps_to_itself(host: str) -> None:
    mapped = ascii_host(host)
    if mapped is not None:
        assert mapped.isascii()
        assert not set(mapped) & set(" #/:<>?@[\\]^|%*\t\n")
        assert ascii_host(mapped) == mapped


@pytest.mark.parametrize(
    "host", ["\u0130" * 100_000, "xn--" + "9" * 100_000, "%CC%88" * 100_000, "a\u00ad" * 50_000]
)
def test_a_host_that_is_very_long_is_refused_at_once(host: str) -> None:
    start = time.thread_time()
    assert not is_cover_url(f"http://{host}/")
    assert time.thread_time() - start < 0.5


def loopback(asked: list[str]) -> Any:
    def resolve(host: str, port: int, **_: Any) -> list[tuple[Any, ...]]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    return resolve


def test_lookup_host_header_allow_list_and_breaker_use_one_host_name() -> None:
    asked: list[str] = []
    names = ["\U0001f600.example", "%F0%9F%98%80.EXAMPLE", "\U0001f600\uff0eexample."]
    machine = Machine(resolve=loopback(asked))
    with cover_host() as host, Fetcher(names[:1], ProcessingConfig(), machine=machine) as one:
        host.answer("/a.jpg", response(b"cover"))
        for name in names:
            url = f"http://{name}:{host.port}/a.jpg"
            assert one.fetch(url, seconds_left=PLENTY) == Fetched(b"cover")
        heads = host.heads
    assert {name.removesuffix(".") for name in asked} == {"xn--e28h.example"}
    assert all(b"Host: xn--e28h.example" in head for head in heads)


def test_a_redirect_to_a_host_that_is_not_ascii_is_followed() -> None:
    asked: list[str] = []
    with cover_host() as host:
        host.answer("/a.jpg", redirect(f"http://\uff42\u00fccher.example:{host.port}/b.jpg"))
        host.answer("/b.jpg", response(b"cover"))
        url = f"http://cdn.example:{host.port}/a.jpg"
        allowed = ("cdn.example", "b\u00fccher.example")
        assert fetch(url, allowed=allowed, resolve=loopback(asked)) == Fetched(b"cover")
    assert asked == ["cdn.example", "xn--bcher-kva.example"]


@pytest.mark.parametrize(
    "host",
    [
        "\uff11\uff12\uff17.\uff11",
        "\uff10x7f.1",
        "%30x7f000001",
        "\u0030\u24ea17700000001",
        "\u2461130706433",
        "localhos\u24e3",
        "%6cocalhost",
        "169\u3002254\u3002169\u3002254",
    ],
    ids=ascii,
)
def test_no_mapped_host_reaches_this_machine(host: str) -> None:
    with cover_host() as trap:
        url = f"http://{host}:{trap.port}/a.jpg"
        assert fetch(url, allowed=("*",)) == Failed(Reason.BLOCKED_ADDRESS)
        assert trap.connections == 0


def test_tls_is_asked_for_the_mapped_name(tmp_path: Path) -> None:
    context = Authority.create(tmp_path / "ca.pem").server_context(tmp_path, address="127.0.0.1")
    told: list[str | None] = []

    def note(_: ssl.SSLSocket, name: str | None, __: ssl.SSLContext) -> None:
        told.append(name)

    context.sni_callback = note  # type: ignore[assignment]
    transport = Transport(
        AddressPolicy(["\U0001f600.example"], resolve=loopback([])), connections=1
    )
    with cover_host(context) as host, suppress(NoResponseError):  # nobody vouches for it
        transport.get(split_target(f"https://\U0001f600.example:{host.port}/a.jpg"), seconds=5)
    assert told == ["xn--e28h.example"]
