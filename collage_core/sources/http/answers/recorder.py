"""Records answers with a 2xx, so that those that are not covers can be examined.

Only a fetcher with `keep_answers` has a recorder. It observes what urllib3 reads and does not
change the result: the same bytes reach the same code, only in smaller pieces at first.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Protocol

from collage_core.sources.result import Answer

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

KEPT_BYTES = 64 * 1024
"""Most bytes of a body that are kept, from its beginning."""

_EXTRA_READ_SECONDS = 1.0
"""Time to read the first bytes of a body that was refused because of its headers."""


class _Readable(Protocol):
    def read(self, amount: int, /) -> bytes: ...

    def end_within(self, seconds: float) -> None: ...


class AnswerRecorder:
    """Records one attempt to fetch a cover: a request, and one more for each redirect."""

    def __init__(self) -> None:
        self._urls: list[str] = []
        self._sent: set[str] = set()
        self._status = 0
        self._headers: tuple[tuple[str, str], ...] = ()
        self._body = bytearray()
        self._received_bytes = 0

    @contextmanager
    def record(
        self, url: str, sent: Mapping[str, str], response: "BaseHTTPResponse"
    ) -> Iterator[None]:
        """Record what is read of `response` during the block.

        `url` was requested, and `sent` are the headers that were set for its host.
        """
        self._urls.append(url)
        self._sent.update(sent.values())
        self._status = response.status
        self._body, self._received_bytes = bytearray(), 0
        if not self._is_success:
            yield
            return
        self._headers = tuple(response.headers.iteritems())
        # Below urllib3, which discards what it has read when the connection breaks or a body
        # cannot be decompressed. Its API gives no access to the file.
        file = response._fp  # type: ignore[attr-defined]  # noqa: SLF001
        read_block = file.read
        has_read = False

        def read(amount: int | None = None) -> bytes:
            nonlocal has_read
            has_read = True
            room = KEPT_BYTES - len(self._body)
            if amount and room > 0:
                # One receive at a time, so that a later failure does not lose earlier bytes.
                block: bytes = file.read1(min(amount, room))
                self._body += block
            else:
                block = read_block(amount)
            self._received_bytes += len(block)
            return block

        file.read = read
        try:
            yield
            if not has_read:
                _read_for_a_while(file)
        finally:
            del file.read  # otherwise a reference cycle keeps the response until the next gc

    def forget_last(self) -> None:
        """Forget the last request, because its answer is not trusted and it is made again."""
        self._urls.pop()

    def answer(self) -> Answer | None:
        """The last answer; None when there was none, or when its status was not a 2xx."""
        if not self._is_success:
            return None
        return Answer(
            urls=tuple(self._urls),
            sent=tuple(sorted(self._sent)),
            status=self._status,
            headers=self._headers,
            body=bytes(self._body),
            received_bytes=self._received_bytes,
        )

    @property
    def _is_success(self) -> bool:
        return 200 <= self._status < 300


def _read_for_a_while(file: _Readable) -> None:
    # The result is known already: an error here says nothing about the cover.
    with suppress(Exception):
        file.end_within(_EXTRA_READ_SECONDS)
        left = KEPT_BYTES
        while left and (block := file.read(left)):
            left -= len(block)
