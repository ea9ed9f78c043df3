"""The IAM policies of `deploy/policies/`, with the twin's names and adapted to ministack."""

import json

from deploy.iam import policy
from local.settings import INPUT_BUCKET, OUTPUT_BUCKET, TEMP_BUCKET

_SEND = "sqs:SendMessage"
_SEND_BATCH = "sqs:SendMessageBatch"
"""AWS has no such action: the right to send includes batches. ministack checks both."""


def function_trust() -> str:
    """The document that lets Lambda assume the function's role."""
    return policy("function_trust", {})


def function_policy(*, queue_arn: str, dead_letter_queue_arn: str) -> str:
    """The rights of the function's role."""
    return _policy("function", queue_arn, dead_letter_queue_arn)


def airflow_policy(*, queue_arn: str, dead_letter_queue_arn: str, function_arn: str) -> str:
    """The rights of Airflow's user, which in AWS are those of the execution role of MWAA."""
    return _policy(
        "airflow",
        queue_arn,
        dead_letter_queue_arn,
        function_arn=function_arn,
    )


def _policy(name: str, queue_arn: str, dead_letter_queue_arn: str, **arns: str) -> str:
    values = {
        "input_bucket": INPUT_BUCKET,
        "output_bucket": OUTPUT_BUCKET,
        "temp_bucket": TEMP_BUCKET,
        "queue_arn": queue_arn,
        "dead_letter_queue_arn": dead_letter_queue_arn,
        **arns,
    }
    document = json.loads(policy(name, values))
    for statement in document["Statement"]:
        statement["Action"] = [
            right for action in statement["Action"] for right in _ministack_actions(action)
        ]
    return json.dumps(document)


def _ministack_actions(action: str) -> list[str]:
    """The actions that ministack checks where AWS checks `action`."""
    return [_SEND, _SEND_BATCH] if action == _SEND else [action]
