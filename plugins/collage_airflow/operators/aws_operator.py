"""The base of the steps that use AWS: one cached hook, as in the provider's `AwsBaseOperator`.

The provider's class is not used, because it is internal and loads boto3 when a DAG is parsed.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from collage_airflow.aws import s3_hook
from collage_airflow.settings import AWS_CONNECTION
from collage_core.aws.s3_store import S3Store

if TYPE_CHECKING:
    from airflow.providers.amazon.aws.hooks.s3 import S3Hook


class AwsOperator(BaseOperator):
    """A step that reads or writes objects on S3, over the Airflow connection `aws_conn_id`."""

    template_fields: Sequence[str] = ("aws_conn_id",)

    def __init__(self, *, aws_conn_id: str = AWS_CONNECTION, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.aws_conn_id = aws_conn_id

    @cached_property
    def hook(self) -> "S3Hook":
        """The hook for S3, made at its first use, when `aws_conn_id` is rendered."""
        return s3_hook(self.aws_conn_id)

    @property
    def store(self) -> S3Store:
        """The store of all buckets, over the hook's client."""
        return S3Store(self.hook.get_conn())
