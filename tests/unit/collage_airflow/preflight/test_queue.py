"""A queue that does not exist or cannot work gives one line, with the command that fixes it."""

import json
import shlex
from typing import TYPE_CHECKING, Any

import pytest

from collage_airflow.aws import sqs_hook
from collage_airflow.preflight import queue
from collage_airflow.preflight.problem import Problem
from collage_airflow.preflight.queue import queue_problems
from collage_core.aws import queue_commands
from deploy.limits import read_limits
from tests.support.aws_commands import follow
from tests.support.preflight import deny, only

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

TIMEOUT = 120


def problem(url: str) -> Problem:
    return only(queue_problems("aws_default", url, function_timeout=TIMEOUT))


def is_fixed_by_its_command(url: str) -> None:
    """Do what the problem says, and find that nothing is wrong any more."""
    found = problem(url)
    assert found.blocks
    assert not found.may_pass
    follow(found.line[found.line.index("aws sqs ") :])
    assert list(queue_problems("aws_default", url, function_timeout=TIMEOUT)) == []


@pytest.mark.usefixtures("aws")
def test_a_queue_that_does_not_exist_is_named_with_its_setting() -> None:
    url = "https://sqs.us-east-1.amazonaws.com/123456789012/nowhere"
    found = problem(url)
    assert "create it, or set CHUNK_QUEUE_URL" in found.line
    assert not found.may_pass


def test_a_queue_that_is_as_it_should_be_is_not_mentioned(queue_url: str) -> None:
    assert list(queue_problems("aws_default", queue_url, function_timeout=TIMEOUT)) == []


@pytest.mark.parametrize("seconds", [30, 719])
def test_a_visibility_timeout_that_is_too_short_is_refused_with_its_fix(
    sqs: "SQSClient", queue_url: str, seconds: int
) -> None:
    sqs.set_queue_attributes(QueueUrl=queue_url, Attributes={"VisibilityTimeout": str(seconds)})
    assert f"a visibility timeout of {seconds} seconds" in problem(queue_url).line
    is_fixed_by_its_command(queue_url)


def test_without_an_answer_of_the_function_the_visibility_timeout_is_not_judged(
    sqs: "SQSClient", queue_url: str
) -> None:
    sqs.set_queue_attributes(QueueUrl=queue_url, Attributes={"VisibilityTimeout": "30"})
    assert list(queue_problems("aws_default", queue_url)) == []


def test_a_queue_without_a_dead_letter_queue_is_refused_with_its_fix(
    sqs: "SQSClient", queue_url: str
) -> None:
    url = sqs.create_queue(QueueName="alone", Attributes={"VisibilityTimeout": "720"})["QueueUrl"]
    assert "has no dead-letter queue" in problem(url).line
    is_fixed_by_its_command(url)
    assert queue_url != url


def test_a_message_that_is_received_only_once_is_refused_with_its_fix(
    sqs: "SQSClient", queue_url: str
) -> None:
    set_redrive(sqs, queue_url, maxReceiveCount=1)
    assert "has a maxReceiveCount of 1" in problem(queue_url).line
    is_fixed_by_its_command(queue_url)


def test_a_dead_letter_queue_that_does_not_exist_is_refused_with_its_fix(
    sqs: "SQSClient", queue_url: str
) -> None:
    sqs.delete_queue(QueueUrl=f"{queue_url}-dlq")
    assert "collage-chunks-dlq, which does not exist" in problem(queue_url).line
    is_fixed_by_its_command(queue_url)


def test_a_dead_letter_queue_that_may_not_be_looked_at_is_only_a_warning(
    queue_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = sqs_hook("aws_default")
    asked: list[str] = []

    def deny_the_second(**request: Any) -> Any:
        asked.append(str(request))
        return deny() if len(asked) > 1 else None

    hook.get_conn().meta.events.register("before-call.sqs.GetQueueAttributes", deny_the_second)
    monkeypatch.setattr(queue, "sqs_hook", lambda _: hook)
    found = problem(queue_url)
    assert not found.blocks
    assert "allow sqs:GetQueueAttributes on it" in found.line


def test_the_commands_have_the_numbers_of_the_deployment() -> None:
    limits = read_limits()
    arn = "arn:aws:sqs:eu-central-1:123456789012:chunks"
    command = queue_commands.make_dead_letter_queue("https://sqs/1/chunks", arn)
    assert f"MessageRetentionPeriod={limits.dead_letter_queue.message_retention_seconds}" in command
    words = shlex.split(command)
    policy = json.loads(json.loads(words[-1])["RedrivePolicy"])
    assert int(policy["maxReceiveCount"]) == limits.chunk_queue.max_receive_count
    assert words.count("eu-central-1") == 2


def set_redrive(sqs: "SQSClient", url: str, **changes: Any) -> None:
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"])
    policy = json.loads(found["Attributes"]["RedrivePolicy"]) | changes
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": json.dumps(policy)})
