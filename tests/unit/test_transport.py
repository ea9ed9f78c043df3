import ssl
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest
import urllib3
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from collage_core.fetching.addresses import AddressPolicy
from collage_core.fetching.transport import NoResponseError, Transport, split_target
from tests.support.cover_host import CoverHost, cover_host, drip, response


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that vouches for itself, and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "loopback")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "certificate.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
def tls_host(certificate: Path) -> Iterator[CoverHost]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with cover_host(context) as server:
        yield server


@pytest.fixture
def transport() -> Iterator[Transport]:
    transport = Transport(AddressPolicy(["127.0.0.1"]), connections=2)
    yield transport
    transport.close()


def trust(transport: Transport, certificate: Path) -> None:
    transport._pools.connection_pool_kw["ssl_context"].load_verify_locations(certificate)


def test_a_server_that_proves_who_it_is_is_talked_to_over_tls(
    tls_host: CoverHost, certificate: Path, transport: Transport
) -> None:
    trust(transport, certificate)
    url = tls_host.answer("/a%3d|.jpg", response(b"cover"))
    with closing(transport.get(url, seconds=5)) as answer:
        assert answer.read() == b"cover"
    assert tls_host.request_lines == [b"GET /a%3d|.jpg HTTP/1.1"]


def test_a_server_that_does_not_is_refused(tls_host: CoverHost, transport: Transport) -> None:
    with pytest.raises(NoResponseError) as caught:
        transport.get(tls_host.answer("/a.jpg", response(b"cover")), seconds=5)
    assert isinstance(caught.value.__cause__, urllib3.exceptions.SSLError)
    assert tls_host.heads == []


def test_the_deadline_holds_over_tls_too(
    tls_host: CoverHost, certificate: Path, transport: Transport
) -> None:
    trust(transport, certificate)
    dripping = drip(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b"x", seconds=0.05)
    start = time.monotonic()
    answer = transport.get(tls_host.answer("/a.jpg", dripping), seconds=0.5)
    with closing(answer), pytest.raises(urllib3.exceptions.ReadTimeoutError):
        answer.read()
    assert time.monotonic() - start < 1.0


def test_no_error_can_tell_a_signature(transport: Transport) -> None:
    with cover_host() as host:
        url = host.answer("/a.jpg", lambda connection: connection.close())
        with pytest.raises(NoResponseError) as caught:
            transport.get(f"{url}?x-signature=secret", seconds=5)
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
