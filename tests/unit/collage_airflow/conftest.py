"""The fixtures that all tests of Airflow's side share."""

from collections.abc import Iterator

import pytest

from tests.support.airflow_aws import aws, queue_url, s3, sqs
from tests.support.no_variables import no_variables
from tests.support.preflight import nobody_listens
from tests.support.quick_clients import name_no_caller

__all__ = ["aws", "no_variables", "nobody_listens", "queue_url", "s3", "sqs"]


@pytest.fixture(scope="session", autouse=True)
def _no_caller() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        name_no_caller(patch)
        yield
