import gzip
import threading
import time
from io import BytesIO

import pytest
from urllib3 import HTTPResponse

from collage_core.contract.reasons import Reason
from collage_core.sources.http.bodies import (
    LARGE_BODIES_BYTES,
    MAX_BODY_BYTES,
    SMALL_BODY_BYTES,
    BodyReader,
    NoRoomError,
)
from collage_core.sources.result import Failed, Fetched

LARGE = b"x" * (SMALL_BODY_BYTES + 1)


def answer(body: bytes, **headers: str) -> HTTPResponse:
    return HTTPResponse(
        BytesIO(body),
        headers={name.replace("_", "-"): value for name, value in headers.items()},
        preload_content=False,
    )


def announced(body: bytes) -> HTTPResponse:
    return answer(body, Content_Length=str(len(body)))


def read(reader: BodyReader, response: HTTPResponse, *, seconds: float = 60) -> Fetched | Failed:
    return reader.read(response, deadline=time.monotonic() + seconds)


@pytest.fixture
def reader() -> BodyReader:
    return BodyReader(clock=time.monotonic)


def test_a_body_is_read_whole_and_unpacked(reader: BodyReader) -> None:
    assert read(reader, announced(LARGE)) == Fetched(LARGE)
    assert read(reader, answer(gzip.compress(LARGE), Content_Encoding="gzip")) == Fetched(LARGE)


def test_a_body_that_is_too_long_is_refused_as_soon_as_it_is_known(reader: BodyReader) -> None:
    said = answer(b"", Content_Length=str(MAX_BODY_BYTES + 1))
    unpacked = answer(gzip.compress(bytes(MAX_BODY_BYTES + 1)), Content_Encoding="gzip")
    assert [read(reader, said), read(reader, unpacked)] == [Failed(Reason.TOO_LARGE)] * 2
    # What was refused leaves its room to others.
    held = [read(reader, answer(LARGE)) for _ in range(LARGE_BODIES_BYTES // MAX_BODY_BYTES)]
    assert held == [Fetched(LARGE)] * 2


def test_large_bodies_wait_for_room_and_small_ones_do_not(reader: BodyReader) -> None:
    held = [read(reader, answer(LARGE)) for _ in range(2)]  # each as if it were the longest
    with pytest.raises(NoRoomError):
        read(reader, answer(LARGE), seconds=0.05)
    assert read(reader, announced(b"x" * SMALL_BODY_BYTES), seconds=0.05)
    first = held[0]
    assert isinstance(first, Fetched)
    threading.Timer(0.05, first.room.close).start()
    assert read(reader, answer(LARGE)) == Fetched(LARGE)
