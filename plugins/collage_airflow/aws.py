"""Clients of AWS by way of Airflow's connection: its credentials, region, endpoint and retries."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient


def s3_client(aws_conn_id: str) -> "S3Client":
    """A client of S3."""
    from airflow.providers.amazon.aws.hooks.s3 import S3Hook

    return S3Hook(aws_conn_id=aws_conn_id).get_conn()


def sqs_client(aws_conn_id: str) -> "SQSClient":
    """A client of SQS."""
    from airflow.providers.amazon.aws.hooks.sqs import SqsHook

    return SqsHook(aws_conn_id=aws_conn_id).get_conn()
