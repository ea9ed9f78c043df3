"""Who is reached where in the network of the compose file, and what is mounted where."""

from pathlib import Path

from local.covers import Covers
from local.credentials import Credentials
from local.folder import Folder
from local.ministack import Aws
from local.mysql import MySql
from local.postgres import Postgres

FOLDER = Folder(Path("/var/lib/cover-collage"))
"""The volume of our own services: credentials, the function's zip, and the state of AWS."""
SECRETS = Path("/secrets")
"""One volume below it for each service that is not ours: `postgres`, `mysql`, `airflow`."""
CONNECTIONS = SECRETS / "airflow" / "connections.json"
DEMO = Path("compose-demo")
"""Where the demo leaves its pictures, in the container as on the host: beside the compose file."""

AIRFLOW_URL = "http://airflow-api-server:8080"


def credentials() -> Credentials:
    """The secrets of this stack, which are generated at the first call."""
    return Credentials.load_or_create(FOLDER.root / "credentials.json")


def aws(secrets: Credentials) -> Aws:
    """The embedded AWS."""
    return Aws(FOLDER, 4566, secrets.aws_root, host="aws")


def covers() -> Covers:
    """The cover server."""
    return Covers(FOLDER, 8000, host="covers")


def mysql(secrets: Credentials) -> MySql:
    """The database of covers."""
    return MySql(FOLDER, 3306, secrets.mysql_owner, secrets.mysql_reader, host="mysql")


def postgres(secrets: Credentials) -> Postgres:
    """Airflow's metadata database."""
    return Postgres(FOLDER, 5432, secrets.postgres, host="postgres")
