"""A right that a redrive lacks is named before anything is received, and nothing is changed."""

import json
from typing import TYPE_CHECKING

import pytest

from collage_airflow.aws import sqs_hook
from collage_airflow.preflight import dead_letters
from collage_airflow.preflight.dead_letters import dead_letter_problems
from tests.support.airflow_aws import make_queues
from tests.support.aws_commands import follow
from tests.support.cover_host import refusing_port
from tests.support.dead_letters import Queues
from tests.support.failures import Where, failure
from tests.support.preflight import deny, only

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


def test_nothing_is_wrong_and_nothing_is_received_or_sent(sqs: "SQSClient", queue_url: str) -> None:
    queues = Queues(sqs, queue_url)
    queues.fail("message")
    assert list(dead_letter_problems("aws_default", queue_url)) == []
    assert queues.counts() == (1, 0)
    (letter,) = queues.dead.receive()
    assert letter.receives == 1
    assert queues.sent() == []


@failure(
    Where.QUEUE,
    fault="Airflow may not receive or delete messages of the dead-letter queue",
    happens="`check` of `cover_collage_redrive` refuses; the messages stay",
    sees='`check`: "denies sqs:DeleteMessage: allow it in the policy of the role or user"',
    fix="give its role the rights of `deploy/policies/airflow.json`, then clear `check`",
)
@pytest.mark.parametrize(
    ("operation", "right", "is_dead"),
    [
        ("ReceiveMessage", "sqs:ReceiveMessage", True),
        ("DeleteMessageBatch", "sqs:DeleteMessage", True),
        ("ChangeMessageVisibilityBatch", "sqs:ChangeMessageVisibility", True),
        ("SendMessageBatch", "sqs:SendMessage", False),
    ],
)
def test_a_right_that_a_redrive_lacks_is_named_with_the_queue(
    queue_url: str,
    monkeypatch: pytest.MonkeyPatch,
    operation: str,
    right: str,
    *,
    is_dead: bool,
) -> None:
    hook = sqs_hook("aws_default")
    hook.get_conn().meta.events.register(f"before-call.sqs.{operation}", deny)
    monkeypatch.setattr(dead_letters, "sqs_hook", lambda _: hook)
    problem = only(dead_letter_problems("aws_default", queue_url))
    assert problem.line.startswith(f"queue {queue_url}{'-dlq' * is_dead} denies {right}: allow it")
    assert problem.blocks
    assert not problem.may_pass


@failure(
    Where.QUEUE,
    fault="The dead-letter queue has a redrive policy itself",
    happens="SQS moves messages on to yet another queue when they have been received too often, "
    "which each redrive and each dry run does once",
    sees="`check` of `cover_collage_redrive`, a warning with the command that removes the policy",
    fix="run that command; messages that were moved are in the queue that the line names",
)
def test_a_dead_letter_queue_that_moves_messages_on_is_fixed_by_the_command(
    sqs: "SQSClient", queue_url: str
) -> None:
    make_queues(sqs, "further")
    arn = "arn:aws:sqs:us-east-1:123456789012:further-dlq"
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": "7"})
    sqs.set_queue_attributes(QueueUrl=f"{queue_url}-dlq", Attributes={"RedrivePolicy": policy})
    problem = only(dead_letter_problems("aws_default", queue_url))
    assert not problem.blocks
    assert "SQS moves a message to further-dlq that was received more than 7 times" in problem.line
    follow(problem.line[problem.line.index("aws sqs ") :])
    assert list(dead_letter_problems("aws_default", queue_url)) == []


def test_what_another_probe_reports_is_not_said_twice(sqs: "SQSClient", queue_url: str) -> None:
    alone = sqs.create_queue(QueueName="alone")["QueueUrl"]
    assert list(dead_letter_problems("aws_default", alone)) == []
    assert list(dead_letter_problems("aws_default", f"{queue_url}-nowhere")) == []


@pytest.mark.usefixtures("aws")
def test_a_queue_that_cannot_be_reached_may_be_there_later(monkeypatch: pytest.MonkeyPatch) -> None:
    with refusing_port() as port:
        extra = {"endpoint_url": f"http://127.0.0.1:{port}", "config_kwargs": {"retries": {}}}
        connection = {"conn_type": "aws", "login": "a", "password": "b", "extra": extra}
        monkeypatch.setenv("AIRFLOW_CONN_AWS_DEFAULT", json.dumps(connection))
        problem = only(
            dead_letter_problems("aws_default", f"http://127.0.0.1:{port}/123456789012/chunks")
        )
    assert problem.may_pass
