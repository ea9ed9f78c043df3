"""Whether all that a run needs is there and may be used, asked before anything is written.

Each probe tells what is wrong in one line that names the thing, its value and the mend, and
leaves no trace. Only the right to send messages cannot be tried without sending one.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from airflow.sdk.exceptions import AirflowNotFoundException

from collage_airflow.aws import s3_client, sqs_client
from collage_airflow.dag_run.identity import RunIdentity
from collage_airflow.dag_run.window import Window
from collage_airflow.database.completeness import replica_lags
from collage_airflow.database.connection import covers_connection
from collage_airflow.database.definition import (
    DefinitionError,
    asks_for_encryption,
    not_defined,
)
from collage_airflow.database.query import column_names
from collage_airflow.database.server_errors import ACCESS_DENIED, fix_for
from collage_airflow.preflight.bucket_access import Use, missing_rights
from collage_airflow.preflight.problem import Problem, one_line, unusable
from collage_core.aws.s3_store import S3Error, S3Store
from collage_core.covers.cover_csv import COLUMNS
from collage_core.errors import PermanentError, SettingError
from collage_core.run.archive import finished_run
from collage_core.run.claims import check_second
from collage_core.settings import Settings

if TYPE_CHECKING:
    from botocore.exceptions import ClientError
    from MySQLdb import MySQLError  # type: ignore[import-untyped]
    from MySQLdb.connections import Connection  # type: ignore[import-untyped]

_CREDENTIALS = "set valid credentials in the connection"
_CREDENTIAL_MENDS = {
    "ExpiredToken": _CREDENTIALS,
    "InvalidAccessKeyId": _CREDENTIALS,
    "InvalidClientTokenId": _CREDENTIALS,
    "SignatureDoesNotMatch": _CREDENTIALS,
}


def database_problems(mysql_conn_id: str, sql: str, window: Window) -> Iterator[Problem]:
    """Whether the connection exists, lets us in, tells its lag, and gives `sql` its columns."""
    from MySQLdb import MySQLError

    try:
        with covers_connection(mysql_conn_id) as connection:
            # Neither hides the other: each needs rights of its own.
            yield from _lag_problems(connection, mysql_conn_id)
            yield from _column_problems(connection, mysql_conn_id, sql, window)
    except AirflowNotFoundException:
        yield Problem(not_defined(mysql_conn_id), may_pass=False)
    except DefinitionError as error:
        yield from (Problem(line, may_pass=False) for line in error.problems)
    except SettingError as error:
        yield Problem(str(error), may_pass=False)
    except MySQLError as error:
        yield _of_the_server(mysql_conn_id, error, connected=False)
    except Exception as error:  # noqa: BLE001 - what the hook raises by itself is any
        yield unusable("the database", error, mysql_conn_id)


def _lag_problems(connection: "Connection", mysql_conn_id: str) -> Iterator[Problem]:
    from MySQLdb import MySQLError

    try:
        replica_lags(connection, mysql_conn_id)
    except SettingError as error:
        yield Problem(str(error), may_pass=False)
    except MySQLError as error:
        yield _of_the_server(mysql_conn_id, error, connected=True)


def _column_problems(
    connection: "Connection", mysql_conn_id: str, sql: str, window: Window
) -> Iterator[Problem]:
    from MySQLdb import MySQLError

    try:
        columns = column_names(connection, sql, window)
    except SettingError as error:
        yield Problem(str(error), may_pass=False)
    except MySQLError as error:
        yield _of_the_server(mysql_conn_id, error, connected=True)
    else:
        if columns != list(COLUMNS):
            yield Problem(
                f"the SQL gives the columns {', '.join(columns)}: it must give "
                f"{', '.join(COLUMNS)} in this order, renamed with AS where need be",
                may_pass=False,
            )


def _of_the_server(mysql_conn_id: str, error: "MySQLError", *, connected: bool) -> Problem:
    number = error.args[0] if error.args else None
    encrypted = number == ACCESS_DENIED and asks_for_encryption(mysql_conn_id)
    fix = fix_for(number, encrypted=encrypted, connected=connected)
    said = one_line(": ".join(map(str, error.args)))
    return Problem(f"database of connection {mysql_conn_id}: {said}: {fix.text}", fix.may_pass)


def bucket_problems(
    aws_conn_id: str, setting: str, bucket: str, uses: Iterable[Use]
) -> Iterator[Problem]:
    """Whether the bucket exists, and allows what a run does there; a problem per key."""
    from botocore.exceptions import BotoCoreError, ClientError

    thing = f"bucket {bucket} ({setting})"
    try:
        client = s3_client(aws_conn_id)
        for use in uses:
            if rights := missing_rights(client, bucket, use):
                yield Problem(
                    f"{thing}, asked with connection {aws_conn_id}, denies {', '.join(rights)} "
                    f"at {use.key}: allow it for everything that begins with {_folder(use.key)}",
                    may_pass=False,
                )
    except ClientError as error:
        mends = {"NoSuchBucket": f"create it, or set {setting}"}
        yield _refused(thing, aws_conn_id, error, mends)
    except BotoCoreError as error:
        yield _unreachable(thing, aws_conn_id, error)
    except Exception as error:  # noqa: BLE001 - what the hook raises by itself is any
        yield unusable(thing, error, aws_conn_id)


def run_problems(aws_conn_id: str, settings: Settings, run: RunIdentity) -> Iterator[Problem]:
    """Whether another run has this run's second, and whether it was finished too long ago.

    A bucket that cannot be asked is no problem here: `bucket_problems` says what is wrong with it.
    """
    from botocore.exceptions import BotoCoreError

    try:
        store = S3Store(s3_client(aws_conn_id))
        check_second(store, settings, run.timestamp, run_id=run.run_id)
        finished_run(store, settings, run.run_id, timestamp=run.timestamp, csv_key=run.csv_key)
    except PermanentError as error:
        yield Problem(str(error), may_pass=False)
    except (S3Error, BotoCoreError):
        return
    except Exception as error:  # noqa: BLE001 - what the hook raises by itself is any
        yield unusable(f"run {run.run_id}", error, aws_conn_id)


def queue_problems(aws_conn_id: str, queue_url: str) -> Iterator[Problem]:
    """Whether the queue of chunk messages exists and may be asked."""
    from botocore.exceptions import BotoCoreError, ClientError

    if not queue_url:
        yield Problem(
            "CHUNK_QUEUE_URL is empty: set it to the URL of the queue that the workers read",
            may_pass=False,
        )
        return
    try:
        client = sqs_client(aws_conn_id)
        client.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])
    except ClientError as error:
        absent = "create it, or set CHUNK_QUEUE_URL"
        mends = {
            "AWS.SimpleQueueService.NonExistentQueue": absent,
            "QueueDoesNotExist": absent,
            "AccessDenied": "allow sqs:GetQueueAttributes and sqs:SendMessage on it",
        }
        yield _refused(f"queue {queue_url} (CHUNK_QUEUE_URL)", aws_conn_id, error, mends)
    except BotoCoreError as error:
        yield _unreachable(f"queue {queue_url} (CHUNK_QUEUE_URL)", aws_conn_id, error)
    except Exception as error:  # noqa: BLE001 - what the hook raises by itself is any
        yield unusable(f"queue {queue_url} (CHUNK_QUEUE_URL)", error, aws_conn_id)


def _folder(key: str) -> str:
    return f"{key.partition('/')[0]}/"


def _refused(
    thing: str, aws_conn_id: str, error: "ClientError", mends: Mapping[str, str]
) -> Problem:
    code = error.response.get("Error", {}).get("Code", "no code")
    mend = {**mends, **_CREDENTIAL_MENDS}.get(code)
    return Problem(
        f"{thing}, asked with connection {aws_conn_id}, answers {code}: "
        f"{mend or 'see the status of the service'}",
        may_pass=mend is None,
    )


def _unreachable(thing: str, aws_conn_id: str, error: Exception) -> Problem:
    from botocore.exceptions import ConnectionError as NoConnection
    from botocore.exceptions import HTTPClientError

    if not isinstance(error, NoConnection | HTTPClientError):
        return replace(unusable(thing, error, aws_conn_id), may_pass=False)
    return Problem(
        f"{thing} cannot be asked with connection {aws_conn_id} ({error}): see that it can be "
        "reached from here",
        may_pass=True,
    )
