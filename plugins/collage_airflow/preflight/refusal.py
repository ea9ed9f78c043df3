"""The errors that end `check` after it has logged what is wrong, in one further line.

Of any other exception Airflow logs a traceback, which would hide those lines. Of a SystemExit it
logs "Task exited"; retries, notifications and the state of the task are as for any exception.
"""

from collections.abc import Sequence
from typing import Any

from collage_airflow.preflight.problem import Problem
from collage_core.errors import PermanentError, TransientError


class RefusedError(PermanentError, SystemExit):
    """The run would fail, until a person has changed something."""

    code = 1


class UnansweredError(TransientError, SystemExit):
    """A server did not answer, and that is the only problem."""

    code = 1


def refuse(found: Sequence[Problem], log: Any) -> None:
    """Log all problems with a task's `log`, and fail it if one of them would make the run fail.

    Raises RefusedError, and UnansweredError if a server that did not answer is all that is wrong.
    """
    problems = [problem for problem in found if problem.blocks]
    for problem in found:
        if problem.blocks:
            log.error("✗ %s", problem.line)
        else:
            log.warning("%s", problem.line)
    if problems:
        may_pass = all(problem.may_pass for problem in problems)
        raise (UnansweredError if may_pass else RefusedError)(
            "nothing was written or sent: " + "; ".join(problem.line for problem in problems)
        )
