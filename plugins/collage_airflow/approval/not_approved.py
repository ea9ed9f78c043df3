"""The error of a run that was refused, or that nobody answered."""

from collage_core.errors import PermanentError


class NotApprovedError(PermanentError, SystemExit):
    """A person refused the run, or nobody answered in time. Nothing was sent.

    It is a SystemExit, because of any other exception Airflow logs a traceback; the line that says
    who refused it would be above that. It is logged before this is raised.
    """

    code = 1
