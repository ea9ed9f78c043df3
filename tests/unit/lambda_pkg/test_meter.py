"""What AWS bills for a chunk, in its receipt."""

from dataclasses import replace
from typing import Any

import pytest

from collage_core.aws.request_counts import RequestCounts
from collage_core.layout import keys
from lambda_pkg.meter import Worker, seconds_of_process
from lambda_pkg.services import Services
from tests.support.lambda_world import (
    NOTHING_FAILED,
    World,
    chunk_message,
    receipt,
    sqs_event,
    sqs_record,
)

PARTIAL = keys.partial_receipt("monthly-1", "00000-a")
CREATORS = {"ana": 1, "bo": 1, "cy": 1, "dee": 1}
FOR_ONE_CREATOR = 1.0


class Clock:
    """Stands still unless told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def metered(world: World) -> World:
    """The same account, with a worker of 1769 MB that counts."""
    worker = Worker(1769, "arm64")
    return replace(world, services=Services.connect(world.settings, worker))


def deliver(world: World, body: Any, *, seconds: float = 300) -> None:
    answer = world.invoke(sqs_event(sqs_record(body)), seconds=seconds)
    assert answer == NOTHING_FAILED


def test_a_receipt_has_the_time_the_memory_and_the_requests_of_its_invocation(
    metered: World,
) -> None:
    body = chunk_message(metered, metered.csv({"ana": 2}))
    worker = metered.services.worker
    assert worker is not None
    before = worker.requests.requests
    deliver(metered, body)
    made = worker.requests.requests - before
    written = receipt(metered)
    usage = written["usage"]
    assert (usage["invocations"], usage["memory_mb"]) == (1, 1769)
    assert usage["architecture"] == "arm64"
    assert usage["queue_requests"] == 3
    assert usage["milliseconds"] >= written["seconds"]["total"] * 1000
    objects_and_receipt = 5
    assert made.puts >= objects_and_receipt
    assert usage["puts"] == made.puts, "the receipt itself is the last one"
    assert made.gets >= usage["gets"] >= 3


def test_parts_of_a_chunk_that_ran_out_of_time_add_up(metered: World) -> None:
    body = chunk_message(metered, metered.csv(CREATORS))
    deliver(metered, body, seconds=FOR_ONE_CREATOR)
    first = metered.document(metered.settings.temp_bucket, PARTIAL)["usage"]
    deliver(metered, body)
    whole = receipt(metered)["usage"]
    assert (first["invocations"], whole["invocations"]) == (1, 2)
    assert whole["queue_requests"] == 2 * 3
    assert whole["milliseconds"] > first["milliseconds"]
    assert whole["puts"] > first["puts"] > 0


def test_a_chunk_of_which_a_part_was_not_counted_is_not_counted(
    world: World, metered: World
) -> None:
    body = chunk_message(world, world.csv(CREATORS))
    deliver(world, body, seconds=FOR_ONE_CREATOR)
    deliver(metered, body)
    assert "usage" not in receipt(metered)


def test_a_direct_invocation_takes_no_request_to_the_queue(metered: World) -> None:
    answer = metered.invoke(chunk_message(metered, metered.csv({"ana": 1})))
    assert answer["usage"] == receipt(metered)["usage"]
    assert answer["usage"]["queue_requests"] == 0


def test_a_second_message_of_a_batch_counts_only_what_is_its_own(metered: World) -> None:
    bodies = [chunk_message(metered, metered.csv({"ana": 2}), chunk_id=name) for name in ("a", "b")]
    records = [sqs_record(body, f"m-{number}") for number, body in enumerate(bodies)]
    worker = metered.services.worker
    assert worker is not None
    before = worker.requests.requests
    assert metered.invoke(sqs_event(*records)) == NOTHING_FAILED
    first, second = (receipt(metered, name)["usage"] for name in ("a", "b"))
    assert (first["invocations"], second["invocations"]) == (1, 0)
    assert second["queue_requests"] == 3
    made = worker.requests.requests - before
    assert (first["puts"] + second["puts"], first["lists"] + second["lists"]) == (
        made.puts,
        made.lists,
    )


def test_a_cold_start_is_billed_with_the_first_invocation_alone() -> None:
    clock = Clock()
    worker = Worker(1024, "x86_64", RequestCounts(), cold_start=1.5, clock=clock)
    first, second = worker.begin(), worker.begin()
    clock.now += 0.2501
    assert first.used(puts=0).milliseconds == 1751, "Lambda rounds up to a millisecond"
    assert second.used(puts=0).milliseconds == 251


def test_without_lambda_nothing_is_counted() -> None:
    assert Worker.from_env({}) is None
    assert Worker.from_env({"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "0"}) is None
    worker = Worker.from_env({"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769"})
    assert worker is not None
    assert worker.memory_mb == 1769


def test_a_process_knows_when_it_began() -> None:
    assert 0 < seconds_of_process() < 7 * 24 * 3600
