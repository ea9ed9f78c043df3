"""Whether the queue of chunk messages exists, and has the attributes that the workers need.

The right to send messages is not checked: that would take sending one.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from collage_airflow.aws import sqs_hook
from collage_airflow.preflight.aws import refused, unreachable
from collage_airflow.preflight.problem import Problem, unusable
from collage_core.aws import queue_commands as commands
from collage_core.aws.queue_state import QueueState, RedrivePolicy, queue_state
from collage_core.aws.s3_store import error_code

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_VISIBILITY_PER_TIMEOUT = 6
"""Lambda's guide, "Using Lambda with Amazon SQS": at least six times the function's timeout. A
message that becomes visible sooner is worked on twice."""

_LEAST_RECEIVES = 2
"""With one, a message whose worker dies is never delivered again."""

_ABSENT = {"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"}


def queue_problems(
    aws_conn_id: str, queue_url: str, *, function_timeout: int | None = None
) -> Iterator[Problem]:
    """Whether the queue exists, can be accessed, and can work.

    `function_timeout` is in seconds; None when the function could not be asked.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    if not queue_url:
        yield Problem(
            "CHUNK_QUEUE_URL is empty: set it to the URL of the queue that the workers read",
            may_pass=False,
        )
        return
    thing = f"queue {queue_url} (CHUNK_QUEUE_URL)"
    try:
        client: SQSClient = sqs_hook(aws_conn_id).get_conn()
        state = queue_state(client, queue_url)
        yield from _visibility_problems(thing, state, function_timeout)
        yield from _redrive_problems(thing, state, client)
    except ClientError as error:
        fixes = dict.fromkeys(_ABSENT, "create it, or set CHUNK_QUEUE_URL") | {
            "AccessDenied": "allow sqs:GetQueueAttributes and sqs:SendMessage on it"
        }
        yield refused(thing, aws_conn_id, error, fixes)
    except BotoCoreError as error:
        yield unreachable(thing, aws_conn_id, error)
    except Exception as error:  # noqa: BLE001 - what the hook raises by itself is any
        yield unusable(thing, error, aws_conn_id)


def _visibility_problems(
    thing: str, state: QueueState, function_timeout: int | None
) -> Iterator[Problem]:
    least = _VISIBILITY_PER_TIMEOUT * (function_timeout or 0)
    if state.visibility_timeout < least:
        yield Problem(
            f"{thing} has a visibility timeout of {state.visibility_timeout} seconds, and the "
            f"function may take {function_timeout}: messages would be worked on twice. Set it to "
            f"{_VISIBILITY_PER_TIMEOUT} times as much: "
            f"{commands.set_visibility(state.url, state.arn, least)}",
            may_pass=False,
        )


def _redrive_problems(thing: str, state: QueueState, client: "SQSClient") -> Iterator[Problem]:
    policy = state.redrive_policy
    if policy is None:
        yield Problem(
            f"{thing} has no dead-letter queue: a message that fails would come back for days and "
            f"then be lost. Make one: {commands.make_dead_letter_queue(state.url, state.arn)}",
            may_pass=False,
        )
        return
    if policy.most_receives < _LEAST_RECEIVES:
        yield Problem(
            f"{thing} has a maxReceiveCount of {policy.most_receives}: a message whose worker dies "
            "would not be delivered again. Raise it: "
            f"{commands.set_redrive(state.url, state.arn, policy.dead_letter_arn)}",
            may_pass=False,
        )
    yield from _dead_letter_problems(thing, policy, policy.url_beside(state.url), client)


def _dead_letter_problems(
    thing: str, policy: RedrivePolicy, url: str, client: "SQSClient"
) -> Iterator[Problem]:
    try:
        queue_state(client, url)
    except client.exceptions.ClientError as error:
        name = url.rpartition("/")[2]
        if error_code(error) in _ABSENT:
            yield Problem(
                f"{thing} moves failed messages to {name}, which does not exist. Create it: "
                f"{commands.create_queue(name, policy.dead_letter_arn)}",
                may_pass=False,
            )
        else:
            yield Problem(
                f"dead-letter queue {name} of {thing} answers {error_code(error)}: allow "
                "sqs:GetQueueAttributes on it. Whether it exists is not known",
                may_pass=True,
                blocks=False,
            )
