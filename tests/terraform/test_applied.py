"""What Terraform made works: it needs no second apply, and a dropped CSV is worked on."""

import json
import subprocess
from typing import Any

import pytest

from collage_core.aws.s3_store import S3Store
from collage_core.housekeeping.lifecycles import lifecycle_drift
from collage_core.settings import Settings
from tests.support.lambda_world import HEADER, serve_covers
from tests.support.waiting import eventually
from tests.terraform.conftest import PREFIX, STATE_BUCKET, STATE_KEY, Applied

READ_BACK_AS_EMPTY = {
    *{"actions_enabled", "alarm_actions", "alarm_description", "dimensions", "ok_actions"},
    *{"period", "statistic", "treat_missing_data"},
}
"""Of an alarm, by the provider from the embedded AWS: so a second plan sets them again."""


def test_the_state_is_in_the_bucket_that_was_named(applied: Applied) -> None:
    found = applied.s3.list_objects_v2(Bucket=STATE_BUCKET)["Contents"]
    assert [item["Key"] for item in found] == [STATE_KEY]


def test_a_lock_that_somebody_holds_is_respected(applied: Applied) -> None:
    lock = {"ID": "1-2-3", "Operation": "OperationTypeApply", "Who": "somebody else"}
    which: Any = {"Bucket": STATE_BUCKET, "Key": f"{STATE_KEY}.tflock"}
    applied.s3.put_object(**which, Body=json.dumps(lock).encode())
    result = applied.workspace.try_terraform("plan", "-no-color", "-input=false")
    applied.s3.delete_object(**which)
    assert result.returncode == 1
    assert "Error acquiring the state lock" in result.stderr
    assert "somebody else" in result.stderr


def test_a_second_plan_changes_nothing(second_plan: Any) -> None:
    changes = {
        change["address"]: change["change"]
        for change in second_plan["resource_changes"]
        if change["change"]["actions"] != ["no-op"]
    }
    alarms = {name for name in changes if name.startswith("aws_cloudwatch_metric_alarm.")}
    assert set(changes) == alarms
    for change in changes.values():
        before, after = change["before"], change["after"]
        assert {name for name in after if before[name] != after[name]} <= READ_BACK_AS_EMPTY


def test_the_alarms_are_stored_as_they_are_written(applied: Applied, second_plan: Any) -> None:
    stored = {
        alarm["AlarmName"].removeprefix(f"{PREFIX}cover-collage-"): alarm
        for page in applied.client("cloudwatch").get_paginator("describe_alarms").paginate()
        for alarm in page["MetricAlarms"]
    }
    planned = {
        change["index"]: change["change"]["after"]
        for change in second_plan["resource_changes"]
        if change["type"] == "aws_cloudwatch_metric_alarm"
    }
    assert stored.keys() == planned.keys()
    topic = applied.outputs["alarms_topic_arn"]
    for name, alarm in stored.items():
        wanted = planned[name]
        assert alarm["AlarmActions"] == alarm["OKActions"] == [topic]
        assert alarm["MetricName"] == wanted["metric_name"]
        assert alarm["Namespace"] == wanted["namespace"]
        assert alarm["Threshold"] == wanted["threshold"]
        assert alarm["Period"] == wanted["period"]
        found = {dimension["Name"]: dimension["Value"] for dimension in alarm["Dimensions"]}
        assert found == (wanted["dimensions"] or {})


def test_a_dropped_csv_is_worked_on_and_archived(applied: Applied) -> None:
    with serve_covers() as covers:
        text = HEADER + "".join(
            f"ana,{covers.url}/ok/{number}.jpg,2026-10-01 00:00:{number:02d}\n"
            for number in range(6)
        )
        bucket, key = applied.outputs["buckets"]["input"], "csv-files/October best.CSV"
        applied.s3.put_object(Bucket=bucket, Key=key, Body=text.encode())
        (archived,) = eventually(lambda: applied.keys("input", "archived/"), seconds=240)
        assert archived.startswith("archived/2")
        eventually(lambda: not applied.keys("input", "csv-files/"))
    (collage,) = applied.keys("output", "collages/2")
    stored = applied.s3.head_object(Bucket=applied.outputs["buckets"]["output"], Key=collage)
    assert stored["ServerSideEncryption"] == "aws:kms"
    assert stored["SSEKMSKeyId"] == applied.outputs["key_arn"]


def test_a_message_that_fails_leaves_the_line_that_the_alarm_waits_for(applied: Applied) -> None:
    logs, sqs = applied.client("logs"), applied.client("sqs")
    group = f"/aws/lambda/{applied.outputs['function']['name']}"
    (counted,) = logs.describe_metric_filters(logGroupName=group)["metricFilters"]

    def found() -> list[str]:
        answer = logs.filter_log_events(logGroupName=group, filterPattern=counted["filterPattern"])
        return [event["message"] for event in answer["events"]]

    assert found() == []
    url = applied.outputs["chunk_queue_url"]
    sent = sqs.send_message(QueueUrl=url, MessageBody="this is no chunk")
    dead = sqs.get_queue_url(QueueName=f"{PREFIX}collage-chunks-dlq")["QueueUrl"]
    (message,) = eventually(
        lambda: sqs.receive_message(QueueUrl=dead).get("Messages", []), seconds=240
    )
    assert message["Body"] == "this is no chunk"
    lines = found()
    assert lines
    assert all(f"Message {sent['MessageId']} failed: " in line for line in lines)
    sqs.delete_message(QueueUrl=dead, ReceiptHandle=message["ReceiptHandle"])


def test_airflow_and_the_function_agree_on_their_settings(
    applied: Applied, airflow: dict[str, str]
) -> None:
    own = Settings.from_env(applied.outputs["airflow_settings"])
    answer = applied.client("lambda", airflow).invoke(FunctionName=own.function_name, Payload=b"{}")
    said = json.loads(answer["Payload"].read())
    assert said["ok"]
    for setting, theirs in said["settings"].items():
        if setting != "function_name":
            ours: Any = getattr(own, setting)
            assert json.loads(json.dumps(ours, default=str)) == theirs or str(ours) == theirs
    assert set(said["buckets"].values()) == {said["queue"]} == {"reachable"}


def test_airflow_invokes_the_live_version_and_no_other(
    applied: Applied, airflow: dict[str, str]
) -> None:
    functions = applied.client("lambda", airflow)
    with pytest.raises(functions.exceptions.ClientError, match="AccessDenied"):
        functions.invoke(FunctionName=f"{PREFIX}collage-worker", Payload=b"{}")


def test_housekeeping_finds_the_lifecycles_as_they_should_be(
    applied: Applied, airflow: dict[str, str]
) -> None:
    settings = Settings.from_env(applied.outputs["airflow_settings"])
    assert [*lifecycle_drift(S3Store(applied.client("s3", airflow)), settings)] == []


def test_an_environment_of_mwaa_gets_the_settings(applied: Applied) -> None:
    network = 'subnet_ids = ["subnet-1", "subnet-2"], security_group_ids = ["sg-1"]'
    plan = applied.workspace.plan("-var", f'mwaa={{ files = "tests/mwaa", {network} }}')
    planned = {
        change["address"]: change["change"]["after"]
        for change in plan["resource_changes"]
        if change["change"]["actions"] == ["create"]
    }
    assert "aws_mwaa_environment.airflow[0]" in planned
    exported = subprocess.run(  # noqa: S603 - the script that is tested
        ["bash", "-c", planned["aws_s3_object.startup[0]"]["content"] + "\nenv -0"],  # noqa: S607
        env={},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    variables = dict(line.split("=", 1) for line in exported.split("\0") if line)
    settings = applied.outputs["airflow_settings"]
    assert {name: variables.get(name) for name in settings} == settings
