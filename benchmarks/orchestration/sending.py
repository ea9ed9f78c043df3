"""How long it takes to send all chunks of a run to the queue, and with how many requests."""

from benchmarks.orchestration.counted_race import CountedResult, contender, counted_race
from benchmarks.orchestration.planned_run import plan_run
from benchmarks.orchestration.servers import Servers

_RUN_ID = "sent-20261101_000000"


def measure_sending(
    servers: Servers, *, chunks: int, rows: int, rounds: int
) -> list[CountedResult]:
    """The product first. Raises BenchmarkError when one of them has not sent all chunks."""
    plan_run(servers.store, _RUN_ID, chunks=chunks, rows=rows)
    sqs, url = servers.aws.sqs(), servers.queue_url

    def check(answer: bool | int) -> str | None:
        found = sqs.get_queue_attributes(
            QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"]
        )
        arrived = int(found["Attributes"]["ApproximateNumberOfMessages"])
        sqs.purge_queue(QueueUrl=url)
        if (answer, arrived) == (chunks, chunks):
            return None
        return f"it says that it sent {answer} of {chunks} chunks, and {arrived} arrived"

    return counted_race(
        servers,
        _RUN_ID,
        [
            contender("dispatch", "dispatch"),
            contender("send_message for each chunk", "one_by_one"),
            contender("send_message_batch alone", "batches"),
        ],
        rounds=rounds,
        check=check,
    )
