"""Whether the queue of chunk messages exists.

The right to send messages is not checked: that would take sending one.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from collage_airflow.aws import sqs_hook
from collage_airflow.preflight.aws import refused, unreachable
from collage_airflow.preflight.problem import Problem, unusable

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


def queue_problems(aws_conn_id: str, queue_url: str) -> Iterator[Problem]:
    """Whether the queue of chunk messages exists and can be accessed."""
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
        client.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])
    except ClientError as error:
        absent = "create it, or set CHUNK_QUEUE_URL"
        fixes = {
            "AWS.SimpleQueueService.NonExistentQueue": absent,
            "QueueDoesNotExist": absent,
            "AccessDenied": "allow sqs:GetQueueAttributes and sqs:SendMessage on it",
        }
        yield refused(thing, aws_conn_id, error, fixes)
    except BotoCoreError as error:
        yield unreachable(thing, aws_conn_id, error)
    except Exception as error:  # noqa: BLE001 - what the hook raises by itself is any
        yield unusable(thing, error, aws_conn_id)
