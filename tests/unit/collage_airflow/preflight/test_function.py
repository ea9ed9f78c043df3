"""The two halves of the deployment are compared before a run begins."""

import json
from dataclasses import replace
from time import sleep
from typing import Any

import pytest
from msgspec.structs import replace as changed

from collage_airflow.preflight import function
from collage_airflow.preflight.function import (
    _read,
    ask_function,
    function_problems,
    reach_problems,
)
from collage_airflow.preflight.problem import Problem
from collage_core import __version__
from collage_core.contract.answers import SelfCheck
from collage_core.contract.cell_size import CellSize
from collage_core.contract.document import to_json
from collage_core.hosts.host_limits import HostLimits
from collage_core.hosts.request_headers import RequestHeaders
from collage_core.settings import Settings
from tests.support.cover_host import cover_host
from tests.support.preflight import only

SETTINGS = Settings(chunk_queue_url="https://sqs.us-east-1.amazonaws.com/123456789012/chunks")
THING = "function collage-worker (FUNCTION_NAME)"


def answer(settings: Settings = SETTINGS, **changes: Any) -> SelfCheck:
    """What a function with these settings answers, on its way through JSON."""
    own = SelfCheck(
        ok=True,
        version=__version__,
        settings=settings,
        buckets=dict.fromkeys(
            (settings.input_bucket, settings.output_bucket, settings.temp_bucket), "reachable"
        ),
        queue="reachable",
        timeout_seconds=120,
    )
    found = _read(THING, json.dumps(to_json(changed(own, **changes))).encode())
    assert isinstance(found, SelfCheck)
    return found


def test_two_halves_that_agree_are_not_mentioned() -> None:
    assert list(function_problems(answer(), SETTINGS)) == []
    assert list(reach_problems(answer(), SETTINGS)) == []


@pytest.mark.parametrize("name", ["input_bucket", "output_bucket", "temp_bucket"])
def test_another_bucket_stops_the_run_and_both_names_are_said(name: str) -> None:
    problem = only(function_problems(answer(replace(SETTINGS, **{name: "other"})), SETTINGS))  # type: ignore[arg-type]
    assert problem.blocks
    assert not problem.may_pass
    assert problem.line == (
        f'{name.upper()} is "other" for function collage-worker, and '
        f'"{getattr(SETTINGS, name)}" for Airflow: give both the same value'
    )


@pytest.mark.parametrize(
    ("url", "blocks"),
    [
        ("https://sqs.us-east-1.amazonaws.com/123456789012/others", True),
        ("https://queue.amazonaws.com/123456789012/chunks", False),
    ],
)
def test_another_queue_stops_the_run_and_another_name_of_the_host_does_not(
    url: str, *, blocks: bool
) -> None:
    theirs = answer(replace(SETTINGS, chunk_queue_url=url))
    assert only(function_problems(theirs, SETTINGS)).blocks is blocks


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("cell_size", CellSize(180, 240), 'CELL_SIZE is "180x240" for'),
        ("chunk_rows", 5, "CHUNK_ROWS is 5 for"),
        ("allowed_source_hosts", ("a.example",), 'ALLOWED_SOURCE_HOSTS is "a.example" for'),
        ("default_max_images_per_creator", 3, "DEFAULT_MAX_IMAGES_PER_CREATOR is 3 for"),
        ("host_limits", HostLimits({"*.a.b": 7}), """HOST_LIMITS is {"*.a.b": 7} for"""),
        ("function_concurrency", 3, "FUNCTION_CONCURRENCY is 3 for"),
    ],
)
def test_any_other_difference_is_a_warning_with_both_values(
    name: str, value: Any, line: str
) -> None:
    theirs = answer(replace(SETTINGS, **{name: value}))
    problem = only(function_problems(theirs, SETTINGS))
    assert not problem.blocks
    assert problem.line.startswith(line)


def test_debugging_may_be_on_at_the_function_alone() -> None:
    theirs = answer(replace(SETTINGS, enable_debug_logging=True, function_name="another"))
    assert list(function_problems(theirs, SETTINGS)) == []


def test_metrics_may_be_set_at_the_function_alone() -> None:
    theirs = answer(replace(SETTINGS, metrics_namespace="Covers", metrics_environment="staging"))
    assert list(function_problems(theirs, SETTINGS)) == []


def test_headers_may_be_set_at_the_function_alone_and_are_not_in_its_answer() -> None:
    theirs = answer(replace(SETTINGS, request_headers=RequestHeaders({"a": {"X-Key": "s3cret"}})))
    assert theirs.settings["request_headers"] == "a: X-Key"
    assert list(function_problems(theirs, SETTINGS)) == []


def test_another_release_is_a_warning() -> None:
    problem = only(function_problems(answer(version="0.0.9"), SETTINGS))
    assert not problem.blocks
    assert f"release 0.0.9, Airflow's side is {__version__}" in problem.line


def test_a_setting_that_an_older_function_does_not_know_is_not_compared() -> None:
    theirs = answer()
    del theirs.settings["cell_size"]
    assert list(function_problems(theirs, SETTINGS)) == []


def test_what_the_function_does_not_reach_is_named() -> None:
    broken = answer(queue="queue x cannot be used")
    assert only(reach_problems(broken, SETTINGS)).line == (
        "function collage-worker does not reach its queue: queue x cannot be used"
    )


@pytest.mark.parametrize(
    "payload",
    [
        *(b"null", b"{}", b"[]", b'"hello"', b"\xff", b""),
        b'{"schema_version": [], "settings": 1}',
        b'{"ok": true, "version": "1", "settings": null, "buckets": {}, "queue": ""}',
    ],
)
def test_another_function_is_no_reason_to_stop(payload: bytes) -> None:
    found = _read(THING, payload)
    assert isinstance(found, Problem)
    assert not found.blocks
    assert "set FUNCTION_NAME" in found.line


def test_a_function_of_another_schema_stops_the_run() -> None:
    document = to_json(answer()) | {"schema_version": 2}
    found = _read(THING, json.dumps(document).encode())
    assert isinstance(found, Problem)
    assert found.blocks
    assert "schema_version 2, Airflow's side 1" in found.line


@pytest.mark.usefixtures("aws")
def test_a_function_that_does_not_exist_is_a_warning_that_names_the_setting() -> None:
    found = ask_function("aws_default", "nowhere")
    assert isinstance(found, Problem)
    assert not found.blocks
    assert found.line.startswith(
        "function nowhere (FUNCTION_NAME) answers ResourceNotFoundException: set FUNCTION_NAME"
    )


def test_an_older_function_that_does_not_say_how_long_it_may_take_is_understood() -> None:
    document = to_json(answer())
    del document["timeout_seconds"]
    found = _read(THING, json.dumps(document).encode())
    assert isinstance(found, SelfCheck)
    assert found.timeout_seconds is None
    assert list(function_problems(found, SETTINGS)) == []


@pytest.mark.thorough
def test_a_function_that_does_not_answer_costs_two_minutes_at_most(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert function._READ_TIMEOUT * function._TRIES <= 120
    monkeypatch.setattr(function, "_READ_TIMEOUT", 0.1)
    with cover_host() as host:
        url = host.answer("/2015-03-31/functions/collage-worker/invocations", lambda _: sleep(1))
        extra = {"region_name": "us-east-1", "endpoint_url": url.rpartition("/2015")[0]}
        connection = {"conn_type": "aws", "login": "testing", "password": "x", "extra": extra}
        monkeypatch.setenv("AIRFLOW_CONN_AWS_DEFAULT", json.dumps(connection))
        found = ask_function("aws_default", "collage-worker")
        assert len(host.heads) == function._TRIES
    assert isinstance(found, Problem)
    assert not found.blocks
    assert "function collage-worker (FUNCTION_NAME) cannot be asked (Read timeout" in found.line
