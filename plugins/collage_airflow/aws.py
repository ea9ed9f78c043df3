"""Hooks for AWS: Airflow's connection decides credentials, region, endpoint and retries.

They are imported when they are needed, so that parsing a DAG does not load boto3.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow.providers.amazon.aws.hooks.lambda_function import LambdaHook
    from airflow.providers.amazon.aws.hooks.s3 import S3Hook
    from airflow.providers.amazon.aws.hooks.sqs import SqsHook


def lambda_hook(aws_conn_id: str) -> "LambdaHook":
    """The hook for Lambda; its `get_conn` returns the same client at every call."""
    from airflow.providers.amazon.aws.hooks.lambda_function import LambdaHook

    return LambdaHook(aws_conn_id=aws_conn_id)


def s3_hook(aws_conn_id: str) -> "S3Hook":
    """The hook for S3; its `get_conn` returns the same client at every call."""
    from airflow.providers.amazon.aws.hooks.s3 import S3Hook

    return S3Hook(aws_conn_id=aws_conn_id)


def sqs_hook(aws_conn_id: str) -> "SqsHook":
    """The hook for SQS; its `get_conn` returns the same client at every call."""
    from airflow.providers.amazon.aws.hooks.sqs import SqsHook

    return SqsHook(aws_conn_id=aws_conn_id)
