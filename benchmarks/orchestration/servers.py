"""The embedded AWS for one benchmark, and an Airflow beside it: those of the twin."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from collage_core.aws.s3_store import S3Store
from local.airflow import Airflow
from local.airflow_api import AirflowApi
from local.connections import airflow_connections
from local.credentials import Credentials
from local.environment import clean_environment
from local.folder import REPO, Folder
from local.ministack import Aws
from local.mysql import MySql
from local.ports import Ports
from local.postgres import Postgres
from local.provision import QUEUE, AccessKey, Account
from local.settings import INPUT_BUCKET, OUTPUT_BUCKET, TEMP_BUCKET, product_settings
from local.supervisor import Supervisor

_AWS_SECONDS = 60
_AIRFLOW_SECONDS = 180
_DAGS = Path(__file__).parent / "dags"


@dataclass(frozen=True, slots=True)
class Servers:
    """The running AWS, with the buckets and the queue of the product."""

    folder: Folder
    ports: Ports
    credentials: Credentials
    supervisor: Supervisor
    aws: Aws
    queue_url: str

    @property
    def store(self) -> S3Store:
        """All buckets."""
        return S3Store(self.aws.s3())

    @property
    def mysql(self) -> MySql:
        """Where Airflow looks for covers; nobody is there, and nobody looks."""
        secrets = self.credentials
        return MySql(self.folder, self.ports.mysql, secrets.mysql_owner, secrets.mysql_reader)

    @property
    def account(self) -> Account:
        """What Airflow signs its requests with: all rights, none of which is measured."""
        key_id = self.aws.client_environment()["AWS_ACCESS_KEY_ID"]
        return Account(self.queue_url, AccessKey(key_id, self.aws.root_secret))

    def environment(self) -> dict[str, str]:
        """Variables of a contender's process: credentials, settings, and Airflow's connection."""
        key = self.account.airflow_key
        connections = airflow_connections(key, aws=self.aws, mysql=self.mysql)
        return {
            **clean_environment(self.folder),
            **self.aws.client_environment(),
            **product_settings(queue_url=self.queue_url),
            "AIRFLOW_HOME": str(self.folder.of("airflow")),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW_CONN_AWS_DEFAULT": json.dumps(connections["aws_default"]),
            "PYTHONPATH": os.pathsep.join([str(REPO), str(REPO / "plugins")]),
        }


@dataclass(frozen=True, slots=True)
class RunningAirflow:
    """An Airflow that has read the DAGs of the benchmark."""

    api: AirflowApi
    postgres: Postgres
    programs: tuple[int, ...]
    """The processes of Airflow and of its database, without their children."""
    task_logs: Path


@contextmanager
def servers(folder: Folder) -> Iterator[Servers]:
    """Start AWS in `folder`, and stop it, with all that was started beside it, at the end.

    The folder is removed before and after.

    Raises TwinError when it does not start.
    """
    folder.make()
    ports, secrets = Ports.pick(folder.of("ports.json")), Credentials()
    supervisor = Supervisor(folder, ports.supervisor, secrets.supervisor)
    supervisor.shutdown()  # of an earlier benchmark that was killed
    shutil.rmtree(folder.root)
    folder.make()
    aws = Aws(folder, ports.aws, secrets.aws_root)
    try:
        supervisor.start()
        supervisor.run("servers", [aws.program()], priority=10, seconds=_AWS_SECONDS)
        for bucket in (INPUT_BUCKET, OUTPUT_BUCKET, TEMP_BUCKET):
            aws.s3().create_bucket(Bucket=bucket)
        queue_url = aws.sqs().create_queue(QueueName=QUEUE)["QueueUrl"]
        yield Servers(folder, ports, secrets, supervisor, aws, queue_url)
    finally:
        supervisor.shutdown()
        shutil.rmtree(folder.root)


def start_airflow(servers: Servers) -> RunningAirflow:
    """Start Airflow and its database beside AWS; they stop with it.

    Raises TwinError when a part does not start.
    """
    supervisor = servers.supervisor
    postgres = Postgres(servers.folder, servers.ports.postgres, servers.credentials.postgres)
    supervisor.run("database", [postgres.program()], priority=15, seconds=_AWS_SECONDS)
    airflow = Airflow(
        servers.folder, servers.ports.airflow, servers.credentials, postgres.sqlalchemy_url
    )
    airflow.migrate()
    programs = [
        replace(each, environment={**each.environment, "AIRFLOW__CORE__DAGS_FOLDER": str(_DAGS)})
        for each in airflow.programs(servers.account, aws=servers.aws, mysql=servers.mysql)
    ]
    supervisor.run("airflow", programs, priority=20, seconds=_AIRFLOW_SECONDS)
    api = AirflowApi(airflow.url, servers.credentials.airflow_admin)
    ids = supervisor.process_ids()
    names = (postgres.program().name, *(each.name for each in programs))
    logs = servers.folder.of("airflow") / "logs"
    return RunningAirflow(api, postgres, tuple(ids[name] for name in names), logs)
