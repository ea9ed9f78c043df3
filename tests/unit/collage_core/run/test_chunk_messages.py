"""Each message has its worker's share of the limits by host."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from collage_core.aws.chunk_invocations import ChunkInvocations
from collage_core.aws.chunk_queue import ChunkQueue
from collage_core.contract.document import to_json
from collage_core.contract.message import ChunkMessage, parse_message
from collage_core.errors import MessageError
from collage_core.hosts.host_limits import HostLimits
from collage_core.layout import keys
from collage_core.run.chunk_messages import chunk_messages, limits_of_worker
from collage_core.run.dispatch import send_chunks
from collage_core.run.run import Run
from collage_core.settings import Settings
from collage_core.storage.documents import to_document
from tests.support.memory_store import MemoryStore
from tests.support.runs import run

LIMITED = Settings(
    host_limits=HostLimits({"*.cdn.example": 60, "covers.example": 5}), function_concurrency=10
)
MANIFEST, RECEIPTS = run([{f"creator-{number:02d}": 2} for number in range(25)])
IDS = [chunk.chunk_id for chunk in MANIFEST.chunks]


def planned(settings: Settings, *, done: int = 0) -> Run[MemoryStore]:
    store = MemoryStore()
    for receipt in RECEIPTS[:done]:
        key = keys.receipt(MANIFEST.run_id, receipt.chunk_id)
        store.put(settings.temp_bucket, key, to_document(receipt), content_type="application/json")
    return Run(settings, store, MANIFEST)


def shares(run: Run[MemoryStore], chunk_ids: list[str]) -> list[object]:
    messages = list(chunk_messages(run, chunk_ids, at_once=run.settings.function_concurrency))
    assert [message.chunk_id for message in messages] == chunk_ids
    return [message.host_limits for message in messages]


def test_without_limits_messages_are_as_before_and_nothing_is_listed() -> None:
    unread = Run(Settings(), None, MANIFEST)  # type: ignore[type-var]
    messages = list(chunk_messages(unread, IDS, at_once=10))
    assert messages == [MANIFEST.message(chunk) for chunk in MANIFEST.chunks]
    assert all("host_limits" not in to_json(message) for message in messages)


@pytest.mark.parametrize(
    ("concurrency", "done", "workers"), [(10, 0, 10), (10, 22, 3), (10, 24, 1), (100, 0, 25)]
)
def test_the_limit_is_shared_by_the_workers_that_may_run_at_a_time(
    concurrency: int, done: int, workers: int
) -> None:
    settings = replace(LIMITED, function_concurrency=concurrency)
    expected = {"*.cdn.example": 60 / workers, "covers.example": 5 / workers}
    assert shares(planned(settings, done=done), IDS[done:]) == [expected] * (25 - done)


@pytest.mark.parametrize(("bounds_workers", "workers"), [(True, 10), (False, 25)])
def test_workers_that_are_invoked_directly_may_all_run_at_once(
    *, bounds_workers: bool, workers: int
) -> None:
    sent: list[ChunkMessage] = []

    class Sender:
        def __init__(self) -> None:
            self.bounds_workers = bounds_workers

        def send(self, messages: Iterable[ChunkMessage]) -> int:
            sent.extend(messages)
            return len(sent)

    assert send_chunks(planned(LIMITED), set(IDS), Sender()) == 25
    assert {(message.host_limits or {})["covers.example"] for message in sent} == {5 / workers}


def test_each_way_to_the_workers_says_whether_it_bounds_them() -> None:
    assert ChunkQueue.bounds_workers
    assert not ChunkInvocations.bounds_workers


def test_chunks_that_may_be_under_way_have_their_part() -> None:
    """One chunk is sent again while four others are worked on."""
    assert shares(planned(LIMITED, done=20), IDS[-1:]) == [
        {"*.cdn.example": 12, "covers.example": 1}
    ]


def test_a_chunk_that_is_done_again_counts_though_it_has_its_receipt() -> None:
    assert (
        shares(planned(LIMITED, done=25), IDS[:2])
        == [{"*.cdn.example": 30, "covers.example": 2.5}] * 2
    )


def test_a_share_arrives_as_it_was_sent() -> None:
    message = next(chunk_messages(planned(LIMITED), IDS, at_once=10))
    received = parse_message(to_json(message))
    assert isinstance(received, ChunkMessage)
    assert received == message
    # Whatever the function's own setting: who planned the run decides.
    assert limits_of_worker(received, Settings()).of("a.cdn.example") == 6


def test_a_message_without_a_share_has_that_of_a_run_with_many_chunks() -> None:
    message = MANIFEST.message(MANIFEST.chunks[0])
    assert limits_of_worker(message, LIMITED).of("covers.example") == 0.5
    assert not limits_of_worker(message, Settings())


@pytest.mark.parametrize(
    ("limits", "line"),
    [
        ({"a.example": 0}, "host_limits.a.example is 0: it must be a number above 0 and at"),
        ({"a.example": "5"}, "host_limits.a.example is '5': it must be a number above 0 and at"),
        ({"a.example": 1e6}, "host_limits.a.example is 1000000.0: it must be a number above 0 a"),
        ({"https://a.example": 1}, "host_limits cannot be used: 'https://a.example' has a scheme"),
        ({"a.example": 1, "A.example": 1}, "host_limits cannot be used: 'A.example' is there twi"),
        ([1], r"host_limits is \[1\]: "),
    ],
)
def test_a_share_that_cannot_be_kept_is_refused_by_its_name(limits: object, line: str) -> None:
    message = to_json(MANIFEST.message(MANIFEST.chunks[0]))
    with pytest.raises(MessageError, match=line):
        parse_message({**message, "host_limits": limits})
