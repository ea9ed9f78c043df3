import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import urllib3

from collage_core.sources.http.addresses import AddressPolicy
from collage_core.sources.http.transport import NoResponseError, Transport, split_target
from tests.support.certificates import Authority
from tests.support.cover_host import CoverHost, cover_host, drip, response


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.create(tmp_path_factory.mktemp("tls") / "authority.pem")


@pytest.fixture
def tls_host(authority: Authority, tmp_path: Path) -> Iterator[CoverHost]:
    """A server of covers on 127.0.0.1 that can prove it."""
    with cover_host(authority.server_context(tmp_path, address="127.0.0.1")) as server:
        yield server


@pytest.fixture
def transport() -> Iterator[Transport]:
    transport = Transport(AddressPolicy(["127.0.0.1"]), connections=2)
    yield transport
    transport.close()


def trust(transport: Transport, authority: Authority) -> None:
    transport._pools.connection_pool_kw["ssl_context"].load_verify_locations(authority.path)


def test_a_server_with_a_valid_certificate_is_requested_over_tls(
    tls_host: CoverHost, authority: Authority, transport: Transport
) -> None:
    trust(transport, authority)
    url = tls_host.answer("/a%3d|.jpg", response(b"cover"))
    with closing(transport.get(split_target(url), seconds=5)) as answer:
        assert answer.read() == b"cover"
    assert tls_host.request_lines == [b"GET /a%3d|.jpg HTTP/1.1"]


def refused(transport: Transport, host: CoverHost) -> str:
    """Why the certificate of `host` is not taken."""
    with pytest.raises(NoResponseError) as caught:
        transport.get(split_target(host.answer("/a.jpg", response(b"cover"))), seconds=5)
    assert isinstance(caught.value.__cause__, urllib3.exceptions.SSLError)
    assert host.heads == []
    return str(caught.value.__cause__)


def test_a_server_without_a_trusted_certificate_is_refused(
    tls_host: CoverHost, transport: Transport
) -> None:
    assert "unable to get local issuer certificate" in refused(transport, tls_host)


def test_a_server_with_another_hosts_certificate_is_refused(
    authority: Authority, transport: Transport, tmp_path: Path
) -> None:
    trust(transport, authority)
    with cover_host(authority.server_context(tmp_path, address="127.0.0.2")) as impostor:
        assert "match" in refused(transport, impostor)


def test_the_deadline_holds_over_tls_too(
    tls_host: CoverHost, authority: Authority, transport: Transport
) -> None:
    trust(transport, authority)
    dripping = drip(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b"x", seconds=0.05)
    start = time.monotonic()
    answer = transport.get(split_target(tls_host.answer("/a.jpg", dripping)), seconds=0.5)
    with closing(answer), pytest.raises(urllib3.exceptions.ReadTimeoutError):
        answer.read()
    assert time.monotonic() - start < 30


def test_no_error_contains_a_signature(transport: Transport) -> None:
    with cover_host() as host:
        url = host.answer("/a.jpg", lambda connection: connection.close())
        with pytest.raises(NoResponseError) as caught:
            transport.get(split_target(f"{url}?x-signature=secret"), seconds=5)
    for error in (caught.value, caught.value.__cause__):
        assert "secret" not in repr(error)
        assert "a.jpg" not in repr(error)


@pytest.mark.parametrize(
    ("url", "origin", "target"),
    [
        ("http://host/a?b#c", "http://host", "/a?b"),
        ("HTTP://Host:8080", "HTTP://Host:8080", "/"),
        ("http://host?q=a/b", "http://host", "/?q=a/b"),
        ("http://host#a?b", "http://host", "/"),
        ("https://[::1]:1//x", "https://[::1]:1", "//x"),
    ],
)
def test_a_url_is_split_where_its_path_begins(url: str, origin: str, target: str) -> None:
    assert split_target(url) == (origin, target)
