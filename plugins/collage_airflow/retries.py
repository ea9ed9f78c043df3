"""Which failures of a task are worth a retry: the one policy of all tasks."""

from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryRule

from collage_core.errors import PermanentError

RETRY_POLICY = ExceptionRetryPolicy(
    [RetryRule(PermanentError, action=RetryAction.FAIL, reason="a retry would find the same")]
)
"""Retries all but what has to be changed first."""
