"""Sending messages: what SQS refuses is sent again, and nothing else."""

from typing import Any

import pytest

from collage_core.contract import ChunkMessage, CsvSource, ProcessingConfig
from collage_core.run_timestamp import RunTimestamp
from lambda_pkg.chunk_queue import ChunkQueue, QueueError
from tests.support.lambda_world import World


class RefusingQueue:
    """An SQS client whose queue refuses a message so many times before it takes it."""

    def __init__(self, refusals: dict[str, int]) -> None:
        self.refusals = refusals
        self.taken: list[str] = []
        self.requests = 0

    def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, str]]) -> Any:  # noqa: N803
        assert QueueUrl == "http://queue"
        assert len(Entries) <= 10
        self.requests += 1
        failed = []
        for entry in Entries:
            body = entry["MessageBody"]
            name = next((name for name in self.refusals if f'"{name}"' in body), None)
            if name and self.refusals[name]:
                self.refusals[name] -= 1
                failed.append({"Id": entry["Id"], "Code": "InternalError", "SenderFault": False})
            else:
                self.taken.append(body)
        return {"Failed": failed} if failed else {}


def message(chunk_id: str) -> ChunkMessage:
    return ChunkMessage(
        run_id="run",
        run_timestamp=RunTimestamp.parse("20261001_000000"),
        source=CsvSource("bucket", "key", "etag"),
        chunk_id=chunk_id,
        byte_range=(0, 9),
        rows=1,
        creators=1,
        config=ProcessingConfig(),
        output_prefix="",
    )


def send(client: RefusingQueue, *chunk_ids: str) -> None:
    queue = ChunkQueue(client, url="http://queue", sleep=lambda _: None)  # type: ignore[arg-type]
    queue.send(map(message, chunk_ids))


def test_any_number_of_messages_is_sent_in_batches_of_ten() -> None:
    client = RefusingQueue({})
    send(client, *(f"c{number}" for number in range(23)))
    assert (client.requests, len(client.taken)) == (3, 23)


def test_only_the_refused_messages_of_a_batch_are_sent_again() -> None:
    client = RefusingQueue({"c1": 2, "c3": 1})
    send(client, "c0", "c1", "c2", "c3")
    assert client.requests == 3
    assert len(client.taken) == len(set(client.taken)) == 4


def test_a_message_that_is_refused_for_good_is_an_error_that_names_the_queue() -> None:
    with pytest.raises(QueueError, match="queue http://queue refused 1 messages"):
        send(RefusingQueue({"c1": 99}), "c0", "c1")


def test_a_queue_that_is_not_there_is_one_error_with_its_mend(world: World) -> None:
    world.sqs.delete_queue(QueueUrl=world.settings.chunk_queue_url)
    with pytest.raises(QueueError, match=r"NonExistentQueue; check CHUNK_QUEUE_URL"):
        world.services.queue.send([message("c0")])
