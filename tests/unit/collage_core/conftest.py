"""The fixtures that tests of the core on S3 share."""

from tests.support.airflow_aws import aws, queue_url, s3, sqs

__all__ = ["aws", "queue_url", "s3", "sqs"]
