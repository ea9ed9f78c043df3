"""The dead-letter queue redriven under Airflow's own rights, with real queues, runs and workers."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from collage_airflow.operators.check_redrive import CheckRedriveOperator
from collage_airflow.operators.redrive import RedriveOperator
from collage_airflow.preflight.refusal import RefusedError
from collage_core.aws.chunk_queue import QueueError
from collage_core.aws.multipart import MultipartUpload
from collage_core.covers.cover_csv import CONTENT_TYPE, DISPATCHED_BY_A_DAG
from collage_core.layout import keys
from collage_core.run.stop import stop
from collage_core.settings import Settings
from local.provision import DLQ, QUEUE
from local.settings import INPUT_BUCKET, TEMP_BUCKET
from local.twin import Twin
from tests.support.failures import Where, failure
from tests.support.going_on import let_go_on
from tests.support.task_by_task import FaultWorld, TaskByTask
from tests.support.waiting import eventually
from tests.support.workers import no_work

NAMES = [f"creator.{number:02d}" for number in range(1, 13)]
ONE_OF_EACH_CHUNK = (NAMES[0], NAMES[11])


@pytest.fixture(autouse=True)
def _as_airflow(fault_world: FaultWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tasks with a connection of their own have the rights of the twin's Airflow."""
    monkeypatch.setenv("CHUNK_ROWS", "14")  # twelve creators with two covers are two chunks
    environment = fault_world.twin.airflow.client_environment()
    name = "AIRFLOW_CONN_AWS_DEFAULT"
    monkeypatch.setenv(name, environment[name])


def redrive(*, run_id: str | None = None, dry_run: bool = False) -> dict[str, Any]:
    context: Any = {"params": {"run_id": run_id, "dry_run": dry_run}}
    return RedriveOperator(task_id="redrive").execute(context)


def counts(told: dict[str, Any]) -> tuple[int, ...]:
    """Messages that were sent again, dropped, left, and not chosen."""
    return told["sent"], told["dropped"], told["left"], told["not_chosen"]


@contextmanager
def denied(twin: Twin, action: str) -> Iterator[None]:
    """Airflow's user may not do this during the block."""
    statement = {"Effect": "Deny", "Action": [action, f"{action}Batch"], "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam: Any = twin.aws.iam()
    iam.put_user_policy(UserName="airflow", PolicyName="denied", PolicyDocument=document)
    try:
        yield
    finally:
        iam.delete_user_policy(UserName="airflow", PolicyName="denied")


def failed_runs(world: FaultWorld, count: int) -> list[TaskByTask]:
    """Runs whose messages are all in the dead-letter queue, because their CSVs were away."""
    s3, runs, csvs = world.twin.aws.s3(), [], {}
    with no_work(world.twin):
        for _ in range(count):
            runs.append(run := world.run())
            key = run.extract()["csv_key"]
            csvs[key] = s3.get_object(Bucket=INPUT_BUCKET, Key=key)["Body"].read()
            run.dispatch()
            s3.delete_object(Bucket=INPUT_BUCKET, Key=key)
    chunks = sum(len(run.chunk_ids) for run in runs)
    eventually(lambda: (world.depth(), world.depth(DLQ)) == (0, chunks))
    for key, body in csvs.items():  # somebody has put them back
        with MultipartUpload(
            s3,
            bucket=INPUT_BUCKET,
            key=key,
            content_type=CONTENT_TYPE,
            metadata=DISPATCHED_BY_A_DAG,
        ) as upload:
            upload.write(body)
    assert world.requests() == {}
    return runs


@failure(
    Where.QUEUE,
    fault="Messages of several runs are in the dead-letter queue, some of plans that were replaced",
    happens="`cover_collage_redrive` sends those that can be of use, for one run or all, and drops "
    "the others; a `wait` that waits goes on",
    sees="the log of `redrive`: a table with a line for each run, kind and reason",
    fix="trigger it as its form opens, read the table, trigger it again with `dry_run` off",
)
def test_messages_of_three_runs_are_redriven_by_run_and_those_of_a_replaced_plan_are_dropped(
    fault_world: FaultWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    fault_world.insert(NAMES, covers=2)
    first, second, replaced = failed_runs(fault_world, 3)
    for name in ONE_OF_EACH_CHUNK:
        fault_world.sql("DELETE FROM covers WHERE cover_url = %s", fault_world.url(name, 2))
    replaced.clear("extract")
    asked = fault_world.requests()
    assert sum(asked.values()) == 24 - len(ONE_OF_EACH_CHUNK)

    CheckRedriveOperator(task_id="check").execute({})  # type: ignore[typeddict-item]
    before = list(fault_world.store.list_etags(TEMP_BUCKET, keys.PROCESSING))
    assert counts(redrive(dry_run=True)) == (4, 2, 0, 0)
    log = capsys.readouterr().out
    for run, why in (
        (first, "the chunk has no receipt"),
        (second, "the chunk has no receipt"),
        (replaced, "its run was planned again without this chunk"),
    ):
        (line,) = (line for line in log.splitlines() if line.startswith(run.run_id))
        assert why in line
        assert line.split()[1:3] == ["chunk", "2"]
    assert fault_world.depth(DLQ) == 6
    assert list(fault_world.store.list_etags(TEMP_BUCKET, keys.PROCESSING)) == before

    assert counts(redrive(run_id=first.run_id)) == (2, 0, 0, 4)
    first.wait()  # what the workers wrote of the failures would end it at once
    assert visible(fault_world) == 4
    with pytest.raises(AirflowFailException, match="failed for good"):
        second.wait()
    assert counts(redrive()) == (2, 2, 0, 0)
    for run in (first, second):
        run.clear("wait")
        assert run.summary["rows"]["placed"] == 24
        run.judge()
    replaced.judge()
    eventually(lambda: fault_world.depth() == 0)
    assert fault_world.depth(DLQ) == 0
    assert redrive()["note"] == "Redriven: no message in the dead-letter queue"


def visible(world: FaultWorld) -> int:
    """Messages of the dead-letter queue that anybody may receive."""
    url = world.sqs.get_queue_url(QueueName=DLQ)["QueueUrl"]
    found = world.sqs.get_queue_attributes(
        QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"]
    )
    return int(found["Attributes"]["ApproximateNumberOfMessages"])


@failure(
    Where.QUEUE,
    fault="A redrive ends between sending and deleting: it is killed, or may not delete",
    happens="Nothing is lost; the messages are in both queues, and each chunk is done once",
    sees="`redrive`: the right that is missing; or, after a kill, that messages are hidden",
    fix="do as it says, and trigger it again: it drops what is done by then",
)
def test_a_redrive_that_ends_between_sending_and_deleting_is_repeated_without_harm(
    fault_world: FaultWorld,
) -> None:
    fault_world.insert(NAMES, covers=2)
    (run,) = failed_runs(fault_world, 1)
    with denied(fault_world.twin, "sqs:DeleteMessage"):
        with pytest.raises(RefusedError, match="denies sqs:DeleteMessage"):
            CheckRedriveOperator(task_id="check").execute({})  # type: ignore[typeddict-item]
        with pytest.raises(QueueError, match="allow sqs:DeleteMessage on it"):
            redrive()
    assert visible(fault_world) == 2
    run.wait()
    assert counts(redrive()) == (0, 2, 0, 0)
    assert fault_world.depth(DLQ) == 0
    assert {*fault_world.requests().values()} == {1}
    run.clear("wait")
    run.judge()


@failure(
    Where.QUEUE,
    fault="The queue of the workers takes no messages during a redrive",
    happens="No message is deleted; all are visible in the dead-letter queue again",
    sees="`redrive`: the queue and the right that is missing",
    fix="allow `sqs:SendMessage` on the queue, and clear `redrive`",
)
def test_a_redrive_that_may_not_send_loses_nothing(fault_world: FaultWorld) -> None:
    fault_world.insert(NAMES, covers=1)
    (run,) = failed_runs(fault_world, 1)
    with denied(fault_world.twin, "sqs:SendMessage"):
        with pytest.raises(RefusedError, match="denies sqs:SendMessage"):
            CheckRedriveOperator(task_id="check").execute({})  # type: ignore[typeddict-item]
        with pytest.raises(QueueError, match="sqs:SendMessage is allowed on it"):
            redrive()
    assert visible(fault_world) == len(run.chunk_ids)
    redrive()
    run.wait()


@failure(
    Where.QUEUE,
    fault="Messages of a stopped run are in the dead-letter queue",
    happens="A redrive leaves them, because workers would not work on them",
    sees="the table of `redrive`: since when the run is stopped, and why",
    fix="let the run go on, which sends what has no receipt; then a redrive drops them",
)
def test_messages_of_a_stopped_run_are_left_until_it_goes_on(
    fault_world: FaultWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    fault_world.insert(NAMES, covers=1)
    (run,) = failed_runs(fault_world, 1)
    left = len(run.chunk_ids)
    stop(fault_world.store, Settings(), run.run_id, "ana stopped it")
    assert counts(redrive()) == (0, 0, left, 0)
    assert "ana stopped it" in capsys.readouterr().out
    assert visible(fault_world) == left
    let_go_on(fault_world.store, Settings(), run.run_id)
    assert counts(redrive()) == (left, 0, 0, 0)
    run.wait()


def test_rubbish_of_any_kind_stays_and_is_named_by_its_id_alone(
    fault_world: FaultWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    url = fault_world.sqs.get_queue_url(QueueName=DLQ)["QueueUrl"]
    bodies = ["https://covers/?signature=secret", "[" * 100_000, '{"processing_type": "x"}']
    ids = [
        fault_world.sqs.send_message(QueueUrl=url, MessageBody=body)["MessageId"] for body in bodies
    ]
    assert counts(redrive()) == (0, 0, 3, 0)
    log = capsys.readouterr().out
    assert all(message_id in log for message_id in ids)
    assert "secret" not in log
    assert (visible(fault_world), fault_world.depth(QUEUE)) == (3, 0)
    fault_world.empty_queues()
