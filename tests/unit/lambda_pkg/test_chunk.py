"""One chunk, delivered as often as SQS likes: collages, and one receipt for every row."""

import hashlib
import json
import socket
import time
from contextlib import ExitStack
from typing import Any

import pytest

from collage_core.contract.document import to_json
from collage_core.contract.options import OPTIONS
from collage_core.contract.receipt import Receipt
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.layout import keys
from collage_core.worker.chunk import process_chunk
from tests.support.failures import Where, failure
from tests.support.lambda_world import (
    NOTHING_FAILED,
    World,
    chunk_message,
    failed,
    receipt,
    sqs_event,
    sqs_record,
)


def test_a_chunk_becomes_collages_and_a_receipt_that_accounts_for_every_row(world: World) -> None:
    message = chunk_message(world, world.csv({"ana": 6, "bo": 1}))
    assert world.invoke(sqs_event(sqs_record(message))) == NOTHING_FAILED
    rows = receipt(world)["rows"]
    assert rows == {
        "total": 7, "placed": 5, "duplicate": 0, "not_selected": 2, "rejected": 0, "failed": 0
    }  # fmt: skip
    assert world.collages() == [
        "collages/2026/10/01/sqs-trigger/ana_collage_20261001_000000.jpg",
        "collages/2026/10/01/sqs-trigger/bo_collage_20261001_000000.jpg",
    ]


def test_a_run_of_airflow_is_left_to_airflow_to_finish(world: World) -> None:
    message = chunk_message(world, world.csv({"ana": 1}))
    world.invoke(sqs_event(sqs_record(message)))
    assert world.keys(world.settings.output_bucket, "results/") == []
    assert world.keys(world.settings.input_bucket) == [message["key"]]


def test_a_message_that_is_delivered_again_is_skipped_by_its_receipt(world: World) -> None:
    event = sqs_event(sqs_record(chunk_message(world, world.csv({"ana": 2}))))
    world.invoke(event)
    before = receipt(world)
    world.covers.requests.clear()
    assert world.invoke(event) == NOTHING_FAILED
    assert not world.covers.requests
    assert receipt(world) == before


def test_the_first_receipt_counts_when_two_workers_do_the_same_chunk(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = sqs_event(sqs_record(chunk_message(world, world.csv({"ana": 3, "bo": 2}))))
    firsts: list[dict[str, Any]] = []

    def overtaken(*args: Any, **kwargs: Any) -> Receipt:
        """Begin the chunk, but let another worker do all of it first."""
        monkeypatch.setattr("lambda_pkg.chunk.process_chunk", process_chunk)
        assert world.invoke(event) == NOTHING_FAILED
        firsts.append(receipt(world))
        return process_chunk(*args, **kwargs)

    monkeypatch.setattr("lambda_pkg.chunk.process_chunk", overtaken)
    assert world.invoke(event) == NOTHING_FAILED
    assert set(world.covers.requests.values()) == {1}, "the second one finds each creator done"
    assert [receipt(world)] == firsts
    assert len(world.collages()) == 2


def test_a_chunk_whose_csv_was_replaced_fails_and_writes_nothing(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    message = chunk_message(world, world.csv({"ana": 1}))
    world.put(message["bucket"], message["key"], world.csv({"bo": 1}))
    assert world.invoke(sqs_event(sqs_record(message, "m"))) == failed("m")
    assert "was replaced since its run was planned" in caplog.text
    assert world.keys(world.settings.output_bucket) == []
    assert world.keys(world.settings.temp_bucket) == [keys.failed_message("monthly-1", "00000-a")]


def test_a_chunk_whose_csv_is_gone_names_the_csv_and_a_fix_that_works(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    message = chunk_message(world, world.csv({"ana": 1}), key="csv-files/other.csv")
    assert world.invoke(sqs_event(sqs_record(message, "m"))) == failed("m")
    assert "csv-files/other.csv of chunk 00000-a is gone: start the run again" in caplog.text
    assert "submit the CSV again" in caplog.text


def test_a_chunk_whose_csv_is_in_the_archive_already_is_done_from_there(world: World) -> None:
    text = world.csv({"ana": 1, "bo": 2})
    first = text.index("\n") + 1
    digest = hashlib.sha256(text[first:].encode()).hexdigest()
    message = chunk_message(world, text, rows_sha256=digest)
    archived = keys.archived_csv(message["key"], RunTimestamp.parse(message["run_timestamp"]))
    world.put(message["bucket"], archived, text)
    world.services.store.delete_keys(message["bucket"], [message["key"]])

    assert world.invoke(sqs_event(sqs_record(message))) == NOTHING_FAILED
    assert receipt(world)["rows"]["placed"] == 3


def test_a_message_of_a_longer_csv_that_was_replaced_does_not_come_back(world: World) -> None:
    text = world.csv({"ana": 1, "bo": 20})
    digest = hashlib.sha256(b"the rows of bo").hexdigest()
    message = chunk_message(world, text, rows_sha256=digest, byte_range=[1000, len(text) - 1])
    world.put(message["bucket"], message["key"], world.csv({"ana": 1}))
    assert world.invoke(sqs_event(sqs_record(message, "m"))) == NOTHING_FAILED
    dropped = keys.dropped_message("monthly-1", "00000-a")
    assert world.document(world.settings.temp_bucket, dropped)["chunk_id"] == "00000-a"


@pytest.mark.thorough
def test_a_chunk_that_runs_out_of_time_is_sent_on_until_its_books_are_exact(world: World) -> None:
    creators = {f"c{number:02d}": 1 + number % 5 for number in range(12)}
    message = chunk_message(
        world,
        world.csv(creators, path="slow"),
        processing_config={"rows": 2, "cols": 2, "max_workers": 2},
    )
    event, invocations = sqs_event(sqs_record(message)), 0
    while event["Records"]:
        assert world.invoke(event, seconds=25, speed=40) == NOTHING_FAILED
        invocations += 1
        assert invocations <= len(creators)
        event = sqs_event(*world.receive())
    assert invocations > 1
    written = receipt(world)
    assert written["resume_at"] is None
    assert written["byte_range"] == message["byte_range"]
    assert written["rows"]["total"] == message["rows"]
    assert written["creators"]["total"] == len(creators)
    assert sorted(item["creator"] for item in written["results"]) == sorted(creators)
    assert sum(item["rows"]["total"] for item in written["results"]) == message["rows"]


def test_a_partial_receipt_whose_message_was_not_sent_is_resumed_on_redelivery(
    world: World,
) -> None:
    """The worker ends between its two writes: what it has done is not done again."""
    creators = {"ana": 2, "bo": 3, "cy": 1, "di": 2}
    message = chunk_message(world, world.csv(creators))
    event = sqs_event(sqs_record(message, "m"))
    url = world.settings.chunk_queue_url
    world.sqs.delete_queue(QueueUrl=url)
    assert world.invoke(event, seconds=15) == failed("m")  # time for one creator
    world.sqs.create_queue(QueueName=url.rpartition("/")[2])
    key = keys.partial_receipt("monthly-1", "00000-a")
    done = world.document(world.settings.temp_bucket, key)
    assert [item["creator"] for item in done["results"]] == ["ana"]
    world.covers.requests.clear()

    assert world.invoke(event) == NOTHING_FAILED
    written = receipt(world)
    assert (written["resume_at"], written["byte_range"]) == (None, message["byte_range"])
    assert written["rows"] == {
        "total": 8, "placed": 8, "duplicate": 0, "not_selected": 0, "rejected": 0, "failed": 0
    }  # fmt: skip
    assert [item["creator"] for item in written["results"]] == list(creators)
    assert {path.split("/")[2] for path in world.covers.requests} == {"bo", "cy", "di"}
    assert len(world.collages()) == len(creators)


@failure(
    Where.COVERS,
    fault="A host of covers answers endlessly slowly",
    happens=(
        "Each cover ends as `timeout`; the chunk is sent on to further invocations before its"
        " time is up"
    ),
    sees='the function\'s log: "ran out of time at byte …: sent on"',
    fix="nothing; the summary counts the covers by reason",
)
@pytest.mark.thorough
def test_a_chunk_of_tarpits_ends_each_invocation_early_and_explains_every_row(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every cover is on a host of its own, which accepts the connection and never answers.

    No host fails often enough to be given up: 16 seconds of waiting, for workers with 5 seconds.
    """
    for name, seconds in (
        ("collage_core.worker.loading.START_SECONDS", 1.2),
        ("collage_core.worker.loading.FINISH_SECONDS", 0.4),
        ("collage_core.worker.engine.FINISH_SECONDS", 0.4),
        ("lambda_pkg.invocation.WRAP_UP_SECONDS", 0.5),
    ):
        monkeypatch.setattr(name, seconds)
    with ExitStack() as stack:
        hosts = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(16)]
        text = "creator_name,cover_url,updated_at\n" + "".join(
            f"c{index // 2},http://127.0.0.1:{host.getsockname()[1]}/{index}.jpg,\n"
            for index, host in enumerate(hosts)
        )
        config = {"rows": 2, "cols": 2, "max_workers": 2, "timeout": 1}
        message = chunk_message(world, text, processing_config=config)
        event, invocations = sqs_event(sqs_record(message)), 0
        while event["Records"]:
            start = time.monotonic()
            assert world.invoke(event, seconds=5) == NOTHING_FAILED
            assert time.monotonic() - start < 5
            invocations += 1
            assert invocations <= len(hosts)
            event = sqs_event(*world.receive())
    assert invocations > 1
    assert receipt(world)["rows"] == {
        "total": 16, "placed": 0, "duplicate": 0, "not_selected": 0, "rejected": 0, "failed": 16
    }  # fmt: skip
    assert receipt(world)["reasons"] == {"timeout": 16}


def test_what_is_sent_on_is_the_same_message_with_its_trigger(world: World) -> None:
    message = chunk_message(
        world,
        world.csv({"ana": 2, "bo": 2, "cy": 2}, path="slow"),
        processing_config={"rows": 2, "cols": 2, "max_workers": 1},
    )
    world.invoke(sqs_event(sqs_record(message)), seconds=1)
    (sent_on,) = world.receive()
    # How the collages look stays open: what a chunk leaves out has the same meaning everywhere.
    ours = to_json(world.settings.processing_config)
    config = {name: ours[name] for name in ours if not OPTIONS[name].of_picture}
    config |= message["processing_config"]
    assert json.loads(sent_on["body"]) == message | {
        "trigger": "sqs-trigger",
        "processing_config": config,
    }
