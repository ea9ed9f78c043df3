"""A MariaDB and an S3 for one benchmark: those of the twin, without Lambda and Airflow."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.extract.contenders.script import CLIENT_OPTIONS
from collage_core.database.session import SORTED_ROW_BYTES
from local import covers_table, mysql
from local.credentials import Credentials
from local.environment import clean_environment
from local.folder import REPO, Folder, write_private
from local.ministack import REGION, Aws
from local.mysql import MySql
from local.ports import Ports
from local.programs import Program
from local.settings import INPUT_BUCKET, OUTPUT_BUCKET, TEMP_BUCKET
from local.supervisor import Supervisor

_START_SECONDS = 60
_SERVER_OPTIONS = (
    # Production keeps most of the month in memory; the twin's server is set up for 1,000 rows.
    "--innodb-buffer-pool-size=1G",
    # The extract task sets this for its session; here all contenders wait for the same sort.
    f"--max-length-for-sort-data={SORTED_ROW_BYTES}",
)

BUCKETS = (INPUT_BUCKET, OUTPUT_BUCKET, TEMP_BUCKET)
"""A run writes its CSV to the first, its claim to the second, its manifest to the third."""


@dataclass(frozen=True, slots=True)
class Servers:
    """The running servers, and how a contender connects to them."""

    folder: Folder
    mysql: MySql
    aws: Aws

    def environment(self) -> dict[str, str]:
        """Variables of a contender's process: Airflow's connections and AWS's credentials."""
        aws = {
            "conn_type": "aws",
            "login": self.aws.client_environment()["AWS_ACCESS_KEY_ID"],
            "password": self.aws.root_secret,
            "extra": {"region_name": REGION, "endpoint_url": self.aws.endpoint_url},
        }
        covers = {
            "conn_type": "mysql",
            "host": mysql.HOST,
            "port": self.mysql.port,
            "login": covers_table.READER,
            "password": self.mysql.reader_password,
            "schema": covers_table.DATABASE,
            "extra": {"charset": "utf8mb4"},
        }
        return {
            **clean_environment(self.folder),
            **self.aws.client_environment(),
            "AIRFLOW_HOME": str(self.folder.of("airflow")),
            "AIRFLOW__CORE__DAGS_FOLDER": str(REPO / "dags"),
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(REPO / "plugins"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW_CONN_AWS_DEFAULT": json.dumps(aws),
            "AIRFLOW_CONN_COVERS_MYSQL": json.dumps(covers),
            CLIENT_OPTIONS: str(self.client_options),
            "PYTHONPATH": str(REPO),
        }

    @property
    def client_options(self) -> Path:
        """An option file for MySQL's clients: the server's address, the reader and its password."""
        return self.folder.of("client.cnf")

    def write_client_options(self) -> None:
        """Write the file `client_options`."""
        lines = [
            "[client]",
            f"host={mysql.HOST}",
            f"port={self.mysql.port}",
            f"user={covers_table.READER}",
            f"password={self.mysql.reader_password}",
            f"database={covers_table.DATABASE}",
            "default-character-set=utf8mb4",
        ]
        write_private(self.client_options, "\n".join([*lines, ""]))


@contextmanager
def servers(folder: Folder) -> Iterator[Servers]:
    """Start the servers in `folder` and stop them at the end.

    The folder is removed before and after.

    Raises TwinError when a server does not start.
    """
    folder.make()
    ports = Ports.pick(folder.of("ports.json"))
    secrets = Credentials()
    supervisor = Supervisor(folder, ports.supervisor, secrets.supervisor)
    supervisor.shutdown()  # of an earlier benchmark that was killed
    shutil.rmtree(folder.root)
    folder.make()
    database = MySql(folder, ports.mysql, secrets.mysql_owner, secrets.mysql_reader)
    aws = Aws(folder, ports.aws, secrets.aws_root)
    try:
        supervisor.start()
        programs = [_tuned(database.program()), aws.program()]
        supervisor.run("servers", programs, priority=10, seconds=_START_SECONDS)
        for bucket in BUCKETS:
            aws.s3().create_bucket(Bucket=bucket)
        running = Servers(folder, database, aws)
        running.write_client_options()
        yield running
    finally:
        supervisor.shutdown()
        shutil.rmtree(folder.root)


def _tuned(server: Program) -> Program:
    # Of a repeated option the server takes the last one.
    return replace(server, command=[*server.command, *_SERVER_OPTIONS])
