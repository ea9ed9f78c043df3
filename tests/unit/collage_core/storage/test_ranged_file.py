"""An object is read like a file, and never as two different objects."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collage_core.errors import ConditionFailedError
from collage_core.storage.ranged_file import ranged_file
from tests.support.memory_store import MemoryStore

BODY = bytes(range(200))


def stored(body: bytes = BODY) -> tuple[MemoryStore, str]:
    store = MemoryStore()
    return store, store.put("b", "k", body, content_type="x/y")


@given(
    st.lists(
        st.tuples(st.sampled_from([io.SEEK_SET, io.SEEK_CUR, io.SEEK_END]), st.integers(0, 250))
    ),
    st.integers(0, 250),
)
def test_it_reads_as_a_file_of_the_same_bytes(moves: list[tuple[int, int]], size: int) -> None:
    store, etag = stored()
    with ranged_file(store, "b", "k", etag=etag, size=len(BODY)) as file:
        same = io.BytesIO(BODY)
        for whence, offset in moves:
            back = -offset if whence == io.SEEK_END and offset <= len(BODY) else offset
            assert file.seek(back, whence) == same.seek(back, whence)
            assert file.read(size) == same.read(size)
        assert file.read() == same.read()


def test_a_place_before_the_beginning_is_refused_as_a_file_refuses_it() -> None:
    store, etag = stored()
    with ranged_file(store, "b", "k", etag=etag, size=len(BODY)) as file:
        with pytest.raises(OSError, match="no byte -1"):
            file.seek(-201, io.SEEK_END)
        with pytest.raises(ValueError, match="no byte -5"):
            file.seek(-5)


def test_an_empty_object_has_nothing() -> None:
    store, etag = stored(b"")
    with ranged_file(store, "b", "k", etag=etag, size=0) as file:
        assert file.read() == b""


def test_an_object_that_is_replaced_or_gone_is_not_read_on() -> None:
    store, etag = stored()
    with ranged_file(store, "b", "k", etag=etag, size=len(BODY)) as file:
        store.put("b", "k", b"other", content_type="x/y")
        with pytest.raises(ConditionFailedError):
            file.read(1)
        store.delete_keys("b", ["k"])
        with pytest.raises(ConditionFailedError, match="is gone"):
            file.read(1)
