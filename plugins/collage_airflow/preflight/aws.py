"""The way from a task to AWS: the Airflow connection, the credentials, and the network."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from collage_airflow.database.connection_text import text_of, text_problems, variable_of
from collage_airflow.database.json_object import json_object
from collage_airflow.preflight.problem import Problem, unusable

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

_CREDENTIALS = "set valid credentials in the connection"
_CREDENTIAL_FIXES = {
    "ExpiredToken": _CREDENTIALS,
    "InvalidAccessKeyId": _CREDENTIALS,
    "InvalidClientTokenId": _CREDENTIALS,
    "SignatureDoesNotMatch": _CREDENTIALS,
}


def aws_connection_problems(aws_conn_id: str) -> Iterator[Problem]:
    """Whether Airflow's hook will use the connection.

    If not, it would continue with the credentials of the machine, maybe of another account.
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
        # Without a connection AWS's own credential chain is used. If there is a variable for it,
        # Airflow could not read it.
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


def refused(
    thing: str, aws_conn_id: str, error: "ClientError", fixes: Mapping[str, str]
) -> Problem:
    """A service of AWS has answered with an error; `fixes` has the fix for each error code."""
    code = error.response.get("Error", {}).get("Code", "no code")
    fix = {**fixes, **_CREDENTIAL_FIXES}.get(code)
    return Problem(
        f"{thing}, asked with connection {aws_conn_id}, answers {code}: "
        f"{fix or 'see the status of the service'}",
        may_pass=fix is None,
    )


def unreachable(thing: str, aws_conn_id: str, error: Exception) -> Problem:
    """A service of AWS could not be reached."""
    from botocore.exceptions import ConnectionError as NoConnection
    from botocore.exceptions import HTTPClientError

    if not isinstance(error, NoConnection | HTTPClientError):
        return replace(unusable(thing, error, aws_conn_id), may_pass=False)
    return Problem(
        f"{thing} cannot be asked with connection {aws_conn_id} ({error}): see that it can be "
        "reached from here",
        may_pass=True,
    )
