"""What invokes the function, and what it answers."""

import logging
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from collage_core.contract.cell_size import CELL_SIZES
from collage_core.errors import CsvFormatError, MessageError, SettingError
from lambda_pkg.invocation import Invocation
from lambda_pkg.settings import read_settings
from tests.support.lambda_world import FakeContext, World, with_settings


def test_a_message_invoked_directly_returns_the_summary_of_its_csv(world: World) -> None:
    answer = world.invoke(
        {
            "processing_type": "csv_data",
            "csv_data": world.csv({"ana": 3}),
            "output_prefix": "try/out",
        }
    )
    assert answer["trigger"] == "manual"
    assert answer["rows"]["placed"] == 3
    (key,) = world.keys(world.settings.output_bucket, "collages/manual/")
    assert key == f"collages/manual/try/out/ana_collage_{answer['run_timestamp']}.jpg"


def test_a_chunk_invoked_directly_returns_its_receipt(world: World) -> None:
    text = world.csv({"ana": 2})
    bucket = world.settings.input_bucket
    etag = world.put(bucket, "csv-files/a.csv", text)
    message = {
        "schema_version": 1,
        "processing_type": "csv_s3",
        "run_id": "by-hand",
        "chunk_id": "00000-a",
        "bucket": bucket,
        "key": "csv-files/a.csv",
        "etag": etag,
        "byte_range": [text.index("\n") + 1, len(text) - 1],
        "rows": 2,
        "creators": 1,
        "run_timestamp": "20261001_000000",
    }
    answer = world.invoke(message)
    assert answer["chunk_id"] == "00000-a"
    assert answer["trigger"] == "manual"
    assert answer["rows"]["placed"] == 2
    assert world.invoke(message) == answer


def test_the_cells_have_the_size_that_the_function_is_set_to(world: World) -> None:
    large = with_settings(world, cell_size=CELL_SIZES["360x480"])
    answer = large.invoke({"processing_type": "csv_data", "csv_data": world.csv({"ana": 3})})
    bucket = world.settings.output_bucket
    (key,) = world.keys(bucket, "collages/manual/")
    body = world.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    assert answer["rows"]["placed"] == 3
    assert Image.open(BytesIO(body)).size == (720, 960)


def test_a_csv_whose_grid_is_too_large_for_the_cells_is_refused_unplanned(
    world: World,
) -> None:
    large = with_settings(world, cell_size=CELL_SIZES["360x480"])
    with pytest.raises(MessageError, match="20x20, 400 cells"):
        large.invoke(
            {
                "processing_type": "csv_data",
                "csv_data": world.csv({"ana": 3}),
                "processing_config": {"rows": 20, "cols": 20},
            }
        )
    assert world.keys(world.settings.temp_bucket) == []


def test_an_unusable_csv_is_an_error_of_the_direct_invocation(world: World) -> None:
    with pytest.raises(CsvFormatError):
        world.invoke({"processing_type": "csv_data", "csv_data": "name,url\n"})


@pytest.mark.parametrize(
    ("event", "described"),
    [
        ({"foo": 1, "bar": 2}, "an object with the fields 'foo', 'bar'"),
        ({"Records": []}, "an object with the fields 'Records'"),
        ({"Records": [{"eventSource": "aws:sns"}]}, "an object with the fields 'Records'"),
        ([], "a list"),
        ("text", "a str"),
        (None, "a NoneType"),
    ],
)
def test_an_event_of_no_known_kind_is_refused_by_what_it_is(
    world: World, event: object, described: str
) -> None:
    with pytest.raises(MessageError, match=f"event is {described}: send"):
        world.invoke(event)


def test_the_event_that_s3_sends_to_try_the_notification_does_nothing(world: World) -> None:
    event = {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "tiktok-image-input"}
    assert world.invoke(event) == {"files": []}


def test_the_self_check_tells_the_release_the_settings_and_what_is_reachable(world: World) -> None:
    answer = world.invoke({})
    assert answer["ok"] is True
    assert set(answer["buckets"].values()) == {"reachable"}
    assert answer["queue"] == "reachable"
    assert answer["settings"]["default_rows"] == 2
    assert answer["schema_version"] == 1


def test_the_self_check_says_which_bucket_or_queue_is_out_of_reach(world: World) -> None:
    world.s3.delete_bucket(Bucket=world.settings.temp_bucket)
    world.sqs.delete_queue(QueueUrl=world.settings.chunk_queue_url)
    answer = world.invoke({})
    assert answer["ok"] is False
    assert "NoSuchBucket" in answer["buckets"][world.settings.temp_bucket]
    assert answer["buckets"][world.settings.input_bucket] == "reachable"
    assert "NonExistentQueue" in answer["queue"]


def test_a_store_that_stalls_costs_less_than_five_minutes_keep_back(world: World) -> None:
    config: Any = world.services.store.client.meta.config
    tries = config.retries["total_max_attempts"]
    longest_pauses = sum(2**number for number in range(tries - 1))
    context = FakeContext(ends_at=time.monotonic() + 300)
    kept_back = 300 - Invocation.begin(context, world.services).seconds_left()
    assert tries * config.read_timeout + longest_pauses < kept_back


def cold_start(
    environ: Mapping[str, str], then: str = "print(h.lambda_handler)"
) -> subprocess.CompletedProcess[str]:
    """Import the handler as Lambda does, with nothing but these variables, and do one thing."""
    return subprocess.run(  # noqa: S603 - our own interpreter on our own code
        [sys.executable, "-c", f"import logging, lambda_pkg.handler as h; {then}"],
        env={
            "PATH": os.environ["PATH"],
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
            **environ,
        },
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("environ", "complaint"),
    [
        ({}, "CHUNK_QUEUE_URL is empty"),
        ({"CHUNK_QUEUE_URL": "http://q", "DEFAULT_ROWS": "many"}, "DEFAULT_ROWS is 'many'"),
    ],
)
def test_a_wrong_setting_stops_the_worker_at_its_start_by_name(
    environ: dict[str, str], complaint: str
) -> None:
    result = cold_start(environ)
    assert result.returncode != 0
    assert complaint in result.stderr.splitlines()[-1]


def test_the_worker_starts_without_asking_aws_anything() -> None:
    result = cold_start({"CHUNK_QUEUE_URL": "http://127.0.0.1:1/q"})
    assert result.returncode == 0, result.stderr
    assert "lambda_handler" in result.stdout


def test_debug_logging_is_for_our_modules_and_for_no_library_that_knows_secrets() -> None:
    result = cold_start(
        {"CHUNK_QUEUE_URL": "http://127.0.0.1:1/q", "ENABLE_DEBUG_LOGGING": "true"},
        "print(*(logging.getLogger(name).getEffectiveLevel() for name in"
        " ['lambda_pkg.route', 'collage_core.sources.http.fetcher', 'botocore.auth',"
        " 'urllib3.connectionpool']))",
    )
    levels = logging.DEBUG, logging.DEBUG, logging.WARNING, logging.ERROR
    assert result.stdout.split() == [str(level) for level in levels]


def test_the_queue_is_the_one_setting_that_has_no_default() -> None:
    with pytest.raises(SettingError, match="CHUNK_QUEUE_URL"):
        read_settings({})
    assert read_settings({"CHUNK_QUEUE_URL": "http://q"}).chunk_rows == 2000


def test_no_log_line_of_the_worker_holds_a_signature(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    text = world.csv({"ana": 2}, path="404").replace(".jpg", ".jpg?x-signature=SECRET")
    with caplog.at_level("DEBUG", logger="lambda_pkg"), caplog.at_level("DEBUG", "collage_core"):
        answer: dict[str, Any] = with_settings(world, default_max_retries=1).invoke(
            {"processing_type": "csv_data", "csv_data": text}
        )
    assert answer["reasons"] == {"http_404": 2}
    assert "Failed to download" in caplog.text
    assert "SECRET" not in caplog.text
