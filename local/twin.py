"""The whole twin: the order in which services start, their addresses, and how they stop."""

import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from local.airflow import Airflow
from local.airflow_api import AirflowApi
from local.covers import Covers
from local.credentials import Credentials
from local.errors import TwinError
from local.folder import Folder
from local.ministack import Aws
from local.mysql import MySql
from local.package import build_package
from local.ports import Ports
from local.postgres import Postgres
from local.programs import Program
from local.provision import Account, provision
from local.sample.rows import sample_rows
from local.sample.seed import seed
from local.supervisor import Supervisor

_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_SERVERS_SECONDS = 60
_AIRFLOW_SECONDS = 180


@dataclass(frozen=True, slots=True)
class Twin:
    """All services of one folder, running or not."""

    folder: Folder
    supervisor: Supervisor
    aws: Aws
    mysql: MySql
    postgres: Postgres
    covers: Covers
    airflow: Airflow

    @classmethod
    def load(cls, folder: Folder) -> Self | None:
        """The twin that was last started in `folder`; None if there was none."""
        if not _ports_file(folder).exists():
            return None
        return cls._at(folder, Ports.load(_ports_file(folder)))

    @classmethod
    def new(cls, folder: Folder) -> Self:
        """A twin to be started in `folder`, on ports that are free now."""
        folder.make()
        return cls._at(folder, Ports.pick(_ports_file(folder)))

    @property
    def is_up(self) -> bool:
        """Whether its supervisor answers. Some of its programs may have died."""
        return self.supervisor.is_running

    def start(self) -> None:
        """Start everything and wait until it works: about half a minute.

        Raises TwinError when a part does not start; `stop` then ends the others.
        """
        self.supervisor.start()
        # Airflow's schema and the zip take seconds each, so they are made at the same time.
        with ThreadPoolExecutor() as pool:
            package = pool.submit(build_package, self.folder)
            self._start_servers()
            migration = pool.submit(self.airflow.migrate)
            self._seed()
            account = provision(self.aws, package=package.result())
            migration.result()
        self._start_airflow(account)

    def restart_exited(self) -> list[str]:
        """Start again what has ended, and wait until it answers; the names of those programs.

        Raises TwinError when one of them does not start, and for the embedded AWS: it forgets its
        queues and the function when it crashes, and Airflow has a key that it no longer knows.
        """
        exited = self.supervisor.exited()
        if "aws" in exited:
            raise TwinError(
                "aws has ended, and with it the queue and the function: run `make down`, then "
                "`make up`"
            )
        # Those that others need come first.
        answers = {program.name: program.answers for program in self._server_programs()}
        answers |= self.airflow.answers()
        ended = [name for name in answers if name in exited]
        for name in ended:
            self.supervisor.restart(exited[name], answers[name], seconds=_AIRFLOW_SECONDS)
        return ended

    def stop(self) -> None:
        """Stop all processes. Returns when none is left."""
        self.supervisor.shutdown()

    def airflow_api(self) -> AirflowApi:
        """A client of Airflow's REST API."""
        return AirflowApi(self.airflow.url, self.airflow.credentials.airflow_admin)

    @classmethod
    def _at(cls, folder: Folder, ports: Ports) -> Self:
        secrets = Credentials.load_or_create(folder.root / "credentials.json")
        postgres = Postgres(folder, ports.postgres, secrets.postgres)
        return cls(
            folder=folder,
            supervisor=Supervisor(folder, ports.supervisor, secrets.supervisor),
            aws=Aws(folder, ports.aws, secrets.aws_root),
            mysql=MySql(folder, ports.mysql, secrets.mysql_owner, secrets.mysql_reader),
            postgres=postgres,
            covers=Covers(folder, ports.covers),
            airflow=Airflow(folder, ports.airflow, secrets, postgres.sqlalchemy_url),
        )

    def _server_programs(self) -> list[Program]:
        return [
            self.postgres.program(),
            self.mysql.program(),
            self.aws.program(),
            self.covers.program(),
        ]

    def _start_servers(self) -> None:
        programs = self._server_programs()
        self.supervisor.run("servers", programs, priority=10, seconds=_SERVERS_SECONDS)

    def _seed(self) -> None:
        with closing(self.mysql.connect()) as connection:
            seed(connection, sample_rows(self.covers.url))

    def _start_airflow(self, account: Account) -> None:
        programs = self.airflow.programs(account, aws=self.aws, mysql=self.mysql)
        self.supervisor.run("airflow", programs, priority=20, seconds=_AIRFLOW_SECONDS)


def _ports_file(folder: Folder) -> Path:
    return folder.root / "ports.json"


def up(folder: Folder, *, say: Callable[[str], object] = print) -> Twin:
    """Return the running twin of `folder`; start it if it is down, and what has ended of it.

    If a part does not start, all others are stopped again, unless the twin was up before.
    """
    if (last := Twin.load(folder)) is not None:
        if last.is_up:
            if restarted := last.restart_exited():
                say(f"Started again, because it had ended: {', '.join(restarted)}")
            return last
        last.stop()  # a crash may have left processes that hold the ports
    twin = Twin.new(folder)
    try:
        twin.start()
    except BaseException:
        stop_undisturbed(twin)
        raise
    return twin


@contextmanager
def running(folder: Folder) -> Iterator[Twin]:
    """Run the block with the twin up, and stop the twin afterwards if it was down before."""
    last = Twin.load(folder)
    was_up = last is not None and last.is_up
    twin = up(folder)
    try:
        yield twin
    finally:
        if not was_up:
            stop_undisturbed(twin)


def stop_undisturbed(twin: Twin) -> None:
    """Stop the twin, and ignore a second Ctrl-C, which would leave half of it running."""
    handlers = {number: signal.signal(number, signal.SIG_IGN) for number in _STOP_SIGNALS}
    try:
        twin.stop()
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
