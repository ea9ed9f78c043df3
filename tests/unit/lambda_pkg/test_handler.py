"""The cold start, and what the worker logs."""

import logging
import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pytest

from collage_core.errors import SettingError
from lambda_pkg.settings import read_settings
from tests.support.lambda_world import World, with_settings


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


def test_what_only_a_report_needs_is_loaded_when_one_is_written() -> None:
    page = "collage_core.report.index_page"
    result = cold_start(
        {"CHUNK_QUEUE_URL": "http://127.0.0.1:1/q"},
        "import sys; print('jinja2' in sys.modules); "
        f"import {page}; print('jinja2' in sys.modules)",
    )
    assert result.stdout.split() == ["False", "True"], result.stderr


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
    assert read_settings({"CHUNK_QUEUE_URL": "http://q"}).planned_chunk_rows == 2000


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
