"""Workers that do no work: they take messages from the queue and write receipts."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

from benchmarks.orchestration.planned_run import SETTINGS
from benchmarks.orchestration.servers import Servers
from collage_core.contract.message import ChunkMessage
from collage_core.contract.reading import read
from collage_core.layout import keys
from collage_core.storage.documents import JSON

_POLL_SECONDS = 0.5


@contextmanager
def stand_in_workers(servers: Servers, *, may_begin: Callable[[], bool]) -> Iterator[None]:
    """One worker, in a thread of this process, for as long as the block lasts.

    It takes its first message when it may, so that there is something to wait for.
    """
    over = Event()
    with ThreadPoolExecutor(1) as pool:
        worker = pool.submit(_work, servers, may_begin, over)
        try:
            yield
        finally:
            over.set()
        worker.result()


def _work(servers: Servers, may_begin: Callable[[], bool], over: Event) -> None:
    sqs, store, url = servers.aws.sqs(), servers.store, servers.queue_url
    while not may_begin():
        if over.wait(_POLL_SECONDS):
            return
    while not over.is_set():
        answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        messages = answer.get("Messages", [])
        for message in messages:
            chunk = read(message["Body"], ChunkMessage)
            key = keys.receipt(chunk.run_id, chunk.chunk_id)
            store.put(SETTINGS.temp_bucket, key, b"{}", content_type=JSON)
        if messages:
            sqs.delete_message_batch(
                QueueUrl=url,
                Entries=[
                    {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]}
                    for number, message in enumerate(messages)
                ],
            )
