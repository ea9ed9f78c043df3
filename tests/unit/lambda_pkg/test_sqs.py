"""Messages from the queue: each on its own, as often as SQS likes to deliver it."""

import json
import logging
from typing import Any

import pytest

from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.layout import keys
from collage_core.run.ingest import INLINE_ROWS
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


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("no json", "not JSON"),
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
    assert line.getMessage().endswith("(no delivery can succeed before that is fixed)")
    assert complaint in line.getMessage()
    assert line.exc_info is None


def test_an_unexpected_error_fails_its_message_alone_and_logs_a_traceback(
    world: World, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("lambda_pkg.sqs.handle_message", broken)
    message = chunk_message(world, world.csv({"ana": 1}))
    assert world.invoke(sqs_event(sqs_record(message, "m"))) == failed("m")
    assert "ZeroDivisionError" in caplog.text


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


def test_a_chunk_message_of_before_gets_the_canvas_of_before_whatever_the_settings(
    world: World,
) -> None:
    world = with_settings(world, default_trim=True, default_margin=9, default_order="oldest")
    world.invoke(sqs_event(sqs_record(chunk_message(world, world.csv({"ana": 2})))))
    metadata = world.document(
        world.settings.output_bucket, keys.metadata("ana", RunTimestamp.parse("20261001_000000"))
    )
    canvas = metadata["grid"]["canvas"]
    assert (canvas["width"], canvas["height"], canvas["left"]) == (600, 800, 0)
    assert [cell["url"].rpartition("/")[2] for cell in metadata["cells"]] == ["1.jpg", "0.jpg"]


def test_a_csv_data_message_takes_what_it_leaves_out_from_the_settings(world: World) -> None:
    world = with_settings(world, default_trim=True, default_margin=9)
    body = {
        "processing_type": "csv_data",
        "csv_data": world.csv({"ana": 2}),
        "processing_config": {"margin": 0, "order": "oldest"},
    }
    world.invoke(sqs_event(sqs_record(body)))
    metadata = world.document(
        world.settings.output_bucket, keys.metadata("ana", RunTimestamp.parse("20261005_060708"))
    )
    canvas = metadata["grid"]["canvas"]
    assert (canvas["width"], canvas["height"], canvas["left"]) == (600, 400, 0)
    assert [cell["url"].rpartition("/")[2] for cell in metadata["cells"]] == ["0.jpg", "1.jpg"]


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
        patch.setattr("collage_core.run.close.write_summary", None)
        assert world.invoke(sqs_event(sqs_record(body, "m-1"))) == failed("m-1")
    world.covers.requests.clear()
    redriven = sqs_record(body, "m-2", sent="1791266828123")
    assert world.invoke(sqs_event(redriven)) == NOTHING_FAILED
    assert world.summary()["run_timestamp"] == TIMESTAMP
    assert not world.covers.requests


def test_a_message_whose_error_is_permanent_succeeds_when_that_is_fixed(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    body = {"processing_type": "csv_data", "csv_data": world.csv({"ana": 1})}
    event = sqs_event(sqs_record(body, "m-1"))
    second = RunTimestamp.parse(TIMESTAMP)
    bucket, summary = world.settings.output_bucket, keys.processing_summary(second)
    world.put(bucket, summary, "no summary")
    assert world.invoke(event) == failed("m-1")
    assert "(no delivery can succeed before that is fixed)" in caplog.text
    world.services.store.delete_keys(bucket, [summary])
    assert world.invoke(event) == NOTHING_FAILED
    assert world.summary()["rows"]["placed"] == 1


def test_batch_results_that_another_program_has_saved_stop_no_message(world: World) -> None:
    bucket = world.settings.output_bucket
    results = keys.batch_results(RunTimestamp.parse(TIMESTAMP))
    world.put(bucket, results, "run_id;creator_name\n")
    body = {"processing_type": "csv_data", "csv_data": world.csv({"ana": 1})}
    assert world.invoke(sqs_event(sqs_record(body, "m-1"))) == NOTHING_FAILED
    assert len([key for key in world.keys(bucket, "results/") if "_kept_" in key]) == 1


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
        ("ana,https://h/a.jpg?sign=SECRET,", "message body is not JSON"),
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


@pytest.mark.thorough
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
