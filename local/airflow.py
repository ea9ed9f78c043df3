"""Airflow of the twin: scheduler, triggerer, DAG processor and API server on one machine.

It runs the `dags/` and `plugins/` of this repository. Its connections and the product's
settings are environment variables. It starts no runs by itself: a DAG stays paused until a
user triggers or unpauses it.
"""

import json
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from local import loopback
from local.connections import airflow_connections
from local.credentials import Credentials
from local.environment import VENV_BIN, clean_environment
from local.errors import TwinError
from local.folder import REPO, Folder, write_private
from local.ministack import Aws
from local.mysql import MySql
from local.programs import Program
from local.provision import Account
from local.settings import product_settings

ADMIN = "admin"

QUIET_LOGGERS = (
    "airflow.providers.amazon.aws.utils.connection_wrapper=warning "
    "airflow.dag_processing.bundles.manager=warning airflow.dag_processing.dagbag=warning "
    "py.warnings=error"
)
"""Loggers that fill each task's log with lines about Airflow itself, such as "credentials
retrieved" and deprecations inside of its providers."""

_AIRFLOW = str(VENV_BIN / "airflow")
_HEALTH = "/api/v2/monitor/health"
_SERVER_SECRETS = {"AIRFLOW__API__SECRET_KEY", "AIRFLOW__API_AUTH__JWT_SECRET"}
"""Secrets that Airflow's processes share; its command line does not need them."""


_PROCESSES = {
    "airflow-api-server": ("api_server", ["api-server"]),
    # All processes read logs from the same disk, so no log server is needed.
    "airflow-scheduler": ("scheduler", ["scheduler", "--skip-serve-logs"]),
    "airflow-dag-processor": ("dag_processor", ["dag-processor"]),
    "airflow-triggerer": ("triggerer", ["triggerer", "--skip-serve-logs"]),
}
"""The component of Airflow's health report, and the command, by the name of the program."""


@dataclass(frozen=True, slots=True)
class Airflow:
    """One Airflow and its configuration."""

    folder: Folder
    port: int
    credentials: Credentials
    database_url: str

    @property
    def url(self) -> str:
        """The UI and the REST API."""
        return f"http://127.0.0.1:{self.port}"

    def migrate(self) -> None:
        """Migrate the metadata database to the schema of the installed version."""
        log = self.folder.logs / "airflow-db-migrate.log"
        with log.open("w") as output:
            result = subprocess.run(
                [_AIRFLOW, "db", "migrate"],
                cwd=self._home(),
                env=clean_environment(self.folder) | self._core_environment(),
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
            )
        if result.returncode:
            raise TwinError(f"airflow db migrate failed; see {log}")

    def programs(self, account: Account, *, aws: Aws, mysql: MySql) -> list[Program]:
        """The four processes, with their connections to AWS and MySQL."""
        passwords = self._home() / "passwords.json"
        write_private(passwords, json.dumps({ADMIN: self.credentials.airflow_admin}))
        environment = {
            **self._core_environment(),
            **_connection_variables(airflow_connections(account.airflow_key, aws=aws, mysql=mysql)),
            **product_settings(queue_url=account.queue_url),
        }
        # For `client_environment`: IAM returns the secret of a key only once.
        write_private(self._environment_file, json.dumps(environment))
        answers = self.answers()
        return [
            Program(
                name,
                [_AIRFLOW, *command],
                directory=self._home(),
                answers=answers[name],
                environment=environment,
            )
            for name, (_, command) in _PROCESSES.items()
        ]

    def answers(self) -> dict[str, Callable[[], bool]]:
        """For each of the processes, a check that it works."""
        return {
            name: partial(self._is_healthy, component)
            for name, (component, _) in _PROCESSES.items()
        }

    def client_environment(self) -> dict[str, str]:
        """Variables that point the `airflow` command at this Airflow.

        They are those of the scheduler, with connections and settings, so that a task or a DAG
        that is tested by hand behaves as in a run. Raises TwinError before the first start.
        """
        if not self._environment_file.exists():
            raise TwinError("the twin's Airflow was never started: run `make up` first")
        environment: dict[str, str] = json.loads(self._environment_file.read_text())
        return {name: value for name, value in environment.items() if name not in _SERVER_SECRETS}

    @property
    def _environment_file(self) -> Path:
        return self._home() / "environment.json"

    def _home(self) -> Path:
        home = self.folder.of("airflow")
        home.mkdir(exist_ok=True)
        return home

    def _core_environment(self) -> dict[str, str]:
        settings = {
            "CORE__DAGS_FOLDER": str(REPO / "dags"),
            "CORE__PLUGINS_FOLDER": str(REPO / "plugins"),
            "CORE__LOAD_EXAMPLES": "False",
            "CORE__EXECUTOR": "LocalExecutor",
            "CORE__PARALLELISM": "4",
            "CORE__FERNET_KEY": self.credentials.airflow_fernet_key,
            "CORE__SIMPLE_AUTH_MANAGER_USERS": f"{ADMIN}:admin",
            "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(self._home() / "passwords.json"),
            "CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
            "DATABASE__SQL_ALCHEMY_CONN": self.database_url,
            "API__HOST": "127.0.0.1",
            "API__PORT": str(self.port),
            "API__BASE_URL": self.url,
            "API__WORKERS": "1",
            "API__SECRET_KEY": self.credentials.airflow_api_secret,
            "API_AUTH__JWT_SECRET": self.credentials.airflow_jwt_secret,
            "LOGGING__NAMESPACE_LEVELS": QUIET_LOGGERS,
            "DAG_PROCESSOR__PARSING_PROCESSES": "1",
            "DAG_PROCESSOR__REFRESH_INTERVAL": "30",
        }
        return {
            "AIRFLOW_HOME": str(self._home()),
            # For collage_core. On MWAA it is in plugins.zip (`make package-mwaa`).
            "PYTHONPATH": str(REPO),
            "AWS_EC2_METADATA_DISABLED": "true",
            **{f"AIRFLOW__{name}": value for name, value in settings.items()},
        }

    def _is_healthy(self, component: str) -> bool:
        body = loopback.get(self.port, _HEALTH)
        if body is None:
            return False
        # The API server is healthy if it answers at all.
        health = json.loads(body)
        return component == "api_server" or health[component]["status"] == "healthy"


def _connection_variables(connections: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    return {
        f"AIRFLOW_CONN_{name.upper()}": json.dumps(connection)
        for name, connection in connections.items()
    }
