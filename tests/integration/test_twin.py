"""The twin is what the product expects to find, and nothing of it outlives its stop."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import boto3
import MySQLdb
import pytest
import requests
from botocore.exceptions import ClientError

from local import leftovers, provision
from local.covers_table import DATABASE, READER
from local.folder import REPO, Folder
from local.mysql import HOST
from local.ports import Ports
from local.provision import DLQ, FUNCTION, QUEUE
from local.sample.rows import sample_rows
from local.settings import INPUT_BUCKET, OUTPUT_BUCKET, TEMP_BUCKET, twin_limits
from local.twin import Twin, up


@pytest.mark.parametrize("bucket", [INPUT_BUCKET, OUTPUT_BUCKET, TEMP_BUCKET])
def test_a_bucket_is_closed_to_the_public_and_gives_up_unfinished_uploads(
    twin: Twin, bucket: str
) -> None:
    s3 = twin.aws.s3()
    block = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert set(block.values()) == {True}
    rules: Any = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    aborts = [rule.get("AbortIncompleteMultipartUpload") for rule in rules]
    assert {"DaysAfterInitiation": 1} in aborts
    days = {
        rule["Filter"]["Prefix"]: rule["Expiration"]["Days"]
        for rule in rules
        if "Expiration" in rule
    }
    temp = {"processing/": 7, "debug/": 7, "downloads/": 40}
    assert days == (temp if bucket == TEMP_BUCKET else {})


def test_a_message_has_time_to_be_worked_on_and_ends_in_the_dead_letter_queue(twin: Twin) -> None:
    sqs = twin.aws.sqs()
    url = sqs.get_queue_url(QueueName=QUEUE)["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert int(attributes["VisibilityTimeout"]) >= 6 * twin_limits().function.timeout_seconds
    redrive = json.loads(attributes["RedrivePolicy"])
    assert redrive["deadLetterTargetArn"].endswith(f":{DLQ}")
    assert redrive["maxReceiveCount"] == 5


def test_the_function_reaches_its_buckets_and_its_queue(twin: Twin) -> None:
    answer = twin.aws.functions().invoke(FunctionName=FUNCTION, Payload=b"{}")
    said = json.loads(answer["Payload"].read())
    assert said["ok"], said


def test_messages_reach_the_function_one_by_one_and_fail_alone(twin: Twin) -> None:
    (mapping,) = twin.aws.functions().list_event_source_mappings(FunctionName=FUNCTION)[
        "EventSourceMappings"
    ]
    assert mapping["State"] == "Enabled"
    assert mapping["BatchSize"] == 1
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": 2}


def test_lambda_does_not_stop_a_chunk_that_is_sent_on_often(
    twin: Twin,
) -> None:
    config = twin.aws.functions().get_function_recursion_config(FunctionName=FUNCTION)
    assert config["RecursiveLoop"] == "Allow"


def test_a_source_of_events_that_was_changed_is_set_right_again(twin: Twin) -> None:
    functions = twin.aws.functions()
    (mapping,) = functions.list_event_source_mappings(FunctionName=FUNCTION)["EventSourceMappings"]
    functions.update_event_source_mapping(
        UUID=mapping["UUID"],
        BatchSize=10,
        ScalingConfig={"MaximumConcurrency": 9},
        FunctionResponseTypes=[],
        Enabled=False,
    )
    provision._event_source(functions, mapping["EventSourceArn"], twin_limits().queue_mapping)
    (found,) = functions.list_event_source_mappings(FunctionName=FUNCTION)["EventSourceMappings"]
    changing = {"LastModified", "ResponseMetadata"}
    assert {name: value for name, value in found.items() if name not in changing} == {
        name: value for name, value in mapping.items() if name not in changing
    }


def test_airflow_may_do_nothing_that_no_task_does(twin: Twin) -> None:
    connection = json.loads(twin.airflow.client_environment()["AIRFLOW_CONN_AWS_DEFAULT"])
    session = boto3.Session(
        connection["login"], connection["password"], region_name=connection["extra"]["region_name"]
    )
    url = connection["extra"]["endpoint_url"]
    s3, sqs = session.client("s3", endpoint_url=url), session.client("sqs", endpoint_url=url)
    functions = session.client("lambda", endpoint_url=url)
    key = "archived/2026/processed_files/10/01/monthly_batch_20261001.csv"
    summary = "results/processing-summaries/2026/10/processing_summary_20261001_000000.json"
    queue, dlq = (twin.aws.sqs().get_queue_url(QueueName=name)["QueueUrl"] for name in (QUEUE, DLQ))
    for attempt in [
        lambda: s3.delete_object(Bucket=INPUT_BUCKET, Key=key),
        lambda: s3.put_object(Bucket=INPUT_BUCKET, Key="manual-uploads/mine.csv", Body=b""),
        lambda: s3.put_object(Bucket=OUTPUT_BUCKET, Key="collages/mine.jpg", Body=b""),
        lambda: s3.delete_object(Bucket=OUTPUT_BUCKET, Key=summary),
        lambda: sqs.send_message(QueueUrl=dlq, MessageBody="{}"),
        lambda: sqs.receive_message(QueueUrl=queue),
        lambda: functions.get_function(FunctionName=FUNCTION),
        lambda: functions.update_function_configuration(FunctionName=FUNCTION, Timeout=1),
    ]:
        with pytest.raises(ClientError, match="AccessDenied"):
            attempt()


def test_an_event_that_lambda_gives_up_goes_to_the_dead_letter_queue(twin: Twin) -> None:
    config = twin.aws.functions().get_function_event_invoke_config(FunctionName=FUNCTION)
    assert config["DestinationConfig"]["OnFailure"]["Destination"].endswith(f":{DLQ}")
    assert config["MaximumRetryAttempts"] == 2
    assert config["MaximumEventAgeInSeconds"] == 6 * 3600


def test_uploaded_csvs_reach_the_function(twin: Twin) -> None:
    found = twin.aws.s3().get_bucket_notification_configuration(Bucket=INPUT_BUCKET)
    filters = [
        {rule["Name"].lower(): rule["Value"] for rule in entry["Filter"]["Key"]["FilterRules"]}
        for entry in found["LambdaFunctionConfigurations"]
    ]
    assert filters == [{"prefix": "csv-files/"}]  # a CSV in manual-uploads/ waits


def test_the_database_has_the_sample_rows_and_lets_airflow_only_read(twin: Twin) -> None:
    reader = MySQLdb.connect(
        host=HOST,
        port=twin.mysql.port,
        user=READER,
        password=twin.mysql.reader_password,
        database=DATABASE,
    )
    with closing(reader), reader.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM covers WHERE cover_url LIKE %s", ["%/covers/%"])
        rows = sample_rows(twin.covers.url)
        good = [row for row in rows if "/covers/" in (row.url or "") and "://" in (row.url or "")]
        assert cursor.fetchone() == (len(good),)
        with pytest.raises(MySQLdb.OperationalError, match="command denied"):
            cursor.execute("DELETE FROM covers")


def test_airflow_loads_every_dag_and_requires_a_password(twin: Twin) -> None:
    api = twin.airflow_api()
    api.wait_for_dag("cover_collage_monthly")
    assert api.import_errors() == []
    assert requests.get(f"{twin.airflow.url}/api/v2/dags", timeout=10).status_code == 401


def _kill_and_see_it_started_again(twin: Twin, *names: str) -> None:
    """What `make up` does when parts of a running twin have ended."""
    supervisor = twin.supervisor
    for name in names:
        (info,) = (one for one in supervisor._call("getAllProcessInfo") if one["name"] == name)
        os.kill(info["pid"], signal.SIGKILL)
    while supervisor.exited().keys() != set(names):
        time.sleep(0.1)
    said: list[str] = []
    assert up(twin.folder, say=said.append).airflow.url == twin.airflow.url
    assert said == [f"Started again, because it had ended: {', '.join(names)}"]
    assert set(supervisor.states().values()) == {"RUNNING"}
    with closing(twin.mysql.connect()) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) > 0 FROM covers")
        assert cursor.fetchone() == (1,)


@pytest.mark.usefixtures("api")  # the DAG has been read
def test_a_shell_that_evaluates_what_env_prints_can_use_airflow_and_aws(
    twin: Twin, tmp_path: Path
) -> None:
    script = """
        eval "$("$1" -m local env)"
        "$1" -c 'import json, os; print(json.dumps(dict(os.environ)))'
        airflow dags details cover_collage_monthly --output json
        aws sqs list-queues
    """
    # Stands for version 1 of the AWS CLI: it shows with which endpoint it is called.
    cli = tmp_path / "aws"
    cli.write_text('#!/bin/sh\necho "$@"\n')
    cli.chmod(0o755)
    done = subprocess.run(  # noqa: S603 - our own script
        ["/bin/bash", "-euc", script, "bash", sys.executable],
        cwd=REPO,
        env={"PATH": f"{tmp_path}:/usr/bin:/bin", "TWIN_DIR": str(twin.folder.root)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    first, _, told = done.stdout.partition("\n")
    expected = twin.aws.client_environment() | twin.airflow.client_environment()
    assert expected.items() <= json.loads(first).items()
    assert "cover_collage_monthly" in told
    assert told.endswith(f"\n--endpoint-url {twin.aws.endpoint_url} sqs list-queues\n")
    secrets = twin.airflow.credentials
    for secret in (secrets.airflow_admin, secrets.airflow_jwt_secret, secrets.airflow_api_secret):
        assert secret not in first


def test_every_server_listens_on_loopback_alone(twin: Twin) -> None:
    ports = {getattr(Ports.load(twin.folder.root / "ports.json"), name) for name in Ports.__slots__}
    listening = [
        line.split()[1]
        for table in ("/proc/net/tcp", "/proc/net/tcp6")
        for line in Path(table).read_text().splitlines()[1:]
        if line.split()[3] == "0A"
    ]
    ours = [address for address in listening if int(address.rpartition(":")[2], 16) in ports]
    assert len(ours) == len(ports)
    assert {address.partition(":")[0] for address in ours} == {"0100007F"}


def test_a_second_twin_survives_a_crash_of_its_supervisor_and_leaves_no_process(
    tmp_path: Path,
) -> None:
    folder = Folder(tmp_path / "twin")
    second = up(folder)
    try:
        second.aws.s3().put_object(Bucket=INPUT_BUCKET, Key="kept", Body=b"kept")
        session = int((folder.of("supervisor") / "session").read_text())
        os.kill(session, signal.SIGKILL)
        second = up(folder)
        assert leftovers.find(session=session, below=folder.root) == []
        assert set(second.supervisor.states().values()) == {"RUNNING"}
        assert second.aws.s3().get_object(Bucket=INPUT_BUCKET, Key="kept")["Body"].read() == b"kept"
        session = int((folder.of("supervisor") / "session").read_text())
        assert leftovers.find(session=session, below=folder.root)
        _kill_and_see_it_started_again(second, "mysql", "airflow-triggerer")
    finally:
        second.stop()
    assert leftovers.find(session=session, below=folder.root) == []
    assert not second.is_up
