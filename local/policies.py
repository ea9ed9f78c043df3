"""The IAM policies of `deploy/policies/`, with the twin's names and for ministack."""

import json

from deploy.iam import policy
from local.settings import INPUT_BUCKET, OUTPUT_BUCKET, TEMP_BUCKET

_SEND = "sqs:SendMessage"
_SEND_BATCH = "sqs:SendMessageBatch"
"""AWS knows no such action: the right to send covers batches. ministack asks for both."""


def function_trust() -> str:
    """The document that lets Lambda assume the function's role."""
    return policy("function_trust", {})


def function_policy(*, queue_arn: str) -> str:
    """What the function's role may do."""
    return _policy("function", queue_arn)


def airflow_policy(*, queue_arn: str) -> str:
    """What Airflow's user may do, in AWS the execution role of MWAA."""
    return _policy("airflow", queue_arn)


def _policy(name: str, queue_arn: str) -> str:
    values = {
        "input_bucket": INPUT_BUCKET,
        "output_bucket": OUTPUT_BUCKET,
        "temp_bucket": TEMP_BUCKET,
        "queue_arn": queue_arn,
    }
    document = json.loads(policy(name, values))
    for statement in document["Statement"]:
        statement["Action"] = [right for action in statement["Action"] for right in _asked(action)]
    return json.dumps(document)


def _asked(action: str) -> list[str]:
    """The actions for which ministack asks where AWS asks for `action`."""
    return [_SEND, _SEND_BATCH] if action == _SEND else [action]
