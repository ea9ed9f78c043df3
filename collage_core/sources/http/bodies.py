"""Reads bodies of answers within two bounds: for one body, and for all that are held at once."""

from collections.abc import Callable
from contextlib import ExitStack
from io import BytesIO

from urllib3 import BaseHTTPResponse

from collage_core.budget import Budget
from collage_core.contract.reasons import Reason
from collage_core.sources.result import Failed, Fetched

MAX_BODY_BYTES = 15 * 1024 * 1024
"""The longest body that is accepted, after decompression. Covers have about 100 KB."""

SMALL_BODY_BYTES = 256 * 1024
"""So much of each body is read without waiting for room; nearly all covers are no longer. The 64
downloads that a configuration may have in flight take 16 MiB this way."""

LARGE_BODIES_BYTES = 32 * 1024 * 1024
"""Room for all longer bodies of a fetcher together, until they are decoded. A body of unknown
length takes the room of the longest."""

_TOO_LARGE = Failed(Reason.TOO_LARGE)


class NoRoomError(Exception):
    """The bodies of other downloads took all the room for as long as this one could wait."""


class BodyReader:
    """Reads the bodies of one fetcher. Safe to use from many threads."""

    def __init__(self, *, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._large_bodies = Budget(LARGE_BODIES_BYTES)

    def read(self, response: BaseHTTPResponse, *, deadline: float) -> Fetched | Failed:
        """The whole body, decompressed, or TOO_LARGE. `deadline` is a time of the clock.

        Raises NoRoomError when the other downloads leave no room for it in time, and what urllib3
        raises for a body that does not arrive.
        """
        length: int | None = response.length_remaining
        if (length or 0) > MAX_BODY_BYTES:
            return _TOO_LARGE
        if length is None or "Content-Encoding" in response.headers:
            length = MAX_BODY_BYTES  # its length is known only at its end
        needs_room = length > SMALL_BODY_BYTES
        body = BytesIO()
        with ExitStack() as room:
            # Not `response.content`, which has no limit. Reading in blocks also bounds what
            # urllib3 keeps when it decompresses or joins chunks.
            while block := response.read(SMALL_BODY_BYTES, decode_content=True):
                body.write(block)
                if body.tell() > MAX_BODY_BYTES:
                    return _TOO_LARGE
                if needs_room and body.tell() >= SMALL_BODY_BYTES:
                    # Take all the room at once: downloads that each hold a part of it and wait
                    # for more would wait for each other.
                    seconds = deadline - self._clock()
                    try:
                        room.enter_context(self._large_bodies.hold(length, seconds=seconds))
                    except TimeoutError as error:
                        raise NoRoomError from error
                    needs_room = False
            return Fetched(body.getvalue(), room.pop_all())
