"""The last lines that our own packages have logged, while somebody wants to know them."""

import logging
from collections import deque
from types import TracebackType
from typing import Self

from lambda_pkg.logs import OUR_PACKAGES


class LastLines(logging.Handler):
    """Takes lines in its context, and keeps the newest ones up to a number of bytes."""

    def __init__(self, most_bytes: int) -> None:
        super().__init__()
        self.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        self._most_bytes = most_bytes
        self._lines: deque[bytes] = deque()
        self._bytes = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Take a line; the oldest ones that there is no room for are dropped."""
        # Cut at its end: without its beginning, a signature might not be known for one.
        line = self.format(record).encode("utf-8", "backslashreplace")[: self._most_bytes - 1]
        self._lines.append(line + b"\n")
        self._bytes += len(line) + 1
        while self._bytes > self._most_bytes:
            self._bytes -= len(self._lines.popleft())

    @property
    def text(self) -> str:
        """The lines, the oldest one first."""
        self.acquire()
        try:
            return b"".join(self._lines).decode("utf-8", "ignore")
        finally:
            self.release()

    def __enter__(self) -> Self:
        for name in OUR_PACKAGES:
            logging.getLogger(name).addHandler(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for name in OUR_PACKAGES:
            logging.getLogger(name).removeHandler(self)
