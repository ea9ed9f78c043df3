"""A queue that does not exist gives one line."""

import pytest

from collage_airflow.preflight.queue import queue_problems
from tests.support.preflight import only


@pytest.mark.usefixtures("aws")
def test_a_queue_that_does_not_exist_is_named_with_its_setting() -> None:
    url = "https://sqs.us-east-1.amazonaws.com/123456789012/nowhere"
    problem = only(queue_problems("aws_default", url, function_timeout=None))
    assert "create it, or set CHUNK_QUEUE_URL" in problem.line
    assert not problem.may_pass
