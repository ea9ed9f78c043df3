"""Sockets with a deadline for a response, and a limit for its headers."""

import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from typing import Any


class TimedSocket(socket.socket):
    """Reads until a deadline; a plain socket's timeout begins again with every read."""

    deadline: float | None = None
    """When the current response must be complete, by `time.monotonic`; None before the first."""

    has_answered = False
    """Whether this connection was used before."""

    is_silent = True
    """Whether no byte of the current headers has come yet."""

    _header_bytes_left: int | None = None
    """None except while headers are read."""

    _paused = False

    @contextmanager
    def reading_headers(self, most: int) -> Iterator[None]:
        """Limit reads during the block to `most` bytes; a read beyond them raises OSError."""
        self._header_bytes_left = most
        self.is_silent = True
        try:
            yield
        finally:
            self._header_bytes_left = None

    def read_ahead(self, reader: BufferedReader) -> bytes | None:
        """Bytes in the buffer of `reader`, which reads this socket; None if they are unknown."""
        self._paused = True
        try:
            return reader.peek()
        except OSError:  # a read has timed out before
            return None
        finally:
            self._paused = False

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        if self._paused:
            return 0
        if self.deadline is not None:
            left = self.deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError("the time for this response is up")
            self.settimeout(left)
        received = super().recv_into(buffer, nbytes, flags)
        if self._header_bytes_left is not None:
            self._header_bytes_left -= received
            self.is_silent = self.is_silent and not received
            if self._header_bytes_left < 0:
                raise OSError("too many bytes of headers")
        return received

    def has_more(self) -> bool:
        """Whether unread bytes have come; this consumes one of them."""
        self.settimeout(0)
        try:
            return bool(self.recv(1))
        except OSError:  # nothing has come, or only data of TLS itself
            return False

    def pending(self) -> int:
        """Number of bytes that TLS has decrypted already, which a poll of the socket misses."""
        return 0


class TimedTlsSocket(TimedSocket, ssl.SSLSocket):  # type: ignore[misc]  # `nbytes` may be None there
    """The same over TLS."""

    def pending(self) -> int:
        return ssl.SSLSocket.pending(self)
