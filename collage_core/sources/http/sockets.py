"""Sockets that know when the time of a response is over, and how much head it may have."""

import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from typing import Any


class TimedSocket(socket.socket):
    """Reads until a moment, where a plain socket's timeout begins again with every read."""

    deadline: float | None = None
    """Of the response that is being read, on `time.monotonic`; None before the first one."""

    has_answered = False
    """Whether a response came over this connection before."""

    is_silent = True
    """Whether nothing has come yet of the headers that are read."""

    _header_bytes_left: int | None = None
    """None while no headers are read."""

    _paused = False

    @contextmanager
    def reading_headers(self, most: int) -> Iterator[None]:
        """Within this, `most` bytes are read; raises OSError when there are more."""
        self._header_bytes_left = most
        self.is_silent = True
        try:
            yield
        finally:
            self._header_bytes_left = None

    def ahead(self, reader: BufferedReader) -> bytes | None:
        """What `reader`, which reads this socket, has read ahead; None when it cannot say."""
        self._paused = True
        try:
            return reader.peek()
        except OSError:  # a read of it has timed out before
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

    def takes_more(self) -> bool:
        """Whether bytes are here that nobody has read; one of them is gone then."""
        self.settimeout(0)
        try:
            return bool(self.recv(1))
        except OSError:  # nothing is here, or only what TLS keeps to itself
            return False

    def pending(self) -> int:
        """Bytes that TLS has decrypted ahead, which a poll of the socket does not see."""
        return 0


class TimedTlsSocket(TimedSocket, ssl.SSLSocket):  # type: ignore[misc]  # `nbytes` may be None there
    """The same over TLS."""

    def pending(self) -> int:
        return ssl.SSLSocket.pending(self)
