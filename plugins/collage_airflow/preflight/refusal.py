"""The errors that end `check` after it has logged what is wrong, in one further line.

Of any other exception Airflow logs a traceback, which would hide those lines. Of a SystemExit it
logs "Task exited"; retries, notifications and the state of the task are as for any exception.
"""

from collage_core.errors import PermanentError, TransientError


class RefusedError(PermanentError, SystemExit):
    """The run would fail, until a person has changed something."""

    code = 1


class UnansweredError(TransientError, SystemExit):
    """A server did not answer, and that is the only problem."""

    code = 1
