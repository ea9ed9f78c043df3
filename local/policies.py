"""The IAM policies of `deploy/policies/`, with the twin's names and adapted to ministack."""

import json
from collections.abc import Mapping

from deploy.iam import policy
from local.settings import INPUT_BUCKET, OUTPUT_BUCKET, TEMP_BUCKET

_IN_BATCHES = ("sqs:SendMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility")
"""In AWS each of these rights includes its batches: there is no action for them. ministack checks
one, with `Batch` at its end."""


_BUCKETS = {
    "input_bucket": INPUT_BUCKET,
    "output_bucket": OUTPUT_BUCKET,
    "temp_bucket": TEMP_BUCKET,
}


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


def forget_policy() -> str:
    """The rights that Airflow's user needs besides, to delete all that is kept of a creator."""
    return _adapted("forget", _BUCKETS)


def _policy(name: str, queue_arn: str, dead_letter_queue_arn: str, **arns: str) -> str:
    queues = {"queue_arn": queue_arn, "dead_letter_queue_arn": dead_letter_queue_arn}
    return _adapted(name, {**_BUCKETS, **queues, **arns})


def _adapted(name: str, values: Mapping[str, str]) -> str:
    document = json.loads(policy(name, values))
    for statement in document["Statement"]:
        statement["Action"] = [
            right for action in statement["Action"] for right in _ministack_actions(action)
        ]
    return json.dumps(document)


def _ministack_actions(action: str) -> list[str]:
    """The actions that ministack checks where AWS checks `action`."""
    return [action, f"{action}Batch"] if action in _IN_BATCHES else [action]
