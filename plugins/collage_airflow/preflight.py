"""Whether all that a run needs is there and may be used, asked before anything is written.

Each probe tells what is wrong in one line that names the thing, its value and the mend, and
leaves no trace. Only the right to send messages cannot be tried without sending one.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow.sdk.exceptions import AirflowNotFoundException

from collage_airflow.aws import s3_client, sqs_client
from collage_airflow.bucket_access import Use, missing_rights
from collage_airflow.database.completeness import replica_lags
from collage_airflow.database.connection import covers_connection
from collage_airflow.database.query import column_names
from collage_airflow.run_identity import RunIdentity
from collage_airflow.run_state import finished_manifest
from collage_airflow.run_window import Window
from collage_core.covers.cover_csv import COLUMNS
from collage_core.errors import MessageError, SettingError
from collage_core.settings import Settings
from collage_core.storage.claims import check_second
from collage_core.storage.s3_store import S3Error, S3Store

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

_TLS_ERROR = 2026
"""Also what a server gives that restarts in the middle of a handshake."""

_MYSQL_MENDS = {
    1044: "grant its user SELECT on the database",
    1045: "set the right login and password in the connection",
    1049: "set the right schema in the connection",
    1054: "the SQL must name columns that the table has",
    1064: "correct the SQL",
    1142: "grant its user SELECT on the table",
    1146: "name the right table in the SQL, or the right schema in the connection",
    _TLS_ERROR: "correct ssl and ssl_mode in its extra, or the certificate of the server",
}
"""What to do about an error of the server, by its number; with any other it may be busy or away."""

_CREDENTIALS = "set valid credentials in the connection"
_CREDENTIAL_MENDS = {
    "ExpiredToken": _CREDENTIALS,
    "InvalidAccessKeyId": _CREDENTIALS,
    "InvalidClientTokenId": _CREDENTIALS,
    "SignatureDoesNotMatch": _CREDENTIALS,
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that stands in the way of a run."""

    line: str
    may_pass: bool
    """Whether nobody answered, so that a later try may fare better."""


def database_problems(mysql_conn_id: str, sql: str, window: Window) -> Iterator[Problem]:
    """Whether the connection exists, lets us in, tells its lag, and gives `sql` its columns."""
    from MySQLdb import MySQLError  # type: ignore[import-untyped]

    try:
        with covers_connection(mysql_conn_id) as connection:
            replica_lags(connection, mysql_conn_id)
            columns = column_names(connection, sql, window)
    except AirflowNotFoundException:
        yield Problem(
            f"Airflow connection {mysql_conn_id} is not defined: add it under Admin > "
            f"Connections, or as the environment variable AIRFLOW_CONN_{mysql_conn_id.upper()}",
            may_pass=False,
        )
    except SettingError as error:
        yield Problem(str(error), may_pass=False)
    except MySQLError as error:
        mend = _MYSQL_MENDS.get(error.args[0])
        yield Problem(
            f"database of connection {mysql_conn_id}: {_one_line(error.args)}: "
            f"{mend or 'see that the server runs and can be reached from here'}",
            may_pass=mend is None or error.args[0] == _TLS_ERROR,
        )
    else:
        if columns != list(COLUMNS):
            yield Problem(
                f"the SQL gives the columns {', '.join(columns)}: it must give "
                f"{', '.join(COLUMNS)} in this order, renamed with AS where need be",
                may_pass=False,
            )


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


def run_problems(aws_conn_id: str, settings: Settings, run: RunIdentity) -> Iterator[Problem]:
    """Whether another run has this run's second, and whether it was finished too long ago.

    A bucket that cannot be asked is no problem here: `bucket_problems` says what is wrong with it.
    """
    from botocore.exceptions import BotoCoreError

    try:
        store = S3Store(s3_client(aws_conn_id))
        check_second(store, settings, run.timestamp, run_id=run.run_id)
        finished_manifest(store, settings, run)
    except (SettingError, MessageError) as error:
        yield Problem(str(error), may_pass=False)
    except (S3Error, BotoCoreError):
        return


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


def _folder(key: str) -> str:
    return f"{key.partition('/')[0]}/"


def _one_line(parts: Iterable[object]) -> str:
    """The server's number and message, which quotes the SQL with its line breaks."""
    return " ".join(": ".join(map(str, parts)).split())


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

    may_pass = isinstance(error, NoConnection)
    mend = "see that it can be reached from here" if may_pass else f"correct {aws_conn_id}"
    return Problem(
        f"{thing} cannot be asked with connection {aws_conn_id} ({error}): {mend}",
        may_pass=may_pass,
    )
