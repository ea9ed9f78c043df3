"""A web server on loopback that answers with exactly the bytes that a test gives it.

Real servers of covers are rude in ways that an HTTP library would not let a test be.
"""

import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

type Answer = bytes | Callable[[socket.socket], bool | None]
"""Bytes to send, or a function that does something with the connection, which then is closed
unless it returns True."""


def response(body: bytes = b"", status: int = 200, **headers: str) -> bytes:
    """An HTTP response; underscores in the names of headers stand for hyphens."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    fields = {"Content-Length": str(len(body)), "Connection": "close"} | given
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status} Whatever\r\n{lines}\r\n".encode() + body


def redirect(target: str, status: int = 302) -> bytes:
    return response(b"moved", status, Location=target)


class CoverHost:
    """Answers by path, the query left aside; 404 for paths without an answer."""

    def __init__(self, tls: ssl.SSLContext | None, address: str, port: int) -> None:
        self._tls = tls
        self._listener = _listen(address, port)
        self._host = f"[{address}]" if ":" in address else address
        self._answers: dict[str, list[Answer]] = {}
        self._lock = threading.Lock()
        self.heads: list[bytes] = []
        """What was received, request by request, up to the empty line."""
        self.connections = 0
        self.most_open = 0
        """Connections that were open at once, the idle ones among them."""
        self._open = 0
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def request_lines(self) -> list[bytes]:
        return [head.split(b"\r\n", 1)[0] for head in self.heads]

    @property
    def requests(self) -> Counter[str]:
        """How often each path was asked for."""
        targets = (line.split(b" ")[1].decode() for line in self.request_lines)
        return Counter(target.partition("?")[0] for target in targets)

    def url(self, path: str) -> str:
        scheme = "https" if self._tls else "http"
        return f"{scheme}://{self._host}:{self.port}{path}"

    def answer(self, path: str, *answers: Answer) -> str:
        """Give these answers in turn, then always the last one; returns the URL to request."""
        self._answers[path] = list(answers)
        return self.url(path)

    def close(self) -> None:
        with suppress(OSError):  # closing alone leaves a thread in accept(), and the port open
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self.connections += 1
                self._open += 1
                self.most_open = max(self.most_open, self._open)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with suppress(OSError):
                self._talk(connection)
        finally:
            with self._lock:
                self._open -= 1

    def _talk(self, connection: socket.socket) -> None:
        if self._tls:
            connection = self._tls.wrap_socket(connection, server_side=True)
        with connection:
            while head := _read_head(connection):
                answer = self._next_answer(head)
                if callable(answer):
                    if not answer(connection):
                        return
                else:
                    connection.sendall(answer)
                    if b"Connection: close" in answer:
                        return

    def _next_answer(self, head: bytes) -> Answer:
        path = head.split(b" ")[1].partition(b"?")[0].decode()
        with self._lock:
            self.heads.append(head)
            answers = self._answers.get(path, [response(b"no such cover", 404)])
            return answers.pop(0) if len(answers) > 1 else answers[0]


@contextmanager
def cover_host(
    tls: ssl.SSLContext | None = None, *, address: str = "127.0.0.1", port: int = 0
) -> Iterator[CoverHost]:
    """A host for the time of the block; a `port` of 0 is one that is free."""
    host = CoverHost(tls, address, port)
    try:
        yield host
    finally:
        host.close()


@contextmanager
def refusing_port() -> Iterator[int]:
    """A port of 127.0.0.1 that refuses connections, and that no other process gets meanwhile."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


def drip(first: bytes, rest: bytes, *, seconds: float) -> Answer:
    """Send `first`, then `rest` over and over, a byte at a time."""

    def send(connection: socket.socket) -> None:
        connection.sendall(first)
        while True:
            for byte in rest:
                connection.sendall(bytes([byte]))
                time.sleep(seconds)

    return send


def endless(first: bytes, block: bytes) -> Answer:
    """Send `first`, then `block` as fast and as often as the other side takes it."""

    def send(connection: socket.socket) -> None:
        connection.sendall(first)
        while True:
            connection.sendall(block)

    return send


def silence(connection: socket.socket) -> None:
    """Take the request and never say a word."""
    connection.recv(1)


def reset(connection: socket.socket) -> None:
    """Break the connection off."""
    linger = b"\1\0\0\0\0\0\0\0"
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)


def _listen(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return socket.create_server((address, port), family=family, backlog=128)


def _read_head(connection: socket.socket) -> bytes:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        received = connection.recv(1)
        if not received:
            return b""
        head += received
    return head
