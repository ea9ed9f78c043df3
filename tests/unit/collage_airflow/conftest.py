"""The fixtures that all tests of Airflow's side share."""

from tests.support.airflow_aws import aws, queue_url, s3, sqs
from tests.support.preflight import nobody_listens

__all__ = ["aws", "nobody_listens", "queue_url", "s3", "sqs"]
