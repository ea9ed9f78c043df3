import dataclasses
import json
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, override

import pytest
from msgspec.structs import replace

from collage_core.contract.message import ChunkMessage
from collage_core.covers.rows import CoverRow
from collage_core.layout import keys
from collage_core.sources.http.answers.failed_answers import MOST_ANSWERS, FailedAnswers
from collage_core.sources.result import Answer
from collage_core.storage.directory_store import DirectoryStore
from tests.support.chunks import recipe

FOLDER = "debug/failed-downloads/monthly-1/00000-abc/"
URL = "https://cdn.example/1.jpg?x-signature=canary"
ANSWER = Answer((URL,), 200, (("Content-Type", "text/html"),), b"<html>canary</html>", 19)


class Refusing(DirectoryStore):
    """Takes nothing, or shows nothing; counts how often it was asked."""

    def __init__(self, folder: Path, *, lists: bool) -> None:
        super().__init__({"temp": folder})
        self.asked = 0
        self._lists = lists

    @override
    def list_keys(self, bucket: str, prefix: str) -> Iterator[str]:
        if self._lists:
            return super().list_keys(bucket, prefix)
        self.asked += 1
        raise OSError("S3 says AccessDenied")

    @override
    def put(self, *_: Any, **__: Any) -> str:
        self.asked += 1
        raise OSError("S3 says AccessDenied")


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    return DirectoryStore({"temp": tmp_path})


def message(*, first: int = 5000) -> ChunkMessage:
    chunk = recipe(b"x" * 9999).message
    return replace(chunk, byte_range=(first, chunk.byte_range[1]))


def row(offset: int) -> CoverRow:
    return CoverRow("ana", URL, None, line=1, offset=offset)


def kept(store: DirectoryStore) -> list[str]:
    return list(store.list_keys("temp", "debug/"))


def read(store: DirectoryStore, key: str) -> bytes:
    stored = store.get("temp", key)
    assert stored
    return stored.body


def test_an_answer_is_a_document_and_a_body_that_it_names(store: DirectoryStore) -> None:
    FailedAnswers(store, "temp", message()).keep(row(34), "not_an_image", ANSWER)
    document_key = f"{FOLDER}000000005034-not_an_image.json"
    body_key = f"{FOLDER}000000005034-not_an_image.body"
    assert sorted(kept(store)) == sorted([document_key, body_key])
    assert read(store, body_key) == b"<html>XXXXXX</html>"
    assert json.loads(read(store, document_key)) == {
        "schema_version": 1,
        "run_id": "monthly-1",
        "chunk_id": "00000-abc",
        "offset": 5034,
        "creator": "ana",
        "reason": "not_an_image",
        "urls": ["https://cdn.example/1.jpg"],
        "host": "cdn.example",
        "status": 200,
        "headers": [["Content-Type", "text/html"]],
        "received_bytes": 19,
        "kept_bytes": 19,
        "redacted_bytes": 6,
        "body_key": body_key,
    }


def test_a_body_in_a_coding_that_cannot_be_undone_is_not_kept(store: DirectoryStore) -> None:
    answer = dataclasses.replace(
        ANSWER, headers=(("Content-Encoding", "br"),), body=b"\x1b\x17\0\0\x04canary"
    )
    FailedAnswers(store, "temp", message()).keep(row(0), "not_an_image", answer)
    (key,) = kept(store)
    document = json.loads(read(store, key))
    assert document["body_key"] is None
    assert document["kept_bytes"] == 0
    assert document["headers"] == [["Content-Encoding", "br"]]


def test_a_row_has_the_same_key_in_every_part_of_a_chunk(store: DirectoryStore) -> None:
    FailedAnswers(store, "temp", message()).keep(row(700), "timeout", ANSWER)
    before = kept(store)
    FailedAnswers(store, "temp", message(first=5600)).keep(row(100), "timeout", ANSWER)
    assert kept(store) == before


def test_no_more_than_a_hundred_answers_of_a_chunk_are_kept_however_often_it_is_worked_on(
    store: DirectoryStore, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    rows = [row(offset) for offset in range(MOST_ANSWERS + 40)]
    for first in (5000, 5000, 6000):
        answers = FailedAnswers(store, "temp", message(first=first))
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda each: answers.keep(each, "timeout", ANSWER), rows))  # noqa: B023
    assert len(kept(store)) == 2 * MOST_ANSWERS
    assert [record.getMessage() for record in caplog.records] == [
        "100 failed answers of chunk 00000-abc of run monthly-1 are kept: the most for one chunk"
    ]


def test_another_chunk_has_a_hundred_of_its_own(store: DirectoryStore) -> None:
    for chunk_id in ("00000-abc", "00001-def"):
        answers = FailedAnswers(store, "temp", replace(message(), chunk_id=chunk_id))
        for offset in range(MOST_ANSWERS):
            answers.keep(row(offset), "timeout", ANSWER)
    assert len(kept(store)) == 4 * MOST_ANSWERS


@pytest.mark.parametrize("lists", [True, False])
def test_a_store_that_refuses_costs_one_line_and_is_not_asked_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, lists: bool
) -> None:
    store = Refusing(tmp_path, lists=lists)
    answers = FailedAnswers(store, "temp", message())
    for offset in range(5):
        answers.keep(row(offset), "timeout", ANSWER)
    assert store.asked == 1
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    for part in ("00000-abc", "monthly-1", "AccessDenied", "bucket temp", keys.FAILED_DOWNLOADS):
        assert part in record.getMessage()
    assert "canary" not in caplog.text


def test_threads_that_are_refused_at_the_same_moment_say_it_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    answers = FailedAnswers(Refusing(tmp_path, lists=True), "temp", message())
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda offset: answers.keep(row(offset), "timeout", ANSWER), range(64)))
    assert len(caplog.records) == 1
