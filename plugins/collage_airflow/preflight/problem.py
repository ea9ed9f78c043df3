"""What stands in the way of a run, as a line for a person."""

from collections.abc import Iterator
from dataclasses import dataclass

from collage_airflow.database.connection_text import text_of, text_problems, variable_of
from collage_airflow.database.json_object import json_object

_FIXES = {
    "NoRegionError": "set region_name in the extra of the AWS connection, or AWS_DEFAULT_REGION",
    "NoCredentialsError": "set login and password of the AWS connection to a key and its secret",
    "PartialCredentialsError": "set both login and password of the AWS connection",
    "ImportError": "install the package that is named on every worker",
    "ModuleNotFoundError": "install the package that is named on every worker",
    "AirflowOptionalProviderFeatureException": "install the package that is named",
}
"""By the name of the error's type, as the packages that have it may be those that are missing."""

_OF_A_WRONG_VALUE = (
    *(TypeError, AttributeError, ValueError, LookupError, ImportError, NotImplementedError),
)
"""Trying again would raise these again. After any other it may go well: Airflow's own API, for
one, may not have answered."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that stands in the way of a run."""

    line: str
    may_pass: bool
    """Whether nobody answered, so that a later try may fare better."""


def one_line(text: str) -> str:
    """A message without its line breaks: a server's quotes the SQL, boto's has a list."""
    return " ".join(text.split())


def unusable(thing: str, error: Exception, conn_id: str) -> Problem:
    """A problem that no probe knows: most often a field of a connection with a wrong value."""
    from airflow.sdk.log import redact  # type: ignore[attr-defined]

    is_final = type(error).__name__ in _FIXES or isinstance(error, _OF_A_WRONG_VALUE)
    fix = _FIXES.get(type(error).__name__, f"correct connection {conn_id}")
    said = redact(one_line(str(error)))
    return Problem(
        f"{thing} cannot be asked with connection {conn_id} ({type(error).__name__}: {said}): "
        f"{fix}",
        may_pass=not is_final,
    )


def aws_connection_problems(aws_conn_id: str) -> Iterator[Problem]:
    """Whether the connection is one that Airflow's hook does not pass over.

    It would go on with the credentials of the machine, which may be another account's.
    """
    from airflow.sdk.bases.hook import BaseHook
    from airflow.sdk.exceptions import AirflowNotFoundException

    text = text_of(aws_conn_id)
    lines = [] if text is None else list(text_problems(text, ("aws", "s3")))
    try:
        connection = None if lines else BaseHook.get_connection(aws_conn_id)
        if connection is not None and connection.extra:
            json_object(connection.extra)
    except AirflowNotFoundException:
        # Without one, AWS's own chain is meant. With a variable Airflow has failed to read it.
        if text is not None:
            lines = [
                f"cannot be read by Airflow: put the fields of {variable_of(aws_conn_id)} in quotes"
            ]
    except ValueError as error:
        lines = [f"has an extra that cannot be read ({error}): write it as a JSON object"]
    except Exception as error:  # noqa: BLE001 - of the secrets backend, whichever it is
        yield unusable("AWS", error, aws_conn_id)
    for line in lines:
        yield Problem(f"connection {aws_conn_id} {line}", may_pass=False)
