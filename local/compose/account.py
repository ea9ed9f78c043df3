"""The set-up between the servers and Airflow: the table, the account and the connections."""

import json
import time
from contextlib import closing

import MySQLdb  # type: ignore[import-untyped]

from local.compose import addresses
from local.compose.secret_files import SecretFile, write
from local.connections import airflow_connections
from local.covers_table import DATABASE
from local.errors import TwinError
from local.mysql import MySql
from local.package import build_package
from local.provision import AccessKey, provision
from local.sample.rows import sample_rows
from local.sample.seed import seed

_MYSQL_SECONDS = 120
_POLL_SECONDS = 1.0
_AIRFLOW_READS = 0o640


def set_up() -> None:
    """Fill an empty table and create or update the account. Harmless while a run goes on.

    Raises TwinError when MySQL does not let the owner in, or the zip cannot be built.
    """
    secrets = addresses.credentials()
    mysql, aws, covers = addresses.mysql(secrets), addresses.aws(secrets), addresses.covers()
    with closing(connect(mysql, seconds=_MYSQL_SECONDS)) as connection:
        if _is_empty(connection):
            seed(connection, sample_rows(covers.url))
    account = provision(
        aws,
        package=build_package(addresses.FOLDER),
        covers_host=covers.host,
        airflow_key=_known_key(),
    )
    connections = airflow_connections(account.airflow_key, aws=aws, mysql=mysql)
    write(addresses.CONNECTIONS, SecretFile(json.dumps(connections), _AIRFLOW_READS))


def connect(mysql: MySql, *, seconds: float) -> MySQLdb.Connection:
    """A connection as the owner, once the server lets it in. Raises TwinError after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return mysql.connect()
        except MySQLdb.OperationalError as error:
            if time.monotonic() > deadline:
                raise TwinError(_explain(error)) from error
            time.sleep(_POLL_SECONDS)


def _explain(error: MySQLdb.OperationalError) -> str:
    return (
        f"the owner of the table of covers cannot connect to {DATABASE} ({error}). If MySQL's "
        "data is older than its passwords, `docker compose down -v` removes both; "
        "`docker compose logs mysql` has the server's own words"
    )


def _is_empty(connection: MySQLdb.Connection) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM covers LIMIT 1")
        return cursor.fetchone() is None


def _known_key() -> AccessKey | None:
    """The key that Airflow has: tasks that are running go on with it."""
    if not addresses.CONNECTIONS.exists():
        return None
    aws = json.loads(addresses.CONNECTIONS.read_text())["aws_default"]
    return AccessKey(key_id=aws["login"], secret=aws["password"])
