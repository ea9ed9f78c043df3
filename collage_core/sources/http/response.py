"""A response whose end is known exactly, or whose connection is not used again.

HTTP/1.1 has no ids that connect an answer to its request: the next bytes on a connection are the
next answer, whatever they are. If a body is longer than announced, or if a server sends an answer
without a request, `http.client` leaves bytes behind that would become the picture of another cover.
"""

import re
import time
from collections.abc import Callable
from http import client

from collage_core.sources.http import content_codings
from collage_core.sources.http.header_lines import list_members, parse, read_lines
from collage_core.sources.http.sockets import TimedSocket

MAX_INTERIM_RESPONSES = 50
"""Most interim responses before the final one. Servers send one or two, mostly 103 Early Hints."""

_LONGEST_STATUS_LINE = 8 * 1024
_STATUS_LINE = re.compile(rb"HTTP/([01]\.[0-9]) +([1-9][0-9]{2})(?:[ \t]([^\r\n]*))?\r?\n")
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]*)?\r?\n")
_LINE_END = re.compile(rb"\r?\n")
_LONGEST_CHUNK_LINE = 4 * 1024
_LENGTH = re.compile(r"[0-9]{1,18}")
_FRAMING = ("connection", "content-encoding", "content-length", "transfer-encoding")
_BODILESS = frozenset({101, 204, 304})


class DoubtfulAnswerError(Exception):
    """More than one answer came over a connection that was used before.

    The first one may be a late answer to the previous request. urllib3 does not catch this error.
    """


class StrictResponse(client.HTTPResponse):
    """Skips interim responses, and finds the end of the body by RFC 9112, section 6.3."""

    def __init__(
        self,
        sock: TimedSocket,
        debuglevel: int = 0,
        method: str | None = None,
        url: str | None = None,
        *,
        abandon: Callable[[], None],
    ) -> None:
        """`abandon` closes the connection, so that it is not used again."""
        super().__init__(sock, debuglevel, method, url)
        self._socket = sock
        self._abandon = abandon
        self._is_first = not sock.has_answered
        self._is_clean = True
        """Whether the framing of the body has followed RFC 9112 until now."""
        self._is_whole = False
        """Whether the last chunk was read."""
        self._has_answer_for_trailer = False

    def begin(self) -> None:
        """Read the headers. Raises client.HTTPException if they are not HTTP or contradictory."""
        for _ in range(MAX_INTERIM_RESPONSES + 1):
            version = self._read_status_line()
            lines = read_lines(self.fp)
            # RFC 9110, section 15.2: a client must accept any number of interim responses. After
            # 101 the connection speaks another protocol, so 101 is the final answer, and a wrong
            # one.
            if self.status >= 200 or self.status == 101:
                break
        else:
            raise client.HTTPException(f"more than {MAX_INTERIM_RESPONSES} interim responses")
        self.headers, is_sound = parse(lines)
        self.msg = self.headers
        self.version = 10 if version.startswith(b"0") or version == b"1.0" else 11
        framing = self._framing()
        self.will_close = not is_sound or not self._stays_open(framing["connection"])
        self._find_end(framing["transfer-encoding"], framing["content-length"])
        self._name_length(framing["content-length"])
        self._name_codings(framing["content-encoding"] + framing["transfer-encoding"])

    def end_within(self, seconds: float) -> None:
        """Make reads fail with TimeoutError after `seconds`, or earlier at the old deadline."""
        soon = time.monotonic() + seconds
        self._socket.deadline = min(soon, self._socket.deadline or soon)

    def _read_status_line(self) -> bytes:
        line = self.fp.readline(_LONGEST_STATUS_LINE)
        if not line:
            raise client.RemoteDisconnected("the connection ended before a response")
        match = _STATUS_LINE.fullmatch(line)
        if match is None:
            raise client.BadStatusLine(repr(line[:80]))
        version, status, phrase = match.groups()
        self.code = self.status = int(status)
        self.reason = (phrase or b"").strip().decode("latin-1")
        return version

    def _framing(self) -> dict[str, list[str]]:
        """The values of the headers that define the end of the body, by name in lower case."""
        framing: dict[str, list[str]] = {name: [] for name in _FRAMING}
        for name, value in self.headers.raw_items():
            if (lower := name.lower()) in framing:
                framing[lower].append(value)
        return framing

    def _stays_open(self, connection: list[str]) -> bool:
        """RFC 9112, section 9.3. Answers without a body are too rare to trust their end."""
        options = list_members(connection)
        if "close" in options or self.status in _BODILESS:
            return False
        return self.version == 11 or "keep-alive" in options

    def _find_end(self, transfer_encoding: list[str], content_length: list[str]) -> None:
        codings, lengths = list_members(transfer_encoding), set(list_members(content_length))
        applied = [coding for coding in codings if coding not in {"chunked", "identity"}]
        self.chunked = codings[-1:] == ["chunked"]
        self.chunk_left = self.length = None
        if self.status in _BODILESS:
            self.chunked, self.length = False, 0
        elif "chunked" in codings or applied:
            if not self.chunked and "chunked" in codings:
                raise client.HTTPException("chunks are not the last coding of the transfer")
            # RFC 9112, section 6.1: a length beside chunks is ambiguous, HTTP/1.0 has no chunks,
            # and a body is not chunked twice.
            if lengths or self.version == 10 or codings != [*applied, "chunked"]:
                self.will_close = True
        elif len(lengths) > 1:
            raise client.HTTPException(f"{len(lengths)} lengths of one body")
        elif lengths and _LENGTH.fullmatch(length := lengths.pop()):
            self.length = int(length)
        else:
            self.will_close = True  # a body that ends with the connection

    def _name_length(self, values: list[str]) -> None:
        """Keep one Content-Length at most, for code that reads the headers later."""
        if values and values != [str(self.length)]:
            del self.headers["Content-Length"]
            if self.length is not None:
                self.headers["Content-Length"] = str(self.length)

    def _name_codings(self, values: list[str]) -> None:
        """Set Content-Encoding to all codings that must be decoded, in the form for urllib3.

        `values` are the codings of the content, and then those of the transfer.
        """
        if values:
            del self.headers["Content-Encoding"]
            if codings := content_codings.compressions(values):
                self.headers["Content-Encoding"] = codings

    def _get_chunk_left(self) -> int | None:
        """Bytes that are left of this chunk or the next one; None after the last chunk.

        http.client accepts any two bytes as the end of a chunk, and anything after the last chunk
        as a trailer, even the headers of an answer to another request.
        """
        if self.chunk_left:
            return self.chunk_left
        if self.chunk_left is not None:
            self._read_line(_LINE_END, 2)
        size = int(self._read_line(_CHUNK_SIZE, _LONGEST_CHUNK_LINE)[1], 16)
        self.chunk_left = size or None
        if not size:
            # Trailers are not waited for: the body is complete, and they do not concern a picture.
            ahead = self._socket.read_ahead(self.fp) or b""
            if ahead.startswith(b"\r\n"):
                self._is_whole = self.fp.read(2) == b"\r\n"
            self._has_answer_for_trailer = not self._is_whole and b"HTTP/" in ahead
            self._close_conn()
        return self.chunk_left

    def _read_line(self, expected: re.Pattern[bytes], longest: int) -> re.Match[bytes]:
        """Read a line between chunks. Raises client.IncompleteRead if it is not as expected."""
        line = self.fp.readline(longest)
        match = expected.fullmatch(line)
        if match is None:
            raise client.IncompleteRead(b"")
        self._is_clean = self._is_clean and line.endswith(b"\r\n")
        return match

    def _close_conn(self) -> None:
        """Called by http.client at the end of the body, and when no more of it will come."""
        is_read = self._is_whole or self.length == 0
        ahead = self._socket.read_ahead(self.fp)
        is_doubtful = not self._is_first and (
            self._has_answer_for_trailer or (is_read and (ahead or self._socket.has_more()))
        )
        super()._close_conn()  # type: ignore[misc]  # not a part of its API
        if not (is_read and self._is_clean and ahead == b"") and self.will_close is not True:
            self._abandon()
        if is_doubtful:
            self._abandon()
            raise DoubtfulAnswerError
