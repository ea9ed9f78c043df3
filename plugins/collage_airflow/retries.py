"""Which failures of a task are worth another try."""

from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryRule

from collage_core.errors import CollageError, MessageError, SettingError


def unless(*errors: type[CollageError]) -> ExceptionRetryPolicy:
    """Try again after any failure but these, a wrong setting, and a document that is none.

    Trying again would find the same.
    """
    return ExceptionRetryPolicy(
        [
            RetryRule(
                [SettingError, MessageError, *errors],
                action=RetryAction.FAIL,
                reason="trying again would find the same",
            )
        ]
    )
