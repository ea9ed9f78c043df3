"""Alarms and dashboard name metrics that exist: AWS's own, and those that the function prints."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from collage_core.run.cost_parts import ALARMS, OWN_METRICS
from deploy.limits import read_limits
from lambda_pkg.metrics import DIMENSION, UNITS
from local.folder import REPO
from tests.support.aws_commands import follow
from tests.support.aws_metrics import AWS_METRICS, STORAGE_TYPES, Metric
from tests.support.emf import broken_rules
from tests.support.lambda_world import HEADER, serve_covers
from tests.support.waiting import eventually
from tests.terraform.conftest import ENVIRONMENT, PREFIX, Applied

LIMITS = read_limits()
FAILED_MESSAGES = "FailedMessages"
QUESTIONS = ["is it running", "is it stuck", "what fails", "what does it cost"]


@pytest.fixture(scope="module")
def alarms(applied: Applied) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for page in applied.client("cloudwatch").get_paginator("describe_alarms").paginate():
        found += page["MetricAlarms"]
    return found


def short_name(alarm: dict[str, Any]) -> str:
    """As `alarms.tf` calls it."""
    name: str = alarm["AlarmName"]
    return name.removeprefix(f"{PREFIX}cover-collage-")


@pytest.fixture(scope="module")
def charts(applied: Applied) -> list[dict[str, Any]]:
    """The charts of the dashboard, beside the text above them."""
    body = applied.client("cloudwatch").get_dashboard(DashboardName=f"{PREFIX}cover-collage")
    text, *charts = json.loads(body["DashboardBody"])["widgets"]
    assert text["type"] == "text"
    assert {chart["type"] for chart in charts} == {"metric"}
    return charts


def shown(charts: list[dict[str, Any]]) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Namespace, name and dimensions of each metric, without what is computed of others."""
    for chart in charts:
        for line in chart["properties"]["metrics"]:
            if texts := [part for part in line if isinstance(part, str)]:
                namespace, name, *dimensions = texts
                yield namespace, name, dict(zip(dimensions[::2], dimensions[1::2], strict=True))


@pytest.fixture(scope="module")
def line(applied: Applied) -> dict[str, Any]:
    """The line of metrics that the function printed for a CSV that was dropped."""
    logs = applied.client("logs")
    group = f"/aws/lambda/{applied.outputs['function']['name']}"
    with serve_covers() as covers:
        text = f"{HEADER}bo,{covers.url}/ok/1.jpg,2026-10-01 00:00:00\n"
        key = "csv-files/2026/10/01/metrics.csv"
        applied.s3.put_object(
            Bucket=applied.outputs["buckets"]["input"], Key=key, Body=text.encode()
        )

        def found() -> list[str]:
            answer = logs.filter_log_events(logGroupName=group, filterPattern='"CloudWatchMetrics"')
            return [event["message"] for event in answer["events"]]

        line, *_ = eventually(found, seconds=240)
    assert broken_rules(line) == []
    printed: dict[str, Any] = json.loads(line)
    return printed


@pytest.fixture(scope="module")
def existing(applied: Applied, line: dict[str, Any]) -> set[Metric]:
    """AWS's metrics, those of the line, and the one that the filter makes of the log."""
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    (dimensions,) = directive["Dimensions"]
    of_line = {
        (directive["Namespace"], metric["Name"], frozenset(dimensions))
        for metric in directive["Metrics"]
    }
    group = f"/aws/lambda/{applied.outputs['function']['name']}"
    (filtered,) = applied.client("logs").describe_metric_filters(logGroupName=group)[
        "metricFilters"
    ]
    (made,) = filtered["metricTransformations"]
    assert (made["metricNamespace"], made["metricName"]) == (
        directive["Namespace"],
        FAILED_MESSAGES,
    )
    return {*AWS_METRICS, *of_line, (made["metricNamespace"], made["metricName"], frozenset())}


def test_the_line_is_in_the_namespace_and_the_environment_of_the_deployment(
    applied: Applied, line: dict[str, Any]
) -> None:
    settings = applied.outputs["airflow_settings"]
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == settings["METRICS_NAMESPACE"]
    assert line[DIMENSION] == settings["METRICS_ENVIRONMENT"] == ENVIRONMENT
    assert line["placed"] + line["collages"] > 0


def test_every_alarm_waits_for_a_metric_that_exists(
    alarms: list[dict[str, Any]], existing: set[Metric]
) -> None:
    assert len(alarms) > 10
    for alarm in alarms:
        names = frozenset(dimension["Name"] for dimension in alarm["Dimensions"])
        assert (alarm["Namespace"], alarm["MetricName"], names) in existing


def test_every_chart_shows_metrics_that_exist(
    charts: list[dict[str, Any]], existing: set[Metric]
) -> None:
    for namespace, name, dimensions in shown(charts):
        assert (namespace, name, frozenset(dimensions)) in existing


def test_the_dashboard_shows_every_metric_of_the_function(
    charts: list[dict[str, Any]], line: dict[str, Any]
) -> None:
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    own = {name for namespace, name, _ in shown(charts) if namespace == directive["Namespace"]}
    assert own == {*UNITS, FAILED_MESSAGES}


def test_what_charts_and_alarms_are_about_is_in_the_account(
    applied: Applied,
    alarms: list[dict[str, Any]],
    charts: list[dict[str, Any]],
    line: dict[str, Any],
) -> None:
    queues = applied.client("sqs").list_queues()["QueueUrls"]
    there = {
        "FunctionName": {applied.outputs["function"]["name"]},
        "QueueName": {url.rpartition("/")[2] for url in queues},
        "BucketName": {*applied.outputs["buckets"].values()},
        "StorageType": STORAGE_TYPES,
        DIMENSION: {line[DIMENSION]},
    }
    named = [dimensions for _, _, dimensions in shown(charts)]
    named += [
        {dimension["Name"]: dimension["Value"] for dimension in alarm["Dimensions"]}
        for alarm in alarms
    ]
    for dimensions in named:
        for name, value in dimensions.items():
            assert value in there[name]


def test_the_dashboard_answers_the_questions_in_their_order(charts: list[dict[str, Any]]) -> None:
    titles = [chart["properties"]["title"] for chart in charts]
    asked = [re.split(" soon|:", title)[0].lower() for title in titles]
    assert list(dict.fromkeys(asked)) == QUESTIONS
    page = (REPO / "docs" / "monitoring.md").read_text()
    assert re.findall(r"^\| (is it .*|what .*)\? \|", page, re.MULTILINE) == QUESTIONS


def test_no_chart_covers_another(charts: list[dict[str, Any]]) -> None:
    places = [
        (x, y)
        for chart in charts
        for x in range(chart["x"], chart["x"] + chart["width"])
        for y in range(chart["y"], chart["y"] + chart["height"])
    ]
    assert len(places) == len({*places})
    assert max(x for x, _ in places) < 24
    assert min(y for _, y in places) == 2, "below the text"


def test_what_is_computed_is_computed_of_metrics_of_its_chart(charts: list[dict[str, Any]]) -> None:
    computed = []
    for chart in charts:
        options = [line[-1] for line in chart["properties"]["metrics"]]
        ids = {option["id"] for option in options if "id" in option}
        for option in options:
            if expression := option.get("expression"):
                assert {*re.findall("[a-z]+", expression)} == ids
                computed.append(expression)
    memory = LIMITS.function.memory_mb
    assert computed == [f"milliseconds / 1000 * {memory} / 1024"]


def test_the_page_has_the_alarms_that_terraform_makes(alarms: list[dict[str, Any]]) -> None:
    page = (REPO / "docs" / "monitoring.md").read_text()
    _, _, rest = page.partition("## Alarms")
    table = rest.partition("##")[0]
    told = {
        name: (re.findall(r"`(\w+)`", what)[0], *re.findall(r"(\w+) over (\d+)", what)[0])
        for name, what in re.findall(r"^\| `([a-z0-9-]+)` \| ([^|]*) \|", table, re.MULTILINE)
    }
    made = {
        re.sub("^(input|output|temp)-", "", short_name(alarm)): (
            alarm["MetricName"],
            alarm["Statistic"],
            str(alarm["Period"]),
        )
        for alarm in alarms
    }
    assert {name: told[name] for name in made} == made
    assert set(told) - set(made) == {"bucket-4xxerrors", "bucket-5xxerrors"}, "with request_metrics"


def test_thresholds_are_the_numbers_of_the_deployment(alarms: list[dict[str, Any]]) -> None:
    above = {short_name(alarm): alarm["Threshold"] for alarm in alarms}
    limits = LIMITS.alarms
    assert above["oldest-message"] == limits.oldest_message_seconds
    assert above["failed-covers"] == limits.failed_covers_per_hour
    assert above["memory"] == LIMITS.function.memory_mb * limits.memory_percent / 100
    timeout = LIMITS.function.timeout_seconds * 1000
    assert above["near-timeout"] == timeout * limits.duration_percent / 100


def test_a_month_is_priced_with_as_many_alarms_and_metrics(
    alarms: list[dict[str, Any]], existing: set[Metric]
) -> None:
    assert len(alarms) == ALARMS
    assert len(existing - AWS_METRICS) == OWN_METRICS


@pytest.mark.parametrize("pattern", ["✓ Created collage", "Memory after"])
def test_the_searches_of_the_page_find_lines_of_the_function(
    applied: Applied, line: dict[str, Any], pattern: str
) -> None:
    page = (REPO / "docs" / "monitoring.md").read_text()
    (search,) = re.findall(f"^aws logs filter-log-events .*{pattern}.*$", page, re.MULTILINE)
    search = search.replace("collage-worker", applied.outputs["function"]["name"])
    (answer,) = follow(search, **applied.root())
    assert line["run_id"]
    assert all(pattern in event["message"] for event in answer["events"])
    assert answer["events"]
