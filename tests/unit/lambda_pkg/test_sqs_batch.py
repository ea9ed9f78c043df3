"""Messages from the queue: each on its own, as often as SQS likes to deliver it."""

import json
import logging
import socket
import time
from contextlib import ExitStack
from typing import Any

import pytest

from collage_core.contract.document import to_json
from collage_core.contract.receipt import Receipt
from collage_core.layout import keys
from collage_core.worker.chunk import process_chunk
from lambda_pkg.csv_intake import INLINE_ROWS
from tests.support.lambda_world import (
    NOTHING_FAILED,
    TIMESTAMP,
    World,
    chunk_message,
    failed,
    receipt,
    sqs_event,
    sqs_record,
    with_settings,
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


def test_the_receipt_of_the_worker_that_is_first_stands_when_two_do_the_same_chunk(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = sqs_event(sqs_record(chunk_message(world, world.csv({"ana": 3, "bo": 2}))))
    firsts: list[dict[str, Any]] = []

    def overtaken(*args: Any, **kwargs: Any) -> Receipt:
        """Do the chunk, but let another worker do all of it first."""
        monkeypatch.setattr("lambda_pkg.chunk_work.process_chunk", process_chunk)
        assert world.invoke(event) == NOTHING_FAILED
        firsts.append(receipt(world))
        return process_chunk(*args, **kwargs)

    monkeypatch.setattr("lambda_pkg.chunk_work.process_chunk", overtaken)
    assert world.invoke(event) == NOTHING_FAILED
    assert set(world.covers.requests.values()) == {2}, "both were at work"
    assert [receipt(world)] == firsts
    assert len(world.collages()) == 2


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("no json", "no JSON"),
        ({"processing_type": "video"}, "processing_type is 'video'"),
        ({"Records": []}, "processing_type is missing"),
        ({"processing_type": "csv_s3", "schema_version": 2}, "schema_version"),
        ({"processing_type": "csv_data", "csv_data": ""}, "csv_data"),
        ({"processing_type": "csv_data", "csv_data": "creator_name,when\na,b\n"}, "cover_url"),
        ({"processing_type": "csv_data", "csv_data": "creator_name\ud800"}, "UTF-8"),
    ],
)
def test_a_message_that_cannot_be_used_fails_alone_with_one_line_that_says_why(
    world: World, caplog: pytest.LogCaptureFixture, body: Any, complaint: str
) -> None:
    good = chunk_message(world, world.csv({"ana": 1}))
    answer = world.invoke(sqs_event(sqs_record(body, "bad"), sqs_record(good, "good")))
    assert answer == failed("bad")
    assert receipt(world)["rows"]["placed"] == 1
    (line,) = (entry for entry in caplog.records if entry.levelno >= logging.ERROR)
    assert line.getMessage().startswith("Message bad failed: ")
    assert complaint in line.getMessage()
    assert line.exc_info is None


def test_a_chunk_whose_csv_was_replaced_fails_and_writes_nothing(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    message = chunk_message(world, world.csv({"ana": 1}))
    world.put(message["bucket"], message["key"], world.csv({"bo": 1}))
    assert world.invoke(sqs_event(sqs_record(message, "m"))) == failed("m")
    assert "was replaced since its run was planned" in caplog.text
    assert world.keys(world.settings.output_bucket) == []
    assert world.keys(world.settings.temp_bucket) == []


def test_a_chunk_whose_csv_is_gone_fails_with_the_name_of_the_csv_and_a_mend_that_works(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    message = chunk_message(world, world.csv({"ana": 1}), key="csv-files/other.csv")
    assert world.invoke(sqs_event(sqs_record(message, "m"))) == failed("m")
    assert "csv-files/other.csv of chunk 00000-a is gone: start the run again" in caplog.text
    assert "hand the CSV in again" in caplog.text


def test_an_error_that_nobody_expected_fails_its_message_alone_and_leaves_its_trace(
    world: World, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("lambda_pkg.sqs_batch.handle_message", broken)
    message = chunk_message(world, world.csv({"ana": 1}))
    assert world.invoke(sqs_event(sqs_record(message, "m"))) == failed("m")
    assert "ZeroDivisionError" in caplog.text


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


def test_a_partial_receipt_that_could_not_be_sent_on_is_resumed_when_sqs_delivers_again(
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
        ("collage_core.worker.chunk.FINISH_SECONDS", 0.4),
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
    config = to_json(world.settings.processing_config) | message["processing_config"]
    assert json.loads(sent_on["body"]) == message | {
        "trigger": "sqs-trigger",
        "processing_config": config,
    }


def test_a_further_message_of_a_batch_is_not_begun_without_time_for_it(world: World) -> None:
    csv = world.csv({"ana": 1})
    first = chunk_message(world, csv)
    second = chunk_message(world, csv, chunk_id="00001-b")
    answer = world.invoke(sqs_event(sqs_record(first, "1"), sqs_record(second, "2")), seconds=20)
    assert answer == failed("2")
    assert receipt(world)["reasons"] == {}


def test_the_csv_data_message_of_the_documentation_works_as_written(world: World) -> None:
    body = {
        "processing_type": "csv_data",
        "csv_data": world.csv({"ana": 3}),
        "processing_config": {"rows": 5, "cols": 7, "quality": 95},
        "output_prefix": "manual-batch/",
    }
    event = sqs_event(sqs_record(body))
    assert world.invoke(event) == NOTHING_FAILED
    assert world.collages() == [
        "collages/2026/10/05/sqs-trigger/manual-batch/ana_collage_20261005_060708.jpg"
    ]
    assert world.summary()["rows"]["placed"] == 3
    assert world.summary()["source"]["bucket"] == world.settings.temp_bucket


def test_a_csv_data_message_that_is_delivered_again_is_the_same_run(world: World) -> None:
    event = sqs_event(
        sqs_record({"processing_type": "csv_data", "csv_data": world.csv({"ana": 1})})
    )
    world.invoke(event)
    before = world.keys(world.settings.output_bucket) + world.keys(world.settings.temp_bucket)
    world.covers.requests.clear()
    assert world.invoke(event) == NOTHING_FAILED
    after = world.keys(world.settings.output_bucket) + world.keys(world.settings.temp_bucket)
    assert after == before
    assert not world.covers.requests


def test_a_csv_data_message_that_is_redriven_is_still_the_same_run(world: World) -> None:
    """From the dead-letter queue it comes with another id, as if it had been sent just now."""
    body = {"processing_type": "csv_data", "csv_data": world.csv({"ana": 1})}
    world.invoke(sqs_event(sqs_record(body, "m-1")))
    before = world.keys(world.settings.output_bucket) + world.keys(world.settings.temp_bucket)
    world.covers.requests.clear()
    week_later = str(1791180428123 + 6 * 24 * 3600 * 1000)
    redriven = sqs_record(body, "m-2", sent=week_later)
    assert world.invoke(sqs_event(redriven)) == NOTHING_FAILED
    after = world.keys(world.settings.output_bucket) + world.keys(world.settings.temp_bucket)
    assert after == before
    assert not world.covers.requests
    day = world.document(
        world.settings.output_bucket, "results/statistics/daily_stats_20261005.json"
    )
    assert day["rows"]["total"] == 1


def test_a_redriven_message_goes_on_with_the_run_that_it_had_begun(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {"processing_type": "csv_data", "csv_data": world.csv({"ana": 1})}
    with monkeypatch.context() as patch:
        patch.setattr("lambda_pkg.finish.write_summary", None)
        assert world.invoke(sqs_event(sqs_record(body, "m-1"))) == failed("m-1")
    world.covers.requests.clear()
    redriven = sqs_record(body, "m-2", sent="1791266828123")
    assert world.invoke(sqs_event(redriven)) == NOTHING_FAILED
    assert world.summary()["run_timestamp"] == TIMESTAMP
    assert not world.covers.requests


def test_a_csv_that_is_sent_again_with_any_change_to_its_message_is_done_again(
    world: World,
) -> None:
    body = {"processing_type": "csv_data", "csv_data": world.csv({"ana": 1})}
    for again, change in enumerate(({}, {"again": 1}, {"again": 2})):
        world.invoke(sqs_event(sqs_record(body | change, f"m-{again}")))
    assert len(world.collages()) == 3


def test_a_message_whose_expired_run_is_sent_again_is_a_new_run(world: World) -> None:
    body = {"processing_type": "csv_data", "csv_data": world.csv({"ana": 1})}
    world.invoke(sqs_event(sqs_record(body, "m-1")))
    temp = world.settings.temp_bucket
    world.services.store.delete_keys(temp, world.keys(temp))
    ten_days_later = str(1791180428123 + 10 * 24 * 3600 * 1000)
    again = sqs_record(body, "m-2", sent=ten_days_later)
    assert world.invoke(sqs_event(again)) == NOTHING_FAILED
    report = world.document(
        world.settings.output_bucket, "results/statistics/monthly_report_202610.json"
    )
    assert report["runs"] == 2
    assert [day["rows"]["total"] for day in report["days"]] == [1, 1]


@pytest.mark.parametrize(
    ("body", "described"),
    [
        (
            {"processing_type": "csv_data", "csv_data": ["ana,https://h/a.jpg?sign=SECRET,"]},
            "csv_data is an array of 1",
        ),
        (
            {"processing_type": "csv_data", "csv_data": {"ana": "https://h/a.jpg?sign=SECRET"}},
            "csv_data is an object of 1 fields",
        ),
        (["ana,https://h/a.jpg?sign=SECRET,"], "message body is an array of 1"),
        (json.dumps("ana,https://h/a.jpg?sign=SECRET,"), "message body is a string of 32 char"),
        ("ana,https://h/a.jpg?sign=SECRET,", "message body is no JSON"),
        ({"processing_type": "csv_data", "csv_data": "ana,https://h/a?sign=SECRET,"}, "creator_n"),
    ],
)
def test_no_complaint_about_a_message_shows_the_covers_in_it(
    world: World, caplog: pytest.LogCaptureFixture, body: Any, described: str
) -> None:
    text = body if isinstance(body, str) else json.dumps(body)
    with caplog.at_level("DEBUG"):
        assert world.invoke(sqs_event(sqs_record(text, "m"))) == failed("m")
    assert described in caplog.text
    assert "SECRET" not in caplog.text


def test_a_long_csv_data_message_is_split_and_the_last_worker_finishes_the_run(
    world: World,
) -> None:
    world = with_settings(world, chunk_rows=600)
    body = {
        "processing_type": "csv_data",
        "csv_data": world.csv({f"c{number:03d}": 5 for number in range(INLINE_ROWS // 5 + 1)}),
        "processing_config": {"rows": 1, "cols": 1},
    }
    assert world.invoke(sqs_event(sqs_record(body))) == NOTHING_FAILED
    chunks = world.receive()
    assert len(chunks) == 2
    assert world.invoke(sqs_event(chunks[1])) == NOTHING_FAILED
    assert world.keys(world.settings.output_bucket, "results/") == []
    assert world.invoke(sqs_event(chunks[0])) == NOTHING_FAILED
    assert world.summary()["rows"]["total"] == INLINE_ROWS + 5
    assert world.summary()["chunks"] == 2
