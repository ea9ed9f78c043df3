"""Stands between a client and S3, and breaks the requests that a test names."""

import http.client
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

_SLOW_DOWN = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>SlowDown</Code>'
    b"<Message>Please reduce your request rate.</Message></Error>"
)
_ERROR = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>InternalError</Code>'
    b"<Message>We encountered an internal error. Please try again.</Message></Error>"
)


class Fault(Enum):
    """What becomes of a request."""

    SERVER_ERROR = auto()
    """It is not carried out, and answered with status 500."""
    RESET = auto()
    """It is not carried out, and the connection is closed."""
    ERROR_IN_200 = auto()
    """It is not carried out: S3 promised success before it knew, and says so in the body."""
    ANSWER_LOST = auto()
    """It is carried out, and the connection is closed instead of an answer."""
    SLOW_DOWN = auto()
    """It is not carried out, and answered with status 503."""


@dataclass
class S3Proxy:
    """Passes requests on, but for those whose step has a fault.

    Steps are "create", "part 1" and so on, "complete", "abort", and "put" with the last part of
    the key for any other write, such as "put manifest.json".
    """

    upstream: str
    url: str = ""
    permanent: dict[str, Fault] = field(default_factory=dict)
    once: dict[str, Fault] = field(default_factory=dict)
    seen: Counter[str] = field(default_factory=Counter)
    slow_down_every: int = 0
    """One of so many requests is answered with 503; 0: none."""

    def fault(self, step: str) -> Fault | None:
        """Count a request, and say what becomes of it."""
        self.seen[step] += 1
        if self.slow_down_every and self.seen.total() % self.slow_down_every == 0:
            return Fault.SLOW_DOWN
        return self.once.pop(step, None) or self.permanent.get(step)


@contextmanager
def s3_proxy(upstream: str) -> Iterator[S3Proxy]:
    """A proxy on loopback, before the S3 at `upstream`, for as long as the block lasts."""
    proxy = S3Proxy(upstream)

    class Handler(_Handler):
        state = proxy

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    proxy.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state: S3Proxy

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault = self.state.fault(_step(self.command, self.path))
        if fault is Fault.RESET:
            self.close_connection = True
        elif fault is Fault.SERVER_ERROR:
            self._answer(500, {}, _ERROR)
        elif fault is Fault.SLOW_DOWN:
            self._answer(503, {}, _SLOW_DOWN)
        elif fault is Fault.ERROR_IN_200:
            self._answer(200, {}, _ERROR)
        else:
            status, headers, answer = self._ask(body)
            if fault is Fault.ANSWER_LOST:
                self.close_connection = True
            else:
                self._answer(status, headers, answer)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _pass_on  # noqa: N815 - as it is looked up

    def _ask(self, body: bytes) -> tuple[int, Mapping[str, str], bytes]:
        upstream = http.client.HTTPConnection(urlsplit(self.state.upstream).netloc, timeout=30)
        # Its Host is signed, so it stays that of the proxy.
        headers = {name: value for name, value in self.headers.items() if name != "Expect"}
        upstream.request(self.command, self.path, body, headers)
        answer = upstream.getresponse()
        content = answer.read()
        upstream.close()
        return answer.status, dict(answer.getheaders()), content

    def _answer(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.send_response_only(status)
        length = headers.get("content-length", "0") if self.command == "HEAD" else str(len(body))
        for name, value in headers.items():
            if name.lower() not in {"content-length", "transfer-encoding", "connection"}:
                self.send_header(name, value)
        self.send_header("Content-Length", length)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as it is inherited
        del format, args  # the tests say what they expect


def _step(method: str, path: str) -> str:
    url = urlsplit(path)
    query = parse_qs(url.query, keep_blank_values=True)
    if "uploads" in query:
        return "create" if method == "POST" else "list"
    if "uploadId" in query:
        return {"PUT": f"part {query.get('partNumber', ['?'])[0]}", "POST": "complete"}.get(
            method, "abort"
        )
    return f"{method.lower()} {url.path.rpartition('/')[2]}"
