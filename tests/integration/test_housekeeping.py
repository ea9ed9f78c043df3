"""Housekeeping and the check of the account, under Airflow's own rights, against real servers."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from collage_airflow.operators.housekeeping.abort import AbortOperator
from collage_airflow.operators.housekeeping.findings_operator import FindingsOperator
from collage_airflow.operators.housekeeping.finish import FinishOperator
from collage_airflow.operators.housekeeping.merge import MergeOperator
from collage_airflow.operators.housekeeping.report import ReportOperator
from collage_airflow.operators.housekeeping.submit import SubmitOperator
from collage_airflow.preflight.bucket_access import Use
from collage_airflow.preflight.buckets import bucket_problems
from collage_airflow.preflight.function import ask_function, function_problems, reach_problems
from collage_airflow.preflight.problem import Problem
from collage_airflow.preflight.queue import queue_problems
from collage_airflow.settings import read_settings
from collage_core.aws.s3_store import S3Store
from collage_core.contract.answers import SelfCheck
from collage_core.contract.pack import Pack
from collage_core.housekeeping.findings import Finding, Kind
from collage_core.layout import keys
from collage_core.packs.day_index import packs_of_last_days
from deploy.limits import read_limits
from local.ministack import REGION
from local.provision import DLQ, FUNCTION, QUEUE
from local.sample.mark import Mark
from local.sample.urls import cover_path, signed
from local.settings import INPUT_BUCKET, OUTPUT_BUCKET, TEMP_BUCKET
from local.twin import Twin
from tests.support.aws_commands import follow
from tests.support.every_dag import HOUSEKEEPING, EveryDag
from tests.support.failures import Where, failure
from tests.support.kept_packs import close_with
from tests.support.packs import found_in, kept, stem
from tests.support.waiting import eventually
from tests.support.workers import function_with

TIMEOUT = read_limits().function.timeout_seconds


@pytest.fixture(autouse=True)
def _as_airflow(twin: Twin, monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings and the connection of the twin's Airflow, whose rights are enforced."""
    for name, value in twin.airflow.client_environment().items():
        if not name.startswith("AIRFLOW_") or name == "AIRFLOW_CONN_AWS_DEFAULT":
            monkeypatch.setenv(name, value)


def url_of(twin: Twin, name: str) -> str:
    return twin.aws.sqs().get_queue_url(QueueName=name)["QueueUrl"]


def as_root(twin: Twin) -> dict[str, str]:
    """Whoever follows a command may do all that it says."""
    environment = twin.aws.client_environment()
    return {
        "endpoint_url": environment["AWS_ENDPOINT_URL"],
        "aws_access_key_id": environment["AWS_ACCESS_KEY_ID"],
        "aws_secret_access_key": environment["AWS_SECRET_ACCESS_KEY"],
        "region_name": REGION,
    }


def problems(twin: Twin) -> list[Problem]:
    """What is wrong with the function and the queue."""
    settings, answer = read_settings(), ask_function("aws_default", FUNCTION)
    if isinstance(answer, Problem):
        return [answer]
    return [
        *function_problems(answer, settings),
        *reach_problems(answer, settings),
        *queue_problems("aws_default", url_of(twin, QUEUE), function_timeout=TIMEOUT),
    ]


# The check of the account.


def test_the_function_says_how_long_it_may_take_and_agrees_with_airflow(twin: Twin) -> None:
    answer = ask_function("aws_default", FUNCTION)
    assert isinstance(answer, SelfCheck), answer
    assert answer.timeout_seconds == TIMEOUT
    assert problems(twin) == []


@failure(
    Where.QUEUE,
    fault="Airflow and the function have different buckets or queues",
    happens="`check` refuses the run",
    sees="`check`: the setting, with both values",
    fix="give both the same value, then clear `check`",
)
def test_a_function_with_another_bucket_is_named_with_both_values(twin: Twin) -> None:
    with function_with(twin, OUTPUT_BUCKET="somebody-elses"):
        found = problems(twin)
    assert found[0].blocks
    assert found[0].line.startswith(
        f'OUTPUT_BUCKET is "somebody-elses" for function {FUNCTION}, and "{OUTPUT_BUCKET}" for'
    )
    assert f"function {FUNCTION} does not reach bucket somebody-elses" in found[1].line
    assert problems(twin) == []


@failure(
    Where.QUEUE,
    fault="The function has a setting that cannot be read",
    happens="`check` refuses the run",
    sees='`check`: "fails with SettingError: …", the setting and what it must be',
    fix="correct the function's variable, then clear `check`",
)
def test_a_function_with_a_wrong_setting_stops_the_run_with_its_own_words(twin: Twin) -> None:
    with function_with(twin, DEFAULT_ROWS="many"):
        (found,) = problems(twin)
    assert found.blocks
    assert "DEFAULT_ROWS is 'many': it must be a whole number" in found.line


@failure(
    Where.QUEUE,
    fault="The visibility timeout of the queue is too short for the function",
    happens="`check` refuses the run, because chunks would be worked on twice",
    sees="`check`: the line has the `aws` command that sets it",
    fix="run that command, then clear `check`",
)
@pytest.mark.parametrize("seconds", ["30", "719"])
def test_a_queue_that_would_deliver_twice_is_fixed_by_the_command_in_the_line(
    twin: Twin, seconds: str
) -> None:
    url = url_of(twin, QUEUE)
    twin.aws.sqs().set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": seconds})
    (found,) = problems(twin)
    assert found.blocks
    follow(found.line[found.line.index("aws sqs ") :], **as_root(twin))
    assert problems(twin) == []


@failure(
    Where.QUEUE,
    fault="The chunk queue has no dead-letter queue",
    happens="`check` refuses the run",
    sees="`check`: the line has the `aws` commands that make one",
    fix="run them, then clear `check`",
)
def test_a_queue_without_a_dead_letter_queue_gets_one_by_the_command_in_the_line(
    twin: Twin,
) -> None:
    sqs, name = twin.aws.sqs(), f"alone-{uuid4().hex}"
    url = sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "720"})["QueueUrl"]
    with all_queues_allowed(twin):
        (found,) = queue_problems("aws_default", url, function_timeout=TIMEOUT)
        follow(found.line[found.line.index("aws sqs ") :], **as_root(twin))
        assert list(queue_problems("aws_default", url, function_timeout=TIMEOUT)) == []
        sqs.delete_queue(QueueUrl=f"{url}-dlq")
        (gone,) = queue_problems("aws_default", url, function_timeout=TIMEOUT)
        assert "which does not exist. Create it" in gone.line
        follow(gone.line[gone.line.index("aws sqs ") :], **as_root(twin))
        assert list(queue_problems("aws_default", url, function_timeout=TIMEOUT)) == []
    sqs.delete_queue(QueueUrl=url)
    sqs.delete_queue(QueueUrl=f"{url}-dlq")


@contextmanager
def policy_with(twin: Twin, change: Any) -> Iterator[None]:
    """Airflow's rights with another list of statements."""
    iam, names = twin.aws.iam(), {"UserName": "airflow", "PolicyName": "least-privilege"}
    before = iam.get_user_policy(**names)["PolicyDocument"]
    document = before if isinstance(before, dict) else json.loads(before)
    changed = document | {"Statement": change(document["Statement"])}
    iam.put_user_policy(**names, PolicyDocument=json.dumps(changed))
    try:
        yield
    finally:
        iam.put_user_policy(**names, PolicyDocument=json.dumps(document))


@contextmanager
def all_queues_allowed(twin: Twin) -> Iterator[None]:
    right = {"Effect": "Allow", "Action": ["sqs:GetQueueAttributes"], "Resource": ["*"]}
    with policy_with(twin, lambda statements: [*statements, right]):
        yield


def test_without_the_right_to_ask_the_function_a_run_is_warned_and_not_stopped(
    twin: Twin,
) -> None:
    def without(statements: list[Any]) -> list[Any]:
        return [right for right in statements if "lambda:InvokeFunction" not in right["Action"]]

    with policy_with(twin, without):
        (found,) = problems(twin)
    assert not found.blocks
    assert "allow lambda:InvokeFunction on it" in found.line


@failure(
    Where.S3,
    fault="A bucket does not exist",
    happens="`check` refuses the run",
    sees="`check`: one line with the bucket and its setting",
    fix="create it or correct the setting, then clear `check`",
)
def test_a_bucket_that_does_not_exist_is_one_line_that_names_the_setting() -> None:
    uses = [Use("csv-files/a.csv"), Use("archived/a.csv")]
    (found,) = bucket_problems("aws_default", "INPUT_BUCKET", "no-such-bucket-at-all", uses)
    assert found.blocks
    assert "bucket no-such-bucket-at-all (INPUT_BUCKET)" in found.line


# Housekeeping.


def csv(twin: Twin, creator: str, covers: int) -> bytes:
    lines = [
        f"{creator},{twin.covers.url}{signed(cover_path(Mark(1, number)))},2026-10-0{number}"
        for number in range(1, covers + 1)
    ]
    return "\n".join(["creator_name,cover_url,updated_at", *lines, ""]).encode()


def listed(twin: Twin, bucket: str, prefix: str) -> list[str]:
    pages = twin.aws.s3().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return [item["Key"] for page in pages for item in page.get("Contents", [])]


def document(twin: Twin, bucket: str, key: str) -> Any:
    return json.loads(twin.aws.s3().get_object(Bucket=bucket, Key=key)["Body"].read())


def find(operator: FindingsOperator, *, hours: float = 0) -> list[Finding]:
    """What a task finds so many hours from now."""
    return [*operator.find(read_settings(), datetime.now(UTC) + timedelta(hours=hours))]


@contextmanager
def nobody_is_notified(twin: Twin) -> Iterator[None]:
    """S3 does not say what is uploaded."""
    s3 = twin.aws.s3()
    before = s3.get_bucket_notification_configuration(Bucket=INPUT_BUCKET)
    before.pop("ResponseMetadata", None)  # type: ignore[misc]
    s3.put_bucket_notification_configuration(Bucket=INPUT_BUCKET, NotificationConfiguration={})
    try:
        yield
    finally:
        s3.put_bucket_notification_configuration(
            Bucket=INPUT_BUCKET,
            NotificationConfiguration=before,  # type: ignore[arg-type]
        )


@failure(
    Where.CSV,
    fault="The event of a dropped CSV is lost",
    happens="`cover_collage_housekeeping` starts its run seven hours to a day later",
    sees='`submit`: "lay there since … and had no run: it is run … now"',
    fix="nothing; if it happens often, see that the bucket notifies the function",
)
def test_a_csv_whose_event_is_lost_ends_as_collages_with_a_document_beside_it(twin: Twin) -> None:
    name = f"lost-{uuid4().hex}"
    with nobody_is_notified(twin):
        twin.aws.s3().put_object(
            Bucket=INPUT_BUCKET, Key=f"csv-files/{name}.csv", Body=csv(twin, name, 2)
        )
        twin.aws.s3().put_object(Bucket=INPUT_BUCKET, Key=f"csv-files/{name}-no.csv", Body=b"a,b\n")
    submit = SubmitOperator(task_id="submit")
    assert [found for found in find(submit, hours=6) if name in found.line] == []
    found = {finding.kind for finding in find(submit, hours=8) if name in finding.line}
    assert found == {Kind.SUBMITTED, Kind.QUARANTINED}

    def look() -> list[str]:
        return [key for key in listed(twin, INPUT_BUCKET, keys.ARCHIVED) if name in key]

    archived, done, *_ = eventually(lambda: keys_if(look(), ".done.json"))
    said = document(twin, INPUT_BUCKET, done)
    assert said["moved_to"] == archived
    assert said["rows"]["placed"] == 2
    assert said["status"] == "complete"
    collages = listed(twin, said["output_bucket"], said["collages"])
    assert [key for key in collages if name in key]
    assert document(twin, OUTPUT_BUCKET, said["summary_key"])["run_id"] == said["run_id"]
    assert said["results_key"] in listed(twin, OUTPUT_BUCKET, said["results_key"])
    assert [found for found in find(submit, hours=8) if name in found.line] == []
    assert [key for key in look() if key.startswith(keys.INVALID_FILES)]


def keys_if(found: list[str], ending: str) -> list[str]:
    """The keys once one of them ends like this: that one second, what it is beside first."""
    done = [key for key in found if key.endswith(ending)]
    return [done[0].removesuffix(ending), done[0]] if done else []


@failure(
    Where.CSV,
    fault="All chunks of a dropped CSV are done, but no worker closed its run",
    happens="`cover_collage_housekeeping` closes it: summary, results, statistics, archive",
    sees='`finish`: "it had all receipts, and no worker had finished it"',
    fix="nothing",
)
def test_a_run_that_no_worker_has_finished_is_finished_under_airflows_rights(twin: Twin) -> None:
    name = f"manual-uploads/unfinished-{uuid4().hex}.csv"
    twin.aws.s3().put_object(
        Bucket=INPUT_BUCKET, Key=name, Body=csv(twin, "unfinished", 1), Metadata={"dispatch": "sqs"}
    )
    etag = twin.aws.s3().head_object(Bucket=INPUT_BUCKET, Key=name)["ETag"].strip('"')
    run_id = f"s3-{uuid4().hex}"
    message = {
        "processing_type": "csv_data",
        "csv_data": csv(twin, f"unfinished-{run_id}", 1).decode(),
    }
    answer = json.loads(
        twin.aws.functions()
        .invoke(FunctionName=FUNCTION, Payload=json.dumps(message).encode())["Payload"]
        .read()
    )
    # As if a worker had died: no summary, and a CSV that is still in its place.
    manifest_key = keys.manifest(answer["run_id"])
    manifest = document(twin, TEMP_BUCKET, manifest_key)
    manifest["origin"] = {"bucket": INPUT_BUCKET, "key": name, "etag": etag}
    twin.aws.s3().put_object(
        Bucket=TEMP_BUCKET, Key=manifest_key, Body=json.dumps(manifest).encode()
    )
    finish = FinishOperator(task_id="finish")
    (finding,) = (found for found in find(finish, hours=1) if answer["run_id"] in found.line)
    assert finding.kind is Kind.FINISHED
    assert listed(twin, INPUT_BUCKET, name) == []
    assert [found for found in find(finish, hours=1) if answer["run_id"] in found.line] == []


def test_old_uploads_in_our_folders_are_aborted_under_airflows_rights(twin: Twin) -> None:
    s3, name = twin.aws.s3(), uuid4().hex
    ours = [f"csv-files/{name}.csv", f"manual-uploads/{name}.csv", f"archived/{name}.csv"]
    for key in (*ours, f"backups/{name}.tar"):
        s3.create_multipart_upload(Bucket=INPUT_BUCKET, Key=key)
    abort = AbortOperator(task_id="abort", older_than=timedelta(days=2))
    assert [found for found in find(abort) if name in found.line] == []
    found = [finding for finding in find(abort, hours=49) if name in finding.line]
    assert {finding.kind for finding in found} == {Kind.ABORTED}
    assert len(found) == len(ours)
    left = s3.list_multipart_uploads(Bucket=INPUT_BUCKET).get("Uploads", [])
    (kept,) = (upload for upload in left if name in upload["Key"])
    assert kept["Key"].startswith("backups/")
    s3.abort_multipart_upload(Bucket=INPUT_BUCKET, Key=kept["Key"], UploadId=kept["UploadId"])


def test_packs_are_merged_and_later_removed_under_airflows_rights(twin: Twin) -> None:
    store, name = S3Store(twin.aws.s3()), uuid4().hex
    day = datetime.now(UTC).date() - timedelta(days=2)
    covers = {stem(name, number): b"cover %d" % number for number in range(4)}
    for number in range(4):
        cover = {(name, number): covers[stem(name, number)]}
        run_id = f"keep-{number}-{name}"
        close_with(store, [kept(store, cover, run_id=run_id, day=day, bucket=TEMP_BUCKET)])
    merge = MergeOperator(task_id="merge")

    def packs() -> list[Pack]:
        today = datetime.now(UTC).date()
        found = packs_of_last_days(store, TEMP_BUCKET, today=today, days=40)
        # Other tests leave packs of other days, and any of them may span this name.
        return [pack for pack in found if keys.day_of_pack(pack.key) == f"{day}"]

    assert [finding.kind for finding in find(merge) if f"{day}" in finding.line] == [Kind.MERGED]
    (pack,) = packs()
    assert keys.is_merged(keys.run_of_pack(pack.key))
    assert found_in(store, [pack], covers, bucket=TEMP_BUCKET) == covers
    (removed,) = find(merge, hours=8 * 24 + 1)
    assert (removed.kind, "4 packs of" in removed.line) == (Kind.REMOVED, True)
    assert [key for key in listed(twin, TEMP_BUCKET, keys.DOWNLOADS) if name in key] == [
        keys.pack_index(keys.packs_of_run(day, f"keep-{number}-{name}")) for number in range(4)
    ]
    assert packs() == [pack]


@failure(
    Where.QUEUE,
    fault="Messages lie in the dead-letter queue",
    happens="They are kept for 14 days; `cover_collage_housekeeping` reports them every day",
    sees='`report`: "… are in the dead-letter queue", and the DAG that redrives it',
    fix="fix what the documents say, then trigger `cover_collage_redrive`",
)
def test_messages_that_failed_are_reported_and_the_lifecycles_are_those_of_the_deployment(
    twin: Twin,
) -> None:
    sqs, url = twin.aws.sqs(), url_of(twin, DLQ)
    sqs.purge_queue(QueueUrl=url)
    report = ReportOperator(task_id="report", stuck_after=timedelta(hours=6))
    assert {finding.kind for finding in find(report)} <= {Kind.STUCK}
    sqs.send_message(QueueUrl=url, MessageBody="failed")
    (finding,) = (found for found in find(report) if found.kind is Kind.DEAD_LETTERS)
    assert "1 messages and events are in the dead-letter queue" in finding.line
    sqs.purge_queue(QueueUrl=url)


def test_the_dag_runs_by_its_schedule_and_each_task_counts_what_it_found(
    every_dag: EveryDag,
) -> None:
    run = every_dag.scheduled[HOUSEKEEPING]
    assert set(run.states().values()) == {"success"}
    for task_id in run.states():
        assert isinstance(run.xcom(task_id), dict)
        assert "✓ Found" in run.api.log(HOUSEKEEPING, run.dag_run_id, task_id)
