"""One GET over the network: only to checked addresses, byte for byte, within time and memory.

This is urllib3 with four changes, each at the place that urllib3 provides for it:

- urllib3 looks up a host and connects in one step. Here `AddressPolicy` looks it up, and the
  connection goes to an address that was checked.
- urllib3 rewrites URLs (`%3d` to `%3D`, `|` to `%7C`), which breaks signatures. Here it gets only
  the origin. The target is passed as the pseudo-header `:path`, named after HTTP/2's, until the
  call that writes the request line. So no log line and no exception of urllib3 can contain a
  signature. If `:path` were ever left in the headers, `http.client` would refuse to send it.
- urllib3's timeout begins again with every read, so a server that sends one byte a second never
  reaches it. Here the socket has a deadline (`sockets`).
- urllib3 uses any connection again. Here a connection whose answer did not end exactly where it
  should is closed (`response`): bytes that are left on it would become the next cover's picture.
"""

import re
import socket
import ssl
import time
from collections.abc import Mapping
from functools import partial
from http import client
from typing import Any, NamedTuple

import certifi
from urllib3 import (
    BaseHTTPResponse,
    HTTPConnectionPool,
    HTTPResponse,
    HTTPSConnectionPool,
    PoolManager,
    Timeout,
)
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, LocationValueError, SSLError
from urllib3.exceptions import TimeoutError as Urllib3TimeoutError
from urllib3.util.ssl_ import create_urllib3_context

from collage_core.contract.reasons import Reason
from collage_core.covers.cover_url import with_ascii_host
from collage_core.sources.http.addresses import AddressPolicy, TemporaryLookupError
from collage_core.sources.http.response import StrictResponse
from collage_core.sources.http.sockets import TimedSocket, TimedTlsSocket

CONNECT_SECONDS = 5.0
"""Timeout of a connection, TLS included, but without the lookup of the name, which cannot be
interrupted. A healthy CDN takes a tenth of a second."""

MAX_HEADER_BYTES = 64 * 1024
"""Most bytes of a response's headers, interim responses included. A CDN sends about 1 KB."""

_MOST_OPEN = 640
"""Most connections that are kept open to all hosts together. Lambda allows 1024 open files."""

_HEADERS = {
    "User-Agent": "cover-collage",
    "Accept": "image/*,*/*;q=0.5",
    # Pictures cannot be compressed further; it would only cost both sides time.
    "Accept-Encoding": "identity",
}
_TARGET = ":path"
_FRESH = ":fresh"
"""Our own pseudo-header: the request must not use a connection that was used before."""

_URL = re.compile(r"([^/]*//[^/?#]*)([^#]*)")


class Target(NamedTuple):
    """A URL as one request asks for it."""

    origin: str
    """Scheme and authority."""
    path: str
    """What stands in the request line: path and query."""


class NoResponseError(Exception):
    """There is no answer. urllib3 does not catch this error."""

    def __init__(self, reason: Reason, *, may_heal: bool) -> None:
        """`may_heal`: whether the failure is transient, so that a retry may succeed."""
        super().__init__(reason.value)
        self.reason = reason
        self.may_heal = may_heal


class StaleConnectionError(Exception):
    """A connection that was used before failed for this request. urllib3 does not catch this."""


class Transport:
    """A pool of connections. Safe to use from many threads."""

    def __init__(self, policy: AddressPolicy, *, connections: int) -> None:
        """`connections`: how many to keep open to one host, as many as parallel requests."""
        tls = create_urllib3_context()
        tls.load_verify_locations(certifi.where())
        tls.sslsocket_class = TimedTlsSocket
        # One pool per host; the least recently used is closed. A CDN uses many host names.
        self._pools = PoolManager(
            num_pools=_MOST_OPEN // connections, maxsize=connections, ssl_context=tls
        )
        self._pools.pool_classes_by_scheme = {
            "http": partial(_new_pool, HTTPConnectionPool, _Connection, policy),  # type: ignore[dict-item]
            "https": partial(_new_pool, HTTPSConnectionPool, _TlsConnection, policy),  # type: ignore[dict-item]
        }

    def get(
        self,
        target: Target,
        *,
        seconds: float,
        headers: Mapping[str, str] | None = None,
        cookie: str | None = None,
        fresh: bool = False,
    ) -> BaseHTTPResponse:
        """Request an http(s) URL and return when the headers are there; the caller closes it.

        Connection, headers and body together must be done in `seconds`. Redirects are not followed.
        `headers` take the place of ours, in capitals or not; `cookie` is the Cookie header to send,
        and `fresh` requires a new connection. Raises NoResponseError; reads of the body raise
        urllib3.exceptions.HTTPError, or, unless `fresh`, DoubtfulAnswerError.
        """
        sent = _with(headers or {})
        sent[_TARGET] = target.path
        if cookie:
            sent["Cookie"] = cookie
        if fresh:
            sent[_FRESH] = ""
        deadline = time.monotonic() + seconds
        try:
            return self._ask(target.origin, sent, seconds)
        except StaleConnectionError:
            # RFC 9112, section 9.3.1: a server may close an idle connection at any time, and a
            # GET may be sent again. This is not a failure of the server, so it is not a retry.
            left = max(deadline - time.monotonic(), 0.001)
            return self._ask(target.origin, {**sent, _FRESH: ""}, left)

    def _ask(self, origin: str, headers: Mapping[str, str], seconds: float) -> BaseHTTPResponse:
        try:
            return self._pools.connection_from_url(origin).urlopen(
                "GET",
                "/",
                headers=headers,
                timeout=Timeout(connect=min(CONNECT_SECONDS, seconds), total=seconds),
                retries=False,
                redirect=False,
                assert_same_host=False,
                preload_content=False,
            )
        except LocationValueError as error:
            raise NoResponseError(Reason.INVALID_URL, may_heal=False) from error
        except Urllib3TimeoutError as error:
            raise NoResponseError(Reason.TIMEOUT, may_heal=True) from error
        except HTTPError as error:
            may_heal = not _is_bad_certificate(error)
            raise NoResponseError(Reason.CONNECT_FAILURE, may_heal=may_heal) from error

    def close(self) -> None:
        """Close the connections that are not in use."""
        self._pools.clear()


def _with(headers: Mapping[str, str]) -> dict[str, str]:
    """Our headers, and in their place or beside them those of the host."""
    replaced = {name.lower() for name in headers}
    kept = {name: value for name, value in _HEADERS.items() if name.lower() not in replaced}
    return {**kept, **headers}


def split_target(url: str) -> Target:
    """The URL without its fragment, in its two parts; no character is changed.

    Only a host that is not ASCII is mapped, as browsers do. The fragment is not sent, and an empty
    path becomes "/", because a request line needs one.
    """
    match = _URL.match(url)
    if match is None:
        raise ValueError("URL has no '//'")
    origin, path = match.groups()
    return Target(with_ascii_host(origin), path if path.startswith("/") else f"/{path}")


def _is_bad_certificate(error: HTTPError) -> bool:
    """Whether the certificate is expired, for another host, or not trusted: a retry is useless."""
    return isinstance(error, SSLError) and isinstance(error.args[0], ssl.SSLCertVerificationError)


def _new_pool(
    pool_class: type[HTTPConnectionPool],
    connection_class: "type[_Connection]",
    policy: AddressPolicy,
    host: str,
    port: int,
    **options: Any,
) -> HTTPConnectionPool:
    pool = pool_class(host, port, **options)
    pool.ConnectionCls = partial(connection_class, policy=policy)  # type: ignore[assignment]
    return pool


class _Connection(HTTPConnection):
    """Connects only to checked addresses, and sends the target unchanged."""

    _target = "/"

    def __init__(self, *args: Any, policy: AddressPolicy, **options: Any) -> None:
        super().__init__(*args, **options)
        self._policy = policy
        self.response_class = partial(StrictResponse, abandon=self.close)  # type: ignore[assignment]

    def _new_conn(self) -> socket.socket:
        try:
            endpoints = self._policy.endpoints(self.host, self.port)
        except TemporaryLookupError as error:
            raise NoResponseError(Reason.DNS_FAILURE, may_heal=True) from error
        if isinstance(endpoints, Reason):
            raise NoResponseError(endpoints, may_heal=False)
        deadline = time.monotonic() + (self.timeout or CONNECT_SECONDS)
        reason = Reason.CONNECT_FAILURE
        for endpoint in endpoints:
            sock = TimedSocket(endpoint.family, socket.SOCK_STREAM)
            try:
                sock.settimeout(max(deadline - time.monotonic(), 0.001))
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                sock.connect(endpoint.sockaddr)
            except OSError as error:
                sock.close()
                reason = Reason.TIMEOUT if isinstance(error, TimeoutError) else reason
            else:
                sock.settimeout(max(deadline - time.monotonic(), 0.001))  # what is left for TLS
                return sock
        raise NoResponseError(reason, may_heal=True)

    def request(  # type: ignore[override]  # as urllib3's own
        self,
        method: str,
        url: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        **options: Any,
    ) -> None:
        sent = dict(headers or {})
        self._target = sent.pop(_TARGET)
        if sent.pop(_FRESH, None) is not None:
            self.close()  # http.client connects again
        super().request(method, url, body, sent, **options)

    def putrequest(self, method: str, url: str, *args: Any, **options: Any) -> None:  # noqa: ARG002
        # Not `url`: that is always "/", because urllib3 may log it.
        super().putrequest(method, self._target, *args, **options)

    def _encode_request(self, request: str) -> bytes:
        # http.client accepts only ASCII; other characters of a cover URL are sent as they are.
        return request.encode("utf-8", "surrogateescape")

    @property
    def is_connected(self) -> bool:
        """Whether it is open and no unrequested bytes have come over it."""
        pending = isinstance(self.sock, TimedSocket) and self.sock.pending()
        return super().is_connected and not pending

    def send(self, data: Any) -> None:
        was_used = isinstance(self.sock, TimedSocket) and self.sock.has_answered
        # Bytes that came before the request was sent cannot be its answer.
        if was_used and not self.is_connected:
            raise StaleConnectionError
        try:
            super().send(data)
        except TimeoutError:
            raise
        except OSError as error:
            if was_used:
                raise StaleConnectionError from error
            raise

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # as urllib3's own
        sock = self.sock
        if not isinstance(sock, TimedSocket):
            return super().getresponse()
        # `timeout` is now the time that is left after connecting and sending.
        if self.timeout is not None:
            sock.deadline = time.monotonic() + self.timeout
        with sock.reading_headers(MAX_HEADER_BYTES):
            try:
                response = super().getresponse()
            except (OSError, client.BadStatusLine) as error:
                # Closed while idle, or the bytes are the rest of an answer to another request.
                is_no_answer = sock.is_silent or isinstance(error, client.BadStatusLine)
                if sock.has_answered and is_no_answer and not isinstance(error, TimeoutError):
                    raise StaleConnectionError from error
                raise
        sock.has_answered = True
        return response


class _TlsConnection(_Connection, HTTPSConnection):
    """The same, and then speaks TLS."""
