"""Which failures of a task are retried: one policy for all tasks."""

from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryRule

from collage_core.errors import PermanentError

RETRY_POLICY = ExceptionRetryPolicy(
    [RetryRule(PermanentError, action=RetryAction.FAIL, reason="a retry would fail again")]
)
"""Retry after any failure except a PermanentError, which a person has to fix first."""
