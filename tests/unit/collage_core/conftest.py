"""The fixtures that tests of the core on S3 share."""

from tests.support.airflow_aws import aws, s3

__all__ = ["aws", "s3"]
