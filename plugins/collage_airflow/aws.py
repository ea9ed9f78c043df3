"""Hooks of AWS: Airflow's connection decides credentials, region, endpoint and retries.

They are imported when they are needed: boto3 must not be loaded wherever a DAG is parsed.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow.providers.amazon.aws.hooks.s3 import S3Hook
    from airflow.providers.amazon.aws.hooks.sqs import SqsHook


def s3_hook(aws_conn_id: str) -> "S3Hook":
    """The hook of S3; its `get_conn` gives the same client at every call."""
    from airflow.providers.amazon.aws.hooks.s3 import S3Hook

    return S3Hook(aws_conn_id=aws_conn_id)


def sqs_hook(aws_conn_id: str) -> "SqsHook":
    """The hook of SQS; its `get_conn` gives the same client at every call."""
    from airflow.providers.amazon.aws.hooks.sqs import SqsHook

    return SqsHook(aws_conn_id=aws_conn_id)
