"""A database server for one test: MariaDB or MySQL, with any options, to be stopped and killed.

The twin's server is shared by all tests. One that needs other options, another time zone, a
replica, or a server that dies, starts one of its own here, within about four seconds.
"""

import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import MySQLdb
import pytest
from MySQLdb.connections import Connection

from local.folder import TOOLS, write_private
from local.mysql import RUN_AS, find_mariadb, install

type Flavour = Literal["mariadb", "mysql"]

HOST = "127.0.0.1"
HOW_TO_GET_MYSQL = (
    "no MySQL 8.0.22 or newer here: run `local/mysql_server.sh` (Debian on amd64, with network), "
    "or name one: MYSQLD=/path/to/mysqld make test"
)

_SECONDS = 60
_OPTIONS = (
    "--no-defaults",  # nothing of /etc/mysql
    "--datadir=.",
    "--socket=mysqld.sock",  # in the data directory: a long path would not fit a socket
    "--pid-file=mysqld.pid",
    "--tmpdir=../tmp",  # a MariaDB that starts removes what others have in a folder they share
    f"--bind-address={HOST}",
    "--skip-name-resolve",
    "--character-set-server=utf8mb4",
    "--innodb-buffer-pool-size=64M",
    "--innodb-flush-log-at-trx-commit=0",  # the data need not survive a power cut
)
_OLDEST_MYSQL = (8, 0, 22)  # the first with SHOW REPLICA STATUS
_ONLY_MYSQL = ("--mysqlx=OFF", "--secure-file-priv=NULL")


def find_mysql() -> str | None:
    """The path of a real MySQL server, 8.0.22 or newer: $MYSQLD, on PATH, or unpacked.

    Raises ValueError when $MYSQLD is not a server: a test of a named server must not be skipped.
    """
    if named := os.environ.get("MYSQLD"):
        if not _is_mysql(named):
            raise ValueError(f"MYSQLD is {named!r}: it must be a MySQL server, 8.0.22 or newer")
        return named
    candidates = [shutil.which("mysqld"), str(TOOLS / "mysql" / "mysqld")]
    return next((path for path in candidates if path and _is_mysql(path)), None)


def _is_mysql(path: str) -> bool:
    if not Path(path).exists():
        return False
    # MariaDB's server answers to the name mysqld as well.
    answer = subprocess.run(  # noqa: S603 - a server that the caller chose
        [path, "--version"], capture_output=True, text=True, check=False
    ).stdout
    version = re.search(r"Ver (\d+)\.(\d+)\.(\d+)", answer)
    return (
        "MariaDB" not in answer
        and version is not None
        and tuple(map(int, version.groups())) >= _OLDEST_MYSQL
    )


EACH_FLAVOUR = [
    "mariadb",
    pytest.param("mysql", marks=pytest.mark.skipif(find_mysql() is None, reason=HOW_TO_GET_MYSQL)),
]
"""Parameters of a fixture by which the same test runs on both."""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@dataclass
class DatabaseServer:
    """One server on a free port of loopback; stopped at the end of a `with` block.

    Args:
        flavour: which server; MySQL must have been found by `find_mysql`.
        folder: of its data, which it makes, and its log.
        options: of the server, after and above our own.
        environment: what it sees beside PATH: `TZ` is the zone that it calls SYSTEM.
    """

    flavour: Flavour
    folder: Path
    options: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    host: str = field(default=HOST, init=False)
    port: int = field(default_factory=_free_port, init=False)
    root_password: str = field(default_factory=secrets.token_urlsafe, init=False)
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start it and wait until it lets root in."""
        data = self.folder / "data"
        (self.folder / "tmp").mkdir(exist_ok=True)
        if not (data / "mysql").exists():
            self._install(data)
        grants = self.folder / "grants.sql"
        write_private(grants, self._grants())
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own options
                [
                    *self._program(),
                    f"--port={self.port}",
                    f"--init-file={grants}",
                    *self.options,
                ],
                cwd=data,
                env={"PATH": os.environ.get("PATH", os.defpath), **self.environment},
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + _SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise AssertionError(f"{self.flavour} does not start:\n{self._log.read_text()}")
            time.sleep(0.05)

    def stop(self) -> None:
        """Ask it to shut down, and wait until it has."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a crash would."""
        self._end(signal.SIGKILL)

    def restart(self, options: Sequence[str] | None = None) -> None:
        """Stop it and start it on the same data and port, with other options if they are given."""
        self.stop()
        if options is not None:
            self.options = options
        self.start()

    def connect(self, user: str = "root", **changes: Any) -> Connection:
        """A connection over TCP; root needs no password."""
        settings = {
            "host": self.host,
            "port": self.port,
            "user": user,
            "password": self.root_password if user == "root" else "",
            "charset": "utf8mb4",
            "autocommit": True,
        }
        return MySQLdb.connect(**(settings | changes))

    def execute(self, *statements: str) -> None:
        """Have root execute them, in UTC."""
        with closing(self.connect()) as root:
            cursor = root.cursor()
            for statement in ("SET time_zone = '+00:00'", *statements):
                cursor.execute(statement)

    @property
    def monitor_right(self) -> str:
        """What a user needs to ask whether the server is a replica that lags."""
        return "SLAVE MONITOR" if self.flavour == "mariadb" else "REPLICATION CLIENT"

    def airflow_connection(self, login: str, password: str, **more: Any) -> str:
        """The definition of Airflow's connection to it, as Airflow reads it from a variable."""
        definition = {
            "conn_type": "mysql",
            "host": self.host,
            "port": self.port,
            "login": login,
            "password": password,
        }
        return json.dumps(definition | more)

    @property
    def _log(self) -> Path:
        return self.folder / "server.log"

    def _program(self) -> list[str]:
        if self.flavour == "mariadb":
            return [find_mariadb(), *_OPTIONS, *RUN_AS]
        mysqld = find_mysql()
        assert mysqld, HOW_TO_GET_MYSQL
        return [mysqld, *_OPTIONS, *_ONLY_MYSQL, *RUN_AS]

    def _install(self, data: Path) -> None:
        if self.flavour == "mariadb":
            install(data)
            return
        data.mkdir(parents=True)
        with self._log.open("ab") as log:
            subprocess.run(  # noqa: S603 - our own options
                [*self._program(), "--initialize-insecure"],
                cwd=data,
                stdout=log,
                stderr=log,
                check=True,
            )

    def _grants(self) -> str:
        """SQL that lets root in over TCP; the server reads one statement a line."""
        root = f"'root'@'{HOST}'"
        statements = [
            f"CREATE USER IF NOT EXISTS {root}",
            f"ALTER USER {root} IDENTIFIED BY '{self.root_password}'",
            f"GRANT ALL ON *.* TO {root} WITH GRANT OPTION",
        ]
        return "".join(f"{statement};\n" for statement in statements)

    def _answers(self) -> bool:
        try:
            self.connect().close()
        except MySQLdb.OperationalError:
            return False
        return True

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(_SECONDS)
            self._process = None
