"""Whether the dead-letter queue may be redriven: received from, deleted from, and sent on.

Rights are tried with requests for no message at all. SQS refuses such a request in any case, but
says first if the right is missing. If it does not, the first message names the right, and stays.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from collage_airflow.aws import sqs_hook
from collage_airflow.preflight.aws import unreachable
from collage_airflow.preflight.problem import Problem, unusable
from collage_core.aws.queue_commands import unset_redrive
from collage_core.aws.queue_state import QueueState, queue_state
from collage_core.aws.s3_store import error_code

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_DENIED = {"AccessDenied", "AccessDeniedException", "403"}


def dead_letter_problems(aws_conn_id: str, queue_url: str) -> Iterator[Problem]:
    """Which rights a redrive lacks, and whether receiving moves messages away.

    A queue that does not exist, or has no dead-letter queue, gives no problem here:
    `queue_problems` reports it.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        client: SQSClient = sqs_hook(aws_conn_id).get_conn()
        policy = queue_state(client, queue_url).redrive_policy
        if policy is None:
            return
        dead = queue_state(client, policy.url_beside(queue_url))
        yield from _missing_rights(client, queue_url, dead.url)
        yield from _own_redrive(dead)
    except ClientError:
        return
    except BotoCoreError as error:
        yield unreachable(f"dead-letter queue of {queue_url}", aws_conn_id, error)
    except Exception as error:  # noqa: BLE001 - what the hook raises by itself is any
        yield unusable(f"dead-letter queue of {queue_url}", error, aws_conn_id)


def _missing_rights(client: "SQSClient", queue_url: str, dead_url: str) -> Iterator[Problem]:
    tries: tuple[tuple[str, str, Callable[[], object]], ...] = (
        ("sqs:ReceiveMessage", dead_url, lambda: _receive_none(client, dead_url)),
        (
            "sqs:DeleteMessage",
            dead_url,
            lambda: client.delete_message_batch(QueueUrl=dead_url, Entries=[]),
        ),
        (
            "sqs:ChangeMessageVisibility",
            dead_url,
            lambda: client.change_message_visibility_batch(QueueUrl=dead_url, Entries=[]),
        ),
        (
            "sqs:SendMessage",
            queue_url,
            lambda: client.send_message_batch(QueueUrl=queue_url, Entries=[]),
        ),
    )
    for right, url, attempt in tries:
        if _is_denied(client, attempt):
            yield Problem(
                f"queue {url} denies {right}: allow it in the policy of the role or user, as "
                "deploy/policies/airflow.json does",
                may_pass=False,
            )


def _receive_none(client: "SQSClient", url: str) -> object:
    return client.receive_message(QueueUrl=url, MaxNumberOfMessages=0, VisibilityTimeout=0)


def _is_denied(client: "SQSClient", attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except client.exceptions.ClientError as error:
        return error_code(error) in _DENIED
    return False


def _own_redrive(dead: QueueState) -> Iterator[Problem]:
    policy = dead.redrive_policy
    if policy is not None:
        name = policy.dead_letter_arn.rpartition(":")[2]
        yield Problem(
            f"dead-letter queue {dead.url} has a redrive policy itself: SQS moves a message to "
            f"{name} that was received more than {policy.most_receives} times, and each run of "
            "this DAG receives all of them once, a dry run too. Remove it: "
            f"{unset_redrive(dead.url, dead.arn)}",
            may_pass=False,
            blocks=False,
        )
