"""Serves the sample covers over HTTP, with latency and the usual faults.

`python -m local.cover_server --port PORT --covers FOLDER` runs it; tests start it in their
own process with `serving`. `GET /__stats` returns all requests, byte for byte.
"""

import argparse
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import override
from urllib.parse import parse_qs, urlsplit

from local.sample.images import draw_cover, kind_of
from local.sample.mark import Mark
from local.sample.urls import Target, Trouble, cover_path, read_path

STATS_PATH = "/__stats"
LOOPBACK = "127.0.0.1"

_HANG_SECONDS = 120
_POLL_SECONDS = 0.05  # how long stopping a server in a test may take
_REFUSALS = {
    Trouble.FORBIDDEN: HTTPStatus.FORBIDDEN,
    Trouble.NOT_FOUND: HTTPStatus.NOT_FOUND,
    Trouble.GONE: HTTPStatus.GONE,
}
_LOGIN_PAGE = b"<!doctype html><title>Log in</title><p>Please log in to see this cover.</p>"


class CoverServer(ThreadingHTTPServer):
    """The server and the requests that it has received so far."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self, port: int, covers: Path, *, latency: float = 0.0, host: str = LOOPBACK
    ) -> None:
        """Listen on `host` and `port` (0: any free port), and keep drawn covers in `covers`."""
        super().__init__((host, port), _Handler)
        self.covers = covers
        self.latency = latency
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self._requests: Counter[str] = Counter()
        self._expired = 0

    @property
    def url(self) -> str:
        """The origin of its URLs on this machine."""
        return f"http://{LOOPBACK}:{self.server_port}"

    def stats(self) -> dict[str, object]:
        """Requests by raw target with its query, and how many of them had an expired URL."""
        with self._lock:
            return {"requests": dict(self._requests), "expired": self._expired}

    def note(self, target: str, *, expired: bool) -> int:
        """Count a request, and return how many there were for this target so far."""
        with self._lock:
            self._requests[target] += 1
            self._expired += expired
            return self._requests[target]

    def cover(self, mark: Mark) -> bytes:
        """The file of a cover, which is drawn at the first request."""
        path = self.covers / cover_path(mark).lstrip("/")
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            # Renamed when complete: another thread may read it at the same time.
            part = path.with_name(f"{path.name}.{threading.get_ident()}")
            part.write_bytes(draw_cover(mark))
            part.replace(path)
        return path.read_bytes()

    @override
    def server_close(self) -> None:
        self.closing.set()
        super().server_close()


class _Handler(BaseHTTPRequestHandler):
    """One connection, which stays open between requests, like a CDN's."""

    server: CoverServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        path, query = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
        if path == STATS_PATH:
            body = json.dumps(self.server.stats()).encode()
            self._send(HTTPStatus.OK, body, "application/json")
            return
        expired = int(query.get("x-expires", ["0"])[0] or 0) in range(1, int(time.time()))
        times = self.server.note(self.path, expired=expired)
        time.sleep(self.server.latency)
        target = read_path(path)
        if target is None:
            self._send(HTTPStatus.NOT_FOUND)
        elif expired:
            self._send(HTTPStatus.FORBIDDEN)
        else:
            self._serve(target, first=times == 1)

    def _serve(self, target: Target, *, first: bool) -> None:
        match target.trouble:
            case Trouble.FORBIDDEN | Trouble.NOT_FOUND | Trouble.GONE:
                self._send(_REFUSALS[target.trouble])
            case Trouble.BUSY if first:
                self._send(HTTPStatus.TOO_MANY_REQUESTS, retry_after=1)
            case Trouble.BROKEN if first:
                self._send(HTTPStatus.INTERNAL_SERVER_ERROR)
            case Trouble.HANG:
                self.server.closing.wait(_HANG_SECONDS)
                self.close_connection = True
            case Trouble.EMPTY:
                self._send(HTTPStatus.OK)
            case Trouble.HTML:
                self._send(HTTPStatus.OK, _LOGIN_PAGE, "text/html")
            case _:
                self._send_cover(target)

    def _send_cover(self, target: Target) -> None:
        body = self.server.cover(target.mark)
        half = body[: len(body) // 2]
        content_type = kind_of(target.mark).content_type
        if target.trouble is Trouble.TRUNCATED:
            self._send(HTTPStatus.OK, half, content_type)
        elif target.trouble is Trouble.CUT_OFF:
            self._send(HTTPStatus.OK, half, content_type, length=len(body))
            self.close_connection = True
        else:
            self._send(HTTPStatus.OK, body, content_type)

    def _send(
        self,
        status: HTTPStatus,
        body: bytes = b"",
        content_type: str = "text/plain",
        *,
        length: int | None = None,
        retry_after: int | None = None,
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        if retry_after is not None:
            self.send_header("Retry-After", str(retry_after))
        self.end_headers()
        self.wfile.write(body)

    @override
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        # Without the query, which has the signature: signatures are never logged.
        self.log_message("%s %s", code, urlsplit(self.path).path)


@contextmanager
def serving(covers: Path, *, latency: float = 0.0) -> Iterator[CoverServer]:
    """Run a cover server on a free port in this process until the block ends."""
    with CoverServer(0, covers, latency=latency) as server:
        thread = threading.Thread(target=server.serve_forever, args=[_POLL_SECONDS])
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def main() -> None:
    """Serve until a signal ends the process."""
    parser = argparse.ArgumentParser(description="Serve the sample covers.")
    parser.add_argument("--host", default=LOOPBACK, help="the address to listen on")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--covers", type=Path, required=True, help="where drawn covers are kept")
    parser.add_argument("--latency", type=float, default=0.02, help="seconds before each answer")
    options = parser.parse_args()
    with CoverServer(
        options.port, options.covers, latency=options.latency, host=options.host
    ) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()
