"""The fixtures that all tests of Airflow's side share."""

from tests.support.airflow_aws import aws, queue_url, s3, sqs

__all__ = ["aws", "queue_url", "s3", "sqs"]
